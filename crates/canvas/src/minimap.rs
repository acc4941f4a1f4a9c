//! The whole patch small in the lower left corner, and what is seen of it.

use crate::paint::CanvasView;
use bevy::math::{Rect, Vec2};

/// The longest sides, and the room to the corner, logical pixels.
const SIZE: Vec2 = Vec2::new(210.0, 140.0);
const MARGIN: f32 = 14.0;
/// Room around the modules, canvas units.
const ROOM: f32 = 60.0;

/// Where the minimap lies and what it shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Minimap {
    /// Logical pixels.
    pub area: Rect,
    /// Canvas units.
    pub bounds: Rect,
}

impl Minimap {
    /// Of modules that lie in these rectangles; `None` where there are none.
    #[must_use]
    pub fn new(view: &CanvasView, modules: impl Iterator<Item = Rect>) -> Option<Self> {
        let bounds = modules.reduce(|all, rect| all.union(rect))?.union(view.visible()).inflate(ROOM);
        let scale = (SIZE / bounds.size()).min_element();
        let size = bounds.size() * scale;
        let corner = Vec2::new(view.viewport.min.x + MARGIN, view.viewport.max.y - MARGIN);
        Some(Self { area: Rect::new(corner.x, corner.y - size.y, corner.x + size.x, corner.y), bounds })
    }

    #[must_use]
    pub fn screen_from_canvas(&self, canvas: Vec2) -> Vec2 {
        self.area.min + (canvas - self.bounds.min) / self.bounds.size() * self.area.size()
    }

    #[must_use]
    pub fn canvas_from_screen(&self, screen: Vec2) -> Vec2 {
        self.bounds.min + (screen - self.area.min) / self.area.size() * self.bounds.size()
    }

    /// A rectangle of the canvas on the screen.
    #[must_use]
    pub fn rect(&self, canvas: Rect) -> Rect {
        Rect::from_corners(self.screen_from_canvas(canvas.min), self.screen_from_canvas(canvas.max))
    }
}

#[cfg(test)]
mod tests {
    use super::Minimap;
    use crate::paint::CanvasView;
    use bevy::math::{Rect, Vec2};

    #[test]
    fn it_shows_all_modules_and_what_is_seen() {
        let view = CanvasView::default();
        assert_eq!(Minimap::new(&view, std::iter::empty()), None);
        let far = Rect::new(3_000.0, 2_000.0, 3_200.0, 2_100.0);
        let map = Minimap::new(&view, std::iter::once(far)).expect("there is a module");
        assert!(view.viewport.contains(map.area.min) && view.viewport.contains(map.area.max));
        for rect in [far, view.visible()] {
            let small = map.rect(rect);
            assert!(map.area.contains(small.min) && map.area.contains(small.max));
        }
        let place = Vec2::new(100.0, -50.0);
        assert!(map.canvas_from_screen(map.screen_from_canvas(place)).distance(place) < 0.1);
    }
}
