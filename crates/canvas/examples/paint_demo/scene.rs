//! The patch of the design picture: nine modules, ten cables, everything that can move moving.

use crate::faces;
use bevy::math::{Rect, Vec2};
use bevy::prelude::{Component, Query, ResMut, Resource, With, World};
use patchlight_canvas::paint::{
    Align, CableCurve, CableLights, CableState, Cables, Font, Fonts, Ink, KnobFace, ModuleFace, PaintLayer, Painter, PortFace, Shapes,
    TextStyle, Theme, order,
};
use patchlight_core::{Family, SignalKind};

/// What is drawn anew every frame.
#[derive(Component)]
pub struct Live;

pub struct Module {
    pub rect: Rect,
    title: &'static str,
    note: &'static str,
    family: Family,
    nested: bool,
    pub knobs: Vec<Knob>,
    ports: Vec<Port>,
}

pub struct Knob {
    pub at: Vec2,
    pub radius: f32,
    travel: f32,
    name: &'static str,
    value: &'static str,
    /// Modulated between two travels.
    pub moved: Option<(f32, f32)>,
}

struct Port {
    at: Vec2,
    kind: SignalKind,
    connected: bool,
    name: &'static str,
    output: bool,
}

struct Cable {
    curve: CableCurve,
    kind: SignalKind,
    label: &'static str,
}

#[derive(Resource)]
pub struct Scene {
    modules: Vec<Module>,
    cables: Vec<Cable>,
    theme: Theme,
    live: Shapes,
}

fn knobs(module: Vec2, radius: f32, y: f32, list: &[(f32, f32, &'static str, &'static str)]) -> Vec<Knob> {
    let knob = |&(x, travel, name, value)| Knob { at: module + Vec2::new(x, y), radius, travel, name, value, moved: None };
    list.iter().map(knob).collect()
}

fn module(at: (f32, f32), size: (f32, f32), title: &'static str, note: &'static str, family: Family) -> Module {
    let (at, size) = (Vec2::from(at), Vec2::from(size));
    Module { rect: Rect::from_corners(at, at + size), title, note, family, nested: false, knobs: Vec::new(), ports: Vec::new() }
}

impl Module {
    fn knobs(mut self, radius: f32, y: f32, list: &[(f32, f32, &'static str, &'static str)]) -> Self {
        self.knobs = knobs(self.rect.min, radius, y, list);
        self
    }

    fn moved(mut self, knob: usize, from: f32, to: f32) -> Self {
        self.knobs[knob].moved = Some((from, to));
        self
    }

    fn input(mut self, y: f32, kind: SignalKind, connected: bool, name: &'static str) -> Self {
        self.ports.push(Port { at: self.rect.min + Vec2::new(0.0, y), kind, connected, name, output: false });
        self
    }

    fn output(mut self, y: f32, kind: SignalKind, connected: bool, name: &'static str) -> Self {
        let at = Vec2::new(self.rect.max.x, self.rect.min.y + y);
        self.ports.push(Port { at, kind, connected, name, output: true });
        self
    }

    fn draw(&self, painter: &mut Painter<'_>) {
        let ink = painter.theme.family(self.family);
        painter.module(ModuleFace {
            rect: self.rect,
            title: self.title,
            ink,
            note: self.note,
            selected: self.title == "Ladder",
            nested: self.nested,
            dimmed: false,
        });
        faces::wells(self.title, self.rect.min, painter);
        for knob in &self.knobs {
            let Knob { at, radius, travel, name, value, .. } = *knob;
            painter.knob(KnobFace { center: at, radius, travel, bipolar: false, ink, name, value });
        }
    }

    fn draw_ports(&self, painter: &mut Painter<'_>) {
        for port in &self.ports {
            let Port { at, kind, connected, name, output } = *port;
            painter.port(PortFace { center: at, kind, connected, name, output });
        }
    }
}

fn modules() -> Vec<Module> {
    use SignalKind::{Audio, Control, Gate, Pitch};
    let mut room = module((330.0, 640.0), (230.0, 120.0), "Room", "sub-patch · 6", Family::Fx)
        .knobs(13.0, 66.0, &[(60.0, 0.5, "size", "2.1 s"), (130.0, 0.35, "damp", "4 kHz")])
        .input(62.0, Audio, false, "")
        .output(62.0, Audio, false, "");
    room.nested = true;
    vec![
        module((40.0, 110.0), (220.0, 150.0), "Steps", "16 · 1/16", Family::Seq)
            .input(128.0, Gate, false, "clock")
            .output(54.0, Pitch, true, "")
            .output(128.0, Gate, true, "gate"),
        module((40.0, 330.0), (170.0, 150.0), "LFO", "0.31 Hz", Family::Mod)
            .knobs(12.0, 106.0, &[(40.0, 0.35, "rate", "0.31"), (96.0, 0.6, "shape", "sine")])
            .output(100.0, Control, true, "out"),
        module((40.0, 560.0), (190.0, 170.0), "808 Kick", "trig", Family::Osc)
            .knobs(13.0, 112.0, &[(44.0, 0.4, "tune", "49.0 Hz"), (110.0, 0.55, "decay", "620 ms")])
            .input(112.0, Gate, true, "")
            .output(112.0, Audio, true, "out"),
        module((330.0, 100.0), (230.0, 210.0), "Analog", "8 voices", Family::Osc)
            .knobs(15.0, 124.0, &[(46.0, 0.5, "pitch", "C2"), (115.0, 0.72, "detune", "14 ct"), (184.0, 0.4, "width", "38 %")])
            .moved(2, 0.3, 0.62)
            .input(60.0, Pitch, true, "")
            .input(124.0, Control, false, "")
            .output(60.0, Audio, true, ""),
        module((640.0, 120.0), (250.0, 220.0), "Ladder", "24 dB", Family::Filter)
            .knobs(15.0, 138.0, &[(52.0, 0.52, "cutoff", "1.24 kHz"), (125.0, 0.63, "resonance", "63 %"), (198.0, 0.3, "drive", "+4.2 dB")])
            .moved(0, 0.36, 0.8)
            .input(72.0, Audio, true, "")
            .input(138.0, Control, true, "")
            .input(190.0, Control, true, "cutoff env")
            .output(72.0, Audio, true, ""),
        module((330.0, 380.0), (230.0, 160.0), "ADSR", "voice 3", Family::Env)
            .knobs(
                11.0,
                116.0,
                &[
                    (38.0, 0.2, "attack", "12 ms"),
                    (90.0, 0.4, "decay", "240 ms"),
                    (142.0, 0.5, "sustain", "−6.0 dB"),
                    (194.0, 0.55, "release", "600 ms"),
                ],
            )
            .input(64.0, Gate, true, "")
            .output(64.0, Control, true, ""),
        module((640.0, 420.0), (250.0, 220.0), "Compressor", "key: 808 Kick", Family::Dyn)
            .knobs(
                12.0,
                166.0,
                &[
                    (36.0, 0.4, "threshold", "−24 dB"),
                    (94.0, 0.5, "ratio", "4 : 1"),
                    (152.0, 0.2, "attack", "5 ms"),
                    (210.0, 0.5, "release", "120 ms"),
                ],
            )
            .input(86.0, Audio, true, "")
            .input(166.0, Audio, true, "")
            .output(86.0, Audio, true, ""),
        module((970.0, 240.0), (210.0, 150.0), "Delay", "1/8 d", Family::Fx)
            .knobs(12.0, 106.0, &[(40.0, 0.5, "time", "281 ms"), (104.0, 0.6, "feedback", "62 %"), (168.0, 0.3, "mix", "30 %")])
            .input(56.0, Audio, true, "")
            .output(56.0, Audio, true, ""),
        module((970.0, 470.0), (210.0, 170.0), "Scope", "20 ms", Family::View).input(95.0, Audio, true, ""),
        module((970.0, 720.0), (210.0, 130.0), "Output", "−9.8 LUFS", Family::Io).input(62.0, Audio, true, ""),
        room,
    ]
}

fn cables() -> Vec<Cable> {
    use SignalKind::{Audio, Control, Gate, Pitch};
    let cable = |from: (f32, f32), to: (f32, f32), kind, label| Cable { curve: CableCurve::between(from.into(), to.into()), kind, label };
    vec![
        cable((260.0, 164.0), (330.0, 160.0), Pitch, ""),
        cable((260.0, 238.0), (330.0, 444.0), Gate, ""),
        cable((210.0, 430.0), (640.0, 258.0), Control, "±0.8 oct"),
        cable((560.0, 160.0), (640.0, 192.0), Audio, ""),
        cable((560.0, 444.0), (640.0, 310.0), Control, ""),
        cable((890.0, 192.0), (640.0, 506.0), Audio, ""),
        cable((230.0, 672.0), (640.0, 586.0), Audio, "key −3.0 dB"),
        cable((890.0, 506.0), (970.0, 296.0), Audio, ""),
        cable((890.0, 506.0), (970.0, 565.0), Audio, ""),
        cable((1180.0, 296.0), (970.0, 782.0), Audio, ""),
    ]
}

impl Scene {
    /// Spawns the layers, with the patch `copies` times in rows of ten.
    pub fn spawn(world: &mut World, copies: usize) -> Self {
        let scene = Self { modules: modules(), cables: cables(), theme: Theme::default(), live: Shapes::new() };
        let fonts = world.resource::<Fonts>().clone();
        let (patch, marks) = (scene.bodies(&fonts), scene.marks(&fonts));
        let (mut still, mut labels, mut hung) = (Shapes::new(), Shapes::new(), Cables::default());
        for copy in 0..copies {
            let offset = Vec2::new((copy % 10) as f32, (copy / 10) as f32) * Vec2::new(1250.0, 850.0);
            still.append(&patch, offset);
            labels.append(&marks, offset);
            for cable in &scene.cables {
                let points = cable.curve.points.map(|point| point + offset);
                hung.push(CableCurve { points }, scene.theme.signal(cable.kind), 2.2, hung.len());
            }
        }
        let mut lights = world.resource_mut::<CableLights>();
        lights.resize(hung.len());
        for gate in (1..hung.len()).step_by(scene.cables.len()) {
            lights.set_state(gate, CableState { gate: true, ..CableState::default() });
        }
        println!("{} modules, {} cables, {} shapes", copies * scene.modules.len(), hung.len(), still.len() + labels.len());
        world.spawn((PaintLayer::canvas(order::MODULES), still));
        world.spawn((PaintLayer::canvas(order::CABLES_OVER), hung));
        world.spawn((PaintLayer::canvas(order::PORTS), labels));
        world.spawn((PaintLayer::canvas(order::LIVE), Shapes::new(), Live));
        scene
    }

    fn bodies(&self, fonts: &Fonts) -> Shapes {
        let mut shapes = Shapes::new();
        let mut painter = Painter { shapes: &mut shapes, fonts, theme: &self.theme };
        for module in &self.modules {
            module.draw(&mut painter);
        }
        shapes
    }

    /// What lies over the cables: ports and labels.
    fn marks(&self, fonts: &Fonts) -> Shapes {
        let mut shapes = Shapes::new();
        let mut painter = Painter { shapes: &mut shapes, fonts, theme: &self.theme };
        for module in &self.modules {
            module.draw_ports(&mut painter);
        }
        for cable in self.cables.iter().filter(|cable| !cable.label.is_empty()) {
            painter.label(cable.curve.at(0.5), cable.label, self.theme.signal(cable.kind));
        }
        shapes
    }

    /// The level of each cable at a time, as the music would have it.
    fn level(cable: usize, secs: f32) -> f32 {
        let beat = (secs * 2.07).fract();
        let kick = (-beat * 7.0).exp();
        match cable {
            0 => 0.7,
            1 => f32::from((secs * 8.28).fract() < 0.45),
            2 => 0.5 + 0.45 * (secs * 1.9).sin(),
            4 => (-(secs * 4.14).fract() * 3.0).exp(),
            6 => kick,
            7..=9 => (0.55 - 0.45 * kick).max(0.05),
            _ => 0.5 + 0.3 * (secs * 3.1 + cable as f32).sin(),
        }
    }

    /// Draws everything that moves, and sets the lights.
    pub fn animate(&mut self, secs: f32, lights: &mut CableLights, fonts: &Fonts) {
        self.live.clear();
        let mut painter = Painter { shapes: &mut self.live, fonts, theme: &self.theme };
        for light in 0..lights.len() {
            lights.set_level(light, Self::level(light % self.cables.len(), secs));
        }
        for module in &self.modules {
            faces::face(module.title, module.rect.min, painter.theme.family(module.family), secs, &mut painter);
            for knob in &module.knobs {
                if let Some((from, to)) = knob.moved {
                    let now = from + (to - from) * (0.5 + 0.5 * (secs * 1.9).sin());
                    painter.knob_modulation(knob.at, knob.radius, from, to, now);
                }
            }
        }
        for (cable, index) in self.cables.iter().zip(0..) {
            painter.port_light(cable.curve.points[0], cable.kind, Self::level(index, secs));
            painter.port_light(cable.curve.points[3], cable.kind, Self::level(index, secs - 0.3));
        }
        hover(&mut painter, secs);
    }
}

/// The card that tells what is in the cable under the pointer.
fn hover(painter: &mut Painter<'_>, secs: f32) {
    let card = Rect::new(905.0, 92.0, 1145.0, 196.0);
    let audio: Ink = painter.theme.audio;
    painter.card(card, audio);
    let wave = Rect::new(919.0, 104.0, 1131.0, 162.0);
    let samples = (0..160).map(|i| 0.5 - 0.45 * (i as f32 / 5.7 - secs * 6.0).sin() * (0.5 + 0.5 * (i as f32 / 45.0 + secs).sin()));
    faces::curve(painter, wave, samples, audio, 1.5);
    let title = TextStyle::new(Font::Medium, 10.0, painter.theme.text);
    painter.text(Vec2::new(919.0, 176.0), "Ladder out → Compressor in", title);
    let detail = TextStyle::new(Font::Mono, 9.0, painter.theme.dim).align(Align::Left);
    painter.text(Vec2::new(919.0, 189.0), "−11.2 dB · 8 voices · C2 65.4 Hz · 0 ms", detail);
}

/// Hands the frame's drawing to its layer; the two lists change places, so neither is allocated again.
pub fn show_live(mut scene: ResMut<Scene>, mut layers: Query<&mut Shapes, With<Live>>) {
    for mut layer in &mut layers {
        std::mem::swap::<Shapes>(&mut *layer, &mut scene.live);
    }
}
