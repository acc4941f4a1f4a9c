//! A patch as a fundsp unit: two inputs, two outputs, to be combined with whatever fundsp has.

use crate::memory::BLOCK;
use crate::renderer::Renderer;
use fundsp::audiounit::AudioUnit;
use fundsp::buffer::{BufferMut, BufferRef};
use fundsp::signal::{Routing, SignalFrame};
use std::sync::Arc;

/// Makes an engine that plays a patch at a sample rate, its messages sent.
pub type MakeRenderer = Arc<dyn Fn(f32) -> Renderer + Send + Sync>;

/// Something that only its one owner touches may be shared, since nobody can touch it through a shared reference.
struct Owned<T>(T);

// SAFETY: the field is private and handed out by `get_mut` alone, which needs the only reference there is.
unsafe impl<T: Send> Sync for Owned<T> {}

impl<T> Owned<T> {
    fn get_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

/// A playing patch in a fundsp graph. A clone plays the patch from its beginning: engines cannot be copied, so it is made anew.
///
/// What comes in is heard by **Audio in** 64 frames later.
pub struct PatchNode {
    make: MakeRenderer,
    renderer: Owned<Renderer>,
    sample_rate_hz: f32,
}

impl PatchNode {
    /// Plays what `make` makes, at fundsp's own rate until another is set.
    #[must_use]
    pub fn new(make: MakeRenderer) -> Self {
        let sample_rate_hz = fundsp::DEFAULT_SR as f32;
        Self { renderer: Owned(make(sample_rate_hz)), make, sample_rate_hz }
    }
}

impl Clone for PatchNode {
    fn clone(&self) -> Self {
        Self { make: Arc::clone(&self.make), renderer: Owned((self.make)(self.sample_rate_hz)), sample_rate_hz: self.sample_rate_hz }
    }
}

impl AudioUnit for PatchNode {
    fn reset(&mut self) {
        self.renderer = Owned((self.make)(self.sample_rate_hz));
    }

    fn set_sample_rate(&mut self, sample_rate: f64) {
        if self.sample_rate_hz != sample_rate as f32 {
            self.sample_rate_hz = sample_rate as f32;
            self.reset();
        }
    }

    fn tick(&mut self, input: &[f32], output: &mut [f32]) {
        let (mut left, mut right) = ([0.0], [0.0]);
        self.renderer.get_mut().render(Some([&input[..1], &input[1..2]]), [&mut left, &mut right]);
        (output[0], output[1]) = (left[0], right[0]);
    }

    fn process(&mut self, size: usize, input: &BufferRef, output: &mut BufferMut) {
        let (mut left, mut right) = ([0.0; BLOCK], [0.0; BLOCK]);
        let size = size.min(BLOCK);
        let [in_left, in_right] = [0, 1].map(|channel| &input.channel_f32(channel)[..size]);
        self.renderer.get_mut().render(Some([in_left, in_right]), [&mut left[..size], &mut right[..size]]);
        output.channel_f32_mut(0)[..size].copy_from_slice(&left[..size]);
        output.channel_f32_mut(1)[..size].copy_from_slice(&right[..size]);
    }

    fn inputs(&self) -> usize {
        2
    }

    fn outputs(&self) -> usize {
        2
    }

    fn route(&mut self, input: &SignalFrame, _frequency: f64) -> SignalFrame {
        Routing::Arbitrary(0.0).route(input, self.outputs())
    }

    fn get_id(&self) -> u64 {
        // fundsp's own ids are small numbers.
        u64::from_be_bytes(*b"patchlit")
    }

    fn footprint(&self) -> usize {
        size_of::<Self>()
    }
}
