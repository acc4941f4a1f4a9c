//! Faces: what a module shows of its work, drawn from its declaration, its values, its cells and its newest frames.
//!
//! A face knows no module, only its kind ([`Face`]) and the ids that parameters go by; what a module does not have is drawn as its
//! usual value or left out.

mod curve;
mod dynamics;
mod echoes;
mod envelope;
mod equalizer;
mod fft;
mod filter;
mod meter;
mod scope;
mod spectrum;
mod steps;
mod strips;
mod wave;
mod wavetable;

pub(crate) use curve::{CurveArea, curve_of};
pub use scope::resampled;

use crate::paint::{Ink, Painter, Plot};
use crate::state::ModuleSignals;
use bevy::math::Rect;
use bevy::prelude::Component;
use patchlight_core::{Face, Family, ModuleSpec, ParamKind, ParamSpec};
use patchlight_patch::Module;

/// How many frames a spectrum is made of where the module does not say.
const SPECTRUM_FRAMES: usize = 2048;
/// Points of a history.
const TRACE_POINTS: usize = 120;
/// How fast columns of a spectrum fall without smoothing.
const SPECTRUM_FALL_DB_PER_SEC: f32 = 90.0;

/// What a face remembers from frame to frame.
#[derive(Component, Clone, Debug, Default, PartialEq)]
pub struct FaceMemory {
    /// The newest values of what is shown over time, oldest first.
    trace: Vec<f32>,
    /// Levels in dB of columns from 20 Hz to 20 kHz.
    spectrum_db: Vec<f32>,
    /// The highest levels of late, linear.
    peaks: [f32; 2],
    /// Samples that were too loud when they were last counted.
    clips: f32,
    /// How long ago something was too loud, where that is worth telling.
    since_clip_secs: Option<f32>,
}

/// What a face draws from.
#[derive(Clone, Copy)]
pub struct FaceView<'a> {
    pub spec: &'static ModuleSpec,
    pub module: &'a Module,
    /// The well, canvas units.
    pub rect: Rect,
    pub ink: Ink,
    /// `None` while the module does not run.
    pub signals: Option<&'a ModuleSignals>,
    /// The newest frames of what the face watches.
    pub samples: &'a [f32],
    pub sample_rate_hz: f32,
    pub memory: &'a FaceMemory,
}

impl FaceView<'_> {
    /// The first parameter of one of these names (without units), and its value.
    fn find(&self, names: &[&str]) -> Option<(&'static ParamSpec, f32)> {
        let by_name = |name: &&str| self.spec.params.iter().find(|param| param.name() == **name);
        names.iter().find_map(by_name).map(|param| (param, self.module.value(param)))
    }

    fn value(&self, names: &[&str], usual: f32) -> f32 {
        self.find(names).map_or(usual, |(_, value)| value)
    }

    /// The label of a choice, or nothing.
    fn label(&self, names: &[&str]) -> &'static str {
        match self.find(names) {
            Some((ParamSpec { kind: ParamKind::Choice(labels), .. }, value)) => labels.get(value as usize).copied().unwrap_or(""),
            _ => "",
        }
    }

    fn cell(&self, index: usize) -> f32 {
        self.signals.and_then(|signals| signals.face.get(index)).copied().filter(|value| value.is_finite()).unwrap_or(0.0)
    }

    /// The part of the well inside its edge.
    fn inside(&self) -> Rect {
        self.rect.inflate(-2.0)
    }
}

/// Draws the face of a module into its well.
pub fn draw(painter: &mut Painter<'_>, face: &FaceView<'_>) {
    match face.spec.face {
        Face::None => {}
        Face::Scope => scope::draw(painter, face),
        Face::Spectrum => spectrum::draw(painter, face),
        Face::Wave => wave::draw(painter, face),
        Face::Envelope => envelope::draw(painter, face),
        Face::Filter => filter::draw(painter, face),
        Face::Equalizer => equalizer::draw(painter, face),
        Face::Dynamics => dynamics::draw(painter, face),
        Face::Steps => steps::draw(painter, face),
        Face::Meter => meter::draw(painter, face),
        Face::Echoes => echoes::draw(painter, face),
        Face::Wavetable => wavetable::draw(painter, face),
        Face::Curve => curve::draw(painter, face),
        Face::Strips => strips::draw(painter, face),
    }
}

/// Whether the face is drawn into a dark well, or straight onto the module.
#[must_use]
pub const fn has_well(face: Face) -> bool {
    !matches!(face, Face::None | Face::Steps | Face::Meter | Face::Strips)
}

/// Which frames a face wants to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wants {
    Nothing,
    /// Its first output.
    Output,
    /// Its first output, or, without one, what is plugged into its first input.
    Through,
}

/// Which frames the face of a module wants to see.
#[must_use]
pub fn wants(spec: &ModuleSpec) -> Wants {
    match spec.face {
        Face::Scope | Face::Spectrum => Wants::Through,
        Face::Wave | Face::Filter | Face::Equalizer => Wants::Output,
        Face::None
        | Face::Envelope
        | Face::Dynamics
        | Face::Steps
        | Face::Meter
        | Face::Echoes
        | Face::Wavetable
        | Face::Curve
        | Face::Strips => Wants::Nothing,
    }
}

/// What a module's memory is after a frame of `elapsed_secs`, in which it showed what `face` has.
#[must_use]
pub fn remember(face: &FaceView<'_>, signals: &ModuleSignals, elapsed_secs: f32) -> FaceMemory {
    let mut memory = face.memory.clone();
    match face.spec.face {
        Face::Spectrum | Face::Filter | Face::Equalizer => {
            let frames = face.label(&["size"]).parse().unwrap_or(SPECTRUM_FRAMES);
            // At 100 % columns almost stand still.
            let fall_db = SPECTRUM_FALL_DB_PER_SEC * (1.03 - face.value(&["smoothing"], 0.5)) * elapsed_secs;
            spectrum::remember(&mut memory.spectrum_db, face.samples, frames, face.sample_rate_hz, fall_db);
        }
        Face::Dynamics => push(&mut memory.trace, dynamics::reduction_db(&signals.face)),
        Face::Envelope if envelope::follows(face.spec) => push(&mut memory.trace, face.cell(0)),
        Face::Wave if is_slow(face.spec) => push(&mut memory.trace, signals.outputs.first().map_or(0.0, |output| output.last)),
        Face::Meter => meter::remember(&mut memory, signals, elapsed_secs),
        Face::None
        | Face::Scope
        | Face::Wave
        | Face::Envelope
        | Face::Steps
        | Face::Echoes
        | Face::Wavetable
        | Face::Curve
        | Face::Strips => {}
    }
    memory
}

/// Adds the newest point of a history.
fn push(trace: &mut Vec<f32>, value: f32) {
    trace.push(value);
    let surplus = trace.len().saturating_sub(TRACE_POINTS);
    trace.drain(..surplus);
}

/// A plot of a line in a module's colour with its area faintly filled down to `base_y`.
fn curve(ink: Ink, base_y: f32) -> Plot {
    Plot { line: ink, width: 1.8, area: ink.alpha(0.16), base_y }
}

/// A line alone.
const fn line(ink: Ink) -> Plot {
    Plot { line: ink, width: 1.6, area: Ink::NONE, base_y: 0.0 }
}

/// Whether a module makes slow signals, that a window of milliseconds cannot show.
fn is_slow(spec: &ModuleSpec) -> bool {
    spec.family() == Family::Mod
}

/// The newest `frames`, begun so that a periodic signal stands still.
#[must_use]
pub fn still(samples: &[f32], frames: usize) -> &[f32] {
    scope::triggered(samples, frames, scope::Edge::Rising, 0.0)
}
