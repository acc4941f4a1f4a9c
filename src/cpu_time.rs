//! Processor time of this thread.

use std::time::{Duration, Instant};

/// Measures from its making on.
pub struct CpuTimer {
    started: Instant,
    cpu_before: Option<Duration>,
}

impl CpuTimer {
    pub fn start() -> Self {
        Self { started: Instant::now(), cpu_before: thread_cpu() }
    }

    /// Processor seconds of this thread since the start; where the system does not tell, the time that passed.
    pub fn cpu_secs(&self) -> f64 {
        match (self.cpu_before, thread_cpu()) {
            (Some(before), Some(now)) => (now.saturating_sub(before)).as_secs_f64(),
            _ => self.started.elapsed().as_secs_f64(),
        }
    }
}

/// Linux counts nanoseconds on the processor in the first field of `schedstat`.
fn thread_cpu() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}
