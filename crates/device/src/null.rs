//! The null device: keeps the patch running in time where nothing can be heard.

use crate::feed::{Feed, Lease};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A thread that asks for frames at the right rate and throws them away.
pub(crate) struct NullStream {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

const FRAMES: usize = 256;

impl NullStream {
    pub(crate) fn start(lease: Lease, sample_rate_hz: f32) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::Builder::new().name("null audio".to_owned()).spawn(move || {
            let mut feed = Feed::new(lease, 2, None);
            let mut buffer = [0.0_f32; FRAMES * 2];
            let period = Duration::from_secs_f64(FRAMES as f64 / f64::from(sample_rate_hz));
            let mut due = Instant::now();
            while !stopped.load(Ordering::Relaxed) {
                feed.fill(&mut buffer);
                due += period;
                let now = Instant::now();
                if due > now {
                    std::thread::sleep(due - now);
                } else if now - due > Duration::from_millis(200) {
                    // The machine slept: go on from now.
                    due = now;
                }
            }
        })?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

impl Drop for NullStream {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A panic of that thread has been printed; there is nothing left to do about it here.
            thread.join().ok();
        }
    }
}
