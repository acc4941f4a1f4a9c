//! The engine as the studio holds it: brings it to where the patch is, and keeps it driven.

use crate::samples::SampleLibrary;
use patchlight_compile::{Compiler, StreamSpec};
use patchlight_core::ModuleId;
use patchlight_device::{AudioDevice, AudioOptions, DeviceEvent, MidiPorts, Wake, render_threads};
use patchlight_engine::{Controller, EngineConfig, EventKind, Message, TAPS, Telemetry, engine};
use patchlight_patch::{Diagnostic, Patch};
use std::path::Path;
use std::sync::Arc;

/// What the sound comes out of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    Starting,
    Playing {
        name: String,
        buffer_frames: u32,
    },
    /// The patch runs unheard.
    Silent {
        why: String,
    },
}

/// Compiler, controller and device.
pub struct EngineLink {
    compiler: Compiler,
    controller: Controller,
    device: AudioDevice,
    options: AudioOptions,
    midi: Option<MidiPorts>,
    samples: SampleLibrary,
    samples_loading: bool,
    wake: Wake,
    sample_rate_hz: u32,
    output: Output,
    /// What each tap records, most wanted first.
    taps: Vec<(ModuleId, usize)>,
    /// Controllers that were moved: channel, number and value from 0 to 1.
    controls: Vec<(u8, u8, f32)>,
    /// Things to tell the person.
    notices: Vec<String>,
}

impl EngineLink {
    /// Opens the device (or the null device, and says so) and starts an empty engine. `wake` is called, from other threads, when there is
    /// something for [`EngineLink::tick`].
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn start(options: AudioOptions, wake: Wake) -> std::io::Result<Self> {
        let sample_rate_hz = AudioDevice::preferred_rate_hz(&options);
        let rate = sample_rate_hz as f32;
        let config = EngineConfig { threads: render_threads(), ..EngineConfig::new(rate) };
        let (controller, renderer) = engine(config);
        let device = AudioDevice::start(renderer, options.clone())?;
        device.wake_with(wake.clone());
        let (midi, notices) = match MidiPorts::open(wake.clone()) {
            Ok(midi) => (Some(midi), Vec::new()),
            Err(why) => (None, vec![format!("no MIDI on this machine ({why}); the computer's keys play notes: F4")]),
        };
        Ok(Self {
            compiler: Compiler::new(StreamSpec::live(rate), config),
            controller,
            device,
            options,
            midi,
            samples: SampleLibrary::beside(Path::new(""), sample_rate_hz).in_background(wake.clone()),
            wake,
            samples_loading: false,
            sample_rate_hz,
            output: Output::Starting,
            taps: Vec::new(),
            controls: Vec::new(),
            notices,
        })
    }

    #[must_use]
    pub fn telemetry(&self) -> &Arc<Telemetry> {
        self.controller.telemetry()
    }

    #[must_use]
    pub fn compiler(&self) -> &Compiler {
        &self.compiler
    }

    #[must_use]
    pub fn output(&self) -> &Output {
        &self.output
    }

    #[must_use]
    pub fn sample_rate_hz(&self) -> u32 {
        self.sample_rate_hz
    }

    /// Takes what there is to tell.
    pub fn take_notices(&mut self) -> Vec<String> {
        std::mem::take(&mut self.notices)
    }

    /// Samples are looked for beside this file from now on.
    pub fn set_patch_path(&mut self, path: &Path) {
        self.samples = SampleLibrary::beside(path, self.sample_rate_hz).in_background(self.wake.clone());
    }

    /// Brings the engine to where the patch is. What is wrong with the patch comes back.
    pub fn sync(&mut self, patch: &Patch) -> Vec<Diagnostic> {
        let input = patch.modules.values().any(|module| module.kind == "io.audio_in");
        if input != self.options.input {
            self.options.input = input;
            self.device.change(self.options.clone());
        }
        let update = self.compiler.update(patch, &self.samples);
        self.samples_loading = self.samples.is_loading();
        update.messages.into_iter().for_each(|message| self.controller.send(message));
        update.diagnostics
    }

    /// To be called for every frame of the window. True when the patch must be synced again because a sample has arrived.
    pub fn tick(&mut self) -> bool {
        for event in self.device.events() {
            match event {
                DeviceEvent::Playing { name, buffer_frames, .. } => self.output = Output::Playing { name, buffer_frames },
                DeviceEvent::Silent { why } => {
                    self.notices.push(format!("the patch runs unheard: {why}"));
                    self.output = Output::Silent { why };
                }
                DeviceEvent::NoInput { why } => self.notices.push(format!("no sound comes in: {why}")),
            }
        }
        for event in self.midi.iter().flat_map(MidiPorts::events) {
            if let EventKind::Control { channel, number, value } = event.kind {
                self.controls.push((channel, number, value));
            }
            self.controller.send(Message::Event { frame: 0, kind: event.kind });
        }
        if let Some(message) = self.compiler.sweep(self.controller.telemetry()) {
            self.controller.send(message);
        }
        self.controller.pump();
        self.samples_loading && !self.samples.is_loading()
    }

    /// Takes the controllers that were moved, oldest first: channel, number and value from 0 to 1.
    pub fn take_controls(&mut self) -> Vec<(u8, u8, f32)> {
        std::mem::take(&mut self.controls)
    }

    /// As if a controller had been moved.
    #[cfg(test)]
    pub fn move_control(&mut self, channel: u8, number: u8, value: f32) {
        self.controls.push((channel, number, value));
    }

    /// Plays on another device; `None` is the system's default.
    pub fn select_device(&mut self, device: Option<String>) {
        self.options.device = device;
        self.output = Output::Starting;
        self.device.change(self.options.clone());
    }

    /// Plays a note, a wheel or a pedal now.
    pub fn play(&mut self, kind: EventKind) {
        self.controller.send(Message::Event { frame: 0, kind });
    }

    pub fn set_playing(&mut self, playing: bool) {
        self.controller.send(Message::Play(playing));
    }

    /// Moves the clock back to its start.
    pub fn rewind(&mut self) {
        self.controller.send(Message::Locate { beat: 0.0 });
    }

    /// Units that made not-a-number start afresh.
    pub fn clear_faults(&mut self) {
        self.controller.send(Message::ClearFaults);
    }

    /// All units start afresh: stuck notes, howling loops and broken numbers end.
    pub fn panic(&mut self) {
        self.controller.send(Message::Event { frame: 0, kind: EventKind::AllNotesOff });
        self.controller.send(Message::Panic);
    }

    /// Has these outputs recorded from now on; a signal that was recorded before keeps its tap.
    pub fn watch(&mut self, wanted: &[(ModuleId, usize)]) {
        let wanted = &wanted[..wanted.len().min(TAPS)];
        let mut taps = self.taps.clone();
        taps.resize(TAPS, (ModuleId::new(""), 0));
        for tap in &mut taps {
            if !wanted.contains(tap) {
                *tap = (ModuleId::new(""), 0);
            }
        }
        for output in wanted {
            if !taps.contains(output)
                && let Some(free) = taps.iter_mut().find(|tap| tap.0.as_str().is_empty())
            {
                *free = output.clone();
            }
        }
        if taps == self.taps {
            return;
        }
        for (index, tap) in taps.iter().enumerate() {
            if self.taps.get(index) != Some(tap) {
                let watched = self.compiler.slot_of(tap.0.as_str()).map(|slot| (slot, tap.1 as u32));
                self.controller.send(Message::Tap { tap: index as u8, watched });
            }
        }
        self.taps = taps;
    }

    /// Modules may have moved to other slots: have the taps set again.
    pub fn rewatch(&mut self) {
        let wanted: Vec<(ModuleId, usize)> = std::mem::take(&mut self.taps).into_iter().filter(|tap| !tap.0.as_str().is_empty()).collect();
        self.watch(&wanted);
    }

    /// The tap that records an output.
    #[must_use]
    pub fn tap_of(&self, module: &ModuleId, output: usize) -> Option<usize> {
        self.taps.iter().position(|tap| tap.0 == *module && tap.1 == output)
    }
}
