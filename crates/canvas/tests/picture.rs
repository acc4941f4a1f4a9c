//! Draws real pictures without a window and looks at their pixels. Needs a Vulkan driver; Mesa's lavapipe is enough.

use bevy::image::Image;
use bevy::prelude::{App, Entity, Mut, Rect, UVec2, Vec2};
use patchlight_canvas::paint::{
    Align, CableCurve, CableLights, CableState, Cables, CanvasView, Font, Fonts, Ink, Look, OffscreenTarget, PaintLayer, PaintPlugin, Plot,
    Shapes, TextStyle, Theme, canvas_camera, capture, offscreen_plugins,
};
use std::f32::consts::PI;

const SIZE: UVec2 = UVec2::new(240, 160);

/// An app that draws 240×160 canvas units from the top left, and what was seen last.
struct Studio {
    app: App,
    target: OffscreenTarget,
    picture: Image,
}

impl Studio {
    fn new() -> Self {
        let mut app = App::new();
        app.add_plugins((offscreen_plugins(), PaintPlugin { fonts: Fonts::load().expect("the built-in fonts") }));
        let target = OffscreenTarget::new(app.world_mut(), SIZE, 1.0);
        app.world_mut().spawn((canvas_camera(), target.render_target()));
        let picture = Image::default();
        let mut studio = Self { app, target, picture };
        studio.look_at(1.0);
        studio
    }

    fn look_at(&mut self, zoom: f32) {
        let center = SIZE.as_vec2() * 0.5;
        self.app.insert_resource(CanvasView { center, zoom, ..CanvasView::default() });
    }

    fn fonts(&self) -> Fonts {
        self.app.world().resource::<Fonts>().clone()
    }

    fn layer(&mut self, layer: PaintLayer, draw: impl FnOnce(&mut Shapes, &Fonts)) -> Entity {
        let mut shapes = Shapes::new();
        draw(&mut shapes, &self.fonts());
        self.app.world_mut().spawn((layer, shapes)).id()
    }

    fn shoot(&mut self) {
        self.picture = capture(&mut self.app, &self.target).expect("a picture");
    }

    fn pixel(&self, x: u32, y: u32) -> [u8; 3] {
        let bytes = self.picture.pixel_bytes([x, y, 0].into()).expect("inside the picture");
        [bytes[0], bytes[1], bytes[2]]
    }

    fn brightness(&self, x: u32, y: u32) -> u32 {
        self.pixel(x, y).into_iter().map(u32::from).sum()
    }

    #[track_caller]
    fn assert_ink(&self, at: (u32, u32), ink: Ink, tolerance: i32) {
        let seen = self.pixel(at.0, at.1);
        let near = seen.iter().zip([ink.r, ink.g, ink.b]).all(|(&a, b)| (i32::from(a) - i32::from(b)).abs() <= tolerance);
        assert!(near, "{seen:?} at {at:?}, not {ink:?}");
    }
}

/// One app for all: each begins with an empty canvas.
#[test]
fn pictures_show_what_was_drawn() {
    let mut studio = Studio::new();
    for check in [boxes_and_order, text_is_where_it_was_set, curves_and_areas, light_in_cables, zoom_and_screen, a_changed_list] {
        check(&mut studio);
        let world = studio.app.world_mut();
        let layers: Vec<Entity> = world.query_filtered::<Entity, bevy::prelude::With<PaintLayer>>().iter(world).collect();
        for layer in layers {
            world.despawn(layer);
        }
        studio.look_at(1.0);
    }
}

fn boxes_and_order(studio: &mut Studio) {
    let theme = Theme::default();
    let red = Ink::hex(0xc0_3020);
    studio.layer(PaintLayer::canvas(2), |shapes, _| {
        shapes.rect(Rect::new(60.0, 30.0, 100.0, 70.0), Look::fill(red));
        shapes.circle(Vec2::new(180.0, 50.0), 20.0, Look::stroke(Ink::WHITE, 4.0));
    });
    studio.layer(PaintLayer::canvas(1), |shapes, _| {
        shapes.rect(Rect::new(20.0, 20.0, 80.0, 80.0), Look::fill(theme.panel).with_stroke(theme.panel_edge, 1.0).radius(9.0));
        shapes.rect(Rect::new(20.0, 100.0, 80.0, 140.0), Look::fill(Ink::WHITE.alpha(0.5)));
    });
    studio.layer(PaintLayer { visible: false, ..PaintLayer::canvas(9) }, |shapes, _| {
        shapes.rect(Rect::new(0.0, 0.0, 240.0, 160.0), Look::fill(red));
    });
    studio.shoot();
    studio.assert_ink((120, 150), theme.background, 1);
    studio.assert_ink((40, 40), theme.panel, 1);
    studio.assert_ink((20, 50), theme.panel_edge, 1);
    studio.assert_ink((20, 20), theme.background, 3);
    studio.assert_ink((70, 50), red, 1);
    studio.assert_ink((59, 50), theme.panel, 1);
    studio.assert_ink((180, 32), Ink::WHITE, 1);
    studio.assert_ink((180, 50), theme.background, 1);
    // Opacity is about what other programs give, half of the encoded values; half of the light would be 188.
    studio.assert_ink((50, 120), theme.background.mix(Ink::WHITE, 0.5), 12);
}

fn text_is_where_it_was_set(studio: &mut Studio) {
    let theme = Theme::default();
    studio.layer(PaintLayer::canvas(1), |shapes, fonts| {
        let style = TextStyle::new(Font::SemiBold, 40.0, theme.text).align(Align::Middle);
        shapes.text(fonts, Vec2::new(120.0, 100.0), "HIH", style);
    });
    studio.shoot();
    let (fonts, ground) = (studio.fonts(), studio.brightness(2, 2));
    let width = fonts.width(Font::SemiBold, 40.0, "HIH");
    let top = 100.0 - fonts.cap_height(Font::SemiBold, 40.0);
    let (mut min, mut max) = (UVec2::splat(999), UVec2::ZERO);
    for (x, y) in (0..SIZE.x).flat_map(|x| (0..SIZE.y).map(move |y| (x, y))) {
        if studio.brightness(x, y) > ground + 60 {
            min = min.min(UVec2::new(x, y));
            max = max.max(UVec2::new(x, y));
        }
    }
    assert!((max.x - min.x) as f32 > width - 10.0 && (max.x - min.x) as f32 <= width, "{min} {max} against {width}");
    assert!((min.y as f32 - top).abs() <= 1.0 && max.y == 99, "from {min} to {max}, capitals begin at {top}");
    studio.assert_ink((120, 85), theme.text, 2);
}

fn curves_and_areas(studio: &mut Studio) {
    studio.layer(PaintLayer::canvas(1), |shapes, _| {
        let plot = Plot { line: Ink::hex(0x00_ff00), width: 3.0, area: Ink::hex(0x00_00ff), base_y: 70.0 };
        shapes.plot(Rect::new(10.0, 10.0, 110.0, 70.0), (0..50).map(|_| 0.5), plot);
        let roof = [Vec2::new(130.0, 60.0), Vec2::new(180.0, 20.0), Vec2::new(230.0, 60.0)];
        shapes.area(&roof, 70.0, Ink::hex(0xff_0000), 1.0);
        shapes.polyline(&roof, 3.0, Ink::WHITE.alpha(0.5));
        shapes.arc(Vec2::new(60.0, 120.0), 20.0, 0.0, PI, 4.0, Ink::WHITE);
    });
    studio.shoot();
    let ground = Theme::default().background;
    studio.assert_ink((60, 40), Ink::hex(0x00_ff00), 4);
    studio.assert_ink((60, 30), ground, 1);
    let [_, _, blue] = studio.pixel(60, 50);
    assert!(blue > 90, "the area is {blue}");
    studio.assert_ink((180, 50), Ink::hex(0xff_0000), 2);
    studio.assert_ink((140, 30), ground, 1);
    // The joint of a translucent line is no brighter than the line.
    let (joint, line) = (studio.brightness(180, 20), studio.brightness(155, 40));
    assert!(joint <= line + 40, "{joint} at the joint, {line} in the line");
    studio.assert_ink((80, 120), Ink::WHITE, 2);
    studio.assert_ink((40, 120), ground, 1);
}

fn light_in_cables(studio: &mut Studio) {
    let theme = Theme::default();
    let mut cables = Cables::default();
    for (row, light) in [30.0, 60.0, 90.0, 120.0].into_iter().zip(0..) {
        cables.push(CableCurve { points: [0.0, 80.0, 160.0, 240.0].map(|x| Vec2::new(x, row + 0.5)) }, theme.audio, 3.0, light);
    }
    studio.app.world_mut().spawn((PaintLayer::canvas(1), cables));
    studio.app.world_mut().resource_scope(|_, mut lights: Mut<CableLights>| {
        lights.resize(4);
        for (light, level) in [0.0, 1.0, 1.0, 1.0].into_iter().enumerate() {
            lights.set_level(light, level);
        }
        lights.set_state(2, CableState { clipped: true, ..CableState::default() });
        lights.set_state(3, CableState { hidden: true, ..CableState::default() });
        lights.settle();
    });
    studio.shoot();
    let (dark, lit) = (studio.brightness(130, 30), studio.brightness(130, 60));
    assert!(lit > dark + 200 && dark > studio.brightness(130, 10) + 60, "lit {lit}, dark {dark}");
    assert!(studio.brightness(130, 66) > studio.brightness(130, 36) + 15, "light shines around the cable");
    let [red, green, _] = studio.pixel(130, 90);
    assert!(red > 180 && red > green + 60, "a clipped cable is red, not {:?}", studio.pixel(130, 90));
    studio.assert_ink((130, 120), theme.background, 3);
}

fn zoom_and_screen(studio: &mut Studio) {
    studio.layer(PaintLayer::canvas(1), |shapes, _| shapes.rect(Rect::new(110.0, 70.0, 130.0, 90.0), Look::fill(Ink::WHITE)));
    studio.layer(PaintLayer::screen(2), |shapes, _| shapes.rect(Rect::new(4.0, 4.0, 10.0, 10.0), Look::fill(Ink::WHITE)));
    studio.look_at(3.0);
    studio.shoot();
    let ground = Theme::default().background;
    for inside in [(91, 51), (148, 108), (4, 4), (9, 9)] {
        studio.assert_ink(inside, Ink::WHITE, 1);
    }
    for outside in [(89, 80), (150, 80), (120, 49), (12, 3)] {
        studio.assert_ink(outside, ground, 16);
    }
}

fn a_changed_list(studio: &mut Studio) {
    let layer = studio.layer(PaintLayer::canvas(1), |shapes, _| shapes.rect(Rect::new(0.0, 0.0, 50.0, 50.0), Look::fill(Ink::WHITE)));
    studio.shoot();
    studio.assert_ink((25, 25), Ink::WHITE, 1);
    let mut entity = studio.app.world_mut().entity_mut(layer);
    let mut shapes = entity.get_mut::<Shapes>().expect("the layer's list");
    shapes.clear();
    // More than the buffer was made for, so that it must grow.
    for i in 0..200 {
        let left = 100.0 + (i % 100) as f32;
        shapes.rect(Rect::new(left, 100.0, left + 1.0, 120.0), Look::fill(Ink::WHITE));
    }
    studio.shoot();
    studio.assert_ink((25, 25), Theme::default().background, 3);
    assert!(studio.brightness(28, 28) > studio.brightness(35, 35) + 10, "a dot of the grid");
    studio.assert_ink((199, 110), Ink::WHITE, 1);
}
