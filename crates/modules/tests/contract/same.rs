//! Sameness: the partition into calls, the neighbours in a group, and a reset change nothing.

use crate::harness::{all_ends, hold_all, inputs, musical_drive, numeric_ends, solo};
use patchlight_core::{Channels, Voices};
use patchlight_engine::{Rendered, SoloConfig};
use patchlight_modules::Entry;

const FRAMES: usize = 64 * 48;

/// Modules whose voices differ on purpose, with what makes them: only their first lane can be compared with a lane alone.
const VOICES_DIFFER: &[(&str, &str)] = &[
    ("osc.supersaw", "each voice begins with phases of its own"),
    ("osc.noise", "each voice has noise of its own"),
    ("mod.drift", "each voice drifts by itself"),
    ("mod.random_smooth", "each voice wanders by itself"),
    ("logic.probability", "each voice has dice of its own"),
    ("note.humanize", "each voice has chance of its own"),
    ("note.strum", "each voice begins after the one before"),
];

/// Modules made of fundsp nodes that work in blocks of eight frames, which round differently at the ends of parts.
const ROUNDS_BY_PARTS: &[&str] = &[];

fn render(entry: &'static Entry, voices: usize, lanes: &[usize], ends: &[&'static str], part_frames: usize) -> Rendered {
    let config = SoloConfig { voices, channels: 1, ..SoloConfig::default() };
    let mut solo = solo(entry, &config, ends);
    for end in ends {
        let side: Vec<Vec<f32>> = lanes.iter().map(|lane| musical_drive(entry.spec, end, *lane, FRAMES)).collect();
        // Ports that are always stereo hear the same on both sides.
        let is_stereo = entry.spec.input(end).is_some_and(|(_, port)| port.channels == Channels::Stereo);
        solo.drive(end, if is_stereo { [side.clone(), side].concat() } else { side });
    }
    solo.run(FRAMES, part_frames)
}

/// Where two renders part, if they do: output, lane, frame and both values.
fn difference(a: &Rendered, b: &Rendered, tolerance: f32) -> Option<String> {
    for (output, (a, b)) in a.outputs.iter().zip(&b.outputs).enumerate() {
        for (lane, (a, b)) in a.iter().zip(b).enumerate() {
            if let Some(text) = row_difference(a, b, tolerance) {
                return Some(format!("output {output} lane {lane} {text}"));
            }
        }
    }
    a.master.iter().zip(&b.master).find_map(|(a, b)| row_difference(a, b, tolerance))
}

fn row_difference(a: &[f32], b: &[f32], tolerance: f32) -> Option<String> {
    let frame = a.iter().zip(b).position(|(a, b)| (a - b).abs() > tolerance || a.is_nan() != b.is_nan())?;
    Some(format!("frame {frame}: {} against {}", a[frame], b[frame]))
}

#[test]
fn parts_of_1_7_and_64_frames_give_equal_samples() {
    hold_all("the partition into calls changes nothing", |entry, failures| {
        let spec = entry.spec;
        let tolerance = if ROUNDS_BY_PARTS.contains(&spec.id) { 1e-6 } else { 0.0 };
        // Choices, switches and whole numbers may be read once a call, so they stand still here.
        for ends in [numeric_ends(spec), inputs(spec), Vec::new()] {
            let whole = render(entry, 3, &[0, 1, 2], &ends, 64);
            for part_frames in [1, 7] {
                let parts = render(entry, 3, &[0, 1, 2], &ends, part_frames);
                if let Some(text) = difference(&whole, &parts, tolerance) {
                    failures.push(format!("parts of {part_frames} and 64 differ with {} cables: {text}", ends.len()));
                }
            }
        }
    });
}

#[test]
fn a_lane_alone_sounds_as_it_does_among_eight() {
    hold_all("neighbours in a group change nothing", |entry, failures| {
        let spec = entry.spec;
        if spec.voices != Voices::Follow {
            return;
        }
        let differ = VOICES_DIFFER.iter().any(|(id, _)| *id == spec.id);
        let ends = numeric_ends(spec);
        let eight = render(entry, 8, &[0, 1, 2, 3, 4, 5, 6, 7], &ends, 64);
        for lane in if differ { vec![0] } else { vec![0, 3, 7] } {
            let alone = render(entry, 1, &[lane], &ends, 64);
            for (output, (eight, alone)) in eight.outputs.iter().zip(&alone.outputs).enumerate() {
                if let Some(text) = row_difference(&eight[lane], &alone[0], 0.0) {
                    failures.push(format!("lane {lane} of output {output}, {text} alone"));
                }
            }
        }
    });
}

#[test]
fn a_reset_brings_back_the_beginning() {
    hold_all("after a reset the same sounds follow", |entry, failures| {
        let spec = entry.spec;
        let ends = all_ends(spec);
        let mut solo = solo(entry, &SoloConfig { voices: 2, ..SoloConfig::default() }, &ends);
        for end in &ends {
            solo.drive(end, (0..2).map(|lane| musical_drive(spec, end, lane, FRAMES)).collect());
        }
        let transport = patchlight_engine::Transport { playing: true, tempo_bpm: 120.0, beat: 0.0 };
        solo.set_transport(transport);
        let first = solo.run(FRAMES, 64);
        solo.reset();
        solo.set_transport(transport);
        let again = solo.run(FRAMES, 64);
        if let Some(text) = difference(&first, &again, 0.0) {
            failures.push(text);
        }
    });
}
