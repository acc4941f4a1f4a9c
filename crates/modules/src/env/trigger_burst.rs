//! Trigger burst: one trigger becomes several, each softer or louder than the one before.

use crate::pulse::{Edge, level};
use patchlight_core::{ModuleSpec, bipolar, control, gate, integer, module, preset, secs, unit};
use patchlight_engine::{BuildContext, FACE, RowIo, RowKernel, Unit, rows};

const COUNT: usize = 0;
const SPACING: usize = 1;
const STRETCH: usize = 2;
const FADE: usize = 3;
const LENGTH: usize = 4;

pub const SPEC: ModuleSpec = module("env.trigger_burst", "Trigger burst")
    .about("One trigger becomes a burst: claps, flams, bouncing balls. The level says how loud each hit is.")
    .tags(&["burst", "flam", "clap", "bouncing ball", "repeat", "roll", "buzz", "echo"])
    .inputs(&[gate("trig", "Begins a burst"), gate("stop", "Ends the burst")])
    .params(&[
        integer("count", 1..=64, 5).about("Hits in a burst"),
        secs("spacing_secs", 0.001..=4.0, 0.08).about("From the first hit to the second"),
        unit("stretch", 0.25..=4.0, 0.8).about("Each gap is so many times the one before: under 1 it gets faster, like a ball"),
        bipolar("fade", -0.5).about("Below 0 each hit is softer, above 0 louder up to the last"),
        secs("length_secs", 0.0005..=0.5, 0.005).about("How long each hit is").hidden(),
    ])
    .presets(&[
        preset("Flam", "drum two", "count 2; spacing_secs 0.025; stretch 1"),
        preset("Roll", "drum even", "count 16; spacing_secs 0.06; stretch 1; fade 0"),
        preset("Bouncing ball", "falling fast", "count 24; spacing_secs 0.4; stretch 0.85; fade -80"),
        preset("Slow down", "rising slow", "count 12; spacing_secs 0.04; stretch 1.3"),
        preset("Crescendo", "roll swell", "count 8; spacing_secs 0.07; stretch 1; fade 90"),
    ])
    .outputs(&[gate("out", "The hits"), control("level", "How loud each hit is, 0 to 1"), gate("busy", "On during the burst")]);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    rows(context, |_| Burst::default())
}

#[derive(Default)]
struct Burst {
    trig: Edge,
    stop: Edge,
    /// Hits still to come, and that have been.
    left: u32,
    done: u32,
    until_next: f32,
    gap: f32,
    on_left: f32,
    loudness: f32,
}

impl RowKernel for Burst {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let (trig, stop, rate_hz) = (io.input(0), io.input(1), io.sample_rate_hz());
        let params: [_; 5] = std::array::from_fn(|index| io.param(index));
        let [out, loudness, busy] = io.outputs();
        for n in 0..out.len() {
            let at = |index: usize| params[index].at(n);
            if self.trig.rises(trig[n]) {
                (self.left, self.done, self.until_next) = (at(COUNT) as u32, 0, 0.0);
                self.gap = at(SPACING) * rate_hz;
            }
            if self.stop.rises(stop[n]) {
                self.left = 0;
            }
            if self.left > 0 && self.until_next < 0.5 {
                let along = self.done as f32 / (at(COUNT) - 1.0).max(1.0);
                let fade = at(FADE);
                self.loudness = if fade < 0.0 { 1.0 + fade * along } else { 1.0 - fade * (1.0 - along) }.clamp(0.0, 1.0);
                // Hits that touch would be one.
                self.on_left = (at(LENGTH) * rate_hz).min(0.5 * self.gap).max(1.0);
                self.until_next += self.gap;
                self.gap = (self.gap * at(STRETCH)).max(2.0);
                self.left -= 1;
                self.done += 1;
            }
            let is_on = self.on_left > 0.0;
            (out[n], loudness[n]) = (level(is_on), self.loudness);
            busy[n] = level(is_on || self.left > 0);
            self.on_left = (self.on_left - 1.0).max(0.0);
            self.until_next = (self.until_next - 1.0).max(-1.0);
        }
    }

    fn reset(&mut self) {
        *self = Self::default();
    }

    fn telemetry(&self, face: &mut [f32; FACE]) {
        (face[0], face[1]) = (level(self.on_left > 0.0), self.loudness);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::{driven, gate, rises};

    #[test]
    fn gaps_shrink_by_their_ratio_and_hits_fade() {
        let params = [("count", 4.0), ("spacing_secs", 0.1), ("stretch", 0.5), ("fade", -1.0)];
        let rendered = driven(&SPEC, build, &params, &[("trig", gate(20_000, &[(100, 110)]))], 20_000);
        let hits = rises(rendered.mono(0));
        assert_eq!(hits, [100, 4_900, 7_300, 8_500]);
        let loudness: Vec<f32> = hits.iter().map(|n| (rendered.outputs[1][0][*n] * 3.0).round()).collect();
        assert_eq!(loudness, [3.0, 2.0, 1.0, 0.0]);
    }
}
