//! Gains and switches that move without a click: what several modules need of one thing.

/// A value that moves to its target in a straight line, and stands at it at once the first time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Glide(Option<f32>);

impl Glide {
    /// As new: it will stand at its first target at once.
    pub(crate) const fn off() -> Self {
        Self(None)
    }

    /// The next value, at most `step` nearer to the target.
    #[inline]
    pub(crate) fn next(&mut self, target: f32, step: f32) -> f32 {
        let value = self.0.map_or(target, |value| value + (target - value).clamp(-step, step));
        self.0 = Some(value);
        value
    }

    /// Where it stands; 0 before the first target.
    pub(crate) fn now(&self) -> f32 {
        self.0.unwrap_or(0.0)
    }

    /// Whether it stands at this target, or will at once.
    #[inline]
    pub(crate) fn is_at(&self, target: f32) -> bool {
        self.0.is_none_or(|value| value == target)
    }

    /// Forgets where it was: it will stand at its next target at once.
    pub(crate) fn forget(&mut self) {
        self.0 = None;
    }
}

/// The step of a [`Glide`] from 0 to 1 in five milliseconds, as the engine ramps knobs.
pub(crate) fn switch_step(sample_rate_hz: f32) -> f32 {
    1.0 / (0.005 * sample_rate_hz)
}

/// −60 dB, the bottom of level knobs, is off.
pub(crate) const OFF_DB: f32 = -60.0;

/// The factor of a gain in decibels; nothing at [`OFF_DB`] and below.
pub(crate) fn gain_from_db(gain_db: f32) -> f32 {
    if gain_db > OFF_DB { (gain_db * (std::f32::consts::LOG2_10 / 20.0)).exp2() } else { 0.0 }
}

/// Left and right gains of a pan position from −1 to 1: constant power, scaled to unity in the middle, exactly.
pub(crate) fn pan_law(pan: f32) -> [f32; 2] {
    if pan == 0.0 {
        return [1.0; 2];
    }
    let angle = (pan + 1.0) * std::f32::consts::FRAC_PI_4;
    [angle.cos() * std::f32::consts::SQRT_2, angle.sin() * std::f32::consts::SQRT_2]
}

/// Decibels of a factor from 0 up; −120 at the least.
pub(crate) fn db_from_gain(gain: f32) -> f32 {
    20.0 * gain.max(1e-6).log10()
}
