//! Where things are on the screen: by the same layout, view and panels as in the studio.

use bevy::math::{Rect, Vec2};
use egui::{Context, RawInput, pos2};
use patchlight_canvas::layout::{knob_position, module_layout, patch_bounds};
use patchlight_canvas::paint::{CableCurve, CanvasView};
use patchlight_core::PortRef;
use patchlight_modules::LIBRARY;
use patchlight_operators::KeyMap;
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
        let bounds = patch_bounds(patch, &LIBRARY, None).expect("the patch has modules");
        view.fit(bounds, 48.0);
        assert_eq!(view.zoom, 1.0, "a small patch is shown at its own size, whatever the margin");
        Self { patch, view }
    }

    /// Of an empty canvas that things are put on, in a window of this size.
    pub fn empty(patch: &'a Patch, (width, height): (u32, u32)) -> Self {
        let viewport = left_free(patch, width as f32, height as f32);
        Self { patch, view: CanvasView { viewport, fills_target: false, ..CanvasView::default() } }
    }

    /// Where a place of the canvas is on the screen.
    pub fn screen(&self, canvas: [f32; 2]) -> Vec2 {
        self.view.screen_from_canvas(Vec2::from(canvas))
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
        let port = PortRef::new(module, port);
        Vec2::from(placed.at) + if output { layout.output_pos(&port) } else { layout.input_pos(&port) }
    }
}

/// The studio's panels as they are when it has just opened a patch.
pub fn with_view<R>(patch: &Patch, look: impl FnOnce(&StudioView<'_>) -> R) -> R {
    let (history, selection, keymap) = (History::new(), SelectionView::default(), KeyMap::default());
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
    look(&StudioView {
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
        saved: &[],
        keymap: &keymap,
        level: None,
        touch: false,
        hears: true,
    })
}

/// What the panels leave for the canvas.
fn left_free(patch: &Patch, width: f32, height: f32) -> Rect {
    let context = Context::default();
    theme::apply(&context, theme::Look::Dark);
    let mut panels = Panels::default();
    let mut free = Rect::default();
    // Panels find their sizes in the first frame.
    for _ in 0..3 {
        let screen = egui::Rect::from_min_max(pos2(0.0, 0.0), pos2(width, height));
        let input = RawInput { screen_rect: Some(screen), ..RawInput::default() };
        let output = context.run_ui(input, |ui| {
            let canvas = with_view(patch, |view| studio_ui(&mut root_ui(ui.ctx()), view, &mut panels).canvas);
            free = Rect::new(canvas.min.x, canvas.min.y, canvas.max.x, canvas.max.y);
        });
        output.drop_without_applying_deltas();
    }
    free
}
