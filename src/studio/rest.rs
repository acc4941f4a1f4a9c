//! Resting: while nothing changes nothing is drawn, and what happens elsewhere rings the bell.
//!
//! The window draws sixty frames a second while an output moves, four a second for a moment longer, and then none until there is a hand, a MIDI
//! message, a device or a file that has arrived ([`Bell`]), or until an output moves again, which a thread looks for ([`watch`]).

use bevy::prelude::Resource;
use bevy::winit::{EventLoopProxyWrapper, UpdateMode, WinitSettings, WinitUserEvent};
use patchlight_device::Wake;
use patchlight_engine::Telemetry;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// After the last change the window looks about for so long, so often.
const LINGER: Duration = Duration::from_secs(2);
const LINGER_STEP: Duration = Duration::from_millis(250);
/// Then it rests. (The longest wait that every clock can add.)
const REST: Duration = Duration::from_hours(1);
/// An output that moves for less than this between two looks stands still.
const STILL: Duration = Duration::from_millis(300);
/// How soon a sound that begins by itself is seen.
const LOOK: Duration = Duration::from_millis(100);

type Ring = Box<dyn Fn() + Send + Sync>;

/// Wakes the window, once there is one.
#[derive(Clone, Default)]
pub struct Bell(Arc<OnceLock<Ring>>);

impl Bell {
    /// Rings from any thread.
    pub fn wake(&self) -> Wake {
        let ring = Arc::clone(&self.0);
        Arc::new(move || {
            if let Some(ring) = ring.get() {
                ring();
            }
        })
    }

    /// From now on it wakes this event loop.
    pub fn hang(&self, proxy: &EventLoopProxyWrapper) {
        let proxy = (**proxy).clone();
        let ring = move || {
            // Fails only when the window is gone.
            proxy.send_event(WinitUserEvent::WakeUp).ok();
        };
        // Fails only when it hangs already.
        self.0.set(Box::new(ring)).ok();
    }
}

/// Rings when an output begins to move, as long as the engine lives.
pub fn watch(telemetry: &Arc<Telemetry>, wake: Wake) {
    let engine = Arc::downgrade(telemetry);
    let look = move || {
        let mut seen = 0;
        while let Some(telemetry) = engine.upgrade() {
            let imprint = telemetry.imprint();
            if imprint != seen {
                wake();
            }
            seen = imprint;
            std::thread::sleep(LOOK);
        }
    };
    // Without the thread a sound that begins by itself is seen at the next touch.
    std::thread::Builder::new().name("watch".to_owned()).spawn(look).ok();
}

/// How often is drawn.
#[derive(Resource)]
pub struct Pace {
    frame: Duration,
    imprint: u64,
    moved_at: Option<Instant>,
    woken_at: Option<Instant>,
    wait: Duration,
}

impl Pace {
    /// `frame` is the time between two frames while something moves.
    pub fn new(frame: Duration) -> Self {
        Self { frame, imprint: 0, moved_at: None, woken_at: None, wait: frame }
    }

    pub fn settings(&self) -> WinitSettings {
        WinitSettings { focused_mode: UpdateMode::reactive(self.wait), unfocused_mode: UpdateMode::reactive_low_power(self.wait) }
    }

    /// After a frame: how long until the next, if nothing wakes the window before.
    pub fn next(&mut self, imprint: u64, now: Instant) -> WinitSettings {
        if imprint != self.imprint {
            (self.imprint, self.moved_at) = (imprint, Some(now));
        }
        let moves = self.moved_at.is_some_and(|at| now.duration_since(at) < STILL);
        // A frame that came out of the rest: a hand, or the bell.
        if moves || self.wait == REST || self.woken_at.is_none() {
            self.woken_at = Some(now);
        }
        let lingers = self.woken_at.is_some_and(|at| now.duration_since(at) < LINGER);
        self.wait = if moves {
            self.frame
        } else if lingers {
            LINGER_STEP
        } else {
            REST
        };
        self.settings()
    }
}

#[cfg(test)]
mod tests {
    use super::{LINGER, Pace, REST};
    use bevy::winit::UpdateMode;
    use std::time::{Duration, Instant};

    const FRAME: Duration = Duration::from_millis(16);

    #[test]
    fn it_draws_while_something_moves_then_lingers_then_rests_until_it_is_woken() {
        let mut pace = Pace::new(FRAME);
        let start = Instant::now();
        let mut wait = |imprint: u64, ms: u64| match pace.next(imprint, start + Duration::from_millis(ms)).focused_mode {
            UpdateMode::Reactive { wait, .. } => wait,
            UpdateMode::Continuous => Duration::ZERO,
        };
        assert_eq!(wait(1, 0), FRAME);
        assert_eq!(wait(2, 16), FRAME);
        // One look without a change is not yet stillness.
        assert_eq!(wait(2, 100), FRAME);
        let lingering = wait(2, 400);
        assert!(lingering > FRAME && lingering < LINGER);
        assert_eq!(wait(2, 400 + LINGER.as_millis() as u64), REST);
        // A hand: it lingers again, and draws as soon as something moves.
        assert_eq!(wait(2, 60_000), lingering);
        assert_eq!(wait(3, 60_016), FRAME);
    }
}
