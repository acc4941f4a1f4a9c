//! `patchlight render`: a bounce, faster than real time.

use super::WrongUse;
use crate::cpu_time::CpuTimer;
use crate::loudness::{Levels, Meter};
use crate::offline::Offline;
use crate::samples::SampleLibrary;
use crate::stems::stems;
use anyhow::Context;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use patchlight_core::{PortRef, parse_value};
use patchlight_media::{MidiSong, WavFormat, WavWriter, read_midi_file};
use patchlight_modules::LIBRARY;
use patchlight_patch::{Edit, Patch};
use serde::Serialize;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

#[derive(Args)]
pub(crate) struct RenderArgs {
    patch: PathBuf,
    /// The WAV file to write; without it the bounce is only measured
    #[arg(short)]
    out: Option<PathBuf>,
    /// How long; the length of the MIDI file and 3 s, or 30 s
    #[arg(long)]
    seconds: Option<f64>,
    /// Sample rate in Hz
    #[arg(long, default_value_t = 48_000)]
    rate: u32,
    /// Bits a sample: 16, 24 or 32 (floating point)
    #[arg(long, default_value_t = 24)]
    bits: u16,
    /// Frames asked of the engine at a time; the samples are the same for any
    #[arg(long, default_value_t = 512)]
    block: usize,
    /// Threads to render with; the samples are the same for any number
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// A MIDI file to play
    #[arg(long)]
    midi: Option<PathBuf>,
    /// Set a parameter, such as filter.cutoff_hz=440Hz
    #[arg(long, value_name = "MODULE.PARAM=VALUE")]
    set: Vec<String>,
    /// Write a file for each cable that ends at the output into this folder
    #[arg(long, value_name = "DIR")]
    stems: Option<PathBuf>,
    /// Print what was measured as JSON
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Report {
    seconds: f64,
    #[serde(flatten)]
    levels: Levels,
    /// Of this thread.
    cpu_secs: f64,
    /// By the processor's time where there is one thread, else by the clock.
    realtime_factor: f64,
    modules: usize,
    voices: usize,
}

pub(crate) fn run(args: &RenderArgs) -> anyhow::Result<ExitCode> {
    let format = WavFormat::from_bits(args.bits).ok_or_else(|| WrongUse(format!("--bits {}: choose 16, 24 or 32", args.bits)))?;
    check_numbers(args)?;
    let mut patch = super::open(&args.patch)?;
    for set in &args.set {
        apply_set(&mut patch, set)?;
    }
    let song = args.midi.as_deref().map(read_midi_file).transpose()?;
    song.iter().flat_map(|song| &song.warnings).for_each(|warning| eprintln!("{warning}"));
    let seconds = args.seconds.unwrap_or_else(|| song.as_ref().map_or(30.0, |song| song.duration_secs + 3.0));
    let samples = SampleLibrary::beside(&args.patch, args.rate);
    let mut job = Job { args, samples: &samples, song: song.as_ref(), frames: (seconds * f64::from(args.rate)).round() as u64, format };
    let report = job.bounce(&patch, args.out.as_deref(), true)?;
    if let Some(folder) = &args.stems {
        job.write_stems(&patch, folder)?;
    }
    if args.json { super::print_json(&report) } else { super::print_line(&report.summary(args.out.as_deref())) }
}

fn check_numbers(args: &RenderArgs) -> Result<(), WrongUse> {
    if !(8_000..=384_000).contains(&args.rate) {
        return Err(WrongUse(format!("--rate {}: choose from 8000 to 384000 Hz", args.rate)));
    }
    if args.block == 0 || args.block > 1 << 20 {
        return Err(WrongUse(format!("--block {}: choose from 1 to 1048576 frames", args.block)));
    }
    if !(1..=64).contains(&args.threads) {
        return Err(WrongUse(format!("--threads {}: choose from 1 to 64", args.threads)));
    }
    match args.seconds {
        Some(seconds) if !(seconds > 0.0 && seconds <= 86_400.0) => {
            Err(WrongUse(format!("--seconds {seconds}: choose above 0, up to 86400 (a day)")))
        }
        _ => Ok(()),
    }
}

/// `MODULE.PARAM=VALUE`, the value as it is typed on a knob.
fn apply_set(patch: &mut Patch, set: &str) -> anyhow::Result<()> {
    let wrong = |why: String| WrongUse(format!("--set {set}: {why}"));
    let (place, typed) = set.split_once('=').ok_or_else(|| wrong("write MODULE.PARAM=VALUE, such as filter.cutoff_hz=440Hz".to_owned()))?;
    let place: PortRef = place.parse().map_err(|error| wrong(format!("{error}")))?;
    let module = patch.module(place.module.as_str()).ok_or_else(|| {
        let ids: Vec<&str> = patch.modules.keys().map(|id| id.as_str()).collect();
        wrong(format!("the patch has no module \"{}\". It has: {}", place.module, ids.join(", ")))
    })?;
    let spec = LIBRARY.get(&module.kind).ok_or_else(|| wrong(format!("{} is of the unknown kind {}", place.module, module.kind)))?;
    let Some((_, param)) = spec.param(&place.port) else {
        let ids: Vec<&str> = spec.params.iter().map(|param| param.id).collect();
        return Err(wrong(format!("{} has no parameter \"{}\". It has: {}", spec.id, place.port, ids.join(", "))).into());
    };
    let value = parse_value(param, typed).map_err(|error| wrong(error.to_string()))?;
    patch.apply(Edit::set_param(place.module, place.port, value))?;
    Ok(())
}

struct Job<'a> {
    args: &'a RenderArgs,
    samples: &'a SampleLibrary,
    song: Option<&'a MidiSong>,
    frames: u64,
    format: WavFormat,
}

impl Job<'_> {
    fn bounce(&mut self, patch: &Patch, out: Option<&Path>, speaks: bool) -> anyhow::Result<Report> {
        let mut offline = Offline::new(patch, self.samples, self.args.rate, self.args.threads);
        if speaks {
            super::tell(&self.args.patch, offline.diagnostics());
        }
        if let Some(song) = self.song {
            offline.play_song(song);
        }
        let mut writer = out.map(|path| WavWriter::create(path, self.args.rate, self.format, 2)).transpose()?;
        let mut meter = Meter::new(self.args.rate);
        let (mut left, mut right) = (vec![0.0; self.args.block], vec![0.0; self.args.block]);
        let bar = progress(self.frames, out);
        let (mut cpu_secs, mut clock_secs) = (0.0, 0.0);
        let mut done = 0;
        while done < self.frames {
            let count = (self.args.block as u64).min(self.frames - done) as usize;
            let (left, right) = (&mut left[..count], &mut right[..count]);
            let (timer, started) = (CpuTimer::start(), Instant::now());
            offline.render(left, right);
            clock_secs += started.elapsed().as_secs_f64();
            cpu_secs += timer.cpu_secs();
            meter.add(left, right);
            if let Some(writer) = &mut writer {
                writer.write(&[&*left, &*right])?;
            }
            done += count as u64;
            bar.set_position(done);
        }
        bar.finish_and_clear();
        if let Some(writer) = writer {
            writer.finish()?;
        }
        let explain = offline.explain();
        let seconds = self.frames as f64 / f64::from(self.args.rate);
        let busy_secs: f64 = if self.args.threads > 1 { clock_secs } else { cpu_secs };
        Ok(Report {
            seconds,
            levels: meter.levels(),
            cpu_secs,
            realtime_factor: seconds / busy_secs.max(1e-9),
            modules: explain.order.len(),
            voices: explain.order.iter().map(|module| module.voices).max().unwrap_or(0),
        })
    }

    fn write_stems(&mut self, patch: &Patch, folder: &Path) -> anyhow::Result<()> {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let stems = stems(patch, &LIBRARY);
        if stems.is_empty() {
            anyhow::bail!("{}: no cable ends at an Audio Out, so there are no stems", self.args.patch.display());
        }
        for stem in stems {
            self.bounce(&stem.patch, Some(&folder.join(stem.file_name)), false)?;
        }
        Ok(())
    }
}

/// Shown on a terminal only.
fn progress(frames: u64, out: Option<&Path>) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{msg} [{bar:40}] {percent} %  {eta} left").unwrap_or_else(|_| ProgressStyle::default_bar());
    let message = out.map_or_else(|| "measuring".to_owned(), |path| path.display().to_string());
    ProgressBar::new(frames).with_style(style).with_message(message)
}

impl Report {
    fn summary(&self, out: Option<&Path>) -> String {
        let Levels { peak_dbfs, rms_dbfs, lufs, clipped_frames, nonfinite_frames } = self.levels;
        let place = out.map_or_else(String::new, |path| format!("{}: ", path.display()));
        let mut text = format!(
            "{place}{:.1} s, peak {peak_dbfs:.1} dBFS, RMS {rms_dbfs:.1} dBFS, {lufs:.1} LUFS, {:.0} times real time",
            self.seconds, self.realtime_factor
        );
        if clipped_frames > 0 {
            text.push_str(&format!(", {clipped_frames} frames clipped: turn the output down"));
        }
        if nonfinite_frames > 0 {
            text.push_str(&format!(", {nonfinite_frames} frames are not numbers"));
        }
        text
    }
}
