//! Mixer: eight strips of gain, pan, mute and solo into one stereo pair.
//!
//! Pan is the constant-power law scaled to unity in the middle: left √2·cos θ, right √2·sin θ, θ from 0 to π/2. Mono arrives
//! on both sides, so the same law pans mono at constant power and balances stereo.
//!
//! Face cells: [0..8] the peak of each strip behind its gain, falling 20 dB a second.

use crate::dsp::{EMPTY_ROW, Knob, Memo, PaddedRow, frames_at, put_frames};
use crate::glide::{Glide, gain_from_db, pan_law, switch_step};
use patchlight_core::{Face, ModuleSpec, ParamSpec, PortSpec, Voices, audio, bipolar, db, module, preset, toggle};
use patchlight_engine::simd::{Simd, SimdBase, SimdJob, splat, vectorize};
use patchlight_engine::{BLOCK, BuildContext, FACE, GROUP, Io, Unit};

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
    .presets(&[
        preset("Wide pairs", "stereo", "pan_1 -80; pan_2 80; pan_3 -50; pan_4 50"),
        preset("Drum kit", "drums", "pan_3 25; pan_4 -35; pan_5 -20; pan_6 30; gain_3_db -4; gain_4_db -6"),
        preset(
            "Quiet start",
            "headroom",
            "gain_1_db -9; gain_2_db -9; gain_3_db -9; gain_4_db -9; gain_5_db -9; gain_6_db -9; gain_7_db -9; gain_8_db -9",
        ),
        preset("Fan", "stereo spread", "pan_1 -100; pan_2 -70; pan_3 -40; pan_4 -15; pan_5 15; pan_6 40; pan_7 70; pan_8 100"),
        preset("Lead and backing", "voices", "gain_1_db 0; gain_2_db -8; gain_3_db -8; pan_2 -60; pan_3 60"),
    ])
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
    /// Adds this strip to the mix. `soloing` says where any strip is soloed; where no knob moves, it is the same in all frames.
    #[inline(always)]
    fn add<S: Simd>(&mut self, simd: S, io: &Io<'_>, number: usize, soloing: &Soloing, switch_step: f32, mix: &mut [PaddedRow; 2]) {
        let input = io.input(number);
        if !input.is_connected() {
            self.open.forget();
            self.peak = 0.0;
            return;
        }
        let knob = |index: usize| Knob::new(io.param(number * PARAMS_PER_STRIP + index), 0);
        let (gain_db, pan, mute, solo) = (knob(GAIN), knob(PAN), knob(MUTE), knob(SOLO));
        let open_at = |n: usize| if mute.at(n) < 0.5 && (!soloing.any[n] || solo.at(n) >= 0.5) { 1.0 } else { 0.0 };
        let is_still = [&gain_db, &pan, &mute, &solo].into_iter().all(|knob| knob.constant().is_some()) && soloing.is_still;
        let frames = io.frames();
        let mut gains = [EMPTY_ROW; 2];
        if is_still && self.open.is_at(open_at(0)) {
            let open = self.open.next(open_at(0), switch_step);
            let gain = self.gain.get(gain_db.at(0), gain_from_db) * open;
            if gain == 0.0 {
                return;
            }
            let pan = self.pan.get(pan.at(0), pan_law);
            gains[0].fill(gain * pan[0]);
            gains[1].fill(gain * pan[1]);
        } else {
            for n in 0..frames {
                let open = self.open.next(open_at(n), switch_step);
                let gain = self.gain.get(gain_db.at(n), gain_from_db) * open;
                let pan = self.pan.get(pan.at(n), pan_law);
                (gains[0][n], gains[1][n]) = (gain * pan[0], gain * pan[1]);
            }
        }
        let mut peak = splat(simd, 0.0);
        for (channel, (mix, gains)) in mix.iter_mut().zip(&gains).enumerate() {
            for n in (0..frames).step_by(GROUP) {
                let mut sum = frames_at(simd, input.row(channel, 0), n);
                for voice in 1..input.voices() {
                    sum += frames_at(simd, input.row(channel, voice), n);
                }
                let sample = sum * frames_at(simd, gains, n);
                put_frames(frames_at(simd, mix, n) + sample, mix, n);
                peak = peak.max(sample.abs());
            }
        }
        self.peak = self.peak.max(simd.reduce_max_f32x8(peak));
    }
}

/// Where any strip is soloed.
struct Soloing {
    any: [bool; BLOCK],
    is_still: bool,
}

impl Soloing {
    fn new(io: &Io<'_>) -> Self {
        let mut soloing = Self { any: [false; BLOCK], is_still: true };
        for strip in 0..STRIPS {
            let solo = io.param(strip * PARAMS_PER_STRIP + SOLO);
            match solo.constant() {
                Some(value) if value < 0.5 => {}
                Some(_) => soloing.any = [true; BLOCK],
                None => {
                    soloing.is_still = false;
                    soloing.any[..io.frames()].iter_mut().enumerate().for_each(|(n, any)| *any |= solo.at(n, 0) >= 0.5);
                }
            }
        }
        soloing
    }
}

struct Job<'u, 'io, 'a>(&'u mut Mixer, &'io mut Io<'a>);

impl SimdJob for Job<'_, '_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self(mixer, io) = self;
        let frames = io.frames();
        let soloing = Soloing::new(io);
        let mut mix = [EMPTY_ROW; 2];
        let fall = mixer.fall_per_frame.powi(frames as i32);
        for (number, strip) in mixer.strips.iter_mut().enumerate() {
            strip.peak *= fall;
            strip.add(simd, io, number, &soloing, mixer.switch_step, &mut mix);
        }
        let level_db = Knob::new(io.param(LEVEL), 0);
        let mut levels = EMPTY_ROW;
        match level_db.constant() {
            Some(level_db) => levels.fill(mixer.level.get(level_db, gain_from_db)),
            None => (0..frames).for_each(|n| levels[n] = mixer.level.get(level_db.at(n), gain_from_db)),
        }
        let mut out = io.output(0);
        for (channel, mix) in mix.iter().enumerate() {
            for n in (0..frames).step_by(GROUP) {
                put_frames(frames_at(simd, mix, n) * frames_at(simd, &levels, n), out.row(channel, 0), n);
            }
        }
    }
}

impl Unit for Mixer {
    fn process(&mut self, io: &mut Io<'_>) {
        vectorize(Job(self, io));
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
