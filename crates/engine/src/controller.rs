//! The main side's handle: sends messages, and drops what comes home.

use crate::memory::BLOCK;
use crate::message::{Home, Message};
use crate::renderer::Renderer;
use crate::telemetry::Telemetry;
use ringbuf::HeapRb;
use ringbuf::traits::{Consumer, Observer, Producer, Split};
use ringbuf::{HeapCons, HeapProd};
use std::collections::VecDeque;
use std::sync::Arc;

/// Sizes that are fixed when an engine is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EngineConfig {
    pub sample_rate_hz: f32,
    /// Most units at a time.
    pub max_slots: usize,
    /// Most cables at a time.
    pub max_cables: usize,
    /// Messages that can wait for the audio side, and as many on the way home.
    pub queue_len: usize,
    /// How long parameters and cables take to move.
    pub ramp_secs: f32,
}

impl EngineConfig {
    #[must_use]
    pub fn new(sample_rate_hz: f32) -> Self {
        Self { sample_rate_hz, max_slots: 16_384, max_cables: 65_536, queue_len: 1024, ramp_secs: 0.005 }
    }

    /// The ramp in frames, at least a block.
    #[must_use]
    pub fn ramp_frames(&self) -> u32 {
        ((self.ramp_secs * self.sample_rate_hz) as u32).max(BLOCK as u32)
    }
}

/// An engine: a renderer for the audio thread and a controller for everyone else.
#[must_use]
pub fn engine(config: EngineConfig) -> (Controller, Renderer) {
    let telemetry = Telemetry::new(config.max_slots);
    let (to_audio, from_main) = HeapRb::new(config.queue_len).split();
    let (to_main, home) = HeapRb::new(config.queue_len).split();
    let controller = Controller { to_audio, home, waiting: VecDeque::new(), telemetry: Arc::clone(&telemetry), config };
    (controller, Renderer::new(config, from_main, to_main, telemetry))
}

/// Sends to the audio side. **A full queue loses nothing:** what does not fit waits here, in order, until [`Controller::pump`].
pub struct Controller {
    to_audio: HeapProd<Message>,
    home: HeapCons<Home>,
    waiting: VecDeque<Message>,
    telemetry: Arc<Telemetry>,
    config: EngineConfig,
}

impl Controller {
    #[must_use]
    pub fn telemetry(&self) -> &Arc<Telemetry> {
        &self.telemetry
    }

    #[must_use]
    pub fn config(&self) -> EngineConfig {
        self.config
    }

    /// Sends, or queues behind what already waits. A knob that moves faster than the audio side listens keeps its newest value.
    pub fn send(&mut self, message: Message) {
        if self.waiting.is_empty() {
            if let Err(message) = self.to_audio.try_push(message) {
                self.waiting.push_back(message);
            }
        } else if !self.coalesce(&message) {
            self.waiting.push_back(message);
        }
    }

    /// Replaces the value of an equal message that already waits, if nothing of another sort stands behind it.
    fn coalesce(&mut self, message: &Message) -> bool {
        for waiting in self.waiting.iter_mut().rev() {
            match (waiting, message) {
                (Message::Param { slot, param, value }, Message::Param { slot: s, param: p, value: v }) => {
                    if (*slot, *param) == (*s, *p) {
                        *value = *v;
                        return true;
                    }
                }
                (Message::Cable { cable, gain }, Message::Cable { cable: c, gain: g }) => {
                    if cable == c {
                        *gain = *g;
                        return true;
                    }
                }
                (Message::Param { .. } | Message::Cable { .. }, _) => {}
                _ => return false,
            }
        }
        false
    }

    /// Sends what waits and drops what came home. Call it often: each frame of a window, each block of an offline render.
    /// Returns how many messages still wait.
    pub fn pump(&mut self) -> usize {
        while self.home.try_pop().is_some() {}
        while let Some(message) = self.waiting.pop_front() {
            if let Err(message) = self.to_audio.try_push(message) {
                self.waiting.push_front(message);
                break;
            }
        }
        self.waiting.len()
    }

    /// Messages on their way or waiting.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.to_audio.occupied_len() + self.waiting.len()
    }
}
