//! The bass drum of the TR-808: a sine that falls from a high pitch to its own and rings.
//!
//! The bridged-T oscillator of the circuit (Werner, Abel, Smith, "A physically-informed model of the TR-808 bass drum", DAFx
//! 2014) rings at f while its charge lifts the pitch; here f(t) = tune · 2^(pitch + sweep/12 · s(t)) with s falling
//! exponentially. The click is the trigger's own pulse, a difference of two exponentials. Every state is continuous over a
//! new stroke: the phase runs on, the level rises from where it is.
//!
//! Telemetry: `[0]` level 0 to 1, `[1]` the frequency of the moment in Hz.

use crate::dsp::{Memo, Strike, fall_60_db};
use crate::glide::gain_from_db;
use crate::pulse::Edge;
use patchlight_core::{Face, ModuleSpec, audio, control, db, gate, hz, module, percent, pitch, preset, secs, semitones};
use patchlight_engine::{BuildContext, FACE, RowIo, RowKernel, Unit, rows};

const TUNE: usize = 0;
const DECAY: usize = 1;
const SWEEP: usize = 2;
const SWEEP_TIME: usize = 3;
const CLICK: usize = 4;
const DRIVE: usize = 5;
const LEVEL: usize = 6;

pub const SPEC: ModuleSpec = module("osc.kick_808", "Kick 808")
    .about("The deep bass drum that rings: from a thump to a sub bass line. Try steps into trig and pitch.")
    .tags(&["drum", "bass drum", "kick", "808", "sub", "boom", "percussion", "trap"])
    .inputs(&[
        gate("trig", "A rising edge strikes the drum"),
        control("accent", "How hard it is struck, 0 to 1, read at the stroke. Not wired, full"),
        pitch("pitch", "Moves the tuning in octaves: 0 leaves it as the knob says"),
    ])
    .params(&[
        hz("tune_hz", 20.0..=120.0, 49.0).about("The note it rings on; 49 Hz is G1"),
        secs("decay_secs", 0.05..=8.0, 1.2).about("Time until the ring is 60 dB down"),
        semitones("sweep_semitones", 0.0..=60.0, 24.0).about("How far above its note the stroke begins"),
        secs("sweep_secs", 0.002..=1.0, 0.06).about("Time in which the pitch falls to its note"),
        percent("click", 0.3).about("The snap of the beater at the start"),
        db("drive_db", 0.0..=36.0, 3.0).about("Saturation: warmer, then fuller, then square"),
        db("level_db", -60.0..=6.0, 0.0).about("Loudness; −60 dB is off"),
    ])
    .presets(&[
        preset("Classic long", "808 kick", "tune_hz 49; decay_secs 1.6; click 20"),
        preset("Short tight", "808 kick", "tune_hz 55; decay_secs 0.35; click 45"),
        preset("Sub boom", "808 trap", "tune_hz 38; decay_secs 3; drive_db 9; click 10"),
        preset("Distorted", "808 hard", "tune_hz 46; decay_secs 1.2; drive_db 24"),
        preset("Laser", "808 effect", "tune_hz 60; sweep_semitones 58; sweep_secs 0.3; decay_secs 0.8"),
    ])
    .outputs(&[audio("out", "The drum")])
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    rows(context, |_| Kick::default())
}

struct Kick {
    trig: Edge,
    strike: Strike,
    /// Position in the sine's cycle, in turns.
    phase: f64,
    frequency_hz: f32,
    /// 1 at the stroke, falling to 0.
    sweep: f32,
    /// The two exponentials of the click.
    click: [f32; 2],
    fall: Memo<f32, f32>,
    sweep_fall: Memo<f32, f32>,
    drive: Memo<f32, f32>,
    gain: Memo<f32, f32>,
}

impl Default for Kick {
    fn default() -> Self {
        Self {
            trig: Edge::default(),
            strike: Strike::default(),
            phase: 0.0,
            frequency_hz: 0.0,
            sweep: 0.0,
            click: [0.0; 2],
            fall: Memo::new(),
            sweep_fall: Memo::new(),
            drive: Memo::new(),
            gain: Memo::new(),
        }
    }
}

impl Kick {
    fn stroke(&mut self, accent: f32, rate: f32) {
        if self.strike.is_over() {
            self.phase = 0.0;
        }
        let accent = accent.clamp(0.0, 1.0);
        self.strike.hit(0.25 + 0.75 * accent, rate);
        self.sweep = 1.0;
        self.click = self.click.map(|level| level + accent.max(0.1));
    }
}

/// The slope of the saturation: 0 dB leaves the sine clean.
fn slope(drive_db: f32) -> f32 {
    (gain_from_db(drive_db) - 1.0).max(1e-3)
}

impl RowKernel for Kick {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let (frames, rate) = (io.frames(), io.sample_rate_hz());
        let (trig, accent, pitch) = (io.input(0), io.input(1), io.input(2));
        let accented = io.is_connected(1);
        let params: [_; 7] = std::array::from_fn(|index| io.param(index));
        let click_falls = [fall_60_db(0.010, rate), fall_60_db(0.001, rate)];
        let out = io.output(0);
        for n in 0..frames {
            if self.trig.rises(trig[n]) {
                self.stroke(if accented { accent[n] } else { 1.0 }, rate);
            }
            if self.strike.is_over() {
                out[n] = 0.0;
                continue;
            }
            let level = self.strike.next(self.fall.get(params[DECAY].at(n), |secs| fall_60_db(secs, rate)));
            // Falls to a hundredth, two thirds of 60 dB, in the time of the knob.
            self.sweep *= self.sweep_fall.get(params[SWEEP_TIME].at(n), |secs| fall_60_db(1.5 * secs, rate));
            let octaves = pitch[n] + params[SWEEP].at(n) / 12.0 * self.sweep;
            self.frequency_hz = (params[TUNE].at(n) * octaves.clamp(-8.0, 10.0).exp2()).min(0.25 * rate);
            self.phase += f64::from(self.frequency_hz / rate);
            self.phase -= self.phase.floor();
            let ring = (self.phase as f32 * std::f32::consts::TAU).sin() * level;
            let click = self.click[0] - self.click[1];
            self.click = [self.click[0] * click_falls[0], self.click[1] * click_falls[1]];
            let slope = self.drive.get(params[DRIVE].at(n), slope);
            let shaped = (slope * (ring + 0.5 * params[CLICK].at(n) * click)).tanh() / slope.tanh();
            out[n] = shaped * self.gain.get(params[LEVEL].at(n), gain_from_db);
        }
    }

    fn reset(&mut self) {
        *self = Self::default();
    }

    fn telemetry(&self, face: &mut [f32; FACE]) {
        face[0] = self.strike.level;
        face[1] = self.frequency_hz;
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use patchlight_engine::{Solo, SoloConfig};
    use patchlight_testkit::{cents_between, db, frequency_hz, largest_step, rms};

    const RATE: usize = 48_000;

    fn play(params: &[(&'static str, f32)], strokes: &[usize], frames: usize) -> Vec<f32> {
        let config = SoloConfig { params: params.to_vec(), ..SoloConfig::default() };
        let mut solo = Solo::new(&SPEC, build, &config, &["trig"]);
        let trig = (0..frames).map(|n| if strokes.iter().any(|s| (*s..s + 48).contains(&n)) { 1.0 } else { 0.0 });
        solo.drive("trig", vec![trig.collect()]);
        solo.run(frames, 64).mono(0).to_vec()
    }

    #[test]
    fn it_rings_on_its_note_once_the_sweep_is_over() {
        let out = play(&[("decay_secs", 8.0), ("drive_db", 0.0), ("click", 0.0)], &[0], 2 * RATE);
        let heard = frequency_hz(&out[RATE / 2..], 48_000.0, 49.0);
        assert!(cents_between(49.0, heard).abs() < 0.5, "{heard} Hz");
        assert!(frequency_hz(&out[..480], 48_000.0, 160.0) > 110.0, "it begins far above its note");
    }

    #[test]
    fn the_ring_falls_by_sixty_decibels_in_the_decay_time() {
        let params = [("decay_secs", 1.0), ("drive_db", 0.0), ("click", 0.0)];
        let out = play(&params, &[0], RATE);
        let window = RATE / 10;
        let fall = db(rms(&out[RATE / 5..RATE / 5 + window])) - db(rms(&out[7 * RATE / 10..7 * RATE / 10 + window]));
        assert!((fall - 30.0).abs() < 0.6, "{fall} dB in half a second");
    }

    #[test]
    fn a_new_stroke_does_not_jump() {
        let once = play(&[("decay_secs", 4.0), ("click", 0.0)], &[0], RATE / 2);
        let twice = play(&[("decay_secs", 4.0), ("click", 0.0)], &[0, 9000, 9700, 11_111], RATE / 2);
        let (steady, again) = (largest_step(&once).1, largest_step(&twice).1);
        assert!(again < 1.5 * steady + 0.01, "{again} against {steady}");
        assert!(rms(&twice[12_000..]) > rms(&once[12_000..]));
    }

    #[test]
    fn no_stroke_no_sound_and_accents_are_louder() {
        assert!(play(&[], &[], 4800).iter().all(|x| *x == 0.0));
        let config = SoloConfig { params: vec![("drive_db", 0.0)], ..SoloConfig::default() };
        let level = |accent: f32| {
            let mut solo = Solo::new(&SPEC, build, &config, &["trig", "accent"]);
            solo.drive("trig", vec![vec![1.0; 9600]]);
            solo.drive("accent", vec![vec![accent; 9600]]);
            db(rms(solo.run(9600, 64).mono(0)))
        };
        assert!(level(1.0) - level(0.0) > 8.0);
    }
}
