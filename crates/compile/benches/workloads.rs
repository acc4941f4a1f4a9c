//! The peers' workloads as patches: what each demands is in the README of the peers' kit. Written to `patches/bench` by `cargo xtask bench-patches`.

use patchlight_core::ParamKind;
use patchlight_modules::find;
use patchlight_patch::{Cable, Edit, Module, Patch};

#[path = "workloads/mixed.rs"]
pub mod mixed;

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

    fn into_patch(self) -> Patch {
        self.patch
    }

    fn wire(&mut self, cable: &str, amount: f32) {
        let id = cable.parse().expect("a cable");
        self.patch.apply(Edit::connect(id, Cable::with_amount(amount))).expect("both ends are there");
    }
}

/// The value of a choice, by its label.
fn choice(kind: &str, param: &str, label: &str) -> f32 {
    let spec = find(kind).expect("a module").spec;
    let param = spec.params.iter().find(|known| known.id == param).expect("a parameter");
    let ParamKind::Choice(labels) = param.kind else { panic!("`{}` is no choice", param.id) };
    labels.iter().position(|known| *known == label).expect("a label") as f32
}

/// A gate of a period, high for the first 60 % of it.
fn gate(period_secs: f32) -> [(&'static str, f32); 4] {
    [("shape", choice("mod.lfo", "shape", "square")), ("rate_hz", 1.0 / period_secs), ("pulse_width", 0.6), ("unipolar", 1.0)]
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
        maker.add(&id("gate"), "mod.lfo", &gate(1.0 + 0.1 * voice as f32));
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
    maker.into_patch()
}

/// Sixty-four pairs of sines, one modulating the other's frequency.
#[must_use]
pub fn w2() -> Patch {
    let mut maker = Maker::new("W2", "Peer workload: linear FM, mono");
    for voice in 0..64_i32 {
        let carrier_hz = 80.0 + 17.0 * f64::from(voice);
        let modulator_hz = carrier_hz * (0.5 + 0.25 * f64::from(voice % 9));
        let deviation_hz = modulator_hz * (1.0 + 0.05 * f64::from(voice));
        let sine = |hz: f64| [("shape", choice("osc.analog", "shape", "sine")), ("pitch_semitones", semitones(hz))];
        maker.add(&format!("modulator_{voice}"), "osc.analog", &sine(modulator_hz));
        let depth = (deviation_hz / 1_000.0) as f32 / OSC_LEVEL;
        // The knob ends at 16: the cable does the rest.
        let fm = [("fm_scale", 1.0), ("fm_depth", depth.min(16.0))];
        maker.add(&format!("carrier_{voice}"), "osc.analog", &[&sine(carrier_hz)[..], &fm].concat());
        maker.wire(&format!("modulator_{voice}.out -> carrier_{voice}.fm"), (depth / 16.0).max(1.0));
        maker.wire(&format!("carrier_{voice}.out -> out.in"), 1.0 / 64.0 / OSC_LEVEL);
    }
    maker.into_patch()
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
        maker.add(
            &format!("band_{band}"),
            "filter.svf",
            &[("cutoff_hz", cutoff_hz), ("resonance", resonance), ("mode", choice("filter.svf", "mode", "band"))],
        );
        maker.wire(&format!("noise.out -> band_{band}.in"), 1.0);
        maker.wire(&format!("band_{band}.out -> out.in"), 0.125 / NOISE_LEVEL);
    }
    maker.into_patch()
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
        let sine = [("shape", choice("osc.analog", "shape", "sine")), ("pitch_semitones", semitones(1.5 * base_hz)), ("fm_depth", 0.02)];
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
    maker.into_patch()
}

/// One effect chain: chorus, feedback delay, Freeverb, a compressor with a key, a limiter; stereo.
#[must_use]
pub fn w5() -> Patch {
    let mut maker = Maker::new("W5", "Peer workload: effect chain, stereo");
    for (side, hz, position) in [("left", 110.0, -1.0), ("right", 110.7, 1.0)] {
        maker.add(&format!("saw_{side}"), "osc.analog", &[("pitch_semitones", semitones(hz))]);
        maker.add(&format!("pan_{side}"), "amp.pan", &[("position", position)]);
        maker.wire(&format!("saw_{side}.out -> pan_{side}.in"), 0.3 / OSC_LEVEL);
    }
    // At two thirds the dry sound is as loud as each of four copies, which are scaled by one half: one third. Taps at 17.5, 35, 52.5, 70 ms.
    let chorus = [
        ("voices", 4.0),
        ("rate_hz", 0.5),
        ("drift_hz", 0.02),
        ("depth_secs", 0.002_5),
        ("delay_secs", 0.017_5),
        ("spacing_secs", 0.017_5),
        ("mix", 2.0 / 3.0),
    ];
    maker.add("chorus", "fx.chorus", &chorus);
    // The taps as loud as they are fed back: what is heard is what is on the line.
    let mut taps = vec![("taps", 4.0), ("mix", 0.5)];
    for (time, secs, level, pan, feedback) in [
        ("time_1_secs", 0.11, "level_1", "pan_1", "feedback_1"),
        ("time_2_secs", 0.23, "level_2", "pan_2", "feedback_2"),
        ("time_3_secs", 0.37, "level_3", "pan_3", "feedback_3"),
        ("time_4_secs", 0.5, "level_4", "pan_4", "feedback_4"),
    ] {
        taps.extend([(time, secs), (level, 0.15), (pan, 0.0), (feedback, 0.15)]);
    }
    maker.add("delay", "fx.multitap", &taps);
    // 0.84 of feedback in combs of 30.6 ms on average; 0.2 of a tail that enters at 0.015, where the room's enters at 0.036.
    maker.add("room", "fx.reverb_room", &[("decay_secs", 1.21), ("damping", 0.5), ("mix", 0.1 * 0.015 / 0.036)]);
    maker.add("key_sine", "osc.analog", &[("shape", choice("osc.analog", "shape", "sine")), ("pitch_semitones", semitones(55.0))]);
    maker.add("key_gate", "mod.lfo", &gate(0.5));
    maker.add("key", "math.multiply", &[("gain", 1.0 / OSC_LEVEL)]);
    let ducker = [("threshold_db", -20.0), ("ratio", 4.0), ("attack_secs", 0.005), ("release_secs", 0.1), ("knee_db", 0.0)];
    maker.add("compressor", "dyn.compressor", &ducker);
    maker.add("limiter", "dyn.limiter", &[("ceiling_db", -0.445_5)]);
    for (cable, amount) in [
        ("pan_left.out -> chorus.in", 1.0),
        ("pan_right.out -> chorus.in", 1.0),
        ("chorus.out -> delay.in", 0.6),
        ("delay.out -> room.in", 1.0),
        ("room.out -> compressor.in", 1.0),
        ("key_sine.out -> key.a", 1.0),
        ("key_gate.out -> key.b", 1.0),
        ("key.out -> compressor.key", 1.0),
        ("compressor.out -> limiter.in", 1.0),
        ("limiter.out -> out.in", 1.0),
    ] {
        maker.wire(cable, amount);
    }
    maker.into_patch()
}

/// Sixty-four players of one stereo sample, each at its own speed and with its own envelope.
#[must_use]
pub fn w6() -> Patch {
    let mut maker = Maker::new("W6", "Peer workload: sampler, stereo");
    maker.add("transport", "clock.transport", &[]);
    for voice in 0..64 {
        let number = voice as f32;
        let id = |name: &str| format!("{name}_{voice}");
        let mut player = Module::new("sample.player", [0.0, 340.0 * (1.0 + number)]).with_data("sample", "W6.wav");
        let (mode, quality) = (choice("sample.player", "mode", "loop"), choice("sample.player", "quality", "cubic"));
        for (param, value) in [("mode", mode), ("speed", 0.5 + 1.5 * number / 63.0), ("crossfade_secs", 0.0), ("quality", quality)] {
            player = player.with_param(param, value);
        }
        maker.insert(&id("player"), player);
        maker.add(&id("gate"), "mod.lfo", &gate(0.7 + 0.02 * number));
        let times = [("attack_secs", 0.01), ("decay_secs", 0.1), ("sustain", 0.7), ("release_secs", 0.1), ("curve", 0.01)];
        maker.add(&id("env"), "env.adsr", &times);
        maker.add(&id("vca"), "amp.vca", &[]);
        for (cable, amount) in [
            (format!("transport.run -> player_{voice}.trig"), 1.0),
            (format!("gate_{voice}.out -> env_{voice}.gate"), 1.0),
            (format!("player_{voice}.out -> vca_{voice}.in"), 1.0),
            (format!("env_{voice}.out -> vca_{voice}.level"), 1.0),
            (format!("vca_{voice}.out -> out.in"), 1.0 / 16.0),
        ] {
            maker.wire(&cable, amount);
        }
    }
    maker.into_patch()
}

/// The sample of [`w6`], left and right: two seconds at 48 kHz.
#[must_use]
pub fn sample() -> [Vec<f32>; 2] {
    let wave = |a: f64, b: f64| -> Vec<f32> {
        let sine = |t: f64, hz: f64| (std::f64::consts::TAU * hz * t).sin();
        let at = |n: u32| f64::from(n) / 48_000.0;
        (0..96_000).map(|n| (0.5 * (-1.5 * at(n)).exp() * (sine(at(n), a) + 0.5 * sine(at(n), b))) as f32).collect()
    };
    [wave(220.0, 663.0), wave(221.0, 441.0)]
}

/// All of them, with the level that each must have: RMS of left and right together, and by what share it may differ.
#[must_use]
pub fn workloads() -> Vec<(&'static str, Patch, std::ops::Range<f64>)> {
    vec![
        ("W1", w1(), 0.04..0.14),
        ("W2", w2(), 0.08..0.09),
        ("W3", w3(), 0.36..0.40),
        ("W4", w4(), 0.046..0.056),
        ("W5", w5(), 0.025..0.06),
        ("W6", w6(), 0.049_5..0.051),
        ("W7", mixed::seventh("W7"), 0.01..0.1),
    ]
}
