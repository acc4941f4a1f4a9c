//! The patch as an ECS world: modules, ports, knobs and cables as entities.
//!
//! ```text
//!  Document, Signals, UiFocus        written by the app
//!        │
//!  ┌─────▼─────────────────────────────────────────────────────────────────┐
//!  │ PreUpdate   Input    window events → view, selection, CanvasAction     │ ──► CanvasAction ──► the app applies edits
//!  │ Update               the app                                           │
//!  │ PostUpdate  Project  document → entities, by id                        │
//!  │             Animate  signals → light in cables, memory of faces, Watch │ ──► Watch ──► the app taps outputs
//!  │             Draw     entities → display lists of [`paint`]             │
//!  └────────────────────────────────────────────────────────────────────────┘
//! ```
//!
//! [`CanvasPlugin`] is all but the drawing and runs without a window; [`CanvasDrawPlugin`] draws, through [`paint::PaintPlugin`].
//! [`layout`] says where everything lies without any world.
//!
//! **Invariant:** the canvas never writes the [`Document`]: it reads it, and asks for edits.

mod animate;
mod cable_text;
mod draw;
mod faces;
mod gestures;
mod glide;
mod hit;
pub mod layout;
mod minimap;
pub mod paint;
mod project;
mod state;

pub use animate::{CableLevel, ModuleStatus, light_level, watched_output};
pub use cable_text::{amount_text, gain_db, pill_text, port_text, value_text};
pub use draw::CanvasDrawPlugin;
pub use gestures::{AmountDrag, CurveDrag, Drag, Hand, KnobDrag, Modifiers, ModuleDrag, NoteDrag, WireDrag};
pub use hit::{Board, Hit};
pub use minimap::Minimap;
pub use project::{CableNode, KnobNode, ModuleNode, PortNode, Projection};
pub use state::{
    CanvasAction, Comfort, Document, Frozen, LooseWire, MenuOn, ModuleSignals, OutputSignal, Picture, Selection, Signals, UiFocus, Watch,
};

use bevy::app::{App, Plugin, PostUpdate, PreUpdate};
use bevy::input::InputSystems;
use bevy::prelude::{IntoScheduleConfigs, SystemSet};
use bevy::window::{RequestRedraw, WindowEvent};
use paint::{CableLights, CanvasView};

/// The steps of the canvas, in the order of the diagram above.
#[derive(SystemSet, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CanvasSystems {
    /// In `PreUpdate`: what the hand did.
    Input,
    /// In `PostUpdate`: entities follow the document.
    Project,
    /// In `PostUpdate`: what moves by itself.
    Animate,
    /// In `PostUpdate`: display lists.
    Draw,
}

/// The canvas without its drawing.
pub struct CanvasPlugin;

impl Plugin for CanvasPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<Document>()
            .init_resource::<Signals>()
            .init_resource::<UiFocus>()
            .init_resource::<Watch>()
            .init_resource::<Selection>()
            .init_resource::<Comfort>()
            .init_resource::<Hand>()
            .init_resource::<Frozen>()
            .init_resource::<glide::Glide>()
            .init_resource::<Projection>()
            .init_resource::<CanvasView>()
            .init_resource::<CableLights>()
            .add_message::<CanvasAction>()
            .add_message::<WindowEvent>()
            .add_message::<RequestRedraw>()
            .configure_sets(PreUpdate, CanvasSystems::Input.after(InputSystems))
            .configure_sets(PostUpdate, (CanvasSystems::Project, CanvasSystems::Animate, CanvasSystems::Draw).chain())
            .add_systems(
                PreUpdate,
                (gestures::read_hand, gestures::watch_fingers, gestures::grow_targets).chain().in_set(CanvasSystems::Input),
            )
            .add_systems(PostUpdate, glide::advance.before(CanvasSystems::Project))
            .add_systems(
                PostUpdate,
                (project::project_modules, project::project_cables, project::count_plugs, project::finish)
                    .chain()
                    .run_if(project::is_behind)
                    .in_set(CanvasSystems::Project),
            )
            .add_systems(
                PostUpdate,
                (project::fit_view, animate::equip, animate::choose_watched, animate::remember_signals, animate::light_cables)
                    .chain()
                    .in_set(CanvasSystems::Animate),
            );
    }
}
