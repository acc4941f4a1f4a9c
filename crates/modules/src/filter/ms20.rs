//! MS-20: a high-pass and a low-pass that scream, in a row.
//!
//! Two filters of the Korg-35 kind (T. Stilson and J. Smith; T. Stinchcombe, *A study of the Korg MS10 and MS20 filters*, 2006): two one-poles whose
//! feedback is clipped by diodes. The loop is solved as in [`crate::filter::sallen_key`], the clipping being much earlier and harder.
//!
//! Face: `[0]` cutoff of the low-pass in Hz, as modulated, `[1]` its resonance.

use crate::dsp::cutoff::{Cutoff, Places};
use crate::dsp::levels::OCTAVES_PER_DB;
use crate::filter::sallen_key::two_poles;
use patchlight_core::{Face, ModuleSpec, audio, db, hz, module, percent, pitch, preset};
use patchlight_engine::simd::{Simd, SimdBase, exp2, load, share_pi, splat, store, tanh};
use patchlight_engine::{BuildContext, FACE, GROUP, GroupIo, LaneKernel, LaneParam, LaneVisit, Oct, Unit, eight_lanes, lane_state};

const LOW_CUTOFF: usize = 0;
const LOW_PEAK: usize = 1;
const HIGH_CUTOFF: usize = 2;
const HIGH_PEAK: usize = 3;
const DRIVE: usize = 4;
const TRACKING: usize = 5;

const PLACES: Places = Places { cutoff_param: LOW_CUTOFF, tracking_param: TRACKING, pitch_input: 1, fm_input: Some(2) };

pub const SPEC: ModuleSpec = module("filter.ms20", "MS-20")
    .about("A high-pass and a low-pass in a row, both with a peak that screams. The classic for dirty basses and talking noises.")
    .tags(&["korg", "ms-20", "korg35", "scream", "aggressive", "lowpass", "highpass", "bandpass", "acid"])
    .inputs(&[
        audio("in", "Signal to filter"),
        pitch("pitch", "Moves the low-pass with the notes played, as far as tracking says"),
        audio("fm", "Moves the low-pass at audio rate, by 1 kHz for 1").mono(),
    ])
    .params(&[
        hz("cutoff_hz", 20.0..=20_000.0, 2_000.0).about("Corner of the low-pass"),
        percent("peak", 0.5).about("Emphasis of the low-pass; from 90 % on it sings"),
        hz("high_pass_hz", 20.0..=20_000.0, 40.0).about("Corner of the high-pass, which comes first"),
        percent("high_peak", 0.2).about("Emphasis of the high-pass; from 90 % on it sings"),
        db("drive_db", 0.0..=36.0, 6.0).about("Pushes the signal into the diodes"),
        percent("tracking", 1.0).about("How much the pitch input moves the low-pass; 100 % follows the keys").hidden(),
    ])
    .presets(&[
        preset("Korg bass", "bass dirty", "cutoff_hz 400; peak 60; drive_db 12"),
        preset("Band squeeze", "band vocal", "cutoff_hz 1800; peak 70; high_pass_hz 600; high_peak 60"),
        preset("Screaming", "lead wild", "cutoff_hz 1200; peak 95; drive_db 24"),
        preset("Thin air", "high thin", "cutoff_hz 12000; peak 10; high_pass_hz 1200; high_peak 70"),
        preset("Polite", "low gentle", "cutoff_hz 3000; peak 15; drive_db 0; high_peak 0"),
    ])
    .outputs(&[audio("out", "Filtered signal")])
    .bundles()
    .face(Face::Filter);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    eight_lanes(context, |_| Ms20 { poles: [[0.0; GROUP]; 4], shown: [[0.0; GROUP]; 2] })
}

/// Feedback at full peak: 2 is where it begins to sing.
const K_FULL: f32 = 2.2;
/// The diodes begin to clip at this share of full scale.
const DIODES: f32 = 4.0;

struct Ms20 {
    /// Two of the high-pass, two of the low-pass.
    poles: [Oct; 4],
    shown: [Oct; 2],
}

impl LaneKernel for Ms20 {
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>) {
        let (frames, input) = (io.frames(), io.input(0));
        let cutoff = Cutoff::new(io, &PLACES);
        let (low_peak, high_cutoff, high_peak, drive) = (io.param(LOW_PEAK), io.param(HIGH_CUTOFF), io.param(HIGH_PEAK), io.param(DRIVE));
        let per_hz = splat(simd, 1.0 / io.sample_rate_hz());
        let high_share = |n: usize| share_pi(simd, (high_cutoff.at(simd, n) * per_hz).min(splat(simd, 0.49)));
        let (low_moves, high_moves) = (cutoff.moves(), matches!(high_cutoff, LaneParam::Signal(_)));
        let (mut low_g, mut high_g) = (cutoff.share(simd, 0), high_share(0));
        let (full, diodes) = (splat(simd, K_FULL), splat(simd, DIODES));
        let mut first = [load(simd, &self.poles[0]), load(simd, &self.poles[1])];
        let mut second = [load(simd, &self.poles[2]), load(simd, &self.poles[3])];
        let out = io.output(0);
        for n in 0..frames {
            if low_moves {
                low_g = cutoff.share(simd, n);
            }
            if high_moves {
                high_g = high_share(n);
            }
            let db = drive.at(simd, n) * splat(simd, OCTAVES_PER_DB);
            let x = load(simd, &input[n]) * exp2(simd, db);
            let [_, _, high] = two_poles(simd, &mut first, x, (high_g, high_peak.at(simd, n) * full, diodes));
            // The amplifier between both bends as well.
            let high = tanh(simd, high * splat(simd, 0.5)) * splat(simd, 2.0);
            let [low, _, _] = two_poles(simd, &mut second, high, (low_g, low_peak.at(simd, n) * full, diodes));
            // Half of the push in decibels is taken back.
            store(low * exp2(simd, db * splat(simd, -0.5)), &mut out[n]);
        }
        for index in 0..2 {
            store(first[index], &mut self.poles[index]);
            store(second[index], &mut self.poles[2 + index]);
        }
        let last = frames.saturating_sub(1);
        store(cutoff.hz(simd, last), &mut self.shown[0]);
        store(low_peak.at(simd, last), &mut self.shown[1]);
    }

    fn reset(&mut self) {
        self.poles = [[0.0; GROUP]; 4];
    }

    fn telemetry(&self, lane: usize, face: &mut [f32; FACE]) {
        (face[0], face[1]) = (self.shown[0][lane], self.shown[1][lane]);
    }

    fn state(&mut self, visit: &mut LaneVisit<'_>) {
        let [a, b, c, d] = &mut self.poles;
        lane_state!(visit; *a, *b, *c, *d);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use crate::testing::{driven, sine};
    use patchlight_testkit::{Spectrum, cents_between, db, frequency_hz, rms};

    #[test]
    fn the_low_pass_sings_at_its_cutoff() {
        for hz in [220.0, 1_500.0] {
            let mut kick = vec![0.0; 96_000];
            kick[0] = 0.5;
            let params = [("cutoff_hz", hz), ("peak", 1.0), ("high_pass_hz", 20.0), ("high_peak", 0.0)];
            let rendered = driven(&SPEC, build, &params, &[("in", kick)], 96_000);
            let sung = &rendered.mono(0)[48_000..];
            assert!(cents_between(f64::from(hz), frequency_hz(sung, 48_000.0, f64::from(hz))).abs() < 5.0 && rms(sung) > 0.01);
        }
    }

    #[test]
    fn both_sides_are_taken_away_and_drive_makes_harmonics() {
        let level = |hz: f64, params: &[(&'static str, f32)]| {
            let params = [&[("peak", 0.0), ("high_peak", 0.0), ("drive_db", 0.0)], params].concat();
            let rendered = driven(&SPEC, build, &params, &[("in", sine(hz, 0.01, 65_536))], 65_536);
            db(rms(&rendered.mono(0)[32_768..]) / (0.01 / std::f64::consts::SQRT_2))
        };
        let wide = [("cutoff_hz", 2_000.0), ("high_pass_hz", 200.0)];
        let (lows, highs, middle) = (level(20.0, &wide), level(19_000.0, &wide), level(650.0, &wide));
        assert!(lows < -34.0 && highs < -34.0 && middle > -3.0, "{lows} {highs} {middle}");
        let hz = 48_000.0 / 65_536.0 * 600.0;
        let params = [("peak", 0.8), ("drive_db", 24.0)];
        let driven_hard = driven(&SPEC, build, &params, &[("in", sine(hz, 0.5, 98_304))], 98_304);
        let spectrum = Spectrum::new(&driven_hard.mono(0)[32_768..], 48_000.0);
        assert!(db(spectrum.at(3.0 * hz) / spectrum.at(hz)) > -40.0);
    }
}
