//! More than one core: the audio thread and its helpers share out the tasks of a stage.
//!
//! The audio thread never waits for a helper to begin. Tasks are claimed one by one, by whoever is free; a helper that sleeps or is late finds
//! none left, and the audio thread has done them all. It waits only for tasks that have been claimed and are being run.
//!
//! One word holds the number of the stage, how many tasks it has, and which is next, so that a claim can never be for a stage that
//! is over: the audio thread does not go on while a claimed task runs.

use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::Thread;
use std::time::{Duration, Instant};

/// How long a helper looks out for work before it goes to sleep. A sound card asks for several blocks in a row.
const LOOKOUT: Duration = Duration::from_micros(150);

/// Looks between two glances at the clock.
const LOOKS: u32 = 64;

/// Work of which each part has a number.
type Tasks = dyn Fn(usize) + Sync;

struct Shared {
    /// Stage (32 bits), tasks (16), the next to be claimed (16).
    claim: AtomicU64,
    done: AtomicU32,
    /// The work of the stage. Read after a claim only, and written when no claimed task runs.
    tasks: UnsafeCell<Option<&'static Tasks>>,
    stop: AtomicBool,
    helpers: Box<[Berth]>,
}

// SAFETY: `tasks` is guarded by `claim` and `done`, as said there; all else is atomic.
unsafe impl Sync for Shared {}
// SAFETY: the tasks may be called from any thread.
unsafe impl Send for Shared {}

/// Where a helper sleeps.
#[derive(Default)]
struct Berth {
    thread: OnceLock<Thread>,
    is_asleep: AtomicBool,
}

impl Shared {
    /// Claims a task of the stage that is on, and runs it. `false` when there is none.
    fn help(&self) -> bool {
        let mut word = self.claim.load(Ordering::Acquire);
        loop {
            let (count, next) = ((word >> 16) as u16, word as u16);
            if next >= count {
                return false;
            }
            match self.claim.compare_exchange_weak(word, word + 1, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => {
                    let _done = Done(&self.done);
                    // SAFETY: a claimed task keeps its stage alive until it is done.
                    if let Some(tasks) = unsafe { *self.tasks.get() } {
                        tasks(usize::from(next));
                    }
                    return true;
                }
                Err(now) => word = now,
            }
        }
    }

    fn has_work(&self) -> bool {
        let word = self.claim.load(Ordering::SeqCst);
        (word as u16) < (word >> 16) as u16
    }
}

/// Counts a task as done, even if it fails: nobody may wait for it for ever.
struct Done<'a>(&'a AtomicU32);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Release);
    }
}

/// The audio thread's side.
pub(crate) struct Pool {
    shared: Arc<Shared>,
    stage: u32,
}

impl Pool {
    /// A pool, and what its helpers run.
    pub(crate) fn new(helpers: usize) -> (Self, Vec<Helper>) {
        let shared = Arc::new(Shared {
            claim: AtomicU64::new(0),
            done: AtomicU32::new(0),
            tasks: UnsafeCell::new(None),
            stop: AtomicBool::new(false),
            helpers: (0..helpers).map(|_| Berth::default()).collect(),
        });
        let helpers = (0..helpers).map(|number| Helper { shared: Arc::clone(&shared), number }).collect();
        (Self { shared, stage: 0 }, helpers)
    }

    /// Runs `tasks(0)` to `tasks(count − 1)`, each once, on this thread and the helpers', and returns when all are done.
    pub(crate) fn run(&mut self, count: usize, tasks: &(dyn Fn(usize) + Sync)) {
        // SAFETY: nobody calls it any more when this function returns: every claimed task is waited for, and none is left to claim.
        let tasks: &'static Tasks = unsafe { std::mem::transmute(tasks) };
        let count = count.min(usize::from(u16::MAX)) as u16;
        // SAFETY: the stage before is over, so no task is claimed, and none can be before the word below is written.
        unsafe { *self.shared.tasks.get() = Some(tasks) };
        self.shared.done.store(0, Ordering::Relaxed);
        self.stage = self.stage.wrapping_add(1);
        self.shared.claim.store(u64::from(self.stage) << 32 | u64::from(count) << 16, Ordering::SeqCst);
        self.wake(usize::from(count) - 1);
        while self.shared.help() {}
        while self.shared.done.load(Ordering::Acquire) < u32::from(count) {
            std::hint::spin_loop();
        }
    }

    fn wake(&self, count: usize) {
        for berth in self.shared.helpers.iter().take(count) {
            if berth.is_asleep.load(Ordering::SeqCst)
                && berth.is_asleep.swap(false, Ordering::SeqCst)
                && let Some(thread) = berth.thread.get()
            {
                thread.unpark();
            }
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        self.shared.helpers.iter().filter_map(|berth| berth.thread.get()).for_each(Thread::unpark);
    }
}

/// What a thread besides the audio thread runs. Give it the same priority.
pub struct Helper {
    shared: Arc<Shared>,
    number: usize,
}

impl Helper {
    /// Helps until the renderer is dropped.
    pub fn run(self) {
        self.settle();
        self.work();
    }

    /// Says that this thread is the helper's.
    pub fn settle(&self) {
        // Only this thread sets it.
        let _ = self.shared.helpers[self.number].thread.set(std::thread::current());
    }

    /// Helps, once settled, until the renderer is dropped: allocates, frees and locks nothing.
    pub fn work(&self) {
        let _flush = crate::denormal::FlushDenormals::new();
        let berth = &self.shared.helpers[self.number];
        let mut last_work = Instant::now();
        while !self.shared.stop.load(Ordering::Relaxed) {
            let found = (0..LOOKS).any(|_| {
                std::hint::spin_loop();
                self.shared.help()
            });
            if found {
                last_work = Instant::now();
            } else if last_work.elapsed() > LOOKOUT {
                berth.is_asleep.store(true, Ordering::SeqCst);
                if !self.shared.has_work() && !self.shared.stop.load(Ordering::SeqCst) {
                    std::thread::park();
                }
                berth.is_asleep.store(false, Ordering::SeqCst);
                last_work = Instant::now();
            }
        }
    }
}

/// Blocks that are tried each way, by turns, and blocks until the next trial.
const TRIAL_BLOCKS: u32 = 32;
const TRIAL_EVERY: u32 = 8_192;

/// Finds out whether sharing out pays, by trying both ways block by block, and keeps to the better one for a while.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Trial {
    block: u32,
    shared_secs: f64,
    alone_secs: f64,
    pays: bool,
}

impl Trial {
    /// A new program: everything may be otherwise.
    pub(crate) fn restart(&mut self) {
        *self = Self { pays: self.pays, ..Self::default() };
    }

    /// Whether this block is to be shared out.
    pub(crate) fn shares(&self) -> bool {
        if self.is_on() { self.block.is_multiple_of(2) } else { self.pays }
    }

    pub(crate) fn is_on(&self) -> bool {
        self.block < 2 * TRIAL_BLOCKS
    }

    /// How long the block took.
    pub(crate) fn took(&mut self, secs: f64) {
        if self.is_on() {
            *if self.shares() { &mut self.shared_secs } else { &mut self.alone_secs } += secs;
        }
        self.block += 1;
        if self.block == 2 * TRIAL_BLOCKS {
            // A tie goes to one thread: the others have work of their own.
            self.pays = self.shared_secs < 0.95 * self.alone_secs;
        } else if self.block >= TRIAL_EVERY {
            self.restart();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Pool, TRIAL_BLOCKS, TRIAL_EVERY, Trial};
    use std::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn every_task_of_every_stage_is_run_once_with_and_without_helpers() {
        for threads in [0, 1, 3] {
            let (mut pool, helpers) = Pool::new(3);
            let running: Vec<_> = helpers.into_iter().take(threads).map(|helper| std::thread::spawn(move || helper.run())).collect();
            for stage in 0..20_000_usize {
                let count = 1 + stage % 7;
                let counts: [AtomicU32; 7] = Default::default();
                pool.run(count, &|task| {
                    counts[task].fetch_add(1, Ordering::Relaxed);
                });
                assert!(counts.iter().enumerate().all(|(task, n)| n.load(Ordering::Relaxed) == u32::from(task < count)), "stage {stage}");
                if stage % 5_000 == 0 {
                    // Long enough for helpers to fall asleep.
                    std::thread::sleep(std::time::Duration::from_millis(2));
                }
            }
            drop(pool);
            running.into_iter().for_each(|thread| thread.join().unwrap());
        }
    }

    #[test]
    fn the_better_way_is_kept_and_tried_again() {
        let mut trial = Trial::default();
        let run = |trial: &mut Trial, blocks: u32, shared_secs: f64| {
            (0..blocks).for_each(|_| trial.took(if trial.shares() { shared_secs } else { 1.0 }));
        };
        run(&mut trial, 2 * TRIAL_BLOCKS, 0.6);
        assert!(!trial.is_on() && trial.shares());
        run(&mut trial, TRIAL_EVERY - 2 * TRIAL_BLOCKS, 0.6);
        assert!(trial.is_on());
        run(&mut trial, 2 * TRIAL_BLOCKS, 0.99);
        assert!(!trial.shares(), "a tie goes to one thread");
        trial.restart();
        assert!(trial.is_on());
    }
}
