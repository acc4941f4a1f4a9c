//! Filters of one to four groups side by side, in vectors of one group or of two: a filter waits for its own last frame, so one is
//! computed while another waits.

use patchlight_engine::simd::{Lanes, Simd, f32x8, f32x16, load, store};
use patchlight_engine::{GroupIo, Oct, first_outputs};

/// What the groups of one vector remember during a call. They are given by the first and the last, which are the same where there is one.
pub(crate) trait InVector<S: Simd, K, C>: Sized {
    /// Groups that a vector holds, 1 or 2.
    const GROUPS: usize;

    /// From what the kernels remember.
    fn new(simd: S, kernels: [&K; 2], calls: [&C; 2]) -> Self;

    /// What comes out in a frame, where this comes in.
    fn frame(&mut self, simd: S, n: usize, inputs: [Frame<S>; 2], calls: [&C; 2]) -> [f32x8<S>; 2];

    /// Whether what came out is what was to: a kind that leaves out what is hardly ever needed says here that it was.
    #[inline(always)]
    fn is_good(&self, _simd: S) -> bool {
        true
    }

    /// Gives a kernel back what it remembers; `part` is its place in the vector.
    fn keep(&self, simd: S, part: usize, kernel: &mut K);
}

/// What a group gets in a frame.
#[derive(Clone, Copy)]
pub(crate) struct Frame<S: Simd> {
    /// What is filtered.
    pub(crate) x: f32x8<S>,
    /// What it is tuned with, if it is looked at.
    pub(crate) hz: f32x8<S>,
}

/// The frames of a group, see [`Frame`]. What is not looked at may be any that are as many.
#[derive(Clone, Copy)]
pub(crate) struct Inputs<'a> {
    pub(crate) x: &'a [Oct],
    pub(crate) hz: &'a [Oct],
}

impl<'a> Inputs<'a> {
    /// Without anything that is tuned from frame to frame.
    #[inline(always)]
    pub(crate) fn alone(x: &'a [Oct]) -> Self {
        Self { x, hz: x }
    }

    #[inline(always)]
    fn cut(self, frames: usize) -> Self {
        Self { x: &self.x[..frames], hz: &self.hz[..frames] }
    }

    #[inline(always)]
    fn at<S: Simd>(&self, simd: S, n: usize) -> Frame<S> {
        Frame { x: load(simd, &self.x[n]), hz: load(simd, &self.hz[n]) }
    }
}

/// Runs `N` groups in vectors of one kind: as many as fit in the `First`, and what is left in the `Last`.
/// If that was not [good](InVector::is_good), says so, and the kernels remember what they did before.
#[inline(always)]
pub(crate) fn side_by_side<S: Simd, First: InVector<S, K, C>, Last: InVector<S, K, C>, K, C, const N: usize>(
    kernels: &mut [K; N],
    simd: S,
    io: &mut [GroupIo<'_, '_>; N],
    calls: &[C; N],
    inputs: [Inputs<'_>; N],
) -> bool {
    // Each by its name and as long as it is said here: what lies in an array that is walked through stays in memory, and the next frame waits
    // for it; and where lengths are looked at in each frame, their places take the registers in which the filters remember.
    let frames = io[0].frames();
    let ([a, b], [c, d]) = ([0, First::GROUPS - 1], [First::GROUPS.min(N - 1), N - 1]);
    let [in_a, in_b, in_c, in_d] = [inputs[a].cut(frames), inputs[b].cut(frames), inputs[c].cut(frames), inputs[d].cut(frames)];
    let mut outs = first_outputs(io).into_iter();
    let (out_a, out_b) = (next_of(&mut outs, frames, true), next_of(&mut outs, frames, First::GROUPS == 2));
    let (out_c, out_d) =
        (next_of(&mut outs, frames, N > First::GROUPS), next_of(&mut outs, frames, N > First::GROUPS && Last::GROUPS == 2));
    let mut first = First::new(simd, [&kernels[a], &kernels[b]], [&calls[a], &calls[b]]);
    let mut last = Last::new(simd, [&kernels[c], &kernels[d]], [&calls[c], &calls[d]]);
    for n in 0..frames {
        let [low, high] = first.frame(simd, n, [in_a.at(simd, n), in_b.at(simd, n)], [&calls[a], &calls[b]]);
        store(low, &mut out_a[n]);
        if First::GROUPS == 2 {
            store(high, &mut out_b[n]);
        }
        if N > First::GROUPS {
            let [low, high] = last.frame(simd, n, [in_c.at(simd, n), in_d.at(simd, n)], [&calls[c], &calls[d]]);
            store(low, &mut out_c[n]);
            if Last::GROUPS == 2 {
                store(high, &mut out_d[n]);
            }
        }
    }
    if !first.is_good(simd) || !last.is_good(simd) {
        return false;
    }
    for (index, kernel) in kernels.iter_mut().enumerate() {
        if index < First::GROUPS {
            first.keep(simd, index, kernel);
        } else {
            last.keep(simd, index - First::GROUPS, kernel);
        }
    }
    true
}

/// The next output, so many frames long, if there `is` one.
#[inline(always)]
fn next_of<'o>(outs: &mut impl Iterator<Item = &'o mut [Oct]>, frames: usize, is: bool) -> &'o mut [Oct] {
    if is && let Some(out) = outs.next() { &mut out[..frames] } else { &mut [] }
}

/// Kernels that can run so many groups side by side.
pub(crate) trait Several: Sized {
    /// Runs `N` groups in vectors of these kinds. Gives their number, or 0 if they must be run one by one; one alone is always run.
    fn several<S: Simd, First: Lanes<S>, Last: Lanes<S>, const N: usize>(
        kernels: &mut [Self; N],
        simd: S,
        io: &mut [GroupIo<'_, '_>; N],
    ) -> usize;
}

/// As many of the first groups as go side by side, see `LaneKernel::run_several`.
#[inline(always)]
pub(crate) fn up_to_four<S: Simd, K: Several>(kernels: &mut [K], simd: S, io: &mut [GroupIo<'_, '_>]) -> usize {
    if let (Some(four), Some(io)) = (kernels.first_chunk_mut(), io.first_chunk_mut()) {
        K::several::<S, f32x16<S>, f32x16<S>, 4>(four, simd, io)
    } else if let (Some(three), Some(io)) = (kernels.first_chunk_mut(), io.first_chunk_mut()) {
        K::several::<S, f32x16<S>, f32x8<S>, 3>(three, simd, io)
    } else if let (Some(two), Some(io)) = (kernels.first_chunk_mut(), io.first_chunk_mut()) {
        K::several::<S, f32x16<S>, f32x16<S>, 2>(two, simd, io)
    } else {
        0
    }
}
