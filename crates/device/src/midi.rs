//! MIDI bytes to events. Needs no port, so it is tested everywhere.

use patchlight_engine::EventKind;

/// Decodes one channel message (with its status byte). `None` for what the engine has no use for: clock, system exclusive, program change.
#[must_use]
pub fn decode(bytes: &[u8]) -> Option<EventKind> {
    let &[status, ref data @ ..] = bytes else { return None };
    let channel = status & 0x0f;
    let seven_bit = |value: u8| f32::from(value & 0x7f) / 127.0;
    match (status & 0xf0, data) {
        // A note on with velocity 0 is a note off (MIDI 1.0, "running status").
        (0x80, [key, ..]) | (0x90, [key, 0, ..]) => Some(EventKind::NoteOff { channel, key: key & 0x7f }),
        (0x90, [key, velocity, ..]) => Some(EventKind::NoteOn { channel, key: key & 0x7f, velocity: seven_bit(*velocity) }),
        (0xa0, [key, amount, ..]) => Some(EventKind::KeyPressure { channel, key: key & 0x7f, amount: seven_bit(*amount) }),
        // All sound off, all notes off.
        (0xb0, [120 | 123, ..]) => Some(EventKind::AllNotesOff),
        (0xb0, [number, value, ..]) => Some(EventKind::Control { channel, number: number & 0x7f, value: seven_bit(*value) }),
        (0xd0, [amount, ..]) => Some(EventKind::Pressure { channel, amount: seven_bit(*amount) }),
        (0xe0, [low, high, ..]) => {
            let bend = (i32::from(high & 0x7f) << 7 | i32::from(low & 0x7f)) - 8192;
            Some(EventKind::PitchBend { channel, amount: (bend as f32 / 8191.0).max(-1.0) })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::decode;
    use patchlight_engine::EventKind;

    #[test]
    fn channel_messages_are_understood() {
        assert_eq!(decode(&[0x92, 60, 127]), Some(EventKind::NoteOn { channel: 2, key: 60, velocity: 1.0 }));
        assert_eq!(decode(&[0x92, 60, 0]), Some(EventKind::NoteOff { channel: 2, key: 60 }));
        assert_eq!(decode(&[0x80, 60, 64]), Some(EventKind::NoteOff { channel: 0, key: 60 }));
        assert_eq!(decode(&[0xe0, 0, 64]), Some(EventKind::PitchBend { channel: 0, amount: 0.0 }));
        assert_eq!(decode(&[0xe0, 127, 127]), Some(EventKind::PitchBend { channel: 0, amount: 1.0 }));
        assert_eq!(decode(&[0xe0, 0, 0]), Some(EventKind::PitchBend { channel: 0, amount: -1.0 }));
        assert_eq!(decode(&[0xb0, 1, 127]), Some(EventKind::Control { channel: 0, number: 1, value: 1.0 }));
        assert_eq!(decode(&[0xb5, 123, 0]), Some(EventKind::AllNotesOff));
    }

    #[test]
    fn no_bytes_whatever_are_trouble() {
        for status in 0..=255 {
            for len in 0..4 {
                let bytes = [status, 200, 255, 7];
                let _ = decode(&bytes[..len]);
            }
        }
    }
}
