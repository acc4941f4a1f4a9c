//! A play head: a place in the file, and its own fade.

/// A place in the file: frames in whole numbers of 2⁻³², so that a block of steps adds up to the same as one after the other.
pub(super) type Place = i64;
pub(super) const FRACTION_BITS: u32 = 32;
/// One frame.
pub(super) const FRAME: Place = 1 << FRACTION_BITS;

/// Whole frames from the first played to the one behind the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Region {
    pub(super) start: i64,
    pub(super) end: i64,
}

impl Region {
    pub(super) fn len(self) -> i64 {
        self.end - self.start
    }
}

/// A place in the file, and how loud it is.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Head {
    pub(super) place: Place,
    /// 1 forwards, −1 backwards.
    pub(super) direction: i64,
    pub(super) level: f32,
    /// Change of the level per frame; the level stays within 0 to 1.
    pub(super) step: f32,
}

impl Head {
    pub(super) fn sounds(&self) -> bool {
        self.level > 0.0 || self.step > 0.0
    }

    pub(super) fn fade(&mut self) {
        self.level = (self.level + self.step).clamp(0.0, 1.0);
    }

    /// Moves by a step in its direction.
    pub(super) fn advance(&mut self, step: Place) {
        self.place = self.place.saturating_add(self.direction * step);
    }

    pub(super) fn words(&self) -> [u32; 5] {
        [self.place as u32, (self.place >> 32) as u32, self.direction as u32, self.level.to_bits(), self.step.to_bits()]
    }

    pub(super) fn from_words([low, high, direction, level, step]: [u32; 5]) -> Self {
        let place = i64::from(low) | i64::from(high as i32) << 32;
        Self { place, direction: i64::from(direction as i32), level: f32::from_bits(level), step: f32::from_bits(step) }
    }
}
