//! The main side's handle: sends messages, and drops what comes home.

use crate::config::EngineConfig;
use crate::message::{Home, Message};
use crate::renderer::Renderer;
use crate::telemetry::Telemetry;
use ringbuf::HeapRb;
use ringbuf::traits::{Consumer, Observer, Producer, Split};
use ringbuf::{HeapCons, HeapProd};
use std::collections::VecDeque;
use std::sync::Arc;

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
