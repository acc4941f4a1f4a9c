//! Which key calls what: the operators' own keys, and what the user says instead.

use crate::chord::{Chord, ChordError};
use crate::operator::{OPERATORS, Operator, operator};
use std::collections::BTreeMap;

/// The keys of all operators.
#[derive(Clone, Debug)]
pub struct KeyMap {
    by_chord: BTreeMap<Chord, &'static str>,
    by_id: BTreeMap<&'static str, Vec<Chord>>,
    /// What the user said, by the operator's id.
    own: BTreeMap<&'static str, Vec<Chord>>,
}

/// A line of a key file that cannot be followed; all else in it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyMapError {
    #[error("the key file cannot be read ({0}): write {{\"edit.undo\": [\"Ctrl+Z\"]}}")]
    NotRon(String),
    #[error("the key file names `{0}`, which nothing is called: F1 shows what there is")]
    NoSuchOperator(String),
    #[error("the key file, at {0}: {1}")]
    NoKey(&'static str, ChordError),
}

impl Default for KeyMap {
    fn default() -> Self {
        Self::with(BTreeMap::new())
    }
}

impl KeyMap {
    fn with(own: BTreeMap<&'static str, Vec<Chord>>) -> Self {
        let mut map = Self { by_chord: BTreeMap::new(), by_id: BTreeMap::new(), own };
        // What the user said stands before what others have by themselves.
        for (id, chords) in &map.own {
            for chord in chords {
                map.by_chord.insert(chord.clone(), id);
            }
            map.by_id.insert(id, chords.clone());
        }
        for operator in all().filter(|operator| !map.own.contains_key(operator.id)) {
            for chord in operator.keys.iter().filter_map(|key| key.parse::<Chord>().ok()) {
                if !map.by_chord.contains_key(&chord) {
                    map.by_chord.insert(chord.clone(), operator.id);
                    map.by_id.entry(operator.id).or_default().push(chord);
                }
            }
        }
        map
    }

    /// Reads a key file: a map in RON from the ids of operators to their keys. What is wrong in it is told, and the rest holds.
    #[must_use]
    pub fn read(text: &str) -> (Self, Vec<KeyMapError>) {
        let mut errors = Vec::new();
        let lines: BTreeMap<String, Vec<String>> = ron::from_str(text).unwrap_or_else(|error| {
            errors.push(KeyMapError::NotRon(error.to_string()));
            BTreeMap::new()
        });
        let mut own = BTreeMap::new();
        for (id, keys) in lines {
            let Some(operator) = operator(&id) else {
                errors.push(KeyMapError::NoSuchOperator(id));
                continue;
            };
            let (chords, wrong): (Vec<_>, Vec<_>) = keys.iter().map(|key| key.parse::<Chord>()).partition(Result::is_ok);
            errors.extend(wrong.into_iter().filter_map(Result::err).map(|error| KeyMapError::NoKey(operator.id, error)));
            own.insert(operator.id, chords.into_iter().flatten().collect());
        }
        (Self::with(own), errors)
    }

    /// What the user said, as a key file.
    #[must_use]
    pub fn write(&self) -> String {
        let line = |(id, chords): (&&str, &Vec<Chord>)| {
            let keys: Vec<String> = chords.iter().map(|chord| format!("{:?}", chord.to_string())).collect();
            format!("    {id:?}: [{}],\n", keys.join(", "))
        };
        format!("// Keys that differ from the program's own.\n{{\n{}}}\n", self.own.iter().map(line).collect::<String>())
    }

    /// Has an operator called by this key alone, whatever it called before; `None` gives back its own keys.
    #[must_use]
    pub fn bound(&self, id: &'static str, key: Option<Chord>) -> Self {
        let mut own = self.own.clone();
        match key {
            Some(key) => {
                for chords in own.values_mut() {
                    chords.retain(|chord| *chord != key);
                }
                own.insert(id, vec![key]);
            }
            None => {
                own.remove(id);
            }
        }
        Self::with(own)
    }

    /// The operator that a key calls.
    #[must_use]
    pub fn called_by(&self, chord: &Chord) -> Option<&'static Operator> {
        self.by_chord.get(chord).and_then(|id| operator(id))
    }

    /// The keys that call an operator.
    #[must_use]
    pub fn keys_of(&self, id: &str) -> &[Chord] {
        self.by_id.get(id).map_or(&[], Vec::as_slice)
    }

    /// The first key of an operator as text, such as `Ctrl+Z`; empty where it has none.
    #[must_use]
    pub fn key_text(&self, id: &str) -> String {
        self.keys_of(id).first().map(Chord::to_string).unwrap_or_default()
    }

    /// Whether the user gave this operator a key of its own.
    #[must_use]
    pub fn is_own(&self, id: &str) -> bool {
        self.own.contains_key(id)
    }
}

fn all() -> impl Iterator<Item = &'static Operator> {
    OPERATORS.iter().flat_map(|family| family.iter())
}

#[cfg(test)]
mod tests {
    use super::{KeyMap, all};
    use crate::chord::Chord;
    use std::collections::BTreeMap;

    fn chord(text: &str) -> Chord {
        text.parse().expect("a key")
    }

    #[test]
    fn declarations_are_whole_and_no_key_calls_two() {
        let mut taken: BTreeMap<Chord, &str> = BTreeMap::new();
        let mut ids: Vec<&str> = Vec::new();
        for operator in all() {
            assert!(operator.id.contains('.') && operator.label.len() > 2 && operator.about.len() > 8, "{}", operator.id);
            ids.push(operator.id);
            for key in operator.keys {
                let parsed = chord(key);
                assert_eq!(parsed.to_string(), *key, "{} is written another way", operator.id);
                assert_eq!(taken.insert(parsed, operator.id), None, "{key} calls {} too", operator.id);
            }
        }
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count);
    }

    #[test]
    fn what_the_user_says_stands_before_the_rest() {
        let map = KeyMap::default();
        assert_eq!(map.called_by(&chord("Ctrl+Y")).map(|operator| operator.id), Some("edit.redo"));
        assert_eq!(map.key_text("edit.redo"), "Ctrl+Shift+Z");
        let map = map.bound("view.fit", Some(chord("Ctrl+Y")));
        assert_eq!(map.called_by(&chord("Ctrl+Y")).map(|operator| operator.id), Some("view.fit"));
        assert_eq!((map.key_text("edit.redo"), map.called_by(&chord("F")).map(|operator| operator.id)), ("Ctrl+Shift+Z".to_owned(), None));
        let (again, errors) = KeyMap::read(&map.write());
        assert_eq!((errors, again.key_text("view.fit")), (vec![], "Ctrl+Y".to_owned()));
        assert_eq!(again.bound("view.fit", None).key_text("view.fit"), "F");
        let taken = again.bound("edit.undo", Some(chord("Ctrl+Y")));
        assert_eq!((taken.key_text("edit.undo"), taken.key_text("view.fit")), ("Ctrl+Y".to_owned(), String::new()));
    }

    #[test]
    fn a_wrong_line_is_named_and_the_rest_holds() {
        let (map, errors) = KeyMap::read("{\"edit.undo\": [\"U\", \"Hyper+U\"], \"edit.fly\": [\"Q\"]}");
        assert_eq!(map.key_text("edit.undo"), "U");
        let said: Vec<String> = errors.iter().map(ToString::to_string).collect();
        assert!(said[0].contains("edit.fly") && said[1].contains("Hyper+U"), "{said:?}");
        let (map, errors) = KeyMap::read("nonsense");
        assert_eq!((errors.len(), map.key_text("edit.undo")), (1, "Ctrl+Z".to_owned()));
    }
}
