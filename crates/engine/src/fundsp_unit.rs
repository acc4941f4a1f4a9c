//! A fundsp node as a unit: one instance for each lane.
//!
//! The node's inputs are the module's inputs, in order, then its parameters, in order: a node that wants its cutoff as a signal
//! declares it as an input behind the audio.

use crate::memory::BLOCK;
use crate::rows::{RowContext, RowIo, RowKernel, rows};
use crate::unit::{BuildContext, Unit};
use fundsp::MAX_BUFFER_SIZE;
use fundsp::audiounit::AudioUnit;
use fundsp::buffer::BufferVec;

const _: () = assert!(MAX_BUFFER_SIZE >= BLOCK, "a fundsp block holds one of ours");

struct FundspRow {
    node: Box<dyn AudioUnit>,
    input: BufferVec,
    output: BufferVec,
    ports: usize,
}

impl RowKernel for FundspRow {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let frames = io.frames();
        for index in 0..self.node.inputs() {
            let channel = self.input.channel_f32_mut(index);
            if index < self.ports {
                channel[..frames].copy_from_slice(io.input(index));
            } else {
                let param = io.param(index - self.ports);
                channel[..frames].iter_mut().enumerate().for_each(|(n, value)| *value = param.at(n));
            }
        }
        self.node.process(frames, &self.input.buffer_ref(), &mut self.output.buffer_mut());
        for index in 0..self.node.outputs() {
            io.output(index).copy_from_slice(&self.output.channel_f32(index)[..frames]);
        }
    }

    fn reset(&mut self) {
        self.node.reset();
    }
}

/// A unit that runs one fundsp node for each lane.
///
/// `inputs` is the number of the module's input ports; the node's further inputs take its parameters in order.
pub fn fundsp_unit(context: &BuildContext<'_>, inputs: usize, node: impl Fn(&RowContext<'_>) -> Box<dyn AudioUnit>) -> Box<dyn Unit> {
    rows(context, |lane| {
        let mut node = node(lane);
        node.set_sample_rate(f64::from(lane.sample_rate_hz));
        node.allocate();
        FundspRow { input: BufferVec::new(node.inputs()), output: BufferVec::new(node.outputs()), node, ports: inputs }
    })
}
