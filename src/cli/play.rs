//! `patchlight play`: in real time, without a window.

use crate::samples::SampleLibrary;
use clap::Args;
use patchlight_compile::{Compiler, StreamSpec};
use patchlight_device::{AudioDevice, AudioOptions, DeviceEvent, MidiPorts, no_wake, render_threads};
use patchlight_engine::{EngineConfig, Message, engine};
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

#[derive(Args)]
pub(crate) struct PlayArgs {
    patch: PathBuf,
    /// A part of the sound device's name; "null" for none
    #[arg(long)]
    device: Option<String>,
    /// Stop after so many seconds; otherwise Ctrl+C does
    #[arg(long)]
    seconds: Option<f64>,
    /// Frames the device takes at a time
    #[arg(long, default_value_t = 256)]
    buffer: u32,
    /// Threads that render, the audio thread among them; as many as the machine has cores, at most 4
    #[arg(long)]
    threads: Option<usize>,
    /// Print JSON at the end
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &PlayArgs) -> anyhow::Result<ExitCode> {
    let patch = super::open(&args.patch)?;
    let input = patch.modules.values().any(|module| module.kind == "io.audio_in");
    let options = AudioOptions { device: args.device.clone(), buffer_frames: args.buffer, input };
    let rate = AudioDevice::preferred_rate_hz(&options);
    let config = EngineConfig { threads: args.threads.unwrap_or_else(render_threads), ..EngineConfig::new(rate as f32) };
    let (mut controller, renderer) = engine(config);
    let mut compiler = Compiler::new(StreamSpec::offline(rate as f32), config);
    let update = compiler.update(&patch, &SampleLibrary::beside(&args.patch, rate));
    super::tell(&args.patch, &update.diagnostics);
    update.messages.into_iter().for_each(|message| controller.send(message));
    let telemetry = controller.telemetry().clone();
    // Only then is it measured what each module costs.
    telemetry.watch(args.json);
    let device = AudioDevice::start(renderer, options)?;
    let midi = MidiPorts::open(no_wake()).ok();
    let started = Instant::now();
    let (mut device_name, mut load_max) = (String::new(), 0.0_f32);
    while args.seconds.is_none_or(|seconds| started.elapsed().as_secs_f64() < seconds) {
        for event in device.events() {
            match event {
                DeviceEvent::Playing { name, sample_rate_hz, buffer_frames, .. } => {
                    eprintln!("playing on {name}, {sample_rate_hz} Hz, {buffer_frames} frames");
                    device_name = name;
                }
                DeviceEvent::Silent { why } => eprintln!("unheard: {why}"),
                DeviceEvent::NoInput { why } => eprintln!("no input: {why}"),
            }
        }
        for event in midi.iter().flat_map(MidiPorts::events) {
            controller.send(Message::Event { frame: 0, kind: event.kind });
        }
        controller.pump();
        load_max = load_max.max(telemetry.load());
        std::thread::sleep(Duration::from_millis(2));
    }
    let (xruns, load) = (telemetry.xruns(), telemetry.load());
    if args.json {
        let seconds = telemetry.frame() as f64 / f64::from(rate);
        let modules: Vec<_> = compiler
            .running()
            .map(|module| {
                let share = telemetry.share(module.slot as usize);
                json!({ "id": module.id, "kind": module.spec.id, "voices": module.voices, "share": share })
            })
            .collect();
        let voices = compiler.running().map(|module| module.voices).max().unwrap_or(0);
        return super::print_json(&json!({
            "device": device_name, "rate_hz": rate, "seconds": seconds, "xruns": xruns, "load": load, "load_max": load_max,
            "voices": voices, "modules": modules,
        }));
    }
    super::print_line(&format!("{xruns} xruns, load {:.0} % (at most {:.0} %)", load * 100.0, load_max * 100.0))
}
