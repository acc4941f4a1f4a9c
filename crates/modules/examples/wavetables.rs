//! Makes the wavetables that come along: `cargo run -p patchlight-modules --example wavetables [FOLDER]` writes them to `assets/wavetables`.
//!
//! Each is sixteen cycles of 2048 frames, 16 bits, with the `clm ` chunk that says so. A recipe gives either a cycle as a function of its phase or
//! its harmonics; `t` runs from 0 at the first cycle to 1 at the last. Cycles lose their DC and are brought to the same peak.

use std::f64::consts::{PI, TAU};
use std::io::Write;
use std::path::PathBuf;

const FRAMES: usize = 2048;
const CYCLES: usize = 16;
const HARMONICS: usize = 512;
const PEAK: f64 = 0.98;

/// How a table is made.
enum Recipe {
    /// Of `t` and the phase, 0 to 1.
    Wave(fn(f64, f64) -> f64),
    /// Amplitude and phase in turns, of `t` and the number of the harmonic.
    Harmonics(fn(f64, usize) -> (f64, f64)),
}

use Recipe::{Harmonics, Wave};

const TABLES: [(&str, Recipe); 24] = [
    ("basic_shapes", Harmonics(basic_shapes)),
    ("saw_to_square", Harmonics(|t, k| (1.0 / k as f64 * if k % 2 == 0 { 1.0 - t } else { 1.0 }, 0.0))),
    ("pulse_width", Harmonics(|t, k| ((PI * k as f64 * (0.5 - 0.46 * t)).sin() / k as f64, 0.25))),
    ("hard_sync", Wave(|t, x| ((x * 2_f64.powf(3.0 * t)).fract() * 2.0 - 1.0) * taper(x))),
    ("folded_triangle", Wave(|t, x| fold((1.0 + 7.0 * t) * triangle(x)))),
    ("organ", Harmonics(organ)),
    ("formant_sweep", Harmonics(|t, k| (resonance(k, 2.0 * 32_f64.powf(t), 0.18) + 0.15 / k as f64, 0.0))),
    (
        "twin_formants",
        Harmonics(|t, k| (resonance(k, 3.0 + 9.0 * t, 0.2) + 0.7 * resonance(k, 40.0 - 28.0 * t, 0.12) + 0.1 / k as f64, 0.0)),
    ),
    ("choir", Harmonics(|t, k| (vowel(3.0 * t, k, 110.0) * (0.6 + 0.4 * random(k, 1)), random(k, 2)))),
    ("vowels", Harmonics(|t, k| (vowel(4.0 * t, k, 130.0), 0.0))),
    ("whispered_vowels", Harmonics(|t, k| (vowel(4.0 * t, k, 65.0) * (k as f64).sqrt() * random(k, 3), random(k, 4)))),
    ("throat", Harmonics(|t, k| (vowel(4.0 - 4.0 * t, k, 75.0) + 0.9 * resonance(k, 6.0 + 14.0 * t, 0.05), 0.0))),
    ("harmonic_sweep", Harmonics(|t, k| ((-((k as f64 - 1.0 - 31.0 * t) / 0.9).powi(2)).exp() + if k == 1 { 0.35 } else { 0.0 }, 0.0))),
    (
        "odd_and_even",
        Harmonics(|t, k| {
            (
                if k % 2 == 1 { (0.5 * PI * t).cos() } else { (0.5 * PI * t).sin() } / (k as f64).powf(0.9)
                    + if k == 1 { 0.1 } else { 0.0 },
                0.0,
            )
        }),
    ),
    ("tilt", Harmonics(|t, k| ((k as f64).powf(-3.0 + 2.7 * t), 0.37 * (k * k) as f64 / 64.0))),
    ("comb", Harmonics(|t, k| ((PI * k as f64 * (0.06 + 0.4 * t)).cos().powi(2) / (k as f64).powf(0.8), 0.0))),
    ("primes", Harmonics(primes)),
    ("octaves", Harmonics(octaves)),
    ("fm_bass", Wave(|t, x| (TAU * x + 7.0 * t * (TAU * x).sin()).sin())),
    (
        "fm_bell",
        Wave(|t, x| (TAU * x + 5.0 * t * (TAU * 7.0 * x).sin()).sin() + 0.4 * (TAU * 3.0 * x + 3.0 * t * (TAU * 11.0 * x).sin()).sin()),
    ),
    ("fm_brass", Wave(|t, x| (TAU * x + (0.3 + 4.5 * t) * ((TAU * 2.0 * x).sin() + 0.3 * (TAU * x).sin())).sin())),
    ("fm_feedback", Wave(feedback)),
    ("noise_bands", Harmonics(|t, k| (resonance(k, 4.0 * 24_f64.powf(t), 0.5) * (0.2 + random(k, 5)), random(k, 6)))),
    ("digital_grit", Wave(digital_grit)),
];

/// Sine, triangle, saw, square: a third of the way each.
fn basic_shapes(t: f64, k: usize) -> (f64, f64) {
    let order = k as f64;
    let is_odd = k % 2 == 1;
    let sign = if k % 4 == 3 { -1.0 } else { 1.0 };
    let shapes = [
        if k == 1 { 1.0 } else { 0.0 },
        if is_odd { 8.0 / (PI * PI) * sign / (order * order) } else { 0.0 },
        2.0 / PI / order,
        if is_odd { 4.0 / PI / order } else { 0.0 },
    ];
    let place = (3.0 * t).min(2.999_999);
    let (first, share) = (place.floor() as usize, place.fract());
    (shapes[first] * (1.0 - share) + shapes[first + 1] * share, 0.0)
}

fn triangle(x: f64) -> f64 {
    4.0 * ((x + 0.25).fract() - 0.5).abs() - 1.0
}

/// Folds at ±1, as often as it takes.
fn fold(x: f64) -> f64 {
    (0.5 * PI * x).sin()
}

/// Falls to 0 at the end of a cycle, so that it joins its beginning.
fn taper(x: f64) -> f64 {
    ((1.0 - x) / 0.06).min(1.0) * (x / 0.004).min(1.0)
}

/// A peak about a harmonic, `width` in octaves or so.
fn resonance(k: usize, at: f64, width: f64) -> f64 {
    let octaves = (k as f64 / at).log2();
    (-(octaves / (2.0 * width)).powi(2)).exp()
}

/// Drawbars: nine pipes come in one by one.
fn organ(t: f64, k: usize) -> (f64, f64) {
    const PIPES: [usize; 9] = [1, 2, 3, 4, 6, 8, 10, 12, 16];
    let Some(pipe) = PIPES.iter().position(|pipe| *pipe == k) else { return (0.0, 0.0) };
    ((1.0 + 8.0 * t - pipe as f64).clamp(0.0, 1.0) / (1.0 + 0.15 * pipe as f64), 0.0)
}

/// A, E, I, O and U: formants in hertz of a tenor voice (after D. Klatt, 1980) on a note of `hz`.
fn vowel(place: f64, k: usize, hz: f64) -> f64 {
    const FORMANTS: [[f64; 4]; 5] = [
        [650.0, 1080.0, 2650.0, 2900.0],
        [400.0, 1700.0, 2600.0, 3200.0],
        [290.0, 1870.0, 2800.0, 3250.0],
        [400.0, 800.0, 2600.0, 2800.0],
        [350.0, 600.0, 2700.0, 2900.0],
    ];
    const LEVELS: [f64; 4] = [1.0, 0.55, 0.35, 0.25];
    let first = (place.floor() as usize).min(3);
    let share = place - first as f64;
    let at = k as f64 * hz;
    let peaks = (0..4).map(|index| {
        let formant = FORMANTS[first][index] * (1.0 - share) + FORMANTS[first + 1][index] * share;
        let width = 60.0 + 0.05 * formant;
        LEVELS[index] / (1.0 + ((at - formant) / width).powi(2))
    });
    (0.04 + peaks.sum::<f64>()) / (k as f64).powf(0.4)
}

/// Harmonics that are primes, and their products as it opens.
fn primes(t: f64, k: usize) -> (f64, f64) {
    let factors = (2..=k).fold((0, k), |(count, mut left), factor| {
        let mut found = 0;
        while left.is_multiple_of(factor) {
            (left, found) = (left / factor, found + 1);
        }
        (count + found, left)
    });
    let reach = 1.0 + 4.0 * t;
    ((reach - f64::from(factors.0)).clamp(0.0, 1.0) / (k as f64).powf(0.6), 0.0)
}

/// Octaves alone, the weight wandering upwards.
fn octaves(t: f64, k: usize) -> (f64, f64) {
    if !k.is_power_of_two() {
        return (0.0, 0.0);
    }
    let octave = f64::from(k.trailing_zeros());
    ((-((octave - 4.0 * t) / 1.6).powi(2)).exp(), 0.0)
}

/// A sine that bends itself, run until it has settled.
fn feedback(t: f64, x: f64) -> f64 {
    let mut y = (TAU * x).sin();
    for _ in 0..200 {
        let next = (TAU * x + 1.3 * t * y).sin();
        y = 0.5 * (y + next);
    }
    y
}

/// A sine of fewer and fewer steps, in time and height.
fn digital_grit(t: f64, x: f64) -> f64 {
    let steps = (64.0 * (1.0 - t) + 5.0 * t).round();
    let held = (x * steps).floor() / steps;
    let levels = (32.0 * (1.0 - t) + 3.0 * t).round();
    ((TAU * (held + 0.5 / steps)).sin() * levels).round() / levels
}

/// Chance of a harmonic, 0 to 1, the same each time (S. Vigna's SplitMix64).
fn random(k: usize, seed: u64) -> f64 {
    let mut z = (k as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(seed.wrapping_mul(0xd134_2543_de82_ef95));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

fn cycle(recipe: &Recipe, t: f64) -> Vec<f64> {
    let mut samples = vec![0.0; FRAMES];
    match recipe {
        Wave(wave) => samples.iter_mut().enumerate().for_each(|(n, sample)| *sample = wave(t, n as f64 / FRAMES as f64)),
        Harmonics(harmonic) => {
            for k in 1..=HARMONICS {
                let (amplitude, turns) = harmonic(t, k);
                if amplitude.abs() > 1e-7 {
                    for (n, sample) in samples.iter_mut().enumerate() {
                        *sample += amplitude * (TAU * ((k * n % FRAMES) as f64 / FRAMES as f64 + turns)).sin();
                    }
                }
            }
        }
    }
    let mean = samples.iter().sum::<f64>() / FRAMES as f64;
    samples.iter_mut().for_each(|sample| *sample -= mean);
    let peak = samples.iter().fold(0.0_f64, |peak, sample| peak.max(sample.abs()));
    samples.iter_mut().for_each(|sample| *sample *= PEAK / peak);
    samples
}

/// A WAV file of 16 bits and one channel, with the chunk that says how long its cycles are.
fn wav(samples: &[f64]) -> Vec<u8> {
    let data: Vec<u8> = samples.iter().flat_map(|sample| ((sample * 32_767.0).round() as i16).to_le_bytes()).collect();
    let clm = format!("<!>{FRAMES} 10000000 wavetable (patchlight)");
    let clm = format!("{clm:<48}").into_bytes();
    let (rate_hz, bytes) = (48_000_u32, 2_u16);
    let mut file = Vec::new();
    let mut chunk = |id: &[u8; 4], body: &[u8]| {
        file.extend_from_slice(id);
        file.extend_from_slice(&(body.len() as u32).to_le_bytes());
        file.extend_from_slice(body);
    };
    let mut format = Vec::new();
    format.extend_from_slice(&1_u16.to_le_bytes());
    format.extend_from_slice(&1_u16.to_le_bytes());
    format.extend_from_slice(&rate_hz.to_le_bytes());
    format.extend_from_slice(&(rate_hz * u32::from(bytes)).to_le_bytes());
    format.extend_from_slice(&bytes.to_le_bytes());
    format.extend_from_slice(&(bytes * 8).to_le_bytes());
    chunk(b"fmt ", &format);
    chunk(b"clm ", &clm);
    chunk(b"data", &data);
    let mut whole = b"RIFF".to_vec();
    whole.extend_from_slice(&(file.len() as u32 + 4).to_le_bytes());
    whole.extend_from_slice(b"WAVE");
    whole.extend_from_slice(&file);
    whole
}

fn main() -> std::io::Result<()> {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../assets/wavetables");
    let folder = std::env::args().nth(1).map_or(beside, PathBuf::from);
    std::fs::create_dir_all(&folder)?;
    let mut out = std::io::stdout().lock();
    for (name, recipe) in &TABLES {
        let samples: Vec<f64> = (0..CYCLES).flat_map(|number| cycle(recipe, number as f64 / (CYCLES - 1) as f64)).collect();
        let path = folder.join(format!("{name}.wav"));
        std::fs::write(&path, wav(&samples))?;
        writeln!(out, "{}", path.display())?;
    }
    Ok(())
}
