//! The whole studio: every panel on an empty and on a busy patch, what is left for the canvas, and what screen readers hear.

use crate::bench::{App, window};
use egui_kittest::kittest::{NodeT, Queryable};

fn all_open(mut app: App) -> App {
    app.panels.browser_open = true;
    app.panels.history_open = true;
    app.panels.messages_open = true;
    app
}

#[test]
fn everything_is_drawn_on_an_empty_patch() {
    let harness = window(all_open(App::empty()));
    assert!(harness.query_by_label("Nothing to report: the whole patch plays.").is_some());
    assert!(harness.query_by_label("Untitled patch").is_some());
    let canvas = harness.state().studio.as_ref().expect("it was drawn").canvas;
    assert!(canvas.width() > 600.0 && canvas.height() > 600.0, "{canvas:?}");
}

#[test]
fn everything_is_drawn_of_every_module_of_a_busy_patch() {
    let ids: Vec<String> = App::busy().patch.modules.keys().map(ToString::to_string).collect();
    for id in &ids {
        let harness = window(all_open(App::busy().selecting(&[id])));
        assert!(harness.query_by_label("module name").is_some(), "{id}");
        assert!(harness.state().asked.is_empty(), "drawing {id} asks for nothing");
    }
}

#[test]
fn closed_panels_leave_their_room_to_the_canvas() {
    let mut app = App::busy();
    app.panels.inspector_open = false;
    let harness = window(app);
    let canvas = harness.state().studio.as_ref().expect("it was drawn").canvas;
    assert_eq!((canvas.left(), canvas.top(), canvas.right()), (0.0, 52.0, 1600.0));
    let harness = window(App::busy());
    let canvas = harness.state().studio.as_ref().expect("it was drawn").canvas;
    assert!((canvas.right() - 1260.0).abs() < 2.0, "{canvas:?}");
}

#[test]
fn panels_keep_their_width_whatever_is_in_them() {
    let ids: Vec<String> = App::busy().patch.modules.keys().map(ToString::to_string).collect();
    for id in &ids {
        let mut harness = window(App::busy().selecting(&[id]));
        harness.run_steps(20);
        let canvas = harness.state().studio.as_ref().expect("it was drawn").canvas;
        assert!((canvas.right() - 1260.0).abs() < 2.0, "{id}: {canvas:?}");
    }
}

#[test]
fn nothing_is_drawn_anew_while_nothing_happens() {
    let mut harness = window(all_open(App::busy().selecting(&["filter"])));
    // `run` draws until no new frame is wanted; at rest that is one or two.
    assert!(harness.run() <= 2);
}

#[test]
fn what_a_screen_reader_hears_of_the_inspector() {
    let harness = window(App::busy().selecting(&["filter"]));
    let mut heard = Vec::new();
    for node in harness.query_all_by(|node| node.label().is_some() && !node.is_hidden()) {
        let node = node.accesskit_node();
        let edge = node.bounding_box().map_or(0.0, |rect| rect.x0);
        if edge > 1260.0 {
            heard.push(format!("{:?}: {}", node.role(), node.label().unwrap_or_default()));
        }
    }
    insta::assert_snapshot!(heard.join("\n"));
}
