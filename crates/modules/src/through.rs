//! A unit that changes nothing: what modules are made of that only show what passes.
//!
//! Face cells: [0] peak of the last call.

use patchlight_engine::{BuildContext, FACE, RowIo, RowKernel, Unit, rows};

/// Input 0 to output 0, as it is.
pub(crate) fn through(context: &BuildContext<'_>) -> Box<dyn Unit> {
    rows(context, |_| Through { peak: 0.0 })
}

struct Through {
    peak: f32,
}

impl RowKernel for Through {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let input = io.input(0);
        io.output(0).copy_from_slice(input);
        self.peak = input.iter().fold(0.0, |peak, sample| peak.max(sample.abs()));
    }

    fn reset(&mut self) {
        self.peak = 0.0;
    }

    fn telemetry(&self, face: &mut [f32; FACE]) {
        face[0] = self.peak;
    }
}
