//! A unit: the running part of a module.

use crate::data::Data;
use crate::io::Io;
use crate::lane_state::LaneWords;
use crate::telemetry::FACE;

/// What a module builds and the audio thread runs.
///
/// Life: [built](crate::BuildContext) on the main side → sent to a slot → `process` for every block → retired, sent home,
/// dropped on the main side. Only `process`, `reset`, `swap_data` and `telemetry` are called on the audio thread: they must
/// not allocate, free, lock or block.
pub trait Unit: Send {
    /// Renders [`Io::frames`] frames (1 to 64) into every output. Called for consecutive parts of the timeline.
    fn process(&mut self, io: &mut Io<'_>);

    /// Back to the state after building.
    fn reset(&mut self);

    /// Writes what the face of the module shows; what each cell means is said by the module. `lane` is 0, or in a unit whose
    /// lanes are different modules, the module's.
    fn telemetry(&self, _lane: usize, _face: &mut [f32; FACE]) {}

    /// Takes down all that one lane remembers. Units of modules that [bundle](patchlight_core::ModuleSpec::bundles) have it.
    fn save_lane(&mut self, _lane: usize, words: &mut LaneWords) {
        words.clear();
    }

    /// Makes one lane go on from what another remembered.
    fn load_lane(&mut self, _lane: usize, _words: &LaneWords) {}

    /// Takes new data for field `index` and leaves the old in its place, to be dropped elsewhere. `lane` is 0, or in a unit whose
    /// lanes are different modules, the module's.
    fn swap_data(&mut self, _lane: usize, _index: usize, _data: &mut Data) {}

    /// Takes a lane's data out, when its module moves to another unit. It is asked until there is nothing left: a field may hold what sounds
    /// and what is to replace it. Each piece is then given to [`Unit::swap_data`] of the other unit, in the same order: the first given
    /// to a lane without data counts at once. [`Unit::load_lane`] came before.
    fn take_data(&mut self, _lane: usize, _index: usize) -> Data {
        Data::None
    }

    /// What arrives at the inputs is this many frames late, because a loop runs that many at a time. A unit whose outputs lag by
    /// more takes it back: see [`ModuleSpec::lag`](patchlight_core::ModuleSpec::lag).
    fn lead(&mut self, _frames: usize) {}

    /// Frames by which the outputs lag behind the inputs.
    fn latency_frames(&self) -> usize {
        0
    }
}

/// What a unit may know when it is built.
#[derive(Clone, Copy, Debug)]
pub struct BuildContext<'a> {
    pub sample_rate_hz: f32,
    /// Lanes per channel, 1 to 32.
    pub voices: usize,
    /// Channels of the ports that follow, 1 or 2.
    pub channels: usize,
    /// The parameters' values, in the order of the declaration.
    pub params: &'a [f32],
    /// The data fields, in the order of the declaration.
    pub data: &'a [Data],
    /// From the module's id: equal patches make equal noise.
    pub seed: u64,
    /// The seeds of the lanes where they are different modules, else nothing.
    pub lane_seeds: &'a [u64],
}

impl BuildContext<'_> {
    /// A data field, or nothing where the caller gave none.
    #[must_use]
    pub fn data(&self, index: usize) -> Data {
        self.data.get(index).cloned().unwrap_or_default()
    }
}
