//! The state of one lane, word by word: what lets a module move from one unit to another and go on as if nothing had happened.

use crate::memory::{GROUP, Oct};

/// Most words that one lane of one unit remembers, over both channels.
pub const MAX_LANE_WORDS: usize = 512;

/// Is called with each word of a kernel's state, for all eight lanes at once.
pub type LaneVisit<'a> = dyn FnMut(&mut [u32; GROUP]) + 'a;

/// What one lane remembers, on its way from one unit to another.
pub struct LaneWords {
    words: [u32; MAX_LANE_WORDS],
    len: usize,
}

impl Default for LaneWords {
    fn default() -> Self {
        Self { words: [0; MAX_LANE_WORDS], len: 0 }
    }
}

impl LaneWords {
    /// Forgets all.
    pub fn clear(&mut self) {
        self.len = 0;
    }

    /// Takes down the next word.
    pub fn push(&mut self, word: u32) {
        debug_assert!(self.len < MAX_LANE_WORDS, "a lane remembers more than there is room for");
        if let Some(place) = self.words.get_mut(self.len) {
            *place = word;
            self.len += 1;
        }
    }

    /// What was taken down, in its order.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.words[..self.len].iter().copied()
    }

    /// How many words it takes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

/// Something that remembers one or more words for each of eight lanes.
pub trait LaneState {
    fn visit(&mut self, visit: &mut LaneVisit<'_>);
}

impl LaneState for [u32; GROUP] {
    fn visit(&mut self, visit: &mut LaneVisit<'_>) {
        visit(self);
    }
}

impl LaneState for Oct {
    fn visit(&mut self, visit: &mut LaneVisit<'_>) {
        visit(bytemuck::cast_mut(self));
    }
}

impl LaneState for [i32; GROUP] {
    fn visit(&mut self, visit: &mut LaneVisit<'_>) {
        visit(bytemuck::cast_mut(self));
    }
}

impl LaneState for [u64; GROUP] {
    fn visit(&mut self, visit: &mut LaneVisit<'_>) {
        let mut low = self.map(|word| word as u32);
        let mut high = self.map(|word| (word >> 32) as u32);
        visit(&mut low);
        visit(&mut high);
        for (word, (low, high)) in self.iter_mut().zip(low.into_iter().zip(high)) {
            *word = u64::from(low) | u64::from(high) << 32;
        }
    }
}

impl LaneState for [f64; GROUP] {
    fn visit(&mut self, visit: &mut LaneVisit<'_>) {
        bytemuck::cast_mut::<_, [u64; GROUP]>(self).visit(visit);
    }
}

impl LaneState for [bool; GROUP] {
    fn visit(&mut self, visit: &mut LaneVisit<'_>) {
        let mut words = self.map(u32::from);
        visit(&mut words);
        *self = words.map(|word| word != 0);
    }
}

/// Shows fields one after the other: `lane_state!(visit; self.phase, self.level, self.stages[0])`.
#[macro_export]
macro_rules! lane_state {
    ($visit:expr; $($field:expr),+ $(,)?) => {{
        $($crate::LaneState::visit(&mut $field, $visit);)+
    }};
}

#[cfg(test)]
mod tests {

    #[test]
    fn every_word_of_a_lane_can_be_taken_and_put_back() {
        let (mut a, mut b, mut c) = ([1.5_f32; 8], [f64::MIN_POSITIVE; 8], [true; 8]);
        let mut words = Vec::new();
        let mut take = |word: &mut [u32; 8]| words.push(word[3]);
        crate::lane_state!(&mut take; a, b, c);
        assert_eq!(words.len(), 4);
        let (mut x, mut y, mut z) = ([0.0_f32; 8], [0.0_f64; 8], [false; 8]);
        let mut from = words.into_iter();
        let mut put = |word: &mut [u32; 8]| word[5] = from.next().unwrap_or_default();
        crate::lane_state!(&mut put; x, y, z);
        assert_eq!((x[5], y[5], z[5], x[4], z[4]), (1.5, f64::MIN_POSITIVE, true, 0.0, false));
    }
}
