//! What is seen of the canvas.

use crate::action::{Action, Toggle};
use crate::operator::{On, Operator, ask, say};
use crate::scene::{Place, Scene};
use patchlight_patch::{Bookmark, Edit};

/// A press of a key zooms by this.
const ZOOM_STEP: f32 = 1.25;

macro_rules! bookmark {
    ($go:literal, $keep:literal, $number:literal, $key:literal, $with:literal, $label_go:literal, $label_keep:literal) => {
        [
            Operator::new($go, $label_go, &[$key], On::Anything, |scene| go(scene, $number))
                .about("Shows the place that was kept under this number"),
            Operator::new($keep, $label_keep, &[$with], On::Canvas, |scene| keep(scene, $number))
                .about("Keeps the place that is seen under this number"),
        ]
    };
}

const fn joined() -> [Operator; 16] {
    let one = bookmark!("view.go_1", "view.keep_1", 1, "1", "Ctrl+1", "Go to bookmark 1", "Keep as bookmark 1");
    let two = bookmark!("view.go_2", "view.keep_2", 2, "2", "Ctrl+2", "Go to bookmark 2", "Keep as bookmark 2");
    let three = bookmark!("view.go_3", "view.keep_3", 3, "3", "Ctrl+3", "Go to bookmark 3", "Keep as bookmark 3");
    let four = bookmark!("view.go_4", "view.keep_4", 4, "4", "Ctrl+4", "Go to bookmark 4", "Keep as bookmark 4");
    let five = bookmark!("view.go_5", "view.keep_5", 5, "5", "Ctrl+5", "Go to bookmark 5", "Keep as bookmark 5");
    [
        Operator::new("view.fit", "Show everything", &["F"], On::Canvas, |_| vec![Action::ZoomToFit]).about("The whole patch at once"),
        Operator::new("view.fit_selection", "Show the selection", &["Shift+F"], On::Modules, |_| vec![Action::ZoomToSelection])
            .about("What is selected, as large as it goes"),
        Operator::new("view.zoom_in", "Zoom in", &["+"], On::Canvas, |_| vec![Action::ZoomBy(ZOOM_STEP)])
            .about("A step nearer")
            .repeating(),
        Operator::new("view.zoom_out", "Zoom out", &["-"], On::Canvas, |_| vec![Action::ZoomBy(1.0 / ZOOM_STEP)])
            .about("A step away")
            .repeating(),
        Operator::new("view.minimap", "Minimap", &["Shift+M"], On::Canvas, |_| vec![Action::Toggle(Toggle::Minimap)])
            .about("The whole patch small in a corner; a click goes there"),
        Operator::new("view.freeze", "Freeze the scope", &["K"], On::Cable, |_| vec![Action::Toggle(Toggle::Freeze)])
            .about("Keeps the wave of the cable under the pointer as it is now, to be looked at; again lets it go"),
        one[0],
        one[1],
        two[0],
        two[1],
        three[0],
        three[1],
        four[0],
        four[1],
        five[0],
        five[1],
    ]
}

pub(crate) const OPERATORS: &[Operator] = &joined();

fn go(scene: &Scene<'_>, number: u8) -> Vec<Action> {
    match scene.patch.bookmarks.get(&number) {
        Some(place) => vec![Action::Enter(place.group.clone()), Action::LookAt(Place { center: place.center, zoom: place.zoom })],
        None => say(&format!("There is no bookmark {number} yet: Ctrl+{number} keeps the place that is seen.")),
    }
}

fn keep(scene: &Scene<'_>, number: u8) -> Vec<Action> {
    let place = Bookmark { center: scene.view.center, zoom: scene.view.zoom, group: scene.level.cloned() };
    ask(format!("Keep bookmark {number}"), Edit::SetBookmark { number, place: Some(place) })
}
