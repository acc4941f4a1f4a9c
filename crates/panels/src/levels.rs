//! The meter of what leaves the program: peak and RMS, left and right, and a light that remembers a clip.

use crate::theme;
use crate::view::MasterView;
use crate::widgets::{focus_ring, level_share, level_text};
use egui::{Align2, Rect, Sense, Ui, WidgetInfo, WidgetType, pos2, vec2};
use patchlight_operators::{Action, Actions};

/// Decibels that are written under the meter.
const SCALE_DB: [f32; 5] = [-48.0, -36.0, -24.0, -12.0, 0.0];
const WIDTH: f32 = 150.0;

/// Bars for left and right: bright to the RMS, paler to the peak. Clicking the light forgets the clip.
pub fn master_meter_ui(ui: &mut Ui, master: &MasterView, actions: &mut Actions) {
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        // Declared from left to right, whichever way the bar that it stands in is laid out.
        ui.allocate_ui_with_layout(vec2(WIDTH + 20.0, 32.0), egui::Layout::left_to_right(egui::Align::Center), |ui| {
            bars(ui, master);
            clip_light(ui, master.clipped_frames, actions);
        });
    });
}

fn bars(ui: &mut Ui, master: &MasterView) {
    let (rect, response) = ui.allocate_exact_size(vec2(WIDTH, 30.0), Sense::hover());
    let painter = ui.painter();
    for (row, (peak_db, rms_db)) in master.peak_db.into_iter().zip(master.rms_db).enumerate() {
        let bar = Rect::from_min_size(rect.min + vec2(0.0, 2.0 + 8.0 * row as f32), vec2(WIDTH, 6.0));
        painter.rect_filled(bar, 2.0, theme::track());
        // Green, amber and red each begin where their levels do.
        for (from_db, below_db) in [(-60.0, -6.0), (-6.0, -0.5), (-0.5, 0.0)] {
            let color = theme::level(below_db - 0.01);
            let x = |level_db: f32| bar.left() + WIDTH * level_share(level_db.clamp(from_db, below_db));
            for (level_db, strength) in [(peak_db, 0.45), (rms_db, 1.0)] {
                let lit = Rect::from_x_y_ranges(x(from_db)..=x(level_db), bar.y_range());
                painter.rect_filled(lit, 1.0, color.gamma_multiply(strength));
            }
        }
    }
    for mark_db in SCALE_DB {
        let x = rect.left() + WIDTH * level_share(mark_db);
        let align = if mark_db == 0.0 { Align2::RIGHT_BOTTOM } else { Align2::CENTER_BOTTOM };
        let text = format!("{mark_db:.0}").replace('-', "−");
        painter.text(pos2(x, rect.bottom() + 2.0), align, text, theme::mono(8.0), theme::dim());
    }
    let [left, right] = master.peak_db.map(level_text);
    let [left_rms, right_rms] = master.rms_db.map(level_text);
    let name = format!("master level, left {left} dB, right {right} dB");
    response.widget_info(|| WidgetInfo::labeled(WidgetType::ProgressIndicator, true, &name));
    response.on_hover_text(format!("Master, in dB of full scale\npeak  L {left}  R {right}\nRMS   L {left_rms}  R {right_rms}"));
}

fn clip_light(ui: &mut Ui, clipped_frames: u64, actions: &mut Actions) {
    let (rect, response) = ui.allocate_exact_size(vec2(14.0, 18.0), Sense::click());
    let lit = clipped_frames > 0;
    let light = Rect::from_center_size(rect.center(), vec2(8.0, 14.0));
    ui.painter().rect_filled(light, 2.0, if lit { theme::clip() } else { theme::track() });
    focus_ring(ui, &response, light);
    let name = if lit { format!("clipped, {clipped_frames} frames") } else { "no clip".to_owned() };
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, &name));
    if response.clicked() {
        actions.push(Action::ResetClip);
    }
    response.on_hover_text(if lit {
        format!("{clipped_frames} frames were above full scale and were cut off. Click to forget it; Gain staging shows where it got hot")
    } else {
        "Lights up and stays lit when a sample is above full scale (0 dB)".to_owned()
    });
}
