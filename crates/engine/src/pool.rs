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

/// Each way is tried for so many blocks in a row, of which the first fill the caches and are not counted, and so many times by turns.
const TRY_BLOCKS: u32 = 16;
const UNCOUNTED: u32 = 4;
const TRIES: u32 = 12;
/// Blocks from trial to trial.
const TRIAL_EVERY: u32 = 8_192;
/// Less of a gain is not worth it: the others have work of their own.
const WORTH: f64 = 0.93;
/// A program that takes less of the time is not worth it either. The trial cannot tell what a program that was never divided would take, which fills more
/// lanes and sums sooner; and what two threads save of so little, nobody would notice.
pub const LEAST_SHARED_OUT: f32 = 0.03;
/// Blocks of a trial that are counted for each way.
const COUNTED: u32 = TRIES / 2 * (TRY_BLOCKS - UNCOUNTED);

/// Finds out whether sharing out pays, by trying both ways by turns, and keeps to the better one for a while.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Trial {
    block: u32,
    /// Shares of the time that is there, summed over the blocks.
    shared: f64,
    alone: f64,
    pays: bool,
}

impl Trial {
    /// A new program: everything may be otherwise.
    pub(crate) fn restart(&mut self) {
        *self = Self { pays: self.pays, ..Self::default() };
    }

    /// Whether this block is to be shared out.
    pub(crate) fn shares(&self) -> bool {
        if self.is_on() { (self.block / TRY_BLOCKS).is_multiple_of(2) } else { self.pays }
    }

    pub(crate) fn is_on(&self) -> bool {
        self.block < TRIES * TRY_BLOCKS
    }

    /// How much of the time that is there for it the block took. `true` when a trial has ended, and sharing out does not pay.
    pub(crate) fn took(&mut self, share: f64) -> bool {
        if self.is_on() && self.block % TRY_BLOCKS >= UNCOUNTED {
            *if self.shares() { &mut self.shared } else { &mut self.alone } += share;
        }
        self.block += 1;
        if self.block == TRIES * TRY_BLOCKS {
            self.pays = self.shared < WORTH * self.alone && self.alone >= f64::from(LEAST_SHARED_OUT) * f64::from(COUNTED);
            return !self.pays;
        }
        if self.block >= TRIAL_EVERY {
            self.restart();
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::{Pool, TRIAL_EVERY, TRIES, TRY_BLOCKS, Trial};
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
        let run = |trial: &mut Trial, blocks: u32, shared: f64| -> usize {
            let refused = (0..blocks).filter(|_| trial.took(if trial.shares() { shared } else { 1.0 }));
            refused.count()
        };
        assert_eq!(run(&mut trial, TRIES * TRY_BLOCKS, 0.6), 0);
        assert!(!trial.is_on() && trial.shares());
        run(&mut trial, TRIAL_EVERY - TRIES * TRY_BLOCKS, 0.6);
        assert!(trial.is_on());
        assert_eq!(run(&mut trial, TRIES * TRY_BLOCKS, 0.97), 1, "a tie goes to one thread");
        assert!(!trial.shares());
        trial.restart();
        assert!(trial.is_on());
        let refused = (0..TRIES * TRY_BLOCKS).filter(|_| trial.took(if trial.shares() { 0.01 } else { 0.02 }));
        assert_eq!(refused.count(), 1, "half of next to nothing is not worth it");
    }
}
