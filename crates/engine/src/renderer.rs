//! The audio thread's half: takes messages, runs the program block by block, and sends home what must be dropped elsewhere.

use crate::config::EngineConfig;
use crate::context::{BlockContext, Event, EventKind, MAX_EVENTS};
use crate::data::Data;
use crate::denormal::FlushDenormals;
use crate::memory::BLOCK;
use crate::message::{FeedbackState, Home, Message, Swap};
use crate::program::Program;
use crate::ramp::Ramp;
use crate::run::Runner;
use crate::slot::{MAX_TAPPED_OUTPUTS, NO_TAP, Slot};
use crate::telemetry::{FACE, TAPS, Telemetry};
use ringbuf::traits::{Consumer, Observer, Producer};
use ringbuf::{HeapCons, HeapProd};
use std::sync::Arc;

/// Faces of this many blocks are refreshed in turn, so that a large patch costs no more at once than a small one.
const FACE_TURNS: usize = 8;

/// Renders. Owned by the audio thread, or by whoever renders offline.
pub struct Renderer {
    config: EngineConfig,
    from_main: HeapCons<Message>,
    home: HeapProd<Home>,
    telemetry: Arc<Telemetry>,
    program: Box<Program>,
    slots: Box<[Option<Box<Slot>>]>,
    gains: Box<[Ramp]>,
    feedbacks: Box<[Option<Box<FeedbackState>>]>,
    context: BlockContext,
    /// A message that has to wait for room on the way home, or for its frame to come near.
    held: Option<Message>,
    /// Events for blocks to come, in the order they were sent.
    future: [(u64, EventKind); MAX_EVENTS],
    future_count: usize,
    watched: [Option<(u32, u32)>; TAPS],
    /// Frames of the current block that have been handed out.
    handed_out: usize,
    block_in: [[f32; BLOCK]; 2],
    face_turn: usize,
}

impl Renderer {
    pub(crate) fn new(config: EngineConfig, from_main: HeapCons<Message>, home: HeapProd<Home>, telemetry: Arc<Telemetry>) -> Self {
        Self {
            from_main,
            home,
            telemetry,
            program: Box::new(Program::empty()),
            slots: (0..config.max_slots).map(|_| None).collect(),
            gains: vec![Ramp::at(0.0); config.max_cables].into_boxed_slice(),
            feedbacks: (0..config.max_cables).map(|_| None).collect(),
            context: BlockContext::new(config.sample_rate_hz),
            held: None,
            future: [(0, EventKind::AllNotesOff); MAX_EVENTS],
            future_count: 0,
            watched: [None; TAPS],
            handed_out: BLOCK,
            block_in: [[0.0; BLOCK]; 2],
            face_turn: 0,
            config,
        }
    }

    #[must_use]
    pub fn sample_rate_hz(&self) -> f32 {
        self.config.sample_rate_hz
    }

    #[must_use]
    pub fn telemetry(&self) -> &Arc<Telemetry> {
        &self.telemetry
    }

    /// Renders any number of frames, left and right. What comes in is heard by `io.audio_in` one block later.
    ///
    /// `input`, where there is one, and both of `output` have the same length.
    pub fn render(&mut self, input: Option<[&[f32]; 2]>, output: [&mut [f32]; 2]) {
        let _flush = FlushDenormals::new();
        let [left, right] = output;
        let frames = left.len().min(right.len());
        let mut done = 0;
        while done < frames {
            if self.handed_out == BLOCK {
                self.render_block();
                self.handed_out = 0;
            }
            let count = (BLOCK - self.handed_out).min(frames - done);
            let (from, to) = (self.handed_out..self.handed_out + count, done..done + count);
            left[to.clone()].copy_from_slice(&self.context.master[0][from.clone()]);
            right[to.clone()].copy_from_slice(&self.context.master[1][from.clone()]);
            for (channel, block_in) in self.block_in.iter_mut().enumerate() {
                match input.and_then(|input| input[channel].get(to.clone())) {
                    Some(samples) => block_in[from.clone()].copy_from_slice(samples),
                    None => block_in[from.clone()].fill(0.0),
                }
            }
            self.handed_out += count;
            done += count;
        }
    }

    fn render_block(&mut self) {
        self.take_messages();
        self.release_events();
        self.context.device_in = self.block_in;
        self.context.master = [[0.0; BLOCK]; 2];
        let watching = self.telemetry.is_watching();
        let mut runner = Runner {
            slots: &mut self.slots,
            gains: &self.gains,
            feedbacks: &mut self.feedbacks,
            context: &mut self.context,
            telemetry: &self.telemetry,
            watching,
        };
        runner.run_block(&mut self.program);
        if watching {
            self.show_faces();
        }
        self.context.advance();
        let transport = self.context.transport;
        self.telemetry.set_clock(self.context.frame, transport.beat, transport.tempo_bpm, transport.playing);
    }

    fn take_messages(&mut self) {
        while let Some(message) = self.held.take().or_else(|| self.from_main.try_pop()) {
            if let Some(waits) = self.take(message) {
                self.held = Some(waits);
                self.telemetry.count_deferred();
                return;
            }
        }
    }

    /// Carries a message out, or gives it back when it has to wait.
    fn take(&mut self, message: Message) -> Option<Message> {
        let frame = self.context.frame;
        let ramp_frames = self.config.ramp_frames();
        match message {
            Message::Swap(_) | Message::Data { .. } if self.home.is_full() => return Some(message),
            Message::Event { .. } if self.future_count == MAX_EVENTS => return Some(message),
            Message::Swap(swap) => self.swap(swap),
            Message::Param { slot, param, value } => {
                if let Some(slot) = self.slots.get_mut(slot as usize).and_then(Option::as_mut) {
                    slot.set_param(param as usize, value, frame, ramp_frames);
                }
            }
            Message::Cable { cable, gain } => {
                if let Some(ramp) = self.gains.get_mut(cable as usize).filter(|_| gain.is_finite()) {
                    ramp.go(gain, frame, ramp_frames);
                }
            }
            Message::Data { slot, index, mut data } => {
                if let Some(slot) = self.slots.get_mut(slot as usize).and_then(Option::as_mut) {
                    slot.unit.swap_data(0, index as usize, &mut data);
                }
                self.send_home(Home::Data(std::mem::replace(&mut data, Data::None)));
            }
            Message::Bypass { slot, on } => {
                if let Some(slot) = self.slots.get_mut(slot as usize).and_then(Option::as_mut) {
                    slot.bypass.go(if on { 1.0 } else { 0.0 }, frame, ramp_frames);
                }
            }
            Message::Mute { slot, on } => {
                if let Some(slot) = self.slots.get_mut(slot as usize).and_then(Option::as_mut) {
                    slot.audible.go(if on { 0.0 } else { 1.0 }, frame, ramp_frames);
                }
            }
            Message::Event { frame, kind } => {
                self.future[self.future_count] = (frame, kind);
                self.future_count += 1;
            }
            Message::Play(playing) => self.context.transport.playing = playing,
            Message::Locate { beat } => self.context.transport.beat = beat.max(0.0),
            Message::Tap { tap, watched } => self.watch(tap, watched),
            Message::ClearFaults => self.restart_units(true),
            Message::Panic => self.restart_units(false),
        }
        None
    }

    /// Takes over a program. The cost follows what is added and retired, not the size of the patch.
    fn swap(&mut self, mut swap: Box<Swap>) {
        let frame = self.context.frame;
        let ramp_frames = self.config.ramp_frames();
        std::mem::swap(&mut self.program, &mut swap.program);
        for index in 0..swap.retire.len() {
            let number = swap.retire[index] as usize;
            if let Some(slot) = self.slots.get_mut(number).and_then(Option::take) {
                swap.retired.push(slot);
                self.telemetry.clear_slot(number);
            }
        }
        while let Some((number, slot)) = swap.add.pop() {
            let Some(place) = self.slots.get_mut(number as usize) else {
                swap.retired.push(slot);
                continue;
            };
            if let Some(old) = place.replace(slot) {
                swap.retired.push(old);
            }
            self.telemetry.clear_slot(number as usize);
        }
        for cable in &swap.cables {
            let Some(ramp) = self.gains.get_mut(cable.cable as usize) else { continue };
            *ramp = Ramp::at(if cable.fade_in { 0.0 } else { cable.gain });
            ramp.go(cable.gain, frame, ramp_frames);
        }
        while let Some((cable, state)) = swap.feedbacks.pop() {
            let replaced = self.feedbacks.get_mut(cable as usize).and_then(|place| place.replace(state));
            swap.retired_feedbacks.extend(replaced);
        }
        self.apply_taps();
        self.telemetry.count_swap();
        self.send_home(Home::Swap(swap));
    }

    /// Room was made sure of before; should it fail all the same, the item stays alive rather than being freed here.
    fn send_home(&mut self, item: Home) {
        if let Err(item) = self.home.try_push(item) {
            std::mem::forget(item);
        }
    }

    fn watch(&mut self, tap: u8, watched: Option<(u32, u32)>) {
        let Some(place) = self.watched.get_mut(usize::from(tap)) else { return };
        if let Some((slot, output)) = std::mem::replace(place, watched) {
            self.set_tap(slot, output, NO_TAP);
        }
        self.apply_taps();
    }

    fn apply_taps(&mut self) {
        for tap in 0..TAPS {
            if let Some((slot, output)) = self.watched[tap] {
                self.set_tap(slot, output, tap as u8);
            }
        }
    }

    fn set_tap(&mut self, slot: u32, output: u32, tap: u8) {
        if let Some(slot) = self.slots.get_mut(slot as usize).and_then(Option::as_mut).filter(|_| (output as usize) < MAX_TAPPED_OUTPUTS) {
            slot.taps[output as usize] = tap;
        }
    }

    fn restart_units(&mut self, only_faulty: bool) {
        for (number, slot) in self.slots.iter_mut().enumerate() {
            if let Some(slot) = slot.as_mut().filter(|slot| slot.faulty || !only_faulty) {
                slot.unit.reset();
                slot.faulty = false;
                self.telemetry.set_fault(number, false);
            }
        }
        if !only_faulty {
            self.feedbacks.iter_mut().flatten().for_each(|state| **state = FeedbackState::default());
        }
    }

    /// Moves events whose frame lies in this block into the context, in the order of their frames.
    fn release_events(&mut self) {
        let (start, end) = (self.context.frame, self.context.frame + BLOCK as u64);
        let mut kept = 0;
        for index in 0..self.future_count {
            let (frame, kind) = self.future[index];
            let due = frame < end;
            if !due || !self.context.push_event(Event { offset: frame.saturating_sub(start) as u32, kind }) {
                self.future[kept] = (frame, kind);
                kept += 1;
            }
        }
        self.future_count = kept;
        // Insertion sort: few, nearly in order, stable, and without allocation.
        let count = self.context.event_count;
        for i in 1..count {
            let mut j = i;
            while j > 0 && self.context.events[j - 1].offset > self.context.events[j].offset {
                self.context.events.swap(j - 1, j);
                j -= 1;
            }
        }
    }

    fn show_faces(&mut self) {
        self.face_turn = (self.face_turn + 1) % FACE_TURNS;
        for step in self.program.units.iter().skip(self.face_turn).step_by(FACE_TURNS) {
            if let Some(slot) = self.slots.get(step.slot as usize).and_then(Option::as_ref) {
                let mut face = [0.0; FACE];
                slot.unit.telemetry(0, &mut face);
                self.telemetry.set_face(step.slot as usize, &face);
            }
        }
    }
}
