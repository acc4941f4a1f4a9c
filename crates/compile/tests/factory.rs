//! The factory patches, heard by numbers: each opens clean, is as the writer writes it, sounds within two seconds at a sane level, never
//! clips, and renders the same samples every time.

use patchlight_compile::{Compiler, NoSamples, StreamSpec};
use patchlight_engine::{Controller, EngineConfig, Renderer, engine};
use patchlight_modules::LIBRARY;
use patchlight_patch::{CableId, Patch, Severity, read_patch, write_patch};
use patchlight_testkit::{Spectrum, db, lufs, peak, rms, rms_db, windows_rms};
use std::path::PathBuf;

const RATE: usize = 48_000;
/// What must be there, whatever else is.
const NAMES: [&str; 8] =
    ["drum_machine", "feedback_string", "first_light", "glass_fm", "pad_sixteen", "pumping_bass", "talking_filter", "teacher_filter"];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../patches")
}

/// Names and texts of all factory patches, sorted by name.
fn texts() -> Vec<(String, String)> {
    let entries = std::fs::read_dir(folder()).expect("the factory patches");
    let paths = entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.extension().is_some_and(|end| end == "ron"));
    let mut texts: Vec<_> = paths
        .map(|path| (path.file_stem().expect("a name").to_string_lossy().into_owned(), std::fs::read_to_string(&path).expect("its text")))
        .collect();
    texts.sort();
    texts
}

fn open(name: &str) -> Patch {
    let text = std::fs::read_to_string(folder().join(format!("{name}.ron"))).expect("a factory patch");
    read_patch(&text, &LIBRARY).expect("it reads").0
}

/// A patch in an engine without a device.
struct Player {
    _controller: Controller,
    renderer: Renderer,
}

impl Player {
    fn new(patch: &Patch) -> Self {
        let config = EngineConfig::new(RATE as f32);
        let (mut controller, renderer) = engine(config);
        controller.telemetry().watch(false);
        let update = Compiler::new(StreamSpec::offline(RATE as f32), config).update(patch, &NoSamples);
        let bad: Vec<_> = update.diagnostics.iter().filter(|diagnostic| diagnostic.severity > Severity::Note).collect();
        assert!(bad.is_empty(), "{}: {bad:?}", patch.name);
        update.messages.into_iter().for_each(|message| controller.send(message));
        Self { _controller: controller, renderer }
    }

    /// Left and right, asked for `block` frames at a time.
    fn render(&mut self, frames: usize, block: usize) -> [Vec<f32>; 2] {
        let mut sides = [vec![0.0; frames], vec![0.0; frames]];
        let [left, right] = &mut sides;
        for (left, right) in left.chunks_mut(block).zip(right.chunks_mut(block)) {
            self.renderer.render(None, [left, right]);
        }
        sides
    }
}

fn render(patch: &Patch, secs: usize) -> [Vec<f32>; 2] {
    Player::new(patch).render(secs * RATE, 512)
}

/// The level of a stereo sound: the root of both sides' mean power, in dBFS.
fn level_db([left, right]: &[Vec<f32>; 2]) -> f64 {
    db(((rms(left).powi(2) + rms(right).powi(2)) * 0.5).sqrt())
}

#[test]
fn all_eight_are_there() {
    let found: Vec<String> = texts().into_iter().map(|(name, _)| name).collect();
    for name in NAMES {
        assert!(found.iter().any(|found| found == name), "{name}.ron is missing; there are {found:?}");
    }
}

#[test]
fn they_open_clean_and_are_as_the_writer_writes_them() {
    for (name, text) in texts() {
        let (patch, warnings) = read_patch(&text, &LIBRARY).expect(&name);
        assert!(warnings.is_empty(), "{name}: {warnings:?}");
        assert!(!patch.name.is_empty() && patch.about.lines().count() > 1 && !patch.tags.is_empty(), "{name} does not introduce itself");
        let written = write_patch(&patch, &LIBRARY);
        let other = written.lines().zip(text.lines()).find(|(a, b)| a != b);
        assert!(written == text, "{name}: written (left) and read (right) differ: {other:?}");
    }
}

#[test]
fn they_sound_within_two_seconds_at_a_sane_level_and_the_same_every_time() {
    for (name, text) in texts() {
        let patch = read_patch(&text, &LIBRARY).expect(&name).0;
        let sound = render(&patch, 20);
        let early = sound.clone().map(|side| side[..2 * RATE].to_vec());
        let loudest = sound.iter().map(|side| peak(side)).fold(0.0, f32::max);
        assert!(sound.iter().flatten().all(|sample| sample.is_finite()), "{name} is not finite");
        println!("{name}: {:.1} dBFS, first two seconds {:.1}, peak {:.2}", level_db(&sound), level_db(&early), loudest);
        assert!((-30.0..-8.0).contains(&level_db(&sound)), "{name}: {} dBFS", level_db(&sound));
        assert!(level_db(&early) > -40.0, "{name}: {} dBFS in the first two seconds", level_db(&early));
        assert!(loudest < 1.0, "{name}: a peak of {loudest}");
        let loudness = lufs(sound.each_ref().map(Vec::as_slice), RATE as u32);
        assert!((-24.0..=-10.0).contains(&loudness), "{name}: {loudness:.1} LUFS");
        // It goes on: no second is empty.
        let seconds = windows_rms(&sound[0], RATE);
        assert!(seconds.iter().all(|second| db(*second) > -60.0), "{name}: {seconds:?}");
        assert!(render(&patch, 20) == sound, "{name}: two renders differ");
    }
}

#[test]
fn the_size_of_the_pieces_does_not_matter() {
    let patch = open("first_light");
    let whole = Player::new(&patch).render(3 * RATE, 3 * RATE);
    for block in [1, 32, 64, 100, 512] {
        assert!(Player::new(&patch).render(3 * RATE, block) == whole, "blocks of {block}");
    }
}

/// The level of each third of an octave from 30 Hz to 15 kHz, in dB of the whole.
fn colour(samples: &[f32]) -> Vec<f64> {
    let spectrum = Spectrum::new(&samples[..8 * RATE], RATE as f64);
    let whole = spectrum.band(30.0, 15_000.0);
    let edges: Vec<f64> = (0..27).map(|third| 30.0 * 2_f64.powf(f64::from(third) / 3.0)).collect();
    edges.windows(2).map(|edge| db(spectrum.band(edge[0], edge[1]) / whole).max(-60.0)).collect()
}

/// How loud it is over time: the levels that a tenth, two tenths and so on of all moments stay under, in dB of the loudest; and by how much the
/// level moves from moment to moment.
fn shape(samples: &[f32]) -> Vec<f64> {
    let moments: Vec<f64> = windows_rms(&samples[..8 * RATE], RATE / 40).into_iter().map(|level| db(level).max(-80.0)).collect();
    let mut sorted = moments.clone();
    sorted.sort_by(f64::total_cmp);
    let loudest = sorted[sorted.len() - 1];
    let moves = moments.windows(2).map(|pair| (pair[1] - pair[0]).abs()).sum::<f64>() / (moments.len() - 1) as f64;
    (1..10).map(|tenth| sorted[sorted.len() * tenth / 10] - loudest).chain([4.0 * moves]).collect()
}

#[test]
fn no_two_sound_alike() {
    let heard: Vec<(String, [Vec<f64>; 2])> = texts()
        .into_iter()
        .map(|(name, text)| {
            let [left, _] = render(&read_patch(&text, &LIBRARY).expect(&name).0, 8);
            (name, [colour(&left), shape(&left)])
        })
        .collect();
    let mean = |one: &[f64], other: &[f64]| one.iter().zip(other).map(|(a, b)| (a - b).abs()).sum::<f64>() / one.len() as f64;
    for (index, (name, one)) in heard.iter().enumerate() {
        for (other_name, other) in &heard[..index] {
            let [colour, shape] = [0, 1].map(|part| mean(&one[part], &other[part]));
            let told = format!("{name} and {other_name} are {colour:.1} dB of colour and {shape:.1} dB of shape apart");
            if colour + shape < 6.0 {
                println!("{told}");
            }
            assert!(colour > 2.5 && colour + shape > 4.0, "{told}");
        }
    }
}

#[test]
fn first_light_changes_for_minutes() {
    let [left, _] = render(&open("first_light"), 90);
    let parts: Vec<Vec<f64>> = [10, 36, 62].iter().map(|from| colour(&left[from * RATE..])).collect();
    for (one, other) in [(0, 1), (1, 2), (0, 2)] {
        let apart = parts[one].iter().zip(&parts[other]).map(|(a, b)| (a - b).abs()).sum::<f64>() / parts[0].len() as f64;
        assert!(apart > 1.0, "parts {one} and {other} are {apart:.2} dB apart");
    }
}

/// Switches cables of a patch off, so that the rest is heard alone.
fn without(patch: &Patch, cables: &[&str]) -> Patch {
    let mut patch = patch.clone();
    for cable in cables {
        let id: CableId = cable.parse().expect("a cable");
        patch.cables.get_mut(&id).expect(cable).on = false;
    }
    patch
}

/// The frames at which a drum that is heard alone is struck: its level rises from nearly nothing.
fn strokes(drum: &[f32]) -> Vec<usize> {
    let mut found: Vec<usize> = Vec::new();
    let loud: Vec<bool> = drum.chunks(48).map(|window| peak(window) > 0.1).collect();
    for (window, pair) in loud.windows(2).enumerate() {
        let far = found.last().is_none_or(|last| (window + 1) * 48 - last > RATE / 4);
        if pair[1] && !pair[0] && far {
            found.push((window + 1) * 48);
        }
    }
    found
}

#[test]
fn the_kick_ducks_the_bass_and_lets_it_come_back() {
    let patch = open("pumping_bass");
    let (kick_cable, bass_cable, hat_cable, key_cable) =
        ("kick.out -> mixer.in_1", "comp.out -> mixer.in_2", "hat.out -> mixer.in_3", "kick.out -> comp.key");
    let secs = 8;
    let [kick, _] = render(&without(&patch, &[bass_cable, hat_cable]), secs);
    let [ducked, _] = render(&without(&patch, &[kick_cable, hat_cable]), secs);
    // With silence for a key, nothing ducks: the bass as it would be.
    let mut deaf = patch.clone();
    deaf.cables.get_mut(&key_cable.parse::<CableId>().expect("a cable")).expect("the key").amount = 0.0;
    let [bass, _] = render(&without(&deaf, &[kick_cable, hat_cable]), secs);

    let strokes = strokes(&kick);
    let beats = secs * 124 / 60;
    assert!(strokes.len().abs_diff(beats) <= 1, "{} strokes in {beats} beats", strokes.len());
    let ms = RATE / 1000;
    for &at in strokes.iter().filter(|at| **at > 100 * ms && **at + 500 * ms < kick.len()) {
        let gain_db = |from: usize, to: usize| rms_db(&ducked[from..to]) - rms_db(&bass[from..to]);
        let (before, after) = (gain_db(at - 60 * ms, at - 5 * ms), gain_db(at + 20 * ms, at + 30 * ms));
        let recovered = gain_db(at + 400 * ms, at + 460 * ms);
        // And as it is heard, whatever the notes do.
        let (heard_before, heard_after) = (rms_db(&ducked[at - 60 * ms..at - 5 * ms]), rms_db(&ducked[at + 20 * ms..at + 60 * ms]));
        println!("{at}: {before:.1} -> {after:.1} -> {recovered:.1} dB, heard {heard_before:.1} -> {heard_after:.1}");
        assert!(before - after >= 6.0, "at frame {at} the bass goes from {before:.1} to {after:.1} dB within 30 ms");
        assert!(heard_before - heard_after >= 6.0, "at frame {at} it is heard to go from {heard_before:.1} to {heard_after:.1} dBFS");
        assert!(recovered > -1.5, "at frame {at} it has come back to {recovered:.1} dB only");
    }
}
