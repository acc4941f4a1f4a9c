//! A patch that plays without a device: edited between blocks, listened to as samples.

use patchlight_compile::{Compiler, NoSamples, StreamSpec};
use patchlight_engine::{Controller, EngineConfig, EventKind, Message, Renderer, engine};
use patchlight_patch::{Cable, Edit, Module, Patch};

/// Hz.
pub const RATE: f64 = 48_000.0;

/// Patch, compiler and both sides of an engine on one thread.
pub struct Rig {
    pub patch: Patch,
    pub compiler: Compiler,
    pub controller: Controller,
    pub renderer: Renderer,
}

impl Rig {
    /// An engine as the studio makes it (everything runs, heard or not), with an empty patch.
    pub fn new() -> Self {
        Self::with(EngineConfig::new(RATE as f32))
    }

    pub fn with(config: EngineConfig) -> Self {
        let (controller, renderer) = engine(config);
        let compiler = Compiler::new(StreamSpec::live(config.sample_rate_hz), config);
        Self { patch: Patch::default(), compiler, controller, renderer }
    }

    /// With these modules (`id`, module) and cables (`a.out -> b.in`, amount), compiled.
    pub fn playing(modules: Vec<(&str, Module)>, cables: &[(&str, f32)]) -> Self {
        let mut rig = Self::new();
        for (id, module) in modules {
            rig.patch.apply(Edit::add(id, module)).unwrap();
        }
        for (cable, amount) in cables {
            rig.patch.apply(connect(cable, *amount)).unwrap();
        }
        rig.sync();
        rig
    }

    pub fn edit(&mut self, edit: Edit) {
        self.patch.apply(edit).unwrap();
        self.sync();
    }

    /// Brings the engine to where the patch is.
    pub fn sync(&mut self) {
        let update = self.compiler.update(&self.patch, &NoSamples);
        update.messages.into_iter().for_each(|message| self.controller.send(message));
    }

    pub fn note(&mut self, kind: EventKind) {
        self.controller.send(Message::Event { frame: 0, kind });
    }

    /// Takes out what has faded, sends what waits, drops what came home.
    pub fn pump(&mut self) {
        if let Some(message) = self.compiler.sweep(self.controller.telemetry()) {
            self.controller.send(message);
        }
        self.controller.pump();
    }

    /// Renders, with nothing at the input; the left channel.
    pub fn render(&mut self, frames: usize) -> Vec<f32> {
        self.render_with(&vec![0.0; frames])
    }

    /// Renders as many frames as come in; the left channel.
    pub fn render_with(&mut self, input: &[f32]) -> Vec<f32> {
        let (mut left, mut right) = (vec![0.0; input.len()], vec![0.0; input.len()]);
        for start in (0..input.len()).step_by(256) {
            let range = start..(start + 256).min(input.len());
            self.pump();
            let heard = &input[range.clone()];
            assert_no_alloc::assert_no_alloc(|| {
                self.renderer.render(Some([heard, heard]), [&mut left[range.clone()], &mut right[range]]);
            });
        }
        left
    }
}

/// The frame at which an impulse that comes in at frame 0 is heard through the shortest patch: what Audio Out and the device's
/// input take by themselves.
pub fn latency_frames() -> usize {
    let mut rig = Rig::playing(vec![("mic", module("io.audio_in")), ("out", plain_out())], &[("mic.out -> out.in", 1.0)]);
    rig.render(4_800);
    let mut impulse = vec![0.0; 1_024];
    impulse[0] = 1.0;
    let heard = rig.render_with(&impulse);
    heard.iter().position(|x| *x != 0.0).expect("the impulse is heard")
}

pub fn connect(cable: &str, amount: f32) -> Edit {
    Edit::connect(cable.parse().unwrap(), Cable::with_amount(amount))
}

pub fn module(kind: &str) -> Module {
    Module::new(kind, [0.0, 0.0])
}

/// A sine of the analogue oscillator, so many semitones from C4.
pub fn sine(semitones: f32) -> Module {
    module("osc.analog").with_param("shape", 0.0).with_param("pitch_semitones", semitones)
}

/// An Audio Out that passes on what it gets.
pub fn plain_out() -> Module {
    module("io.audio_out").with_param("limiter", 0.0)
}
