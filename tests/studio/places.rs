//! Where things are on the screen: by the same layout, view and panels as in the studio.

use bevy::math::{Rect, Vec2};
use egui::{Context, RawInput, pos2};
use patchlight_canvas::layout::{knob_position, module_layout, patch_bounds};
use patchlight_canvas::paint::{CableCurve, CanvasView};
use patchlight_modules::LIBRARY;
use patchlight_panels::{EngineView, MasterView, Panels, SelectionView, StudioView, TransportView, root_ui, studio_ui, theme};
use patchlight_patch::{CableId, History, Patch};
use std::path::Path;

pub struct Places<'a> {
    patch: &'a Patch,
    view: CanvasView,
}

impl<'a> Places<'a> {
    /// Of a patch that was just opened in a window of this size, in pixels.
    pub fn new(patch: &'a Patch, (width, height): (u32, u32)) -> Self {
        let viewport = left_free(patch, width as f32, height as f32);
        let mut view = CanvasView { viewport, fills_target: false, ..CanvasView::default() };
        let bounds = patch_bounds(patch, &LIBRARY).expect("the patch has modules");
        view.fit(bounds, 48.0);
        assert_eq!(view.zoom, 1.0, "a small patch is shown at its own size, whatever the margin");
        Self { patch, view }
    }

    pub fn output(&self, module: &str, port: &str) -> Vec2 {
        self.view.screen_from_canvas(self.end(module, port, true))
    }

    pub fn input(&self, module: &str, port: &str) -> Vec2 {
        self.view.screen_from_canvas(self.end(module, port, false))
    }

    pub fn knob(&self, module: &str, param: &str) -> Vec2 {
        self.view.screen_from_canvas(knob_position(self.patch, &LIBRARY, module, param).expect("the knob is on the face"))
    }

    /// A place on a cable, away from what is written in its middle.
    pub fn cable(&self, id: &CableId) -> Vec2 {
        let ends = (self.end(id.from.module.as_str(), &id.from.port, true), self.end(id.to.module.as_str(), &id.to.port, false));
        self.view.screen_from_canvas(CableCurve::between(ends.0, ends.1).at(0.3))
    }

    fn end(&self, module: &str, port: &str, output: bool) -> Vec2 {
        let placed = self.patch.module(module).expect("the module is in the patch");
        let layout = module_layout(LIBRARY.get(&placed.kind).expect("a known kind"));
        Vec2::from(placed.at) + if output { layout.output_pos(port) } else { layout.input_pos(port) }
    }
}

/// What the panels leave for the canvas.
fn left_free(patch: &Patch, width: f32, height: f32) -> Rect {
    let context = Context::default();
    theme::apply(&context);
    let mut panels = Panels::default();
    let (history, selection) = (History::new(), SelectionView::default());
    let transport = TransportView { playing: true, tempo_bpm: 120.0, beat: 0.0, leads: None };
    let engine = EngineView {
        load: 0.0,
        sample_rate_hz: 48_000,
        buffer_frames: 2048,
        xruns: 0,
        voices: 1,
        device_name: "null0",
        devices: &[],
        silent_why: None,
    };
    let view = StudioView {
        patch,
        library: &LIBRARY,
        history: &history,
        selection: &selection,
        patch_path: None,
        dirty: false,
        transport,
        engine,
        master: MasterView { peak_db: [-120.0; 2], rms_db: [-120.0; 2], clipped_frames: 0 },
        messages: &[],
        levels: &|_| None,
        factory: &[],
        patches_folder: Path::new(""),
        page: &|_| None,
        user_presets: &[],
        keys: &[],
    };
    let mut free = Rect::default();
    // Panels find their sizes in the first frame.
    for _ in 0..3 {
        let screen = egui::Rect::from_min_max(pos2(0.0, 0.0), pos2(width, height));
        let input = RawInput { screen_rect: Some(screen), ..RawInput::default() };
        let output = context.run_ui(input, |ui| {
            let canvas = studio_ui(&mut root_ui(ui.ctx()), &view, &mut panels).canvas;
            free = Rect::new(canvas.min.x, canvas.min.y, canvas.max.x, canvas.max.y);
        });
        output.drop_without_applying_deltas();
    }
    free
}
