//! Units: how a number is written, and how a cable moves it.

use crate::note::note_name;
use serde::Serialize;

/// The unit of a parameter. It says how the number is shown and typed, and what a signal of 1.0 does to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    Hz,
    Secs,
    Db,
    Semitones,
    Cents,
    /// A share of a whole, stored 0 to 1, shown in per cent.
    Percent,
    /// A plain number.
    Plain,
    /// `N : 1`, as of compressors.
    Ratio,
    Bpm,
    Degrees,
}

/// How a modulation signal moves a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ModMap {
    /// `base × 2^signal`: a signal of 1.0 is an octave (or a doubling of a time).
    Octaves,
    /// `base + signal × scale`.
    Linear { scale: f32 },
}

impl Unit {
    /// The symbol after a number, with its leading space where it has one.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Hz => " Hz",
            Self::Secs => " s",
            Self::Db => " dB",
            Self::Semitones => " st",
            Self::Cents => " ct",
            Self::Percent => " %",
            Self::Plain => "",
            Self::Ratio => " : 1",
            Self::Bpm => " BPM",
            Self::Degrees => "°",
        }
    }

    /// What a cable of amount 1.0 with a signal of 1.0 does to a parameter of this unit.
    #[must_use]
    pub const fn mod_map(self) -> ModMap {
        match self {
            Self::Hz | Self::Secs | Self::Bpm => ModMap::Octaves,
            Self::Db => ModMap::Linear { scale: 24.0 },
            Self::Semitones => ModMap::Linear { scale: 12.0 },
            Self::Cents => ModMap::Linear { scale: 100.0 },
            Self::Degrees => ModMap::Linear { scale: 360.0 },
            Self::Percent | Self::Plain | Self::Ratio => ModMap::Linear { scale: 1.0 },
        }
    }

    /// A value with its unit, as a knob shows it: `1.24 kHz`, `12 ms`, `−6.0 dB`.
    #[must_use]
    pub fn format(self, value: f32) -> String {
        let text = match self {
            Self::Hz if value.abs() >= 1000.0 => format!("{} kHz", three_digits(value / 1000.0)),
            Self::Hz => format!("{} Hz", three_digits(value)),
            Self::Secs if value.abs() < 1.0 => format!("{} ms", three_digits(value * 1000.0)),
            Self::Secs => format!("{} s", three_digits(value)),
            Self::Db if value <= -96.0 => "-inf dB".to_owned(),
            Self::Db => format!("{value:+.1} dB"),
            Self::Semitones => format!("{} st", signed(value)),
            Self::Cents => format!("{} ct", signed(value)),
            Self::Percent => format!("{:.0} %", value * 100.0),
            Self::Plain => three_digits(value),
            Self::Ratio => format!("{value:.1} : 1"),
            Self::Bpm => format!("{value:.1} BPM"),
            Self::Degrees => format!("{value:.0}°"),
        };
        text.replace('-', "−")
    }

    /// What a cable with this amount does to a parameter of this unit, per 1.0 of signal: `±0.8 oct`, `+6.0 dB`, `−40 %`.
    #[must_use]
    pub fn format_amount(self, amount: f32) -> String {
        let text = match (self, self.mod_map()) {
            (_, ModMap::Octaves) => format!("{amount:+.2} oct"),
            (Self::Percent, _) => format!("{:+.0} %", amount * 100.0),
            (_, ModMap::Linear { scale }) => format!("{:+.2}{}", amount * scale, self.symbol()),
        };
        text.replace('-', "−")
    }

    /// The value as a note (`C4`) where the unit is a pitch in semitones from C4.
    #[must_use]
    pub fn format_note(self, value: f32) -> Option<String> {
        (self == Self::Semitones).then(|| note_name(value))
    }
}

fn signed(value: f32) -> String {
    if value == value.round() { format!("{value:+.0}") } else { format!("{value:+.2}") }
}

/// About three significant digits, without trailing noise: 1.24, 12.4, 124.
fn three_digits(value: f32) -> String {
    match value.abs() {
        a if a >= 99.95 => format!("{value:.0}"),
        a if a >= 9.995 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::Unit;

    #[test]
    fn values_read_as_a_musician_writes_them() {
        assert_eq!(Unit::Hz.format(1240.0), "1.24 kHz");
        assert_eq!(Unit::Hz.format(49.0), "49.0 Hz");
        assert_eq!(Unit::Secs.format(0.012), "12.0 ms");
        assert_eq!(Unit::Db.format(-6.0), "−6.0 dB");
        assert_eq!(Unit::Percent.format(0.63), "63 %");
        assert_eq!(Unit::Ratio.format(4.0), "4.0 : 1");
        assert_eq!(Unit::Hz.format_amount(0.8), "+0.80 oct");
    }
}
