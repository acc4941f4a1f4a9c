//! MIDI inputs, where the machine has a MIDI system. All of them are listened to; a thread looks for new ones.

use crate::midi::decode;
use crate::wake::Wake;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TrySendError, bounded};
use midir::{Ignore, MidiInput, MidiInputConnection, MidiInputPort, MidiOutput};
use patchlight_engine::EventKind;
use std::time::{Duration, Instant};

/// An event and when it arrived.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MidiEvent {
    pub at: Instant,
    pub kind: EventKind,
}

/// Events that can wait to be taken. A thousand is seconds of the densest playing.
const QUEUE_LEN: usize = 1024;
/// Inputs are looked for this often.
const REFRESH: Duration = Duration::from_secs(3);

/// Open MIDI inputs, until dropped.
pub struct MidiPorts {
    receiver: Receiver<MidiEvent>,
    /// Ends the thread when it is dropped.
    _lifeline: Sender<()>,
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

    /// Listens to every input, and to those that are plugged in later; `wake` is called when something arrives.
    ///
    /// # Errors
    /// In words, when the machine has no MIDI system or gives no thread. The program goes on without.
    pub fn open(wake: Wake) -> Result<Self, String> {
        MidiInput::new("Patchlight").map_err(|error| error.to_string())?;
        let (sender, receiver) = bounded(QUEUE_LEN);
        let (lifeline, ended) = bounded(0);
        let listen = move || {
            let mut inputs = Inputs { connections: Vec::new(), outlet: Outlet { sender, wake } };
            loop {
                inputs.refresh();
                if ended.recv_timeout(REFRESH) != Err(RecvTimeoutError::Timeout) {
                    return;
                }
            }
        };
        std::thread::Builder::new().name("midi ports".to_owned()).spawn(listen).map_err(|error| error.to_string())?;
        Ok(Self { receiver, _lifeline: lifeline })
    }

    /// Takes what has arrived, oldest first.
    pub fn events(&self) -> impl Iterator<Item = MidiEvent> + '_ {
        self.receiver.try_iter()
    }
}

/// Where events go.
#[derive(Clone)]
struct Outlet {
    sender: Sender<MidiEvent>,
    wake: Wake,
}

struct Inputs {
    connections: Vec<(String, MidiInputConnection<Outlet>)>,
    outlet: Outlet,
}

impl Inputs {
    /// Connects inputs that were plugged in, and lets go of those that were unplugged.
    fn refresh(&mut self) {
        let Ok(probe) = MidiInput::new("Patchlight") else { return };
        let present: Vec<(String, MidiInputPort)> =
            probe.ports().into_iter().filter_map(|port| Some((probe.port_name(&port).ok()?, port))).collect();
        self.connections.retain(|(name, _)| present.iter().any(|(here, _)| here == name));
        for (name, port) in present {
            // Our own outputs would feed back.
            if name.contains("Patchlight") || self.connections.iter().any(|(open, _)| *open == name) {
                continue;
            }
            let Ok(mut input) = MidiInput::new("Patchlight") else { continue };
            input.ignore(Ignore::SysexAndActiveSense);
            let connection = input.connect(&port, "in", |_, bytes, outlet| outlet.take(bytes), self.outlet.clone());
            if let Ok(connection) = connection {
                self.connections.push((name, connection));
            }
        }
    }
}

impl Outlet {
    /// A full queue drops note-ons and keeps room for nothing else: but for a note off, which must never be lost, all may go.
    fn take(&self, bytes: &[u8]) {
        let Some(kind) = decode(bytes) else { return };
        let event = MidiEvent { at: Instant::now(), kind };
        if let Err(TrySendError::Full(event)) = self.sender.try_send(event)
            && matches!(event.kind, EventKind::NoteOff { .. } | EventKind::AllNotesOff)
        {
            // This is midir's thread, not the audio thread: it may wait for the program to catch up.
            self.sender.send(event).ok();
        }
        (self.wake)();
    }
}

#[cfg(test)]
mod tests {
    use super::{Outlet, QUEUE_LEN};
    use crossbeam_channel::bounded;
    use patchlight_engine::EventKind;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn what_arrives_is_decoded_kept_in_order_and_wakes() {
        let (sender, receiver) = bounded(QUEUE_LEN);
        let woken = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&woken);
        let wake = Arc::new(move || {
            counter.fetch_add(1, Ordering::Relaxed);
        });
        let outlet = Outlet { sender, wake };
        outlet.take(&[0x90, 60, 100]);
        outlet.take(&[0x80, 60, 0]);
        outlet.take(&[0xfe]);
        let kinds: Vec<EventKind> = receiver.try_iter().map(|event| event.kind).collect();
        assert!(matches!(kinds[..], [EventKind::NoteOn { .. }, EventKind::NoteOff { .. }]), "{kinds:?}");
        assert_eq!(woken.load(Ordering::Relaxed), 2);
    }
}
