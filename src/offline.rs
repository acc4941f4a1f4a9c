//! The engine without a device: as fast as the processor allows, the same samples as live.

use patchlight_compile::{Compiler, Explain, SampleSource, StreamSpec};
use patchlight_engine::{Controller, EngineConfig, EventKind, Message, Renderer, engine};
use patchlight_media::{MidiMessage, MidiSong};
use patchlight_patch::{Diagnostic, Patch};
use std::collections::VecDeque;

/// A patch that renders.
pub struct Offline {
    compiler: Compiler,
    controller: Controller,
    renderer: Renderer,
    diagnostics: Vec<Diagnostic>,
    /// Events to come, in the order of their frames.
    events: VecDeque<(u64, EventKind)>,
    frame: u64,
}

impl Offline {
    /// Compiles a patch, to be rendered by so many threads. What is wrong with it is in [`Offline::diagnostics`]; the rest of it sounds.
    #[must_use]
    pub fn new(patch: &Patch, samples: &dyn SampleSource, sample_rate_hz: u32, threads: usize) -> Self {
        let rate = sample_rate_hz as f32;
        let config = EngineConfig { threads, ..EngineConfig::new(rate) };
        let (mut controller, mut renderer) = engine(config);
        for helper in renderer.take_helpers() {
            std::thread::spawn(move || helper.run());
        }
        controller.telemetry().watch(false);
        let mut compiler = Compiler::new(StreamSpec::offline(rate), config);
        let update = compiler.update(patch, samples);
        update.messages.into_iter().for_each(|message| controller.send(message));
        Self { compiler, controller, renderer, diagnostics: update.diagnostics, events: VecDeque::new(), frame: 0 }
    }

    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    #[must_use]
    pub fn explain(&self) -> Explain {
        self.compiler.explain()
    }

    /// Plays a song from frame 0 on.
    pub fn play_song(&mut self, song: &MidiSong) {
        let rate = f64::from(self.renderer.sample_rate_hz());
        let events = song
            .events
            .iter()
            .filter_map(|event| Some(((event.time_secs * rate).round() as u64, event_kind(event.channel, &event.message)?)));
        self.events.extend(events);
    }

    /// Plays an event; frames must not go back.
    pub fn play(&mut self, frame: u64, kind: EventKind) {
        self.events.push_back((frame, kind));
    }

    /// Lets the clock run, or stops it.
    #[cfg(test)]
    pub fn set_playing(&mut self, playing: bool) {
        self.controller.send(Message::Play(playing));
    }

    /// Renders the next frames; left and right have the same length.
    pub fn render(&mut self, left: &mut [f32], right: &mut [f32]) {
        let end = self.frame + left.len() as u64;
        while let Some((frame, kind)) = self.events.front().copied().filter(|(frame, _)| *frame < end) {
            self.controller.send(Message::Event { frame, kind });
            self.events.pop_front();
        }
        // What units cost is known after a while: then they are shared out better.
        if self.controller.config().threads > 1
            && let Some(message) = self.compiler.sweep(self.controller.telemetry())
        {
            self.controller.send(message);
        }
        self.controller.pump();
        self.renderer.render(None, [left, right]);
        self.frame = end;
    }
}

/// What the engine understands of a file's message: keys as they are, values from 0..127 to 0..1.
fn event_kind(channel: u8, message: &MidiMessage) -> Option<EventKind> {
    let share = |value: u8| f32::from(value) / 127.0;
    Some(match *message {
        MidiMessage::NoteOn { key, velocity } => EventKind::NoteOn { channel, key, velocity: share(velocity) },
        MidiMessage::NoteOff { key, .. } => EventKind::NoteOff { channel, key },
        MidiMessage::PitchBend { bend } => EventKind::PitchBend { channel, amount: bend },
        MidiMessage::ChannelPressure { pressure } => EventKind::Pressure { channel, amount: share(pressure) },
        MidiMessage::KeyPressure { key, pressure } => EventKind::KeyPressure { channel, key, amount: share(pressure) },
        MidiMessage::Control { controller, value } => EventKind::Control { channel, number: controller, value: share(value) },
        MidiMessage::Program { .. } => return None,
    })
}
