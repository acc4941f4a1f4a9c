//! All panels around the canvas in their places.

use crate::browser::browser_ui;
use crate::file_dialog::file_dialog_ui;
use crate::hint::hint_ui;
use crate::history::history_ui;
use crate::inspector::{InspectorState, inspector_ui};
use crate::keys::keys_ui;
use crate::messages::messages_ui;
use crate::page::page_ui;
use crate::palette::{menu_ui, palette_ui};
use crate::path::path_ui;
use crate::prompt::prompt_ui;
use crate::search::search_ui;
use crate::state::Panels;
use crate::theme;
use crate::top_bar::{self, top_bar_ui};
use crate::view::StudioView;
use egui::{Context, Frame, Id, LayerId, Margin, Panel, Rect, Ui, UiBuilder};
use patchlight_operators::{Action, Actions};

/// What a frame of the panels gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Studio {
    pub actions: Vec<Action>,
    /// What is left free for the canvas, in egui points.
    pub canvas: Rect,
}

/// A `Ui` over the whole window, below all that floats: what [`studio_ui`] draws into.
#[must_use]
pub fn root_ui(ctx: &Context) -> Ui {
    let builder = UiBuilder::new().layer_id(LayerId::background()).max_rect(ctx.content_rect());
    Ui::new(ctx.clone(), Id::new("studio"), builder)
}

/// Draws every panel that is open, and says what was asked for and what is left for the canvas.
pub fn studio_ui(ui: &mut Ui, view: &StudioView<'_>, panels: &mut Panels) -> Studio {
    let mut actions = Actions::default();
    let frame = |x: i8, y: i8| Frame::new().fill(theme::chrome()).inner_margin(Margin::symmetric(x, y));
    let bar = Panel::top("top bar").exact_size(top_bar::HEIGHT).frame(frame(18, 0)).resizable(false);
    bar.show(ui, |ui| top_bar_ui(ui, view, panels, &mut actions));
    let line = Panel::bottom("hint line").exact_size(28.0).frame(frame(18, 2)).resizable(false);
    line.show(ui, |ui| hint_ui(ui, view, panels));
    if panels.messages_open {
        let list = Panel::bottom("messages").default_size(120.0).size_range(60.0..=400.0).frame(frame(14, 8)).resizable(true);
        list.show(ui, |ui| messages_ui(ui, view, &mut actions));
    }
    if panels.inspector_open {
        let side = Panel::right("inspector").default_size(340.0).size_range(280.0..=520.0).frame(frame(20, 16)).resizable(true);
        let mut state = InspectorState { dialog: &mut panels.file_dialog, chance: &mut panels.chance, page: &mut panels.page };
        side.show(ui, |ui| inspector_ui(ui, view, &mut state, &mut actions));
    }
    if panels.browser_open {
        let side = Panel::left("browser").default_size(220.0).size_range(160.0..=360.0).frame(frame(12, 12)).resizable(true);
        side.show(ui, |ui| browser_ui(ui, view, &mut panels.browser_query, &mut actions));
    }
    if panels.history_open {
        let side = Panel::left("history").default_size(200.0).size_range(140.0..=360.0).frame(frame(12, 12)).resizable(true);
        side.show(ui, |ui| history_ui(ui, view, &mut actions));
    }
    let canvas = ui.available_rect_before_wrap();
    search_ui(ui, view, &mut panels.search, &mut actions);
    file_dialog_ui(ui, view, &mut panels.file_dialog, &mut actions);
    keys_ui(ui, view, &mut panels.keys, &mut actions);
    palette_ui(ui, view, &mut panels.palette, &mut actions);
    menu_ui(ui, view, &mut panels.menu, &mut actions);
    prompt_ui(ui, view, &mut panels.prompt, &mut actions);
    path_ui(ui, view, canvas.min + egui::vec2(12.0, 12.0), &mut actions);
    page_ui(ui, view, &mut panels.page, &mut actions);
    Studio { actions: actions.0, canvas }
}
