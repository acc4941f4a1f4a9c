//! Step patterns as text: `C2 . Eb2! _ G2*2 C3?50`.
//!
//! A note name plays, `.` rests, `_` ties (holds the step before), `x` plays without changing the pitch.
//! Behind a note: `!` accents it, `*N` repeats it N times within the step, `?P` plays it with P per cent probability.

use crate::note::{note_name, parse_note};
use std::fmt;
use std::str::FromStr;

/// One step of a pattern.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    Rest,
    /// The note before goes on.
    Tie,
    Note {
        /// Semitones from C4; `None` keeps the pitch that was.
        semitones: Option<f32>,
        accent: bool,
        /// 1 to 8 repetitions within the step.
        repeats: u8,
        /// 0 to 1.
        probability: f32,
    },
}

/// A pattern of 1 to [`Steps::MAX`] steps.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Steps(pub Vec<Step>);

/// The `index`th word (from 1) is not a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepError {
    pub index: usize,
    pub word: String,
}

impl fmt::Display for StepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "step {}: `{}` is not a step: write a note (C4, Eb2), `x`, `.` for a rest or `_` to hold, with `!` for an accent, `*2` to repeat, `?50` for chance",
            self.index, self.word
        )
    }
}

impl std::error::Error for StepError {}

impl Steps {
    /// The longest pattern.
    pub const MAX: usize = 64;
}

impl FromStr for Steps {
    type Err = StepError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut steps = Vec::new();
        for (index, word) in text.split_whitespace().filter(|w| *w != "|").enumerate() {
            let step = parse_step(word).filter(|_| index < Self::MAX);
            steps.push(step.ok_or_else(|| StepError { index: index + 1, word: word.to_owned() })?);
        }
        Ok(Self(steps))
    }
}

fn parse_step(word: &str) -> Option<Step> {
    match word {
        "." => return Some(Step::Rest),
        "_" => return Some(Step::Tie),
        _ => {}
    }
    let end = word.find(['!', '*', '?']).unwrap_or(word.len());
    let (note, mut marks) = word.split_at(end);
    let semitones = if note == "x" { None } else { Some(parse_note(note)?) };
    let (mut accent, mut repeats, mut probability) = (false, 1, 1.0);
    while let Some(mark) = marks.chars().next() {
        marks = &marks[1..];
        let end = marks.find(['!', '*', '?']).unwrap_or(marks.len());
        let (number, rest) = marks.split_at(end);
        match mark {
            '!' if number.is_empty() => accent = true,
            '*' => repeats = number.parse().ok().filter(|n| (1..=8).contains(n))?,
            '?' => probability = number.parse::<u8>().ok().filter(|p| *p <= 100)? as f32 / 100.0,
            _ => return None,
        }
        marks = rest;
    }
    Some(Step::Note { semitones, accent, repeats, probability })
}

impl fmt::Display for Steps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            step.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Rest => f.write_str("."),
            Self::Tie => f.write_str("_"),
            Self::Note { semitones, accent, repeats, probability } => {
                match semitones {
                    Some(semitones) => f.write_str(&note_name(semitones))?,
                    None => f.write_str("x")?,
                }
                if accent {
                    f.write_str("!")?;
                }
                if repeats > 1 {
                    write!(f, "*{repeats}")?;
                }
                if probability < 1.0 {
                    write!(f, "?{:.0}", probability * 100.0)?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Steps;

    #[test]
    fn patterns_round_trip_as_text() {
        for text in ["C2 . Eb2! _ G2*2 C3?50", "x . x! .", ""] {
            let steps: Steps = text.parse().expect("a pattern");
            assert_eq!(steps.to_string(), text);
        }
    }

    #[test]
    fn a_wrong_word_is_named() {
        let error = "C2 . H9".parse::<Steps>().expect_err("no such note");
        assert_eq!((error.index, error.word.as_str()), (3, "H9"));
    }
}
