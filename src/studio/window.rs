//! The Bevy app around canvas and panels: in a window, or into a picture.

use super::host::{Studio, show_panels};
use super::rest::{AUDIBLE, Attention, Bell, Pace, say_modifiers_once, watch};
use super::settings::Settings;
use super::{EngineLink, Session, actions, bridge, factory, keyboard, learn};
use bevy::app::{App, PluginGroup, PostUpdate, PreUpdate, Startup, Update};
use bevy::log::LogPlugin;
use bevy::prelude::{
    Commands, DefaultPlugins, DetectChangesMut, IntoScheduleConfigs, MessageReader, NonSendMut, Query, Res, ResMut, UVec2, Window,
    WindowPlugin,
};
use bevy::window::{ExitCondition, PresentMode, WindowCloseRequested, WindowResolution};
use bevy::winit::{EventLoopProxyWrapper, WinitSettings};
use bevy_egui::{EguiPlugin, EguiPreUpdateSet, EguiPrimaryContextPass};
use patchlight_canvas::paint::{
    CanvasView, Fonts, OffscreenTarget, PaintPlugin, Theme, canvas_camera, capture, offscreen_plugins, save_png, settle,
};
use patchlight_canvas::{CableNode, CanvasDrawPlugin, CanvasPlugin, CanvasSystems, Document, Hand, Hit, Selection};
use patchlight_core::ModuleId;
use patchlight_device::{AudioOptions, NULL_DEVICE, list_devices, no_wake};
use patchlight_modules::LIBRARY;
use patchlight_operators::Action;
use patchlight_panels::theme::Look;
use patchlight_patch::{CableId, Patch};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// While something moves: sixty frames a second.
const FRAME: Duration = Duration::from_micros(16_667);

/// What window and picture have in common.
fn add_studio(app: &mut App, studio: Studio, patch: Patch) -> anyhow::Result<()> {
    app.add_plugins((PaintPlugin { fonts: Fonts::load()? }, EguiPlugin::default(), CanvasPlugin, CanvasDrawPlugin))
        .insert_resource(Document::new(patch, LIBRARY))
        .insert_non_send(studio)
        .add_systems(PreUpdate, keyboard::share.after(EguiPreUpdateSet::ProcessInput).before(CanvasSystems::Input))
        .add_systems(
            Update,
            (
                bridge::tick,
                keyboard::read_keys,
                actions::follow_canvas,
                learn::follow_controls,
                actions::carry_out,
                apply_look,
                bridge::read_signals,
            )
                .chain(),
        )
        .add_systems(EguiPrimaryContextPass, show_panels);
    Ok(())
}

/// Opens the window; returns when it is closed.
pub fn open(mut session: Session, path: Option<&Path>, bell: &Bell) -> anyhow::Result<ExitCode> {
    let patch = match path {
        Some(path) => session.open(path, &Patch::default())?,
        None => {
            let patch = factory::starter();
            session.sync(&patch);
            patch
        }
    };
    let devices = list_devices().audio.into_iter().filter(|device| device.output_channels > 0).map(|device| device.name).collect();
    let window = Window {
        title: format!("{} - Patchlight", patch.name),
        name: Some("patchlight".to_owned()),
        resolution: WindowResolution::new(1600, 1000),
        present_mode: PresentMode::AutoVsync,
        ..Window::default()
    };
    let mut app = App::new();
    let log = LogPlugin { filter: "error".to_owned(), ..LogPlugin::default() };
    let plugins = DefaultPlugins
        .set(WindowPlugin { primary_window: Some(window), exit_condition: ExitCondition::OnPrimaryClosed, ..WindowPlugin::default() })
        .set(log);
    app.add_plugins(plugins);
    app.insert_resource(Pace::new(FRAME).settings()).insert_resource(Pace::new(FRAME));
    if let Some(proxy) = app.world().get_resource::<EventLoopProxyWrapper>() {
        bell.hang(proxy);
    }
    let attention = Attention::default();
    watch(session.engine.telemetry(), attention.clone(), bell.wake());
    app.insert_resource(attention);
    add_studio(&mut app, Studio::new(session).with_devices(devices), patch)?;
    app.add_systems(Startup, |mut commands: Commands| {
        commands.spawn(canvas_camera());
    });
    app.add_systems(PreUpdate, say_modifiers_once.after(EguiPreUpdateSet::ProcessInput).before(EguiPreUpdateSet::BeginPass));
    app.add_systems(PostUpdate, (pace, name_window, keep_unsaved));
    Ok(if app.run().is_success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Puts the pointer on a cable, a quarter of its way along.
fn point_at_cable(app: &mut App, cable: Option<&str>) {
    let Some(text) = cable else { return };
    let world = app.world_mut();
    let first = world.resource::<Document>().patch.cables.keys().next().cloned();
    let Some(id) = text.parse::<CableId>().ok().or(first) else { return };
    let curve = world.query::<&CableNode>().iter(world).find(|node| node.id == id).map(|node| node.curve);
    let Some(curve) = curve else { return };
    let pointer = world.resource::<CanvasView>().screen_from_canvas(curve.at(0.25));
    world.resource_mut::<Hand>().pointer = Some(pointer);
    world.resource_mut::<Selection>().hovered = Hit::Cable(id);
}

/// The canvas looks as the panels do, and both are as large as the user wants.
fn apply_look(studio: NonSendMut<Studio>, mut theme: ResMut<Theme>, mut windows: Query<&mut Window>) {
    let wanted = match studio.settings.look {
        Look::Dark => Theme::default(),
        Look::Light => Theme::light(),
        Look::HighContrast => Theme::high_contrast(),
    };
    theme.set_if_neq(wanted);
    if studio.is_picture {
        return;
    }
    for mut window in &mut windows {
        let scale = studio.settings.scale();
        let wanted = (scale != 1.0).then(|| window.resolution.base_scale_factor() * scale);
        if window.resolution.scale_factor_override() != wanted {
            window.resolution.set_scale_factor_override(wanted);
        }
    }
}

/// Draws often while something moves, and rests otherwise.
fn pace(
    (document, selection, attention): (Res<Document>, Res<Selection>, Res<Attention>),
    mut pace: ResMut<Pace>,
    studio: NonSendMut<Studio>,
    mut settings: ResMut<WinitSettings>,
) {
    let engine = &studio.session.engine;
    let is_heard = studio.master.peak.iter().any(|peak| *peak > AUDIBLE);
    let is_watched =
        matches!(selection.hovered, Hit::Cable(_)) || document.patch.modules.values().any(|module| module.kind.starts_with("view."));
    let outs = engine.compiler().running().filter(|running| running.spec.id == "io.audio_out").map(|running| running.slot as usize);
    attention.pay(engine.telemetry().is_playing() || is_heard || is_watched, outs);
    let wanted = pace.next(attention.imprint(engine.telemetry()), Instant::now());
    if settings.focused_mode != wanted.focused_mode {
        *settings = wanted;
    }
}

fn name_window(document: Res<Document>, studio: NonSendMut<Studio>, mut windows: Query<&mut Window>) {
    let mark = if studio.session.history.is_dirty() { "• " } else { "" };
    let title = format!("{mark}{} - Patchlight", document.patch.name);
    for mut window in &mut windows {
        if window.title != title {
            window.title.clone_from(&title);
        }
    }
}

/// A window that closes over unsaved work leaves a copy beside the program's data, so that nothing is lost.
fn keep_unsaved(mut closing: MessageReader<WindowCloseRequested>, studio: NonSendMut<Studio>, document: Res<Document>) {
    if closing.read().count() > 0 && studio.session.history.is_dirty() {
        match studio.session.rescue(&document.patch) {
            Ok(path) => eprintln!("unsaved changes were kept in {}", path.display()),
            Err(error) => eprintln!("unsaved changes could not be kept: {error}"),
        }
    }
}

/// A picture to take.
pub struct Picture<'a> {
    pub patch: Patch,
    pub path: &'a Path,
    pub out: &'a Path,
    /// Width and height in pixels.
    pub size: (u32, u32),
    /// How long the patch plays first.
    pub seconds: f64,
    pub select: Option<&'a str>,
    /// The group that is looked into.
    pub inside: Option<&'a str>,
    /// Operators that are called before.
    pub calls: Vec<&'static str>,
    /// The cable that the pointer is on.
    pub point: Option<&'a str>,
    pub look: Look,
    /// Of the interface; 1 is its usual size.
    pub scale: f32,
}

/// Draws the studio as it looks while the patch plays, without a window.
pub fn picture(picture: &Picture<'_>) -> anyhow::Result<ExitCode> {
    let options = AudioOptions { device: Some(NULL_DEVICE.to_owned()), ..AudioOptions::default() };
    let mut session = Session::new(EngineLink::start(options, no_wake())?);
    session.open(picture.path, &Patch::default())?;
    let mut app = App::new();
    let log = LogPlugin { filter: "error,wgpu_hal=off,naga=off".to_owned(), ..LogPlugin::default() };
    app.add_plugins(offscreen_plugins().set(log));
    let mut studio = Studio::new(session);
    studio.is_picture = true;
    studio.settings = Settings { look: picture.look, ..Settings::default() };
    add_studio(&mut app, studio, picture.patch.clone())?;
    let target = OffscreenTarget::new(app.world_mut(), UVec2::new(picture.size.0, picture.size.1), picture.scale);
    app.world_mut().spawn((canvas_camera(), target.render_target()));
    settle(&mut app)?;
    if let Some(group) = picture.inside {
        app.world_mut().resource_mut::<Document>().enter(Some(ModuleId::new(group)));
        settle(&mut app)?;
    }
    if let Some(module) = picture.select {
        app.world_mut().resource_mut::<Selection>().select_only([ModuleId::new(module)]);
    }
    let calls = picture.calls.iter().map(|id| Action::Run(id));
    app.world_mut().non_send_mut::<Studio>().asked.extend(calls);
    let end = Instant::now() + Duration::from_secs_f64(picture.seconds.clamp(0.0, 600.0));
    while Instant::now() < end {
        point_at_cable(&mut app, picture.point);
        app.update();
        std::thread::sleep(FRAME / 2);
    }
    save_png(&capture(&mut app, &target)?, picture.out)?;
    Ok(ExitCode::SUCCESS)
}
