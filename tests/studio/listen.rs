//! What comes out of the sound server, as samples.

use crate::world::{Process, SoundServer, tool};
use std::io::Read;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

pub const RATE: usize = 48_000;

/// Records the left channel from now on.
pub struct Ear {
    heard: Arc<Mutex<Vec<f32>>>,
    _process: Process,
}

impl Ear {
    pub fn open(sound: &SoundServer) -> Self {
        let mut command = tool("parec", "pulseaudio-utils");
        command.args(["-d", "null0.monitor", "--format=float32le", "--rate=48000", "--channels=2", "--raw", "--latency-msec=20"]);
        let mut process = Process(command.envs(sound.environment()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap());
        let (mut output, heard) = (process.0.stdout.take().unwrap(), Arc::new(Mutex::new(Vec::new())));
        let into = Arc::clone(&heard);
        std::thread::spawn(move || {
            let mut frame = [0; 8];
            let mut output = std::io::BufReader::new(&mut output);
            while output.read_exact(&mut frame).is_ok() {
                into.lock().unwrap().push(f32::from_le_bytes([frame[0], frame[1], frame[2], frame[3]]));
            }
        });
        Self { heard, _process: process }
    }

    /// Frames heard so far.
    pub fn now(&self) -> usize {
        self.heard.lock().unwrap().len()
    }

    pub fn between(&self, from: usize, to: usize) -> Vec<f32> {
        self.heard.lock().unwrap()[from..to].to_vec()
    }

    /// The next frames, `secs` long, from after what is on its way now.
    pub fn next(&self, secs: f64) -> Vec<f32> {
        let (from, len) = (self.now() + RATE / 4, (secs * RATE as f64) as usize);
        let end = Instant::now() + Duration::from_secs_f64(secs + 20.0);
        while self.now() < from + len {
            assert!(Instant::now() < end, "the monitor of the sound server gives nothing");
            std::thread::sleep(Duration::from_millis(20));
        }
        self.between(from, from + len)
    }

    /// Listens until half a second is as wanted, and returns it; `None` when that takes longer than `secs`.
    pub fn until(&self, secs: u64, wanted: impl Fn(&[f32]) -> bool) -> Option<Vec<f32>> {
        let end = Instant::now() + Duration::from_secs(secs);
        while Instant::now() < end {
            let heard = self.next(0.5);
            if wanted(&heard) {
                return Some(heard);
            }
        }
        None
    }
}
