//! Formant filter: makes any sound say a vowel.
//!
//! Five band-passes side by side, at the formants of five vowels for four voices (the tables of the Csound manual, appendix D, after measurements of
//! singers at IRCAM); between vowels frequencies move in octaves, levels in decibels.

use crate::dsp::lane_glide::{LaneFollow, LaneShares};
use crate::dsp::{LaneSvf, LaneSvfFactors, Memo, Svf};
use crate::glide::{gain_from_db, switch_step};
use patchlight_core::{Face, ModuleSpec, audio, choice, module, percent, preset, semitones, unit};
use patchlight_engine::simd::{Simd, SimdFloat, load, splat, store};
use patchlight_engine::{BuildContext, FACE, GROUP, GroupIo, LaneKernel, LaneVisit, Oct, Unit, eight_lanes, lane_state};

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
    .bundles()
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    eight_lanes(context, |lanes| Formant { state: State::default(), mouths: [Memo::new(); GROUP], step: switch_step(lanes.sample_rate_hz) })
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
type Mouth = [[f32; 3]; FORMANTS];

struct Formant {
    state: State,
    /// The last mouth of each lane, by what it was made of.
    mouths: [Memo<[f32; 3 + VOICES], Mouth>; GROUP],
    step: f32,
}

#[derive(Default)]
struct State {
    bands: [LaneSvf; FORMANTS],
    /// The share of each voice; they glide.
    voices: LaneShares<VOICES>,
    /// In octaves; an octave takes ten milliseconds.
    shift: LaneFollow,
    /// What the bands are made with, on its way to the mouth, and by how much it moves a frame.
    now: [[Oct; 3]; FORMANTS],
    steps: [[Oct; 3]; FORMANTS],
    has_begun: [bool; GROUP],
    shown: Oct,
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
        [Svf::corner(hz, rate_hz), (width_hz * scale / (hz * sharpness)).clamp(0.005, 2.0), gain_from_db((level_db + MAKEUP_DB).max(-59.0))]
    })
}

/// A mouth that moves is found anew on every frame of the song that this divides, and reached in a straight line by the next.
const MOUTH_FRAMES: u64 = 16;

impl Formant {
    /// Sets out for where the knobs of each lane are, given as octets by knob; a lane that has not begun is there at once.
    fn set_out(&mut self, knobs: &[Oct; 3 + VOICES], rate_hz: f32) {
        let State { now, steps, has_begun, .. } = &mut self.state;
        for lane in 0..GROUP {
            let goal = self.mouths[lane].get(knobs.map(|knob| knob[lane]), |knobs| mouth(knobs, rate_hz));
            for ((now, steps), goal) in now.iter_mut().zip(steps.iter_mut()).zip(goal) {
                for part in 0..3 {
                    if !has_begun[lane] {
                        now[part][lane] = goal[part];
                    }
                    steps[part][lane] = (goal[part] - now[part][lane]) / MOUTH_FRAMES as f32;
                }
            }
            has_begun[lane] = true;
        }
    }
}

impl LaneKernel for Formant {
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>) {
        let (input, rate_hz, frame) = (io.input(0), io.sample_rate_hz(), io.moment().frame());
        let (vowel, shift, sharpness, mix) = (io.param(VOWEL), io.param(SHIFT), io.param(SHARPNESS), io.param(MIX));
        let chosen = io.param(VOICE).first() as usize;
        let octave = splat(simd, 1.0 / 12.0);
        self.state.voices.begin(chosen);
        let mut first = [0.0; GROUP];
        store(shift.at(simd, 0) * octave, &mut first);
        self.state.shift.begin(&first);
        let out = io.output(0);
        for n in 0..out.len() {
            let octaves = self.state.shift.next(simd, shift.at(simd, n) * octave, 0.5 * self.step);
            let shares = self.state.voices.next(simd, chosen, self.step);
            if (frame + n as u64).is_multiple_of(MOUTH_FRAMES) || n == 0 && self.state.has_begun.contains(&false) {
                let mut knobs = [[0.0; GROUP]; 3 + VOICES];
                store(vowel.at(simd, n), &mut knobs[0]);
                store(octaves, &mut knobs[1]);
                store(sharpness.at(simd, n), &mut knobs[2]);
                knobs[3..].iter_mut().zip(shares).for_each(|(knob, share)| store(share, knob));
                self.state.shown = knobs[0];
                self.set_out(&knobs, rate_hz);
            }
            let State { bands, now, steps, .. } = &mut self.state;
            let x = load(simd, &input[n]);
            let mut said = splat(simd, 0.0);
            for band in 0..FORMANTS {
                let mut made = [splat(simd, 0.0); 3];
                for part in 0..3 {
                    made[part] = load(simd, &now[band][part]) + load(simd, &steps[band][part]);
                    store(made[part], &mut now[band][part]);
                }
                let [corner, damping, gain] = made;
                let heard = bands[band].next(simd, x, &LaneSvfFactors::new(simd, corner, damping));
                said = heard.band.mul_add(gain, said);
            }
            store((said - x).mul_add(mix.at(simd, n), x), &mut out[n]);
        }
    }

    fn reset(&mut self) {
        self.state = State::default();
    }

    fn telemetry(&self, lane: usize, face: &mut [f32; FACE]) {
        face[0] = self.state.shown[lane];
    }

    fn state(&mut self, visit: &mut LaneVisit<'_>) {
        let State { bands, voices, shift, now, steps, has_begun, shown } = &mut self.state;
        for band in 0..FORMANTS {
            lane_state!(visit; bands[band]);
            for part in 0..3 {
                lane_state!(visit; now[band][part], steps[band][part]);
            }
        }
        lane_state!(visit; *voices, *shift, *has_begun, *shown);
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
