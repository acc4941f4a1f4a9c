//! A patch inside another Bevy app: the window's light follows what is heard, and the pointer opens the filter.
//!
//! `cargo run --example bevy_app`

use bevy::prelude::{
    App, Camera2d, ClearColor, Color, Commands, CursorMoved, DefaultPlugins, MessageReader, NonSendMut, ResMut, Startup, Update, Window,
    With,
};
use bevy::window::PrimaryWindow;
use patchlight_compile::{Compiler, NoSamples, StreamSpec};
use patchlight_device::{AudioDevice, AudioOptions};
use patchlight_engine::{Controller, EngineConfig, engine};
use patchlight_patch::{Cable, Edit, Module, Patch};

/// A patch that plays: edit it, then call [`Playing::sync`].
struct Playing {
    patch: Patch,
    compiler: Compiler,
    controller: Controller,
    _device: AudioDevice,
}

impl Playing {
    fn start(patch: Patch) -> std::io::Result<Self> {
        let options = AudioOptions::default();
        let rate_hz = AudioDevice::preferred_rate_hz(&options) as f32;
        let config = EngineConfig::new(rate_hz);
        let (controller, renderer) = engine(config);
        let device = AudioDevice::start(renderer, options)?;
        let mut playing = Self { patch, compiler: Compiler::new(StreamSpec::live(rate_hz), config), controller, _device: device };
        playing.sync();
        Ok(playing)
    }

    /// Brings the sound to where the patch is.
    fn sync(&mut self) {
        let update = self.compiler.update(&self.patch, &NoSamples);
        update.messages.into_iter().for_each(|message| self.controller.send(message));
    }
}

/// Two detuned saws through a ladder.
fn drone() -> anyhow::Result<Patch> {
    let mut patch = Patch::default();
    let at = [0.0, 0.0];
    patch.apply(Edit::add("low", Module::new("osc.analog", at).with_param("pitch_semitones", -24.0)))?;
    patch.apply(Edit::add("high", Module::new("osc.analog", at).with_param("pitch_semitones", -16.95)))?;
    patch.apply(Edit::add("filter", Module::new("filter.ladder", at).with_param("resonance", 0.6)))?;
    patch.apply(Edit::add("out", Module::new("io.audio_out", at)))?;
    for (cable, amount) in [("low.out -> filter.in", 0.4), ("high.out -> filter.in", 0.4), ("filter.out -> out.in", 0.5)] {
        patch.apply(Edit::connect(cable.parse()?, Cable::with_amount(amount)))?;
    }
    Ok(patch)
}

/// The further right the pointer, the brighter the sound.
fn open_filter(
    mut moves: MessageReader<CursorMoved>,
    windows: bevy::prelude::Query<&Window, With<PrimaryWindow>>,
    mut playing: NonSendMut<Playing>,
) {
    let (Some(moved), Ok(window)) = (moves.read().last(), windows.single()) else { return };
    let cutoff_hz = 80.0 * 100.0_f32.powf(moved.position.x / window.width().max(1.0));
    if playing.patch.apply(Edit::set_param("filter", "cutoff_hz", cutoff_hz)).is_ok() {
        playing.sync();
    }
}

/// The light follows the level behind the filter.
fn show_level(mut playing: NonSendMut<Playing>, mut clear: ResMut<ClearColor>) {
    let telemetry = playing.controller.telemetry().clone();
    if let Some(message) = playing.compiler.sweep(&telemetry) {
        playing.controller.send(message);
    }
    playing.controller.pump();
    if let Some(slot) = playing.compiler.slot_of("filter") {
        let level = telemetry.meter(slot as usize, 0).rms;
        clear.0 = Color::hsl(30.0, 0.8, (level * 1.5).min(0.7));
    }
}

fn main() -> anyhow::Result<()> {
    let playing = Playing::start(drone()?)?;
    App::new()
        .add_plugins(DefaultPlugins)
        .insert_non_send(playing)
        .insert_resource(ClearColor(Color::BLACK))
        .add_systems(Startup, |mut commands: Commands| {
            commands.spawn(Camera2d);
        })
        .add_systems(Update, (open_filter, show_level))
        .run();
    Ok(())
}
