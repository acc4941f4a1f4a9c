//! Between a device's interleaved frames of any format and the renderer's two channels. Runs on the audio thread.

use cpal::{FromSample, Sample, SizedSample};
use crossbeam_channel::Sender;
use patchlight_engine::Renderer;
use ringbuf::HeapCons;
use ringbuf::traits::{Consumer, Observer};
use std::time::{Duration, Instant};

/// The renderer, lent to a stream. It comes back when the stream is dropped.
pub(crate) struct Lease {
    renderer: Option<Renderer>,
    back: Sender<Renderer>,
}

impl Lease {
    pub(crate) fn new(renderer: Renderer, back: Sender<Renderer>) -> Self {
        Self { renderer: Some(renderer), back }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(renderer) = self.renderer.take() {
            // Fails only when the supervisor is gone too: then the program is ending.
            self.back.send(renderer).ok();
        }
    }
}

/// Frames rendered at a time: devices may ask for more.
const CHUNK: usize = 1024;

/// Fills a device's buffers.
pub(crate) struct Feed {
    lease: Lease,
    channels: usize,
    left: Box<[f32]>,
    right: Box<[f32]>,
    input: Option<HeapCons<[f32; 2]>>,
    in_left: Box<[f32]>,
    in_right: Box<[f32]>,
    load: f32,
}

impl Feed {
    pub(crate) fn new(lease: Lease, channels: usize, input: Option<HeapCons<[f32; 2]>>) -> Self {
        let buffer = || vec![0.0; CHUNK].into_boxed_slice();
        Self { lease, channels, left: buffer(), right: buffer(), input, in_left: buffer(), in_right: buffer(), load: 0.0 }
    }

    /// Renders into interleaved frames: left and right to the first two channels, silence to the rest, the mean to mono.
    pub(crate) fn fill<T: SizedSample + FromSample<f32>>(&mut self, data: &mut [T]) {
        let started = Instant::now();
        let frames = data.len() / self.channels.max(1);
        for chunk in data.chunks_mut(CHUNK * self.channels.max(1)) {
            let count = chunk.len() / self.channels.max(1);
            self.render(count);
            for (n, frame) in chunk.chunks_exact_mut(self.channels.max(1)).enumerate() {
                let (left, right) = (self.left[n], self.right[n]);
                match frame {
                    [mono] => *mono = T::from_sample(0.5 * (left + right)),
                    [first, second, rest @ ..] => {
                        *first = T::from_sample(left);
                        *second = T::from_sample(right);
                        rest.fill(T::EQUILIBRIUM);
                    }
                    [] => {}
                }
            }
        }
        self.measure(started.elapsed(), frames);
    }

    fn render(&mut self, count: usize) {
        let Some(renderer) = self.lease.renderer.as_mut() else { return };
        let mut arrived = false;
        if let Some(input) = &mut self.input {
            // More than a few buffers behind: the clocks differ. Skip, rather than hear the past.
            let late = input.occupied_len().saturating_sub(count + 4 * CHUNK);
            input.skip(late);
            for n in 0..count {
                let [left, right] = input.try_pop().unwrap_or([0.0; 2]);
                (self.in_left[n], self.in_right[n]) = (left, right);
            }
            arrived = true;
        }
        let input = arrived.then_some([&self.in_left[..count], &self.in_right[..count]]);
        renderer.render(input, [&mut self.left[..count], &mut self.right[..count]]);
    }

    fn measure(&mut self, elapsed: Duration, frames: usize) {
        let Some(renderer) = &mut self.lease.renderer else { return };
        let available_secs = frames as f32 / renderer.sample_rate_hz();
        let load = elapsed.as_secs_f32() / available_secs.max(1e-6);
        self.load += (load - self.load) * 0.1;
        renderer.telemetry().set_load(self.load);
        renderer.report_load(load, available_secs);
        if load > 1.0 {
            renderer.telemetry().count_xrun();
        }
    }
}

/// One frame of an input's interleaved data as two channels.
pub(crate) fn stereo_frame<T: Sample>(frame: &[T]) -> [f32; 2]
where
    f32: FromSample<T>,
{
    match frame {
        [] => [0.0; 2],
        [mono] => [f32::from_sample(*mono); 2],
        [left, right, ..] => [f32::from_sample(*left), f32::from_sample(*right)],
    }
}
