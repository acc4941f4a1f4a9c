//! Buffers that are kept from frame to frame and grow when they must.

use bevy::render::render_resource::{Buffer, BufferDescriptor, BufferUsages};
use bevy::render::renderer::{RenderDevice, RenderQueue};

/// The least that is reserved: an empty storage binding is not allowed.
const SMALLEST_BYTES: u64 = 1024;

/// Bytes on their way to the GPU, and the buffer there.
#[derive(Default)]
pub(super) struct GrowBuffer {
    staged: Vec<u8>,
    changed: bool,
    buffer: Option<Buffer>,
}

impl GrowBuffer {
    /// Keeps a copy to send with the next [`upload`](Self::upload).
    pub(super) fn stage(&mut self, bytes: &[u8]) {
        self.staged.clear();
        self.staged.extend_from_slice(bytes);
        self.changed = true;
    }

    /// Sends what was staged. Says whether there is a new buffer, which bind groups must know.
    pub(super) fn upload(&mut self, device: &RenderDevice, queue: &RenderQueue, usage: BufferUsages) -> bool {
        let wanted = self.staged.len() as u64;
        let grown = self.buffer.as_ref().is_none_or(|buffer| buffer.size() < wanted);
        if grown {
            self.buffer = Some(device.create_buffer(&BufferDescriptor {
                label: Some("paint list"),
                size: wanted.next_power_of_two().max(SMALLEST_BYTES),
                usage: usage | BufferUsages::COPY_DST,
                mapped_at_creation: false,
            }));
        }
        if let Some(buffer) = self.buffer.as_ref().filter(|_| (self.changed || grown) && !self.staged.is_empty()) {
            queue.write_buffer(buffer, 0, &self.staged);
        }
        self.changed = false;
        grown
    }

    pub(super) fn buffer(&self) -> Option<&Buffer> {
        self.buffer.as_ref()
    }
}
