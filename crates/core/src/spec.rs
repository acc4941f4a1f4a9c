//! The words of a declaration: families, faces, ports and parameters.

use crate::signal::{Channels, SignalKind};
use crate::unit::{ModMap, Unit};
use serde::Serialize;
use std::ops::RangeInclusive;

/// The family of a module, the part of its id before the dot. It gives the colour of the title bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    Io,
    Osc,
    Sample,
    Filter,
    Shape,
    Env,
    Mod,
    Math,
    Logic,
    Clock,
    Seq,
    Note,
    Amp,
    Dyn,
    Fx,
    View,
    Play,
}

impl Family {
    pub const ALL: [Self; 17] = [
        Self::Io,
        Self::Osc,
        Self::Sample,
        Self::Filter,
        Self::Shape,
        Self::Env,
        Self::Mod,
        Self::Math,
        Self::Logic,
        Self::Clock,
        Self::Seq,
        Self::Note,
        Self::Amp,
        Self::Dyn,
        Self::Fx,
        Self::View,
        Self::Play,
    ];

    /// The word before the dot in the ids of this family.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Io => "io",
            Self::Osc => "osc",
            Self::Sample => "sample",
            Self::Filter => "filter",
            Self::Shape => "shape",
            Self::Env => "env",
            Self::Mod => "mod",
            Self::Math => "math",
            Self::Logic => "logic",
            Self::Clock => "clock",
            Self::Seq => "seq",
            Self::Note => "note",
            Self::Amp => "amp",
            Self::Dyn => "dyn",
            Self::Fx => "fx",
            Self::View => "view",
            Self::Play => "play",
        }
    }

    /// The heading in the browser.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Io => "In and out",
            Self::Osc => "Oscillators",
            Self::Sample => "Samples",
            Self::Filter => "Filters",
            Self::Shape => "Shapers",
            Self::Env => "Envelopes",
            Self::Mod => "Modulation",
            Self::Math => "Math",
            Self::Logic => "Logic",
            Self::Clock => "Clocks",
            Self::Seq => "Sequencers",
            Self::Note => "Notes",
            Self::Amp => "Levels",
            Self::Dyn => "Dynamics",
            Self::Fx => "Effects",
            Self::View => "Meters and scopes",
            Self::Play => "Performance",
        }
    }

    /// The family of an id, or `None` when the word before its dot is none.
    #[must_use]
    pub fn of(module_kind: &str) -> Option<Self> {
        let word = module_kind.split_once('.')?.0;
        Self::ALL.into_iter().find(|family| family.id() == word)
    }
}

/// What the face of a module shows. What is drawn comes from the parameters and the unit's telemetry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Face {
    /// Knobs only.
    None,
    /// The waveform that arrives, over time.
    Scope,
    /// The spectrum of what arrives.
    Spectrum,
    /// One cycle or a moment of what the module itself puts out.
    Wave,
    /// An ADSR or AD shape with a dot where it is.
    Envelope,
    /// The magnitude response of a filter.
    Filter,
    /// The static curve, and the gain reduction over time.
    Dynamics,
    /// The steps of a pattern with a light on the one that plays.
    Steps,
    /// Level meters.
    Meter,
    /// The magnitude response of an equalizer, band by band.
    Equalizer,
    /// Repeats that fade.
    Echoes,
    /// A wavetable in depth, with the cycle that is heard.
    Wavetable,
    /// A curve that is drawn in place, with a dot where it is.
    Curve,
    /// A meter for each input, from the cells.
    Strips,
}

/// An input or an output.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PortSpec {
    pub id: &'static str,
    pub about: &'static str,
    pub kind: SignalKind,
    pub channels: Channels,
}

impl PortSpec {
    /// Always two channels.
    #[must_use]
    pub const fn stereo(mut self) -> Self {
        self.channels = Channels::Stereo;
        self
    }

    /// Always one channel.
    #[must_use]
    pub const fn mono(mut self) -> Self {
        self.channels = Channels::Mono;
        self
    }

    /// The name on the faceplate.
    #[must_use]
    pub fn name(&self) -> String {
        self.id.replace('_', " ")
    }
}

const fn port(id: &'static str, about: &'static str, kind: SignalKind, channels: Channels) -> PortSpec {
    PortSpec { id, about, kind, channels }
}

/// A port for sound; it is as wide as what is plugged in.
#[must_use]
pub const fn audio(id: &'static str, about: &'static str) -> PortSpec {
    port(id, about, SignalKind::Audio, Channels::Follow)
}

/// A port for modulation, one channel.
#[must_use]
pub const fn control(id: &'static str, about: &'static str) -> PortSpec {
    port(id, about, SignalKind::Control, Channels::Mono)
}

/// A port for pitch in octaves from C4, one channel.
#[must_use]
pub const fn pitch(id: &'static str, about: &'static str) -> PortSpec {
    port(id, about, SignalKind::Pitch, Channels::Mono)
}

/// A port for gates and triggers (on above 0.5), one channel.
#[must_use]
pub const fn gate(id: &'static str, about: &'static str) -> PortSpec {
    port(id, about, SignalKind::Gate, Channels::Mono)
}

/// What values a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ParamKind {
    Number,
    /// Whole numbers.
    Whole,
    /// The index of one of these labels.
    Choice(&'static [&'static str]),
    /// 0 or 1.
    Toggle,
}

/// How a knob's travel maps to values.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Curve {
    Linear,
    /// Equal travel is an equal ratio: frequencies and times. The range must be above 0.
    Log,
    /// Quadratic travel, fine near 0: times and rates whose range begins at 0.
    Square,
}

/// A parameter: a knob, and a port at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ParamSpec {
    pub id: &'static str,
    pub about: &'static str,
    pub unit: Unit,
    pub min: f32,
    pub max: f32,
    pub default: f32,
    pub kind: ParamKind,
    pub curve: Curve,
    /// The value shapes the graph (how many voices), so changing it builds the unit anew. Never modulated.
    pub structural: bool,
    /// Shown in the inspector only, not as a knob on the face.
    pub hidden: bool,
}

impl ParamSpec {
    #[must_use]
    pub const fn about(mut self, about: &'static str) -> Self {
        self.about = about;
        self
    }

    #[must_use]
    pub const fn curve(mut self, curve: Curve) -> Self {
        self.curve = curve;
        self
    }

    #[must_use]
    pub const fn structural(mut self) -> Self {
        self.structural = true;
        self
    }

    /// Leaves it to the inspector: the face shows only what is turned often.
    #[must_use]
    pub const fn hidden(mut self) -> Self {
        self.hidden = true;
        self
    }

    /// The name on the faceplate: the id without its unit.
    #[must_use]
    pub fn name(&self) -> String {
        const SUFFIXES: [&str; 8] = ["_hz", "_secs", "_db", "_semitones", "_cents", "_bpm", "_degrees", "_ratio"];
        let id = SUFFIXES.iter().find_map(|suffix| self.id.strip_suffix(suffix)).unwrap_or(self.id);
        id.replace('_', " ")
    }

    /// The value brought into the range, and to a whole number where only those count. NaN gives the default.
    #[must_use]
    pub fn clamp(&self, value: f32) -> f32 {
        if value.is_nan() {
            return self.default;
        }
        let value = value.clamp(self.min, self.max);
        match self.kind {
            ParamKind::Number => value,
            ParamKind::Whole | ParamKind::Choice(_) | ParamKind::Toggle => value.round(),
        }
    }

    /// Knob travel 0 to 1 of a value.
    #[must_use]
    pub fn travel_from_value(&self, value: f32) -> f32 {
        let linear = (value - self.min) / (self.max - self.min);
        let travel = match self.curve {
            Curve::Linear => linear,
            Curve::Log => (value / self.min).ln() / (self.max / self.min).ln(),
            Curve::Square => linear.max(0.0).sqrt(),
        };
        travel.clamp(0.0, 1.0)
    }

    /// The value at a knob travel of 0 to 1.
    #[must_use]
    pub fn value_from_travel(&self, travel: f32) -> f32 {
        let travel = travel.clamp(0.0, 1.0);
        let value = match self.curve {
            Curve::Linear => self.min + (self.max - self.min) * travel,
            Curve::Log => self.min * (self.max / self.min).powf(travel),
            Curve::Square => self.min + (self.max - self.min) * travel * travel,
        };
        self.clamp(value)
    }

    /// The value with its unit or label, as the knob shows it.
    #[must_use]
    pub fn format(&self, value: f32) -> String {
        match self.kind {
            ParamKind::Choice(labels) => labels.get(value.round().max(0.0) as usize).copied().unwrap_or("?").to_owned(),
            ParamKind::Toggle => (if value >= 0.5 { "on" } else { "off" }).to_owned(),
            ParamKind::Whole if self.unit == Unit::Plain => format!("{value:.0}"),
            ParamKind::Number | ParamKind::Whole => self.unit.format(value),
        }
    }

    /// Whether cables can move it.
    #[must_use]
    pub const fn modulatable(&self) -> bool {
        !self.structural
    }

    /// How a signal moves it: in its unit's way, or, for whole numbers and choices, by whole values.
    #[must_use]
    pub const fn mod_map(&self) -> ModMap {
        match self.kind {
            ParamKind::Number => self.unit.mod_map(),
            ParamKind::Whole | ParamKind::Choice(_) | ParamKind::Toggle => ModMap::Linear { scale: self.max - self.min },
        }
    }
}

const fn number(id: &'static str, range: &RangeInclusive<f32>, default: f32, unit: Unit, curve: Curve) -> ParamSpec {
    let (min, max) = (*range.start(), *range.end());
    assert!(min < max && default >= min && default <= max, "a default must lie in its range");
    assert!(!matches!(curve, Curve::Log) || min > 0.0, "a logarithmic range must begin above 0");
    ParamSpec { id, about: "", unit, min, max, default, kind: ParamKind::Number, curve, structural: false, hidden: false }
}

/// A frequency; its knob is logarithmic.
#[must_use]
pub const fn hz(id: &'static str, range: RangeInclusive<f32>, default: f32) -> ParamSpec {
    number(id, &range, default, Unit::Hz, Curve::Log)
}

/// A time; its knob is logarithmic where the range begins above 0, else fine near 0.
#[must_use]
pub const fn secs(id: &'static str, range: RangeInclusive<f32>, default: f32) -> ParamSpec {
    let curve = if *range.start() > 0.0 { Curve::Log } else { Curve::Square };
    number(id, &range, default, Unit::Secs, curve)
}

/// A level or gain in decibels.
#[must_use]
pub const fn db(id: &'static str, range: RangeInclusive<f32>, default: f32) -> ParamSpec {
    number(id, &range, default, Unit::Db, Curve::Linear)
}

/// An interval in semitones.
#[must_use]
pub const fn semitones(id: &'static str, range: RangeInclusive<f32>, default: f32) -> ParamSpec {
    number(id, &range, default, Unit::Semitones, Curve::Linear)
}

/// An interval in cents.
#[must_use]
pub const fn cents(id: &'static str, range: RangeInclusive<f32>, default: f32) -> ParamSpec {
    number(id, &range, default, Unit::Cents, Curve::Linear)
}

/// A share, 0 to 1, shown in per cent.
#[must_use]
pub const fn percent(id: &'static str, default: f32) -> ParamSpec {
    number(id, &(0.0..=1.0), default, Unit::Percent, Curve::Linear)
}

/// A share with a sign, −1 to 1, shown in per cent.
#[must_use]
pub const fn bipolar(id: &'static str, default: f32) -> ParamSpec {
    number(id, &(-1.0..=1.0), default, Unit::Percent, Curve::Linear)
}

/// A plain number.
#[must_use]
pub const fn unit(id: &'static str, range: RangeInclusive<f32>, default: f32) -> ParamSpec {
    number(id, &range, default, Unit::Plain, Curve::Linear)
}

/// A ratio `N : 1`.
#[must_use]
pub const fn ratio(id: &'static str, range: RangeInclusive<f32>, default: f32) -> ParamSpec {
    number(id, &range, default, Unit::Ratio, Curve::Log)
}

/// A tempo.
#[must_use]
pub const fn bpm(id: &'static str, range: RangeInclusive<f32>, default: f32) -> ParamSpec {
    number(id, &range, default, Unit::Bpm, Curve::Linear)
}

/// An angle or phase.
#[must_use]
pub const fn degrees(id: &'static str, range: RangeInclusive<f32>, default: f32) -> ParamSpec {
    number(id, &range, default, Unit::Degrees, Curve::Linear)
}

/// A whole number.
#[must_use]
pub const fn integer(id: &'static str, range: RangeInclusive<i32>, default: i32) -> ParamSpec {
    let range = *range.start() as f32..=*range.end() as f32;
    let mut spec = number(id, &range, default as f32, Unit::Plain, Curve::Linear);
    spec.kind = ParamKind::Whole;
    spec
}

/// One of several named settings; the value is its index, the file and the screen use the label.
#[must_use]
pub const fn choice(id: &'static str, labels: &'static [&'static str], default: usize) -> ParamSpec {
    let mut spec = number(id, &(0.0..=(labels.len() - 1) as f32), default as f32, Unit::Plain, Curve::Linear);
    spec.kind = ParamKind::Choice(labels);
    spec
}

/// On or off.
#[must_use]
pub const fn toggle(id: &'static str, default: bool) -> ParamSpec {
    let mut spec = number(id, &(0.0..=1.0), if default { 1.0 } else { 0.0 }, Unit::Plain, Curve::Linear);
    spec.kind = ParamKind::Toggle;
    spec
}
