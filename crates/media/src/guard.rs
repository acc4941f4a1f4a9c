//! A fence around other people's decoders: what panics inside becomes an error outside.
//!
//! Mutated AIFF headers make symphonia's reader multiply past its integers, for one. The fence needs unwinding, so no profile of
//! this workspace may abort on panic.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    static FENCED: Cell<bool> = const { Cell::new(false) };
}

/// What `work` gives, or `None` if it panics, in which case nothing is printed.
pub(crate) fn fenced<T>(work: impl FnOnce() -> T) -> Option<T> {
    static QUIET_HOOK: Once = Once::new();
    QUIET_HOOK.call_once(|| {
        let usual = take_hook();
        set_hook(Box::new(move |info| {
            if !FENCED.get() {
                usual(info);
            }
        }));
    });
    let before = FENCED.replace(true);
    // What a panic leaves half-done is inside `work` and dropped with it.
    let result = catch_unwind(AssertUnwindSafe(work));
    FENCED.set(before);
    result.ok()
}

#[cfg(test)]
mod tests {
    use super::fenced;

    #[test]
    fn a_panic_stays_inside() {
        assert_eq!(fenced(|| 7), Some(7));
        assert_eq!(fenced(|| -> u8 { panic!("nothing") }), None);
    }
}
