//! The path at the top of the canvas: which sub-patch one looks into, and the way back out.

use crate::theme;
use crate::view::StudioView;
use crate::widgets::dim;
use egui::{Area, Button, Frame, Id, Order, Pos2, RichText, Ui, WidgetInfo, WidgetType};
use patchlight_operators::{Action, Actions};
use patchlight_patch::GroupId;

/// Draws the path at a corner of the canvas, while one looks into a sub-patch.
pub fn path_ui(ui: &Ui, view: &StudioView<'_>, corner: Pos2, actions: &mut Actions) {
    let Some(level) = view.level else { return };
    let path = view.patch.group_path(level);
    Area::new(Id::new("path")).order(Order::Middle).fixed_pos(corner).show(ui.ctx(), |ui| {
        Frame::popup(ui.style()).show(ui, |ui| {
            ui.horizontal(|ui| {
                let whole = if view.patch.name.is_empty() { "Patch" } else { view.patch.name.as_str() };
                step_ui(ui, whole, None, actions);
                for (place, group) in path.iter().enumerate() {
                    ui.label(dim("›"));
                    let name = view.patch.label(group.as_str(), view.library);
                    if place + 1 == path.len() {
                        ui.label(RichText::new(name).font(theme::semibold(12.5)));
                    } else {
                        step_ui(ui, &name, Some(group), actions);
                    }
                }
            });
        });
    });
}

fn step_ui(ui: &mut Ui, name: &str, group: Option<&GroupId>, actions: &mut Actions) {
    let button = ui.add(Button::new(RichText::new(name).font(theme::medium(12.5)).color(theme::accent())).frame_when_inactive(false));
    button.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, format!("back to {name}")));
    if button.on_hover_text("Back to this level (PageUp goes out one)").clicked() {
        actions.push(Action::Enter(group.cloned()));
    }
}
