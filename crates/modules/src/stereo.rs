//! Modules that work on left and right together: a kernel for one voice, and what makes a unit of as many as are needed.

use patchlight_engine::{BLOCK, BuildContext, FACE, Io, Param, Unit};

/// Left and right of one frame.
pub(crate) type Pair = [f32; 2];

/// What a kernel is given for one call.
pub(crate) struct StereoIo<'io, 'a> {
    io: &'io mut Io<'a>,
    voice: usize,
}

/// A parameter of one voice.
pub(crate) struct StereoParam<'a> {
    param: Param<'a>,
    voice: usize,
}

impl StereoParam<'_> {
    #[inline]
    pub(crate) fn at(&self, n: usize) -> f32 {
        self.param.at(n, self.voice)
    }
}

impl<'a> StereoIo<'_, 'a> {
    pub(crate) fn frames(&self) -> usize {
        self.io.frames()
    }

    pub(crate) fn sample_rate_hz(&self) -> f32 {
        self.io.sample_rate_hz()
    }

    pub(crate) fn is_connected(&self, input: usize) -> bool {
        self.io.input(input).is_connected()
    }

    /// Left and right of an input; mono is the same on both sides.
    pub(crate) fn input(&self, index: usize) -> [&'a [f32]; 2] {
        let input = self.io.input(index);
        [input.row(0, self.voice), input.row(1, self.voice)]
    }

    pub(crate) fn param(&self, index: usize) -> StereoParam<'a> {
        StereoParam { param: self.io.param(index), voice: self.voice }
    }

    /// Puts out what was made frame by frame: one channel of it where the output has but one.
    pub(crate) fn put(&mut self, output: usize, made: &[Pair; BLOCK]) {
        let mut out = self.io.output(output);
        let (left, right) = out.pair(self.voice);
        left.iter_mut().zip(made).for_each(|(out, made)| *out = made[0]);
        if let Some(right) = right {
            right.iter_mut().zip(made).for_each(|(out, made)| *out = made[1]);
        }
    }
}

/// The part of a unit that runs both channels of one voice.
pub(crate) trait StereoKernel: Send {
    fn run(&mut self, io: &mut StereoIo<'_, '_>);

    fn reset(&mut self);

    /// See [`Unit::telemetry`]; asked of the first voice.
    fn telemetry(&self, _face: &mut [f32; FACE]) {}
}

struct Voices<K>(Vec<K>);

impl<K: StereoKernel> Unit for Voices<K> {
    fn process(&mut self, io: &mut Io<'_>) {
        for (voice, kernel) in self.0.iter_mut().enumerate() {
            if io.is_awake(voice) {
                kernel.run(&mut StereoIo { io, voice });
            }
        }
    }

    fn reset(&mut self) {
        self.0.iter_mut().for_each(K::reset);
    }

    fn telemetry(&self, _lane: usize, face: &mut [f32; FACE]) {
        if let Some(kernel) = self.0.first() {
            kernel.telemetry(face);
        }
    }
}

/// A unit of one kernel for each voice.
pub(crate) fn stereo<K: StereoKernel + 'static>(context: &BuildContext<'_>, build: impl Fn() -> K) -> Box<dyn Unit> {
    Box::new(Voices((0..context.voices.max(1)).map(|_| build()).collect()))
}
