//! What crosses between the main side and the audio side.

use crate::context::EventKind;
use crate::data::Data;
use crate::memory::BLOCK;
use crate::program::Program;
use crate::rack::{Rack, Seat};

/// The start of a cable's gain when a swap brings it in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CableInit {
    pub cable: u32,
    pub gain: f32,
    /// Rise from silence, so that wiring does not click; otherwise it stands at its gain at once.
    pub fade_in: bool,
}

/// A module that goes to another rack with all that it remembers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneMove {
    pub from: Seat,
    pub to: Seat,
}

/// What a swap changes besides the order.
#[derive(Default)]
pub struct Changes {
    /// New racks by number.
    pub add: Vec<(u32, Box<Rack>)>,
    /// Carried out in this order, once the new racks are there.
    pub moves: Vec<LaneMove>,
    /// Lanes whose module is gone.
    pub vacate: Vec<Seat>,
    /// Racks to empty. What was in them travels home.
    pub retire: Vec<u32>,
    /// Where modules are from now on, by number; the last says that what was shown under this number is forgotten.
    pub seats: Vec<(u32, Seat, bool)>,
    pub cables: Vec<CableInit>,
    /// The cables that close a loop from now on and did not before, and their lanes.
    pub loops: Vec<(u32, usize)>,
    /// Racks whose inputs arrive so many frames late from now on, see [`Unit::lead`](crate::Unit::lead).
    pub leads: Vec<(u32, usize)>,
}

/// A new program with what it brings and what it leaves behind.
pub struct Swap {
    pub(crate) program: Box<Program>,
    pub(crate) changes: Changes,
    /// Filled on the audio side; has room for all that is added and retired.
    #[expect(clippy::vec_box, reason = "boxes move in and out of racks by pointer")]
    pub(crate) retired: Vec<Box<Rack>>,
    /// Memory for loops that are new.
    pub(crate) feedbacks: Vec<(u32, Box<FeedbackState>)>,
    #[expect(clippy::vec_box, reason = "boxes move in and out by pointer")]
    pub(crate) retired_feedbacks: Vec<Box<FeedbackState>>,
}

impl Swap {
    #[must_use]
    pub fn new(program: Program, changes: Changes) -> Box<Self> {
        let feedbacks: Vec<_> = changes.loops.iter().map(|(cable, lanes)| (*cable, Box::new(FeedbackState::new(*lanes)))).collect();
        Box::new(Self {
            program: Box::new(program),
            retired: Vec::with_capacity(changes.add.len() + changes.retire.len()),
            retired_feedbacks: Vec::with_capacity(feedbacks.len()),
            changes,
            feedbacks,
        })
    }
}

/// What is on its way round a loop: the last block of each lane, and the DC block's memory.
#[derive(Clone, Debug)]
pub(crate) struct FeedbackState {
    /// Lane after lane, each frame at its place in the block.
    pub(crate) last: Box<[f32]>,
    pub(crate) dc_in: Box<[f32]>,
    pub(crate) dc_out: Box<[f32]>,
}

impl FeedbackState {
    fn new(lanes: usize) -> Self {
        let memory = |len: usize| vec![0.0; len].into_boxed_slice();
        Self { last: memory(lanes * BLOCK), dc_in: memory(lanes), dc_out: memory(lanes) }
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        [&mut self.last, &mut self.dc_in, &mut self.dc_out].into_iter().for_each(|memory| memory.fill(0.0));
    }
}

/// To the audio side. Taken in order, at the start of a block.
pub enum Message {
    Swap(Box<Swap>),
    /// Moves a parameter over the ramp time.
    Param {
        slot: u32,
        param: u32,
        value: f32,
    },
    /// Moves a cable's gain over the ramp time.
    Cable {
        cable: u32,
        gain: f32,
    },
    Data {
        slot: u32,
        index: u32,
        data: Data,
    },
    /// Lets the first input pass to the first output in place of the unit, which runs on; over the ramp time.
    Bypass {
        slot: u32,
        on: bool,
    },
    /// Silences all outputs; over the ramp time.
    Mute {
        slot: u32,
        on: bool,
    },
    /// Takes effect on its absolute frame, or at once when that is past.
    Event {
        frame: u64,
        kind: EventKind,
    },
    Play(bool),
    /// Moves the clock to a beat.
    Locate {
        beat: f64,
    },
    /// Records an output into a tap from now on; `None` stops.
    Tap {
        tap: u8,
        watched: Option<(u32, u32)>,
    },
    /// Starts units afresh that made not-a-number.
    ClearFaults,
    /// Silences everything: all units start afresh.
    Panic,
}

/// From the audio side: what must be dropped where dropping is allowed.
pub enum Home {
    Swap(Box<Swap>),
    Data(Data),
}
