//! Boxes by number, different ones of which are used by several threads at the same time.

use std::marker::PhantomData;

/// A table whose rows are lent one by one.
///
/// **Invariant:** a program never has one row used by two sections of one stage ([`crate::Program::new`] checks it), but for what is atomic.
pub(crate) struct Table<'a, T> {
    rows: *mut Option<Box<T>>,
    len: usize,
    lifetime: PhantomData<&'a mut T>,
}

impl<T> Clone for Table<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Table<'_, T> {}

// SAFETY: rows are lent by unsafe functions alone, whose callers vouch that no other thread has them.
unsafe impl<T: Send> Send for Table<'_, T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Table<'_, T> {}

impl<'a, T> Table<'a, T> {
    pub(crate) fn new(rows: &'a mut [Option<Box<T>>]) -> Self {
        Self { rows: rows.as_mut_ptr(), len: rows.len(), lifetime: PhantomData }
    }

    /// # Safety
    /// While the row is used nobody else may use it.
    #[inline]
    pub(crate) unsafe fn row(&self, number: u32) -> Option<&'a mut T> {
        let index = number as usize;
        // SAFETY: inside the table, and the caller has the row for itself.
        if index < self.len { unsafe { (*self.rows.add(index)).as_deref_mut() } } else { None }
    }

    /// # Safety
    /// While the row is looked at nobody may change it.
    #[inline]
    pub(crate) unsafe fn look(&self, number: u32) -> Option<&'a T> {
        let index = number as usize;
        // SAFETY: inside the table, and the caller vouches that nobody writes.
        if index < self.len { unsafe { (*self.rows.add(index)).as_deref() } } else { None }
    }
}
