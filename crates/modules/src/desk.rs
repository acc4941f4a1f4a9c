//! A mixing desk: strips of gain, pan, mute and solo into one stereo pair. What the mixers of each size share.
//!
//! Pan is the constant-power law scaled to unity in the middle: left √2·cos θ, right √2·sin θ, θ from 0 to π/2. Mono arrives
//! on both sides, so the same law pans mono at constant power and balances stereo.
//!
//! A mix remembers nothing from frame to frame, so it runs eight frames at a time, whatever comes in: packing voices into lanes would
//! only mean shuffling them back for the sum.
//!
//! Face cells: the peak of each strip behind its gain, falling 20 dB a second.

use crate::dsp::{EMPTY_ROW, Knob, Memo, PaddedRow, frames_at, put_frames};
use crate::glide::{Glide, gain_from_db, pan_law, switch_step};
use patchlight_engine::simd::{Simd, SimdBase, SimdJob, splat, vectorize};
use patchlight_engine::{BLOCK, BuildContext, FACE, GROUP, Io, Unit};

const GAIN: usize = 0;
const PAN: usize = 1;
const MUTE: usize = 2;
const SOLO: usize = 3;
const PARAMS_PER_STRIP: usize = 4;

/// `INPUTS` and `PARAMS` of a desk with a strip for each of these numbers.
macro_rules! strips {
    ($($number:literal)*) => {
        const INPUTS: &[patchlight_core::PortSpec] = &[
            $(patchlight_core::audio(concat!("in_", $number), concat!("Sound for strip ", $number, "; several voices are summed")),)*
        ];

        const PARAMS: &[patchlight_core::ParamSpec] = &[
            $(
                patchlight_core::db(concat!("gain_", $number, "_db"), -60.0..=12.0, 0.0)
                    .about(concat!("Fader of strip ", $number, "; −60 dB is off")),
                patchlight_core::bipolar(concat!("pan_", $number), 0.0)
                    .about(concat!("Strip ", $number, " from left (−100 %) to right (100 %)"))
                    .hidden(),
                patchlight_core::toggle(concat!("mute_", $number), false).about(concat!("Silences strip ", $number)).hidden(),
                patchlight_core::toggle(concat!("solo_", $number), false)
                    .about(concat!("While any strip is soloed, only soloed strips sound: strip ", $number))
                    .hidden(),
            )*
            patchlight_core::db("level_db", -60.0..=12.0, 0.0).about("Level of the whole mix; −60 dB is off"),
        ];
    };
}

pub(crate) use strips;

#[derive(Clone, Copy)]
struct Strip {
    gain: Memo<f32, f32>,
    pan: Memo<f32, [f32; 2]>,
    /// 0 is muted (or not soloed while another is), 1 open.
    open: Glide,
    peak: f32,
}

/// A desk of `N` strips; the last parameter is the level of the mix.
pub(crate) struct Desk<const N: usize> {
    strips: [Strip; N],
    level: Memo<f32, f32>,
    switch_step: f32,
    fall_per_frame: f32,
}

impl<const N: usize> Desk<N> {
    pub(crate) fn new(context: &BuildContext<'_>) -> Self {
        let strip = Strip { gain: Memo::new(), pan: Memo::new(), open: Glide::default(), peak: 0.0 };
        Self {
            strips: [strip; N],
            level: Memo::new(),
            switch_step: switch_step(context.sample_rate_hz),
            fall_per_frame: gain_from_db(-20.0 / context.sample_rate_hz),
        }
    }
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
    fn new(io: &Io<'_>, strips: usize) -> Self {
        let mut soloing = Self { any: [false; BLOCK], is_still: true };
        for strip in 0..strips {
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

struct Job<'u, 'io, 'a, const N: usize>(&'u mut Desk<N>, &'io mut Io<'a>);

impl<const N: usize> SimdJob for Job<'_, '_, '_, N> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self(desk, io) = self;
        let frames = io.frames();
        let soloing = Soloing::new(io, N);
        let mut mix = [EMPTY_ROW; 2];
        let fall = desk.fall_per_frame.powi(frames as i32);
        for (number, strip) in desk.strips.iter_mut().enumerate() {
            strip.peak *= fall;
            strip.add(simd, io, number, &soloing, desk.switch_step, &mut mix);
        }
        let level_db = Knob::new(io.param(N * PARAMS_PER_STRIP), 0);
        let mut levels = EMPTY_ROW;
        match level_db.constant() {
            Some(level_db) => levels.fill(desk.level.get(level_db, gain_from_db)),
            None => (0..frames).for_each(|n| levels[n] = desk.level.get(level_db.at(n), gain_from_db)),
        }
        let mut out = io.output(0);
        for (channel, mix) in mix.iter().enumerate() {
            for n in (0..frames).step_by(GROUP) {
                put_frames(frames_at(simd, mix, n) * frames_at(simd, &levels, n), out.row(channel, 0), n);
            }
        }
    }
}

impl<const N: usize> Unit for Desk<N> {
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
