//! What is written on cables and said of signals.

use crate::state::Document;
use patchlight_core::{PortRef, SignalKind, Unit, note_name};
use patchlight_patch::CableId;

/// What the amount of a cable does, in the words of where it ends: `+0.80 oct` at a cutoff, `−6.0 dB` at an audio input.
#[must_use]
pub fn amount_text(document: &Document, id: &CableId, amount: f32) -> String {
    let spec = document.patch.module(id.to.module.as_str()).and_then(|module| document.library.get(&module.kind));
    if let Some((_, param)) = spec.and_then(|spec| spec.param(&id.to.port)) {
        return param.unit.format_amount(amount);
    }
    match spec.and_then(|spec| spec.input(&id.to.port)).map(|(_, port)| port.kind) {
        Some(SignalKind::Audio) if amount == 0.0 => "−∞ dB".to_owned(),
        Some(SignalKind::Audio) if amount < 0.0 => format!("inverted {}", Unit::Db.format(gain_db(-amount))),
        Some(SignalKind::Audio) => Unit::Db.format(gain_db(amount)),
        _ => format!("× {amount:.2}").replace('-', "−"),
    }
}

/// The text of the pill in the middle of a cable, or `None` where it is plain and need not be shown.
#[must_use]
pub fn pill_text(document: &Document, id: &CableId, selected: bool) -> Option<String> {
    let cable = document.patch.cables.get(id)?;
    match (cable.on, selected || cable.amount != 1.0) {
        (false, _) => Some("off".to_owned()),
        (true, true) => Some(amount_text(document, id, cable.amount)),
        (true, false) => None,
    }
}

/// `Ladder cutoff`: a port by the names that are on the screen.
#[must_use]
pub fn port_text(document: &Document, port: &PortRef) -> String {
    let spec = document.patch.module(port.module.as_str()).and_then(|module| document.library.get(&module.kind));
    let param = spec.and_then(|spec| spec.param(&port.port)).map(|(_, param)| param.name());
    let name = param.unwrap_or_else(|| port.port.replace('_', " "));
    format!("{} {name}", document.patch.label(port.module.as_str(), &document.library))
}

/// The newest value of a signal as its kind is read: a level, a note, on or off, a number.
#[must_use]
pub fn value_text(kind: SignalKind, rms: f32, last: f32) -> String {
    match kind {
        SignalKind::Audio if rms <= 1e-5 => "silent".to_owned(),
        SignalKind::Audio => format!("{:.1} dB", gain_db(rms)).replace('-', "−"),
        SignalKind::Pitch => note_name(last * 12.0),
        SignalKind::Gate => (if last > 0.5 { "on" } else { "off" }).to_owned(),
        SignalKind::Control => format!("{last:+.2}").replace('-', "−"),
    }
}

/// A factor in decibels; no less than −120.
#[must_use]
pub fn gain_db(gain: f32) -> f32 {
    20.0 * gain.max(1e-6).log10()
}

#[cfg(test)]
mod tests {
    use super::value_text;
    use patchlight_core::SignalKind;

    #[test]
    fn signals_are_told_as_they_are_read() {
        assert_eq!(value_text(SignalKind::Audio, 0.5, 0.1), "−6.0 dB");
        assert_eq!(value_text(SignalKind::Audio, 0.0, 0.0), "silent");
        assert_eq!(value_text(SignalKind::Pitch, 0.0, -1.0), "C3");
        assert_eq!(value_text(SignalKind::Gate, 0.0, 1.0), "on");
        assert_eq!(value_text(SignalKind::Control, 0.0, -0.5), "−0.50");
    }
}
