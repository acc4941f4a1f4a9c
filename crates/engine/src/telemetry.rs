//! What the audio thread shows: levels, faces, scopes, load. Relaxed atomics, so neither side ever waits; the newest wins.

use crate::memory::{BLOCK, Span};
use crate::strain::Strain;
use std::array::from_fn;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};

/// Cells a unit can show on its face.
pub const FACE: usize = 16;
/// Signals that can be watched at once.
pub const TAPS: usize = 32;
/// Frames that a tap keeps.
pub const SCOPE_FRAMES: usize = 16_384;

/// A float that two threads share.
#[derive(Default)]
struct Cell(AtomicU32);

impl Cell {
    fn get(&self) -> f32 {
        f32::from_bits(self.0.load(Ordering::Relaxed))
    }

    fn set(&self, value: f32) {
        self.0.store(value.to_bits(), Ordering::Relaxed);
    }
}

/// What a port carried since it was last read.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MeterReading {
    /// The largest magnitude, over all lanes.
    pub peak: f32,
    /// Root mean square over the last blocks, over all lanes.
    pub rms: f32,
    /// The newest value of the first lane.
    pub last: f32,
}

/// What was found in one output.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Measured {
    pub(crate) peak: f32,
    pub(crate) square_sum: f32,
    pub(crate) last: f32,
}

#[derive(Default)]
struct MeterCell {
    peak: Cell,
    mean_square: Cell,
    last: Cell,
    /// Set by the reader: the next block begins a new maximum.
    restart: AtomicBool,
}

struct Tap {
    frames: Box<[Cell]>,
    written: AtomicU64,
}

/// The shared board. One for each engine; the audio thread writes, anyone reads.
pub struct Telemetry {
    meters: Box<[MeterCell]>,
    faces: Box<[[Cell; FACE]]>,
    faults: Box<[AtomicBool]>,
    /// The share of the time that each module takes.
    shares: Box<[Cell]>,
    strain: AtomicU32,
    /// The voices that are run, of each module that deals them out.
    awake: Box<[AtomicU32]>,
    taps: [Tap; TAPS],
    frame: AtomicU64,
    beat: AtomicU64,
    tempo_bpm: Cell,
    playing: AtomicBool,
    load: Cell,
    xruns: AtomicU64,
    swaps: AtomicU64,
    /// The program for which sharing out to threads did not pay, counted as `swaps`.
    unshared: AtomicU64,
    refused: AtomicU64,
    /// Slots that have been used, from the first on.
    used_slots: AtomicUsize,
    pub(crate) watching: AtomicBool,
}

/// Steps to full scale in which a change is noticed.
const IMPRINT_STEPS: f32 = 10_000.0;

/// Meters of a slot's outputs lie side by side.
pub(crate) const METERS_PER_SLOT: usize = 8;

impl Telemetry {
    pub(crate) fn new(slots: usize) -> Arc<Self> {
        Arc::new(Self {
            meters: (0..slots * METERS_PER_SLOT).map(|_| MeterCell::default()).collect(),
            faces: (0..slots).map(|_| from_fn(|_| Cell::default())).collect(),
            faults: (0..slots).map(|_| AtomicBool::new(false)).collect(),
            shares: (0..slots).map(|_| Cell::default()).collect(),
            strain: AtomicU32::new(0),
            awake: (0..slots).map(|_| AtomicU32::new(u32::MAX)).collect(),
            taps: from_fn(|_| Tap { frames: (0..SCOPE_FRAMES).map(|_| Cell::default()).collect(), written: AtomicU64::new(0) }),
            frame: AtomicU64::new(0),
            beat: AtomicU64::new(0),
            tempo_bpm: Cell::default(),
            playing: AtomicBool::new(true),
            load: Cell::default(),
            xruns: AtomicU64::new(0),
            swaps: AtomicU64::new(0),
            unshared: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            used_slots: AtomicUsize::new(0),
            watching: AtomicBool::new(true),
        })
    }

    /// Turns meters, faces and taps off (offline renders) or on.
    pub fn watch(&self, on: bool) {
        self.watching.store(on, Ordering::Relaxed);
    }

    /// The meter of an output (the first eight of each slot have one); reading starts a new peak.
    #[must_use]
    pub fn meter(&self, slot: usize, output: usize) -> MeterReading {
        let Some(cell) = self.meters.get(slot * METERS_PER_SLOT + output).filter(|_| output < METERS_PER_SLOT) else {
            return MeterReading::default();
        };
        let reading = MeterReading { peak: cell.peak.get(), rms: cell.mean_square.get().sqrt(), last: cell.last.get() };
        cell.restart.store(true, Ordering::Relaxed);
        reading
    }

    /// A number that stays as it is while no output changes by more than a ten-thousandth, nor the clock, the faults and the drop-outs: then
    /// there is nothing to be drawn anew.
    #[must_use]
    pub fn imprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        let used = self.used_slots.load(Ordering::Relaxed);
        for cell in self.meters.iter().take(used * METERS_PER_SLOT) {
            let coarse = |cell: &Cell| (cell.get() * IMPRINT_STEPS) as i32;
            (coarse(&cell.mean_square), coarse(&cell.last)).hash(&mut hasher);
        }
        for fault in self.faults.iter().take(used) {
            fault.load(Ordering::Relaxed).hash(&mut hasher);
        }
        (self.is_playing(), self.is_playing().then(|| self.beat().to_bits()), self.xruns(), self.swaps()).hash(&mut hasher);
        hasher.finish()
    }

    /// What a unit shows on its face.
    #[must_use]
    pub fn face(&self, slot: usize) -> [f32; FACE] {
        self.faces.get(slot).map_or([0.0; FACE], |cells| from_fn(|i| cells[i].get()))
    }

    /// The share of the available time that a module took lately, 0 to 1 and beyond: measured now and then.
    #[must_use]
    pub fn share(&self, slot: usize) -> f32 {
        self.shares.get(slot).map_or(0.0, Cell::get)
    }

    /// Of a module that deals out voices: a bit for each that is run. Those that sleep are not computed, wherever they lead.
    #[must_use]
    pub fn voices_awake(&self, slot: usize) -> u32 {
        self.awake.get(slot).map_or(u32::MAX, |awake| awake.load(Ordering::Relaxed))
    }

    pub(crate) fn set_voices_awake(&self, slot: usize, awake: u32) {
        if let Some(cell) = self.awake.get(slot) {
            cell.store(awake, Ordering::Relaxed);
        }
    }

    pub(crate) fn count_share(&self, slot: usize, share: f32) {
        if let Some(cell) = self.shares.get(slot) {
            let before = cell.get();
            cell.set(before + (share - before) * 0.25);
        }
    }

    /// What is given up for lack of time.
    #[must_use]
    pub fn strain(&self) -> Strain {
        match self.strain.load(Ordering::Relaxed) {
            0 => Strain::None,
            1 => Strain::Views,
            2 => Strain::Quality,
            _ => Strain::Voices,
        }
    }

    pub(crate) fn set_strain(&self, strain: Strain) {
        self.strain.store(strain as u32, Ordering::Relaxed);
    }

    /// Whether the unit in this slot made not-a-number and is muted.
    #[must_use]
    pub fn is_faulty(&self, slot: usize) -> bool {
        self.faults.get(slot).is_some_and(|fault| fault.load(Ordering::Relaxed))
    }

    /// Copies the newest frames of a tap into `out`, oldest first (at most [`SCOPE_FRAMES`]). Returns the total written so far.
    pub fn read_tap(&self, tap: usize, out: &mut [f32]) -> u64 {
        let Some(tap) = self.taps.get(tap) else { return 0 };
        let written = tap.written.load(Ordering::Acquire);
        let wanted = out.len().min(SCOPE_FRAMES) as u64;
        let first = written.saturating_sub(wanted);
        let missing = wanted as usize - (written - first) as usize;
        out[..missing].fill(0.0);
        for (i, value) in out[missing..].iter_mut().enumerate().take((written - first) as usize) {
            *value = tap.frames[((first + i as u64) % SCOPE_FRAMES as u64) as usize].get();
        }
        written
    }

    /// Frames rendered so far.
    #[must_use]
    pub fn frame(&self) -> u64 {
        self.frame.load(Ordering::Relaxed)
    }

    /// Quarter notes since the start.
    #[must_use]
    pub fn beat(&self) -> f64 {
        f64::from_bits(self.beat.load(Ordering::Relaxed))
    }

    #[must_use]
    pub fn tempo_bpm(&self) -> f32 {
        self.tempo_bpm.get()
    }

    #[must_use]
    pub fn is_playing(&self) -> bool {
        self.playing.load(Ordering::Relaxed)
    }

    /// The share of the available time that rendering took lately, 0 to 1 and beyond.
    #[must_use]
    pub fn load(&self) -> f32 {
        self.load.get()
    }

    /// Set by whoever drives the renderer in real time.
    pub fn set_load(&self, load: f32) {
        self.load.set(load);
    }

    /// Times the device was not fed in time.
    #[must_use]
    pub fn xruns(&self) -> u64 {
        self.xruns.load(Ordering::Relaxed)
    }

    /// Counted by whoever drives the renderer in real time.
    pub fn count_xrun(&self) {
        self.xruns.fetch_add(1, Ordering::Relaxed);
    }

    /// Programs taken over so far.
    #[must_use]
    pub fn swaps(&self) -> u64 {
        self.swaps.load(Ordering::Relaxed)
    }

    /// Blocks in which a message had to wait because the way home was full.
    #[must_use]
    pub fn deferred(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Whether it was tried to share the program in place out to several threads, and did not pay.
    #[must_use]
    pub fn sharing_is_refused(&self) -> bool {
        let unshared = self.unshared.load(Ordering::Relaxed);
        unshared > 0 && unshared == self.swaps()
    }

    pub(crate) fn refuse_sharing(&self) {
        self.unshared.store(self.swaps(), Ordering::Relaxed);
    }

    pub(crate) fn count_swap(&self) {
        self.swaps.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_deferred(&self) {
        self.refused.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn is_watching(&self) -> bool {
        self.watching.load(Ordering::Relaxed)
    }

    pub(crate) fn set_clock(&self, frame: u64, beat: f64, tempo_bpm: f32, playing: bool) {
        self.frame.store(frame, Ordering::Relaxed);
        self.beat.store(beat.to_bits(), Ordering::Relaxed);
        self.tempo_bpm.set(tempo_bpm);
        self.playing.store(playing, Ordering::Relaxed);
    }

    pub(crate) fn set_face(&self, slot: usize, face: &[f32; FACE]) {
        if let Some(cells) = self.faces.get(slot) {
            for (cell, value) in cells.iter().zip(face) {
                cell.set(*value);
            }
        }
    }

    pub(crate) fn set_fault(&self, slot: usize, faulty: bool) {
        if let Some(fault) = self.faults.get(slot) {
            fault.store(faulty, Ordering::Relaxed);
        }
    }

    /// Forgets what a slot showed, when a new unit moves in.
    pub(crate) fn clear_slot(&self, slot: usize) {
        self.used_slots.fetch_max(slot + 1, Ordering::Relaxed);
        self.set_fault(slot, false);
        self.set_face(slot, &[0.0; FACE]);
        self.set_voices_awake(slot, u32::MAX);
        for cell in self.meters.iter().skip(slot * METERS_PER_SLOT).take(METERS_PER_SLOT) {
            cell.peak.set(0.0);
            cell.mean_square.set(0.0);
            cell.last.set(0.0);
        }
    }

    /// Takes the measure of one output over `frames` frames: largest magnitude, sum of squares over all lanes, newest value.
    pub(crate) fn measure(&self, slot: usize, output: usize, measured: Measured, frames: usize) {
        let Some(cell) = self.meters.get(slot * METERS_PER_SLOT + output).filter(|_| output < METERS_PER_SLOT) else { return };
        let before = if cell.restart.swap(false, Ordering::Relaxed) { 0.0 } else { cell.peak.get() };
        cell.peak.set(before.max(measured.peak));
        // About 20 ms of memory at 48 kHz, whether called a block or a frame at a time.
        let share = 0.066 * frames as f32 / BLOCK as f32;
        let mean = cell.mean_square.get();
        cell.mean_square.set(mean + (measured.square_sum / frames as f32 - mean) * share);
        cell.last.set(measured.last);
    }

    /// Records one lane of the left (or only) channel of a span into a tap.
    ///
    /// # Safety
    /// `arena` must hold the span, and frames `start..start + frames` must lie within a block.
    pub(crate) unsafe fn record(&self, tap: u8, arena: *const f32, span: Span, voice: usize, start: usize, frames: usize) {
        let Some(tap) = self.taps.get(usize::from(tap)) else { return };
        let lane = span.shape.lane(0, voice.min(usize::from(span.shape.voices) - 1));
        let mut written = tap.written.load(Ordering::Relaxed);
        for n in start..start + frames {
            // SAFETY: the caller vouches for the span; the lane lies within it.
            let value = unsafe { *arena.add(span.offset as usize + lane.offset + n * lane.stride) };
            tap.frames[(written % SCOPE_FRAMES as u64) as usize].set(value);
            written += 1;
        }
        tap.written.store(written, Ordering::Release);
    }
}
