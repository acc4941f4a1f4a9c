//! The panels' host: shows the studio to egui and collects what is asked for.

use super::bridge::{Master, leading_transport};
use super::factory::{self, Factory};
use super::folders;
use super::keyboard::{Held, NoteKeys};
use super::learn::Learning;
use super::pictures::{Pages, Pictures};
use super::presets;
use super::saved_modules;
use super::scene::{picked, with_scene};
use super::session::Session;
use super::settings::{self, Settings};
use super::{Output, engine_link::EngineLink};
use bevy::a11y::AccessibilityRequested;
use bevy::prelude::{NonSendMut, Rect, Res, ResMut, Vec2};
use bevy_egui::EguiContexts;
use patchlight_canvas::paint::CanvasView;
use patchlight_canvas::{Comfort, Document, Hand, Selection, Signals};
use patchlight_core::{Library, ModuleId};
use patchlight_operators::{Action, Actions, KeyMap, Question, Show};
use patchlight_panels::{
    EngineView, FactoryPatch, FileDialog, MasterView, MessageView, ModuleLevels, Panels, PortLevel, Prompt, SavedModule, SelectionView,
    StudioView, TransportView, UserPreset, access_ui, root_ui, studio_ui, theme,
};
use patchlight_patch::Severity;
use std::path::PathBuf;

/// Everything of the studio that is neither patch nor world.
pub struct Studio {
    pub session: Session,
    pub panels: Panels,
    /// To be carried out.
    pub asked: Vec<Action>,
    pub notes: NoteKeys,
    pub learning: Learning,
    pub master: Master,
    /// Clipped samples when the clip light was last reset.
    pub clip_base: f32,
    /// Where a module goes that is chosen in the search.
    pub search_at: Option<Vec2>,
    pub factory: Vec<Factory>,
    pub patches_folder: PathBuf,
    /// Dialogs that are shown when the panels are drawn next.
    pub to_show: Vec<Show>,
    pub space_is_free: bool,
    pub held: Held,
    pub keymap: KeyMap,
    pub settings: Settings,
    settings_folder: PathBuf,
    /// Modules of the user's own.
    pub saved: Vec<SavedModule>,
    pub modules_folder: PathBuf,
    /// What was copied last, where the system keeps no clipboard.
    pub copied: String,
    pub signals_revision: u64,
    pub pictures: Pictures,
    pub user_presets: Vec<UserPreset>,
    pub pages: Pages,
    pub presets_folder: PathBuf,
    /// A picture is drawn: that nothing is heard goes without saying.
    pub is_picture: bool,
    devices: Vec<String>,
    /// The look that the panels were given last.
    shown_look: Option<theme::Look>,
}

impl Studio {
    #[must_use]
    pub fn new(session: Session) -> Self {
        let (patches_folder, presets_folder) = (factory::folder(), folders::data("presets"));
        let (modules_folder, settings_folder) = (folders::data("modules"), folders::settings());
        let (own_settings, keymap, wrong) = settings::load(&settings_folder);
        let mut session = session;
        wrong.into_iter().for_each(|wrong| session.complain(wrong));
        Self {
            session,
            panels: Panels::default(),
            asked: Vec::new(),
            notes: NoteKeys::default(),
            learning: Learning::default(),
            master: Master::default(),
            clip_base: 0.0,
            search_at: None,
            factory: factory::list(&patches_folder),
            patches_folder,
            to_show: Vec::new(),
            space_is_free: false,
            held: Held::default(),
            keymap,
            settings: own_settings,
            settings_folder,
            saved: saved_modules::list(&modules_folder),
            modules_folder,
            copied: String::new(),
            signals_revision: 0,
            pictures: Pictures::default(),
            user_presets: presets::list(&presets_folder),
            presets_folder,
            pages: Pages::default(),
            is_picture: false,
            devices: Vec::new(),
            shown_look: None,
        }
    }

    /// Names of devices for the menu.
    #[must_use]
    pub fn with_devices(mut self, devices: Vec<String>) -> Self {
        self.devices = devices;
        self
    }

    /// Asks for a line of text, when the panels are drawn next.
    pub fn ask(&mut self, question: Question) {
        self.to_show.push(Show::Ask(question));
    }

    /// Settings and keys as they are now, for the next time.
    pub fn keep_settings(&mut self) {
        if let Err(error) = settings::save(&self.settings_folder, &self.settings, &self.keymap) {
            self.session.complain(error);
        }
    }

    /// Takes a message off the list.
    pub fn dismiss(&mut self, index: usize) {
        let first_notice = self.session.diagnostics.len();
        if index >= first_notice && index - first_notice < self.session.notices.len() {
            let newest_first = self.session.notices.len() - 1 - (index - first_notice);
            self.session.notices.remove(newest_first);
        }
    }
}

fn db(linear: f32) -> f32 {
    if linear > 1e-6 { 20.0 * linear.log10() } else { -120.0 }
}

/// Draws the panels, and leaves the rest of the window to the canvas.
pub fn show_panels(
    mut contexts: EguiContexts,
    mut studio: NonSendMut<Studio>,
    document: Res<Document>,
    selection: Res<Selection>,
    signals: Res<Signals>,
    mut view: ResMut<CanvasView>,
    (hand, comfort, listens): (Res<Hand>, Res<Comfort>, Option<Res<AccessibilityRequested>>),
) {
    let Ok(context) = contexts.ctx_mut() else { return };
    let studio = &mut *studio;
    if studio.shown_look != Some(studio.settings.look) {
        let is_first = studio.shown_look.is_none();
        theme::apply(context, studio.settings.look);
        studio.shown_look = Some(studio.settings.look);
        // Fonts are there from the next frame on.
        if is_first {
            return;
        }
    }
    let context = context.clone();
    let Studio {
        session,
        panels,
        master,
        clip_base,
        factory,
        patches_folder,
        devices,
        to_show,
        keymap,
        settings,
        saved,
        is_picture,
        user_presets,
        pages,
        ..
    } = studio;
    let selected = SelectionView { modules: selection.modules.clone(), cable: selection.cable.clone() };
    let leads = leading_transport(&document);
    let telemetry = session.engine.telemetry().clone();
    let messages = messages(session);
    let factory: Vec<FactoryPatch<'_>> =
        factory.iter().map(|patch| FactoryPatch { id: &patch.id, name: &patch.name, about: &patch.about }).collect();
    let studio_view = StudioView {
        patch: &document.patch,
        library: &document.library,
        history: &session.history,
        selection: &selected,
        patch_path: session.path.as_deref(),
        dirty: session.history.is_dirty(),
        transport: TransportView {
            playing: telemetry.is_playing(),
            tempo_bpm: telemetry.tempo_bpm(),
            beat: telemetry.beat(),
            leads: leads.as_ref(),
        },
        engine: engine_view(&session.engine, devices, &signals, *is_picture),
        master: MasterView {
            peak_db: master.peak.map(db),
            rms_db: master.rms.map(db),
            clipped_frames: (master.clipped - *clip_base).max(0.0) as u64,
        },
        messages: &messages,
        levels: &|id| levels(&signals, &document.library, &document, id),
        factory: &factory,
        patches_folder,
        page: &|kind| pages.of(kind),
        user_presets,
        saved,
        keymap,
        level: document.level.as_ref(),
        touch: comfort.touch,
        hears: settings.preview,
    };
    for show in to_show.drain(..) {
        match show {
            Show::SaveAs => panels.file_dialog = Some(FileDialog::save_as(&studio_view)),
            Show::Open => panels.file_dialog = Some(FileDialog::open(&studio_view)),
            Show::Ask(question) => panels.prompt = Some(Prompt::new(question, &studio_view)),
            Show::Search | Show::Swap(_) | Show::Palette | Show::Page(_) => {}
        }
    }
    let shown = studio_ui(&mut root_ui(&context), &studio_view, panels);
    let mut actions = Actions(shown.actions);
    // Thousands of names, that only a screen reader asks for.
    if listens.is_some_and(|listens| listens.get()) {
        with_scene(&document, &picked(&selection), &view, hand.pointer, &String::new, |scene| {
            access_ui(&mut root_ui(&context), &studio_view, scene, &mut actions);
        });
    }
    studio.asked.extend(actions.0);
    let free = Rect::new(shown.canvas.min.x, shown.canvas.min.y, shown.canvas.max.x, shown.canvas.max.y);
    if view.fills_target || view.viewport != free {
        view.fills_target = false;
        view.viewport = free;
    }
}

fn engine_view<'a>(engine: &'a EngineLink, devices: &'a [String], signals: &Signals, is_picture: bool) -> EngineView<'a> {
    let (device_name, buffer_frames, silent_why) = match engine.output() {
        Output::Starting => ("", 0, None),
        Output::Playing { name, buffer_frames } => (name.as_str(), *buffer_frames, None),
        Output::Silent { .. } if is_picture => ("", 256, None),
        Output::Silent { why } => ("", 0, Some(why.as_str())),
    };
    EngineView {
        load: engine.telemetry().load(),
        sample_rate_hz: engine.sample_rate_hz(),
        buffer_frames,
        xruns: engine.telemetry().xruns(),
        voices: signals.modules.values().map(|module| module.voices as u32).max().unwrap_or(0),
        device_name,
        devices,
        silent_why,
    }
}

/// Diagnostics first, then notices, the newest first.
fn messages(session: &Session) -> Vec<MessageView<'_>> {
    let diagnostics = session.diagnostics.iter().map(|diagnostic| MessageView {
        severity: diagnostic.severity,
        text: &diagnostic.message,
        help: &diagnostic.help,
        module: diagnostic.module.as_ref(),
        cable: diagnostic.cable.as_ref(),
        count: 1,
        age_secs: None,
    });
    let notices = session.notices.iter().rev().map(|notice| MessageView {
        severity: if notice.is_error { Severity::Error } else { Severity::Note },
        text: &notice.text,
        help: "",
        module: None,
        cable: None,
        count: 1,
        age_secs: Some(notice.at.elapsed().as_secs_f32()),
    });
    diagnostics.chain(notices).collect()
}

fn levels(signals: &Signals, library: &Library, document: &Document, id: &ModuleId) -> Option<ModuleLevels> {
    let module = signals.modules.get(id)?;
    let spec = library.get(&document.patch.module(id.as_str())?.kind)?;
    let outputs = spec.outputs.iter().zip(&module.outputs);
    Some(ModuleLevels {
        outputs: outputs
            .map(|(port, output)| PortLevel { port: port.id.to_owned(), peak_db: db(output.peak), last: output.last })
            .collect(),
        face: module.face,
        voices: module.voices as u32,
        channels: module.channels as u32,
        share: module.share,
        faulty: module.fault,
    })
}
