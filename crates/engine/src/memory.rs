//! How lanes lie in the arena: rows of frames, or groups of eight lanes frame by frame.

use patchlight_core::LaneLayout;

/// Frames in a block. The renderer's grid is fixed, so equal patches give equal samples on every device.
pub const BLOCK: usize = 64;

/// Lanes in a group.
pub const GROUP: usize = 8;

/// One frame of a group of eight lanes.
pub type Oct = [f32; GROUP];

/// Channels × voices of a signal, and their layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    /// 1 or 2.
    pub channels: u8,
    /// 1 to 32.
    pub voices: u8,
    pub layout: LaneLayout,
}

/// Where one lane begins and how far apart its frames are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lane {
    pub offset: usize,
    pub stride: usize,
}

impl Shape {
    #[must_use]
    pub fn new(channels: usize, voices: usize, layout: LaneLayout) -> Self {
        Self { channels: channels as u8, voices: voices as u8, layout }
    }

    #[must_use]
    pub fn rows(channels: usize, voices: usize) -> Self {
        Self::new(channels, voices, LaneLayout::Rows)
    }

    /// Groups of eight that hold one channel's voices.
    #[must_use]
    pub fn groups(self) -> usize {
        usize::from(self.voices).div_ceil(GROUP)
    }

    /// Samples of one channel in a block.
    #[must_use]
    pub fn channel_len(self) -> usize {
        match self.layout {
            LaneLayout::Rows => usize::from(self.voices) * BLOCK,
            LaneLayout::Groups => self.groups() * GROUP * BLOCK,
        }
    }

    /// Samples of a block, idle lanes of groups included.
    #[must_use]
    pub fn len(self) -> usize {
        usize::from(self.channels) * self.channel_len()
    }

    /// Never: a shape has at least one lane.
    #[must_use]
    pub fn is_empty(self) -> bool {
        false
    }

    /// Where a lane lies, from the start of the signal.
    #[must_use]
    pub fn lane(self, channel: usize, voice: usize) -> Lane {
        let channel_start = channel * self.channel_len();
        match self.layout {
            LaneLayout::Rows => Lane { offset: channel_start + voice * BLOCK, stride: 1 },
            LaneLayout::Groups => Lane { offset: channel_start + (voice / GROUP) * GROUP * BLOCK + voice % GROUP, stride: GROUP },
        }
    }
}

/// A signal's place in the arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// In samples from the start of the arena; a multiple of [`GROUP`].
    pub offset: u32,
    pub shape: Shape,
}

/// One cache line, so that the arena begins on one.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line(#[expect(dead_code, reason = "read and written through the arena's pointer")] [f32; 16]);

/// The samples of a program, allocated once away from the audio thread. It begins with a region that stays zero.
pub(crate) struct Arena(Box<[Line]>);

impl Arena {
    pub(crate) fn new(samples: usize) -> Self {
        Self(vec![Line([0.0; 16]); samples.div_ceil(16)].into_boxed_slice())
    }

    pub(crate) fn as_mut_ptr(&mut self) -> *mut f32 {
        self.0.as_mut_ptr().cast()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len() * 16
    }
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, Lane, Shape};
    use patchlight_core::LaneLayout;

    #[test]
    fn lanes_lie_as_documented() {
        let rows = Shape::rows(2, 3);
        assert_eq!(rows.len(), 6 * BLOCK);
        assert_eq!(rows.lane(1, 2), Lane { offset: 5 * BLOCK, stride: 1 });
        let groups = Shape::new(2, 9, LaneLayout::Groups);
        assert_eq!(groups.len(), 2 * 2 * 8 * BLOCK);
        assert_eq!(groups.lane(1, 8), Lane { offset: 3 * 8 * BLOCK, stride: 8 });
    }
}
