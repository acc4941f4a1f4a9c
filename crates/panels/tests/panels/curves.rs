//! Drawing a curve: points and bends by hand and by key, and the text beside it.

use crate::bench::{App, window};
use egui::{Key, Vec2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use patchlight_core::ModuleId;
use patchlight_patch::Module;

fn drawing() -> Harness<'static, App> {
    let mut app = App::empty();
    app.patch.modules.insert(ModuleId::from("mseg"), Module::new("env.mseg", [0.0, 0.0]));
    window(app.selecting(&["mseg"]))
}

fn curve(harness: &Harness<'_, App>) -> String {
    harness.state().patch.modules["mseg"].data.get("curve").map_or_else(|| "0,0 0.5,1 1,0".to_owned(), Clone::clone)
}

fn drag(harness: &mut Harness<'_, App>, label: &str, by: Vec2) {
    let start = harness.get_by_label(label).rect().center();
    harness.drag_at(start);
    harness.run();
    for step in 1..=4 {
        harness.hover_at(start + by * (step as f32 / 4.0));
        harness.run();
    }
    harness.drop_at(start + by);
    harness.run();
}

#[test]
fn a_point_is_dragged_as_one_gesture() {
    let mut harness = drawing();
    let from = harness.get_by_label("point 1 of 3, 0.00 at 0.00").rect().center();
    let to = harness.get_by_label("point 3 of 3, 0.00 at 1.00").rect().center();
    let peak = harness.get_by_label("point 2 of 3, 1.00 at 0.50").rect().center();
    let (width, height) = (to.x - from.x, from.y - peak.y);
    drag(&mut harness, "point 2 of 3, 1.00 at 0.50", vec2(width * 0.25, height * 0.5));
    let text = curve(&harness);
    let drawn: patchlight_core::DrawnCurve = text.parse().expect("a curve");
    let point = drawn.points()[1];
    assert!((point.x - 0.75).abs() < 0.01 && (point.y - 0.5).abs() < 0.01, "{text}");
    assert_eq!(harness.state().history.entries().len(), 1, "a drag is one entry");
}

#[test]
fn the_dot_of_a_segment_bends_it_upward_on_both_sides() {
    for (label, bend) in [("bend 1, 0 %", 0), ("bend 2, 0 %", 1)] {
        let mut harness = drawing();
        drag(&mut harness, label, vec2(0.0, -35.0));
        let drawn: patchlight_core::DrawnCurve = curve(&harness).parse().expect("a curve");
        let middle = 0.25 + 0.5 * bend as f32;
        assert!(drawn.at(middle) > 0.6, "{label}: {}", curve(&harness));
    }
}

#[test]
fn a_double_click_adds_a_point_and_another_takes_it_away() {
    let mut harness = drawing();
    let left = harness.get_by_label("point 1 of 3, 0.00 at 0.00").rect().center();
    let peak = harness.get_by_label("point 2 of 3, 1.00 at 0.50").rect().center();
    let free = left + vec2((peak.x - left.x) * 0.5, (peak.y - left.y) * 0.9);
    for expected in [4, 3] {
        for _ in 0..2 {
            harness.drag_at(free);
            harness.drop_at(free);
        }
        harness.run();
        let drawn: patchlight_core::DrawnCurve = curve(&harness).parse().expect("a curve");
        assert_eq!(drawn.points().len(), expected);
        // Or the next click would be the third.
        harness.step();
        std::thread::sleep(std::time::Duration::from_millis(10));
        harness.input_mut().time = Some(harness.ctx.input(|input| input.time) + 2.0);
        harness.step();
    }
}

#[test]
fn keys_move_and_delete() {
    let mut harness = drawing();
    harness.get_by_label("point 2 of 3, 1.00 at 0.50").focus();
    harness.run();
    harness.key_press(Key::ArrowDown);
    harness.run();
    harness.key_press(Key::ArrowRight);
    harness.run();
    assert_eq!(curve(&harness), "0,0 0.52,0.98 1,0");
    harness.key_press(Key::Delete);
    harness.run();
    assert_eq!(curve(&harness), "0,0 1,0");
}
