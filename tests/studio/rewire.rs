//! Wiring, turning and unplugging by hand, heard; saving and undoing; and a sound server that goes and comes back.

use crate::hand::Hand;
use crate::listen::{Ear, RATE};
use crate::places::Places;
use crate::world::{Display, SCREEN, SoundServer, Studio, wait};
use patchlight_modules::LIBRARY;
use patchlight_patch::{CableId, Patch, read_patch};
use patchlight_testkit::{Spectrum, db, frequency_hz, is_silent, largest_step, peak, rms_db};
use std::f64::consts::TAU;
use std::path::PathBuf;

/// A triangle through a low pass that lets little more than its fundamental through; nothing is wired to the output.
const PATCH: &str = r#"(
    patchlight: 1,
    name: "By hand",
    modules: {
        "osc": (kind: "osc.analog", at: (0, 0), params: {"shape": "triangle"}),
        "filter": (kind: "filter.svf", at: (400, 0), params: {"cutoff_hz": 200, "resonance": 0}),
        "out": (kind: "io.audio_out", at: (760, 0), params: {"level_db": -6}),
    },
    cables: {
        "osc.out -> filter.in": (),
    },
)
"#;
const TONE_HZ: f64 = 261.625_58;

/// A folder in the target directory that stays, for pictures of what went wrong.
fn pictures() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("studio");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Takes a picture of the window when the test fails.
pub struct Witness<'a>(pub &'a Display, pub &'a str);

impl Drop for Witness<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let path = pictures().join(format!("{}.png", self.1));
            std::fs::write(&path, self.0.picture()).ok();
            eprintln!("the window as it was: {}", path.display());
        }
    }
}

/// Keeps what was heard, to be looked at.
fn keep(what: &str, heard: &[f32]) {
    let spec = hound::WavSpec { channels: 1, sample_rate: RATE as u32, bits_per_sample: 32, sample_format: hound::SampleFormat::Float };
    let path = pictures().join(format!("{what}.wav"));
    let mut file = hound::WavWriter::create(&path, spec).unwrap();
    heard.iter().for_each(|sample| file.write_sample(*sample).unwrap());
    file.finalize().unwrap();
    eprintln!("what was heard: {}", path.display());
}

/// No two neighbours differ by more than a tone of this amplitude turns, and half as much again, and what a ramp of 5 ms adds.
fn assert_smooth(what: &str, heard: &[f32]) {
    let amplitude = f64::from(peak(heard));
    let allowed = amplitude * (1.5 * TAU * TONE_HZ / RATE as f64 + 1.0 / (0.005 * RATE as f64));
    let (frame, step) = largest_step(heard);
    if f64::from(step) > allowed + 1e-4 {
        keep(what, heard);
    }
    assert!(f64::from(step) <= allowed + 1e-4, "{what}: a jump of {step} at frame {frame} of {}, {allowed} is allowed", heard.len());
}

fn is_tone(heard: &[f32]) -> bool {
    rms_db(heard) > -45.0
}

#[test]
fn a_patch_is_wired_turned_and_unwired_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("by_hand.ron");
    std::fs::write(&path, PATCH).unwrap();
    let (patch, _) = read_patch(PATCH, &LIBRARY).unwrap();
    let (display, mut sound) = (Display::start(), SoundServer::start());
    let mut studio = Studio::open(&path, &display, &sound);
    let witness = Witness(&display, "rewire");
    let ear = Ear::open(&sound);
    let hand = Hand::take(&display);
    let places = Places::new(&patch, SCREEN);
    let cable: CableId = "filter.out -> out.in".parse().unwrap();

    assert!(is_silent(&ear.next(0.5)), "nothing is wired, nothing is heard");

    let before = ear.now();
    hand.drag(places.output("filter", "out"), places.input("out", "in"));
    let dull = ear.until(10, is_tone).expect("the cable brings the tone");
    let dull_hz = frequency_hz(&dull, RATE as f64, TONE_HZ);
    assert!((dull_hz - TONE_HZ).abs() < 1.0, "the tone is {dull_hz} Hz");
    assert_smooth("wiring", &ear.between(before, ear.now()));

    let before = ear.now();
    let knob = places.knob("filter", "cutoff_hz");
    hand.drag(knob, knob - bevy::math::Vec2::new(0.0, 90.0));
    let bright = ear.next(1.0);
    let third = |heard: &[f32]| {
        let spectrum = Spectrum::new(heard, RATE as f64);
        db(spectrum.at(3.0 * TONE_HZ) / spectrum.at(TONE_HZ))
    };
    let (third_before, third_after) = (third(&dull), third(&bright));
    assert!(third_after > third_before + 6.0, "the third harmonic rises from {third_before} to {third_after} dB of the first");
    let centroid = |heard: &[f32]| Spectrum::new(heard, RATE as f64).centroid_hz();
    assert!(centroid(&bright) > centroid(&dull), "the centre of the spectrum goes up");
    assert_smooth("turning", &ear.between(before, ear.now()));

    let before = ear.now();
    hand.click(places.cable(&cable));
    hand.key("Delete");
    ear.until(10, is_silent).expect("without the cable there is silence");
    assert_smooth("unplugging", &ear.between(before, ear.now()));

    let before = ear.now();
    hand.key("ctrl+z");
    let back = ear.until(10, is_tone).expect("undo brings the cable back");
    assert!((third(&back) - third_after).abs() < 1.0, "with the sound it had");
    assert_smooth("undoing", &ear.between(before, ear.now()));

    hand.key("ctrl+s");
    let saved = wait("the saved file", 10, || {
        let text = std::fs::read_to_string(&path).unwrap();
        (text != PATCH).then(|| read_patch(&text, &LIBRARY).unwrap().0)
    });
    assert_saved(&patch, &saved, &cable);

    drop(ear);
    loses_and_finds_the_sound_server(&display, &mut studio, &mut sound);
    drop(witness);
}

/// The file holds what was done, and nothing else is different.
fn assert_saved(opened: &Patch, saved: &Patch, cable: &CableId) {
    assert!(saved.cables.contains_key(cable));
    let cutoff = saved.modules["filter"].params["cutoff_hz"];
    assert!(cutoff > 600.0, "the knob was turned to {cutoff} Hz");
    let mut expected = opened.clone();
    expected.cables.insert(cable.clone(), saved.cables[cable].clone());
    expected.modules["filter"].params.insert("cutoff_hz".to_owned(), cutoff);
    assert_eq!(*saved, expected);
}

fn loses_and_finds_the_sound_server(display: &Display, studio: &mut Studio, sound: &mut SoundServer) {
    let words = || display.amber_in_top_bar();
    assert!(words() < 60, "all is well: {} amber pixels", words());
    sound.end();
    wait("a word about the lost device in the top bar", 20, || (words() > 200).then_some(()));
    assert!(studio.is_alive(), "it goes on without sound: {}", studio.said());
    sound.begin();
    let ear = Ear::open(sound);
    let heard = ear.until(30, is_tone).expect("the sound comes back by itself");
    assert!((frequency_hz(&heard, RATE as f64, TONE_HZ) - TONE_HZ).abs() < 1.0);
    wait("the top bar without the warning", 10, || (words() < 60).then_some(()));
    assert!(studio.is_alive() && !studio.said().contains("panicked"), "{}", studio.said());
}
