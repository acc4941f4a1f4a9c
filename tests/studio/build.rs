//! A voice built from an empty canvas, grouped, saved, undone step by step and done again: once by pointer, once by keys alone.

use crate::hand::Hand;
use crate::places::Places;
use crate::rewire::Witness;
use crate::world::{Display, SCREEN, SoundServer, Studio, wait};
use patchlight_canvas::layout::layout_of;
use patchlight_core::{ModuleId, Spot};
use patchlight_modules::LIBRARY;
use patchlight_operators::{Action, KeyMap, Picked, Place, Scene, operator};
use patchlight_patch::{CableId, Edit, Module, Patch, read_patch, write_patch};
use std::collections::{HashSet, VecDeque};
use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;

const EMPTY: &str = "(\n    patchlight: 1,\n    name: \"Voice\",\n    modules: {},\n    cables: {},\n)\n";

/// What is typed into the search, the id and the kind that it gives, and where the pointer puts it.
const MODULES: [(&str, &str, &str, [f32; 2]); 8] = [
    ("note in", "note_in", "io.note_in", [-620.0, -300.0]),
    ("analog", "analog", "osc.analog", [-350.0, -440.0]),
    ("analog", "analog_2", "osc.analog", [-350.0, 20.0]),
    ("mixer 4", "mixer_4", "amp.mixer_4", [-110.0, -300.0]),
    ("ladder", "ladder", "filter.ladder", [110.0, -440.0]),
    ("adsr", "adsr", "env.adsr", [110.0, 20.0]),
    ("vca", "vca", "amp.vca", [390.0, -300.0]),
    ("audio out", "audio_out", "io.audio_out", [390.0, 50.0]),
];

const CABLES: [&str; 12] = [
    "note_in.pitch -> analog.pitch",
    "note_in.pitch -> analog_2.pitch",
    "note_in.gate -> adsr.gate",
    "note_in.velocity -> adsr.velocity",
    "analog.out -> mixer_4.in_1",
    "analog_2.out -> mixer_4.in_2",
    "mixer_4.out -> ladder.in",
    "note_in.pitch -> ladder.pitch",
    "adsr.out -> ladder.cutoff_hz",
    "ladder.out -> vca.in",
    "adsr.out -> vca.level",
    "vca.out -> audio_out.in",
];

struct Stage {
    display: Display,
    _sound: SoundServer,
    _studio: Studio,
    _folder: TempDir,
    path: PathBuf,
}

impl Stage {
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("voice.ron");
        std::fs::write(&path, EMPTY).unwrap();
        let (display, sound) = (Display::start(), SoundServer::start());
        let studio = Studio::open(&path, &display, &sound);
        Self { display, _sound: sound, _studio: studio, _folder: folder, path }
    }

    /// Saves, and gives back the file once it is as wanted.
    fn saved(&self, hand: &Hand<'_>, what: &str, wanted: impl Fn(&Patch) -> bool) -> String {
        hand.key("ctrl+s");
        wait(what, 60, || {
            let text = std::fs::read_to_string(&self.path).ok()?;
            read_patch(&text, &LIBRARY).ok().filter(|(patch, _)| wanted(patch)).map(|_| text)
        })
    }
}

fn is_whole(patch: &Patch) -> bool {
    patch.modules.len() == MODULES.len() && patch.cables.len() == CABLES.len() && patch.groups.len() == 1
}

/// Adds a module by the search. What is typed before the search is there, or before it has closed, is for others: on a busy machine a frame may
/// take longer than a key.
fn type_name(hand: &Hand<'_>, name: &str) {
    hand.key("Tab");
    std::thread::sleep(Duration::from_millis(800));
    hand.text(name);
    hand.key("Return");
    std::thread::sleep(Duration::from_millis(800));
}

/// Groups what was built, saves it, undoes every step, does all again, and finds the same file.
fn group_save_undo_redo(stage: &Stage, hand: &Hand<'_>, steps: usize) {
    hand.key("ctrl+a");
    hand.key("ctrl+g");
    let first = stage.saved(hand, "the voice in the file", is_whole);
    let (patch, _) = read_patch(&first, &LIBRARY).unwrap();
    for cable in CABLES {
        assert!(patch.cables.contains_key(&cable.parse::<CableId>().unwrap()), "{cable} is in the file");
    }
    assert!(patch.modules.values().all(|module| module.group.is_some()));
    for _ in 0..steps {
        hand.key("ctrl+z");
    }
    let undone = stage.saved(hand, "the empty patch in the file", |patch| patch.modules.is_empty());
    assert_eq!(undone, write_patch(&read_patch(EMPTY, &LIBRARY).unwrap().0, &LIBRARY));
    for _ in 0..steps {
        hand.key("ctrl+shift+z");
    }
    let again = stage.saved(hand, "the voice in the file again", is_whole);
    assert_eq!(again, first);
    // Its history lies beside it.
    assert!(stage.path.with_extension("history").is_file());
}

#[test]
fn a_voice_is_built_by_pointer() {
    let stage = Stage::open();
    let _witness = Witness(&stage.display, "build_by_pointer");
    let hand = Hand::take(&stage.display);
    let mut patch = read_patch(EMPTY, &LIBRARY).unwrap().0;
    for (name, id, kind, at) in MODULES {
        hand.move_to(Places::empty(&patch, SCREEN).screen(at));
        type_name(&hand, name);
        patch.apply(Edit::add(id, Module::new(kind, at))).unwrap();
    }
    let found = stage.saved(&hand, "the modules in the file", |patch| patch.modules.len() == MODULES.len());
    let found = read_patch(&found, &LIBRARY).unwrap().0;
    assert_eq!(found.modules, patch.modules, "each lies where the pointer was");
    let places = Places::empty(&patch, SCREEN);
    for cable in CABLES {
        let id: CableId = cable.parse().unwrap();
        let from = places.output(id.from.module.as_str(), &id.from.port);
        let spec = LIBRARY.get(&patch.modules[&id.to.module].kind).unwrap();
        let to = match spec.input(&id.to.port) {
            Some(_) => places.input(id.to.module.as_str(), &id.to.port),
            None => places.knob(id.to.module.as_str(), &id.to.port),
        };
        hand.drag(from, to);
    }
    assert_eq!(missing(&stage, &hand), Vec::<&str>::new(), "every cable that was dragged is there");
    group_save_undo_redo(&stage, &hand, MODULES.len() + CABLES.len() + 1);
}

/// The cables that are not in the file.
fn missing(stage: &Stage, hand: &Hand<'_>) -> Vec<&'static str> {
    hand.key("ctrl+s");
    std::thread::sleep(Duration::from_secs(2));
    let patch = read_patch(&std::fs::read_to_string(&stage.path).unwrap(), &LIBRARY).unwrap().0;
    CABLES.into_iter().filter(|cable| !patch.cables.contains_key(&cable.parse::<CableId>().unwrap())).collect()
}

/// The studio as its user knows it: the patch, and where the keys are.
struct Known {
    patch: Patch,
    picked: Picked,
}

impl Known {
    fn run(&self, id: &str) -> Vec<Action> {
        let patch = &self.patch;
        let size_of = |id: &ModuleId| layout_of(patch, &LIBRARY, id.as_str()).map_or([0.0; 2], |layout| layout.size.to_array());
        (operator(id).unwrap().run)(&Scene {
            patch,
            library: &LIBRARY,
            picked: &self.picked,
            level: None,
            clipboard: &String::new,
            here: [0.0; 2],
            view: Place { center: [0.0; 2], zoom: 1.0 },
            size_of: &size_of,
        })
    }

    fn call(&mut self, id: &str) {
        for action in self.run(id) {
            match action {
                Action::Edit { edit, .. } => {
                    self.patch.apply(edit).unwrap();
                }
                Action::Pick(picked) => self.picked = picked,
                other => panic!("{id} asks for {other:?}"),
            }
        }
    }

    /// The shortest walk to a place.
    fn way_to(&self, goal: &Spot) -> Vec<&'static str> {
        let mut seen = HashSet::new();
        let mut open = VecDeque::from([(self.picked.clone(), Vec::new())]);
        while let Some((picked, way)) = open.pop_front() {
            if picked.spot.as_ref() == Some(goal) {
                return way;
            }
            if !seen.insert(picked.spot.clone()) {
                continue;
            }
            let here = Self { patch: self.patch.clone(), picked };
            // Enter walks from a module to its ports; at a port it would do more.
            let enter = matches!(here.picked.spot, Some(Spot::Module(_))).then_some("walk.enter");
            for step in ["walk.left", "walk.right", "walk.up", "walk.down"].into_iter().chain(enter) {
                if let Some(Action::Pick(next)) = here.run(step).into_iter().next() {
                    open.push_back((next, [way.as_slice(), &[step]].concat()));
                }
            }
        }
        panic!("no walk leads to {goal:?}");
    }
}

/// Presses what calls an operator.
fn press(hand: &Hand<'_>, keymap: &KeyMap, id: &str) {
    let key = keymap.key_text(id);
    hand.key(if key == "Enter" { "Return" } else { &key });
}

fn walk(hand: &Hand<'_>, keymap: &KeyMap, known: &mut Known, goal: &Spot) {
    for step in known.way_to(goal) {
        press(hand, keymap, step);
        known.call(step);
    }
}

#[test]
fn a_voice_is_built_by_keys_alone() {
    let stage = Stage::open();
    let _witness = Witness(&stage.display, "build_by_keys");
    let (hand, keymap) = (Hand::take(&stage.display), KeyMap::default());
    for (name, ..) in MODULES {
        type_name(&hand, name);
    }
    stage.saved(&hand, "the modules in the file", |patch| patch.modules.len() == MODULES.len());
    hand.key("t");
    let tidy = stage.saved(&hand, "the tidy modules in the file", |patch| patch.modules.len() == MODULES.len() && are_apart(patch));
    let patch = read_patch(&tidy, &LIBRARY).unwrap().0;
    let last = ModuleId::from(MODULES[MODULES.len() - 1].1);
    let picked = Picked { modules: [last.clone()].into(), spot: Some(Spot::Module(last)), ..Picked::default() };
    let mut known = Known { patch, picked };
    for cable in CABLES {
        let id: CableId = cable.parse().unwrap();
        let spec = LIBRARY.get(&known.patch.modules[&id.to.module].kind).unwrap();
        let goal = if spec.input(&id.to.port).is_some() { Spot::Input(id.to.clone()) } else { Spot::Knob(id.to.clone()) };
        for spot in [Spot::Output(id.from.clone()), goal] {
            walk(&hand, &keymap, &mut known, &spot);
            press(&hand, &keymap, "walk.enter");
            known.call("walk.enter");
        }
        assert!(known.patch.cables.contains_key(&id), "{cable}");
    }
    group_save_undo_redo(&stage, &hand, MODULES.len() + 1 + CABLES.len() + 1);
}

fn are_apart(patch: &Patch) -> bool {
    let places: HashSet<[u32; 2]> = patch.modules.values().map(|module| module.at.map(f32::to_bits)).collect();
    places.len() == patch.modules.len()
}
