//! A slot: a unit with its parameters, at an address that does not change while the module lives.

use crate::ramp::Ramp;
use crate::unit::Unit;
use patchlight_core::{ModMap, ModuleSpec, ParamKind};

/// One parameter as the audio thread holds it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ParamState {
    pub ramp: Ramp,
    pub min: f32,
    pub max: f32,
    pub map: ModMap,
    /// Whole numbers jump, and are rounded when modulated.
    pub whole: bool,
}

/// A unit and what belongs to it.
pub struct Slot {
    pub unit: Box<dyn Unit>,
    pub params: Box<[ParamState]>,
    /// 1 where the first input passes by the unit.
    pub(crate) bypass: Ramp,
    /// 0 where the outputs are muted.
    pub(crate) audible: Ramp,
    /// The unit made a number that is none: it is muted until it is cleared.
    pub(crate) faulty: bool,
    /// For each output, the tap that records it, or [`NO_TAP`].
    pub(crate) taps: [u8; MAX_TAPPED_OUTPUTS],
}

pub(crate) const NO_TAP: u8 = u8::MAX;
pub(crate) const MAX_TAPPED_OUTPUTS: usize = 8;

impl Slot {
    /// A slot for a module's unit, its parameters standing at `values` (in the order of the declaration).
    #[must_use]
    pub fn new(spec: &ModuleSpec, unit: Box<dyn Unit>, values: &[f32]) -> Self {
        let params = spec
            .params
            .iter()
            .zip(values)
            .map(|(param, value)| ParamState {
                ramp: Ramp::at(param.clamp(*value)),
                min: param.min,
                max: param.max,
                map: param.mod_map(),
                whole: !matches!(param.kind, ParamKind::Number),
            })
            .collect();
        Self { unit, params, bypass: Ramp::at(0.0), audible: Ramp::at(1.0), faulty: false, taps: [NO_TAP; MAX_TAPPED_OUTPUTS] }
    }

    /// The same, beginning bypassed or muted.
    #[must_use]
    pub fn standing(mut self, bypassed: bool, muted: bool) -> Self {
        self.bypass = Ramp::at(if bypassed { 1.0 } else { 0.0 });
        self.audible = Ramp::at(if muted { 0.0 } else { 1.0 });
        self
    }

    /// Whether what the unit renders is passed on as it is.
    pub(crate) fn is_plain(&self, frame: u64) -> bool {
        self.bypass.target() == 0.0 && self.audible.target() == 1.0 && self.bypass.is_steady(frame) && self.audible.is_steady(frame)
    }

    /// Moves a parameter: numbers glide, whole numbers jump. Unknown indices are ignored.
    pub(crate) fn set_param(&mut self, index: usize, value: f32, frame: u64, ramp_frames: u32) {
        let Some(param) = self.params.get_mut(index).filter(|_| !value.is_nan()) else { return };
        let value = value.clamp(param.min, param.max);
        if param.whole {
            param.ramp = Ramp::at(value.round());
        } else {
            param.ramp.go(value, frame, ramp_frames);
        }
    }
}
