//! A value that moves linearly to its target over a fixed time, kept as a function of the absolute frame.
//!
//! Nothing has to be advanced each block: a ramp that has arrived costs a comparison.

/// A linear ramp between two values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ramp {
    from: f32,
    to: f32,
    start_frame: u64,
    length_frames: u32,
}

impl Ramp {
    /// Stands at `value`.
    #[must_use]
    pub const fn at(value: f32) -> Self {
        Self { from: value, to: value, start_frame: 0, length_frames: 0 }
    }

    /// Moves to `target` from wherever it is at `frame`, over `length_frames`.
    pub fn go(&mut self, target: f32, frame: u64, length_frames: u32) {
        *self = Self { from: self.value(frame), to: target, start_frame: frame, length_frames };
    }

    /// Lets a ramp that starts at `frame` wait for so many frames more.
    pub fn wait(&mut self, frame: u64, frames: usize) {
        if self.start_frame == frame {
            self.start_frame += frames as u64;
        }
    }

    /// Whether it stands still from `frame` on.
    #[must_use]
    pub fn is_steady(&self, frame: u64) -> bool {
        frame >= self.start_frame + u64::from(self.length_frames)
    }

    /// Where it is going, or stands.
    #[must_use]
    pub const fn target(&self) -> f32 {
        self.to
    }

    /// One minus this ramp, at all times.
    #[must_use]
    pub fn complement(&self) -> Self {
        Self { from: 1.0 - self.from, to: 1.0 - self.to, ..*self }
    }

    /// The value at an absolute frame.
    #[must_use]
    pub fn value(&self, frame: u64) -> f32 {
        if self.is_steady(frame) {
            return self.to;
        }
        let travelled = frame.saturating_sub(self.start_frame) as f32 / self.length_frames as f32;
        self.from + (self.to - self.from) * travelled
    }
}

#[cfg(test)]
mod tests {
    use super::Ramp;

    #[test]
    fn a_ramp_arrives_exactly_and_can_be_turned_on_the_way() {
        let mut ramp = Ramp::at(0.0);
        ramp.go(1.0, 100, 10);
        assert_eq!(ramp.value(100), 0.0);
        assert_eq!(ramp.value(105), 0.5);
        ramp.go(0.0, 105, 10);
        assert_eq!(ramp.value(105), 0.5);
        assert_eq!(ramp.value(115), 0.0);
        assert!(ramp.is_steady(115) && !ramp.is_steady(114));
        ramp.go(1.0, 200, 10);
        ramp.wait(200, 64);
        ramp.wait(200, 64);
        assert_eq!((ramp.value(264), ramp.value(269), ramp.value(274)), (0.0, 0.5, 1.0));
    }
}
