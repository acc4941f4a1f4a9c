//! A rack: a unit with the modules that are its lanes, at an address that does not change while it lives.
//!
//! A module of many voices has a rack of its own. Single voices of modules of one kind share one, a lane each: then every
//! lane has its own parameters, and a module can move from one rack to another with all that it remembers.

use crate::data::Data;
use crate::io::PreparedParam;
use crate::lane_state::LaneWords;
use crate::memory::GROUP;
use crate::ramp::Ramp;
use crate::rest::Rest;
use crate::unit::Unit;
use patchlight_core::{MAX_VOICES, ModMap, ModuleSpec, ParamKind};

/// No module has this number.
pub const NOBODY: u32 = u32::MAX;
pub(crate) const NO_TAP: u8 = u8::MAX;
pub(crate) const MAX_TAPPED_OUTPUTS: usize = 8;

/// Where a module runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Seat {
    pub rack: u32,
    pub lane: u8,
}

/// What a field of a lane may hold at most: what sounds, and what is to replace it.
const DATA_PIECES: usize = 2;
/// Data fields of a module whose lanes move.
const MAX_DATA_FIELDS: usize = 4;

fn take_pieces(unit: &mut dyn Unit, lane: usize, index: usize, pieces: &mut [Data; DATA_PIECES]) {
    for piece in pieces {
        *piece = unit.take_data(lane, index);
        if matches!(piece, Data::None) {
            return;
        }
    }
}

fn give_pieces(unit: &mut dyn Unit, lane: usize, index: usize, pieces: [Data; DATA_PIECES]) {
    for mut data in pieces {
        if matches!(data, Data::None) {
            continue;
        }
        unit.swap_data(lane, index, &mut data);
        // The lane holds no data by now: what comes back is nothing, and dropping it frees nothing.
        debug_assert!(matches!(data, Data::None), "a lane that moves in finds data there");
        std::mem::forget(data);
    }
}

/// How a parameter moves, and where from: one ramp for each module in the rack.
#[derive(Clone, Debug)]
pub(crate) struct RackParam {
    pub(crate) ramps: Box<[Ramp]>,
    pub(crate) min: f32,
    pub(crate) max: f32,
    pub(crate) map: ModMap,
    /// Whole numbers jump, and are rounded when modulated.
    pub(crate) whole: bool,
}

/// What belongs to one module of a rack besides its parameters.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Member {
    /// The module's number, or [`NOBODY`].
    pub(crate) slot: u32,
    /// 1 where the first input passes by the unit.
    pub(crate) bypass: Ramp,
    /// 0 where the outputs are muted.
    pub(crate) audible: Ramp,
    /// For each output, the tap that records it, or [`NO_TAP`].
    pub(crate) taps: [u8; MAX_TAPPED_OUTPUTS],
}

impl Member {
    fn new(slot: u32) -> Self {
        Self { slot, bypass: Ramp::at(0.0), audible: Ramp::at(1.0), taps: [NO_TAP; MAX_TAPPED_OUTPUTS] }
    }

    fn is_plain(&self, frame: u64) -> bool {
        self.bypass.target() == 0.0 && self.audible.target() == 1.0 && self.bypass.is_steady(frame) && self.audible.is_steady(frame)
    }
}

/// A unit and what belongs to it.
pub struct Rack {
    pub(crate) unit: Box<dyn Unit>,
    pub(crate) params: Box<[RackParam]>,
    /// What each parameter is where it stands still, and where its signal lies where it moves.
    pub(crate) prepared: Box<[PreparedParam]>,
    /// One for a module that has the rack to itself, else one for each lane.
    pub(crate) members: Box<[Member]>,
    /// Lanes that made a number that is none: muted until they are cleared. Bit 0 for a module that has the rack to itself.
    pub(crate) faulty: u32,
    /// The frame from which all parameters stand still, and whether the standing values have been taken over since.
    pub(crate) moving_until: u64,
    pub(crate) settled: bool,
    /// Whether any parameter had a signal in the last call.
    pub(crate) signals: bool,
    /// Neither bypass nor mute is on, or on its way.
    pub(crate) plain: bool,
    pub(crate) tapped: bool,
    /// The program under which the unit was called last, its parameters standing still since, or 0 where something has changed; the
    /// voices that were run, and their [`Rest::wakes`].
    pub(crate) seen: u32,
    pub(crate) seen_awake: u32,
    pub(crate) seen_wakes: u32,
    data_fields: usize,
    /// Of the voices that this unit deals out, if it does.
    pub(crate) rest: Rest,
}

impl Rack {
    /// A rack for one module, its parameters standing at `values` (in the order of the declaration).
    #[must_use]
    pub fn new(spec: &ModuleSpec, unit: Box<dyn Unit>, slot: u32, values: &[f32]) -> Self {
        Self::with_members(spec, unit, &[slot], &mut |_, param| values[param])
    }

    /// A rack whose lanes are single voices of different modules; lanes with nobody's number are free.
    /// `value` gives the parameters by lane and index; choices of free lanes too, those are the same for all.
    #[must_use]
    pub fn bundle(spec: &ModuleSpec, unit: Box<dyn Unit>, slots: &[u32], value: &mut dyn FnMut(usize, usize) -> f32) -> Self {
        Self::with_members(spec, unit, slots, value)
    }

    fn with_members(spec: &ModuleSpec, unit: Box<dyn Unit>, slots: &[u32], value: &mut dyn FnMut(usize, usize) -> f32) -> Self {
        let mut prepared = Vec::with_capacity(spec.params.len());
        let mut params = Vec::with_capacity(spec.params.len());
        for (index, param) in spec.params.iter().enumerate() {
            let mut values = [param.default; MAX_VOICES];
            let mut ramps = Vec::with_capacity(slots.len());
            let whole = !matches!(param.kind, ParamKind::Number);
            for (lane, slot) in slots.iter().enumerate() {
                // Choices are the same for all lanes, those of nobody included: units look at the first lane's.
                let value = if *slot == NOBODY && !whole { param.default } else { param.clamp(value(lane, index)) };
                ramps.push(Ramp::at(value));
                values[lane] = value;
            }
            if let [only] = *slots
                && only != NOBODY
            {
                values = [values[0]; MAX_VOICES];
            }
            prepared.push(PreparedParam { values, signal: None });
            params.push(RackParam { ramps: ramps.into_boxed_slice(), min: param.min, max: param.max, map: param.mod_map(), whole });
        }
        Self {
            unit,
            params: params.into_boxed_slice(),
            prepared: prepared.into_boxed_slice(),
            members: slots.iter().map(|slot| Member::new(*slot)).collect(),
            faulty: 0,
            moving_until: 0,
            settled: true,
            signals: false,
            plain: true,
            tapped: false,
            seen: 0,
            seen_awake: 0,
            seen_wakes: 0,
            data_fields: spec.data.len(),
            rest: Rest::new(),
        }
    }

    /// The same, a module beginning bypassed or muted.
    pub fn stand(&mut self, lane: usize, bypassed: bool, muted: bool) {
        let member = &mut self.members[lane];
        member.bypass = Ramp::at(if bypassed { 1.0 } else { 0.0 });
        member.audible = Ramp::at(if muted { 0.0 } else { 1.0 });
        self.plain &= !bypassed && !muted;
    }

    /// Gives a lane its data, before the rack is sent.
    pub fn set_data(&mut self, lane: usize, index: usize, mut data: Data) {
        self.unit.swap_data(lane, index, &mut data);
    }

    /// Whether lanes are different modules.
    pub(crate) fn is_bundle(&self) -> bool {
        self.members.len() > 1
    }

    /// The bit of `faulty` that stands for a member.
    pub(crate) fn is_faulty(&self, lane: usize) -> bool {
        self.faulty & 1 << lane != 0
    }

    /// Moves a parameter: numbers glide, whole numbers jump. Unknown indices are ignored.
    pub(crate) fn set_param(&mut self, lane: usize, index: usize, value: f32, frame: u64, ramp_frames: u32) {
        let is_bundle = self.is_bundle();
        let Some(param) = self.params.get_mut(index).filter(|_| !value.is_nan()) else { return };
        let Some(ramp) = param.ramps.get_mut(lane) else { return };
        let value = value.clamp(param.min, param.max);
        self.seen = 0;
        if param.whole || ramp_frames == 0 {
            let value = if param.whole { value.round() } else { value };
            let values = &mut self.prepared[index].values;
            if is_bundle && !param.whole {
                *ramp = Ramp::at(value);
                values[lane] = value;
            } else {
                param.ramps.fill(Ramp::at(value));
                *values = [value; MAX_VOICES];
            }
        } else {
            ramp.go(value, frame, ramp_frames);
            self.moving_until = self.moving_until.max(frame + u64::from(ramp_frames));
            self.settled = false;
        }
    }

    /// Once all ramps have arrived: their ends are what stands.
    pub(crate) fn settle(&mut self) {
        let is_bundle = self.is_bundle();
        for (param, prepared) in self.params.iter().zip(&mut self.prepared) {
            if is_bundle {
                param.ramps.iter().zip(&mut prepared.values).for_each(|(ramp, value)| *value = ramp.target());
            } else {
                prepared.values = [param.ramps[0].target(); MAX_VOICES];
            }
        }
        self.settled = true;
        self.seen = 0;
    }

    /// Looks anew whether any module is bypassed, muted or recorded.
    pub(crate) fn look_again(&mut self, frame: u64) {
        self.plain = self.members.iter().all(|member| member.is_plain(frame));
        self.tapped = self.members.iter().any(|member| member.taps.iter().any(|tap| *tap != NO_TAP));
    }

    /// Takes over a module from another rack, with all that it is and remembers, and leaves its lane there to nobody.
    pub(crate) fn take_member(&mut self, lane: usize, from: &mut Self, from_lane: usize, words: &mut LaneWords) {
        // What a module left in this lane goes the other way, to travel home with the unit that the newcomer leaves.
        let mut left_behind: [[Data; DATA_PIECES]; MAX_DATA_FIELDS] = Default::default();
        for (index, pieces) in left_behind.iter_mut().enumerate().take(self.data_fields) {
            take_pieces(self.unit.as_mut(), lane, index, pieces);
        }
        (self.seen, from.seen) = (0, 0);
        from.unit.save_lane(from_lane, words);
        self.unit.load_lane(lane, words);
        for (index, left_behind) in left_behind.iter_mut().enumerate().take(self.data_fields) {
            let mut pieces: [Data; DATA_PIECES] = Default::default();
            take_pieces(from.unit.as_mut(), from_lane, index, &mut pieces);
            give_pieces(self.unit.as_mut(), lane, index, pieces);
            give_pieces(from.unit.as_mut(), from_lane, index, std::mem::take(left_behind));
        }
        if lane >= self.members.len() || from_lane >= from.members.len() {
            return;
        }
        self.members[lane] = from.members[from_lane];
        from.members[from_lane].slot = NOBODY;
        for (index, (param, other)) in self.params.iter_mut().zip(&from.params).enumerate().filter(|(_, (param, _))| !param.whole) {
            param.ramps[lane] = other.ramps[from_lane];
            self.prepared[index].values[lane] = from.prepared[index].values[from_lane];
        }
        self.moving_until = self.moving_until.max(from.moving_until);
        self.settled &= from.settled;
        self.faulty = self.faulty & !(1 << lane) | u32::from(from.is_faulty(from_lane)) << lane;
        self.plain &= from.plain;
        self.tapped |= from.tapped;
    }

    /// Starts lanes afresh: all of them, or only those that made not-a-number.
    pub(crate) fn restart(&mut self, only_faulty: bool) {
        self.rest = Rest::new();
        self.seen = 0;
        if only_faulty && self.is_bundle() {
            let healthy: u32 = !self.faulty;
            let mut kept: [LaneWords; GROUP] = std::array::from_fn(|_| LaneWords::default());
            // Group by group: what is well goes on as it was.
            for first in (0..self.members.len()).step_by(GROUP) {
                let lanes = first..(first + GROUP).min(self.members.len());
                lanes.clone().for_each(|lane| self.unit.save_lane(lane, &mut kept[lane - first]));
                self.unit.reset();
                lanes.filter(|lane| healthy & 1 << lane != 0).for_each(|lane| self.unit.load_lane(lane, &kept[lane - first]));
            }
        } else {
            self.unit.reset();
        }
        self.faulty = 0;
    }
}
