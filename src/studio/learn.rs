//! Knobs that are turned by MIDI controllers, and which.

use super::host::Studio;
use super::session::Session;
use bevy::prelude::{NonSendMut, ResMut};
use patchlight_canvas::{Document, port_text};
use patchlight_core::{ParamKind, ParamSpec, PortRef};
use patchlight_patch::{Edit, Gesture, MidiControl, Patch};
use std::time::{Duration, Instant};

/// Movements of one controller that follow each other sooner are one entry of the history.
const PAUSE: Duration = Duration::from_secs(1);
/// Gestures of controllers have this bit set, so that they never meet those of a hand.
const GESTURES: u64 = 1 << 62;

/// The knob that waits for a controller, and the movement that is under way.
#[derive(Default)]
pub struct Learning {
    waiting: Option<PortRef>,
    gesture: u64,
    moved: Option<(Vec<PortRef>, Instant)>,
}

impl Learning {
    /// Waits for a controller that is to turn this knob; `None`, or the same again, waits no longer.
    pub fn wait_for(&mut self, port: Option<PortRef>, session: &mut Session, document: &Document) {
        self.waiting = port.filter(|port| self.waiting.as_ref() != Some(port));
        match &self.waiting {
            Some(port) => session.say(format!(
                "move a knob of your MIDI controller: it will turn {}; call Learn MIDI again to leave it",
                port_text(document, port)
            )),
            None => session.say("no knob waits for a MIDI controller any more"),
        }
    }

    /// The number of the movement that these knobs are in now.
    fn gesture(&mut self, ports: &[PortRef], now: Instant) -> Gesture {
        let goes_on = self.moved.as_ref().is_some_and(|(moved, at)| moved == ports && now.duration_since(*at) < PAUSE);
        if !goes_on {
            self.gesture += 1;
        }
        self.moved = Some((ports.to_vec(), now));
        Gesture(GESTURES | self.gesture)
    }
}

/// The value of a parameter for a controller at `value`, 0 to 1.
fn value_at(spec: &ParamSpec, value: f32) -> f32 {
    match spec.kind {
        ParamKind::Number => spec.value_from_travel(value),
        ParamKind::Whole | ParamKind::Choice(_) | ParamKind::Toggle => spec.clamp((spec.min + value * (spec.max - spec.min)).round()),
    }
}

/// The knobs that a controller turns.
fn turned_by(patch: &Patch, channel: u8, number: u8) -> Vec<PortRef> {
    let modules = patch.modules.iter().filter(|(_, module)| !module.midi.is_empty());
    let knobs = modules.flat_map(|(id, module)| module.midi.iter().map(move |(param, control)| (id, param, control)));
    knobs.filter(|(.., control)| control.is(channel, number)).map(|(id, param, _)| PortRef::new(id.clone(), param.clone())).collect()
}

/// What controllers did: the knob that waits learns the first, and those that have learned follow.
pub fn follow_controls(mut studio: NonSendMut<Studio>, mut document: ResMut<Document>) {
    let studio = &mut *studio;
    let (session, learning) = (&mut studio.session, &mut studio.learning);
    for (channel, number, value) in session.engine.take_controls() {
        if let Some(port) = learning.waiting.take() {
            let control = MidiControl { number, channel: Some(channel) };
            let name = format!("Learn {control} for {}", port_text(&document, &port));
            let PortRef { module, port: param } = port;
            if session.apply(&mut document.patch, Edit::SetMidi { module, param, control: Some(control) }, &name, None) {
                document.touch();
                session.say(name);
            }
        }
        let ports = turned_by(&document.patch, channel, number);
        let edits: Vec<Edit> = ports.iter().filter_map(|port| turn(&document, port, value)).collect();
        if !edits.is_empty() {
            let gesture = learning.gesture(&ports, Instant::now());
            let name = format!("Turn by MIDI cc {number}");
            if session.apply(&mut document.patch, Edit::Batch(edits), &name, Some(gesture)) {
                document.touch();
            }
        }
    }
}

/// The edit that brings a knob to where its controller stands.
fn turn(document: &Document, port: &PortRef, value: f32) -> Option<Edit> {
    let module = document.patch.module(port.module.as_str())?;
    let (_, spec) = document.library.get(&module.kind)?.param(&port.port)?;
    Some(Edit::set_param(port.module.clone(), port.port.clone(), value_at(spec, value)))
}

#[cfg(test)]
mod tests {
    use super::{Learning, PAUSE, follow_controls, turned_by, value_at};
    use crate::studio::host::Studio;
    use crate::studio::{EngineLink, Session};
    use bevy::app::{App, Update};
    use patchlight_canvas::Document;
    use patchlight_core::{PortRef, choice, hz};
    use patchlight_device::{AudioOptions, NULL_DEVICE, no_wake};
    use patchlight_modules::LIBRARY;
    use patchlight_patch::{MidiControl, Module, Patch};
    use std::time::{Duration, Instant};

    #[test]
    fn a_knob_learns_the_next_controller_follows_it_and_one_undo_takes_a_movement_back() {
        let options = AudioOptions { device: Some(NULL_DEVICE.to_owned()), ..AudioOptions::default() };
        let mut session = Session::new(EngineLink::start(options, no_wake()).expect("threads"));
        let mut patch = Patch::default();
        patch.modules.insert("filter".into(), Module::new("filter.ladder", [0.0, 0.0]));
        session.sync(&patch);
        let (mut app, mut studio) = (App::new(), Studio::new(session));
        let document = Document::new(patch, LIBRARY);
        studio.learning.wait_for(Some(PortRef::new("filter", "cutoff_hz")), &mut studio.session, &document);
        app.insert_resource(document).insert_non_send(studio).add_systems(Update, follow_controls);
        let mut turn = |number: u8, value: f32| {
            app.world_mut().non_send_mut::<Studio>().session.engine.move_control(3, number, value);
            app.update();
            let document = app.world().resource::<Document>();
            document.patch.modules["filter"].params.get("cutoff_hz").copied()
        };
        assert_eq!(turn(74, 1.0), Some(20_000.0));
        let lower = turn(74, 0.5).expect("is turned");
        assert!(lower > 500.0 && lower < 2_000.0, "{lower}");
        assert_eq!(turn(75, 0.0), Some(lower), "another controller turns nothing");
        let mut document = app.world().resource::<Document>().clone();
        let mut studio = app.world_mut().non_send_mut::<Studio>();
        studio.session.undo(&mut document.patch);
        let filter = &document.patch.modules["filter"];
        assert_eq!(filter.params.get("cutoff_hz"), None, "both movements are one step");
        assert_eq!(filter.midi["cutoff_hz"].to_string(), "cc 74 channel 4");
    }

    #[test]
    fn controllers_reach_both_ends_and_every_choice() {
        let cutoff = hz("cutoff_hz", 20.0..=20_000.0, 1_000.0);
        assert!((value_at(&cutoff, 0.0) - 20.0).abs() < 0.01 && (value_at(&cutoff, 1.0) - 20_000.0).abs() < 1.0);
        let kind = choice("kind", &["hard", "soft", "sine"], 0);
        assert_eq!([0.0, 0.5, 1.0].map(|value| value_at(&kind, value)), [0.0, 1.0, 2.0]);
    }

    #[test]
    fn a_controller_turns_what_has_learned_it() {
        let mut patch = Patch::default();
        let mut module = Module::new("filter.ladder", [0.0, 0.0]);
        module.midi.insert("cutoff_hz".to_owned(), MidiControl { number: 74, channel: Some(1) });
        patch.modules.insert("filter".into(), module);
        assert_eq!(turned_by(&patch, 1, 74), [PortRef::new("filter", "cutoff_hz")]);
        assert!(turned_by(&patch, 0, 74).is_empty() && turned_by(&patch, 1, 73).is_empty());
    }

    #[test]
    fn a_movement_ends_with_a_pause_or_another_knob() {
        let (mut learning, start) = (Learning::default(), Instant::now());
        let (one, other) = ([PortRef::new("a", "x")], [PortRef::new("b", "x")]);
        let first = learning.gesture(&one, start);
        assert_eq!(learning.gesture(&one, start + Duration::from_millis(500)), first);
        let second = learning.gesture(&other, start + Duration::from_millis(600));
        let third = learning.gesture(&other, start + Duration::from_millis(600) + PAUSE);
        assert!(second != first && third != second);
    }
}
