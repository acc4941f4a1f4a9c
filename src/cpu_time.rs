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

#[cfg(unix)]
fn thread_cpu() -> Option<Duration> {
    use rustix::time::{ClockId, clock_gettime};
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).ok()
}

#[cfg(not(unix))]
fn thread_cpu() -> Option<Duration> {
    None
}
