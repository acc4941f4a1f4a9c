//! Transport: leads the tempo, and turns the song's position into gates, a phase and a run signal.
//!
//! Face cells: [0] phase through the bar, [1] beat of the bar (from 0), [2] bar since the start, [3] whether it plays.

use crate::pulse::{DIVISIONS, SIXTEENTHS, division_beats, grid, put_out};
use patchlight_core::{ModuleSpec, Voices, bpm, choice, control, gate, integer, module, percent};
use patchlight_engine::{BLOCK, BuildContext, FACE, Io, Unit};

const TEMPO: usize = 0;
const SWING: usize = 1;
const DIVISION: usize = 2;
const BEATS_PER_BAR: usize = 3;

/// The output that the song's position has no part in.
const RUN: usize = 4;

pub const SPEC: ModuleSpec = module("clock.transport", "Transport")
    .about("Sets the tempo of everything and gives out its clock. Sequencers without a clock cable follow it anyway.")
    .tags(&["tempo", "bpm", "clock", "beat", "bar", "metronome", "swing", "sync", "play"])
    .params(&[
        bpm("tempo_bpm", 20.0..=300.0, 120.0).about("Quarter notes per minute, for the whole patch"),
        percent("swing", 0.0).about("Delays every second step of `clock`, at 100 % by half a step; 67 % is triplet feel"),
        choice("division", DIVISIONS, SIXTEENTHS).about("The note value of the steps at `clock`; T is a triplet"),
        integer("beats_per_bar", 1..=16, 4).about("Quarter notes in a bar").hidden(),
    ])
    .outputs(&[
        gate("clock", "On for the first half of every step"),
        gate("beat", "On for the first half of every quarter note"),
        gate("bar", "On for the first half-beat of every bar"),
        control("phase", "Rises from 0 to 1 through each bar"),
        gate("run", "On while the transport plays"),
    ])
    .voices(Voices::One)
    .leads_all();

pub fn build(_context: &BuildContext<'_>) -> Box<dyn Unit> {
    Box::new(Transport { phase: 0.0, beat: 0.0, bar: 0.0, plays: false })
}

struct Transport {
    phase: f32,
    beat: f32,
    bar: f32,
    plays: bool,
}

impl Unit for Transport {
    fn process(&mut self, io: &mut Io<'_>) {
        let (frames, transport, beats_per_frame) = (io.frames(), io.transport(), io.beats_per_frame());
        let (tempo_bpm, swing) = (io.param(TEMPO), io.param(SWING));
        let (division, beats_per_bar) = (io.param(DIVISION), io.param(BEATS_PER_BAR));
        // The last frame's: the same however the block is parted.
        io.lead_tempo(tempo_bpm.at(frames - 1, 0));
        let mut made = [[0.0; 5]; BLOCK];
        let plays = if transport.playing { 1.0 } else { 0.0 };
        // Where only the run is read, the last frame is looked at, for the face.
        let first = if (0..RUN).any(|output| io.is_read(output)) { 0 } else { frames - 1 };
        made[..first].fill([0.0, 0.0, 0.0, 0.0, plays]);
        for (n, made) in made[..frames].iter_mut().enumerate().skip(first) {
            let beat = transport.beat + beats_per_frame * n as f64;
            let bar_beats = f64::from(beats_per_bar.at(n, 0));
            let half = |position: f64, swing: f64| if grid(position, swing).1 < 0.5 { plays } else { 0.0 };
            let (bar, phase) = grid(beat / bar_beats, 0.0);
            let step = half(beat / division_beats(division.at(n, 0)), f64::from(swing.at(n, 0)));
            let downbeat = if f64::from(phase) * bar_beats < 0.5 { plays } else { 0.0 };
            *made = [step, half(beat, 0.0), downbeat, phase, plays];
            (self.phase, self.beat, self.bar) = (phase, (f64::from(phase) * bar_beats).floor() as f32, bar as f32);
        }
        self.plays = transport.playing;
        put_out(io, &made);
    }

    fn reset(&mut self) {
        *self = Self { phase: 0.0, beat: 0.0, bar: 0.0, plays: false };
    }

    fn telemetry(&self, _lane: usize, face: &mut [f32; FACE]) {
        face[..4].copy_from_slice(&[self.phase, self.beat, self.bar, f32::from(u8::from(self.plays))]);
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use patchlight_engine::{Solo, SoloConfig, Transport};

    fn edges(row: &[f32]) -> Vec<usize> {
        (0..row.len()).filter(|n| row[*n] > 0.5 && (*n == 0 || row[n - 1] <= 0.5)).collect()
    }

    #[test]
    fn gates_fall_on_their_frames() {
        let mut solo = Solo::new(&SPEC, build, &SoloConfig::default(), &[]);
        let rendered = solo.run(96_000 + 64, 64);
        assert_eq!(edges(rendered.mono(0)), (0..17).map(|step| step * 6000).collect::<Vec<_>>());
        assert_eq!(edges(rendered.mono(1)), [0, 24_000, 48_000, 72_000, 96_000]);
        assert_eq!(edges(rendered.mono(2)), [0, 96_000]);
        assert!((rendered.mono(3)[48_000] - 0.5).abs() < 1e-5);
    }

    #[test]
    fn it_leads_the_tempo_and_swings_without_drifting() {
        let config = SoloConfig { params: vec![("tempo_bpm", 240.0), ("swing", 0.5)], ..SoloConfig::default() };
        let mut solo = Solo::new(&SPEC, build, &config, &[]);
        solo.set_transport(Transport { playing: true, tempo_bpm: 240.0, beat: 0.0 });
        let found = edges(solo.run(12_001, 64).mono(0));
        assert_eq!(found, [0, 3750, 6000, 9750, 12_000]);
        // From 120 BPM: the first block still runs at the old tempo.
        let mut late = Solo::new(&SPEC, build, &config, &[]);
        assert_eq!(edges(late.run(12_100, 64).mono(1)), [0, 12_032]);
    }

    #[test]
    fn nothing_sounds_while_it_stands() {
        let mut solo = Solo::new(&SPEC, build, &SoloConfig::default(), &[]);
        solo.set_transport(Transport { playing: false, tempo_bpm: 120.0, beat: 0.0 });
        let rendered = solo.run(30_000, 64);
        for output in [0, 1, 2, 4] {
            assert!(rendered.mono(output).iter().all(|x| *x == 0.0));
        }
    }
}
