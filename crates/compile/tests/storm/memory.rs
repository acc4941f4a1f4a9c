//! An allocator that refuses inside `assert_no_alloc` and counts the bytes that are held.

use assert_no_alloc::AllocDisabler;
use std::alloc::{GlobalAlloc, Layout};
use std::sync::atomic::{AtomicIsize, Ordering};

static HELD_BYTES: AtomicIsize = AtomicIsize::new(0);

/// Bytes that are allocated now, by the whole process.
pub fn held_bytes() -> isize {
    HELD_BYTES.load(Ordering::Relaxed)
}

pub struct Counting;

// SAFETY: all memory comes from and goes back to the one allocator behind; only sums are kept here.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HELD_BYTES.fetch_add(layout.size() as isize, Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { AllocDisabler.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD_BYTES.fetch_sub(layout.size() as isize, Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { AllocDisabler.dealloc(pointer, layout) }
    }
}
