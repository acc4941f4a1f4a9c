//! What the panels are shown, borrowed from the app for one frame.

use patchlight_core::{Library, ModuleId};
use patchlight_operators::{KeyMap, operator};
use patchlight_patch::{CableId, GroupId, History, Module, Patch, Severity};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Everything that the panels show.
pub struct StudioView<'a> {
    pub patch: &'a Patch,
    pub library: &'a Library,
    pub history: &'a History,
    pub selection: &'a SelectionView,
    /// Where the patch is saved; `None` for one that never was.
    pub patch_path: Option<&'a Path>,
    /// The patch differs from its file.
    pub dirty: bool,
    pub transport: TransportView<'a>,
    pub engine: EngineView<'a>,
    pub master: MasterView,
    pub messages: &'a [MessageView<'a>],
    /// What a module puts out now; `None` where it is not run.
    pub levels: &'a dyn Fn(&ModuleId) -> Option<ModuleLevels>,
    /// The patches that come with the program.
    pub factory: &'a [FactoryPatch<'a>],
    /// The folder that dialogs begin in where the patch has none.
    pub patches_folder: &'a Path,
    /// What the reference page of a kind shows besides its declaration.
    pub page: &'a dyn Fn(&str) -> Option<PageView>,
    /// Settings that were saved by the user.
    pub user_presets: &'a [UserPreset],
    /// Modules of the user's own.
    pub saved: &'a [SavedModule],
    /// Which key calls what.
    pub keymap: &'a KeyMap,
    /// The group that one looks into.
    pub level: Option<&'a GroupId>,
    /// Targets are to be large enough for fingers.
    pub touch: bool,
    /// The search lets what is chosen be heard.
    pub hears: bool,
}

impl StudioView<'_> {
    /// What an operator does, with its key: `Silences the outputs (M)`.
    #[must_use]
    pub fn says(&self, id: &str) -> String {
        let about = operator(id).map_or("", |operator| operator.about);
        self.with_key(about, id)
    }

    /// Words with the key of an operator behind them.
    #[must_use]
    pub fn with_key(&self, words: &str, id: &str) -> String {
        match self.keymap.key_text(id) {
            key if key.is_empty() => words.to_owned(),
            key => format!("{words} ({key})"),
        }
    }
}

/// What is selected on the canvas.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SelectionView {
    pub modules: BTreeSet<ModuleId>,
    pub cable: Option<CableId>,
}

/// The clock.
#[derive(Clone, Copy, Debug)]
pub struct TransportView<'a> {
    pub playing: bool,
    pub tempo_bpm: f32,
    /// Quarter notes since the start.
    pub beat: f64,
    /// The module whose `tempo_bpm` sets the tempo; `None` where the patch has no transport and the tempo cannot be edited.
    pub leads: Option<&'a ModuleId>,
}

/// The engine and the device it plays on.
#[derive(Clone, Copy, Debug)]
pub struct EngineView<'a> {
    /// Share of the time that a block may take, 0 to 1 (above 1 it is too late).
    pub load: f32,
    pub sample_rate_hz: u32,
    pub buffer_frames: u32,
    /// Blocks that came too late since the start.
    pub xruns: u64,
    pub voices: u32,
    pub device_name: &'a str,
    /// Devices that can be chosen, by name.
    pub devices: &'a [String],
    /// Why nothing is heard, in words; `None` while all is well.
    pub silent_why: Option<&'a str>,
}

/// The state of the device in one colour and one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceLight {
    /// Plays on time.
    Playing,
    /// Plays, but is near its limit.
    Busy,
    /// Nothing is heard.
    Silent,
}

impl EngineView<'_> {
    /// Busy from a load of 80 %.
    #[must_use]
    pub fn light(&self) -> DeviceLight {
        match (self.silent_why, self.load) {
            (Some(_), _) => DeviceLight::Silent,
            (None, load) if load >= 0.8 => DeviceLight::Busy,
            (None, _) => DeviceLight::Playing,
        }
    }
}

/// The level of what leaves the program, left and right.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MasterView {
    pub peak_db: [f32; 2],
    pub rms_db: [f32; 2],
    /// Frames above full scale since the light was last reset.
    pub clipped_frames: u64,
}

/// The level of an output.
#[derive(Clone, Debug, PartialEq)]
pub struct PortLevel {
    /// The id of the output.
    pub port: String,
    pub peak_db: f32,
    /// The newest value: of a pitch in octaves from C4, of a control as it is.
    pub last: f32,
}

/// What a module puts out now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModuleLevels {
    pub outputs: Vec<PortLevel>,
    /// What the module tells of itself (`Face`), such as the gain reduction of a compressor.
    pub face: [f32; 16],
    pub voices: u32,
    pub channels: u32,
    /// The share of the time that there is which it took lately; 0 until it has been measured.
    pub share: f32,
    /// It put out something that is not a number and was silenced.
    pub faulty: bool,
}

/// A line in the list of messages: a diagnostic of the patch, or a note of the program.
#[derive(Clone, Debug)]
pub struct MessageView<'a> {
    pub severity: Severity,
    pub text: &'a str,
    /// What to do next; may be empty.
    pub help: &'a str,
    pub module: Option<&'a ModuleId>,
    pub cable: Option<&'a CableId>,
    /// How many times it came.
    pub count: u32,
    /// How long ago it came last; `None` for what holds as long as the patch is so.
    pub age_secs: Option<f32>,
}

/// What a reference page shows besides the declaration.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PageView {
    /// What is drawn, in words.
    pub caption: &'static str,
    /// Lines over a width of 0 to 1 and a height of 0 (below) to 1, the most important last.
    pub lines: Vec<Vec<[f32; 2]>>,
    /// What was measured: what, the figure, and its bar.
    pub figures: Vec<[&'static str; 3]>,
}

/// Settings of a module that the user saved.
#[derive(Clone, Debug, PartialEq)]
pub struct UserPreset {
    pub name: String,
    pub tags: Vec<String>,
    /// Its kind, parameters and data.
    pub module: Module,
    pub path: PathBuf,
}

/// A module that the user made of others and saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedModule {
    pub name: String,
    pub path: PathBuf,
}

/// A patch that comes with the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FactoryPatch<'a> {
    /// What [`patchlight_operators::Action::OpenFactory`] hands back.
    pub id: &'a str,
    pub name: &'a str,
    pub about: &'a str,
}
