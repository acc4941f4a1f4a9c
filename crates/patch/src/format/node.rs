//! Pieces of RON with their place in the text, so that every message can name its line.

use super::FormatError;
use ron::error::{Error as RonError, SpannedError};
use ron::value::RawValue;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use std::fmt;

/// The line and the column, both from 1, of the end of `before`.
pub fn position(before: &str) -> (usize, usize) {
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (1 + before.matches('\n').count(), 1 + before[line_start..].chars().count())
}

/// A value within a text.
#[derive(Clone, Copy)]
pub struct Node<'t> {
    whole: &'t str,
    /// A part of `whole`, without spaces or comments around it.
    pub text: &'t str,
}

/// A name and what it stands for.
pub struct Pair<'t> {
    pub name: String,
    pub value: Node<'t>,
}

impl<'t> Node<'t> {
    pub const fn whole(text: &'t str) -> Self {
        Self { whole: text, text }
    }

    /// An error at this value.
    pub fn error(&self, problem: impl Into<String>, help: impl Into<String>) -> FormatError {
        let (line, column) = position(&self.whole[..self.offset()]);
        FormatError { line, column, problem: problem.into(), help: help.into() }
    }

    /// The pairs of `(name: value, …)`. No name comes twice.
    pub fn fields(&self) -> Result<Vec<Pair<'t>>, FormatError> {
        let Fields(pairs) = self.parse()?;
        self.pairs(pairs)
    }

    /// The pairs of `{"name": value, …}`. No name comes twice.
    pub fn entries(&self) -> Result<Vec<Pair<'t>>, FormatError> {
        let Entries(pairs) = self.parse()?;
        self.pairs(pairs)
    }

    /// The value as a `T`.
    pub fn parse<T: Deserialize<'t>>(&self) -> Result<T, FormatError> {
        ron::from_str(self.text).map_err(|error| self.located(&error))
    }

    /// The value as a `T`, or nothing where it is something else.
    pub fn get<T: Deserialize<'t>>(&self) -> Option<T> {
        ron::from_str(self.text).ok()
    }

    fn offset(&self) -> usize {
        self.text.as_ptr().addr() - self.whole.as_ptr().addr()
    }

    fn pairs(&self, pairs: Vec<(String, &'t RawValue)>) -> Result<Vec<Pair<'t>>, FormatError> {
        let mut names = std::collections::HashSet::new();
        for (name, value) in &pairs {
            if !names.insert(name.as_str()) {
                let here = Self { whole: self.whole, text: value.get_ron() };
                return Err(here.error(format!("`{name}` is here for the second time"), "Give one of the two another name, or delete it."));
            }
        }
        let node = |value: &'t RawValue| Self { whole: self.whole, text: value.trim().get_ron() };
        Ok(pairs.into_iter().map(|(name, value)| Pair { name, value: node(value) }).collect())
    }

    /// An error of the parser, with its place in the whole text.
    fn located(&self, error: &SpannedError) -> FormatError {
        let (first_line, first_column) = position(&self.whole[..self.offset()]);
        let place = error.span.end;
        let column = if place.line == 1 { first_column + place.col - 1 } else { place.col };
        let (problem, help) = describe(&error.code);
        FormatError { line: first_line + place.line - 1, column, problem, help }
    }
}

/// What the parser's complaint means, and what to do about it.
fn describe(error: &RonError) -> (String, String) {
    let cut = "It looks cut off: open a copy from before, or close the brackets and quotes that are still open.";
    let near = "Look just before this place for a missing comma, quote or bracket.";
    match error {
        RonError::Eof | RonError::UnclosedBlockComment => ("the file ends too early".to_owned(), cut.to_owned()),
        RonError::ExpectedStringEnd => ("the text that begins here has no closing quote".to_owned(), cut.to_owned()),
        RonError::ExceededRecursionLimit => {
            ("brackets within brackets, too deep".to_owned(), "Such a value is no part of a patch: delete it.".to_owned())
        }
        RonError::TrailingCharacters => {
            ("there is something behind the end of the patch".to_owned(), "Delete what follows the last bracket.".to_owned())
        }
        other => {
            let text = other.to_string();
            let mut chars = text.chars();
            let lower = chars.next().map(|c| c.to_lowercase().collect::<String>()).unwrap_or_default() + chars.as_str();
            (lower, near.to_owned())
        }
    }
}

struct Fields<'t>(Vec<(String, &'t RawValue)>);

struct Entries<'t>(Vec<(String, &'t RawValue)>);

impl<'t> Deserialize<'t> for Fields<'t> {
    fn deserialize<D: Deserializer<'t>>(deserializer: D) -> Result<Self, D::Error> {
        // Without a name and a list of fields, every field is taken.
        deserializer.deserialize_struct("", &[], PairVisitor::<Name>::default()).map(Fields)
    }
}

impl<'t> Deserialize<'t> for Entries<'t> {
    fn deserialize<D: Deserializer<'t>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PairVisitor::<String>::default()).map(Entries)
    }
}

/// A name without quotes.
struct Name(String);

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

impl<'t> Deserialize<'t> for Name {
    fn deserialize<D: Deserializer<'t>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;
        impl Visitor<'_> for NameVisitor {
            type Value = Name;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("the name of a field")
            }

            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Name, E> {
                if name.is_empty() { Err(E::custom("a field has no name")) } else { Ok(Name(name.to_owned())) }
            }
        }
        deserializer.deserialize_identifier(NameVisitor)
    }
}

struct PairVisitor<K>(std::marker::PhantomData<K>);

impl<K> Default for PairVisitor<K> {
    fn default() -> Self {
        Self(std::marker::PhantomData)
    }
}

impl<'t, K: Deserialize<'t> + Into<String>> Visitor<'t> for PairVisitor<K> {
    type Value = Vec<(String, &'t RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("names and values")
    }

    fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut pairs = Vec::new();
        while let Some(name) = map.next_key::<K>()? {
            let name: String = name.into();
            let value = map.next_value()?;
            pairs.push((name, value));
        }
        Ok(pairs)
    }
}
