//! A display and a sound server of the test's own, and the studio running between them.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Pixels.
pub const SCREEN: (u32, u32) = (1600, 1000);

/// Ends with its owner.
pub struct Process(pub Child);

impl Drop for Process {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Starts a tool of the system, or says which package it is in.
pub fn tool(name: &str, package: &str) -> Command {
    let found = std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(name).is_file()));
    assert!(found, "{name} is missing: install the package {package} (`cargo xtask test --yes` does)");
    Command::new(name)
}

/// Waits until `ready` gives something; fails after `secs` saying what was waited for.
pub fn wait<T>(what: &str, secs: u64, mut ready: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_secs(secs);
    loop {
        if let Some(value) = ready() {
            return value;
        }
        assert!(Instant::now() < end, "{what} did not come within {secs} s");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Xvfb on a display number that is free.
pub struct Display {
    pub name: String,
    _process: Process,
}

impl Display {
    pub fn start() -> Self {
        let (width, height) = SCREEN;
        let mut command = tool("Xvfb", "xvfb");
        command.args(["-displayfd", "1", "-nolisten", "tcp", "-screen", "0", &format!("{width}x{height}x24")]);
        let mut process = Process(command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap());
        let mut number = String::new();
        BufReader::new(process.0.stdout.take().unwrap()).read_line(&mut number).unwrap();
        assert!(!number.trim().is_empty(), "Xvfb gives no display");
        Self { name: format!(":{}", number.trim()), _process: process }
    }

    /// Amber pixels in the right half of the top bar: the words that say why nothing is heard. The meter there is green.
    pub fn amber_in_top_bar(&self) -> usize {
        let mut import = tool("import", "imagemagick");
        import.args(["-display", &self.name, "-window", "root", "-crop", "800x50+800+0", "+repage", "-depth", "8", "rgb:-"]);
        let pixels = import.output().unwrap().stdout;
        assert_eq!(pixels.len(), 800 * 50 * 3, "a picture of the top bar");
        pixels.chunks_exact(3).filter(|rgb| rgb[0] > 200 && (110..210).contains(&rgb[1]) && rgb[2] < 120).count()
    }

    /// The whole screen as a PNG file.
    pub fn picture(&self) -> Vec<u8> {
        let output = tool("import", "imagemagick").args(["-display", &self.name, "-window", "root", "png:-"]).output().unwrap();
        output.stdout
    }
}

/// PulseAudio with one sink that plays into nothing, and a monitor that hears it.
pub struct SoundServer {
    runtime: TempDir,
    process: Option<Process>,
}

impl SoundServer {
    pub fn start() -> Self {
        let runtime = tempfile::tempdir().unwrap();
        std::fs::set_permissions(runtime.path(), PermissionsExt::from_mode(0o700)).unwrap();
        std::fs::DirBuilder::new().mode(0o700).create(runtime.path().join("pulse")).unwrap();
        let mut server = Self { runtime, process: None };
        server.begin();
        server
    }

    /// What a program must be told to find it.
    pub fn environment(&self) -> [(&'static str, PathBuf); 3] {
        let folder = self.runtime.path();
        [
            ("XDG_RUNTIME_DIR", folder.to_owned()),
            ("HOME", folder.to_owned()),
            ("PULSE_SERVER", PathBuf::from(format!("unix:{}", self.socket().display()))),
        ]
    }

    fn socket(&self) -> PathBuf {
        self.runtime.path().join("pulse/native")
    }

    /// Starts it, again if need be.
    pub fn begin(&mut self) {
        let mut command = tool("pulseaudio", "pulseaudio");
        command.args(["-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", "--log-level=error"]);
        command.args(["-L", &format!("module-native-protocol-unix auth-anonymous=1 socket={}", self.socket().display())]);
        command.args(["-L", "module-null-sink sink_name=null0 rate=48000 channels=2 format=float32le"]);
        command.env("XDG_RUNTIME_DIR", self.runtime.path()).env("HOME", self.runtime.path());
        self.process = Some(Process(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()));
        wait("the sound server", 20, || {
            let mut ask = tool("pactl", "pulseaudio-utils");
            ask.args(["list", "short", "sinks"]).envs(self.environment());
            String::from_utf8_lossy(&ask.output().unwrap().stdout).contains("null0").then_some(())
        });
    }

    /// Ends it, as when an interface is unplugged.
    pub fn end(&mut self) {
        self.process = None;
        std::fs::remove_file(self.socket()).ok();
    }
}

/// The studio, its window open.
pub struct Studio {
    pub process: Process,
    said: Arc<Mutex<String>>,
}

impl Studio {
    /// Opens a patch. A buffer of 170 ms, so that a machine that draws by its processor alone keeps up.
    pub fn open(patch: &Path, display: &Display, sound: &SoundServer) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_patchlight"));
        command.arg(patch).args(["--buffer", "8192"]).env("DISPLAY", &display.name).env_remove("WAYLAND_DISPLAY").envs(sound.environment());
        let mut process = Process(command.stderr(Stdio::piped()).spawn().unwrap());
        let said = Arc::new(Mutex::new(String::new()));
        let (errors, heard) = (process.0.stderr.take().unwrap(), Arc::clone(&said));
        std::thread::spawn(move || collect(errors, &heard));
        Self { process, said }
    }

    /// What it wrote to standard error so far.
    pub fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }

    pub fn is_alive(&mut self) -> bool {
        self.process.0.try_wait().unwrap().is_none()
    }
}

fn collect(mut errors: ChildStderr, heard: &Mutex<String>) {
    let mut bytes = [0; 1024];
    while let Ok(count @ 1..) = errors.read(&mut bytes) {
        heard.lock().unwrap().push_str(&String::from_utf8_lossy(&bytes[..count]));
    }
}
