//! MIDI inputs, where the machine has a MIDI system. All of them are listened to; new ones are found on [`MidiPorts::refresh`].

use crate::midi::decode;
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};
use midir::{Ignore, MidiInput, MidiInputConnection, MidiOutput};
use patchlight_engine::EventKind;
use std::time::Instant;

/// An event and when it arrived.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MidiEvent {
    pub at: Instant,
    pub kind: EventKind,
}

/// Events that can wait to be taken. A thousand is seconds of the densest playing.
const QUEUE_LEN: usize = 1024;

/// Open MIDI inputs.
pub struct MidiPorts {
    connections: Vec<(String, MidiInputConnection<Sender<MidiEvent>>)>,
    sender: Sender<MidiEvent>,
    receiver: Receiver<MidiEvent>,
}

impl MidiPorts {
    /// The names of the inputs and outputs that there are.
    ///
    /// # Errors
    /// In words, when the machine has no MIDI system.
    pub fn names() -> Result<(Vec<String>, Vec<String>), String> {
        let input = MidiInput::new("Patchlight").map_err(|error| error.to_string())?;
        let output = MidiOutput::new("Patchlight").map_err(|error| error.to_string())?;
        let inputs = input.ports().iter().filter_map(|port| input.port_name(port).ok()).collect();
        let outputs = output.ports().iter().filter_map(|port| output.port_name(port).ok()).collect();
        Ok((inputs, outputs))
    }

    /// Listens to every input.
    ///
    /// # Errors
    /// In words, when the machine has no MIDI system. The program goes on without.
    pub fn open() -> Result<Self, String> {
        MidiInput::new("Patchlight").map_err(|error| error.to_string())?;
        let (sender, receiver) = bounded(QUEUE_LEN);
        let mut ports = Self { connections: Vec::new(), sender, receiver };
        ports.refresh();
        Ok(ports)
    }

    /// Connects inputs that were plugged in, and lets go of those that were unplugged. Returns the names that are open.
    pub fn refresh(&mut self) -> Vec<String> {
        let Ok(probe) = MidiInput::new("Patchlight") else { return Vec::new() };
        let present: Vec<(String, midir::MidiInputPort)> =
            probe.ports().into_iter().filter_map(|port| Some((probe.port_name(&port).ok()?, port))).collect();
        self.connections.retain(|(name, _)| present.iter().any(|(here, _)| here == name));
        for (name, port) in present {
            // Our own outputs would feed back.
            if name.contains("Patchlight") || self.connections.iter().any(|(open, _)| *open == name) {
                continue;
            }
            let Ok(mut input) = MidiInput::new("Patchlight") else { continue };
            input.ignore(Ignore::SysexAndActiveSense);
            let connection = input.connect(&port, "in", |_, bytes, sender| take(bytes, sender), self.sender.clone());
            if let Ok(connection) = connection {
                self.connections.push((name, connection));
            }
        }
        self.connections.iter().map(|(name, _)| name.clone()).collect()
    }

    /// Takes what has arrived, oldest first.
    pub fn events(&self) -> impl Iterator<Item = MidiEvent> + '_ {
        self.receiver.try_iter()
    }
}

/// A full queue drops note-ons and keeps room for nothing else: but for a note off, which must never be lost, all may go.
fn take(bytes: &[u8], sender: &Sender<MidiEvent>) {
    let Some(kind) = decode(bytes) else { return };
    let event = MidiEvent { at: Instant::now(), kind };
    if let Err(TrySendError::Full(event)) = sender.try_send(event)
        && matches!(event.kind, EventKind::NoteOff { .. } | EventKind::AllNotesOff)
    {
        // This is midir's thread, not the audio thread: it may wait for the program to catch up.
        sender.send(event).ok();
    }
}
