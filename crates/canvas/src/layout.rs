//! Where everything on a module lies: pure functions of its declaration, for the canvas, for tests and for scripted pointers.
//!
//! From top to bottom: the title, a row for each pair of input (left edge) and output (right edge), the face, the knobs. A cable may
//! also end at a knob: its port is at the lower left of the knob.

use bevy::math::{Rect, Vec2};
use patchlight_core::{Face, Library, ModuleId, ModuleSpec, ParamKind, ParamSpec, PortRef, SignalKind};
use patchlight_patch::{Patch, Shown};
use std::collections::BTreeSet;

/// Of the whole canvas: sizes of modules are multiples of it, and positions snap to it.
pub const GRID: f32 = 10.0;
/// From the top of a module to the bottom of its title.
pub const TITLE_HEIGHT: f32 = 34.0;
const PORT_PITCH: f32 = 20.0;
const FACE_MARGIN: f32 = 14.0;
const KNOB_RADIUS: f32 = 14.0;
/// A knob with its name and value.
const CELL_WIDTH: f32 = 58.0;
const CELL_HEIGHT: f32 = 64.0;
const WIDTH_MIN: f32 = 140.0;
/// Estimated widths of a character, so that no fonts are needed to know a size.
const TITLE_CHARACTER: f32 = 7.2;
const NAME_CHARACTER: f32 = 5.3;
const NOTE_WIDTH: f32 = 58.0;

/// An input or output in place.
#[derive(Clone, Debug, PartialEq)]
pub struct PortPlace {
    pub id: String,
    /// Its index among the inputs or outputs.
    pub index: usize,
    pub output: bool,
    pub kind: SignalKind,
    /// From the upper left corner of the module.
    pub pos: Vec2,
    /// On a group: the port inside that it stands for. `id` is then its text, and `name` what is written beside it.
    pub inner: Option<Inner>,
}

/// A port or parameter of a module inside a group.
#[derive(Clone, Debug, PartialEq)]
pub struct Inner {
    pub port: PortRef,
    pub name: String,
}

/// How a parameter is turned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    Knob,
    /// A label that steps through choices.
    Selector,
    Switch,
}

/// A parameter on the face.
#[derive(Clone, Debug, PartialEq)]
pub struct KnobPlace {
    /// Index into [`ModuleSpec::params`].
    pub index: usize,
    pub param: &'static ParamSpec,
    pub control: Control,
    /// The middle of the knob, from the upper left corner of the module.
    pub pos: Vec2,
    pub radius: f32,
    /// Room for its name and value.
    pub width: f32,
    /// On a group: the parameter inside that it turns.
    pub inner: Option<Inner>,
}

impl KnobPlace {
    /// Where cables that move the parameter end.
    #[must_use]
    pub fn port_pos(&self) -> Vec2 {
        match self.control {
            Control::Knob => self.pos + Vec2::new(-0.76, 0.65) * (self.radius + 6.5),
            Control::Selector | Control::Switch => self.pos - Vec2::new(self.half_size().x + 1.0, 0.0),
        }
    }

    /// Half the size of what is turned.
    #[must_use]
    pub fn half_size(&self) -> Vec2 {
        match self.control {
            Control::Knob => Vec2::splat(self.radius),
            Control::Selector => Vec2::new(self.width * 0.5 - 4.0, 10.0),
            Control::Switch => Vec2::new(15.0, 8.5),
        }
    }
}

impl PortPlace {
    /// What is written beside it.
    #[must_use]
    pub fn name(&self) -> String {
        self.inner.as_ref().map_or_else(|| self.id.replace('_', " "), |inner| inner.name.clone())
    }
}

/// A module's parts; positions are from its upper left corner, in canvas units.
#[derive(Clone, Debug, PartialEq)]
pub struct ModuleLayout {
    pub size: Vec2,
    /// Where the module is taken to be moved.
    pub title: Rect,
    pub face: Option<Rect>,
    pub ports: Vec<PortPlace>,
    pub knobs: Vec<KnobPlace>,
}

impl ModuleLayout {
    /// The rectangle of the module with its corner at `at`.
    #[must_use]
    pub fn rect(&self, at: Vec2) -> Rect {
        Rect::from_corners(at, at + self.size)
    }

    #[must_use]
    pub fn port(&self, id: &str, output: bool) -> Option<&PortPlace> {
        self.ports.iter().find(|port| port.output == output && port.id == id)
    }

    #[must_use]
    pub fn knob(&self, id: &str) -> Option<&KnobPlace> {
        self.knobs.iter().find(|knob| knob.param.id == id)
    }

    /// The output or input of this module, or, on a group, the one that stands for it.
    #[must_use]
    pub fn place_of(&self, port: &PortRef, output: bool) -> Option<&PortPlace> {
        let is_it = |place: &&PortPlace| place.inner.as_ref().map_or_else(|| place.id == port.port, |inner| inner.port == *port);
        self.ports.iter().filter(|place| place.output == output).find(is_it)
    }

    /// The knob of a parameter of this module, or, on a group, the one that stands for it.
    #[must_use]
    pub fn knob_of(&self, port: &PortRef) -> Option<&KnobPlace> {
        self.knobs.iter().find(|knob| knob.inner.as_ref().map_or_else(|| knob.param.id == port.port, |inner| inner.port == *port))
    }

    /// Where a cable ends at this input or parameter. What is not on the face (a hidden parameter, a port that does not exist) is at the
    /// left edge of the title.
    #[must_use]
    pub fn input_pos(&self, port: &PortRef) -> Vec2 {
        let place = self.place_of(port, false).map(|place| place.pos);
        place.or_else(|| self.knob_of(port).map(KnobPlace::port_pos)).unwrap_or(Vec2::new(0.0, TITLE_HEIGHT * 0.5))
    }

    /// Where a cable begins at this output.
    #[must_use]
    pub fn output_pos(&self, port: &PortRef) -> Vec2 {
        self.place_of(port, true).map_or(Vec2::new(self.size.x, TITLE_HEIGHT * 0.5), |port| port.pos)
    }
}

/// Lays a declared module out.
#[must_use]
pub fn module_layout(spec: &'static ModuleSpec) -> ModuleLayout {
    let inputs: Vec<_> = spec.inputs.iter().map(|port| (port.id, port.kind)).collect();
    let outputs: Vec<_> = spec.outputs.iter().map(|port| (port.id, port.kind)).collect();
    let shown: Vec<(usize, &'static ParamSpec)> = spec.params.iter().enumerate().filter(|(_, param)| !param.hidden).collect();
    let columns = knob_columns(shown.len());
    let face_size = face_size(spec.face);
    let cells = columns as f32 * CELL_WIDTH + 2.0 * 6.0;
    let face_width = if face_size.x > 0.0 { face_size.x + 2.0 * FACE_MARGIN } else { 0.0 };
    let size_x = [WIDTH_MIN, cells, face_width, words_width(spec.name, &inputs, &outputs)].into_iter().fold(0.0, f32::max);
    let mut layout = frame(round_up(size_x), &inputs, &outputs);
    let mut y = layout.size.y;
    if face_size.y > 0.0 {
        let rect = Rect::new(FACE_MARGIN, y + 4.0, layout.size.x - FACE_MARGIN, y + 4.0 + face_size.y);
        layout.face = Some(rect);
        y = rect.max.y + 4.0;
    }
    let knobs: Vec<_> = shown.into_iter().map(|(index, param)| (index, param, None)).collect();
    place_knobs(&mut layout, y, columns, knobs);
    layout
}

/// Rows of knobs from `y` downwards, and the end of the module under them.
fn place_knobs(layout: &mut ModuleLayout, mut y: f32, columns: usize, shown: Vec<(usize, &'static ParamSpec, Option<Inner>)>) {
    let rows = shown.len().div_ceil(columns.max(1));
    let count = shown.len();
    for (place, (index, param, inner)) in shown.into_iter().enumerate() {
        let (row, column) = (place / columns, place % columns);
        let in_row = if row + 1 == rows { count - row * columns } else { columns };
        let width = (layout.size.x - 12.0) / in_row as f32;
        let pos = Vec2::new(6.0 + width * (column as f32 + 0.5), y + 10.0 + KNOB_RADIUS + row as f32 * CELL_HEIGHT);
        let control = match param.kind {
            ParamKind::Toggle => Control::Switch,
            ParamKind::Choice(_) => Control::Selector,
            ParamKind::Number | ParamKind::Whole => Control::Knob,
        };
        layout.knobs.push(KnobPlace { index, param, control, pos, radius: KNOB_RADIUS, width: width.min(CELL_WIDTH + 14.0), inner });
    }
    if rows > 0 {
        y += 10.0 + rows as f32 * CELL_HEIGHT;
    }
    layout.size.y = round_up(y + if rows > 0 { 0.0 } else { 8.0 });
}

/// Lays a group out as a box: the ports where cables cross its border, and the knobs that were chosen.
#[must_use]
pub fn group_layout(patch: &Patch, library: &Library, id: &ModuleId) -> ModuleLayout {
    let Some(group) = patch.groups.get(id) else { return unknown_layout("", &BTreeSet::new(), &BTreeSet::new()) };
    let spec = |port: &PortRef| patch.module(port.module.as_str()).and_then(|module| library.get(&module.kind));
    let ports = patch.group_ports(id, library);
    let kind = |port: &PortRef, output: bool| {
        let found = spec(port).and_then(|spec| if output { spec.output(&port.port) } else { spec.input(&port.port) });
        found.map_or(SignalKind::Control, |(_, port)| port.kind)
    };
    let inner = |port: &PortRef| {
        let param = spec(port).and_then(|spec| spec.param(&port.port)).map(|(_, param)| param.name());
        let name = param.unwrap_or_else(|| port.port.replace('_', " "));
        Inner { port: port.clone(), name: format!("{} {name}", patch.label(port.module.as_str(), library)) }
    };
    let named = |list: &[PortRef], output: bool| list.iter().map(|port| (inner(port).name, kind(port, output))).collect::<Vec<_>>();
    let (inputs, outputs) = (named(&ports.inputs, false), named(&ports.outputs, true));
    let param = |port: &PortRef| spec(port).and_then(|spec| spec.param(&port.port)).map(|(index, param)| (index, param, Some(inner(port))));
    let knobs: Vec<_> = group.knobs.iter().filter(|port| patch.modules.contains_key(&port.module)).filter_map(param).collect();
    let columns = knob_columns(knobs.len());
    let width = words_width(&group.name, &inputs, &outputs).max(columns as f32 * CELL_WIDTH + 12.0).max(WIDTH_MIN);
    let mut layout = frame(round_up(width), &inputs, &outputs);
    for (place, port) in layout.ports.iter_mut().zip(ports.inputs.iter().chain(&ports.outputs)) {
        place.inner = Some(inner(port));
        place.id = port.to_string();
    }
    let y = layout.size.y;
    place_knobs(&mut layout, y, columns, knobs);
    layout
}

/// What stands on a module whose kind is not in the library.
pub(crate) fn unknown_title(kind: &str) -> String {
    format!("unknown: {kind}")
}

/// Lays out a module whose kind is not in the library, with the ports that its cables name.
#[must_use]
pub fn unknown_layout(kind: &str, inputs: &BTreeSet<&str>, outputs: &BTreeSet<&str>) -> ModuleLayout {
    let ports = |ids: &BTreeSet<&str>| ids.iter().map(|id| ((*id).to_owned(), SignalKind::Audio)).collect::<Vec<_>>();
    let (inputs, outputs) = (ports(inputs), ports(outputs));
    let width = words_width(&unknown_title(kind), &inputs, &outputs) - NOTE_WIDTH;
    let mut layout = frame(round_up(width.max(WIDTH_MIN)), &inputs, &outputs);
    layout.size.y = round_up(layout.size.y + 30.0);
    layout
}

/// The layout of a module of a patch.
#[must_use]
pub fn layout_of(patch: &Patch, library: &Library, id: &str) -> Option<ModuleLayout> {
    if let Some((id, _)) = patch.groups.get_key_value(id) {
        return Some(group_layout(patch, library, id));
    }
    let module = patch.module(id)?;
    Some(library.get(&module.kind).map_or_else(|| unknown_of(patch, id, &module.kind), module_layout))
}

/// As [`unknown_layout`], with the ports read from the patch.
pub(crate) fn unknown_of(patch: &Patch, id: &str, kind: &str) -> ModuleLayout {
    let inputs = patch.inputs_of(id).map(|(cable, _)| cable.to.port.as_str()).collect();
    let outputs = patch.outputs_of(id).map(|(cable, _)| cable.from.port.as_str()).collect();
    unknown_layout(kind, &inputs, &outputs)
}

/// Where a port, or the modulation port of a parameter, is on the canvas. A name that is both an input and an output is the input.
#[must_use]
pub fn port_position(patch: &Patch, library: &Library, port: &PortRef) -> Option<Vec2> {
    let layout = layout_of(patch, library, port.module.as_str())?;
    let at = Vec2::from(patch.module(port.module.as_str())?.at);
    let place = layout.port(&port.port, false).or_else(|| layout.port(&port.port, true)).map(|place| place.pos);
    Some(at + place.or_else(|| layout.knob(&port.port).map(KnobPlace::port_pos))?)
}

/// Where a knob is on the canvas.
#[must_use]
pub fn knob_position(patch: &Patch, library: &Library, module: &str, param: &str) -> Option<Vec2> {
    let layout = layout_of(patch, library, module)?;
    Some(Vec2::from(patch.module(module)?.at) + layout.knob(param)?.pos)
}

/// A rectangle around all modules and groups that are seen at a level; `None` when there are none.
#[must_use]
pub fn patch_bounds(patch: &Patch, library: &Library, level: Option<&ModuleId>) -> Option<Rect> {
    let seen = patch.modules.iter().filter(|(id, _)| patch.shown(id.as_str(), level) == Shown::AsItself);
    let modules = seen.filter_map(|(id, module)| Some(layout_of(patch, library, id.as_str())?.rect(Vec2::from(module.at))));
    let groups = patch.groups_at(level).into_iter().map(|id| group_layout(patch, library, &id).rect(Vec2::from(patch.groups[&id].at)));
    let notes = patch.notes.values().filter(|note| note.group.as_ref() == level);
    let notes = notes.map(|note| Rect::from_corners(Vec2::from(note.at), Vec2::from(note.at) + Vec2::from(note.size)));
    let rects = modules.chain(groups).chain(notes);
    rects.reduce(|all, rect| all.union(rect))
}

/// Title and port rows.
fn frame<Id: AsRef<str>>(width: f32, inputs: &[(Id, SignalKind)], outputs: &[(Id, SignalKind)]) -> ModuleLayout {
    let place = |index: usize, (id, kind): &(Id, SignalKind), output: bool| PortPlace {
        id: id.as_ref().to_owned(),
        index,
        output,
        kind: *kind,
        pos: Vec2::new(if output { width } else { 0.0 }, TITLE_HEIGHT + (index as f32 + 0.5) * PORT_PITCH),
        inner: None,
    };
    let mut ports: Vec<PortPlace> = inputs.iter().enumerate().map(|(index, port)| place(index, port, false)).collect();
    ports.extend(outputs.iter().enumerate().map(|(index, port)| place(index, port, true)));
    let rows = inputs.len().max(outputs.len());
    let size = Vec2::new(width, TITLE_HEIGHT + rows as f32 * PORT_PITCH);
    ModuleLayout { size, title: Rect::new(0.0, 0.0, width, TITLE_HEIGHT), face: None, ports, knobs: Vec::new() }
}

fn words_width<Id: AsRef<str>>(name: &str, inputs: &[(Id, SignalKind)], outputs: &[(Id, SignalKind)]) -> f32 {
    let longest = |ports: &[(Id, SignalKind)]| ports.iter().map(|(id, _)| id.as_ref().len()).max().unwrap_or(0) as f32;
    let ports = (longest(inputs) + longest(outputs)) * NAME_CHARACTER + 48.0;
    let title = name.len() as f32 * TITLE_CHARACTER + 34.0 + NOTE_WIDTH;
    ports.max(title)
}

/// Rows are at most six long and about equally filled.
const fn knob_columns(knobs: usize) -> usize {
    match knobs {
        0..=4 => knobs,
        5..=6 => 3,
        7..=8 => 4,
        9..=10 => 5,
        11..=12 => 6,
        _ => 6,
    }
}

/// The least size of a face's well, canvas units.
const fn face_size(face: Face) -> Vec2 {
    match face {
        Face::None => Vec2::ZERO,
        Face::Scope => Vec2::new(212.0, 118.0),
        Face::Spectrum => Vec2::new(252.0, 118.0),
        Face::Wave => Vec2::new(120.0, 50.0),
        Face::Envelope => Vec2::new(160.0, 58.0),
        Face::Filter | Face::Equalizer => Vec2::new(202.0, 72.0),
        Face::Dynamics => Vec2::new(222.0, 96.0),
        Face::Steps => Vec2::new(212.0, 66.0),
        Face::Meter => Vec2::new(182.0, 40.0),
        Face::Echoes => Vec2::new(150.0, 44.0),
        Face::Wavetable => Vec2::new(202.0, 84.0),
        Face::Curve => Vec2::new(190.0, 78.0),
        Face::Strips => Vec2::new(182.0, 46.0),
    }
}

fn round_up(length: f32) -> f32 {
    (length / GRID).ceil() * GRID
}
