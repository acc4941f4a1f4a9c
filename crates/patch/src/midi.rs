//! Which knob of a controller turns a parameter.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A MIDI controller: `cc 74`, or `cc 74 channel 2` where only that channel counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct MidiControl {
    /// 0 to 127.
    pub number: u8,
    /// 0 to 15; `None` listens to all.
    pub channel: Option<u8>,
}

/// The text names no controller.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no MIDI controller: write `cc 74` or `cc 74 channel 2`, with 0 to 127 and 1 to 16")]
pub struct MidiControlError(pub String);

impl MidiControl {
    /// Whether a message of this controller is meant.
    #[must_use]
    pub fn is(self, channel: u8, number: u8) -> bool {
        self.number == number && self.channel.is_none_or(|own| own == channel)
    }
}

impl fmt::Display for MidiControl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cc {}", self.number)?;
        self.channel.map_or(Ok(()), |channel| write!(f, " channel {}", channel + 1))
    }
}

impl FromStr for MidiControl {
    type Err = MidiControlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || MidiControlError(text.to_owned());
        let words: Vec<&str> = text.split_whitespace().collect();
        let number = |word: &str| word.parse::<u8>().ok().filter(|number| *number < 128).ok_or_else(wrong);
        match words[..] {
            ["cc", cc] => Ok(Self { number: number(cc)?, channel: None }),
            ["cc", cc, "channel", channel] => {
                let channel = number(channel)?.checked_sub(1).filter(|channel| *channel < 16).ok_or_else(wrong)?;
                Ok(Self { number: number(cc)?, channel: Some(channel) })
            }
            _ => Err(wrong()),
        }
    }
}

impl From<MidiControl> for String {
    fn from(control: MidiControl) -> Self {
        control.to_string()
    }
}

impl TryFrom<String> for MidiControl {
    type Error = MidiControlError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::MidiControl;

    #[test]
    fn controllers_round_trip_as_text() {
        for text in ["cc 0", "cc 127", "cc 74 channel 1", "cc 1 channel 16"] {
            assert_eq!(text.parse::<MidiControl>().map(|control| control.to_string()), Ok(text.to_owned()));
        }
        for wrong in ["", "cc", "cc 128", "74", "cc 74 channel 0", "cc 74 channel 17", "cc -1", "cc 7 4"] {
            assert!(wrong.parse::<MidiControl>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn one_without_a_channel_listens_to_all() {
        let (any, second) = (MidiControl { number: 74, channel: None }, MidiControl { number: 74, channel: Some(1) });
        assert!(any.is(0, 74) && any.is(1, 74) && !any.is(0, 73));
        assert!(second.is(1, 74) && !second.is(0, 74));
    }
}
