//! The program as a shell sees it: arguments in, bytes and an exit code out.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// A patch of one sine in the middle of the keyboard, heard at half its level.
pub const SINE: &str = r#"(
    patchlight: 1,
    name: "Sine",
    modules: {
        "osc": (kind: "osc.analog", at: (0, 0), params: {"shape": "sine"}),
        "out": (kind: "io.audio_out", at: (240, 0), params: {"limiter": false}),
    },
    cables: {
        "osc.out -> out.in": (amount: 0.5),
    },
)
"#;

/// A folder of its own, and the program run in it.
pub struct Place {
    folder: TempDir,
    /// What the program and its drivers keep for themselves.
    home: TempDir,
}

/// What a run left behind.
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Place {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), home: tempfile::tempdir().unwrap() }
    }

    /// With a patch file in it.
    pub fn with(name: &str, text: &str) -> Self {
        let place = Self::new();
        place.write(name, text);
        place
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    /// Names of the files that are there.
    pub fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Runs the program without a display. Whatever it is given, it must not panic.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_patchlight"));
        command.args(arguments).current_dir(self.folder.path()).env("HOME", self.home.path());
        command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
        let output = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let ran = Ran { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) };
        assert!(!ran.stderr.contains("panicked"), "{arguments:?} panicked: {}", ran.stderr);
        ran
    }

    /// A run that must succeed.
    pub fn ok(&self, arguments: &[&str]) -> Ran {
        let ran = self.run(arguments);
        assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.stderr);
        ran
    }

    /// A run that must succeed and print one JSON value.
    pub fn json(&self, arguments: &[&str]) -> Value {
        let ran = self.ok(arguments);
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{arguments:?} prints JSON ({error}): {}", ran.stdout))
    }

    /// A run that must fail with this code and say why in one line, in which all of `words` stand.
    pub fn fails(&self, code: i32, arguments: &[&str], words: &[&str]) -> Ran {
        let ran = self.run(arguments);
        assert_eq!(ran.code, code, "{arguments:?}: {}", ran.stderr);
        let line = ran.stderr.lines().find(|line| words.iter().all(|word| line.contains(word)));
        assert!(line.is_some(), "{arguments:?} must say {words:?} in one line: {}", ran.stderr);
        ran
    }
}

/// The names of a JSON object's fields, sorted.
pub fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value.as_object().expect("an object").keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

/// Format, and the left and right channel, of a WAV file.
pub fn wav(path: &Path) -> (hound::WavSpec, [Vec<f32>; 2]) {
    let mut reader = hound::WavReader::open(path).unwrap();
    let spec = reader.spec();
    assert_eq!(spec.channels, 2);
    let samples: Vec<f32> = match spec.sample_format {
        hound::SampleFormat::Float => reader.samples::<f32>().map(Result::unwrap).collect(),
        hound::SampleFormat::Int => {
            let scale = 1.0 / (1_i64 << (spec.bits_per_sample - 1)) as f32;
            reader.samples::<i32>().map(|sample| sample.unwrap() as f32 * scale).collect()
        }
    };
    let channel = |first: usize| samples.iter().copied().skip(first).step_by(2).collect();
    (spec, [channel(0), channel(1)])
}
