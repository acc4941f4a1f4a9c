//! The peers' workloads as patches: what each demands is in `benches/README.md`. Written to `patches/bench` by `cargo xtask bench-patches`.

use patchlight_patch::{Cable, Edit, Module, Patch};

/// A patch that is put together.
struct Maker {
    patch: Patch,
    placed: usize,
}

/// Columns of the canvas that a patch fills before the next row.
const COLUMNS: usize = 16;

impl Maker {
    fn new(name: &str, about: &str) -> Self {
        let mut maker = Self { patch: Patch::default(), placed: 0 };
        maker.patch.name = name.to_owned();
        maker.patch.about = about.to_owned();
        // Left and right as they are: no limiter.
        maker.add("out", "io.audio_out", &[("limiter", 0.0)]);
        maker
    }

    fn add(&mut self, id: &str, kind: &str, params: &[(&str, f32)]) {
        let at = [(self.placed % COLUMNS) as f32 * 260.0, (self.placed / COLUMNS) as f32 * 340.0];
        self.placed += 1;
        let module = params.iter().fold(Module::new(kind, at), |module, (param, value)| module.with_param(*param, *value));
        self.insert(id, module);
    }

    fn insert(&mut self, id: &str, module: Module) {
        self.patch.apply(Edit::add(id, module)).expect("the id is new");
    }

    fn wire(&mut self, cable: &str, amount: f32) {
        let id = cable.parse().expect("a cable");
        self.patch.apply(Edit::connect(id, Cable::with_amount(amount))).expect("both ends are there");
    }
}

/// What oscillators and white noise give out at full level; the workloads ask for ±1.
const OSC_LEVEL: f32 = 0.63;
const NOISE_LEVEL: f32 = 0.433_012_7;

/// Semitones from C4.
fn semitones(hz: f64) -> f32 {
    (12.0 * (hz / 261.625_565_300_6).log2()) as f32
}

/// Sixteen voices of seven detuned saws, a ladder that an envelope opens at audio rate, an amplifier and a place in the stereo field.
#[must_use]
pub fn w1() -> Patch {
    const DETUNE_CENTS: [f32; 7] = [-21.0, -13.0, -6.0, 0.0, 5.0, 12.0, 20.0];
    let mut maker = Maker::new("W1", "Peer workload: poly synth, stereo");
    for voice in 0..16 {
        let hz = 55.0 * 2.0_f64.powf(3.0 * f64::from(voice) / 12.0);
        for (saw, cents) in DETUNE_CENTS.into_iter().enumerate() {
            maker.add(&format!("saw_{voice}_{saw}"), "osc.analog", &[("pitch_semitones", semitones(hz)), ("fine_cents", cents)]);
        }
        let id = |name: &str| format!("{name}_{voice}");
        let gate = [("shape", 3.0), ("rate_hz", 1.0 / (1.0 + 0.1 * voice as f32)), ("pulse_width", 0.6), ("unipolar", 1.0)];
        maker.add(&id("gate"), "mod.lfo", &gate);
        let times = [("attack_secs", 0.02), ("decay_secs", 0.4), ("sustain", 0.5), ("release_secs", 0.3), ("curve", 0.01)];
        maker.add(&id("env"), "env.adsr", &times);
        // 4.2 of the feedback is full resonance: 1.2 where 4 oscillates.
        maker.add(&id("ladder"), "filter.ladder", &[("cutoff_hz", 300.0), ("resonance", 1.2 / 4.2), ("bass", 0.0)]);
        maker.add(&id("vca"), "amp.vca", &[("gain_db", -6.020_6)]);
        maker.add(&id("pan"), "amp.pan", &[("position", 2.0 * voice as f32 / 15.0 - 1.0)]);
        for saw in 0..DETUNE_CENTS.len() {
            maker.wire(&format!("saw_{voice}_{saw}.out -> ladder_{voice}.in"), 1.0 / 7.0 / OSC_LEVEL);
        }
        maker.wire(&format!("gate_{voice}.out -> env_{voice}.gate"), 1.0);
        maker.wire(&format!("env_{voice}.out -> ladder_{voice}.fm"), 3.0);
        maker.wire(&format!("ladder_{voice}.out -> vca_{voice}.in"), 1.0);
        maker.wire(&format!("env_{voice}.out -> vca_{voice}.level"), 1.0);
        maker.wire(&format!("vca_{voice}.out -> pan_{voice}.in"), 1.0);
        maker.wire(&format!("pan_{voice}.out -> out.in"), 1.0);
    }
    maker.patch
}

/// Sixty-four pairs of sines, one modulating the other's frequency.
#[must_use]
pub fn w2() -> Patch {
    let mut maker = Maker::new("W2", "Peer workload: linear FM, mono");
    for voice in 0..64_i32 {
        let carrier_hz = 80.0 + 17.0 * f64::from(voice);
        let modulator_hz = carrier_hz * (0.5 + 0.25 * f64::from(voice % 9));
        let deviation_hz = modulator_hz * (1.0 + 0.05 * f64::from(voice));
        let sine = |hz: f64| [("shape", 0.0), ("pitch_semitones", semitones(hz))];
        maker.add(&format!("modulator_{voice}"), "osc.analog", &sine(modulator_hz));
        let depth = (deviation_hz / 1_000.0) as f32 / OSC_LEVEL;
        // The knob ends at 16: the cable does the rest.
        let fm = [("fm_scale", 1.0), ("fm_depth", depth.min(16.0))];
        maker.add(&format!("carrier_{voice}"), "osc.analog", &[&sine(carrier_hz)[..], &fm].concat());
        maker.wire(&format!("modulator_{voice}.out -> carrier_{voice}.fm"), (depth / 16.0).max(1.0));
        maker.wire(&format!("carrier_{voice}.out -> out.in"), 1.0 / 64.0 / OSC_LEVEL);
    }
    maker.patch
}

/// White noise into 256 band-passes beside each other.
#[must_use]
pub fn w3() -> Patch {
    let mut maker = Maker::new("W3", "Peer workload: filter bank, mono");
    maker.add("noise", "osc.noise", &[]);
    for band in 0..256 {
        let cutoff_hz = 50.0 * 240.0_f32.powf(band as f32 / 255.0);
        // k = √2·(1 − resonance) is 1/Q.
        let resonance = 1.0 - 0.1 / std::f32::consts::SQRT_2;
        maker.add(&format!("band_{band}"), "filter.svf", &[("cutoff_hz", cutoff_hz), ("resonance", resonance), ("mode", 2.0)]);
        maker.wire(&format!("noise.out -> band_{band}.in"), 1.0);
        maker.wire(&format!("band_{band}.out -> out.in"), 0.125 / NOISE_LEVEL);
    }
    maker.patch
}

/// Twenty chains of a saw, a filter that moves at audio rate, a ring modulator, a one-pole and a tremolo.
#[must_use]
pub fn w4() -> Patch {
    let mut maker = Maker::new("W4", "Peer workload: modulated mono chains");
    for chain in 0..20 {
        let base_hz = 60.0 + 23.0 * f64::from(chain);
        let id = |name: &str| format!("{name}_{chain}");
        let number = chain as f32;
        maker.add(&id("lfo"), "mod.lfo", &[("rate_hz", 0.1 + 0.13 * number)]);
        maker.add(&id("saw"), "osc.analog", &[("pitch_semitones", semitones(base_hz)), ("fm_depth", 0.02)]);
        maker.add(&id("sweep"), "mod.lfo", &[("rate_hz", 0.3 + 0.07 * number)]);
        maker.add(&id("filter"), "filter.svf", &[("cutoff_hz", 800.0), ("resonance", 1.0 - 1.0 / std::f32::consts::SQRT_2)]);
        let sine = [("shape", 0.0), ("pitch_semitones", semitones(1.5 * base_hz)), ("fm_depth", 0.02)];
        maker.add(&id("sine"), "osc.analog", &sine);
        maker.add(&id("ring"), "math.multiply", &[]);
        maker.add(&id("tone"), "filter.one_pole", &[("cutoff_hz", 3_000.0)]);
        maker.add(&id("scale"), "math.scale", &[]);
        maker.add(&id("vca"), "amp.vca", &[]);
        for (cable, amount) in [
            (format!("lfo_{chain}.out -> saw_{chain}.fm"), 1.0),
            (format!("saw_{chain}.out -> filter_{chain}.in"), 1.0),
            (format!("sweep_{chain}.out -> filter_{chain}.fm"), 0.6),
            (format!("lfo_{chain}.out -> sine_{chain}.fm"), 1.0),
            (format!("filter_{chain}.out -> ring_{chain}.a"), 1.0),
            (format!("sine_{chain}.out -> ring_{chain}.b"), 1.0),
            (format!("ring_{chain}.out -> tone_{chain}.in"), 1.0),
            (format!("lfo_{chain}.out -> scale_{chain}.in"), 1.0),
            (format!("tone_{chain}.out -> vca_{chain}.in"), 1.0),
            (format!("scale_{chain}.out -> vca_{chain}.level"), 1.0),
            (format!("vca_{chain}.out -> out.in"), 0.05 / OSC_LEVEL / OSC_LEVEL),
        ] {
            maker.wire(&cable, amount);
        }
    }
    maker.patch
}

/// All of them, with the level that each must have: RMS of left and right together, and by what share it may differ.
#[must_use]
pub fn workloads() -> Vec<(&'static str, Patch, std::ops::Range<f64>)> {
    vec![("W1", w1(), 0.04..0.14), ("W2", w2(), 0.08..0.09), ("W3", w3(), 0.36..0.40), ("W4", w4(), 0.046..0.056)]
}
