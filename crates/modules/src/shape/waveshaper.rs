//! Waveshaper: a curve that you draw, from what comes in to what goes out.

use crate::dsp::oversample::{DcBlock, OVERSAMPLING as RATES, Oversampler, latency_frames};
use crate::glide::{Glide, gain_from_db, switch_step};
use crate::held::Held;
use patchlight_core::{DrawnCurve, Face, ModuleSpec, audio, bipolar, choice, curve_text, db, module, percent, preset, toggle};
use patchlight_engine::{BuildContext, Data, Io, Unit};

const DRIVE: usize = 0;
const BIAS: usize = 1;
const MIX: usize = 2;
const DC: usize = 3;
const OVERSAMPLING: usize = 4;

pub const SPEC: ModuleSpec = module("shape.waveshaper", "Waveshaper")
    .about("Bends a wave along a curve of your own: from gentle warmth over stairs to destruction.")
    .tags(&["curve", "transfer function", "distortion", "draw", "shaper", "chebyshev", "lookup", "stairs"])
    .inputs(&[audio("in", "Sound to bend")])
    .params(&[
        db("drive_db", -24.0..=36.0, 0.0).about("How far along the curve the sound reaches; at 0 dB full scale reaches its ends"),
        bipolar("bias", 0.0).about("Moves the sound along the curve"),
        percent("mix", 1.0).about("Bent against clean"),
        toggle("dc_block", true).about("Keeps the result around zero").hidden(),
        choice("oversampling", RATES, 2).about("More is cleaner and costs more").structural().hidden(),
    ])
    .data(&[curve_text(
        "curve",
        "-1,-1~-0.4 -0.3,-0.6 0,0 0.3,0.6~0.4 1,1",
        "From −1 to 1: what comes in to the right, what goes out upward",
    )])
    .presets(&[
        preset("Soft corner", "warm drive", "drive_db 6; curve -1,-1~-0.5 0,0~0.5 1,1"),
        preset("Staircase", "steps digital", "curve -1,-1 -0.6,-1 -0.6,-0.4 -0.2,-0.4 -0.2,0.2 0.2,0.2 0.2,0.6 0.6,0.6 0.6,1 1,1"),
        preset("Camel", "fold even", "drive_db 3; curve -1,-0.2 -0.5,-1 0,0 0.5,1 1,0.2"),
        preset("Dead zone", "gate crossover", "curve -1,-1 -0.15,0 0.15,0 1,1"),
        preset("Diode", "half wave", "drive_db 4; curve -1,-0.1 0,0~0.4 1,1"),
    ])
    .outputs(&[audio("out", "The bent sound")])
    .latency(|params, _| latency_frames(params[OVERSAMPLING] as usize))
    .face(Face::Curve);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    let stages = context.params.get(OVERSAMPLING).map_or(2, |stages| *stages as usize);
    let (voices, channels) = (context.voices.max(1), context.channels.max(1));
    let lane = || Lane { oversampler: Oversampler::new(stages), dc: DcBlock::default(), blocked: Glide::off() };
    Box::new(Waveshaper {
        curve: Held::new(context.data(0), context.sample_rate_hz),
        lanes: (0..voices * channels).map(|_| lane()).collect(),
        voices,
        step: switch_step(context.sample_rate_hz),
    })
}

struct Lane {
    oversampler: Oversampler,
    dc: DcBlock,
    blocked: Glide,
}

struct Waveshaper {
    curve: Held,
    /// Channel after channel, each with all its voices.
    lanes: Vec<Lane>,
    voices: usize,
    step: f32,
}

/// What a curve makes of a moved signal, less what it makes of silence, so that silence stays silence.
fn bend(data: &Data, x: f32, bias: f32) -> f32 {
    let at = |curve: &DrawnCurve| curve.at(x + bias) - curve.at(bias);
    data.curve().map_or(x, |curve| at(curve))
}

impl Unit for Waveshaper {
    fn process(&mut self, io: &mut Io<'_>) {
        let (input, pole) = (io.input(0), DcBlock::pole(io.sample_rate_hz()));
        let [drive, bias, mix, dc] = [DRIVE, BIAS, MIX, DC].map(|index| io.param(index));
        for (number, lane) in self.lanes.iter_mut().enumerate() {
            let (channel, voice) = (number / self.voices, number % self.voices);
            if !io.is_awake(voice) {
                continue;
            }
            let row = input.row(channel, voice);
            let mut out = io.output(0);
            for (n, out) in out.row(channel, voice).iter_mut().enumerate() {
                let (push, bias, mix) = (gain_from_db(drive.at(n, voice)), bias.at(n, voice), mix.at(n, voice));
                let curve = &self.curve;
                let y = lane.oversampler.run(row[n], &mut |x| x + (curve.blend(n, |data| bend(data, x * push, bias)) - x) * mix);
                let blocked = lane.dc.next(y, pole);
                *out = y + (blocked - y) * lane.blocked.next(dc.at(n, voice), self.step);
            }
        }
        self.curve.advance(io.frames());
    }

    fn reset(&mut self) {
        self.curve.settle();
        for lane in &mut self.lanes {
            lane.oversampler.reset();
            (lane.dc, lane.blocked) = (DcBlock::default(), Glide::off());
        }
    }

    fn latency_frames(&self) -> usize {
        self.lanes.first().map_or(0, |lane| lane.oversampler.latency_frames())
    }

    fn swap_data(&mut self, _lane: usize, _index: usize, data: &mut Data) {
        self.curve.swap(data);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::sine;
    use patchlight_core::DrawnCurve;
    use patchlight_engine::{Data, Solo, SoloConfig};
    use patchlight_testkit::{Spectrum, alias_db, db};
    use std::sync::Arc;

    fn shaped(curve: &str, params: &[(&'static str, f32)], hz: f64) -> Vec<f32> {
        let curve: DrawnCurve = curve.parse().expect("a curve");
        let config = SoloConfig { params: params.to_vec(), data: vec![Data::Curve(Arc::new(curve))], ..SoloConfig::default() };
        let mut solo = Solo::new(&SPEC, build, &config, &["in"]);
        solo.drive("in", vec![sine(hz, 1.0, 75_136)]);
        solo.run(75_136, 64).mono(0)[9_600..].to_vec()
    }

    #[test]
    fn a_straight_curve_changes_nothing_and_a_parabola_doubles_the_frequency() {
        let hz = 48_000.0 / 65_536.0 * 1_365.0;
        let straight = Spectrum::new(&shaped("-1,-1 1,1", &[("dc_block", 0.0)], hz), 48_000.0);
        assert!((straight.at(hz) - 1.0).abs() < 0.01 && straight.at(3.0 * hz) < 1e-4);
        // The second Chebyshev polynomial, 2x² − 1, by seventeen points.
        let points: Vec<String> =
            (-32..=32).step_by(2).map(|i| f32::from(i as i16) / 32.0).map(|x| format!("{x},{}", 2.0 * x * x - 1.0)).collect();
        let doubled = Spectrum::new(&shaped(&points.join(" "), &[], hz), 48_000.0);
        assert!(db(doubled.at(2.0 * hz)).abs() < 0.2 && db(doubled.at(hz)) < -60.0);
    }

    #[test]
    fn aliases_of_the_first_curve_lie_seventy_decibels_down() {
        let hz = 48_000.0 / 65_536.0 * 1_365.0;
        let found = alias_db(&shaped(SPEC.data[0].default, &[], hz), 48_000.0, hz);
        assert!(found < -70.0, "{found} dB");
    }
}
