//! Tunings as text: scales and keyboard maps in the format of Scala (M. Op de Coul, huygens-fokker.org/scala), or a scale as a
//! bare list of its notes, `9/8 5/4 4/3 3/2 5/3 15/8 2/1`.

use crate::note::C4_HZ;
use std::fmt;
use std::str::FromStr;

/// The notes of a scale above its first, in octaves; the last is the period after which it repeats.
#[derive(Clone, Debug, PartialEq)]
pub struct Scale {
    pub name: String,
    notes: Vec<f64>,
}

/// Which key plays which note of a scale, and what is tuned to how many hertz.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyMap {
    /// Keys outside of these stay as they are in equal temperament.
    first: i32,
    last: i32,
    /// The key that the map begins on: it plays the scale's first note.
    middle: i32,
    reference_key: i32,
    reference_hz: f64,
    /// Notes of the scale that a repetition of the map moves on by; 0 is the whole scale.
    period_degrees: i32,
    /// The note for each key from the middle on, round and round; empty is one after the other. `None` is no note.
    degrees: Vec<Option<i32>>,
}

/// Line `line` (from 1) of a scale or map is not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScaleError {
    pub line: usize,
    pub why: String,
    /// What would be.
    pub expected: &'static str,
}

const SCALE: &str = "a Scala scale, or notes such as `9/8 5/4 4/3 3/2 2/1` (ratios) or `200.0 400.0 1200.0` (cents)";
const MAP: &str =
    "a Scala keyboard map, a number to a line: size, first, last and middle key, reference key and hertz, formal octave, notes";

impl fmt::Display for ScaleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}; write {}", self.line, self.why, self.expected)
    }
}

impl std::error::Error for ScaleError {}

impl Default for Scale {
    /// Twelve equal steps to the octave.
    fn default() -> Self {
        Self { name: "12 equal".to_owned(), notes: (1..=12).map(|step| f64::from(step) / 12.0).collect() }
    }
}

impl Default for KeyMap {
    /// One note after the other, the first on C4 (key 60), A4 (key 69) at 440 Hz.
    fn default() -> Self {
        Self { first: 0, last: 127, middle: 60, reference_key: 69, reference_hz: 440.0, period_degrees: 0, degrees: Vec::new() }
    }
}

impl Scale {
    /// The most notes.
    pub const MAX: usize = 1024;

    /// How many notes there are until it repeats.
    #[must_use]
    pub fn len(&self) -> usize {
        self.notes.len()
    }

    /// Never: a scale has its period at least.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.notes.is_empty()
    }

    /// Octaves above the first note of the `degree`th from it, upwards or downwards.
    #[must_use]
    pub fn octaves(&self, degree: i32) -> f64 {
        let len = self.notes.len() as i32;
        let (periods, step) = (degree.div_euclid(len), degree.rem_euclid(len));
        let within = if step == 0 { 0.0 } else { self.notes[step as usize - 1] };
        f64::from(periods) * self.period() + within
    }

    fn period(&self) -> f64 {
        self.notes[self.notes.len() - 1]
    }

    /// The degree that is nearest to so many octaves above the first note; the lower of two.
    #[must_use]
    pub fn nearest(&self, octaves: f64) -> i32 {
        let len = self.notes.len() as i32;
        let first = (octaves / self.period()).floor().clamp(-1e5, 1e5) as i32 * len;
        // Notes need not stand in order: all of this period, and the first of the next.
        let degrees = (first - 1)..=(first + len);
        let off = |degree: i32| (self.octaves(degree) - octaves).abs();
        degrees.min_by(|a, b| off(*a).total_cmp(&off(*b))).unwrap_or(first)
    }
}

/// Octaves from C4 for each of the 128 keys.
#[must_use]
pub fn key_octaves(scale: &Scale, map: &KeyMap) -> [f32; 128] {
    let reference =
        map.degree(map.reference_key).map_or_else(|| f64::from(map.reference_key - map.middle) / 12.0, |degree| scale.octaves(degree));
    let reference_octaves = (map.reference_hz / f64::from(C4_HZ)).log2();
    std::array::from_fn(|key| {
        let key = key as i32;
        let inside = (map.first..=map.last).contains(&key);
        let octaves = match map.degree(key).filter(|_| inside) {
            Some(degree) => scale.octaves(map.over(degree, key, scale)) - reference + reference_octaves,
            // A key without a note plays as in equal temperament.
            None => f64::from(key - 60) / 12.0,
        };
        octaves as f32
    })
}

impl KeyMap {
    /// The note that a key plays, by its number from the scale's first; periods of a written map are added by [`KeyMap::over`].
    fn degree(&self, key: i32) -> Option<i32> {
        let from_middle = key - self.middle;
        if self.degrees.is_empty() {
            return Some(from_middle);
        }
        self.degrees[from_middle.rem_euclid(self.degrees.len() as i32) as usize]
    }

    /// A degree moved by as many repetitions of the map as lie below the key.
    fn over(&self, degree: i32, key: i32, scale: &Scale) -> i32 {
        if self.degrees.is_empty() {
            return degree;
        }
        let period = if self.period_degrees == 0 { scale.len() as i32 } else { self.period_degrees };
        degree + (key - self.middle).div_euclid(self.degrees.len() as i32) * period
    }

    /// The hertz that the reference key is tuned to.
    #[must_use]
    pub fn reference_hz(&self) -> f64 {
        self.reference_hz
    }

    /// The same tuned to other hertz.
    #[must_use]
    pub fn with_reference_hz(mut self, hz: f64) -> Self {
        self.reference_hz = hz;
        self
    }
}

/// A note in octaves: `701.955` (cents, with a dot), `3/2`, `2`.
fn note_octaves(word: &str) -> Option<f64> {
    let octaves = if word.contains('.') {
        word.parse::<f64>().ok()? / 1200.0
    } else {
        let (over, under) = word.split_once('/').unwrap_or((word, "1"));
        (over.parse::<f64>().ok()? / under.parse::<f64>().ok()?).log2()
    };
    (octaves.is_finite() && octaves.abs() <= 20.0).then_some(octaves)
}

/// Lines that are no comment, with their numbers from 1.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with('!')).map(|(index, line)| (index + 1, line.trim()))
}

impl FromStr for Scale {
    type Err = ScaleError;

    fn from_str(text: &str) -> Result<Self, ScaleError> {
        let wrong = |line: usize, why: String| ScaleError { line, why, expected: SCALE };
        let found = lines(text).filter(|(_, line)| !line.is_empty());
        // A file has lines; a list has one.
        let (name, words): (String, Vec<(usize, &str)>) = if text.trim().lines().count() <= 1 {
            (String::new(), found.flat_map(|(number, line)| line.split_whitespace().map(move |word| (number, word))).collect())
        } else {
            // A description, which may be empty, the count, and a note to a line; what follows a note is said of it.
            let mut all = lines(text);
            let (_, name) = all.next().ok_or_else(|| wrong(1, "there is nothing".to_owned()))?;
            let (line, count) =
                all.find(|(_, line)| !line.is_empty()).ok_or_else(|| wrong(2, "the number of notes is missing".to_owned()))?;
            let count: usize = count
                .split_whitespace()
                .next()
                .and_then(|word| word.parse().ok())
                .ok_or_else(|| wrong(line, format!("`{count}` is not the number of notes")))?;
            let words: Vec<_> = all.filter_map(|(number, line)| Some((number, line.split_whitespace().next()?))).take(count).collect();
            if words.len() < count {
                return Err(wrong(
                    words.last().map_or(line, |(line, _)| *line),
                    format!("{count} notes are promised and {} are there", words.len()),
                ));
            }
            (name.to_owned(), words)
        };
        if words.is_empty() || words.len() > Self::MAX {
            return Err(wrong(1, format!("a scale has 1 to {} notes", Self::MAX)));
        }
        let notes = words.iter().map(|(line, word)| note_octaves(word).ok_or_else(|| wrong(*line, format!("`{word}` is no note"))));
        let notes = notes.collect::<Result<Vec<f64>, _>>()?;
        if notes[notes.len() - 1] <= 1e-6 {
            return Err(wrong(
                words[words.len() - 1].0,
                "the last note, after which the scale repeats, must lie above the first".to_owned(),
            ));
        }
        Ok(Self { name, notes })
    }
}

impl FromStr for KeyMap {
    type Err = ScaleError;

    fn from_str(text: &str) -> Result<Self, ScaleError> {
        let wrong = |line: usize, why: String| ScaleError { line, why, expected: MAP };
        let mut found = lines(text)
            .filter(|(_, line)| !line.is_empty())
            .map(|(number, line)| (number, line.split_whitespace().next().unwrap_or_default()));
        let mut number = |what: &str| -> Result<(usize, f64), ScaleError> {
            let (line, word) = found.next().ok_or_else(|| wrong(text.lines().count().max(1), format!("{what} is missing")))?;
            let value = word.parse::<f64>().ok().filter(|value| value.is_finite() && value.abs() < 1e6);
            Ok((line, value.ok_or_else(|| wrong(line, format!("`{word}` is not {what}")))?))
        };
        let (line, size) = number("the size of the map")?;
        if !(0.0..=1024.0).contains(&size) {
            return Err(wrong(line, "a map has 0 to 1024 keys".to_owned()));
        }
        let first = number("the first key")?.1 as i32;
        let last = number("the last key")?.1 as i32;
        let middle = number("the middle key")?.1 as i32;
        let reference_key = number("the reference key")?.1 as i32;
        let (line, reference_hz) = number("the reference frequency")?;
        if !(1.0..=30_000.0).contains(&reference_hz) {
            return Err(wrong(line, "the reference frequency lies between 1 and 30000 Hz".to_owned()));
        }
        let period_degrees = number("the note of the formal octave")?.1 as i32;
        let mut degrees: Vec<Option<i32>> = Vec::new();
        for (line, word) in found.take(size as usize) {
            degrees.push(match word {
                "x" | "X" => None,
                _ => Some(word.parse().map_err(|_| wrong(line, format!("`{word}` is no note of the scale and no x")))?),
            });
        }
        // Keys that are not listed have no note.
        degrees.resize(size as usize, None);
        Ok(Self { first, last, middle, reference_key, reference_hz, period_degrees, degrees })
    }
}

#[cfg(test)]
mod tests {
    use super::{KeyMap, Scale, key_octaves};

    const JUST: &str = "! just.scl\n!\nPtolemy's intense diatonic\n 7\n!\n 9/8\n 5/4 a third\n 4/3\n 3/2\n 5/3\n 1088.269\n 2/1\n";

    #[test]
    fn a_scala_file_and_a_list_are_read() {
        let just: Scale = JUST.parse().expect("a scale");
        assert_eq!((just.len(), just.name.as_str()), (7, "Ptolemy's intense diatonic"));
        assert!((just.octaves(4) - 1.5_f64.log2()).abs() < 1e-12 && (just.octaves(-3) - (1.5_f64.log2() - 1.0)).abs() < 1e-12);
        assert!((just.octaves(6) - 1088.269 / 1200.0).abs() < 1e-12);
        let list: Scale = "9/8 5/4 4/3 3/2 5/3 15/8 2/1".parse().expect("a scale");
        assert_eq!(list.octaves(11), 1.0 + list.octaves(4));
        // Bohlen–Pierce repeats at a twelfth.
        assert!(("3/1".parse::<Scale>().expect("a scale").octaves(2) - 2.0 * 3_f64.log2()).abs() < 1e-12);
    }

    #[test]
    fn the_nearest_note_is_found_over_periods() {
        let just: Scale = JUST.parse().expect("a scale");
        for degree in -20..20 {
            assert_eq!(just.nearest(just.octaves(degree) + 0.01), degree);
        }
    }

    #[test]
    fn keys_follow_scale_and_map() {
        let equal = key_octaves(&Scale::default(), &KeyMap::default());
        for (key, octaves) in equal.iter().enumerate() {
            assert!((octaves - (key as f32 - 60.0) / 12.0).abs() < 1e-6, "key {key}: {octaves}");
        }
        // White keys only play the seven notes; the black ones none. A4 stays at 440 Hz, as the sixth.
        let map: KeyMap = "! white.kbm\n12\n0\n127\n60\n69\n440.0\n7\n0\nx\n1\nx\n2\n3\nx\n4\nx\n5\nx\n6\n".parse().expect("a map");
        let just: Scale = JUST.parse().expect("a scale");
        let keys = key_octaves(&just, &map);
        let fifth = f64::from(keys[67] - keys[60]);
        assert!((fifth - 1.5_f64.log2()).abs() < 1e-6, "{fifth}");
        assert!((f64::from(keys[69]) - 0.75).abs() < 1e-6 && (keys[72] - keys[60] - 1.0).abs() < 1e-6);
    }

    #[test]
    fn another_reference_moves_all_alike() {
        let keys = key_octaves(&Scale::default(), &KeyMap::default().with_reference_hz(432.0));
        let shift = (432.0_f32 / 440.0).log2();
        assert!((keys[60] - shift).abs() < 1e-6 && (keys[0] + 5.0 - shift).abs() < 1e-6);
    }

    #[test]
    fn what_is_no_scale_is_named_with_its_line() {
        for (text, line) in
            [("", 1), ("name\n2\n9/8", 3), ("name\nmany\n9/8", 2), ("name\n2\n9/8\nhigh", 4), ("0.0", 1), ("name\n1\n1/0", 3)]
        {
            assert_eq!(text.parse::<Scale>().expect_err(text).line, line, "{text:?}");
        }
        for (text, line) in [("", 1), ("0\n0\n127\n60\n69\nloud\n12", 6), ("12\n0\n127\n60\n69\n440\n12\ny", 8)] {
            assert_eq!(text.parse::<KeyMap>().expect_err(text).line, line, "{text:?}");
        }
    }
}
