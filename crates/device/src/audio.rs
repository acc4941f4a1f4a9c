//! The supervisor: keeps the renderer driven, by the chosen device if it can be had and by the null device if not.

use crate::error::DeviceError;
use crate::feed::Lease;
use crate::helpers;
use crate::list::{find_input, find_output};
use crate::null::NullStream;
use crate::stream::{OpenStream, StreamFailure, open_input, open_output};
use crate::wake::{Wake, no_wake};
use cpal::Stream;
use cpal::traits::DeviceTrait;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use patchlight_engine::Renderer;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Asks for the null device by name.
pub const NULL_DEVICE: &str = "null";

/// What to open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudioOptions {
    /// A part of the device's name; `None` is the system's default, [`NULL_DEVICE`] is none.
    pub device: Option<String>,
    pub buffer_frames: u32,
    /// Whether to listen to the default input.
    pub input: bool,
}

impl Default for AudioOptions {
    fn default() -> Self {
        Self { device: None, buffer_frames: 256, input: false }
    }
}

/// What happened to the sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceEvent {
    Playing {
        name: String,
        sample_rate_hz: u32,
        buffer_frames: u32,
        channels: u16,
    },
    /// The patch runs on, unheard. Tried again every second.
    Silent {
        why: String,
    },
    /// The input cannot be had; the output goes on.
    NoInput {
        why: String,
    },
}

enum Command {
    Change(AudioOptions),
    Wake(Wake),
    Stop,
}

/// Drives a renderer until dropped.
pub struct AudioDevice {
    commands: Sender<Command>,
    events: Receiver<DeviceEvent>,
    thread: Option<JoinHandle<Option<Renderer>>>,
}

impl AudioDevice {
    /// The rate at which the wanted device runs by itself; 48 kHz when there is none. The engine is made for this rate.
    #[must_use]
    pub fn preferred_rate_hz(options: &AudioOptions) -> u32 {
        const FALLBACK_HZ: u32 = 48_000;
        if options.device.as_deref() == Some(NULL_DEVICE) {
            return FALLBACK_HZ;
        }
        let config = find_output(options.device.as_deref()).ok().and_then(|(device, _)| device.default_output_config().ok());
        config.map_or(FALLBACK_HZ, |config| config.sample_rate())
    }

    /// Starts. Never fails: where there is no device the patch runs unheard, and [`AudioDevice::events`] says why.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(mut renderer: Renderer, options: AudioOptions) -> std::io::Result<Self> {
        helpers::start(&mut renderer, options.buffer_frames)?;
        let (commands, inbox) = bounded(64);
        let (outbox, events) = bounded(64);
        let thread = std::thread::Builder::new()
            .name("audio supervisor".to_owned())
            .spawn(move || Supervisor::new(options, inbox, outbox).run(renderer))?;
        Ok(Self { commands, events, thread: Some(thread) })
    }

    /// Changes to another device, buffer or input.
    pub fn change(&self, options: AudioOptions) {
        // Fails only when the supervisor is gone, and with it the program.
        self.commands.send(Command::Change(options)).ok();
    }

    /// Has this called whenever there is an event to take.
    pub fn wake_with(&self, wake: Wake) {
        // As in `change`.
        self.commands.send(Command::Wake(wake)).ok();
    }

    /// What happened since the last call.
    pub fn events(&self) -> impl Iterator<Item = DeviceEvent> + '_ {
        self.events.try_iter()
    }

    /// Stops and gives the renderer back.
    #[must_use]
    pub fn stop(mut self) -> Option<Renderer> {
        // Fails only when the supervisor has ended already; then its thread is joined at once.
        self.commands.send(Command::Stop).ok();
        self.thread.take().and_then(|thread| thread.join().ok()).flatten()
    }
}

impl Drop for AudioDevice {
    fn drop(&mut self) {
        // As in `stop`. A panic of that thread has been printed; there is nothing left to do about it here.
        self.commands.send(Command::Stop).ok();
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

/// What drives the renderer now. Dropping it sends the renderer back.
enum Driver {
    Device { _output: OpenStream, _input: Option<Stream> },
    Null { _null: NullStream },
}

struct Supervisor {
    options: AudioOptions,
    commands: Receiver<Command>,
    events: Sender<DeviceEvent>,
    back: (Sender<Renderer>, Receiver<Renderer>),
    failures: (Sender<StreamFailure>, Receiver<StreamFailure>),
    last_silence: Option<String>,
    wake: Wake,
}

const RETRY: Duration = Duration::from_secs(1);

impl Supervisor {
    fn new(options: AudioOptions, commands: Receiver<Command>, events: Sender<DeviceEvent>) -> Self {
        Self { options, commands, events, back: bounded(1), failures: bounded(8), last_silence: None, wake: no_wake() }
    }

    fn run(mut self, renderer: Renderer) -> Option<Renderer> {
        let mut driver = self.drive(renderer)?;
        let mut retry_at = Instant::now() + RETRY;
        loop {
            match self.commands.recv_timeout(Duration::from_millis(50)) {
                Ok(Command::Stop) | Err(RecvTimeoutError::Disconnected) => {
                    drop(driver);
                    return self.returned();
                }
                Ok(Command::Change(options)) => {
                    if options != self.options {
                        self.options = options;
                        self.last_silence = None;
                        driver = self.replace(driver)?;
                    }
                }
                Ok(Command::Wake(wake)) => {
                    self.wake = wake;
                    // For what was told before.
                    (self.wake)();
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
            if let Ok(failure) = self.failures.1.try_recv() {
                log::warn!("the sound device failed: {}", failure.0);
                driver = self.replace(driver)?;
                // Failures of the device that has just been left mean nothing any more.
                while self.failures.1.try_recv().is_ok() {}
                retry_at = Instant::now() + RETRY;
            }
            let wants_device = self.options.device.as_deref() != Some(NULL_DEVICE);
            if matches!(driver, Driver::Null { .. }) && wants_device && Instant::now() >= retry_at {
                retry_at = Instant::now() + RETRY;
                if find_output(self.options.device.as_deref()).is_ok() {
                    driver = self.replace(driver)?;
                }
            }
        }
    }

    fn replace(&mut self, driver: Driver) -> Option<Driver> {
        drop(driver);
        let renderer = self.returned()?;
        self.drive(renderer)
    }

    /// The renderer, on its way home from a stream that was dropped.
    fn returned(&self) -> Option<Renderer> {
        self.back.1.recv_timeout(Duration::from_secs(5)).ok()
    }

    /// `None` only when the system gives no thread for the null device either.
    fn drive(&mut self, renderer: Renderer) -> Option<Driver> {
        let why = if self.options.device.as_deref() == Some(NULL_DEVICE) {
            "the null device was chosen".to_owned()
        } else {
            match self.open(renderer) {
                Ok(driver) => return Some(driver),
                Err((error, renderer)) => {
                    return self.go_silent(error.to_string(), *renderer?);
                }
            }
        };
        self.go_silent(why, renderer)
    }

    fn go_silent(&mut self, why: String, renderer: Renderer) -> Option<Driver> {
        // Said once, not every second.
        if self.last_silence.as_ref() != Some(&why) {
            self.tell(DeviceEvent::Silent { why: why.clone() });
            self.last_silence = Some(why);
        }
        let sample_rate_hz = renderer.sample_rate_hz();
        NullStream::start(Lease::new(renderer, self.back.0.clone()), sample_rate_hz).ok().map(|null| Driver::Null { _null: null })
    }

    fn open(&mut self, renderer: Renderer) -> Result<Driver, (DeviceError, Option<Box<Renderer>>)> {
        let (device, name) = match find_output(self.options.device.as_deref()) {
            Ok(found) => found,
            Err(error) => return Err((error, Some(Box::new(renderer)))),
        };
        let sample_rate_hz = renderer.sample_rate_hz() as u32;
        let (input, ring) = self.open_input(sample_rate_hz);
        let (back, failed) = (self.back.0.clone(), self.failures.0.clone());
        match open_output(&device, &name, self.options.buffer_frames, renderer, ring, back, failed) {
            Ok(output) => {
                self.last_silence = None;
                let (buffer_frames, channels) = (output.buffer_frames, output.channels);
                self.tell(DeviceEvent::Playing { name, sample_rate_hz, buffer_frames, channels });
                Ok(Driver::Device { _output: output, _input: input })
            }
            Err(error) => Err((error, self.returned().map(Box::new))),
        }
    }

    fn open_input(&mut self, sample_rate_hz: u32) -> (Option<Stream>, Option<ringbuf::HeapCons<[f32; 2]>>) {
        if !self.options.input {
            return (None, None);
        }
        let opened = find_input().and_then(|(device, name)| open_input(&device, &name, sample_rate_hz, self.failures.0.clone()));
        match opened {
            Ok((stream, ring)) => (Some(stream), Some(ring)),
            Err(error) => {
                self.tell(DeviceEvent::NoInput { why: error.to_string() });
                (None, None)
            }
        }
    }

    fn tell(&self, event: DeviceEvent) {
        // Nobody listens, or not often enough: the state itself is not lost, only the telling.
        self.events.try_send(event).ok();
        (self.wake)();
    }
}
