//! Glide: slides from note to note (portamento).

use crate::dsp::levels::OCTAVES_PER_60_DB;
use patchlight_core::{ModuleSpec, choice, gate, module, pitch, secs};
use patchlight_engine::simd::{Simd, SimdBase, exp2, load, select, splat, store};
use patchlight_engine::{BuildContext, GROUP, GroupIo, LaneKernel, LaneVisit, Oct, Unit, eight_lanes, lane_state};

const TIME: usize = 0;
const MODE: usize = 1;
const LEGATO: usize = 2;

pub const SPEC: ModuleSpec = module("note.glide", "Glide")
    .about("Slides from note to note. With the gate wired, only notes that are played legato slide.")
    .tags(&["portamento", "slide", "glissando", "legato", "303", "lag", "bend"])
    .inputs(&[pitch("in", "The pitch that jumps"), gate("gate", "If wired, a note that begins anew begins at its pitch")])
    .params(&[
        secs("time_secs", 0.0..=10.0, 0.1).about("How long a slide takes; at equal speed, how long an octave takes"),
        choice("shape", &["equal time", "equal speed", "exponential"], 0)
            .about("Every slide as long, longer for wider ones, or fast first and slow at the end"),
        choice("when", &["legato", "always"], 0).about("Whether notes that begin anew slide too, when the gate is wired").hidden(),
    ])
    .outputs(&[pitch("out", "The pitch that slides")])
    .bundles();

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    eight_lanes(context, |lanes| Glide { rate_hz: lanes.sample_rate_hz, state: State::default() })
}

struct Glide {
    rate_hz: f32,
    state: State,
}

struct State {
    now: Oct,
    target: Oct,
    /// How far the slide goes, in octaves.
    distance: Oct,
    gate: Oct,
    fresh: [bool; GROUP],
}

impl Default for State {
    fn default() -> Self {
        Self { now: [0.0; GROUP], target: [0.0; GROUP], distance: [0.0; GROUP], gate: [0.0; GROUP], fresh: [true; GROUP] }
    }
}

impl LaneKernel for Glide {
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>) {
        let (frames, input, gates) = (io.frames(), io.input(0), io.input(1));
        let time = io.param(TIME);
        let shape = io.param(MODE).first() as usize;
        let jumps = io.is_connected(1) && io.param(LEGATO).first() < 0.5;
        for lane in 0..GROUP {
            if std::mem::take(&mut self.state.fresh[lane]) {
                (self.state.now[lane], self.state.target[lane]) = (input[0][lane], input[0][lane]);
            }
        }
        let (one, half, zero) = (splat(simd, 1.0), splat(simd, 0.5), splat(simd, 0.0));
        let (mut now, mut target) = (load(simd, &self.state.now), load(simd, &self.state.target));
        let (mut distance, mut before) = (load(simd, &self.state.distance), load(simd, &self.state.gate));
        let out = io.output(0);
        for n in 0..frames {
            let goal = load(simd, &input[n]);
            distance = select(goal.simd_eq(target), distance, (goal - now).abs());
            target = goal;
            let slide_frames = (time.at(simd, n) * splat(simd, self.rate_hz)).max(one);
            let left = goal - now;
            let moved = match shape {
                0 | 1 => {
                    let way = if shape == 0 { distance } else { one };
                    let step = way / slide_frames;
                    left.max(-step).min(step)
                }
                _ => left * (one - exp2(simd, splat(simd, -OCTAVES_PER_60_DB) / slide_frames)),
            };
            // A slide of no time is none.
            now = select(slide_frames.simd_gt(one), now + moved, goal);
            if jumps {
                let gate = select(load(simd, &gates[n]).simd_gt(half), one, zero);
                now = select((gate - before).simd_gt(half), goal, now);
                before = gate;
            }
            store(now, &mut out[n]);
        }
        store(now, &mut self.state.now);
        store(target, &mut self.state.target);
        store(distance, &mut self.state.distance);
        store(before, &mut self.state.gate);
    }

    fn reset(&mut self) {
        self.state = State::default();
    }

    fn state(&mut self, visit: &mut LaneVisit<'_>) {
        let State { now, target, distance, gate, fresh } = &mut self.state;
        lane_state!(visit; *now, *target, *distance, *gate, *fresh);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::{driven, gate};

    fn step(height: f32) -> Vec<f32> {
        (0..12_000).map(|n| if n < 1_000 { 0.0 } else { height }).collect()
    }

    #[test]
    fn slides_take_their_time() {
        let at = |shape: f32, height: f32| {
            driven(&SPEC, build, &[("time_secs", 0.1), ("shape", shape)], &[("in", step(height))], 12_000).mono(0).to_vec()
        };
        for height in [0.5, -2.0] {
            let out = at(0.0, height);
            assert!((out[999 + 2_400] - height / 2.0).abs() < 1e-3 && out[999 + 4_795] != height && out[999 + 4_805] == height);
        }
        let out = at(1.0, 2.0);
        assert!((out[999 + 4_800] - 1.0).abs() < 1e-3, "an octave in the time, two in twice");
        let out = at(2.0, 1.0);
        assert!(out[999 + 480] > 0.49 && (out[999 + 4_800] - 0.999).abs() < 1e-3);
    }

    #[test]
    fn a_note_that_begins_anew_does_not_slide() {
        let inputs = [("in", step(1.0)), ("gate", gate(12_000, &[(0, 900), (1_000, 3_000)]))];
        assert_eq!(driven(&SPEC, build, &[], &inputs, 12_000).mono(0)[1_000], 1.0);
        let held = [("in", step(1.0)), ("gate", gate(12_000, &[(0, 3_000)]))];
        assert!(driven(&SPEC, build, &[], &held, 12_000).mono(0)[1_000] < 0.01);
    }
}
