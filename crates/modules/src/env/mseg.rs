//! MSEG: an envelope of as many segments as you draw, run through once, held, or round and round.
//!
//! Face cells: [0] place in the curve, 0 to 1, [1] level.

use crate::held::Held;
use crate::pulse::Edge;
use patchlight_core::{Face, ModuleSpec, choice, control, curve_text, gate, module, percent, preset, secs, toggle};
use patchlight_engine::{BuildContext, Data, FACE, Io, Unit};

const TIME: usize = 0;
const MODE: usize = 1;
const HOLD: usize = 2;
const SYNC: usize = 3;
const BEATS: usize = 4;

const BEAT_LABELS: &[&str] = &["1/4", "1/2", "1 bar", "2 bars", "4 bars", "8 bars"];
const BEAT_COUNTS: [f64; 6] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0];

pub const SPEC: ModuleSpec = module("env.mseg", "MSEG")
    .about("An envelope of as many segments as you like, drawn point by point: pads that swell twice, wobbles of your own, whole phrases.")
    .tags(&["multi segment", "envelope", "drawn", "curve", "loop", "lfo", "custom", "shape"])
    .inputs(&[gate("gate", "Begins the curve at each rise; not wired, it runs by itself")])
    .params(&[
        secs("time_secs", 0.01..=60.0, 1.0).about("How long the whole curve takes"),
        choice("mode", &["once", "hold", "loop", "loop while on"], 0).about(
            "Once: to the end. Hold: waits at the hold place until the gate ends. Loop: round and round. While on: until the gate ends",
        ),
        percent("hold_place", 0.5).about("Where in the curve it waits in hold"),
        toggle("sync", false).about("Takes its time from the transport"),
        choice("length", BEAT_LABELS, 2).about("How long the curve is when it is synced").hidden(),
    ])
    .data(&[curve_text("curve", "0,0 0.1,1~0.4 0.4,0.3 0.6,0.7~0.3 1,0", "From 0 to 1 through the time; heights from 0 to 1, or below 0")])
    .presets(&[
        preset("Swell twice", "pad", "time_secs 3; mode once; curve 0,0 0.2,1~-0.4 0.45,0.2 0.65,0.8~-0.4 1,0"),
        preset("Gate pattern", "rhythm sync", "mode loop; sync on; length 1 bar; curve 0,1 0.12,1 0.12,0 0.25,0 0.25,1 0.45,1 0.45,0 0.5,0 0.5,1 0.62,1 0.62,0 0.75,0 0.75,0.6 0.87,0.6 0.87,0 1,0"),
        preset("Side chain", "pump sync", "mode loop; sync on; length 1/4; curve 0,0~-0.3 0.7,1 1,1"),
        preset("Held peak", "swell hold", "time_secs 1.5; mode hold; hold_place 40; curve 0,0 0.4,1~0.5 1,0"),
        preset("Staircase", "steps loop", "time_secs 2; mode loop; curve 0,0 0.25,0 0.25,0.33 0.5,0.33 0.5,0.66 0.75,0.66 0.75,1 1,1"),
    ])
    .outputs(&[control("out", "The curve"), control("inverted", "1 less the curve"), gate("end", "On while it has come to its end")])
    .face(Face::Curve);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    Box::new(Mseg { curve: Held::new(context.data(0), context.sample_rate_hz), voices: vec![Voice::default(); context.voices.max(1)] })
}

#[derive(Clone, Copy)]
struct Voice {
    gate: Edge,
    /// 0 to 1 through the curve.
    place: f64,
    runs: bool,
    level: f32,
}

impl Default for Voice {
    fn default() -> Self {
        Self { gate: Edge::LOW, place: 0.0, runs: false, level: 0.0 }
    }
}

struct Mseg {
    curve: Held,
    voices: Vec<Voice>,
}

impl Voice {
    /// One frame on by `step` of the curve.
    fn walk(&mut self, step: f64, mode: usize, hold: f64, is_free: bool) {
        if !self.runs {
            return;
        }
        let is_on = is_free || self.gate.is_high();
        let before = self.place;
        self.place += step;
        match mode {
            1 if is_on && before <= hold && self.place > hold => self.place = hold,
            2 => self.place = self.place.fract(),
            3 if is_on => self.place = self.place.fract(),
            _ => {}
        }
        if self.place >= 1.0 {
            (self.place, self.runs) = (1.0, false);
        }
    }
}

impl Unit for Mseg {
    fn process(&mut self, io: &mut Io<'_>) {
        let gates = io.input(0);
        let is_free = !gates.is_connected();
        let (frames, per_frame, beats) = (io.frames(), 1.0 / f64::from(io.sample_rate_hz()), io.beats_per_frame());
        let [time, mode, hold, sync, length] = [TIME, MODE, HOLD, SYNC, BEATS].map(|index| io.param(index));
        let height = |data: &Data, x: f32| data.curve().map_or(0.0, |curve| curve.at(x));
        for (number, voice) in self.voices.iter_mut().enumerate() {
            if !io.is_awake(number) {
                continue;
            }
            let gate = gates.row(0, number);
            let mut made = [[0.0; 3]; patchlight_engine::BLOCK];
            for (n, made) in made[..frames].iter_mut().enumerate() {
                let at = |param: &patchlight_engine::Param<'_>| param.at(n, number);
                let mode = at(&mode) as usize;
                if voice.gate.rises(gate[n]) {
                    (voice.place, voice.runs) = (0.0, true);
                }
                // By itself it goes round in any mode.
                let mode = if is_free { 2 } else { mode };
                voice.runs |= is_free;
                let x = voice.place as f32;
                voice.level = self.curve.blend(n, |data| height(data, x));
                *made = [voice.level, 1.0 - voice.level, if voice.place >= 1.0 { 1.0 } else { 0.0 }];
                let step = if at(&sync) >= 0.5 {
                    beats / BEAT_COUNTS[(at(&length) as usize).min(BEAT_COUNTS.len() - 1)]
                } else {
                    per_frame / f64::from(at(&time))
                };
                voice.walk(step, mode, f64::from(at(&hold)), is_free);
            }
            for output in 0..3 {
                let mut out = io.output(output);
                out.row(0, number).iter_mut().zip(&made).for_each(|(out, made)| *out = made[output]);
            }
        }
        self.curve.advance(frames);
    }

    fn reset(&mut self) {
        self.voices.fill(Voice::default());
        self.curve.settle();
    }

    fn telemetry(&self, _lane: usize, face: &mut [f32; FACE]) {
        (face[0], face[1]) = self.voices.first().map_or((0.0, 0.0), |voice| (voice.place as f32, voice.level));
    }

    fn swap_data(&mut self, _lane: usize, _index: usize, data: &mut Data) {
        self.curve.swap(data);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::gate;
    use patchlight_core::DrawnCurve;
    use patchlight_engine::{Data, Rendered, Solo, SoloConfig};
    use std::sync::Arc;

    fn run(params: &[(&'static str, f32)], on: Option<(usize, usize)>) -> Rendered {
        let curve: DrawnCurve = "0,0 0.5,1 1,0".parse().expect("a curve");
        let params = [&[("time_secs", 0.1)], params].concat();
        let config = SoloConfig { params, data: vec![Data::Curve(Arc::new(curve))], ..SoloConfig::default() };
        let mut solo = Solo::new(&SPEC, build, &config, if on.is_some() { &["gate"] } else { &[] });
        if let Some(on) = on {
            solo.drive("gate", vec![gate(20_000, &[on])]);
        }
        solo.run(20_000, 64)
    }

    #[test]
    fn once_it_takes_its_time() {
        let out = run(&[], Some((1_000, 2_000)));
        let at = |n: usize| out.mono(0)[n];
        assert!(at(999) == 0.0 && (at(1_000 + 1_200) - 0.5).abs() < 1e-3 && (at(1_000 + 2_400) - 1.0).abs() < 1e-3);
        assert_eq!((out.outputs[2][0][5_790], out.outputs[2][0][5_805], at(19_999)), (0.0, 1.0, 0.0));
    }

    #[test]
    fn it_holds_until_the_gate_ends_and_loops_by_itself() {
        let held = run(&[("mode", 1.0)], Some((1_000, 10_000)));
        assert!((held.mono(0)[9_000] - 1.0).abs() < 1e-3 && (held.mono(0)[10_000 + 1_200] - 0.5).abs() < 2e-3);
        let free = run(&[], None);
        assert!((free.mono(0)[2_400] - free.mono(0)[2_400 + 4_800]).abs() < 1e-4 && free.mono(0)[2_400] > 0.99);
        // A quarter note at 120 BPM is half a second.
        let synced = run(&[("sync", 1.0), ("length", 0.0)], None);
        assert!((synced.mono(0)[12_000] - 1.0).abs() < 1e-3);
    }
}
