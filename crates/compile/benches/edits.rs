//! What an edit costs: compiled, and taken over by the audio side, in patches of a hundred to ten thousand modules.
//!
//! `cargo bench -p patchlight-compile`.

use divan::{Bencher, black_box};
use patchlight_compile::{Compiler, NoSamples, StreamSpec};
use patchlight_engine::{Controller, EngineConfig, Message, Renderer, engine};
use patchlight_patch::{Cable, CableId, Edit, Module, Patch};

fn main() {
    divan::main();
}

/// Chains of six modules each, into one output: an oscillator that an LFO bends, a filter that another opens, an amplifier.
fn patch(modules: usize) -> Patch {
    let mut patch = Patch::default();
    let mut add = |id: String, module: Module| patch.apply(Edit::add(id.as_str(), module)).expect("the id is new");
    add("out".to_owned(), Module::new("io.audio_out", [0.0, 0.0]));
    let chains = modules / 6;
    for chain in 0..chains {
        let rate = 0.1 + chain as f32 * 0.01;
        add(format!("bend_{chain}"), Module::new("mod.lfo", [0.0, 0.0]).with_param("rate_hz", rate));
        add(format!("osc_{chain}"), Module::new("osc.analog", [0.0, 0.0]).with_param("pitch_semitones", (chain % 48) as f32 - 24.0));
        add(format!("open_{chain}"), Module::new("mod.lfo", [0.0, 0.0]).with_param("rate_hz", rate * 2.0));
        add(format!("filter_{chain}"), Module::new("filter.svf", [0.0, 0.0]));
        add(format!("env_{chain}"), Module::new("env.adsr", [0.0, 0.0]));
        add(format!("vca_{chain}"), Module::new("amp.vca", [0.0, 0.0]));
    }
    let mut wire = |cable: String, amount: f32| {
        patch.apply(Edit::connect(cable.parse().expect("a cable"), Cable::with_amount(amount))).expect("both ends are there");
    };
    for chain in 0..chains {
        wire(format!("bend_{chain}.out -> osc_{chain}.fm"), 0.02);
        wire(format!("osc_{chain}.out -> filter_{chain}.in"), 1.0);
        wire(format!("open_{chain}.out -> filter_{chain}.cutoff_hz"), 1.0);
        wire(format!("filter_{chain}.out -> vca_{chain}.in"), 1.0);
        wire(format!("env_{chain}.out -> vca_{chain}.level"), 1.0);
        wire(format!("vca_{chain}.out -> out.in"), 0.01);
    }
    patch
}

struct Rig {
    patch: Patch,
    compiler: Compiler,
    controller: Controller,
    renderer: Renderer,
    toggle: bool,
}

impl Rig {
    fn new(modules: usize) -> Self {
        let config = EngineConfig::new(48_000.0);
        let (controller, renderer) = engine(config);
        let compiler = Compiler::new(StreamSpec::live(48_000.0), config);
        let mut rig = Self { patch: patch(modules), compiler, controller, renderer, toggle: false };
        rig.compile().into_iter().for_each(|message| rig.controller.send(message));
        rig.render();
        rig
    }

    /// Wires one cable more, or cuts it again.
    fn edit(&mut self) {
        let cable: CableId = "open_0.out -> osc_0.pulse_width".parse().expect("a cable");
        self.toggle = !self.toggle;
        let edit = if self.toggle { Edit::connect(cable, Cable::with_amount(0.1)) } else { Edit::Disconnect { id: cable } };
        self.patch.apply(edit).expect("both ends are there");
    }

    fn compile(&mut self) -> Vec<Message> {
        self.compiler.update(&self.patch, &NoSamples).messages
    }

    fn render(&mut self) {
        let (mut left, mut right) = ([0.0; 64], [0.0; 64]);
        self.controller.pump();
        self.renderer.render(None, [&mut left, &mut right]);
        black_box((left, right));
    }

    /// What has faded goes.
    fn rest(&mut self) {
        for _ in 0..8 {
            self.render();
            if let Some(message) = self.compiler.sweep(self.controller.telemetry()) {
                self.controller.send(message);
            }
        }
        self.render();
    }
}

const SIZES: [usize; 3] = [100, 1_000, 10_000];

/// From an edit of one cable to the messages for the engine.
#[divan::bench(args = SIZES, sample_count = 21, sample_size = 1)]
fn compile_one_cable(bencher: Bencher, modules: usize) {
    let rig = std::cell::RefCell::new(Rig::new(modules));
    bencher
        .with_inputs(|| {
            rig.borrow_mut().rest();
            rig.borrow_mut().edit();
        })
        .bench_local_values(|()| {
            let messages = rig.borrow_mut().compile();
            let mut rig = rig.borrow_mut();
            messages.into_iter().for_each(|message| rig.controller.send(message));
        });
}

/// Pushes everything out of the caches, as whatever else runs between two edits does: else a small patch is measured from the cache, and a
/// large one, whose compilation pushes it out, from memory.
fn cool() {
    let memory = vec![1_u8; 64 << 20];
    black_box(memory.iter().step_by(64).map(|byte| u64::from(*byte)).sum::<u64>());
}

/// What the audio side does when the program arrives, with cold caches: without the block that is rendered after it.
#[divan::bench(args = SIZES, sample_count = 101, sample_size = 1)]
fn take_over_one_cable(bencher: Bencher, modules: usize) {
    let rig = std::cell::RefCell::new(Rig::new(modules));
    bencher
        .with_inputs(|| {
            let mut rig = rig.borrow_mut();
            rig.rest();
            rig.edit();
            let messages = rig.compile();
            messages.into_iter().for_each(|message| rig.controller.send(message));
            cool();
        })
        .bench_local_values(|()| rig.borrow_mut().renderer.take_messages());
}

/// One block of the patch as it stands.
#[divan::bench(args = SIZES, sample_count = 51, sample_size = 1)]
fn render_a_block(bencher: Bencher, modules: usize) {
    let mut rig = Rig::new(modules);
    bencher.bench_local(|| rig.render());
}
