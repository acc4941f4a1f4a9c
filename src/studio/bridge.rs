//! From telemetry to the canvas, and from what the canvas watches to taps.

use super::host::Studio;
use bevy::prelude::{NonSendMut, Res, ResMut};
use patchlight_canvas::{Document, OutputSignal, Signals, Watch};
use patchlight_core::ModuleId;
use patchlight_engine::SCOPE_FRAMES;
use std::collections::HashSet;

/// Frames of a watched signal that the canvas gets.
const SHOWN_FRAMES: usize = 8192;
const _: () = assert!(SHOWN_FRAMES <= SCOPE_FRAMES, "a tap keeps as many");

/// Levels of the master, in linear units.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Master {
    pub peak: [f32; 2],
    pub rms: [f32; 2],
    /// Samples above full scale since the start.
    pub clipped: f32,
}

/// Keeps the engine going.
pub fn tick(mut studio: NonSendMut<Studio>, document: Res<Document>) {
    studio.session.tick(&document.patch);
}

/// Fills [`Signals`] from the engine.
pub fn read_signals(mut studio: NonSendMut<Studio>, watch: Res<Watch>, document: Res<Document>, mut signals: ResMut<Signals>) {
    let studio = &mut *studio;
    let engine = &mut studio.session.engine;
    engine.watch(&watch.outputs);
    signals.sample_rate_hz = engine.sample_rate_hz() as f32;
    if studio.signals_revision != document.revision {
        studio.signals_revision = document.revision;
        signals.modules.retain(|id, _| document.patch.modules.contains_key(id));
        studio.pictures.keep(engine.compiler().running().flat_map(|running| running.data));
        signals.loops = engine.compiler().closing_cables().cloned().collect::<HashSet<_>>();
    }
    let telemetry = engine.telemetry();
    let mut master = Master::default();
    for running in engine.compiler().running() {
        let slot = running.slot as usize;
        let module = match signals.modules.get_mut(running.id) {
            Some(module) => module,
            None => signals.modules.entry(running.id.clone()).or_default(),
        };
        module.face = telemetry.face(slot);
        module.fault = telemetry.is_faulty(slot);
        (module.voices, module.channels, module.latency_frames) = (running.voices, running.channels, running.latency_frames);
        module.share = telemetry.share(slot);
        module.picture = studio.pictures.of(running.data);
        module.outputs.resize_with(running.spec.outputs.len(), OutputSignal::default);
        for (index, output) in module.outputs.iter_mut().enumerate() {
            let meter = telemetry.meter(slot, index);
            (output.peak, output.rms, output.last) = (meter.peak, meter.rms, meter.last);
            match engine.tap_of(running.id, index) {
                Some(tap) => {
                    output.samples.resize(SHOWN_FRAMES, 0.0);
                    telemetry.read_tap(tap, &mut output.samples);
                }
                None => output.samples.clear(),
            }
        }
        if running.spec.id == "io.audio_out" {
            let face = module.face;
            for side in 0..2 {
                master.peak[side] = master.peak[side].max(face[side]);
                master.rms[side] = master.rms[side].max(face[3 + side]);
            }
            master.clipped += face[2];
        }
    }
    studio.master = master;
}

/// The module that leads the clock, if the patch has one.
pub fn leading_transport(document: &Document) -> Option<ModuleId> {
    document.patch.modules.iter().find(|(_, module)| module.kind == "clock.transport").map(|(id, _)| id.clone())
}
