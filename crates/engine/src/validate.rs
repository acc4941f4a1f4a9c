//! All that the unsafe code of the audio side relies on, checked on the main side when a program is made.

use crate::memory::{BLOCK, GROUP, Span};
use crate::program::{
    Gather, GatherOp, GatherTarget, MAX_PARAMS, OpKind, ProgramParts, SILENCE_LEN, SectionParts, Step, UnitStep, as_usize,
};
use crate::rack::NOBODY;
use patchlight_core::MAX_VOICES;
use std::collections::HashMap;
use std::ops::Range;

fn inside(range: &Range<u32>, len: usize, what: &str) -> Result<(), String> {
    if range.start <= range.end && range.end as usize <= len { Ok(()) } else { Err(format!("{what} {range:?} of {len}")) }
}

/// Says what contradicts what.
pub(crate) fn validate(parts: &ProgramParts) -> Result<(), String> {
    if (parts.signal_len as usize) < SILENCE_LEN || parts.max_params as usize > MAX_PARAMS {
        return Err(format!("{} samples, {} parameters", parts.signal_len, parts.max_params));
    }
    parts.sections.iter().try_for_each(|section| validate_section(section, parts.signal_len))?;
    let mut sections = parts.sections.iter();
    for stage in &parts.stages {
        let together: Vec<&SectionParts> = sections.by_ref().take(*stage as usize).collect();
        if together.is_empty() || together.len() < *stage as usize {
            return Err(format!("a stage of {} sections out of {stage}", together.len()));
        }
        if together.len() > 1 {
            validate_together(&together, parts.signal_len)?;
        }
    }
    if sections.next().is_some() { Err("a section that no stage has".to_owned()) } else { Ok(()) }
}

/// Sections that run at the same time have their racks to themselves, and write nothing that another reads or writes.
fn validate_together(sections: &[&SectionParts], signal_len: u32) -> Result<(), String> {
    let mut racks: HashMap<u32, usize> = HashMap::new();
    for (number, section) in sections.iter().enumerate() {
        for unit in &section.units {
            if racks.insert(unit.rack, number).is_some_and(|other| other != number) {
                return Err(format!("rack {} in two sections of a stage", unit.rack));
            }
        }
    }
    let apart = |of: u32, number: usize| racks.get(&of).is_none_or(|other| *other == number);
    // Which section writes each group of eight samples: spans begin on such.
    let mut writers = vec![usize::MAX; (signal_len as usize).div_ceil(GROUP)];
    let cells = |range: &Range<u32>| range.start as usize / GROUP..(range.end as usize).div_ceil(GROUP);
    let whole = |span: &Span| span.offset..span.offset + span.shape.len() as u32;
    for (number, section) in sections.iter().enumerate() {
        if let Some(unit) = section.units.iter().find(|unit| !apart(unit.voices_of, number)) {
            return Err(format!("voices of rack {} are dealt out beside rack {}", unit.voices_of, unit.rack));
        }
        if let Some(gather) = section.gathers.iter().find(|gather| !apart(gather.fed_by, number)) {
            return Err(format!("voices of rack {} are dealt out beside a sum of them", gather.fed_by));
        }
        let gathered = section.gathers.iter().map(|gather| &gather.span);
        let carried = section.feedbacks.iter().map(|feedback| &feedback.into);
        for span in section.outputs.iter().chain(gathered).chain(carried) {
            for writer in &mut writers[cells(&whole(span))] {
                if *writer != usize::MAX && *writer != number {
                    return Err(format!("{span:?} is written by two sections of a stage"));
                }
                *writer = number;
            }
        }
    }
    let mine = |range: Range<u32>, number: usize| writers[cells(&range)].iter().all(|writer| *writer == usize::MAX || *writer == number);
    for (number, section) in sections.iter().enumerate() {
        let passes = section.gathers.iter().filter_map(|gather| gather.pass.as_ref());
        let spans = passes.chain(section.feedbacks.iter().map(|feedback| &feedback.from)).map(whole);
        let rows = section.rows.iter().flatten().map(|from| *from..from + BLOCK as u32);
        let read =
            section.ops.iter().filter(|op| !matches!(op.kind, OpKind::Rows)).map(|op| op.from..op.from + reads_and_writes(op.kind).0);
        if let Some(range) = spans.chain(rows).chain(read).find(|range| !mine(range.clone(), number)) {
            return Err(format!("{range:?} is read beside the section that writes it"));
        }
    }
    Ok(())
}

fn validate_section(parts: &SectionParts, signal_len: u32) -> Result<(), String> {
    let fits = |span: &Span| {
        let end = span.offset as usize + span.shape.len();
        let shape_ok = (1..=2).contains(&span.shape.channels) && (1..=MAX_VOICES as u8).contains(&span.shape.voices);
        let aligned = (span.offset as usize).is_multiple_of(GROUP);
        if shape_ok && aligned && end <= signal_len as usize { Ok(()) } else { Err(format!("{span:?} of {signal_len}")) }
    };
    let spans = parts.ports.iter().map(|p| &p.span).chain(&parts.outputs).chain(parts.mods.iter().map(|m| &m.span));
    let spans = spans.chain(parts.gathers.iter().flat_map(|gather| [Some(&gather.span), gather.pass.as_ref()]).flatten());
    spans.chain(parts.feedbacks.iter().flat_map(|f| [&f.from, &f.into])).try_for_each(fits)?;
    for (index, step) in parts.steps.iter().enumerate() {
        match step {
            Step::Gather(g) => inside(&(*g..g + 1), parts.gathers.len(), "gather")?,
            Step::Unit(u) => inside(&(*u..u + 1), parts.units.len(), "unit")?,
            Step::Loop { steps, feedbacks, frames } => {
                if !(1..=BLOCK as u8).contains(frames) {
                    return Err(format!("a loop of {frames} frames"));
                }
                inside(feedbacks, parts.feedbacks.len(), "feedbacks")?;
                inside(&(0..index as u32 + 1 + steps), parts.steps.len(), "loop")?;
            }
            Step::Voices { voices_of, steps } => validate_skip(parts, index + 1..index + 1 + *steps as usize, *voices_of)?,
        }
    }
    for gather in &parts.gathers {
        inside(&gather.ops, parts.ops.len(), "ops")?;
        match gather.target {
            GatherTarget::Port(p) => inside(&(p..p + 1), parts.ports.len(), "port")?,
            GatherTarget::Mod(m) => inside(&(m..m + 1), parts.mods.len(), "mod")?,
            // It is nowhere if it is not in its own place.
            GatherTarget::Gather if gather.pass.is_some() || gather.fed_by != NOBODY => return Err(format!("{gather:?} is set elsewhere")),
            GatherTarget::Gather => {}
        }
        writable(&gather.span)?;
        parts.ops[as_usize(&gather.ops)].iter().try_for_each(|op| validate_op(parts, signal_len, gather, op))?;
    }
    parts.units.iter().try_for_each(|unit| validate_unit(parts, unit))?;
    parts.feedbacks.iter().try_for_each(|f| {
        let (from, into) = (f.from.shape, f.into.shape);
        if from.channels < into.channels || from.voices < f.first_lane + into.voices {
            return Err(format!("{f:?} carries more lanes than there are"));
        }
        writable(&f.into).and_then(|()| disjoint(&f.into, &f.from))
    })
}

/// What is skipped while voices sleep runs for them alone, and is silent where it is summed with others: it is not cleared then.
fn validate_skip(parts: &SectionParts, steps: Range<usize>, voices_of: u32) -> Result<(), String> {
    let skipped = parts.steps.get(steps.clone()).ok_or_else(|| format!("steps {steps:?} of {}", parts.steps.len()))?;
    let is_theirs = |step: &Step| match step {
        Step::Gather(gather) => parts.gathers.get(*gather as usize).is_some_and(|gather| gather.voices_of == voices_of),
        Step::Unit(unit) => {
            let unit = parts.units.get(*unit as usize);
            unit.is_some_and(|unit| unit.voices_of == voices_of && unit.rack != voices_of && !unit.is_summed_asleep)
        }
        Step::Loop { .. } | Step::Voices { .. } => false,
    };
    match skipped.iter().find(|step| !is_theirs(step)) {
        Some(step) => Err(format!("{step:?} is skipped while the voices of rack {voices_of} sleep")),
        None => Ok(()),
    }
}

fn validate_unit(parts: &SectionParts, unit: &UnitStep) -> Result<(), String> {
    inside(&unit.inputs, parts.ports.len(), "inputs")?;
    inside(&unit.outputs, parts.outputs.len(), "outputs")?;
    inside(&unit.mods, parts.mods.len(), "mods")?;
    let outputs = &parts.outputs[unit.outputs.start as usize..unit.outputs.end as usize];
    for (index, output) in outputs.iter().enumerate() {
        writable(output)?;
        for other in &outputs[index + 1..] {
            disjoint(output, other)?;
        }
    }
    for modulated in &parts.mods[unit.mods.start as usize..unit.mods.end as usize] {
        let shape = modulated.span.shape;
        if shape.layout != unit.layout || shape.channels != 1 || shape.voices > unit.voices {
            return Err(format!("a parameter of {} voices, {:?}, is moved by {shape:?}", unit.voices, unit.layout));
        }
    }
    Ok(())
}

/// How many samples an operation reads from `from` on, and writes from `to` on.
fn reads_and_writes(kind: OpKind) -> (u32, u32) {
    let group = (GROUP * BLOCK) as u32;
    let lane = |stride: u8| (BLOCK as u32 - 1) * u32::from(stride) + 1;
    match kind {
        OpKind::Clear { samples } => (0, samples),
        OpKind::Group => (group, group),
        OpKind::Row => (BLOCK as u32, BLOCK as u32),
        OpKind::Rows => (BLOCK as u32, group),
        OpKind::Spread { stride } => (lane(stride), group),
        OpKind::Sum { stride } => (group, lane(stride)),
        OpKind::Lane { from_stride, to_stride } => (lane(from_stride), lane(to_stride)),
    }
}

/// Reads inside the signals, writes inside the gather's span, and the two apart.
fn validate_op(parts: &SectionParts, signal_len: u32, gather: &Gather, op: &GatherOp) -> Result<(), String> {
    let (read, written) = reads_and_writes(op.kind);
    let target = gather.span.offset..gather.span.offset + gather.span.shape.len() as u32;
    let readable = |from: u32| from + read <= signal_len && (from + read <= target.start || from >= target.end);
    let reads_well = match op.kind {
        OpKind::Rows => parts.rows.get(op.from as usize).is_some_and(|rows| rows.iter().all(|from| readable(*from))),
        _ => readable(op.from),
    };
    if reads_well && op.to >= target.start && op.to + written <= target.end { Ok(()) } else { Err(format!("{op:?} of {gather:?}")) }
}

fn writable(span: &Span) -> Result<(), String> {
    if span.offset as usize >= SILENCE_LEN { Ok(()) } else { Err(format!("{span:?} is written into the silence")) }
}

fn disjoint(a: &Span, b: &Span) -> Result<(), String> {
    let end = |span: &Span| span.offset as usize + span.shape.len();
    if end(a) <= b.offset as usize || end(b) <= a.offset as usize { Ok(()) } else { Err(format!("{a:?} overlaps {b:?}")) }
}
