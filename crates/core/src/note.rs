//! Pitch: octaves from C4, hertz and note names (twelve-tone equal temperament, A4 = 440 Hz).

/// The frequency of C4 (MIDI note 60), where a pitch signal is 0.
pub const C4_HZ: f32 = 261.625_58;

const NAMES: [&str; 12] = ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"];

/// Hertz of a pitch signal (octaves from C4).
#[must_use]
pub fn hz_from_octaves(octaves: f32) -> f32 {
    C4_HZ * octaves.exp2()
}

/// The pitch signal (octaves from C4) of a frequency above 0 Hz.
#[must_use]
pub fn octaves_from_hz(frequency_hz: f32) -> f32 {
    (frequency_hz / C4_HZ).log2()
}

/// The name of the nearest note to `semitones` from C4: 0 is `C4`, −3 is `A3`.
#[must_use]
pub fn note_name(semitones_from_c4: f32) -> String {
    let rounded = semitones_from_c4.round() as i32;
    let name = NAMES[rounded.rem_euclid(12) as usize];
    format!("{name}{}", 4 + rounded.div_euclid(12))
}

/// Semitones from C4 of a note name such as `C4`, `F#2`, `Bb-1`; `None` if it is not one.
#[must_use]
pub fn parse_note(text: &str) -> Option<f32> {
    let mut chars = text.chars();
    let base = match chars.next()?.to_ascii_uppercase() {
        'C' => 0,
        'D' => 2,
        'E' => 4,
        'F' => 5,
        'G' => 7,
        'A' => 9,
        'B' => 11,
        _ => return None,
    };
    let rest = chars.as_str();
    let (accidental, octave) = match rest.as_bytes().first()? {
        b'#' => (1, &rest[1..]),
        b'b' => (-1, &rest[1..]),
        _ => (0, rest),
    };
    let octave: i32 = octave.parse().ok().filter(|o| (-2..=10).contains(o))?;
    Some((base + accidental + 12 * (octave - 4)) as f32)
}

#[cfg(test)]
mod tests {
    use super::{hz_from_octaves, note_name, parse_note};

    #[test]
    fn note_names_round_trip() {
        for semitones in -60..60 {
            let name = note_name(semitones as f32);
            assert_eq!(parse_note(&name), Some(semitones as f32), "{name}");
        }
        assert_eq!(parse_note("A4"), Some(9.0));
        assert_eq!(parse_note("Bb-1"), Some(-50.0));
        assert_eq!(parse_note("H2"), None);
        assert_eq!(parse_note("C"), None);
    }

    #[test]
    fn a4_is_440_hz() {
        assert!((hz_from_octaves(9.0 / 12.0) - 440.0).abs() < 1e-3);
    }
}
