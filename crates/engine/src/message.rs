//! What crosses between the main side and the audio side.

use crate::context::EventKind;
use crate::data::Data;
use crate::program::Program;
use crate::slot::Slot;

/// The start of a cable's gain when a swap brings it in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CableInit {
    pub cable: u32,
    pub gain: f32,
    /// Rise from silence, so that wiring does not click; otherwise it stands at its gain at once.
    pub fade_in: bool,
}

/// A new program with what it brings and what it leaves behind.
pub struct Swap {
    pub program: Box<Program>,
    /// New units by slot.
    pub add: Vec<(u32, Box<Slot>)>,
    /// Slots to empty. What was in them travels home in `retired`.
    pub retire: Vec<u32>,
    pub cables: Vec<CableInit>,
    /// Filled on the audio side; has room for all of `add` and `retire`.
    #[expect(clippy::vec_box, reason = "boxes move in and out of slots by pointer")]
    pub(crate) retired: Vec<Box<Slot>>,
    /// Memory for loops that are new.
    pub(crate) feedbacks: Vec<(u32, Box<FeedbackState>)>,
    #[expect(clippy::vec_box, reason = "boxes move in and out by pointer")]
    pub(crate) retired_feedbacks: Vec<Box<FeedbackState>>,
}

impl Swap {
    /// `loops` are the cables that close a loop from now on and did not before.
    #[must_use]
    pub fn new(program: Program, add: Vec<(u32, Box<Slot>)>, retire: Vec<u32>, cables: Vec<CableInit>, loops: &[u32]) -> Box<Self> {
        let feedbacks: Vec<_> = loops.iter().map(|cable| (*cable, Box::new(FeedbackState::default()))).collect();
        Box::new(Self {
            program: Box::new(program),
            retired: Vec::with_capacity(add.len() + retire.len()),
            retired_feedbacks: Vec::with_capacity(feedbacks.len()),
            add,
            retire,
            cables,
            feedbacks,
        })
    }
}

/// Most lanes of a cable: two channels of 32 voices.
pub(crate) const MAX_LANES: usize = 64;

/// What is on its way round a loop, and the DC block's memory, lane by lane.
#[derive(Clone, Debug)]
pub(crate) struct FeedbackState {
    pub(crate) last: [f32; MAX_LANES],
    pub(crate) dc_in: [f32; MAX_LANES],
    pub(crate) dc_out: [f32; MAX_LANES],
}

impl Default for FeedbackState {
    fn default() -> Self {
        Self { last: [0.0; MAX_LANES], dc_in: [0.0; MAX_LANES], dc_out: [0.0; MAX_LANES] }
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
