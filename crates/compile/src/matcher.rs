//! Finds again what was there before, in a list that has hardly changed.
//!
//! Most edits leave all but one thing in its place, so the next of the old list is tried first; only when that fails are ids hashed.

use std::collections::HashMap;
use std::hash::Hash;

/// How many may have gone in a row before ids are hashed.
const GONE: usize = 3;

/// An old list, of which things are taken out one after the other.
pub(crate) struct Matcher<T, I, F> {
    old: Vec<Option<T>>,
    next: usize,
    id_of: F,
    /// Made when it is needed: where each thing is.
    places: Option<HashMap<I, usize>>,
}

impl<T, I: Hash + Eq, F: Fn(&T) -> I> Matcher<T, I, F> {
    pub(crate) fn new(old: Vec<T>, id_of: F) -> Self {
        Self { old: old.into_iter().map(Some).collect(), next: 0, id_of, places: None }
    }

    /// Takes out the thing that `is_it` says is the one, which has this id.
    pub(crate) fn take(&mut self, is_it: impl Fn(&T) -> bool, id: &I) -> Option<T> {
        let near = (self.next..self.old.len().min(self.next + GONE)).find(|place| self.old[*place].as_ref().is_some_and(&is_it));
        let place = match near {
            Some(place) => place,
            // Behind the last there is nothing: what comes now is new, unless it has changed its place.
            None => {
                let places = self.places.get_or_insert_with(|| {
                    let there = self.old.iter().enumerate().filter_map(|(place, thing)| Some((place, thing.as_ref()?)));
                    there.map(|(place, thing)| ((self.id_of)(thing), place)).collect()
                });
                *places.get(id)?
            }
        };
        self.next = place + 1;
        self.old[place].take()
    }

    /// What nobody took.
    pub(crate) fn rest(self) -> impl Iterator<Item = T> {
        self.old.into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::Matcher;

    #[test]
    fn things_are_found_wherever_they_went() {
        let mut matcher = Matcher::new(vec![1, 2, 3, 4, 5, 6, 7, 8], |thing: &i32| *thing);
        let mut take = |wanted: i32| matcher.take(|thing| *thing == wanted, &wanted);
        assert_eq!([1, 3, 8, 9, 2, 8, 4].map(&mut take), [Some(1), Some(3), Some(8), None, Some(2), None, Some(4)]);
        assert_eq!(matcher.rest().collect::<Vec<_>>(), [5, 6, 7]);
    }
}
