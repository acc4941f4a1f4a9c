//! Mixer: eight strips of gain, pan, mute and solo into one stereo pair.
//!
//! Pan is the constant-power law scaled to unity in the middle: left √2·cos θ, right √2·sin θ, θ from 0 to π/2. Mono arrives
//! on both sides, so the same law pans mono at constant power and balances stereo.
//!
//! Face cells: [0..8] the peak of each strip behind its gain, falling 20 dB a second.

use crate::dsp::Memo;
use crate::glide::{Glide, gain_from_db, switch_step};
use patchlight_core::{Face, ModuleSpec, ParamSpec, PortSpec, Voices, audio, bipolar, db, module, toggle};
use patchlight_engine::{BLOCK, BuildContext, FACE, Io, Unit};

const STRIPS: usize = 8;
const GAIN: usize = 0;
const PAN: usize = 1;
const MUTE: usize = 2;
const SOLO: usize = 3;
const PARAMS_PER_STRIP: usize = 4;
const LEVEL: usize = STRIPS * PARAMS_PER_STRIP;

macro_rules! strips {
    ($($number:literal)*) => {
        const INPUTS: &[PortSpec] = &[$(audio(concat!("in_", $number), concat!("Sound for strip ", $number, "; several voices are summed")),)*];

        const PARAMS: &[ParamSpec] = &[
            $(
                db(concat!("gain_", $number, "_db"), -60.0..=12.0, 0.0).about(concat!("Fader of strip ", $number, "; −60 dB is off")),
                bipolar(concat!("pan_", $number), 0.0).about(concat!("Strip ", $number, " from left (−100 %) to right (100 %)")).hidden(),
                toggle(concat!("mute_", $number), false).about(concat!("Silences strip ", $number)).hidden(),
                toggle(concat!("solo_", $number), false).about(concat!("While any strip is soloed, only soloed strips sound: strip ", $number)).hidden(),
            )*
            db("level_db", -60.0..=12.0, 0.0).about("Level of the whole mix; −60 dB is off"),
        ];
    };
}

strips!(1 2 3 4 5 6 7 8);

pub const SPEC: ModuleSpec = module("amp.mixer", "Mixer")
    .about("Eight sounds into one stereo pair, each with gain, pan, mute and solo.")
    .tags(&["mix", "sum", "channels", "pan", "mute", "solo", "desk", "console", "fader"])
    .inputs(INPUTS)
    .params(PARAMS)
    .outputs(&[audio("out", "The mix of all strips").stereo()])
    .voices(Voices::Sum)
    .face(Face::Meter);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    let strip = Strip { gain: Memo::new(), pan: Memo::new(), open: Glide::default(), peak: 0.0 };
    Box::new(Mixer {
        strips: [strip; STRIPS],
        level: Memo::new(),
        switch_step: switch_step(context.sample_rate_hz),
        fall_per_frame: gain_from_db(-20.0 / context.sample_rate_hz),
    })
}

/// Left and right gains of a pan position from −1 to 1.
fn pan_law(pan: f32) -> [f32; 2] {
    // Exactly unity in the middle, where most strips stand.
    if pan == 0.0 {
        return [1.0; 2];
    }
    let angle = (pan + 1.0) * std::f32::consts::FRAC_PI_4;
    [angle.cos() * std::f32::consts::SQRT_2, angle.sin() * std::f32::consts::SQRT_2]
}

#[derive(Clone, Copy)]
struct Strip {
    gain: Memo<f32, f32>,
    pan: Memo<f32, [f32; 2]>,
    /// 0 is muted (or not soloed while another is), 1 open.
    open: Glide,
    peak: f32,
}

struct Mixer {
    strips: [Strip; STRIPS],
    level: Memo<f32, f32>,
    switch_step: f32,
    fall_per_frame: f32,
}

impl Strip {
    /// Adds this strip to the mix.
    fn add(&mut self, io: &Io<'_>, number: usize, soloing: &[bool; BLOCK], switch_step: f32, mix: &mut [[f32; BLOCK]; 2]) {
        let input = io.input(number);
        if !input.is_connected() {
            self.open.forget();
            self.peak = 0.0;
            return;
        }
        let param = |index: usize| io.param(number * PARAMS_PER_STRIP + index);
        let (gain_db, pan, mute, solo) = (param(GAIN), param(PAN), param(MUTE), param(SOLO));
        for n in 0..io.frames() {
            let is_open = mute.at(n, 0) < 0.5 && (!soloing[n] || solo.at(n, 0) >= 0.5);
            let open = self.open.next(if is_open { 1.0 } else { 0.0 }, switch_step);
            let gain = self.gain.get(gain_db.at(n, 0), gain_from_db) * open;
            let pan = self.pan.get(pan.at(n, 0), pan_law);
            for (channel, mix) in mix.iter_mut().enumerate() {
                let sum: f32 = (0..input.voices()).map(|voice| input.row(channel, voice)[n]).sum();
                let sample = sum * (gain * pan[channel]);
                mix[n] += sample;
                self.peak = self.peak.max(sample.abs());
            }
        }
    }
}

impl Unit for Mixer {
    fn process(&mut self, io: &mut Io<'_>) {
        let frames = io.frames();
        let mut soloing = [false; BLOCK];
        for strip in 0..STRIPS {
            let solo = io.param(strip * PARAMS_PER_STRIP + SOLO);
            match solo.constant() {
                Some(value) if value < 0.5 => {}
                _ => soloing[..frames].iter_mut().enumerate().for_each(|(n, any)| *any |= solo.at(n, 0) >= 0.5),
            }
        }
        let mut mix = [[0.0; BLOCK]; 2];
        let fall = self.fall_per_frame.powi(frames as i32);
        for (number, strip) in self.strips.iter_mut().enumerate() {
            strip.peak *= fall;
            strip.add(io, number, &soloing, self.switch_step, &mut mix);
        }
        let level_db = io.param(LEVEL);
        let mut out = io.output(0);
        for (channel, mix) in mix.iter().enumerate() {
            for (n, sample) in out.row(channel, 0).iter_mut().enumerate() {
                *sample = mix[n] * self.level.get(level_db.at(n, 0), gain_from_db);
            }
        }
    }

    fn reset(&mut self) {
        for strip in &mut self.strips {
            strip.open.forget();
            strip.peak = 0.0;
        }
    }

    fn telemetry(&self, _lane: usize, face: &mut [f32; FACE]) {
        for (cell, strip) in face.iter_mut().zip(&self.strips) {
            *cell = strip.peak;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use patchlight_engine::{Solo, SoloConfig};

    /// Left and right after settings have settled; strip 1 is given 0.5, strip 2 0.25.
    fn mixed(params: &[(&'static str, f32)]) -> [f32; 2] {
        let config = SoloConfig { params: params.to_vec(), channels: 1, ..SoloConfig::default() };
        let mut solo = Solo::new(&SPEC, build, &config, &["in_1", "in_2"]);
        solo.drive("in_1", vec![vec![0.5; 640]]);
        solo.drive("in_2", vec![vec![0.25; 640]]);
        let rendered = solo.run(640, 64);
        [rendered.outputs[0][0][639], rendered.outputs[0][1][639]]
    }

    #[test]
    fn strips_add_up_and_switches_choose_among_them() {
        assert_eq!(mixed(&[]), [0.75, 0.75]);
        assert_eq!(mixed(&[("mute_1", 1.0)]), [0.25, 0.25]);
        assert_eq!(mixed(&[("solo_1", 1.0)]), [0.5, 0.5]);
        assert_eq!(mixed(&[("solo_1", 1.0), ("mute_1", 1.0)]), [0.0, 0.0]);
        assert_eq!(mixed(&[("gain_1_db", -60.0), ("gain_2_db", -60.0)]), [0.0, 0.0]);
        let halved = mixed(&[("level_db", -6.0206)])[0];
        assert!((halved - 0.375).abs() < 1e-5, "{halved}");
    }

    #[test]
    fn panning_keeps_the_power_and_reaches_the_sides() {
        for pan in [-1.0, -0.6, 0.0, 0.3, 1.0] {
            let [left, right] = mixed(&[("pan_1", pan), ("mute_2", 1.0)]);
            assert!((left * left + right * right - 0.5).abs() < 1e-5, "{pan}: {left} {right}");
        }
        let [left, right] = mixed(&[("pan_1", 1.0), ("mute_2", 1.0)]);
        assert!(left.abs() < 1e-6 && right > 0.7);
    }

    #[test]
    fn voices_are_summed_and_each_strip_shows_its_peak() {
        let mut solo = Solo::new(&SPEC, build, &SoloConfig { voices: 3, channels: 2, ..SoloConfig::default() }, &["in_4"]);
        solo.drive("in_4", (0..6).map(|lane| vec![0.1 * (lane + 1) as f32; 64]).collect());
        let rendered = solo.run(64, 64);
        assert!((rendered.outputs[0][0][63] - 0.6).abs() < 1e-6 && (rendered.outputs[0][1][63] - 1.5).abs() < 1e-6);
        let face = solo.telemetry();
        assert!((face[3] - 1.5).abs() < 1e-6 && face[0] == 0.0);
    }
}
