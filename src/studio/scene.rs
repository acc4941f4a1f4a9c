//! What operators and screen readers see of the studio.

use bevy::prelude::Vec2;
use patchlight_canvas::layout::layout_of;
use patchlight_canvas::paint::CanvasView;
use patchlight_canvas::{Document, Selection};
use patchlight_core::ModuleId;
use patchlight_operators::{Picked, Place, Scene};

/// What is selected on the canvas.
#[must_use]
pub fn picked(selection: &Selection) -> Picked {
    Picked {
        modules: selection.modules.clone(),
        cable: selection.cable.clone(),
        spot: selection.spot.clone(),
        carried: selection.carried.clone(),
    }
}

/// Shows a document to an operator. `pointer` is in logical pixels of the screen.
pub fn with_scene<R>(
    document: &Document,
    picked: &Picked,
    view: &CanvasView,
    pointer: Option<Vec2>,
    clipboard: &dyn Fn() -> String,
    look: impl FnOnce(&Scene<'_>) -> R,
) -> R {
    let size_of = |id: &ModuleId| {
        let layout = layout_of(&document.patch, &document.library, id.as_str());
        layout.map_or([0.0, 0.0], |layout| layout.size.to_array())
    };
    // Under the pointer where it is over the canvas, else in the middle of the view.
    let over = pointer.filter(|pointer| view.viewport.contains(*pointer));
    look(&Scene {
        patch: &document.patch,
        library: &document.library,
        picked,
        level: document.level.as_ref(),
        clipboard,
        here: over.map_or(view.center, |pointer| view.canvas_from_screen(pointer)).to_array(),
        view: Place { center: view.center.to_array(), zoom: view.zoom },
        size_of: &size_of,
    })
}
