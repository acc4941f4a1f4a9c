//! Audio and MIDI streams, with a null device where there is none.
//!
//! The renderer is lent to whatever drives it: a sound card's callback, or a thread that only keeps time. When a device goes
//! away the renderer comes back, goes on under the null device, and returns to the card as soon as there is one: the patch
//! never stops and never starts anew.

mod audio;
mod error;
mod feed;
mod helpers;
mod list;
mod midi;
mod midi_ports;
mod null;
mod stream;
mod wake;

pub use audio::{AudioDevice, AudioOptions, DeviceEvent, NULL_DEVICE};
pub use error::DeviceError;
pub use helpers::render_threads;
pub use list::{AudioDeviceInfo, DeviceList, list_devices};
pub use midi::decode;
pub use midi_ports::{MidiEvent, MidiPorts};
pub use wake::{Wake, no_wake};
