//! The studio: the window, the session behind it, and the picture of the canvas.
//!
//! ```text
//!  keys, canvas, panels ──Action──► actions ──► Session ──► patch, history, engine, file
//!                                                  │
//!  canvas ◄── Document, Signals ◄── bridge ◄── telemetry
//! ```

mod actions;
mod bridge;
mod engine_link;
mod factory;
mod folders;
mod host;
mod keyboard;
mod learn;
mod pictures;
mod presets;
mod preview;
mod rest;
mod saved_modules;
mod scene;
mod session;
mod settings;
mod window;

pub use engine_link::{EngineLink, Output};
pub use session::{Notice, Session};

use crate::cli::{StudioArgs, WrongUse};
use clap::Args;
use patchlight_device::AudioOptions;
use std::path::PathBuf;
use std::process::ExitCode;

/// `patchlight screenshot`.
#[derive(Args)]
pub struct ScreenshotArgs {
    patch: PathBuf,
    /// The PNG file to write
    #[arg(short)]
    out: PathBuf,
    /// Width and height in pixels
    #[arg(long, default_value = "1600x1000")]
    size: String,
    /// Play the patch this long before the picture is taken
    #[arg(long, default_value_t = 4.0)]
    seconds: f64,
    /// Select this module or sub-patch, so that the inspector shows it
    #[arg(long)]
    select: Option<String>,
    /// Look into this sub-patch
    #[arg(long)]
    inside: Option<String>,
    /// Call these operators before the picture is taken, such as `panel.palette` (see F1 in the studio)
    #[arg(long)]
    call: Vec<String>,
    /// Put the pointer on this cable, such as "osc.out -> filter.in", or "first"
    #[arg(long)]
    point: Option<String>,
    /// dark, light or high-contrast
    #[arg(long, default_value = "dark")]
    theme: String,
    /// Size of the interface in percent
    #[arg(long, default_value_t = 100)]
    scale: u32,
}

/// Whether there is a display to open a window on. Other systems than Linux always have one.
fn has_display() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || set("DISPLAY") || set("WAYLAND_DISPLAY")
}

/// Opens the studio.
pub(crate) fn run(args: &StudioArgs) -> anyhow::Result<ExitCode> {
    // A patch that cannot be read is said before a window is opened.
    let path = args.patch.clone();
    if let Some(path) = &path {
        crate::cli::open(path)?;
    }
    if !has_display() {
        anyhow::bail!(
            "there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set). Without one: `patchlight render PATCH -o OUT.wav` \
             bounces a patch, `patchlight screenshot PATCH -o OUT.png` draws its canvas"
        );
    }
    let options = AudioOptions { device: args.device.clone(), buffer_frames: args.buffer, input: false };
    let bell = rest::Bell::default();
    let session = Session::new(EngineLink::start(options, bell.wake())?);
    window::open(session, path.as_deref(), &bell)
}

/// Draws the canvas into a file.
pub(crate) fn screenshot(args: &ScreenshotArgs) -> anyhow::Result<ExitCode> {
    let wrong = || WrongUse(format!("--size {}: write WIDTHxHEIGHT in pixels, from 64x64 to 8192x8192, such as 1600x1000", args.size));
    let (width, height) = args.size.split_once('x').ok_or_else(wrong)?;
    let side = |text: &str| text.parse::<u32>().ok().filter(|side| (64..=8192).contains(side)).ok_or_else(wrong);
    let size = (side(width)?, side(height)?);
    let look = patchlight_panels::theme::Look::named(&args.theme)
        .ok_or_else(|| WrongUse(format!("--theme {}: write dark, light or high-contrast", args.theme)))?;
    let known = |id: &String| patchlight_operators::operator(id).map(|operator| operator.id);
    let calls = args.call.iter().map(|id| known(id).ok_or_else(|| WrongUse(format!("--call {id}: nothing is called so"))));
    let calls = calls.collect::<Result<Vec<&'static str>, WrongUse>>()?;
    let patch = crate::cli::open(&args.patch)?;
    window::picture(&window::Picture {
        patch,
        path: &args.patch,
        out: &args.out,
        size,
        seconds: args.seconds,
        select: args.select.as_deref(),
        inside: args.inside.as_deref(),
        calls,
        point: args.point.as_deref(),
        look,
        scale: (args.scale.clamp(50, 400) as f32) / 100.0,
    })
}
