//! Every gesture, made by a hand of window events, asks for the edit that it should.

use crate::bench::Bench;
use crate::support::{LIBRARY, document};
use bevy::input::keyboard::Key;
use bevy::input::mouse::MouseButton;
use bevy::input::touch::TouchPhase;
use bevy::math::{Rect, Vec2};
use patchlight_canvas::paint::CanvasView;
use patchlight_canvas::{CanvasAction, Comfort, Document, Hit, ModuleNode, UiFocus};
use patchlight_core::{ModuleId, Spot};
use patchlight_patch::{CableId, Module, Patch};

fn cable(id: &str) -> CableId {
    id.parse().expect("a cable")
}

fn has(bench: &Bench, id: &str) -> bool {
    bench.patch().cables.contains_key(&cable(id))
}

fn selected(bench: &Bench) -> Vec<&str> {
    bench.selection().modules.iter().map(ModuleId::as_str).collect()
}

#[test]
fn a_cable_is_dragged_from_either_end() {
    let mut bench = Bench::new(document());
    let (from, to) = (bench.port("kick.out"), bench.port("osc.sync"));
    bench.drag(from, to);
    assert!(has(&bench, "kick.out -> osc.sync"));
    assert_eq!(bench.patch().cables[&cable("kick.out -> osc.sync")].amount, 1.0);
    let (from, to) = (bench.port("kick.trigger"), bench.port("steps.gate"));
    bench.drag(from, to);
    assert!(has(&bench, "steps.gate -> kick.trigger"), "from an input backwards");
    let asked = bench.asked();
    let [CanvasAction::Edit { name, gesture: None, .. }, CanvasAction::Edit { .. }] = &asked[..] else { panic!("{asked:?}") };
    assert_eq!(name, "Wire 808 Kick out to Analog sync");
    assert!(bench.undo() && bench.undo());
    assert_eq!(*bench.patch(), document().patch, "both can be undone exactly");
}

#[test]
fn a_cable_dropped_on_an_occupied_input_replaces_and_with_shift_adds() {
    let mut bench = Bench::new(document());
    let (from, to) = (bench.port("kick.out"), bench.port("comp.in"));
    bench.key(Key::Shift, true);
    bench.drag(from, to);
    bench.key(Key::Shift, false);
    assert!(has(&bench, "kick.out -> comp.in") && has(&bench, "filter.out -> comp.in"));
    let from = bench.port("osc.out");
    bench.drag(from, to);
    assert!(has(&bench, "osc.out -> comp.in"));
    assert_eq!(bench.patch().cables_into(&"comp.in".parse().unwrap()).count(), 1, "the others are gone");
}

#[test]
fn an_occupied_input_gives_its_cable_to_the_hand() {
    let mut bench = Bench::new(document());
    let (from, to) = (bench.port("comp.key"), bench.port("out.in"));
    bench.drag(from, to);
    assert!(!has(&bench, "kick.out -> comp.key"));
    assert_eq!(bench.patch().cables[&cable("kick.out -> out.in")].amount, 0.708, "it keeps its amount");
    let from = bench.port("out.in");
    bench.drag(from, Vec2::new(620.0, 800.0));
    assert!(!has(&bench, "kick.out -> out.in"), "dropped into the empty canvas it is unplugged");
    assert!(bench.asked().iter().all(|action| !matches!(action, CanvasAction::OpenSearch { .. })));
    let from = bench.port("scope.in");
    let before = bench.patch().clone();
    bench.drag(from, from + Vec2::new(0.5, 0.0));
    bench.grab(from, from + Vec2::new(-60.0, 20.0));
    bench.tap(Key::Escape);
    bench.button(MouseButton::Left, false);
    bench.step();
    assert_eq!(*bench.patch(), before, "a click and a cancelled drag change nothing");
}

#[test]
fn a_cable_dropped_on_a_knob_moves_it_and_on_a_body_finds_a_port() {
    let mut bench = Bench::new(document());
    let (from, to) = (bench.port("lfo.out"), bench.knob("delay", "mix"));
    bench.drag(from, to);
    assert_eq!(bench.patch().cables[&cable("lfo.out -> delay.mix")].amount, 0.5, "half the range of a share");
    let from = bench.port("steps.gate");
    let body = bench.title("kick");
    bench.drag(from, body);
    assert!(has(&bench, "steps.gate -> kick.trigger"), "the port of its kind on the module");
    let from = bench.port("env.out");
    let to = bench.knob("lfo", "shape");
    bench.drag(from, to);
    assert!(has(&bench, "env.out -> lfo.shape"), "choices are moved too");
}

#[test]
fn a_cable_dropped_into_the_empty_canvas_asks_for_a_module() {
    let mut bench = Bench::new(document());
    let from = bench.port("env.out");
    let to = Vec2::new(600.0, 780.0);
    bench.drag(from, to);
    let asked = bench.asked();
    let [CanvasAction::OpenSearch { canvas_pos, wire: Some(wire), .. }] = &asked[..] else { panic!("{asked:?}") };
    assert!(canvas_pos.distance(to) < 0.01 && wire.from_output);
    assert_eq!(wire.port.to_string(), "env.out");
    bench.point(to);
    bench.click(to);
    bench.click(to);
    let asked = bench.asked();
    assert!(matches!(&asked[..], [CanvasAction::OpenSearch { wire: None, .. }]), "{asked:?}");
}

#[test]
fn a_knob_is_dragged_finely_wheeled_and_reset() {
    let mut bench = Bench::new(document());
    let knob = bench.knob("filter", "cutoff_hz");
    let value = |bench: &Bench| bench.patch().module("filter").unwrap().params.get("cutoff_hz").copied();
    bench.drag(knob, knob - Vec2::new(0.0, 45.0));
    let dragged = value(&bench).unwrap();
    let wanted = 1_240.0 * 1000.0_f32.powf(45.0 / 180.0);
    assert!((dragged / wanted - 1.0).abs() < 0.01, "a quarter of the travel: {dragged} Hz");
    let asked = bench.asked();
    assert!(asked.len() > 2, "it is heard while it is turned");
    assert!(bench.undo());
    assert_eq!(value(&bench), Some(1_240.0), "and is one step of the history");
    bench.key(Key::Shift, true);
    bench.drag(knob, knob - Vec2::new(0.0, 45.0));
    bench.key(Key::Shift, false);
    let fine = value(&bench).unwrap();
    assert!(((fine / 1_240.0).ln() * 10.0 - (wanted / 1_240.0).ln()).abs() < 0.02, "a tenth with Shift: {fine} Hz");
    bench.grab(knob, knob + Vec2::new(0.0, 80.0));
    bench.tap(Key::Escape);
    assert_eq!(value(&bench), Some(fine), "Esc puts it back");
    bench.button(MouseButton::Left, false);
    bench.wheel(2.0);
    assert!(value(&bench).unwrap() > fine * 1.2, "the wheel turns what is under the pointer");
    bench.click_alone(knob);
    bench.click(knob);
    assert_eq!(value(&bench), None, "a double click resets");
    assert_eq!(bench.selection().spot, Some(Spot::Knob(patchlight_core::PortRef::new("filter", "cutoff_hz"))));
}

#[test]
fn switches_flip_and_choices_step() {
    let mut bench = Bench::new(document());
    let value = |bench: &Bench, module: &str, param: &str| bench.patch().module(module).unwrap().params.get(param).copied();
    let switch = bench.knob("lfo", "unipolar");
    bench.click(switch);
    assert_eq!(value(&bench, "lfo", "unipolar"), Some(1.0));
    let choice = bench.knob("lfo", "shape");
    bench.click(choice);
    assert_eq!(value(&bench, "lfo", "shape"), Some(1.0));
    for _ in 0..4 {
        bench.click_alone(choice);
    }
    assert_eq!(value(&bench, "lfo", "shape"), Some(0.0), "after the last comes the first");
}

#[test]
fn modules_are_selected_moved_and_snapped() {
    let mut bench = Bench::new(document());
    let at = |bench: &Bench, id: &str| Vec2::from(bench.patch().module(id).unwrap().at);
    let title = bench.title("osc");
    bench.drag(title, title + Vec2::new(33.0, -18.0));
    assert_eq!(at(&bench, "osc"), Vec2::new(340.0, -20.0), "to the grid");
    assert_eq!(selected(&bench), ["osc"]);
    let other = bench.title("env");
    bench.key(Key::Shift, true);
    bench.click(other);
    bench.key(Key::Shift, false);
    assert_eq!(selected(&bench), ["env", "osc"]);
    bench.key(Key::Alt, true);
    bench.drag(other, other + Vec2::new(7.0, 3.0));
    bench.key(Key::Alt, false);
    assert_eq!((at(&bench, "osc"), at(&bench, "env")), (Vec2::new(347.0, -17.0), Vec2::new(317.0, 273.0)), "together, and freely with Alt");
    bench.call("arrange.right");
    assert_eq!(at(&bench, "env"), Vec2::new(327.0, 273.0));
    let title = bench.title("env");
    bench.click_alone(title);
    assert_eq!(selected(&bench), ["env"], "a click on one of many selects that one");
    bench.click(Vec2::new(600.0, 780.0));
    assert!(selected(&bench).is_empty());
}

#[test]
fn a_lasso_selects_and_delete_removes() {
    let mut bench = Bench::new(document());
    bench.drag(Vec2::new(-20.0, -20.0), Vec2::new(250.0, 300.0));
    assert_eq!(selected(&bench), ["lfo", "steps"]);
    bench.call("edit.delete_bare");
    assert!(bench.patch().module("lfo").is_none() && !has(&bench, "lfo.out -> filter.cutoff_hz"));
    assert!(selected(&bench).is_empty());
    assert!(bench.undo());
    assert_eq!(*bench.patch(), document().patch);
    let title = bench.title("filter");
    bench.click(title);
    bench.call("edit.delete");
    assert!(has(&bench, "osc.out -> comp.in"), "the cable heals");
}

#[test]
fn a_cable_is_selected_switched_and_its_amount_dragged() {
    let mut bench = Bench::new(document());
    let id = "kick.out -> comp.key";
    let curve = patchlight_canvas::paint::CableCurve::between(bench.port("kick.out"), bench.port("comp.key"));
    bench.click(curve.at(0.12));
    assert_eq!(bench.selection().cable, Some(cable(id)));
    assert_eq!(bench.selection().hovered, Hit::Cable(cable(id)));
    bench.drag(curve.at(0.5), curve.at(0.5) - Vec2::new(0.0, 60.0));
    let amount = bench.patch().cables[&cable(id)].amount;
    assert!((amount - 1.208).abs() < 0.01, "{amount}");
    bench.key(Key::Alt, true);
    bench.click_alone(curve.at(0.12));
    bench.key(Key::Alt, false);
    assert!(!bench.patch().cables[&cable(id)].on);
    bench.call("cable.switch");
    assert!(bench.patch().cables[&cable(id)].on);
    bench.call("edit.delete");
    assert!(!has(&bench, id));
}

#[test]
fn the_view_pans_zooms_and_fits() {
    let mut bench = Bench::new(document());
    let place = Vec2::new(600.0, 780.0);
    bench.point(place);
    bench.step();
    let before = bench.view();
    bench.wheel(3.0);
    let zoomed = bench.view();
    assert!(zoomed.zoom > before.zoom * 1.3);
    assert!(zoomed.screen_from_canvas(place).distance(before.screen_from_canvas(place)) < 0.01, "the place under the pointer stays");
    for _ in 0..20 {
        bench.wheel(-9.0);
    }
    assert!((bench.view().zoom - 0.1).abs() < 1e-4);
    let fitted = bench.view();
    let center = fitted.center;
    bench.point(place);
    bench.button(MouseButton::Middle, true);
    bench.step();
    bench.point(place + Vec2::new(-50.0, 0.0));
    bench.button(MouseButton::Middle, false);
    bench.step();
    assert!((bench.view().center - center - Vec2::new(50.0, 0.0)).length() < 0.5, "the hand takes the canvas along");
}

#[test]
fn what_panels_have_is_left_alone() {
    let mut bench = Bench::new(document());
    bench.app.insert_resource(UiFocus { pointer: true, keyboard: true });
    let (from, to) = (bench.port("kick.out"), bench.port("osc.sync"));
    bench.drag(from, to);
    bench.wheel(4.0);
    assert!(bench.asked().is_empty() && selected(&bench).is_empty());
    assert_eq!(bench.view().zoom, 1.0);
}

#[test]
fn a_whole_gesture_within_one_frame_is_not_lost() {
    let mut bench = Bench::new(document());
    let (from, to) = (bench.port("kick.out"), bench.port("osc.sync"));
    bench.point(from);
    bench.button(MouseButton::Left, true);
    bench.point(from.lerp(to, 0.5));
    bench.point(to);
    bench.button(MouseButton::Left, false);
    bench.step();
    assert!(has(&bench, "kick.out -> osc.sync"));
}

#[test]
fn opening_another_patch_shows_it_and_forgets_the_selection() {
    let mut bench = Bench::new(document());
    bench.call("select.all");
    let mut other = Patch::default();
    other.apply(patchlight_patch::Edit::add("far", Module::new("mod.lfo", [9_000.0, 9_000.0]))).unwrap();
    bench.app.world_mut().resource_mut::<Document>().open(other);
    bench.step();
    assert!(selected(&bench).is_empty());
    assert!(bench.view().visible().contains(Vec2::splat(9_010.0)));
}

#[test]
fn escape_ends_a_drag_as_if_it_had_not_been() {
    let mut bench = Bench::new(document());
    let title = bench.title("osc");
    bench.grab(title, title + Vec2::new(90.0, 40.0));
    assert_ne!(bench.patch().module("osc").unwrap().at, document().patch.module("osc").unwrap().at);
    bench.tap(Key::Escape);
    assert_eq!(*bench.patch(), document().patch);
    assert!(bench.app.world().resource::<patchlight_canvas::Hand>().escaped, "the app is told that this Escape is spent");
}

#[test]
fn a_module_dropped_on_a_cable_takes_its_place_in_it() {
    let mut bench = Bench::new(document());
    bench.apply(patchlight_patch::Edit::add("new", Module::new("filter.ladder", [0.0, 700.0])));
    let curve = patchlight_canvas::paint::CableCurve::between(bench.port("osc.out"), bench.port("filter.in"));
    let layout = patchlight_canvas::layout::layout_of(bench.patch(), &LIBRARY, "new").unwrap();
    let grip = bench.title("new");
    let from_corner = grip - Vec2::new(0.0, 700.0);
    bench.drag(grip, curve.at(0.5) - layout.size * 0.5 + from_corner);
    assert!(has(&bench, "osc.out -> new.in") && has(&bench, "new.out -> filter.in") && !has(&bench, "osc.out -> filter.in"));
    assert!(bench.undo(), "moving and inserting are one step");
    assert_eq!(bench.patch().module("new").unwrap().at, [0.0, 700.0]);
    assert!(has(&bench, "osc.out -> filter.in"));
}

#[test]
fn a_right_click_selects_and_asks_for_the_menu() {
    use patchlight_canvas::MenuOn;
    let mut bench = Bench::new(document());
    let menu = |bench: &mut Bench| match bench.asked().pop() {
        Some(CanvasAction::OpenMenu { on, .. }) => on,
        other => panic!("{other:?}"),
    };
    let title = bench.title("filter");
    bench.right_click(title);
    assert_eq!((menu(&mut bench), selected(&bench)), (MenuOn::Modules, vec!["filter"]));
    let knob = bench.knob("filter", "cutoff_hz");
    bench.right_click(knob);
    assert_eq!(menu(&mut bench), MenuOn::Knob);
    assert!(matches!(&bench.selection().spot, Some(Spot::Knob(port)) if port.to_string() == "filter.cutoff_hz"));
    bench.right_click(Vec2::new(600.0, 780.0));
    assert_eq!(menu(&mut bench), MenuOn::Canvas);
}

#[test]
fn fingers_drag_pinch_and_rest() {
    let mut bench = Bench::new(document());
    let title = bench.title("osc");
    let before = bench.patch().module("osc").unwrap().at;
    bench.finger(1, TouchPhase::Started, title);
    bench.finger(1, TouchPhase::Moved, title + Vec2::new(50.0, 0.0));
    bench.finger(1, TouchPhase::Ended, title + Vec2::new(50.0, 0.0));
    assert_eq!(bench.patch().module("osc").unwrap().at, [before[0] + 50.0, before[1]]);
    let zoom = bench.view().zoom;
    let (a, b) = (Vec2::new(500.0, 780.0), Vec2::new(600.0, 780.0));
    bench.finger(1, TouchPhase::Started, a);
    bench.finger(2, TouchPhase::Started, b);
    bench.finger(2, TouchPhase::Moved, b + Vec2::new(100.0, 0.0));
    assert!((bench.view().zoom / zoom - 2.0).abs() < 0.01, "{}", bench.view().zoom);
    bench.finger(1, TouchPhase::Ended, a);
    bench.finger(2, TouchPhase::Ended, b);
    bench.asked();
    bench.app.world_mut().resource_mut::<CanvasView>().zoom = 1.0;
    let title = bench.title("filter");
    bench.finger(1, TouchPhase::Started, title);
    std::thread::sleep(std::time::Duration::from_millis(600));
    bench.step();
    assert!(matches!(bench.asked().as_slice(), [CanvasAction::OpenMenu { .. }]), "a finger that rests asks for the menu");
    assert!(bench.app.world().resource::<Comfort>().touch, "and targets grow");
}

#[test]
fn a_group_is_one_box_whose_ports_are_wired_as_any() {
    let mut bench = Bench::new(document());
    bench.drag(Vec2::new(300.0, -20.0), Vec2::new(900.0, 10.0));
    assert_eq!(selected(&bench), ["filter", "osc"]);
    bench.call("group.make");
    let group = selected(&bench)[0].to_owned();
    assert_eq!(group, "group");
    let nodes = |bench: &mut Bench| {
        let world = bench.app.world_mut();
        let mut ids: Vec<String> = world.query::<&ModuleNode>().iter(world).map(|node| node.id.to_string()).collect();
        ids.sort();
        ids
    };
    assert!(nodes(&mut bench).contains(&group) && !nodes(&mut bench).contains(&"osc".to_owned()));
    // Its port stands for the one inside: a cable from elsewhere ends at the module.
    let document = bench.document();
    let layout = patchlight_canvas::layout::group_layout(&document.patch, &LIBRARY, &group.as_str().into());
    let place = layout.ports.iter().find(|place| place.id == "osc.pitch").expect("the crossing cable is a port");
    let at = Vec2::from(document.patch.groups[group.as_str()].at) + place.pos;
    let from = bench.port("kick.out");
    bench.drag(from, at);
    assert!(has(&bench, "kick.out -> osc.pitch"), "{:?}", bench.patch().cables.keys().collect::<Vec<_>>());
    // Inside, the two are there and nothing else.
    let title = Vec2::from(bench.patch().groups[group.as_str()].at) + Vec2::new(60.0, 14.0);
    bench.click_alone(title);
    bench.click(title);
    let asked = bench.asked();
    assert!(asked.iter().any(|action| matches!(action, CanvasAction::Enter(id) if id.as_str() == group)), "{asked:?}");
    bench.call("group.enter");
    assert_eq!(nodes(&mut bench), ["filter", "osc"]);
    bench.call("group.leave");
    assert!(nodes(&mut bench).contains(&group));
}

#[test]
fn frames_take_along_what_lies_in_them() {
    let mut bench = Bench::new(document());
    bench.drag(Vec2::new(300.0, -20.0), Vec2::new(900.0, 10.0));
    bench.call("note.frame");
    let note = bench.patch().notes["note_1"].clone();
    let at = |bench: &Bench| bench.patch().module("osc").unwrap().at;
    let (before, grip) = (at(&bench), Vec2::from(note.at) + Vec2::new(20.0, 12.0));
    bench.drag(grip, grip + Vec2::new(0.0, 100.0));
    assert_eq!(at(&bench), [before[0], before[1] + 100.0]);
    assert_eq!(bench.patch().notes["note_1"].at, [note.at[0], note.at[1] + 100.0]);
    assert!(bench.undo());
    assert_eq!((at(&bench), &bench.patch().notes["note_1"]), (before, &note));
    let corner = Vec2::from(note.at) + Vec2::from(note.size) - 5.0;
    bench.drag(corner, corner + Vec2::new(40.0, 20.0));
    assert_eq!(
        bench.patch().notes["note_1"].size,
        [((note.size[0] + 40.0) / 10.0).round() * 10.0, ((note.size[1] + 20.0) / 10.0).round() * 10.0]
    );
}

#[test]
fn a_curve_is_drawn_on_the_face() {
    let mut bench = Bench::new(document());
    bench.apply(patchlight_patch::Edit::add("mseg", Module::new("env.mseg", [0.0, 600.0])));
    let face = patchlight_canvas::layout::layout_of(bench.patch(), &LIBRARY, "mseg").unwrap().face.unwrap();
    let well = Rect::from_corners(face.min + Vec2::new(0.0, 600.0), face.max + Vec2::new(0.0, 600.0)).inflate(-7.0);
    let at = |x: f32, y: f32| Vec2::new(well.min.x + well.width() * x, well.max.y - well.height() * y);
    let curve = |bench: &Bench| -> patchlight_core::DrawnCurve {
        bench.patch().module("mseg").unwrap().data.get("curve").map_or("0,0 0.5,1 1,0", String::as_str).parse().unwrap()
    };
    bench.drag(at(0.5, 1.0), at(0.75, 0.5));
    let peak = curve(&bench).points()[1];
    assert!((peak.x - 0.75).abs() < 0.01 && (peak.y - 0.5).abs() < 0.01, "{peak:?}");
    bench.drag(at(0.375, 0.25), at(0.375, 0.6));
    assert!(curve(&bench).points()[0].bend > 0.2, "its segment is bent upward: {}", curve(&bench));
    bench.click_alone(at(0.2, 0.9));
    bench.click(at(0.2, 0.9));
    assert_eq!(curve(&bench).points().len(), 4, "a double-click adds a point");
    bench.click_alone(at(0.2, 0.9));
    bench.click(at(0.2, 0.9));
    assert_eq!(curve(&bench).points().len(), 3, "and takes it away");
    let before = bench.patch().module("mseg").unwrap().at;
    bench.drag(at(0.9, 0.95), at(0.9, 0.95) + Vec2::new(50.0, 0.0));
    assert_eq!(bench.patch().module("mseg").unwrap().at, [before[0] + 50.0, before[1]], "elsewhere on its face the module is taken");
    for _ in 0..5 {
        bench.undo();
    }
    assert_eq!(curve(&bench).to_string(), "0,0 0.5,1 1,0");
}
