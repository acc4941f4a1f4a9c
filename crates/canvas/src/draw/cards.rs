//! Cards beside the pointer: what a cable carries, what a port or knob is for, what will happen to the cable in the hand.

use super::widgets::wrap;
use super::{Layer, Lists, redraw};
use crate::cable_text::{amount_text, port_text, value_text};
use crate::gestures::{Drag, Hand};
use crate::hit::Hit;
use crate::paint::{CanvasView, Font, Fonts, Ink, Painter, Plot, TextStyle, Theme};
use crate::project::{CableNode, Projection};
use crate::state::{Document, Frozen, FrozenScope, ModuleSignals, OutputSignal, Selection, Signals};
use bevy::math::{Rect, Vec2};
use bevy::prelude::{DetectChanges, Local, MessageWriter, Query, Real, Res, ResMut, Time};
use bevy::window::RequestRedraw;
use patchlight_core::{PortRef, SignalKind};
use patchlight_patch::CableId;

/// How long the pointer rests on a port or knob before it is explained.
const PATIENCE_SECS: f64 = 0.55;
const CARD_WIDTH: f32 = 244.0;
const MARGIN: f32 = 12.0;
const WAVE_HEIGHT: f32 = 58.0;

/// What the pointer is over, and since when.
#[derive(Default)]
pub(super) struct Resting {
    on: Hit,
    since_secs: f64,
    shown: bool,
}

#[expect(clippy::too_many_arguments, reason = "a card may tell of everything")]
pub(super) fn draw(
    document: Res<Document>,
    signals: Res<Signals>,
    (hand, selection): (Res<Hand>, Res<Selection>),
    (view, time): (Res<CanvasView>, Res<Time<Real>>),
    (fonts, theme): (Res<Fonts>, Res<Theme>),
    (projection, mut frozen): (Res<Projection>, ResMut<Frozen>),
    cables: Query<&CableNode>,
    mut resting: Local<Resting>,
    mut redraws: MessageWriter<RequestRedraw>,
    mut lists: Lists<'_, '_>,
) {
    let now_secs = time.elapsed_secs_f64();
    if resting.on != selection.hovered || hand.drag.is_some() {
        *resting = Resting { on: selection.hovered.clone(), since_secs: now_secs, shown: false };
    }
    let waits = matches!(resting.on, Hit::Port { .. } | Hit::Knob { .. }) && hand.drag.is_none() && !resting.shown;
    let ripe = waits && now_secs - resting.since_secs >= PATIENCE_SECS;
    if waits && !ripe {
        redraws.write(RequestRedraw);
    }
    let node_of = |id: &CableId| projection.cables.get(id).and_then(|entity| cables.get(*entity).ok());
    freeze(&mut frozen, &selection, hand.pointer, &signals, |id| node_of(id).cloned());
    if !(ripe || frozen.is_changed() || hand.is_changed() || selection.is_changed() || signals.is_changed() || document.is_changed()) {
        return;
    }
    resting.shown |= ripe;
    redraw(&mut lists, Layer::Cards, |shapes| {
        let held = frozen.scope.as_ref().and_then(|scope| Some((scope, node_of(&scope.cable)?)));
        if let Some((scope, node)) = held {
            let painter = Painter { shapes: &mut *shapes, fonts: &fonts, theme: &theme };
            let mut card = Card { painter, pointer: scope.pointer, viewport: view.viewport };
            card.cable(&document, &signals, node, Some(&scope.output));
        }
        let Some(pointer) = hand.pointer else { return };
        let mut card = Card { painter: Painter { shapes, fonts: &fonts, theme: &theme }, pointer, viewport: view.viewport };
        match (&hand.drag, &selection.hovered) {
            (Some(Drag::Wire(drag)), _) if !drag.note.is_empty() => card.line(&drag.note),
            (Some(_), _) => {}
            (None, Hit::Cable(id) | Hit::Amount(id)) => {
                if let Some(node) = node_of(id).filter(|_| held.is_none_or(|(scope, _)| scope.cable != *id)) {
                    card.cable(&document, &signals, node, None);
                }
            }
            (None, Hit::Port { port, output }) if resting.shown => card.port(&document, &signals, port, *output),
            (None, Hit::Knob { module, param }) if resting.shown => {
                card.port(&document, &signals, &PortRef::new(module.clone(), *param), false)
            }
            (None, _) => {}
        }
    });
}

/// Keeps what the scope under the pointer shows, once that is wanted, and lets it go when it is no longer.
fn freeze(
    frozen: &mut ResMut<'_, Frozen>,
    selection: &Selection,
    pointer: Option<Vec2>,
    signals: &Signals,
    node_of: impl Fn(&CableId) -> Option<CableNode>,
) {
    if frozen.wanted == frozen.scope.is_some() {
        return;
    }
    let hovered = if let Hit::Cable(id) | Hit::Amount(id) = &selection.hovered { Some(id) } else { None };
    let chosen = hovered.or(selection.cable.as_ref()).filter(|_| frozen.wanted);
    let scope = chosen.zip(pointer).and_then(|(cable, pointer)| {
        let node = node_of(cable)?;
        let output = signals.output(&cable.from.module, node.source?)?.clone();
        Some(FrozenScope { cable: cable.clone(), pointer, output })
    });
    frozen.wanted = scope.is_some();
    frozen.scope = scope;
}

/// What is told of the module that a cable comes from.
fn source_facts(source: &ModuleSignals, sample_rate_hz: f32) -> Vec<String> {
    let mut facts = Vec::new();
    facts.extend((source.voices > 1).then(|| format!("{} voices", source.voices)));
    facts.extend((source.channels > 1).then(|| "stereo".to_owned()));
    let late_ms = source.latency_frames as f32 / sample_rate_hz.max(1.0) * 1_000.0;
    facts.extend((source.latency_frames > 0).then(|| format!("{late_ms:.1} ms late")));
    facts.extend((source.share >= 0.000_5).then(|| format!("load {:.1} %", source.share * 100.0)));
    facts
}

struct Card<'a> {
    painter: Painter<'a>,
    pointer: Vec2,
    viewport: Rect,
}

impl Card<'_> {
    /// A rectangle of this size beside the pointer, wholly in view.
    fn place(&self, size: Vec2) -> Rect {
        let wanted = self.pointer + Vec2::new(18.0, 18.0);
        let last = self.viewport.max - size - Vec2::splat(8.0);
        let x = wanted.x.min(last.x).max(self.viewport.min.x + 8.0);
        // Where it would lie under the pointer it goes above it.
        let y = if wanted.y > last.y { self.pointer.y - size.y - 14.0 } else { wanted.y };
        let corner = Vec2::new(x, y.max(self.viewport.min.y + 8.0));
        Rect::from_corners(corner, corner + size)
    }

    /// One line of text.
    fn line(&mut self, text: &str) {
        let style = TextStyle::new(Font::Medium, 11.0, self.painter.theme.text);
        let width = self.painter.fonts.width(style.font, style.size, text) + 2.0 * MARGIN;
        let rect = self.place(Vec2::new(width, 28.0));
        self.painter.card(rect, self.painter.theme.dim);
        self.painter.text_centered(Vec2::new(rect.min.x + MARGIN, rect.center().y), text, style, width);
    }

    /// What a cable carries now, or carried when it was frozen.
    fn cable(&mut self, document: &Document, signals: &Signals, node: &CableNode, frozen: Option<&OutputSignal>) {
        let Some(cable) = document.patch.cables.get(&node.id) else { return };
        let now = node.source.and_then(|index| signals.output(&node.id.from.module, index));
        let output = frozen.or(now);
        let samples = output.map_or(&[][..], |output| &output.samples);
        let ink = self.painter.theme.signal(node.kind);
        let title = format!("{} → {}", port_text(document, &node.id.from), port_text(document, &node.id.to));
        let mut facts: Vec<String> = output.map(|output| value_text(node.kind, output.rms, output.last)).into_iter().collect();
        facts.extend(frozen.map(|_| "frozen".to_owned()));
        if let Some(source) = signals.modules.get(&node.id.from.module) {
            facts.extend(source_facts(source, signals.sample_rate_hz));
        }
        facts.extend((cable.amount != 1.0).then(|| format!("amount {}", amount_text(document, &node.id, cable.amount))));
        facts.extend((!cable.on).then(|| "off".to_owned()));
        facts.extend(signals.loops.contains(&node.id).then(|| "closes a loop, 1 sample late".to_owned()));
        let fonts = self.painter.fonts;
        let title_width = fonts.width(Font::Medium, 11.0, &title);
        let width = CARD_WIDTH.max(title_width + 2.0 * MARGIN).min(420.0);
        let facts = wrap(fonts, Font::Mono, 10.0, &facts.join(" · "), width - 2.0 * MARGIN);
        let wave = if samples.is_empty() { 0.0 } else { WAVE_HEIGHT + 6.0 };
        let rect = self.place(Vec2::new(width, wave + 32.0 + 15.0 * facts.len() as f32));
        self.painter.card(rect, ink);
        if wave > 0.0 {
            let well = Rect::new(rect.min.x + MARGIN, rect.min.y + 10.0, rect.max.x - MARGIN, rect.min.y + 10.0 + WAVE_HEIGHT);
            self.wave(well, node.kind, samples, ink);
        }
        let mut at = Vec2::new(rect.min.x + MARGIN, rect.min.y + wave + 20.0);
        let fitted = fonts.fit(Font::Medium, 11.0, &title, width - 2.0 * MARGIN);
        self.painter.text(at, &fitted, TextStyle::new(Font::Medium, 11.0, self.painter.theme.text));
        for line in &facts {
            at.y += 15.0;
            self.painter.text(at, line, TextStyle::new(Font::Mono, 10.0, self.painter.theme.text_soft));
        }
    }

    /// The newest frames; audio at full height, other kinds on the scale of −1 to 1 at least.
    fn wave(&mut self, rect: Rect, kind: SignalKind, samples: &[f32], ink: Ink) {
        let peak = samples.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
        let scale = 0.46 / if kind == SignalKind::Audio { peak.max(1e-4) } else { peak.max(1.0) };
        let middle = rect.center().y;
        self.painter.shapes.line(Vec2::new(rect.min.x, middle), Vec2::new(rect.max.x, middle), 1.0, self.painter.theme.face_grid);
        let shown = crate::faces::still(samples, 1024);
        let points = crate::faces::resampled(shown, rect.width() as usize * 2).map(|sample| 0.5 - sample * scale);
        self.painter.shapes.plot(rect, points, Plot { line: ink, width: 1.6, area: Ink::NONE, base_y: 0.0 });
    }

    /// What a port or parameter is for, and what it has now.
    fn port(&mut self, document: &Document, signals: &Signals, port: &PortRef, output: bool) {
        let Some(module) = document.patch.module(port.module.as_str()) else { return };
        let Some(spec) = document.library.get(&module.kind) else { return };
        let (about, fact) = if let Some((_, param)) = spec.param(&port.port).filter(|_| !output) {
            let range = format!("{}  ({} to {})", param.format(module.value(param)), param.format(param.min), param.format(param.max));
            (param.about, range)
        } else if let Some((index, place)) = if output { spec.output(&port.port) } else { spec.input(&port.port) } {
            let carried = signals.output(&port.module, index).filter(|_| output);
            let value = carried.map_or(String::new(), |signal| format!(" · {}", value_text(place.kind, signal.rms, signal.last)));
            (place.about, format!("{}{value}", place.kind.name()))
        } else {
            return;
        };
        let fonts = self.painter.fonts;
        let lines = wrap(fonts, Font::Regular, 11.0, about, CARD_WIDTH - 2.0 * MARGIN);
        let rect = self.place(Vec2::new(CARD_WIDTH, 46.0 + 15.0 * lines.len() as f32));
        self.painter.card(rect, self.painter.theme.dim);
        let mut at = rect.min + Vec2::new(MARGIN, 19.0);
        self.painter.text(at, &port_text(document, port), TextStyle::new(Font::SemiBold, 11.0, self.painter.theme.text));
        for line in &lines {
            at.y += 15.0;
            self.painter.text(at, line, TextStyle::new(Font::Regular, 11.0, self.painter.theme.text_soft));
        }
        at.y += 17.0;
        self.painter.text(at, &fact, TextStyle::new(Font::Mono, 9.5, self.painter.theme.dim));
    }
}
