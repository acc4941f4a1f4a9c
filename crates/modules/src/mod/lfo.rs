//! Low-frequency oscillator: eight voices at a time, each with its own phase and its own chance.
//!
//! The phase is accumulated with Kahan's compensation, so that a hundredth of a hertz is exact at 192 kHz in single precision.
//! Synced, the phase is pulled to the transport's beat with a time constant of 20 ms, never backwards;
//! while the transport stands it runs on at the tempo. Changing the shape
//! crossfades over 5 ms.
//!
//! Face cells: [0] phase 0 to 1, [1] value.

use fearless_simd::SimdMask;
use patchlight_core::{Face, ModuleSpec, choice, control, degrees, gate, hz, module, secs, toggle};
use patchlight_engine::simd::{Simd, SimdBase, SimdFloat, f32x8, load, select, sin_turns, splat, store};
use patchlight_engine::{BuildContext, FACE, GroupIo, LaneKernel, LaneParam, Oct, Unit, eight_lanes};

use crate::glide::{Glide, switch_step};
use crate::pulse::chance;

const RATE: usize = 0;
const SHAPE: usize = 1;
const SYNC: usize = 2;
const PHASE: usize = 3;
const FADE: usize = 4;
const UNIPOLAR: usize = 5;
const ONE_SHOT: usize = 6;

const SHAPES: &[&str] = &["sine", "triangle", "saw up", "saw down", "square", "random steps", "smooth random"];
const SINE: usize = 0;
const TRIANGLE: usize = 1;
const SAW_UP: usize = 2;
const SAW_DOWN: usize = 3;
const SQUARE: usize = 4;
const RANDOM_STEPS: usize = 5;
const SHAPE_COUNT: usize = 7;

const SYNCS: &[&str] = &[
    "free", "4/1", "2/1", "1/1", "1/2D", "1/2", "1/2T", "1/4D", "1/4", "1/4T", "1/8D", "1/8", "1/8T", "1/16D", "1/16", "1/16T", "1/32D",
    "1/32", "1/32T",
];
/// Quarter notes of each of [`SYNCS`] but the first.
const SYNC_BEATS: [f64; 18] =
    [16.0, 8.0, 4.0, 3.0, 2.0, 4.0 / 3.0, 1.5, 1.0, 2.0 / 3.0, 0.75, 0.5, 1.0 / 3.0, 0.375, 0.25, 1.0 / 6.0, 0.1875, 0.125, 1.0 / 12.0];

pub const SPEC: ModuleSpec = module("mod.lfo", "LFO")
    .about("A slow oscillator that moves other knobs: vibrato, wobble, tremolo, sweeps. Try it into a filter's cutoff.")
    .tags(&["wobble", "vibrato", "tremolo", "modulation", "sweep", "random", "oscillator", "sync"])
    .inputs(&[gate("reset", "Starts the cycle, and the fade-in, again")])
    .params(&[
        hz("rate_hz", 0.01..=100.0, 1.0).about("Cycles per second when not synced"),
        choice("shape", SHAPES, SINE).about("The form of a cycle; the random ones take a new value each cycle"),
        choice("sync", SYNCS, 0).about("Locks a cycle to a note value of the transport; D is dotted, T a triplet"),
        degrees("phase_degrees", 0.0..=360.0, 0.0).about("Where in the cycle it begins").hidden(),
        secs("fade_secs", 0.0..=20.0, 0.0).about("Time to grow to full depth after a reset").hidden(),
        toggle("unipolar", false).about("Puts out 0 to 1 instead of −1 to 1"),
        toggle("one_shot", false).about("Stops at the end of the first cycle until it is reset").hidden(),
    ])
    .outputs(&[control("out", "The wave, −1 to 1, or 0 to 1 when unipolar")])
    .eight_lanes()
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    eight_lanes(context, |lanes| Lfo {
        seeds: std::array::from_fn(|lane| lanes.seed.wrapping_add((lanes.first_voice + lane) as u64 * 0x2545_f491)),
        switch_step: switch_step(lanes.sample_rate_hz),
        state: State::new(),
    })
}

struct Lfo {
    seeds: [u64; 8],
    switch_step: f32,
    state: State,
}

struct State {
    phase: Oct,
    /// What the phase has lost to rounding.
    carry: Oct,
    /// Added to the beat's phase since a reset.
    anchor: Oct,
    reset_high: Oct,
    /// 1 when a one-shot has ended.
    ended: Oct,
    frames_since_reset: Oct,
    cycles: [i64; 8],
    /// The random values of this cycle and of the next two.
    randoms: [Oct; 3],
    shape: [Glide; SHAPE_COUNT],
    unipolar: Glide,
    starts: bool,
    value: f32,
}

impl State {
    fn new() -> Self {
        Self {
            phase: [0.0; 8],
            carry: [0.0; 8],
            anchor: [0.0; 8],
            reset_high: [0.0; 8],
            ended: [0.0; 8],
            frames_since_reset: [0.0; 8],
            cycles: [0; 8],
            randoms: [[0.0; 8]; 3],
            shape: [Glide::default(); SHAPE_COUNT],
            unipolar: Glide::default(),
            starts: true,
            value: 0.0,
        }
    }
}

/// The last phase of a cycle.
const END: f32 = 0.999_999_94;
/// Frames are counted exactly up to here, more than a minute at 192 kHz.
const LONGEST_COUNT: f32 = 16_000_000.0;

/// A choice at a frame; lanes share it.
#[inline(always)]
fn lane_0(param: &LaneParam<'_>, frame: usize) -> f32 {
    match param {
        LaneParam::Constant(value) => value[0],
        LaneParam::Signal(values) => values[frame][0],
    }
}

#[inline(always)]
fn fract<S: Simd>(x: f32x8<S>) -> f32x8<S> {
    x - x.floor()
}

impl Lfo {
    fn draw(&mut self, lane: usize) {
        for (ahead, randoms) in self.state.randoms.iter_mut().enumerate() {
            randoms[lane] = 2.0 * chance(self.seeds[lane], self.state.cycles[lane] + ahead as i64) - 1.0;
        }
    }

    /// The lanes marked in `lanes` begin again. `target` is the beat's own phase.
    fn restart(&mut self, lanes: &Oct, target: f32) {
        for lane in (0..8).filter(|lane| lanes[*lane] > 0.0) {
            let state = &mut self.state;
            (state.phase[lane], state.carry[lane], state.ended[lane], state.frames_since_reset[lane]) = (0.0, 0.0, 0.0, 0.0);
            state.anchor[lane] = 1.0 - target;
            state.cycles[lane] += 1;
            self.draw(lane);
        }
    }

    /// The lanes marked in `wrapped` have passed the end of their cycle.
    fn end_cycle(&mut self, wrapped: &Oct, one_shot: bool) {
        for lane in (0..8).filter(|lane| wrapped[*lane] > 0.0) {
            if one_shot {
                self.state.ended[lane] = 1.0;
                self.state.phase[lane] = END;
            } else {
                self.state.cycles[lane] += 1;
                self.draw(lane);
            }
        }
    }

    /// One shape at a phase that is `shift` turns (0 to 1) behind the cycle's.
    #[inline(always)]
    fn wave<S: Simd>(&self, simd: S, shape: usize, phase: f32x8<S>, shift: f32x8<S>) -> f32x8<S> {
        let (half, one, two) = (splat(simd, 0.5), splat(simd, 1.0), splat(simd, 2.0));
        let sum = phase + shift;
        let x = fract(sum);
        match shape {
            SINE => sin_turns(simd, x),
            TRIANGLE => one - splat(simd, 4.0) * (fract(x + splat(simd, 0.25)) - half).abs(),
            SAW_UP => two * x - one,
            SAW_DOWN => one - two * x,
            SQUARE => select(x.simd_lt(half), one, -one),
            _ => {
                let [now, next, after] = [0, 1, 2].map(|ahead: usize| load(simd, &self.state.randoms[ahead]));
                let is_over = sum.simd_ge(one);
                let from = select(is_over, next, now);
                if shape == RANDOM_STEPS {
                    return from;
                }
                let to = select(is_over, after, next);
                from + (to - from) * (x * x * (splat(simd, 3.0) - two * x))
            }
        }
    }

    /// All shapes by their weights: one, but for 5 ms after a change.
    #[inline(always)]
    fn blend<S: Simd>(&mut self, simd: S, wanted: usize, phase: f32x8<S>, shift: f32x8<S>) -> f32x8<S> {
        let (mut sum, mut total) = (splat(simd, 0.0), 0.0);
        for shape in 0..SHAPE_COUNT {
            let weight = self.state.shape[shape].next(if shape == wanted { 1.0 } else { 0.0 }, self.switch_step);
            if weight > 0.0 {
                sum += self.wave(simd, shape, phase, shift) * splat(simd, weight);
                total += weight;
            }
        }
        sum * splat(simd, 1.0 / total)
    }
}

impl LaneKernel for Lfo {
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>) {
        let (frames, rate_hz) = (io.frames(), io.sample_rate_hz());
        let resets = io.is_connected(0).then(|| io.input(0));
        let [rate, shape, sync, shift, fade, unipolar, one_shot] =
            [RATE, SHAPE, SYNC, PHASE, FADE, UNIPOLAR, ONE_SHOT].map(|index| io.param(index));
        let (transport, beats_per_frame) = (io.moment().transport(), io.moment().beats_per_frame());
        let free_beats_per_frame = f64::from(transport.tempo_bpm) / 60.0 / f64::from(rate_hz);
        let pull = 1.0 / (0.02 * rate_hz);
        let out = io.output(0);
        let (zero, half, one) = (splat(simd, 0.0), splat(simd, 0.5), splat(simd, 1.0));
        if std::mem::take(&mut self.state.starts) {
            (0..8).for_each(|lane| self.draw(lane));
            if let Some(beats) = (lane_0(&sync, 0) as usize).checked_sub(1).and_then(|index| SYNC_BEATS.get(index)) {
                self.state.phase = [(transport.beat / beats).rem_euclid(1.0) as f32; 8];
            }
        }
        for n in 0..frames {
            let beats = (lane_0(&sync, n) as usize).checked_sub(1).and_then(|index| SYNC_BEATS.get(index));
            let beat = transport.beat + beats_per_frame * n as f64;
            let target = beats.map_or(0.0, |beats| (beat / beats).rem_euclid(1.0) as f32);
            let is_one_shot = lane_0(&one_shot, n) >= 0.5;
            if let Some(resets) = resets {
                let high = select(load(simd, &resets[n]).simd_gt(half), one, zero);
                let rising = high - load(simd, &self.state.reset_high);
                store(high, &mut self.state.reset_high);
                if rising.simd_gt(zero).any_true() {
                    let mut lanes = [0.0; 8];
                    store(rising, &mut lanes);
                    self.restart(&lanes, target);
                }
            }
            if !is_one_shot {
                self.state.ended = [0.0; 8];
            }
            let phase = load(simd, &self.state.phase);
            let wave = self.blend(simd, lane_0(&shape, n) as usize, phase, shift.at(simd, n) * splat(simd, 1.0 / 360.0));
            let lifted = self.state.unipolar.next(lane_0(&unipolar, n), self.switch_step);
            let wave = wave + (half * wave + half - wave) * splat(simd, lifted);
            let since = load(simd, &self.state.frames_since_reset);
            let grown = (since / (fade.at(simd, n) * splat(simd, rate_hz)).max(one)).min(one);
            let is_fading = fade.at(simd, n).simd_gt(zero);
            store(wave * select(is_fading, grown, one), &mut out[n]);
            store((since + one).min(splat(simd, LONGEST_COUNT)), &mut self.state.frames_since_reset);

            let step = match beats {
                None => rate.at(simd, n) * splat(simd, 1.0 / rate_hz),
                Some(beats) => {
                    let step = splat(simd, (free_beats_per_frame / beats) as f32);
                    let error = splat(simd, target) + load(simd, &self.state.anchor) - phase;
                    let error = error - error.round_ties_even();
                    if transport.playing { (step + error * splat(simd, pull)).max(zero) } else { step }
                }
            };
            let step = step * (one - load(simd, &self.state.ended));
            let exact = step - load(simd, &self.state.carry);
            let moved = phase + exact;
            store((moved - phase) - exact, &mut self.state.carry);
            let whole = moved.floor();
            store((moved - whole).min(splat(simd, END)), &mut self.state.phase);
            if whole.simd_gt(zero).any_true() {
                let mut lanes = [0.0; 8];
                store(whole, &mut lanes);
                self.end_cycle(&lanes, is_one_shot);
            }
        }
        self.state.value = out[frames - 1][0];
    }

    fn reset(&mut self) {
        self.state = State::new();
    }

    fn telemetry(&self, _lane: usize, face: &mut [f32; FACE]) {
        (face[0], face[1]) = (self.state.phase[0], self.state.value);
    }
}

#[cfg(test)]
mod tests {
    use super::{SHAPES, SPEC, build};
    use patchlight_engine::{Solo, SoloConfig, Transport};
    use patchlight_testkit::{largest_step, peak};

    fn solo(rate_hz: f32, params: &[(&'static str, f32)], driven: &[&str]) -> Solo {
        Solo::new(&SPEC, build, &SoloConfig { sample_rate_hz: rate_hz, params: params.to_vec(), ..SoloConfig::default() }, driven)
    }

    /// Frames at which it crosses zero upwards.
    fn crossings(samples: &[f32]) -> Vec<usize> {
        (1..samples.len()).filter(|n| samples[*n] >= 0.0 && samples[n - 1] < 0.0).collect()
    }

    #[test]
    fn rates_are_exact_at_both_ends() {
        let mut slow = solo(192_000.0, &[("rate_hz", 0.01)], &[]);
        let quarter = slow.run(25 * 192_000 + 1, 64);
        let top = quarter.mono(0)[25 * 192_000];
        assert!((slow.telemetry()[0] - 0.25).abs() < 1e-4 && top > 0.999_99, "{:?}", slow.telemetry());
        let fast = crossings(solo(44_100.0, &[("rate_hz", 100.0)], &[]).run(441_001, 64).mono(0)).len();
        assert!((999..=1000).contains(&fast), "{fast} cycles in ten seconds at 100 Hz");
    }

    #[test]
    fn shapes_begin_and_peak_where_they_should() {
        let expected: [[f32; 4]; 5] =
            [[0.0, 1.0, 0.0, -1.0], [0.0, 1.0, 0.0, -1.0], [-1.0, -0.5, 0.0, 0.5], [1.0, 0.5, 0.0, -0.5], [1.0, 1.0, -1.0, -1.0]];
        for (shape, expected) in expected.iter().enumerate() {
            let rendered = solo(48_000.0, &[("shape", shape as f32), ("rate_hz", 1.0)], &[]).run(48_000, 64);
            let found = [10, 12_010, 24_010, 36_010].map(|n| rendered.mono(0)[n]);
            assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 2e-3), "{}: {found:?}", SHAPES[shape]);
        }
        for shape in [5.0, 6.0] {
            let rendered = solo(48_000.0, &[("shape", shape), ("rate_hz", 100.0)], &[]).run(96_000, 64);
            let mean = rendered.mono(0).iter().sum::<f32>() / 96_000.0;
            assert!(mean.abs() < 0.2 && peak(rendered.mono(0)) > 0.9 && peak(rendered.mono(0)) <= 1.0, "{mean}");
        }
    }

    #[test]
    fn synced_it_keeps_to_the_song() {
        let mut synced = solo(48_000.0, &[("sync", 8.0)], &[]);
        let rendered = synced.run(48_000 * 20, 64);
        let found = crossings(rendered.mono(0));
        assert!(found.iter().enumerate().all(|(cycle, n)| n.abs_diff((cycle + 1) * 24_000) <= 1), "{found:?}");
        let mut moved = solo(48_000.0, &[("sync", 8.0)], &[]);
        moved.set_transport(Transport { playing: true, tempo_bpm: 120.0, beat: 7.25 });
        assert!((moved.run(64, 64).mono(0)[0] - 1.0).abs() < 1e-6);
    }

    #[test]
    fn switches_and_shapes_do_not_click() {
        let mut lfo = solo(48_000.0, &[("rate_hz", 0.5)], &[]);
        lfo.run(12_032, 64);
        for (id, value) in [("shape", 2.0), ("shape", 1.0), ("unipolar", 1.0), ("shape", 6.0), ("unipolar", 0.0)] {
            lfo.set(id, value, 240);
            let (_, step) = largest_step(lfo.run(4800, 64).mono(0));
            assert!(step < 0.012, "{id} to {value}: {step}");
        }
    }

    #[test]
    fn it_fades_in_and_a_one_shot_ends() {
        let mut lfo = solo(48_000.0, &[("rate_hz", 1.0), ("shape", 2.0), ("one_shot", 1.0), ("fade_secs", 0.5)], &["reset"]);
        lfo.drive("reset", vec![(0..200_000).map(|n| if n == 100_000 { 1.0 } else { 0.0 }).collect()]);
        let rendered = lfo.run(148_000, 64);
        let out = rendered.mono(0);
        assert!((out[12_000] + 0.25).abs() < 1e-3, "half faded in: {}", out[12_000]);
        assert!((out[36_000] - 0.5).abs() < 1e-3);
        assert!(out[60_000] > 0.9999 && out[99_999] > 0.9999, "it holds its end");
        assert!((out[112_000] + 0.25).abs() < 1e-3, "and begins again");
    }
}
