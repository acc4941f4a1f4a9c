//! Waking whoever rests until something happens.

use std::sync::Arc;

/// Called, from any thread, when there is something to look at: a program that draws nothing while nothing changes comes to itself.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// For programs that never rest.
#[must_use]
pub fn no_wake() -> Wake {
    Arc::new(|| {})
}
