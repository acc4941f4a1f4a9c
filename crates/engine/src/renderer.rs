//! The audio thread's half: takes messages, runs the program block by block, and sends home what must be dropped elsewhere.

use crate::config::EngineConfig;
use crate::context::{BlockContext, Desk, Event, EventKind, MAX_EVENTS};
use crate::data::Data;
use crate::denormal::FlushDenormals;
use crate::lane_state::LaneWords;
use crate::memory::BLOCK;
use crate::message::{FeedbackState, Home, Message, Swap};
use crate::pool::{Helper, Pool, Trial};
use crate::program::Program;
use crate::rack::{MAX_TAPPED_OUTPUTS, NO_TAP, NOBODY, Rack, Seat};
use crate::ramp::Ramp;
use crate::stages::{Shared, run_stages};
use crate::strain::{Strain, StrainGauge};
use crate::table::Table;
use crate::telemetry::{FACE, TAPS, Telemetry};
use ringbuf::traits::{Consumer, Observer, Producer};
use ringbuf::{HeapCons, HeapProd};
use std::sync::Arc;
use std::time::Instant;

/// One block of so many is timed unit by unit: a look at the clock takes some 25 ns, so this costs less than a thousandth.
const TIMED_BLOCKS: u32 = 64;
/// More often, where there are threads to share units out to.
const TIMED_TO_SHARE: u32 = 16;

/// Faces of this many blocks are refreshed in turn, so that a large patch costs no more at once than a small one.
const FACE_TURNS: usize = 8;

/// Renders. Owned by the audio thread, or by whoever renders offline.
pub struct Renderer {
    config: EngineConfig,
    from_main: HeapCons<Message>,
    home: HeapProd<Home>,
    telemetry: Arc<Telemetry>,
    program: Box<Program>,
    racks: Box<[Option<Box<Rack>>]>,
    /// Where each module runs, by its number.
    seats: Box<[Seat]>,
    gains: Box<[Ramp]>,
    /// Cables whose gains are on their way, each once.
    moving: Vec<u32>,
    is_moving: Box<[bool]>,
    feedbacks: Box<[Option<Box<FeedbackState>>]>,
    context: BlockContext,
    desk: Desk,
    /// Where there is more than one thread; and whether sharing out pays.
    pool: Option<Pool>,
    trial: Trial,
    helpers: Vec<Helper>,
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
    strain: StrainGauge,
    block_number: u32,
}

impl Renderer {
    pub(crate) fn new(config: EngineConfig, from_main: HeapCons<Message>, home: HeapProd<Home>, telemetry: Arc<Telemetry>) -> Self {
        let (pool, helpers) = (config.threads > 1).then(|| Pool::new(config.threads - 1)).unzip();
        Self {
            pool,
            helpers: helpers.unwrap_or_default(),
            trial: Trial::default(),
            desk: Desk::default(),
            from_main,
            home,
            telemetry,
            program: Box::new(Program::empty()),
            racks: (0..config.max_slots).map(|_| None).collect(),
            seats: vec![Seat { rack: NOBODY, lane: 0 }; config.max_slots].into_boxed_slice(),
            gains: vec![Ramp::at(0.0); config.max_cables].into_boxed_slice(),
            moving: Vec::with_capacity(config.max_cables),
            is_moving: vec![false; config.max_cables].into_boxed_slice(),
            feedbacks: (0..config.max_cables).map(|_| None).collect(),
            context: BlockContext::new(config.sample_rate_hz),
            held: None,
            future: [(0, EventKind::AllNotesOff); MAX_EVENTS],
            future_count: 0,
            watched: [None; TAPS],
            handed_out: BLOCK,
            block_in: [[0.0; BLOCK]; 2],
            face_turn: 0,
            strain: StrainGauge::default(),
            block_number: 0,
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

    /// What the other threads are to run, once: one for each that [`EngineConfig::threads`] promises. Without them the audio thread does
    /// all of it.
    pub fn take_helpers(&mut self) -> Vec<Helper> {
        std::mem::take(&mut self.helpers)
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
            left[to.clone()].copy_from_slice(&self.desk.master[0][from.clone()]);
            right[to.clone()].copy_from_slice(&self.desk.master[1][from.clone()]);
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

    /// Whoever drives the renderer in real time says what share of the time it took, and over how long. Under strain, views are given
    /// up first, then quality, then the oldest voices.
    pub fn report_load(&mut self, load: f32, secs: f32) {
        self.strain.report(load, secs);
        self.telemetry.set_strain(self.strain.strain());
    }

    fn render_block(&mut self) {
        self.take_messages();
        self.release_events();
        self.context.device_in = self.block_in;
        self.desk.master = [[0.0; BLOCK]; 2];
        (self.context.strain, self.context.shed) = (self.strain.strain(), self.strain.shed());
        let watching = self.telemetry.is_watching() && self.context.strain < Strain::Views;
        self.block_number = self.block_number.wrapping_add(1);
        // What units cost is shown, and by it they are shared out.
        let timed_blocks = if self.pool.is_some() { TIMED_TO_SHARE } else { TIMED_BLOCKS };
        let timing = (watching || self.pool.is_some()) && self.block_number.is_multiple_of(timed_blocks);
        self.run_program(watching, timing);
        if watching {
            self.show_faces();
        }
        self.context.advance(&mut self.desk);
        let transport = self.context.transport;
        self.telemetry.set_clock(self.context.frame, transport.beat, transport.tempo_bpm, transport.playing);
    }

    /// Runs the stages one after the other; the sections of one on several threads, where that is faster.
    fn run_program(&mut self, watching: bool, timing: bool) {
        let mut pool = self.pool.as_mut().filter(|_| self.program.widest_stage() > 1);
        let started = pool.is_some().then(Instant::now);
        if !self.trial.shares() {
            pool = None;
        }
        let shared = Shared {
            racks: Table::new(&mut self.racks),
            gains: &self.gains,
            feedbacks: Table::new(&mut self.feedbacks),
            context: &self.context,
            telemetry: &self.telemetry,
            watching,
            timing,
        };
        run_stages(&mut self.program, &shared, &mut self.desk, pool);
        let share_since = |started: Instant| started.elapsed().as_secs_f64() * f64::from(self.config.sample_rate_hz) / BLOCK as f64;
        if started.is_some_and(|started| self.trial.took(share_since(started))) {
            self.telemetry.refuse_sharing();
        }
    }

    /// Takes what the main side sent, as at the start of each block: to measure by itself what an edit costs here.
    pub fn take_messages(&mut self) {
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
                if let Some((rack, lane)) = self.seated(slot) {
                    rack.set_param(lane, param as usize, value, frame, ramp_frames);
                }
            }
            Message::Cable { cable, gain } => {
                if let Some(ramp) = self.gains.get_mut(cable as usize).filter(|_| gain.is_finite()) {
                    ramp.go(gain, frame, ramp_frames);
                    self.cable_moves(cable);
                }
            }
            Message::Data { slot, index, mut data } => {
                if let Some((rack, lane)) = self.seated(slot) {
                    rack.unit.swap_data(lane, index as usize, &mut data);
                }
                self.send_home(Home::Data(std::mem::replace(&mut data, Data::None)));
            }
            Message::Bypass { slot, on } => {
                if let Some((rack, lane)) = self.seated(slot) {
                    rack.members[lane].bypass.go(if on { 1.0 } else { 0.0 }, frame, ramp_frames);
                    rack.plain = false;
                }
            }
            Message::Mute { slot, on } => {
                if let Some((rack, lane)) = self.seated(slot) {
                    rack.members[lane].audible.go(if on { 0.0 } else { 1.0 }, frame, ramp_frames);
                    rack.plain = false;
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

    /// The rack a module sits in, and its lane there.
    fn seated(&mut self, slot: u32) -> Option<(&mut Rack, usize)> {
        let seat = self.seats.get(slot as usize)?;
        let rack = self.racks.get_mut(seat.rack as usize)?.as_mut()?;
        let lane = usize::from(seat.lane).min(rack.members.len() - 1);
        Some((rack, lane))
    }

    /// From now on, until it stands still, a cable's gain is looked up anew for every block.
    fn cable_moves(&mut self, cable: u32) {
        self.program.look_up(cable);
        let Some(is_moving) = self.is_moving.get_mut(cable as usize).filter(|is_moving| !**is_moving) else { return };
        *is_moving = true;
        self.moving.push(cable);
    }

    /// Takes over a program. The cost follows what is added, moved and retired, not the size of the patch.
    fn swap(&mut self, mut swap: Box<Swap>) {
        let frame = self.context.frame;
        let ramp_frames = self.config.ramp_frames();
        std::mem::swap(&mut self.program, &mut swap.program);
        self.trial.restart();
        self.context.program = self.context.program.wrapping_add(1).max(1);
        self.change_racks(&mut swap);
        for index in 0..swap.changes.cables.len() {
            let cable = swap.changes.cables[index];
            let Some(ramp) = self.gains.get_mut(cable.cable as usize) else { continue };
            *ramp = Ramp::at(if cable.fade_in { 0.0 } else { cable.gain });
            ramp.go(cable.gain, frame, if cable.fade_in { ramp_frames } else { 0 });
            if cable.fade_in {
                self.cable_moves(cable.cable);
            }
        }
        // What was on its way before still is, in the operations of the new program too.
        let (gains, is_moving, program) = (&self.gains, &mut self.is_moving, &mut self.program);
        self.moving.retain(|cable| {
            let moves = !gains[*cable as usize].is_steady(frame);
            is_moving[*cable as usize] = moves;
            if moves {
                program.look_up(*cable);
            }
            moves
        });
        while let Some((cable, state)) = swap.feedbacks.pop() {
            // A new cable that a loop carries has nothing to bring in its first block.
            if let Some(ramp) = self.gains.get_mut(cable as usize) {
                ramp.wait(frame, BLOCK);
            }
            let replaced = self.feedbacks.get_mut(cable as usize).and_then(|place| place.replace(state));
            swap.retired_feedbacks.extend(replaced);
        }
        self.apply_taps();
        self.telemetry.count_swap();
        self.send_home(Home::Swap(swap));
    }

    /// New racks first, then the moves between racks, then those that leave.
    fn change_racks(&mut self, swap: &mut Swap) {
        while let Some((number, rack)) = swap.changes.add.pop() {
            let replaced = match self.racks.get_mut(number as usize) {
                Some(place) => place.replace(rack),
                None => Some(rack),
            };
            swap.retired.extend(replaced);
        }
        let mut words = LaneWords::default();
        for step in &swap.changes.moves {
            let (from, to) = (step.from.rack as usize, step.to.rack as usize);
            if let Ok([Some(from), Some(to)]) = self.racks.get_disjoint_mut([from, to]) {
                to.take_member(usize::from(step.to.lane), from, usize::from(step.from.lane), &mut words);
            }
        }
        for seat in &swap.changes.vacate {
            let rack = self.racks.get_mut(seat.rack as usize).and_then(Option::as_mut);
            if let Some(member) = rack.and_then(|rack| rack.members.get_mut(usize::from(seat.lane))) {
                member.slot = NOBODY;
            }
        }
        for index in 0..swap.changes.retire.len() {
            let rack = self.racks.get_mut(swap.changes.retire[index] as usize).and_then(Option::take);
            swap.retired.extend(rack);
        }
        for (number, frames) in &swap.changes.leads {
            if let Some(rack) = self.racks.get_mut(*number as usize).and_then(Option::as_mut) {
                rack.unit.lead(*frames);
            }
        }
        for (slot, seat, is_new) in &swap.changes.seats {
            if let Some(place) = self.seats.get_mut(*slot as usize) {
                *place = *seat;
            }
            if *is_new {
                self.telemetry.clear_slot(*slot as usize);
            }
        }
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
        if let Some((rack, lane)) = self.seated(slot).filter(|_| (output as usize) < MAX_TAPPED_OUTPUTS) {
            rack.members[lane].taps[output as usize] = tap;
            rack.tapped |= tap != NO_TAP;
        }
    }

    fn restart_units(&mut self, only_faulty: bool) {
        for rack in self.racks.iter_mut().flatten().filter(|rack| rack.faulty != 0 || !only_faulty) {
            rack.restart(only_faulty);
            for member in rack.members.iter().filter(|member| member.slot != NOBODY) {
                self.telemetry.set_fault(member.slot as usize, false);
            }
        }
        if !only_faulty {
            self.feedbacks.iter_mut().flatten().for_each(|state| state.clear());
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
        for step in self.program.units().skip(self.face_turn).step_by(FACE_TURNS) {
            let Some(rack) = self.racks.get(step.rack as usize).and_then(Option::as_ref) else { continue };
            for (lane, member) in rack.members.iter().enumerate().filter(|(_, member)| member.slot != NOBODY) {
                let mut face = [0.0; FACE];
                rack.unit.telemetry(lane, &mut face);
                self.telemetry.set_face(member.slot as usize, &face);
            }
        }
    }
}
