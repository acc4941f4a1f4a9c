//! From a patch to a program, as a row of small passes.
//!
//! ```text
//! Patch ─resolve─► Graph ─widths─► Graph ─link─► Live graph ─order─► Order ─buffers, emit─► Program
//!                  (what exists)   (voices,      (slots, cables     (loops and their       (steps and
//!                                   channels)     and fades)         closing cables)        memory)
//! ```
//!
//! Each pass is a function of what came before, with its own tests; [`Explain`] says what each made. [`Compiler`] remembers
//! which module lives in which slot, so that an edit sends only what it changed and everything else keeps its state.

mod adjacency;
mod align;
mod buffers;
mod bundle;
mod costs;
mod early;
mod emit;
mod explain;
mod gather;
mod islands;
mod link;
mod live;
mod loops;
mod matcher;
mod partition;
mod racks;
mod resolve;
mod samples;
mod sleep;
mod solo;
mod widths;

pub use explain::{Explain, ExplainIdle, ExplainLoop, ExplainModule};
pub use link::{Compiler, Running, Update};
pub use samples::{NoSamples, SampleSource};

/// What the compiler must know of the stream that will be rendered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StreamSpec {
    pub sample_rate_hz: f32,
    /// Run modules whose signal reaches no output too, because somebody watches them.
    pub run_all: bool,
}

impl StreamSpec {
    /// For a stream that is seen as well as heard.
    #[must_use]
    pub const fn live(sample_rate_hz: f32) -> Self {
        Self { sample_rate_hz, run_all: true }
    }

    /// For a bounce: only what is heard.
    #[must_use]
    pub const fn offline(sample_rate_hz: f32) -> Self {
        Self { sample_rate_hz, run_all: false }
    }
}
