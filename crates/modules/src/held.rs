//! Data that is replaced while it sounds: what was there before is heard until it has faded, and then goes home with the next.

use crate::glide::switch_step;
use patchlight_engine::Data;

/// A piece of data, the one before, and how far one has faded into the other.
pub(crate) struct Held {
    now: Data,
    before: Data,
    faded: f32,
    step: f32,
}

impl Held {
    pub(crate) fn new(data: Data, sample_rate_hz: f32) -> Self {
        Self { now: data, before: Data::None, faded: 1.0, step: switch_step(sample_rate_hz) }
    }

    /// Takes a new one and leaves the oldest in its place.
    pub(crate) fn swap(&mut self, data: &mut Data) {
        std::mem::swap(&mut self.before, data);
        std::mem::swap(&mut self.now, &mut self.before);
        self.faded = 0.0;
    }

    /// The present one, the one before while it is heard, and the share of the present one.
    fn parts(&self, ahead_frames: usize) -> (&Data, Option<&Data>, f32) {
        let faded = (self.faded + self.step * ahead_frames as f32).min(1.0);
        (&self.now, (faded < 1.0).then_some(&self.before), faded)
    }

    /// What the present one gives in a frame of this call, or on the way to it a blend with what the one before gives.
    #[inline]
    pub(crate) fn blend(&self, frame: usize, value: impl Fn(&Data) -> f32) -> f32 {
        let (now, before, share) = self.parts(frame);
        let made = value(now);
        before.map_or(made, |before| {
            let old = value(before);
            old + (made - old) * share
        })
    }

    /// So many frames on.
    pub(crate) fn advance(&mut self, frames: usize) {
        self.faded = (self.faded + self.step * frames as f32).min(1.0);
    }

    /// All at once.
    pub(crate) fn settle(&mut self) {
        self.faded = 1.0;
    }
}

#[cfg(test)]
mod tests {
    use super::Held;
    use patchlight_core::Formula;
    use patchlight_engine::Data;
    use std::sync::Arc;

    #[test]
    fn the_oldest_goes_home_and_the_present_fades_in() {
        let formula = |text: &str| Data::Formula(Arc::new(text.parse::<Formula>().expect("a formula")));
        let is = |data: &Data, text: &str| data.formula().is_some_and(|found| **found == text.parse::<Formula>().expect("a formula"));
        let mut held = Held::new(formula("1"), 48_000.0);
        let mut coming = formula("2");
        held.swap(&mut coming);
        assert!(matches!(coming, Data::None));
        let (now, before, faded) = held.parts(120);
        assert!(is(now, "2") && before.is_some_and(|before| is(before, "1")) && (faded - 0.5).abs() < 1e-6);
        let mut next = formula("3");
        held.swap(&mut next);
        assert!(is(&next, "1"));
        held.advance(240);
        assert!(held.parts(0).1.is_none() && is(held.parts(0).0, "3"));
    }
}
