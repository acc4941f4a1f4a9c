//! Resting: while nothing changes nothing is drawn, and what happens elsewhere rings the bell.
//!
//! The window draws sixty frames a second while something moves ([`Attention`]), four a second for a moment longer, and then none until there is a hand, a MIDI
//! message, a device or a file that has arrived ([`Bell`]), or until something moves again, which a thread looks for ([`watch`]).

use bevy::prelude::{Local, Query, Resource};
use bevy::winit::{EventLoopProxyWrapper, UpdateMode, WinitSettings, WinitUserEvent};
use bevy_egui::EguiInput;
use egui::{Event, Modifiers};
use patchlight_device::Wake;
use patchlight_engine::Telemetry;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
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

/// What counts as movement. While the clock stands and nothing is heard, an oscillator that runs on unheard does not, unless somebody watches: a
/// module that shows signals is there, or the pointer is on a cable.
#[derive(Resource, Clone, Default)]
pub struct Attention(Arc<Focus>);

#[derive(Default)]
struct Focus {
    to_all: AtomicBool,
    /// The slots of what leads to the ears.
    outs: Mutex<Vec<usize>>,
}

impl Attention {
    /// Pays attention to all that moves, or only to what is heard, through the modules in these slots.
    pub fn pay(&self, to_all: bool, outs: impl Iterator<Item = usize>) {
        self.0.to_all.store(to_all, Ordering::Relaxed);
        if let Ok(mut slots) = self.0.outs.lock() {
            slots.clear();
            slots.extend(outs);
        }
    }

    /// A number that stays as it is while nothing moves that counts.
    pub fn imprint(&self, telemetry: &Telemetry) -> u64 {
        if self.0.to_all.load(Ordering::Relaxed) {
            return telemetry.imprint();
        }
        let mut hasher = DefaultHasher::new();
        (telemetry.is_playing(), telemetry.swaps()).hash(&mut hasher);
        for slot in self.0.outs.lock().iter().flat_map(|outs| outs.iter()) {
            let [left, right, ..] = telemetry.face(*slot);
            [left, right].map(|peak| peak > AUDIBLE).hash(&mut hasher);
        }
        hasher.finish()
    }
}

/// The level that is heard: −80 dB.
pub const AUDIBLE: f32 = 1e-4;

/// Rings when something begins to move, as long as the engine lives.
pub fn watch(telemetry: &Arc<Telemetry>, attention: Attention, wake: Wake) {
    let engine = Arc::downgrade(telemetry);
    let look = move || {
        let mut seen = 0;
        while let Some(telemetry) = engine.upgrade() {
            let imprint = attention.imprint(&telemetry);
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

/// Takes away what bevy_egui tells egui in every frame, that the modifiers are as they were: egui asks for another frame after every event.
pub fn say_modifiers_once(mut inputs: Query<&mut EguiInput>, mut known: Local<Modifiers>) {
    for mut input in &mut inputs {
        let before = *known;
        if let Some(Event::ModifiersChanged(now)) = input.events.iter().rfind(|event| matches!(event, Event::ModifiersChanged(_))) {
            *known = *now;
        }
        input.events.retain(|event| !matches!(event, Event::ModifiersChanged(now) if *now == before));
    }
}

/// How often is drawn.
#[derive(Resource)]
pub struct Pace {
    frame: Duration,
    imprint: u64,
    moved_at: Option<Instant>,
    woken_at: Option<Instant>,
    wait: Duration,
    /// The rest has just begun: Bevy draws once more whenever the pace changes.
    is_settling: bool,
}

impl Pace {
    /// `frame` is the time between two frames while something moves.
    pub fn new(frame: Duration) -> Self {
        Self { frame, imprint: 0, moved_at: None, woken_at: None, wait: frame, is_settling: false }
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
        let woken = self.wait == REST && !std::mem::take(&mut self.is_settling);
        if moves || woken || self.woken_at.is_none() {
            self.woken_at = Some(now);
        }
        let lingers = self.woken_at.is_some_and(|at| now.duration_since(at) < LINGER);
        let wait = if moves {
            self.frame
        } else if lingers {
            LINGER_STEP
        } else {
            REST
        };
        self.is_settling = wait == REST && self.wait != REST;
        self.wait = wait;
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
        let rests_at = 400 + LINGER.as_millis() as u64;
        assert_eq!((wait(2, rests_at), wait(2, rests_at + 1)), (REST, REST));
        // A hand: it lingers again, and draws as soon as something moves.
        assert_eq!(wait(2, 60_000), lingering);
        assert_eq!(wait(3, 60_016), FRAME);
    }
}
