//! Modules that remember nothing: each frame of their outputs is a function of the same frame of their inputs and knobs.

use patchlight_engine::simd::{Simd, f32x8, load, splat, store};
use patchlight_engine::{BuildContext, GroupIo, LaneKernel, LaneParam, LaneVisit, Oct, Unit, eight_lanes};
use std::marker::PhantomData;

/// One frame of eight lanes.
pub struct Frame<S: Simd, const I: usize, const P: usize> {
    /// Silence where nothing is wired.
    pub inputs: [f32x8<S>; I],
    pub knobs: [f32x8<S>; P],
    /// The knobs of lane 0 at the first frame of the call: for choices and switches, which all lanes have in common.
    pub choices: [f32; P],
    pub wired: [bool; I],
}

/// From `I` inputs and `P` knobs to `O` outputs.
pub trait FrameMap<const I: usize, const P: usize, const O: usize>: Send + 'static {
    fn map<S: Simd>(simd: S, frame: &Frame<S, I, P>) -> [f32x8<S>; O];
}

/// The unit of such a module.
pub fn frame_map<F: FrameMap<I, P, O>, const I: usize, const P: usize, const O: usize>(context: &BuildContext<'_>) -> Box<dyn Unit> {
    eight_lanes(context, |_| Mapped::<F, I, P, O>(PhantomData))
}

struct Mapped<F, const I: usize, const P: usize, const O: usize>(PhantomData<F>);

impl<F: FrameMap<I, P, O>, const I: usize, const P: usize, const O: usize> LaneKernel for Mapped<F, I, P, O> {
    #[inline(always)]
    fn run<S: Simd>(&mut self, simd: S, io: &mut GroupIo<'_, '_>) {
        let frames = io.frames();
        let inputs: [&[Oct]; I] = std::array::from_fn(|index| io.input(index));
        let params: [LaneParam<'_>; P] = std::array::from_fn(|index| io.param(index));
        let zero = splat(simd, 0.0);
        let mut frame = Frame {
            inputs: [zero; I],
            knobs: [zero; P],
            choices: params.map(|param| param.first()),
            wired: std::array::from_fn(|index| io.is_connected(index)),
        };
        let outputs = io.outputs::<O>();
        for n in 0..frames {
            for index in 0..I {
                frame.inputs[index] = load(simd, &inputs[index][n]);
            }
            for index in 0..P {
                frame.knobs[index] = params[index].at(simd, n);
            }
            let made = F::map(simd, &frame);
            for index in 0..O {
                store(made[index], &mut outputs[index][n]);
            }
        }
    }

    fn reset(&mut self) {}

    fn state(&mut self, _visit: &mut LaneVisit<'_>) {}
}
