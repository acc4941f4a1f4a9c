//! What a screen reader is told of the canvas: a patch as a tree of names, kept as text.

use crate::places::with_view;
use egui::accesskit::{Node, NodeId, Role, TreeUpdate};
use egui::{Context, RawInput};
use patchlight_canvas::layout::layout_of;
use patchlight_core::{ModuleId, PortRef, Spot};
use patchlight_modules::LIBRARY;
use patchlight_operators::{Actions, Picked, Place, Scene};
use patchlight_panels::{access_ui, root_ui, theme};
use patchlight_patch::{Patch, read_patch};
use std::collections::HashMap;
use std::fmt::Write;

const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/studio/teacher_filter.access.txt");

fn teacher_filter() -> Patch {
    read_patch(include_str!("../../patches/teacher_filter.ron"), &LIBRARY).unwrap().0
}

/// The tree of the canvas as it is told.
fn told(patch: &Patch, picked: &Picked) -> TreeUpdate {
    let context = Context::default();
    context.enable_accesskit();
    theme::apply(&context, theme::Look::Dark);
    let size_of = |id: &ModuleId| layout_of(patch, &LIBRARY, id.as_str()).map_or([0.0; 2], |layout| layout.size.to_array());
    let scene = Scene {
        patch,
        library: &LIBRARY,
        picked,
        level: None,
        clipboard: &String::new,
        here: [0.0; 2],
        view: Place { center: [0.0; 2], zoom: 1.0 },
        size_of: &size_of,
    };
    let output = context.run_ui(RawInput::default(), |ui| {
        with_view(patch, |view| access_ui(&mut root_ui(ui.ctx()), view, &scene, &mut Actions::default()));
    });
    let update = output.platform_output.accesskit_update.clone().expect("the tree is told");
    output.drop_without_applying_deltas();
    update
}

fn write(text: &mut String, nodes: &HashMap<NodeId, Node>, id: NodeId, depth: usize) {
    let node = &nodes[&id];
    let named = node.label().is_some_and(|label| !label.is_empty());
    if named {
        let value = node.value().map_or(String::new(), |value| format!(" = {value}"));
        writeln!(text, "{}{:?}: {}{value}", "  ".repeat(depth), node.role(), node.label().unwrap_or_default()).unwrap();
    }
    for child in node.children() {
        write(text, nodes, *child, depth + usize::from(named));
    }
}

fn as_text(update: &TreeUpdate) -> String {
    let nodes: HashMap<NodeId, Node> = update.nodes.iter().cloned().collect();
    let canvas = update.nodes.iter().find(|(_, node)| node.label() == Some("canvas")).expect("the canvas is named").0;
    let mut text = String::new();
    write(&mut text, &nodes, canvas, 0);
    text
}

#[test]
fn the_tree_of_a_patch_is_as_it_was() {
    let text = as_text(&told(&teacher_filter(), &Picked::default()));
    if std::env::var_os("PATCHLIGHT_BLESS").is_some() {
        std::fs::write(KEPT, &text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(KEPT).unwrap(), "PATCHLIGHT_BLESS=1 keeps the new tree");
}

#[test]
fn every_module_port_knob_and_cable_is_named_with_its_value() {
    let patch = teacher_filter();
    let update = told(&patch, &Picked::default());
    let of = |role: Role| update.nodes.iter().filter(move |(_, node)| node.role() == role && node.label().is_some()).count();
    let specs: Vec<_> = patch.modules.values().filter_map(|module| LIBRARY.get(&module.kind)).collect();
    let ports: usize = specs.iter().map(|spec| spec.inputs.len() + spec.outputs.len()).sum();
    let knobs: usize = specs.iter().map(|spec| spec.params.iter().filter(|param| !param.hidden).count()).sum();
    // The canvas is a group too.
    assert_eq!((of(Role::Group), of(Role::Button), of(Role::ListItem)), (1 + specs.len(), ports, patch.cables.len()));
    assert_eq!(of(Role::Slider) + of(Role::Switch), knobs);
    assert!(update.nodes.iter().filter(|(_, node)| node.role() == Role::Slider).all(|(_, node)| node.value().is_some()));
}

#[test]
fn what_the_keys_are_at_is_told_aloud() {
    let patch = teacher_filter();
    let cable = patch.cables.keys().next().unwrap().clone();
    let port = PortRef::new(cable.from.module.clone(), cable.from.port.clone());
    let picked = Picked { spot: Some(Spot::Output(port.clone())), carried: Some((port, true)), ..Picked::default() };
    let update = told(&patch, &picked);
    let said = update.nodes.iter().find(|(_, node)| node.role() == Role::Status).and_then(|(_, node)| node.label()).unwrap();
    assert!(said.contains("output of") && said.ends_with("is in the hand"), "{said}");
}
