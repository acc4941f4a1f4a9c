//! Parameters that move: ramps and cables, rendered into a signal before the unit runs.

use crate::gather::Part;
use crate::io::PreparedParam;
use crate::memory::{BLOCK, GROUP, Oct, Shape, Span};
use crate::program::ParamMod;
use crate::rack::{Rack, RackParam};
use crate::run::width;
use crate::simd::{Simd, SimdBase, SimdFloat, SimdJob, exp2, f32x8, inlined, load, splat, store, vectorize};
use patchlight_core::{LaneLayout, ModMap};

/// Brings a rack's parameters to where they are for this call. What stands still is not touched.
///
/// # Safety
/// The modulations must lie in the arena, and there must be room for the shape of each parameter from `scratch` on.
pub(crate) unsafe fn prepare(arena: *mut f32, rack: &mut Rack, mods: &[ParamMod], scratch: u32, lanes: (u8, LaneLayout), part: Part) {
    let is_moving = !rack.settled && part.first_frame() < rack.moving_until;
    if !rack.settled && !is_moving {
        rack.settle();
    }
    let is_bundle = rack.is_bundle();
    let (voices, layout) = lanes;
    let scratch_len = Shape::new(1, usize::from(voices), layout).len() as u32;
    let mut next_mod = mods.iter().peekable();
    if !is_moving && mods.is_empty() {
        if rack.signals {
            rack.prepared.iter_mut().for_each(|prepared| prepared.signal = None);
            rack.signals = false;
        }
        return;
    }
    rack.signals = true;
    for (index, (param, prepared)) in rack.params.iter().zip(&mut rack.prepared).enumerate() {
        let modulation = next_mod.next_if(|modulated| modulated.param as usize == index).map(|modulated| modulated.span);
        let moves = is_moving && param.ramps.iter().any(|ramp| !ramp.is_steady(part.first_frame()));
        prepared.signal = if moves || modulation.is_some() {
            let ramp_shape = Shape::new(1, if is_bundle { usize::from(voices) } else { 1 }, layout);
            let shape = modulation.map_or(ramp_shape, |span| span.shape);
            let span = Span { offset: scratch + index as u32 * scratch_len, shape };
            // SAFETY: passed on from the caller; scratch memory lies behind all signals.
            unsafe { render(arena, param, prepared, (moves, is_bundle), modulation, span, part) };
            Some(span)
        } else {
            if is_moving {
                take_over(param, prepared, is_bundle);
            }
            None
        };
    }
}

/// What this parameter's ramps have arrived at, while others of the rack still move.
fn take_over(param: &RackParam, prepared: &mut PreparedParam, is_bundle: bool) {
    if is_bundle {
        param.ramps.iter().zip(&mut prepared.values).for_each(|(ramp, value)| *value = ramp.target());
    } else {
        prepared.values.fill(param.ramps[0].target());
    }
}

/// # Safety
/// As [`prepare`].
unsafe fn render(
    arena: *mut f32,
    param: &RackParam,
    prepared: &PreparedParam,
    (moves, is_bundle): (bool, bool),
    modulation: Option<Span>,
    span: Span,
    part: Part,
) {
    let width = width(span.shape.layout);
    let rows = span.shape.len() / (BLOCK * width);
    for row in 0..rows {
        // Eight lanes of a group, or one lane eight times.
        let ramp = |lane: usize| &param.ramps[if is_bundle { (row * width + lane % width).min(param.ramps.len() - 1) } else { 0 }];
        let standing: Oct = std::array::from_fn(|lane| {
            if moves { ramp(lane).target() } else { prepared.values[if is_bundle { row * width + lane % width } else { 0 }] }
        });
        let frames;
        let base = if moves {
            let mut ramped = [standing; BLOCK];
            for lane in (0..width).filter(|lane| !ramp(*lane).is_steady(part.first_frame())) {
                for (n, frame) in ramped[..part.frames].iter_mut().enumerate() {
                    frame[lane] = ramp(lane).value(part.first_frame() + n as u64);
                }
            }
            frames = ramped;
            Base::Moving(&frames)
        } else {
            Base::Standing(&standing)
        };
        let offset = row * BLOCK * width + part.start * width;
        // SAFETY: passed on from the caller; the two are disjoint.
        let (target, moved) = unsafe {
            let target = std::slice::from_raw_parts_mut(arena.add(span.offset as usize + offset), part.frames * width);
            let from = |span: Span| std::slice::from_raw_parts(arena.add(span.offset as usize + offset), part.frames * width);
            (target, modulation.map(from))
        };
        match moved {
            None => target.chunks_exact_mut(width).enumerate().for_each(|(n, lanes)| lanes.copy_from_slice(&base.at(n)[..width])),
            Some(moved) => vectorize(Modulate { param, base, moved, target, width }),
        }
    }
}

/// What a knob says, by lane, or one lane eight times.
#[derive(Clone, Copy)]
enum Base<'a> {
    Standing(&'a Oct),
    /// By frame.
    Moving(&'a [Oct; BLOCK]),
}

impl Base<'_> {
    #[inline(always)]
    fn at(&self, frame: usize) -> &Oct {
        match self {
            Self::Standing(values) => values,
            Self::Moving(frames) => &frames[frame],
        }
    }
}

/// `base ⊕ modulation`, in the way of the parameter's unit, within its range.
struct Modulate<'a> {
    param: &'a RackParam,
    base: Base<'a>,
    moved: &'a [f32],
    target: &'a mut [f32],
    /// Lanes per frame.
    width: usize,
}

impl SimdJob for Modulate<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { param, base, moved, target, width } = self;
        let (min, max) = (splat(simd, param.min), splat(simd, param.max));
        let apply = inlined(
            #[inline(always)]
            |signal: f32x8<S>, start: f32x8<S>| {
                let value = match param.map {
                    ModMap::Octaves => start * exp2(simd, signal),
                    ModMap::Linear { scale } => signal.mul_add(splat(simd, scale), start),
                };
                let value = value.max(min).min(max);
                if param.whole { value.round_ties_even() } else { value }
            },
        );
        // The knob at eight lanes of a frame, or at eight frames of a lane.
        let start_at = inlined(
            #[inline(always)]
            |index: usize| match base {
                Base::Moving(frames) if width != GROUP => {
                    let mut start = [0.0; GROUP];
                    for k in 0..GROUP {
                        start[k] = frames[(index * GROUP + k).min(BLOCK - 1)][0];
                    }
                    load(simd, &start)
                }
                _ => load(simd, base.at(index)),
            },
        );
        let ((eights, rest), (targets, rest_of_target)) = (moved.as_chunks::<GROUP>(), target.as_chunks_mut::<GROUP>());
        for (index, (moved, target)) in eights.iter().zip(targets).enumerate() {
            store(apply(load(simd, moved), start_at(index)), target);
        }
        if !rest.is_empty() {
            let (mut signal, mut lanes) = ([0.0; GROUP], [0.0; GROUP]);
            signal[..rest.len()].copy_from_slice(rest);
            store(apply(load(simd, &signal), start_at(eights.len())), &mut lanes);
            rest_of_target.copy_from_slice(&lanes[..rest.len()]);
        }
    }
}
