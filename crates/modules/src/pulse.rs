//! What moves sequencers on: pulses from a cable, or the transport's own grid with swing.
//!
//! Positions on the transport's grid are computed from the beat itself, never counted, so that a sequencer is where the song
//! is. A pulse falls on the first frame at or behind its beat.

use patchlight_engine::{BLOCK, Io};

/// The divisions of a bar that clocks and sequencers offer.
pub(crate) const DIVISIONS: &[&str] = &["1/1", "1/2", "1/4", "1/4T", "1/8", "1/8T", "1/16", "1/16T", "1/32", "1/32T"];
/// Quarter notes of each of [`DIVISIONS`].
const DIVISION_BEATS: [f64; 10] = [4.0, 2.0, 1.0, 2.0 / 3.0, 0.5, 1.0 / 3.0, 0.25, 1.0 / 6.0, 0.125, 1.0 / 12.0];
/// The place of sixteenths in [`DIVISIONS`].
pub(crate) const SIXTEENTHS: usize = 6;

/// Beats are sums of many small steps: this much before a grid line (in steps) counts as on it.
const ON_THE_LINE: f64 = 1e-6;

/// Quarter notes of the division with this index.
pub(crate) fn division_beats(division: f32) -> f64 {
    DIVISION_BEATS[(division.max(0.0) as usize).min(DIVISION_BEATS.len() - 1)]
}

/// Step number, and the phase (0 to 1) inside it, of a position in steps. `swing` from 0 to 1 delays every second step by up
/// to half a step.
pub(crate) fn grid(position: f64, swing: f64) -> (i64, f32) {
    let position = position + ON_THE_LINE;
    let pair = (position * 0.5).floor();
    let inside = position - 2.0 * pair;
    let second = 1.0 + 0.5 * swing;
    let (step, phase) = if inside < second { (0, inside / second) } else { (1, (inside - second) / (2.0 - second)) };
    (2 * pair as i64 + step, phase.clamp(0.0, 1.0) as f32)
}

/// What a gate carries.
#[inline]
pub(crate) fn level(is_on: bool) -> f32 {
    if is_on { 1.0 } else { 0.0 }
}

/// A rising edge over 0.5.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Edge(bool);

impl Edge {
    /// As new.
    pub(crate) const LOW: Self = Self(false);

    #[inline]
    pub(crate) fn rises(&mut self, signal: f32) -> bool {
        let is_high = signal > 0.5;
        let rises = is_high && !self.0;
        self.0 = is_high;
        rises
    }

    /// What it heard last.
    #[inline]
    pub(crate) fn is_high(self) -> bool {
        self.0
    }

    pub(crate) fn at(is_high: bool) -> Self {
        Self(is_high)
    }
}

/// Where a sequencer stands at one frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Place {
    /// Steps since the start or the last reset; below 0 before the first pulse.
    pub(crate) step: i64,
    /// 0 to 1 through the step.
    pub(crate) phase: f32,
    /// The step begins on this frame.
    pub(crate) begins: bool,
    /// Whether time runs: a stopped transport closes all gates.
    pub(crate) runs: bool,
}

/// Follows pulses and resets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pulse {
    clock: Edge,
    reset: Edge,
    /// Pulses of the cable counted since the start or the reset.
    counted: i64,
    /// The cable has pulsed.
    counts: bool,
    frames_since_pulse: u64,
    /// Frames between the last two pulses of the cable; 0 while unknown.
    period_frames: u64,
    /// The last line of the transport's grid that was passed.
    line: Option<i64>,
    /// The line on which step 0 fell.
    origin: i64,
    resets: bool,
}

/// What a sequencer's [`Pulse`] hears during a call.
pub(crate) struct Clocks<'a> {
    /// The cable's pulses, if there is one.
    clock: Option<&'a [f32]>,
    reset: &'a [f32],
    beat: f64,
    beats_per_frame: f64,
    playing: bool,
    /// Frames that a sixteenth lasts: what a period is taken for until it is known.
    sixteenth_frames: f32,
}

impl<'a> Clocks<'a> {
    /// Reads inputs 0 (clock) and 1 (reset) and the transport.
    pub(crate) fn new(io: &Io<'a>) -> Self {
        let (clock, reset, transport) = (io.input(0), io.input(1), io.transport());
        Self {
            clock: clock.is_connected().then(|| clock.row(0, 0)),
            reset: reset.row(0, 0),
            beat: transport.beat,
            beats_per_frame: io.beats_per_frame(),
            playing: transport.playing,
            sixteenth_frames: 15.0 / transport.tempo_bpm.max(1.0) * io.sample_rate_hz(),
        }
    }
}

impl Pulse {
    pub(crate) const fn new() -> Self {
        Self {
            clock: Edge(false),
            reset: Edge(false),
            counted: -1,
            counts: false,
            frames_since_pulse: 0,
            period_frames: 0,
            line: None,
            origin: 0,
            resets: false,
        }
    }

    /// Where the sequencer stands at frame `n` of this call. `step_beats` and `swing` count without a cable only.
    pub(crate) fn next(&mut self, clocks: &Clocks<'_>, n: usize, step_beats: f64, swing: f64) -> Place {
        let resets = self.reset.rises(clocks.reset[n]);
        match clocks.clock {
            Some(clock) => self.by_cable(clock[n], resets, clocks.sixteenth_frames),
            None => self.by_transport(clocks, n, resets, step_beats, swing),
        }
    }

    fn by_cable(&mut self, clock: f32, resets: bool, sixteenth_frames: f32) -> Place {
        if resets {
            self.counted = -1;
        }
        self.frames_since_pulse += 1;
        let begins = self.clock.rises(clock);
        if begins {
            self.period_frames = if self.counts { self.frames_since_pulse } else { 0 };
            self.counts = true;
            self.counted += 1;
            self.frames_since_pulse = 0;
        }
        let period = if self.period_frames > 0 { self.period_frames as f32 } else { sixteenth_frames };
        let phase = (self.frames_since_pulse as f32 / period).min(1.0);
        Place { step: self.counted, phase, begins, runs: self.counted >= 0 }
    }

    fn by_transport(&mut self, clocks: &Clocks<'_>, n: usize, resets: bool, step_beats: f64, swing: f64) -> Place {
        let beat = clocks.beat + clocks.beats_per_frame * n as f64;
        let (line, phase) = grid(beat / step_beats, swing);
        self.resets |= resets;
        let begins = clocks.playing && self.line != Some(line);
        if begins {
            self.line = Some(line);
            if self.resets {
                self.origin = line;
                self.resets = false;
            }
        }
        Place { step: line - self.origin, phase, begins, runs: clocks.playing }
    }
}

/// Puts out what was made frame by frame: number `i` of each frame to output `i`, one lane each.
pub(crate) fn put_out<const N: usize>(io: &mut Io<'_>, made: &[[f32; N]; BLOCK]) {
    for output in 0..N {
        let mut out = io.output(output);
        out.row(0, 0).iter_mut().zip(made).for_each(|(sample, made)| *sample = made[output]);
    }
}

/// A number from 0 to 1 that depends on nothing but its seed and index (the finaliser of SplitMix64).
pub(crate) fn chance(seed: u64, index: i64) -> f32 {
    let mut z = seed.wrapping_add((index as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 40) as f32 / (1 << 24) as f32
}

#[cfg(test)]
mod tests {
    use super::grid;

    #[test]
    fn swing_moves_every_second_line_and_no_other() {
        assert_eq!(grid(4.0, 0.0).0, 4);
        assert_eq!(grid(3.999_999_9, 0.0).0, 4);
        assert_eq!(grid(5.2, 0.5).0, 4);
        assert_eq!(grid(5.25, 0.5).0, 5);
        assert_eq!(grid(6.0, 0.5).0, 6);
        assert_eq!(grid(-0.5, 0.0).0, -1);
    }
}
