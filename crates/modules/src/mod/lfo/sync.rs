//! Where the song is, for cycles that keep to it.

use patchlight_engine::simd::{Simd, SimdBase, SimdFloat, f32x8, load, mask32x8, splat};
use patchlight_engine::{GROUP, GroupIo, LaneParam, Oct, Transport};

pub const SYNCS: &[&str] = &[
    "free", "4/1", "2/1", "1/1", "1/2D", "1/2", "1/2T", "1/4D", "1/4", "1/4T", "1/8D", "1/8", "1/8T", "1/16D", "1/16", "1/16T", "1/32D",
    "1/32", "1/32T",
];
/// Quarter notes of each of [`SYNCS`] but the first.
const SYNC_BEATS: [f64; 18] =
    [16.0, 8.0, 4.0, 3.0, 2.0, 4.0 / 3.0, 1.5, 1.0, 2.0 / 3.0, 0.75, 0.5, 1.0 / 3.0, 0.375, 0.25, 1.0 / 6.0, 0.1875, 0.125, 1.0 / 12.0];

/// The time constant with which a phase is pulled to the beat.
const PULL_SECS: f32 = 0.02;

/// The transport during a call, and which note value each lane keeps to.
pub struct Song<'a> {
    sync: LaneParam<'a>,
    transport: Transport,
    /// While the transport plays, and as if it did.
    beats_per_frame: f64,
    free_beats_per_frame: f64,
    pull: f32,
}

/// Where the song is at a frame.
pub struct Beat<S: Simd> {
    pub is_synced: mask32x8<S>,
    /// The phase of the note value, 0 to 1; 0 in lanes that are not synced.
    pub target: f32x8<S>,
    /// Turns of the note value in a frame.
    turns: f32x8<S>,
    /// The share of its error that a phase gives up in a frame.
    pull: f32,
}

fn note_beats(sync: f32) -> Option<f64> {
    (sync as usize).checked_sub(1).and_then(|index| SYNC_BEATS.get(index)).copied()
}

impl<'a> Song<'a> {
    pub fn new(io: &GroupIo<'_, 'a>, sync: LaneParam<'a>) -> Self {
        let (moment, rate_hz) = (io.moment(), io.sample_rate_hz());
        let transport = moment.transport();
        Self {
            sync,
            transport,
            beats_per_frame: moment.beats_per_frame(),
            free_beats_per_frame: f64::from(transport.tempo_bpm) / 60.0 / f64::from(rate_hz),
            pull: if transport.playing { 1.0 / (PULL_SECS * rate_hz) } else { 0.0 },
        }
    }

    /// Whether no lane keeps to the song.
    pub fn is_free(&self) -> bool {
        matches!(self.sync, LaneParam::Constant([sync, ..]) if note_beats(*sync).is_none())
    }

    /// Phase and turns a frame of a note value.
    fn place(&self, sync: f32, n: usize) -> [f32; 3] {
        let beat = self.transport.beat + self.beats_per_frame * n as f64;
        note_beats(sync).map_or([0.0; 3], |beats| [1.0, (beat / beats).rem_euclid(1.0) as f32, (self.free_beats_per_frame / beats) as f32])
    }

    #[inline(always)]
    pub fn at<S: Simd>(&self, simd: S, n: usize) -> Beat<S> {
        let places: [Oct; 3] = match self.sync {
            LaneParam::Constant([sync, ..]) => self.place(*sync, n).map(|value| [value; GROUP]),
            LaneParam::Signal(lanes) => {
                let places = lanes[n].map(|sync| self.place(sync, n));
                std::array::from_fn(|index| places.map(|place| place[index]))
            }
        };
        let [is_synced, target, turns] = &places;
        let is_synced = load(simd, is_synced).simd_gt(splat(simd, 0.0));
        Beat { is_synced, target: load(simd, target), turns: load(simd, turns), pull: self.pull }
    }
}

impl<S: Simd> Beat<S> {
    /// Turns of a frame for a phase that follows, never backwards.
    #[inline(always)]
    pub fn step(&self, simd: S, phase: f32x8<S>, anchor: f32x8<S>) -> f32x8<S> {
        let error = self.target + anchor - phase;
        let error = error - error.round_ties_even();
        (self.turns + error * splat(simd, self.pull)).max(splat(simd, 0.0))
    }
}
