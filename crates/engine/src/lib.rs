//! What runs on the audio thread: units, programs, the renderer and its controller.
//!
//! ```text
//!  main side                                   audio side
//!  Controller ── Message (bounded ring) ─────► Renderer: slots of units, a Program that orders them
//!      ▲ └────── Home    (bounded ring) ◄──────┘   old programs, retired units, replaced data
//!      └──────── Telemetry (relaxed atomics, the newest wins)
//! ```
//!
//! **Invariants.** The audio side never allocates, frees, locks, logs or blocks. It renders on a fixed grid of
//! [`BLOCK`] frames whatever the device asks for, so the samples do not depend on the device. It knows nothing of
//! patches: only of slots, cables by number, and spans of one arena.

mod config;
mod context;
mod controller;
mod data;
mod denormal;
mod fours;
mod fundsp_unit;
mod gather;
mod io;
mod lane_state;
mod lanes;
mod measure;
mod memory;
mod message;
mod modulate;
mod patch_node;
mod pool;
mod program;
mod rack;
mod ramp;
mod renderer;
mod rest;
mod rows;
mod run;
pub mod simd;
mod solo;
mod stages;
mod strain;
mod table;
mod telemetry;
mod unit;
mod validate;
mod wavetable;

pub use config::EngineConfig;
pub use context::{BlockContext, Event, EventKind, KeyTuning, MAX_EVENTS, Transport};
pub use controller::{Controller, engine};
pub use data::{Data, Sample};
pub use denormal::FlushDenormals;
pub use fours::{Firsts, Fours};
pub use fundsp_unit::fundsp_unit;
pub use io::{In, Io, Out, Param};
pub use lane_state::{LaneState, LaneVisit, LaneWords, MAX_LANE_WORDS};
pub use lanes::{GroupIo, LaneContext, LaneKernel, LaneParam, eight_lanes, first_outputs};
pub use memory::{BLOCK, GROUP, Lane, Oct, Shape, Span};
pub use message::{CableInit, Changes, Home, LaneMove, Message, Swap};
pub use patch_node::{MakeRenderer, PatchNode};
pub use pool::{Helper, LEAST_SHARED_OUT};
pub use program::{
    FeedbackStep, Gather, GatherOp, GatherTarget, MAX_PARAMS, NO_CABLE, OpKind, ParamMod, Port, Program, ProgramParts, SILENCE_LEN,
    SectionParts, Step, UnitStep, output_shape, port_channels,
};
pub use rack::{NOBODY, Rack, Seat};
pub use ramp::Ramp;
pub use renderer::Renderer;
pub use rows::{RowContext, RowIo, RowKernel, RowParam, rows};
pub use solo::{Build, Rendered, Solo, SoloConfig};
pub use strain::Strain;
pub use telemetry::{FACE, MeterReading, SCOPE_FRAMES, TAPS, Telemetry};
pub use unit::{BuildContext, Unit};
pub use wavetable::{GUARD, LEVELS, LONG_BITS, LONG_LEVELS, SHORT_BITS, Wavetable, WavetableError};
