//! The wavetables that come along: `assets/wavetables`, made by `examples/wavetables.rs`.

use patchlight_engine::Wavetable;
use std::sync::{Arc, Mutex, PoisonError, Weak};

macro_rules! tables {
    ($($name:literal $file:literal)*) => {
        /// Their names.
        pub const WAVETABLES: [&str; [$($name),*].len()] = [$($name),*];

        const FILES: [&[u8]; WAVETABLES.len()] =
            [$(include_bytes!(concat!("../../../../../assets/wavetables/", $file, ".wav"))),*];
    };
}

tables! {
    "basic shapes" "basic_shapes"
    "saw to square" "saw_to_square"
    "pulse width" "pulse_width"
    "hard sync" "hard_sync"
    "folded triangle" "folded_triangle"
    "organ" "organ"
    "formant sweep" "formant_sweep"
    "twin formants" "twin_formants"
    "choir" "choir"
    "vowels" "vowels"
    "whispered vowels" "whispered_vowels"
    "throat" "throat"
    "harmonic sweep" "harmonic_sweep"
    "odd and even" "odd_and_even"
    "tilt" "tilt"
    "comb" "comb"
    "primes" "primes"
    "octaves" "octaves"
    "FM bass" "fm_bass"
    "FM bell" "fm_bell"
    "FM brass" "fm_brass"
    "FM feedback" "fm_feedback"
    "noise bands" "noise_bands"
    "digital grit" "digital_grit"
}

/// Frames of their cycles.
const CYCLE_FRAMES: usize = 2048;

/// A table by its name. One that is in use is shared; otherwise it is made, which takes some milliseconds.
#[must_use]
pub fn factory_wavetable(name: &str) -> Option<Arc<Wavetable>> {
    static IN_USE: [Mutex<Weak<Wavetable>>; WAVETABLES.len()] = [const { Mutex::new(Weak::new()) }; WAVETABLES.len()];
    let index = WAVETABLES.iter().position(|known| *known == name)?;
    let mut shared = IN_USE[index].lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(table) = shared.upgrade() {
        return Some(table);
    }
    let table = Arc::new(Wavetable::new(&samples(FILES[index])?, CYCLE_FRAMES).ok()?);
    *shared = Arc::downgrade(&table);
    Some(table)
}

/// The 16-bit samples of a WAV file of one channel.
fn samples(file: &[u8]) -> Option<Vec<f32>> {
    let mut rest = file.get(12..)?;
    loop {
        let (head, behind) = rest.split_at_checked(8)?;
        let length = u32::from_le_bytes(head[4..].try_into().ok()?) as usize;
        let chunk = behind.get(..length)?;
        if &head[..4] == b"data" {
            let (pairs, _) = chunk.as_chunks::<2>();
            return Some(pairs.iter().map(|pair| f32::from(i16::from_le_bytes(*pair)) / 32_768.0).collect());
        }
        rest = behind.get(length + length % 2..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::{CYCLE_FRAMES, FILES, WAVETABLES, factory_wavetable, samples};

    #[test]
    fn every_table_is_whole_loud_moves_and_differs_from_the_others() {
        let all: Vec<Vec<f32>> = FILES.iter().map(|file| samples(file).expect("16-bit samples")).collect();
        for (name, samples) in WAVETABLES.iter().zip(&all) {
            assert_eq!(samples.len() % CYCLE_FRAMES, 0, "{name}");
            assert!(factory_wavetable(name).is_some_and(|table| table.cycles() >= 8), "{name}");
            let cycles: Vec<&[f32]> = samples.chunks(CYCLE_FRAMES).collect();
            for (number, cycle) in cycles.iter().enumerate() {
                let peak = cycle.iter().fold(0.0_f32, |peak, x| peak.max(x.abs()));
                let mean = cycle.iter().sum::<f32>() / CYCLE_FRAMES as f32;
                assert!((0.6..=1.0).contains(&peak) && mean.abs() < 0.01, "{name}, cycle {number}: peak {peak}, mean {mean}");
            }
            let moved = cycles[0].iter().zip(cycles[cycles.len() - 1]).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(moved > 0.2, "{name} stands still");
        }
        for (a, one) in all.iter().enumerate() {
            for (b, other) in all.iter().enumerate().take(a) {
                let off = one.iter().zip(other).map(|(x, y)| (x - y).abs()).fold(0.0, f32::max);
                assert!(off > 0.2, "{} is {}", WAVETABLES[a], WAVETABLES[b]);
            }
        }
        assert!(factory_wavetable("no such table").is_none());
        let (one, same) = (factory_wavetable("organ"), factory_wavetable("organ"));
        assert!(one.zip(same).is_some_and(|(one, same)| std::sync::Arc::ptr_eq(&one, &same)), "one that is in use is shared");
    }
}
