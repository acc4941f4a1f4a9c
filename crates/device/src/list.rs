//! Which devices there are.

use crate::error::DeviceError;
use crate::midi_ports::MidiPorts;
use cpal::traits::{DeviceTrait, HostTrait};
use cpal::{Device, HostId};

/// A sound device that can be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudioDeviceInfo {
    pub name: String,
    /// The sound system that offers it.
    pub host: String,
    pub output_channels: u16,
    pub input_channels: u16,
    pub default_rate_hz: u32,
    pub is_default: bool,
}

/// All that can be opened.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct DeviceList {
    pub audio: Vec<AudioDeviceInfo>,
    pub midi_inputs: Vec<String>,
    pub midi_outputs: Vec<String>,
    /// Why there is no MIDI, if there is none.
    pub midi_unavailable: Option<String>,
}

/// Sound systems in the order in which they are tried: a sound server before bare hardware, so that other programs stay audible.
fn hosts() -> Vec<HostId> {
    let mut hosts = cpal::available_hosts();
    hosts.sort_by_key(|host| match host.name() {
        "PulseAudio" => 0,
        "PipeWire" => 1,
        _ => 2,
    });
    hosts
}

fn name_of(device: &Device) -> String {
    device.description().map_or_else(|_| "unnamed device".to_owned(), |description| description.name().to_owned())
}

/// Asks every sound system and the MIDI system. Takes a moment.
#[must_use]
pub fn list_devices() -> DeviceList {
    let mut list = DeviceList::default();
    for id in hosts() {
        let Ok(host) = cpal::host_from_id(id) else { continue };
        let default = host.default_output_device().map(|device| name_of(&device));
        let Ok(devices) = host.devices() else { continue };
        for device in devices {
            let name = name_of(&device);
            // A side that has no format cannot be opened: it is not listed.
            let output = device.default_output_config().ok();
            let input = device.default_input_config().ok();
            if output.is_none() && input.is_none() {
                continue;
            }
            list.audio.push(AudioDeviceInfo {
                is_default: list.audio.iter().all(|device| !device.is_default) && default.as_ref() == Some(&name),
                host: id.name().to_owned(),
                output_channels: output.as_ref().map_or(0, |config| config.channels()),
                input_channels: input.as_ref().map_or(0, |config| config.channels()),
                default_rate_hz: output.or(input).map_or(0, |config| config.sample_rate()),
                name,
            });
        }
    }
    match MidiPorts::names() {
        Ok((inputs, outputs)) => (list.midi_inputs, list.midi_outputs) = (inputs, outputs),
        Err(why) => list.midi_unavailable = Some(why),
    }
    list
}

/// The output device of this name (a part of it is enough, case does not matter), or the default one.
pub(crate) fn find_output(wanted: Option<&str>) -> Result<(Device, String), DeviceError> {
    let mut available = Vec::new();
    for id in hosts() {
        let Ok(host) = cpal::host_from_id(id) else { continue };
        let Some(wanted) = wanted else {
            if let Some(device) = host.default_output_device().filter(|device| device.default_output_config().is_ok()) {
                let name = name_of(&device);
                return Ok((device, name));
            }
            continue;
        };
        for device in host.output_devices().into_iter().flatten() {
            let name = name_of(&device);
            if name.to_lowercase().contains(&wanted.to_lowercase()) {
                return Ok((device, name));
            }
            available.push(name);
        }
    }
    match wanted {
        Some(name) if !available.is_empty() => {
            available.truncate(8);
            Err(DeviceError::Unknown { name: name.to_owned(), available: available.join(", ") })
        }
        _ => Err(DeviceError::NoDevice),
    }
}

/// The default input device of the first sound system that has one.
pub(crate) fn find_input() -> Result<(Device, String), DeviceError> {
    for id in hosts() {
        let Ok(host) = cpal::host_from_id(id) else { continue };
        if let Some(device) = host.default_input_device().filter(|device| device.default_input_config().is_ok()) {
            let name = name_of(&device);
            return Ok((device, name));
        }
    }
    Err(DeviceError::NoDevice)
}
