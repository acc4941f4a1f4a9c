//! Values as people type them: `440 Hz`, `1.2k`, `-6 dB`, `C4`, `120 ms`, `63 %`, `1/8`.

use crate::note::{hz_from_octaves, parse_note};
use crate::spec::{ParamKind, ParamSpec};
use crate::unit::Unit;
use std::fmt;

/// What was typed is not a value for this parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueError {
    pub typed: String,
    /// What would have been understood.
    pub expected: String,
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a value here: type {}", self.typed, self.expected)
    }
}

impl std::error::Error for ValueError {}

/// Reads what a person typed for `param`. The result is clamped to the parameter's range.
///
/// # Errors
/// When the text is neither a number with a fitting unit, a note name, nor one of the choices.
pub fn parse_value(param: &ParamSpec, typed: &str) -> Result<f32, ValueError> {
    let text = typed.trim().replace('−', "-");
    let parsed = match param.kind {
        ParamKind::Choice(labels) => {
            labels.iter().position(|l| l.eq_ignore_ascii_case(&text)).map(|i| i as f32).or_else(|| text.parse().ok())
        }
        ParamKind::Toggle => match text.to_ascii_lowercase().as_str() {
            "on" | "true" | "yes" | "1" => Some(1.0),
            "off" | "false" | "no" | "0" => Some(0.0),
            _ => None,
        },
        ParamKind::Number | ParamKind::Whole => parse_number(param.unit, &text),
    };
    match parsed {
        Some(value) if value.is_finite() => Ok(param.clamp(value)),
        _ => Err(ValueError { typed: typed.to_owned(), expected: expected(param) }),
    }
}

fn expected(param: &ParamSpec) -> String {
    match param.kind {
        ParamKind::Choice(labels) => format!("one of {}", labels.join(", ")),
        ParamKind::Toggle => "on or off".to_owned(),
        ParamKind::Number | ParamKind::Whole => {
            format!("a number from {} to {}", param.unit.format(param.min), param.unit.format(param.max))
        }
    }
}

fn parse_number(unit: Unit, text: &str) -> Option<f32> {
    if let Some(semitones) = parse_note(text) {
        return match unit {
            Unit::Hz => Some(hz_from_octaves(semitones / 12.0)),
            Unit::Semitones => Some(semitones),
            _ => None,
        };
    }
    let split = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+' | '/'))).unwrap_or(text.len());
    let (number, suffix) = text.split_at(split);
    let number = match number.split_once('/') {
        Some((above, below)) => above.parse::<f32>().ok()? / below.parse::<f32>().ok()?,
        None => number.parse::<f32>().ok()?,
    };
    scale(unit, suffix.trim().to_ascii_lowercase().as_str()).map(|factor| number * factor)
}

/// What a typed suffix multiplies the number with, in the parameter's own unit; `None` where the suffix does not fit.
fn scale(unit: Unit, suffix: &str) -> Option<f32> {
    match (unit, suffix) {
        (Unit::Percent, "") => Some(0.01),
        (_, "") => Some(1.0),
        (Unit::Hz, "hz") | (Unit::Secs, "s") | (Unit::Db, "db") | (Unit::Bpm, "bpm") => Some(1.0),
        (Unit::Hz, "k" | "khz") => Some(1000.0),
        (Unit::Secs, "ms") => Some(0.001),
        (Unit::Semitones, "st" | "semitones") | (Unit::Cents, "ct" | "cents") | (Unit::Degrees, "°" | "deg") => Some(1.0),
        (Unit::Semitones, "oct") => Some(12.0),
        (Unit::Percent | Unit::Plain, "%") => Some(0.01),
        (Unit::Ratio, ":1" | ": 1" | "x") => Some(1.0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::parse_value;
    use crate::spec::{choice, db, hz, percent, secs};

    #[test]
    fn typed_values_are_understood() {
        let cutoff = hz("cutoff_hz", 20.0..=20_000.0, 1000.0);
        assert_eq!(parse_value(&cutoff, "440 Hz"), Ok(440.0));
        assert_eq!(parse_value(&cutoff, "1.2k"), Ok(1200.0));
        assert!((parse_value(&cutoff, "A4").expect("a note") - 440.0).abs() < 0.01);
        assert_eq!(
            parse_value(&cutoff, "1e9"),
            Err(super::ValueError { typed: "1e9".into(), expected: "a number from 20.0 Hz to 20.0 kHz".into() })
        );
        assert_eq!(parse_value(&cutoff, "99999"), Ok(20_000.0));
        assert_eq!(parse_value(&secs("attack_secs", 0.001..=10.0, 0.01), "12 ms"), Ok(0.012));
        assert_eq!(parse_value(&db("gain_db", -60.0..=12.0, 0.0), "−6 dB"), Ok(-6.0));
        assert_eq!(parse_value(&percent("mix", 0.5), "63 %"), Ok(0.63));
        assert_eq!(parse_value(&choice("shape", &["sine", "saw"], 0), "Saw"), Ok(1.0));
        assert!(parse_value(&choice("shape", &["sine", "saw"], 0), "pulse").is_err());
    }
}
