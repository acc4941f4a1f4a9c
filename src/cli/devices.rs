//! `patchlight devices`: what can be opened.

use clap::Args;
use patchlight_device::list_devices;
use serde_json::json;
use std::process::ExitCode;

#[derive(Args)]
pub(crate) struct DevicesArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &DevicesArgs) -> anyhow::Result<ExitCode> {
    let list = list_devices();
    if args.json {
        let audio = list.audio.iter().map(|device| {
            json!({
                "name": device.name, "host": device.host, "outputs": device.output_channels, "inputs": device.input_channels,
                "rate_hz": device.default_rate_hz, "default": device.is_default,
            })
        });
        return super::print_json(&json!({
            "audio": audio.collect::<Vec<_>>(),
            "midi_inputs": list.midi_inputs, "midi_outputs": list.midi_outputs, "midi_unavailable": list.midi_unavailable,
        }));
    }
    if list.audio.is_empty() {
        super::print_line("sound: no device; patches run unheard and can be rendered with `patchlight render`")?;
    }
    for device in &list.audio {
        let mark = if device.is_default { "*" } else { " " };
        let (outputs, inputs) = (device.output_channels, device.input_channels);
        super::print_line(&format!(
            "sound {mark} {} ({}; {outputs} out, {inputs} in, {} Hz)",
            device.name, device.host, device.default_rate_hz
        ))?;
    }
    for name in &list.midi_inputs {
        super::print_line(&format!("midi in  {name}"))?;
    }
    for name in &list.midi_outputs {
        super::print_line(&format!("midi out {name}"))?;
    }
    if let Some(why) = &list.midi_unavailable {
        super::print_line(&format!("midi: none ({why})"))?;
    } else if list.midi_inputs.is_empty() {
        super::print_line("midi: no input is plugged in")?;
    }
    Ok(ExitCode::SUCCESS)
}
