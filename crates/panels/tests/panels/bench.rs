//! A small studio for the tests: a library, an empty and a busy patch, and an app that carries out edits.

use egui::Ui;
use egui_kittest::Harness;
use patchlight_core::{
    Library, ModuleId, ModuleSpec, audio, bpm, choice, control, curve_text, db, gate, hz, integer, module, percent, pitch, ratio,
};
use patchlight_core::{preset, sample_file, scale_text, secs, steps_text, toggle};
use patchlight_operators::{Action, KeyMap};
use patchlight_panels::{
    EngineView, FactoryPatch, FileDialog, MasterView, MessageView, ModuleLevels, PageView, Panels, PortLevel, SavedModule, SelectionView,
    Studio, StudioView, TransportView, root_ui, studio_ui, theme,
};
use patchlight_patch::{Cable, CableId, History, Module, Patch, Severity};
use std::collections::HashMap;
use std::path::PathBuf;

const OUT: ModuleSpec = module("io.out", "Output").about("What is heard.").inputs(&[audio("in", "Sound to hear").stereo()]);
const SAW: ModuleSpec = module("osc.saw", "Saw")
    .about("A bright saw wave.")
    .tags(&["bright", "lead"])
    .inputs(&[pitch("pitch", "Pitch")])
    .params(&[integer("unison", 1..=8, 1).structural().about("Voices of the unison"), db("level_db", -60.0..=6.0, 0.0)])
    .outputs(&[audio("out", "The wave")]);
const LADDER: ModuleSpec = module("filter.ladder", "Ladder")
    .about("Warm low-pass that sings near full resonance.")
    .tags(&["warm"])
    .inputs(&[audio("in", "Signal to filter")])
    .params(&[
        hz("cutoff_hz", 20.0..=20_000.0, 1_000.0).about("Corner frequency"),
        percent("resonance", 0.2),
        choice("slope", &["12 dB", "24 dB"], 1),
        toggle("oversample", false),
        secs("glide_secs", 0.001..=1.0, 0.01).hidden(),
    ])
    .presets(&[preset("Dark bass", "bass warm", "cutoff_hz 200; resonance 50"), preset("Bright", "lead", "cutoff_hz 5k")])
    .outputs(&[audio("out", "Filtered signal")]);
const LFO: ModuleSpec = module("mod.lfo", "LFO")
    .about("Slow waves that move other things.")
    .tags(&["wobble", "vibrato"])
    .params(&[hz("rate_hz", 0.01..=50.0, 1.0)])
    .outputs(&[control("out", "The wave")]);
const STEPS: ModuleSpec = module("seq.steps", "Steps")
    .about("Plays a pattern.")
    .inputs(&[gate("clock", "Next step")])
    .data(&[steps_text("pattern", "C3 . . .", "The pattern")])
    .outputs(&[pitch("pitch", "Pitch of the step"), gate("gate", "On while it plays")]);
const PLAYER: ModuleSpec = module("sample.player", "Player")
    .about("Plays a sound file.")
    .inputs(&[gate("gate", "Starts it")])
    .data(&[sample_file("file", "The sound")])
    .outputs(&[audio("out", "The sound")]);
const COMPRESSOR: ModuleSpec = module("dyn.compressor", "Compressor")
    .about("Turns down what is louder than the threshold.")
    .tags(&["duck", "sidechain"])
    .inputs(&[audio("in", "Sound"), audio("key", "Sound that it listens to")])
    .params(&[db("threshold_db", -60.0..=0.0, -24.0), ratio("ratio", 1.0..=20.0, 4.0)])
    .outputs(&[audio("out", "Sound")]);
const TUNING: ModuleSpec = module("note.tuning", "Tuning")
    .about("Tunes what goes through.")
    .inputs(&[pitch("in", "Pitch")])
    .data(&[scale_text("scale", "A scale")])
    .outputs(&[pitch("out", "Pitch")]);
const MSEG: ModuleSpec = module("env.mseg", "MSEG")
    .about("An envelope that is drawn.")
    .data(&[curve_text("curve", "0,0 0.5,1 1,0", "The curve")])
    .outputs(&[control("out", "The curve")]);
const TRANSPORT: ModuleSpec = module("clock.transport", "Transport")
    .about("The clock of the patch.")
    .params(&[bpm("tempo_bpm", 20.0..=300.0, 120.0)])
    .outputs(&[gate("clock", "Sixteenths")]);

pub const LIBRARY: Library = Library::new(&[&OUT, &SAW, &PLAYER, &LADDER, &LFO, &TRANSPORT, &STEPS, &COMPRESSOR, &TUNING, &MSEG]);

/// The app around the panels.
pub struct App {
    pub patch: Patch,
    pub history: History,
    pub panels: Panels,
    pub selection: SelectionView,
    pub playing: bool,
    pub clipped_frames: u64,
    pub silent_why: Option<&'static str>,
    pub load: f32,
    pub path: Option<PathBuf>,
    pub folder: PathBuf,
    pub messages: Vec<(Severity, &'static str, Option<ModuleId>)>,
    pub levels: HashMap<ModuleId, ModuleLevels>,
    /// Everything that was asked for since the start.
    pub asked: Vec<Action>,
    pub studio: Option<Studio>,
    /// The fonts and the style were set.
    pub themed: bool,
    pub keymap: KeyMap,
    pub level: Option<ModuleId>,
}

impl App {
    pub fn empty() -> Self {
        Self {
            patch: Patch::default(),
            history: History::new(),
            panels: Panels::default(),
            selection: SelectionView::default(),
            playing: false,
            clipped_frames: 0,
            silent_why: None,
            load: 0.06,
            path: None,
            folder: std::env::temp_dir(),
            messages: Vec::new(),
            levels: HashMap::new(),
            asked: Vec::new(),
            studio: None,
            themed: false,
            keymap: KeyMap::default(),
            level: None,
        }
    }

    pub fn busy() -> Self {
        let mut app = Self::empty();
        let patch = &mut app.patch;
        patch.name = "Pumping Bass".to_owned();
        for (id, kind) in [
            ("saw", "osc.saw"),
            ("out", "io.out"),
            ("filter", "filter.ladder"),
            ("lfo", "mod.lfo"),
            ("seq", "seq.steps"),
            ("kick", "sample.player"),
            ("comp", "dyn.compressor"),
            ("clock", "clock.transport"),
            ("odd", "fx.from_the_future"),
        ] {
            patch.modules.insert(ModuleId::from(id), Module::new(kind, [0.0, 0.0]));
        }
        for (id, amount) in [
            ("saw.out -> filter.in", 1.0),
            ("lfo.out -> filter.cutoff_hz", 0.8),
            ("seq.pitch -> saw.pitch", 1.0),
            ("filter.out -> comp.in", 1.0),
            ("kick.out -> comp.key", 0.5),
            ("comp.out -> out.in", 1.0),
            ("clock.clock -> seq.clock", 1.0),
        ] {
            patch.cables.insert(cable(id), Cable::with_amount(amount));
        }
        let set = |patch: &mut Patch, id: &str, field: &str, text: &str| {
            patch.modules[id].data.insert(field.to_owned(), text.to_owned());
        };
        set(patch, "seq", "pattern", "C2 . Eb2! _ G2*2 C3?50 . .");
        set(patch, "kick", "file", "sounds/kick.wav");
        for (id, port, peak_db) in [("saw", "out", -9.6), ("filter", "out", -11.2), ("kick", "out", -2.0), ("comp", "out", -14.8)] {
            let outputs = vec![PortLevel { port: port.to_owned(), peak_db, last: 0.0 }];
            app.levels.insert(ModuleId::from(id), ModuleLevels { outputs, voices: 1, channels: 2, ..ModuleLevels::default() });
        }
        app.messages = vec![
            (Severity::Error, "no module of kind fx.from_the_future", Some(ModuleId::from("odd"))),
            (Severity::Note, "the device is 128 frames late", None),
        ];
        app
    }

    pub fn selecting(mut self, modules: &[&str]) -> Self {
        self.selection.modules = modules.iter().map(|id| ModuleId::from(*id)).collect();
        self
    }

    pub fn selecting_cable(mut self, id: &str) -> Self {
        self.selection.cable = Some(cable(id));
        self
    }

    /// The value of a parameter as it is set in the patch.
    pub fn param(&self, module: &str, param: &str) -> Option<f32> {
        self.patch.modules[module].params.get(param).copied()
    }

    /// Shows the app to a function, as it is.
    pub fn with_view<R>(&self, look: impl FnOnce(&StudioView<'_>) -> R) -> R {
        let clock = ModuleId::from("clock");
        let leads = self.patch.modules.get_key_value(&clock).map(|(id, _)| id);
        let devices = ["Speakers".to_owned(), "Headphones".to_owned()];
        let messages: Vec<MessageView<'_>> = self
            .messages
            .iter()
            .map(|(severity, text, module)| MessageView {
                severity: *severity,
                text,
                help: "Look at it.",
                module: module.as_ref(),
                cable: None,
                count: 2,
                age_secs: Some(12.0),
            })
            .collect();
        look(&StudioView {
            patch: &self.patch,
            library: &LIBRARY,
            history: &self.history,
            selection: &self.selection,
            patch_path: self.path.as_deref(),
            dirty: self.history.is_dirty(),
            transport: TransportView { playing: self.playing, tempo_bpm: 124.0, beat: 33.5, leads },
            engine: EngineView {
                load: self.load,
                sample_rate_hz: 48_000,
                buffer_frames: 128,
                xruns: 0,
                voices: 4,
                device_name: "Speakers",
                devices: &devices,
                silent_why: self.silent_why,
            },
            master: MasterView { peak_db: [-3.1, -4.0], rms_db: [-12.0, -13.0], clipped_frames: self.clipped_frames },
            messages: &messages,
            levels: &|id| self.levels.get(id).cloned(),
            factory: &[FactoryPatch { id: "starter", name: "Starter", about: "One voice, to begin with." }],
            patches_folder: &self.folder,
            page: &|_| {
                Some(PageView {
                    caption: "A picture",
                    lines: vec![vec![[0.0, 0.0], [1.0, 1.0]]],
                    figures: vec![["pitch", "0 cents", "within 1"]],
                })
            },
            user_presets: &[],
            saved: &[SavedModule { name: "My drum".to_owned(), path: PathBuf::from("my_drum.ron") }],
            keymap: &self.keymap,
            level: self.level.as_ref(),
            touch: false,
            hears: true,
        })
    }

    fn frame(&mut self, ui: &Ui) {
        if !std::mem::replace(&mut self.themed, true) {
            // Fonts count from the next frame.
            theme::apply(ui.ctx(), theme::Look::Dark);
            ui.ctx().request_repaint();
            return;
        }
        let mut panels = std::mem::take(&mut self.panels);
        let studio = self.with_view(|view| studio_ui(&mut root_ui(ui.ctx()), view, &mut panels));
        self.panels = panels;
        for action in &studio.actions {
            self.carry_out(action);
        }
        self.asked.extend(studio.actions.iter().cloned());
        self.studio = Some(studio);
    }

    fn carry_out(&mut self, action: &Action) {
        match action.clone() {
            Action::Edit { edit, name, gesture } => {
                self.history.apply(&mut self.patch, name, edit, gesture).expect("the edit fits the patch that was shown");
            }
            // What operators need besides, the app does.
            Action::Run("edit.undo") => {
                self.history.undo(&mut self.patch).expect("the patch is as the history left it");
            }
            Action::Run("edit.redo") => {
                self.history.redo(&mut self.patch).expect("the patch is as the history left it");
            }
            Action::JumpTo(id) => {
                self.history.jump_to(&mut self.patch, id).expect("the patch is as the history left it");
            }
            Action::Run(id @ ("file.open" | "file.save_as")) => {
                let dialog = self.with_view(|view| if id == "file.open" { FileDialog::open(view) } else { FileDialog::save_as(view) });
                self.panels.file_dialog = Some(dialog);
            }
            Action::Run("panel.history") => self.panels.history_open = !self.panels.history_open,
            Action::Run("transport.play") => self.playing = !self.playing,
            Action::ResetClip => self.clipped_frames = 0,
            _ => {}
        }
    }
}

pub fn cable(text: &str) -> CableId {
    text.parse().expect("a cable")
}

/// A window of 1600 × 1000 points, drawn until it rests.
pub fn window(app: App) -> Harness<'static, App> {
    let builder = Harness::builder().with_size([1600.0, 1000.0]).with_max_steps(40).with_step_dt(1.0 / 60.0);
    let mut harness = builder.build_ui_state(|ui, app: &mut App| app.frame(ui), app);
    harness.run();
    harness
}
