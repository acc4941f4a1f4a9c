//! What the benchmarks of units have in common: a unit that does nothing, and the way cases are listed.

use divan::black_box;
use patchlight_engine::{BuildContext, Io, Unit};

/// Shows what the engine around a unit costs.
struct Nothing;

impl Unit for Nothing {
    fn process(&mut self, io: &mut Io<'_>) {
        black_box(io.frames());
    }

    fn reset(&mut self) {}
}

pub fn nothing(_: &BuildContext<'_>) -> Box<dyn Unit> {
    Box::new(Nothing)
}

/// One case: parameters, and what is wired.
pub type Case = (&'static [(&'static str, f32)], &'static [&'static str]);

/// `name: "family.module", parameters, wired;` for each: a benchmark that calls the file's `run`.
macro_rules! cases {
    ($($name:ident: $id:literal, $params:expr, $driven:expr;)*) => {
        $(#[divan::bench]
        fn $name(bencher: Bencher<'_, '_>) {
            run(bencher, $id, None, ($params, $driven));
        })*
    };
}

pub(crate) use cases;
