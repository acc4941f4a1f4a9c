//! Oscillators: their pitch, and what is heard that should not be there.

use crate::{Bar, Figure, Subject, worst};
use patchlight_core::octaves_from_hz;
use patchlight_testkit::{Spectrum, alias_db, cents_between, db, frequency_hz, rms};

const RATES_HZ: [f32; 4] = [44_100.0, 48_000.0, 96_000.0, 192_000.0];
const ALIAS_FRAMES: usize = 65_536;
/// Until what is switched on has settled.
const SETTLED: usize = 4_800;

/// Cents that a note is out of tune, the worst of 20 Hz to 10 kHz at four rates. `ratio` is what the module plays of the pitch it is given.
#[must_use]
pub fn pitch_cents(subject: &Subject, ratio: f64) -> f64 {
    let mut found = Vec::new();
    for rate_hz in RATES_HZ {
        for hz in [20.0, 261.63, 10_000.0 / ratio.max(1.0)] {
            let frames = (rate_hz * 1.5) as usize;
            let rendered = subject.render(rate_hz, &[("pitch", vec![octaves_from_hz(hz as f32); frames])], frames);
            let heard = frequency_hz(&rendered.mono(0)[frames / 10..], f64::from(rate_hz), hz * ratio);
            found.push(cents_between(hz * ratio, heard));
        }
    }
    worst(found)
}

/// The nearest note that falls on a bin.
fn on_bin(hz: f64) -> f64 {
    let bin_hz = 48_000.0 / ALIAS_FRAMES as f64;
    (hz / bin_hz).round() * bin_hz
}

/// What aliases are measured against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Against {
    Fundamental,
    /// All that sounds: some waves have next to no fundamental.
    All,
}

/// Aliases in dB at 48 kHz, the loudest of notes at 1.25, 2 and 5 kHz. With `sync` it is synced by a saw of that pitch, a third of the way
/// up to the next octave itself.
#[must_use]
pub fn aliases_db(subject: &Subject, ratio: f64, sync: bool, against: Against) -> f64 {
    let at = |hz: f64| {
        let hz = on_bin(hz);
        let frames = SETTLED + ALIAS_FRAMES;
        let octaves = octaves_from_hz((hz / ratio) as f32);
        let mut signals = vec![("pitch", vec![octaves + if sync { 1.0 / 3.0 } else { 0.0 }; frames])];
        if sync {
            let master = Subject::of("osc.analog").render(48_000.0, &[("pitch", vec![octaves; frames])], frames);
            signals.push(("sync", master.outputs[1][0].clone()));
        }
        let rendered = subject.render(48_000.0, &signals, frames);
        let sound = &rendered.mono(0)[SETTLED..];
        let found = alias_db(sound, 48_000.0, hz);
        match against {
            Against::Fundamental => found,
            Against::All => found + db(Spectrum::new(sound, 48_000.0).at(hz)) - db(rms(sound)),
        }
    };
    [1_250.0, 2_000.0, 5_000.0].into_iter().map(at).fold(f64::MIN, f64::max)
}

pub(crate) fn figures() -> Vec<Figure> {
    let mut figures = Vec::new();
    let analog = Subject::of("osc.analog");
    let shapes = [("sine", 0.0), ("triangle", 1.0), ("saw", 2.0), ("square", 3.0)];
    let tuned: [(&'static str, &str, Subject, f64); 9] = [
        ("osc.analog", "saw", analog.clone(), 1.0),
        ("osc.wavetable", "", Subject::of("osc.wavetable"), 1.0),
        ("osc.operator", "ratio 1", Subject::of("osc.operator"), 1.0),
        ("osc.supersaw", "middle saw", Subject::of("osc.supersaw").with(&[("mix", 0.0)]), 1.0),
        ("osc.phase_distortion", "sine", Subject::of("osc.phase_distortion").with(&[("amount", 0.0)]), 1.0),
        ("osc.additive", "", Subject::of("osc.additive"), 1.0),
        ("osc.formant", "by its 32nd harmonic", Subject::of("osc.formant").with(&[("pitch_semitones", 0.0)]), 32.0),
        ("osc.sub", "an octave below", Subject::of("osc.sub"), 0.5),
        ("osc.analog", "sine", analog.with(&[("shape", 0.0)]), 1.0),
    ];
    for (module, which, subject, ratio) in tuned {
        let what = format!("pitch, 20 Hz to 10 kHz, 44.1 to 192 kHz{}{which}", if which.is_empty() { "" } else { ", " });
        figures.push(Figure { module, what, value: pitch_cents(&subject, ratio), unit: "cents", bar: Bar::Within(0.1) });
    }
    let mut alias = |module: &'static str, which: &str, subject: &Subject, ratio: f64, sync: bool| {
        let what = format!("aliases of 1.25, 2 and 5 kHz, {which}");
        let value = aliases_db(subject, ratio, sync, Against::Fundamental);
        figures.push(Figure { module, what, value, unit: "dB", bar: Bar::Under(-90.0) });
    };
    for (shape, number) in &shapes[1..] {
        alias("osc.analog", shape, &analog.with(&[("shape", *number)]), 1.0, false);
    }
    alias("osc.analog", "saw in hard sync", &analog, 1.0, true);
    for table in ["saw to square", "FM bass", "vowels"] {
        let mut subject = Subject::of("osc.wavetable").with(&[("position", 0.6)]);
        subject.data =
            vec![patchlight_modules::factory_wavetable(table).map_or(patchlight_engine::Data::None, patchlight_engine::Data::Wavetable)];
        alias("osc.wavetable", &format!("table {table}"), &subject, 1.0, false);
    }
    alias("osc.supersaw", "middle saw", &Subject::of("osc.supersaw").with(&[("mix", 0.0)]), 1.0, false);
    alias("osc.sub", "square", &Subject::of("osc.sub"), 0.5, false);
    alias("osc.additive", "64 partials", &Subject::of("osc.additive").with(&[("partials", 64.0)]), 1.0, false);
    for (warp, number) in [("bend", 1.0), ("squeeze", 3.0), ("sync", 4.0), ("formant", 5.0)] {
        let saw = Subject::of("osc.wavetable").with(&[("position", 0.66), ("warp", number), ("warp_amount", 0.3)]);
        let value = aliases_db(&saw, 1.0, false, Against::All);
        let what = format!("aliases of 1.25, 2 and 5 kHz against all that sounds, saw in {warp} warp");
        figures.push(Figure { module: "osc.wavetable", what, value, unit: "dB", bar: Bar::Under(-90.0) });
    }
    figures
}
