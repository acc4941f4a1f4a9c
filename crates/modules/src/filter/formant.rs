//! Formant filter: makes any sound say a vowel.
//!
//! Five band-passes side by side, at the formants of five vowels for four voices (the tables of the Csound manual, appendix D, after measurements of
//! singers at IRCAM); between vowels frequencies move in octaves, levels in decibels.

use crate::dsp::{Memo, Svf};
use crate::glide::{Glide, gain_from_db, switch_step};
use patchlight_core::{Face, ModuleSpec, audio, choice, module, percent, preset, semitones, unit};
use patchlight_engine::{BuildContext, FACE, RowIo, RowKernel, Unit, rows};

const VOWEL: usize = 0;
const VOICE: usize = 1;
const SHIFT: usize = 2;
const SHARPNESS: usize = 3;
const MIX: usize = 4;

pub const SPEC: ModuleSpec = module("filter.formant", "Formant filter")
    .about("Makes a saw or a noise say a, e, i, o, u. Move the vowel slowly for a choir, quickly for a talking bass.")
    .tags(&["vowel", "voice", "talk", "choir", "vocal", "speech", "yoi", "wah"])
    .inputs(&[audio("in", "A bright sound")])
    .params(&[
        unit("vowel", 0.0..=4.0, 0.0).about("From a over e, i and o to u"),
        choice("voice", &["bass", "tenor", "alto", "soprano"], 1).about("Whose mouth it is"),
        semitones("shift_semitones", -24.0..=24.0, 0.0).about("A larger mouth below 0, a smaller one above"),
        unit("sharpness", 0.2..=5.0, 1.0).about("How narrow the formants are"),
        percent("mix", 1.0).about("The vowel against the dry sound"),
    ])
    .presets(&[
        preset("Tenor ah", "vowel tenor", "vowel 0; voice tenor"),
        preset("Soprano ee", "vowel soprano", "vowel 2; voice soprano"),
        preset("Bass oo", "vowel bass", "vowel 4; voice bass; sharpness 1.6"),
        preset("Giant", "effect low", "vowel 3; voice bass; shift_semitones -9"),
        preset("Tiny", "effect high", "vowel 1; voice alto; shift_semitones 12; sharpness 2.5"),
    ])
    .outputs(&[audio("out", "The sound that speaks")])
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    rows(context, |lane| Formant {
        bands: [Svf::default(); FORMANTS],
        voices: [Glide::off(); VOICES],
        step: switch_step(lane.sample_rate_hz),
        shift: Glide::off(),
        mouth: Memo::new(),
        now: None,
        steps: [(0.0, 0.0, 0.0); FORMANTS],
        left: 0,
        shown: 0.0,
    })
}

const FORMANTS: usize = 5;
const VOICES: usize = 4;
/// Decibels by which five bands beside each other are softer than the sound; given back.
const MAKEUP_DB: f32 = 9.0;

/// Frequency in hertz, level in decibels, width in hertz; by voice, vowel and formant.
type Table = [[[(f32, f32, f32); FORMANTS]; 5]; VOICES];

const TABLE: Table = [
    [
        [(600., 0., 60.), (1040., -7., 70.), (2250., -9., 110.), (2450., -9., 120.), (2750., -20., 130.)],
        [(400., 0., 40.), (1620., -12., 80.), (2400., -9., 100.), (2800., -12., 120.), (3100., -18., 120.)],
        [(250., 0., 60.), (1750., -30., 90.), (2600., -16., 100.), (3050., -22., 120.), (3340., -28., 120.)],
        [(400., 0., 40.), (750., -11., 80.), (2400., -21., 100.), (2600., -20., 120.), (2900., -40., 120.)],
        [(350., 0., 40.), (600., -20., 80.), (2400., -32., 100.), (2675., -28., 120.), (2950., -36., 120.)],
    ],
    [
        [(650., 0., 80.), (1080., -6., 90.), (2650., -7., 120.), (2900., -8., 130.), (3250., -22., 140.)],
        [(400., 0., 70.), (1700., -14., 80.), (2600., -12., 100.), (3200., -14., 120.), (3580., -20., 120.)],
        [(290., 0., 40.), (1870., -15., 90.), (2800., -18., 100.), (3250., -20., 120.), (3540., -30., 120.)],
        [(400., 0., 40.), (800., -10., 80.), (2600., -12., 100.), (2800., -12., 120.), (3000., -26., 120.)],
        [(350., 0., 40.), (600., -20., 60.), (2700., -17., 100.), (2900., -14., 120.), (3300., -26., 120.)],
    ],
    [
        [(800., 0., 80.), (1150., -4., 90.), (2800., -20., 120.), (3500., -36., 130.), (4950., -60., 140.)],
        [(400., 0., 60.), (1600., -24., 80.), (2700., -30., 120.), (3300., -35., 150.), (4950., -60., 200.)],
        [(350., 0., 50.), (1700., -20., 100.), (2700., -30., 120.), (3700., -36., 150.), (4950., -60., 200.)],
        [(450., 0., 70.), (800., -9., 80.), (2830., -16., 100.), (3500., -28., 130.), (4950., -55., 135.)],
        [(325., 0., 50.), (700., -12., 60.), (2530., -30., 170.), (3500., -40., 180.), (4950., -64., 200.)],
    ],
    [
        [(800., 0., 80.), (1150., -6., 90.), (2900., -32., 120.), (3900., -20., 130.), (4950., -50., 140.)],
        [(350., 0., 60.), (2000., -20., 100.), (2800., -15., 120.), (3600., -40., 150.), (4950., -56., 200.)],
        [(270., 0., 60.), (2140., -12., 90.), (2950., -26., 100.), (3900., -26., 120.), (4950., -44., 120.)],
        [(450., 0., 40.), (800., -11., 80.), (2830., -22., 100.), (3800., -22., 120.), (4950., -50., 120.)],
        [(325., 0., 50.), (700., -16., 60.), (2700., -35., 170.), (3800., -40., 180.), (4950., -60., 200.)],
    ],
];

/// Corner, damping and gain of a band.
type Mouth = [(f32, f32, f32); FORMANTS];

struct Formant {
    bands: [Svf; FORMANTS],
    /// The share of each voice; they glide.
    voices: [Glide; VOICES],
    step: f32,
    /// In octaves; an octave takes ten milliseconds.
    shift: Glide,
    mouth: Memo<[f32; 3 + VOICES], Mouth>,
    /// What the bands are made with, on its way to the mouth, and frames until it is there.
    now: Option<Mouth>,
    steps: Mouth,
    left: u32,
    shown: f32,
}

fn mouth([vowel, octaves, sharpness, voices @ ..]: [f32; 3 + VOICES], rate_hz: f32) -> Mouth {
    let low = (vowel as usize).min(3);
    let along = vowel - low as f32;
    std::array::from_fn(|formant| {
        let (mut log_hz, mut level_db, mut width_hz) = (0.0, 0.0, 0.0);
        for (table, share) in TABLE.iter().zip(voices) {
            let (a, b) = (table[low][formant], table[low + 1][formant]);
            log_hz += share * (a.0.log2() + (b.0.log2() - a.0.log2()) * along);
            level_db += share * (a.1 + (b.1 - a.1) * along);
            width_hz += share * (a.2 + (b.2 - a.2) * along);
        }
        let hz = (log_hz + octaves).exp2();
        let scale = octaves.exp2();
        (Svf::corner(hz, rate_hz), (width_hz * scale / (hz * sharpness)).clamp(0.005, 2.0), gain_from_db((level_db + MAKEUP_DB).max(-59.0)))
    })
}

/// A mouth that moves is found anew after so many frames, and reached in a straight line.
const MOUTH_FRAMES: u32 = 16;

impl Formant {
    fn move_mouth(&mut self, knobs: [f32; 3 + VOICES], rate_hz: f32) -> Mouth {
        if self.left == 0 {
            let goal = self.mouth.get(knobs, |knobs| mouth(knobs, rate_hz));
            let now = *self.now.get_or_insert(goal);
            let share = 1.0 / MOUTH_FRAMES as f32;
            self.steps = std::array::from_fn(|band| {
                let (from, to) = (now[band], goal[band]);
                ((to.0 - from.0) * share, (to.1 - from.1) * share, (to.2 - from.2) * share)
            });
            self.left = MOUTH_FRAMES;
        }
        self.left -= 1;
        let steps = self.steps;
        let now = self.now.get_or_insert([(0.0, 0.0, 0.0); FORMANTS]);
        for (now, step) in now.iter_mut().zip(steps) {
            *now = (now.0 + step.0, now.1 + step.1, now.2 + step.2);
        }
        *now
    }
}

impl RowKernel for Formant {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let (input, rate_hz) = (io.input(0), io.sample_rate_hz());
        let [vowel, voice, shift, sharpness, mix] = [VOWEL, VOICE, SHIFT, SHARPNESS, MIX].map(|index| io.param(index));
        let out = io.output(0);
        for n in 0..out.len() {
            let chosen = voice.at(n) as usize;
            let step = self.step;
            let shift = self.shift.next(shift.at(n) / 12.0, 0.5 * step);
            let mut knobs = [vowel.at(n), shift, sharpness.at(n), 0.0, 0.0, 0.0, 0.0];
            for (index, share) in self.voices.iter_mut().enumerate() {
                knobs[3 + index] = share.next(if index == chosen { 1.0 } else { 0.0 }, step);
            }
            let mouth = self.move_mouth(knobs, rate_hz);
            let x = input[n];
            let said: f32 =
                self.bands.iter_mut().zip(mouth).map(|(band, (corner, damping, gain))| band.next(x, corner, damping).band * gain).sum();
            out[n] = x + (said - x) * mix.at(n);
            self.shown = knobs[0];
        }
    }

    fn reset(&mut self) {
        self.bands = [Svf::default(); FORMANTS];
        self.voices.iter_mut().for_each(Glide::forget);
        self.shift.forget();
        (self.now, self.left) = (None, 0);
    }

    fn telemetry(&self, face: &mut [f32; FACE]) {
        face[0] = self.shown;
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, TABLE, build};
    use crate::testing::driven;
    use patchlight_testkit::magnitude_response_db;

    #[test]
    fn each_vowel_peaks_at_its_formants() {
        let mut impulse = vec![0.0; 65_536];
        impulse[0] = 1.0;
        for vowel in 0..5 {
            let rendered = driven(&SPEC, build, &[("vowel", vowel as f32)], &[("in", impulse.clone())], 65_536);
            let at = |hz: f64| magnitude_response_db(rendered.mono(0), 48_000.0, hz);
            for (hz, level_db, width_hz) in &TABLE[1][vowel][..2] {
                let (hz, width) = (f64::from(*hz), f64::from(*width_hz));
                // A soft formant may stand on the slope of a loud one.
                let stands_alone = *level_db > -12.0;
                assert!(!stands_alone || at(hz) > at(hz - 2.0 * width) && at(hz) > at(hz + 2.0 * width), "vowel {vowel} at {hz} Hz");
                assert!(!stands_alone || (at(hz) - f64::from(*level_db) - 9.0).abs() < 3.0, "vowel {vowel} at {hz} Hz: {}", at(hz));
            }
        }
    }
}
