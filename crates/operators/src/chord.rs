//! A key with those that are held: `Ctrl+Shift+Z`.

use std::fmt;
use std::str::FromStr;

/// Ctrl is Cmd on a Mac.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Chord {
    pub ctrl: bool,
    pub alt: bool,
    pub shift: bool,
    /// A character (letters large), or a name such as `Delete`, `F1`, `Left`, `Space`.
    pub key: String,
}

/// The text is no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no key: write one such as Ctrl+Shift+Z, F5, Delete, Alt+Left or ?")]
pub struct ChordError(pub String);

/// Keys that have a name.
const NAMES: [&str; 14] =
    ["Delete", "Backspace", "Escape", "Enter", "Tab", "Space", "Home", "End", "PageUp", "PageDown", "Left", "Right", "Up", "Down"];

impl Chord {
    /// A key as it was pressed. Characters that are made with Shift, such as `?`, have no Shift of their own.
    #[must_use]
    pub fn new(ctrl: bool, alt: bool, shift: bool, key: &str) -> Self {
        let mut chars = key.chars();
        let single = chars.next().filter(|_| chars.next().is_none());
        let key = single.map_or_else(|| key.to_owned(), |character| character.to_uppercase().collect());
        let made_with_shift = single.is_some_and(|character| !character.is_alphanumeric());
        Self { ctrl, alt, shift: shift && !made_with_shift, key }
    }
}

fn is_name(key: &str) -> bool {
    let function = key.strip_prefix('F').and_then(|number| number.parse::<u8>().ok()).is_some_and(|number| (1..=24).contains(&number));
    function || NAMES.contains(&key)
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (held, name) in [(self.ctrl, "Ctrl+"), (self.alt, "Alt+"), (self.shift, "Shift+")] {
            if held {
                f.write_str(name)?;
            }
        }
        f.write_str(&self.key)
    }
}

impl FromStr for Chord {
    type Err = ChordError;

    fn from_str(text: &str) -> Result<Self, ChordError> {
        let (mut ctrl, mut alt, mut shift) = (false, false, false);
        let mut rest = text.trim();
        while let Some((held, key)) = rest.split_once('+').filter(|(held, key)| !held.is_empty() && !key.is_empty()) {
            match held.trim().to_ascii_lowercase().as_str() {
                "ctrl" | "cmd" | "control" => ctrl = true,
                "alt" | "option" => alt = true,
                "shift" => shift = true,
                _ => return Err(ChordError(text.to_owned())),
            }
            rest = key.trim();
        }
        let named = NAMES.iter().find(|name| name.eq_ignore_ascii_case(rest)).map(|name| (*name).to_owned());
        let key = named.unwrap_or_else(|| if rest.len() > 1 { rest.to_ascii_uppercase() } else { rest.to_owned() });
        let is_character = rest.chars().count() == 1 && !rest.chars().all(char::is_whitespace);
        if is_character || is_name(&key) {
            Ok(Self::new(ctrl, alt, shift, if is_character { rest } else { &key }))
        } else {
            Err(ChordError(text.to_owned()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Chord;

    #[test]
    fn keys_round_trip_as_text() {
        for text in ["Ctrl+Shift+Z", "Alt+Left", "F12", "?", "Ctrl++", "Ctrl+-", "+", "Space", "Shift+Delete", "PageUp", "Ä"] {
            assert_eq!(text.parse::<Chord>().expect(text).to_string(), text);
        }
        assert_eq!("cmd+shift+z".parse::<Chord>().expect("a key").to_string(), "Ctrl+Shift+Z");
        assert_eq!("shift+?".parse::<Chord>().expect("a key").to_string(), "?");
        for wrong in ["", "Ctrl+", "Hyper+A", "F25", "Dell", " "] {
            assert!(wrong.parse::<Chord>().is_err(), "{wrong:?}");
        }
    }
}
