//! Running a program's stages one after the other, and the sections of a stage by themselves, in a row or on several threads.
//!
//! Each way gives the same samples: sections of one stage know nothing of each other.

use crate::context::{BlockContext, Desk};
use crate::gather::Part;
use crate::memory::BLOCK;
use crate::message::FeedbackState;
use crate::pool::Pool;
use crate::program::{Program, Section};
use crate::rack::Rack;
use crate::ramp::Ramp;
use crate::run::Runner;
use crate::table::Table;
use crate::telemetry::Telemetry;

/// What all sections of a program have in common in one block.
pub(crate) struct Shared<'a> {
    pub(crate) racks: Table<'a, Rack>,
    pub(crate) gains: &'a [Ramp],
    pub(crate) feedbacks: Table<'a, FeedbackState>,
    pub(crate) context: &'a BlockContext,
    pub(crate) telemetry: &'a Telemetry,
    pub(crate) watching: bool,
    pub(crate) timing: bool,
}

/// A program's memory.
#[derive(Clone, Copy)]
struct Memory(*mut f32);

// SAFETY: sections of one stage use different parts of the arena (`Program::new` checks it).
unsafe impl Sync for Memory {}

impl Shared<'_> {
    fn run(&self, section: &mut Section, Memory(arena): &Memory, desk: Option<&mut Desk>) {
        let Self { racks, gains, feedbacks, context, telemetry, watching, timing } = *self;
        let mut runner = Runner { racks, gains, feedbacks, context, desk, arena: *arena, telemetry, watching, timing };
        let part = Part { block_frame: context.frame, start: 0, frames: BLOCK };
        // SAFETY: programs are validated when they are made, and stages are run one after the other.
        unsafe { runner.run(section, part) };
    }
}

/// The first section of a stage.
struct First(*mut Section);

// SAFETY: sections can be lent to other threads, each to one.
unsafe impl Sync for First {}

impl First {
    /// # Safety
    /// The stage must have so many sections, and each must be lent once at a time.
    #[expect(clippy::mut_from_ref, reason = "each number is lent once")]
    unsafe fn section(&self, number: usize) -> &mut Section {
        // SAFETY: passed on from the caller.
        unsafe { &mut *self.0.add(number) }
    }
}

/// Runs a block. What several threads share out needs a pool.
pub(crate) fn run_stages(program: &mut Program, shared: &Shared<'_>, desk: &mut Desk, mut pool: Option<&mut Pool>) {
    let memory = Memory(program.arena.as_mut_ptr());
    for stage in &program.stages {
        let sections = &mut program.sections[stage.clone()];
        match (sections, &mut pool) {
            ([section], _) => shared.run(section, &memory, Some(desk)),
            (sections, None) => sections.iter_mut().for_each(|section| shared.run(section, &memory, None)),
            (sections, Some(pool)) => {
                let (count, first) = (sections.len(), First(sections.as_mut_ptr()));
                // SAFETY: each number is run once, so each section is lent once.
                pool.run(count, &|number| shared.run(unsafe { first.section(number) }, &memory, None));
            }
        }
    }
}
