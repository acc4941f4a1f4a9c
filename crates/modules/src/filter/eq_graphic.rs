//! Graphic equalizer: ten octaves, ten faders.
//!
//! Ten bells an octave apart with Q = √2, in a row ([`crate::dsp::svf_full`]).

use crate::dsp::Memo;
use crate::dsp::svf_full::{Bell, BellState, Shape};
use patchlight_core::{Face, ModuleSpec, audio, db, module, preset};
use patchlight_engine::{BuildContext, RowIo, RowKernel, Unit, rows};

const BANDS: usize = 10;
const CENTERS_HZ: [f32; BANDS] = [31.25, 62.5, 125.0, 250.0, 500.0, 1_000.0, 2_000.0, 4_000.0, 8_000.0, 16_000.0];

pub const SPEC: ModuleSpec = module("filter.eq_graphic", "Graphic EQ")
    .about("Ten faders, an octave each: the quickest way to shape a whole sound.")
    .tags(&["equalizer", "eq", "octave", "faders", "tone", "bands", "hifi"])
    .inputs(&[audio("in", "Sound to shape")])
    .params(&[
        db("gain_31_db", -12.0..=12.0, 0.0).about("How much the octave around 31 Hz is lifted or lowered"),
        db("gain_62_db", -12.0..=12.0, 0.0).about("How much the octave around 62 Hz is lifted or lowered"),
        db("gain_125_db", -12.0..=12.0, 0.0).about("How much the octave around 125 Hz is lifted or lowered"),
        db("gain_250_db", -12.0..=12.0, 0.0).about("How much the octave around 250 Hz is lifted or lowered"),
        db("gain_500_db", -12.0..=12.0, 0.0).about("How much the octave around 500 Hz is lifted or lowered"),
        db("gain_1k_db", -12.0..=12.0, 0.0).about("How much the octave around 1 kHz is lifted or lowered"),
        db("gain_2k_db", -12.0..=12.0, 0.0).about("How much the octave around 2 kHz is lifted or lowered"),
        db("gain_4k_db", -12.0..=12.0, 0.0).about("How much the octave around 4 kHz is lifted or lowered"),
        db("gain_8k_db", -12.0..=12.0, 0.0).about("How much the octave around 8 kHz is lifted or lowered"),
        db("gain_16k_db", -12.0..=12.0, 0.0).about("How much the octave around 16 kHz is lifted or lowered"),
    ])
    .presets(&[
        preset("Smile", "loudness", "gain_31_db 5; gain_62_db 4; gain_500_db -3; gain_1k_db -3; gain_8k_db 3; gain_16k_db 5"),
        preset("Voice", "speech", "gain_31_db -12; gain_62_db -9; gain_250_db -2; gain_2k_db 4; gain_4k_db 4"),
        preset("Bass boost", "bass", "gain_31_db 6; gain_62_db 7; gain_125_db 4"),
        preset("Bright", "treble air", "gain_4k_db 2; gain_8k_db 5; gain_16k_db 7"),
        preset("Small speaker", "effect", "gain_31_db -12; gain_62_db -12; gain_125_db -8; gain_1k_db 5; gain_8k_db -6; gain_16k_db -12"),
    ])
    .outputs(&[audio("out", "Shaped sound")])
    .face(Face::Equalizer);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    rows(context, |_| Graphic { bells: [Memo::new(); BANDS], states: [BellState::default(); BANDS] })
}

struct Graphic {
    bells: [Memo<f32, Bell>; BANDS],
    states: [BellState; BANDS],
}

impl RowKernel for Graphic {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let (input, rate_hz) = (io.input(0), io.sample_rate_hz());
        let gains: [_; BANDS] = std::array::from_fn(|index| io.param(index));
        let out = io.output(0);
        out.copy_from_slice(input);
        for band in 0..BANDS {
            if gains[band].constant() == Some(0.0) {
                self.states[band] = BellState::default();
                continue;
            }
            for (n, x) in out.iter_mut().enumerate() {
                let make = |gain_db| Bell::new(Shape::Bell, CENTERS_HZ[band], std::f32::consts::SQRT_2, gain_db, rate_hz);
                let bell = self.bells[band].get(gains[band].at(n), make);
                *x = self.states[band].next(*x, &bell);
            }
        }
    }

    fn reset(&mut self) {
        self.states = [BellState::default(); BANDS];
    }
}

#[cfg(test)]
mod tests {
    use super::{CENTERS_HZ, SPEC, build};
    use crate::testing::driven;
    use patchlight_testkit::magnitude_response_db;

    #[test]
    fn each_fader_lifts_its_octave() {
        let mut impulse = vec![0.0; 65_536];
        impulse[0] = 1.0;
        for (band, hz) in CENTERS_HZ.iter().enumerate() {
            let params = [(SPEC.params[band].id, 6.0)];
            let rendered = driven(&SPEC, build, &params, &[("in", impulse.clone())], 65_536);
            let at = |hz: f32| magnitude_response_db(rendered.mono(0), 48_000.0, f64::from(hz));
            assert!((at(*hz) - 6.0).abs() < 0.1, "{hz} Hz: {}", at(*hz));
            assert!(at(hz / 4.0).abs() < 0.7 && (*hz > 5_000.0 || at(hz * 4.0).abs() < 0.7));
        }
    }
}
