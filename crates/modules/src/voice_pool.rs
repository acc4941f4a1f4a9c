//! Which voice plays which note: the part of `io.note_in` that knows nothing of samples.

/// The most notes that one voice remembers as held.
const HELD: usize = 32;
const CHANNELS: usize = 16;

/// A key that was struck.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Note {
    /// 0 to 15.
    pub(crate) channel: u8,
    /// 0 to 127, 60 is C4.
    pub(crate) key: u8,
    /// Above 0, up to 1.
    pub(crate) velocity: f32,
}

impl Note {
    fn is_key(&self, channel: u8, key: u8) -> bool {
        self.channel == channel && self.key == key
    }
}

/// How notes share the voices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Poly,
    /// One voice; every note begins anew.
    Mono,
    /// One voice; notes that overlap do not begin anew.
    Legato,
}

/// Which of several held notes the one voice of mono and legato plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Priority {
    Last,
    High,
    Low,
}

/// A voice takes up a note.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Start {
    pub(crate) voice: usize,
    pub(crate) note: Note,
    /// The voice held a note until now and goes on to this one.
    pub(crate) overlaps: bool,
}

/// What one voice plays or played last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Playing {
    pub(crate) note: Note,
    /// Held by its key or the pedal.
    pub(crate) on: bool,
    /// The key is up; the pedal holds it.
    pedalled: bool,
    /// When it was last begun or released; 0 is never.
    moment: u64,
}

const IDLE: Playing = Playing { note: Note { channel: 0, key: 60, velocity: 0.0 }, on: false, pedalled: false, moment: 0 };

/// The voices, the keys that are held, and the pedals.
pub(crate) struct VoicePool {
    voices: Box<[Playing]>,
    /// Held notes in the order in which they were struck, each with whether its key is down.
    held: [(Note, bool); HELD],
    held_len: usize,
    pedals: [bool; CHANNELS],
    moment: u64,
}

impl VoicePool {
    pub(crate) fn new(voices: usize) -> Self {
        Self {
            voices: vec![IDLE; voices.max(1)].into_boxed_slice(),
            held: [(IDLE.note, false); HELD],
            held_len: 0,
            pedals: [false; CHANNELS],
            moment: 0,
        }
    }

    pub(crate) fn reset(&mut self) {
        self.voices.fill(IDLE);
        (self.held_len, self.pedals, self.moment) = (0, [false; CHANNELS], 0);
    }

    pub(crate) fn voices(&self) -> &[Playing] {
        &self.voices
    }

    /// Releases every note, whatever keys and pedals say.
    pub(crate) fn all_off(&mut self) {
        self.held_len = 0;
        self.pedals = [false; CHANNELS];
        self.release(|_| true);
    }

    /// Releases the note that has sounded longest, whatever holds it.
    pub(crate) fn end_oldest(&mut self) {
        let sounding = self.voices.iter().filter(|voice| voice.on);
        if let Some(oldest) = sounding.map(|voice| voice.moment).min() {
            self.release(|voice| voice.moment == oldest);
        }
    }

    pub(crate) fn note_on(&mut self, note: Note, mode: Mode, priority: Priority) -> Option<Start> {
        if mode == Mode::Poly {
            return Some(self.start(self.free_voice(note), note));
        }
        self.forget(|held| held.is_key(note.channel, note.key));
        if self.held_len == HELD {
            self.held.copy_within(1.., 0);
            self.held_len -= 1;
        }
        self.held[self.held_len] = (note, true);
        self.held_len += 1;
        self.play_held(priority)
    }

    pub(crate) fn note_off(&mut self, channel: u8, key: u8, mode: Mode, priority: Priority) -> Option<Start> {
        let pedal = self.pedals[usize::from(channel) % CHANNELS];
        if mode == Mode::Poly {
            if pedal {
                let held = self.voices.iter_mut().filter(|voice| voice.on && voice.note.is_key(channel, key));
                held.for_each(|voice| voice.pedalled = true);
            } else {
                self.release(|voice| voice.note.is_key(channel, key));
            }
            return None;
        }
        if pedal {
            let held = self.held[..self.held_len].iter_mut().filter(|(note, _)| note.is_key(channel, key));
            held.for_each(|(_, is_down)| *is_down = false);
            return None;
        }
        self.forget(|note| note.is_key(channel, key));
        self.play_held(priority)
    }

    /// Presses or lifts a channel's sustain pedal.
    pub(crate) fn pedal(&mut self, channel: u8, is_down: bool, mode: Mode, priority: Priority) -> Option<Start> {
        self.pedals[usize::from(channel) % CHANNELS] = is_down;
        if is_down {
            return None;
        }
        if mode == Mode::Poly {
            self.release(|voice| voice.pedalled && voice.note.channel == channel);
            return None;
        }
        let mut kept = 0;
        for index in 0..self.held_len {
            let (note, key_is_down) = self.held[index];
            if key_is_down || note.channel != channel {
                self.held[kept] = self.held[index];
                kept += 1;
            }
        }
        self.held_len = kept;
        self.play_held(priority)
    }

    /// The voice that already plays this key, else the one released longest ago, else the one begun longest ago.
    fn free_voice(&self, note: Note) -> usize {
        let same = self.voices.iter().position(|voice| voice.on && voice.note.is_key(note.channel, note.key));
        let oldest = || self.voices.iter().enumerate().min_by_key(|(_, voice)| (voice.on, voice.moment)).map(|(index, _)| index);
        same.or_else(oldest).unwrap_or(0)
    }

    fn start(&mut self, voice: usize, note: Note) -> Start {
        self.moment += 1;
        let overlaps = self.voices[voice].on;
        self.voices[voice] = Playing { note, on: true, pedalled: false, moment: self.moment };
        Start { voice, note, overlaps }
    }

    fn release(&mut self, which: impl Fn(&Playing) -> bool) {
        for voice in self.voices.iter_mut().filter(|voice| voice.on && which(voice)) {
            self.moment += 1;
            (voice.on, voice.pedalled, voice.moment) = (false, false, self.moment);
        }
    }

    fn forget(&mut self, which: impl Fn(&Note) -> bool) {
        let mut kept = 0;
        for index in 0..self.held_len {
            if !which(&self.held[index].0) {
                self.held[kept] = self.held[index];
                kept += 1;
            }
        }
        self.held_len = kept;
    }

    /// Lets the first voice play what the priority picks, if it does not yet.
    fn play_held(&mut self, priority: Priority) -> Option<Start> {
        let mut held = self.held[..self.held_len].iter().map(|(note, _)| *note);
        let picked = match priority {
            Priority::Last => held.next_back(),
            Priority::High => held.max_by_key(|note| note.key),
            Priority::Low => held.min_by_key(|note| note.key),
        };
        match picked {
            Some(note) if self.voices[0].on && self.voices[0].note == note => None,
            Some(note) => Some(self.start(0, note)),
            None => {
                self.release(|_| true);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Mode, Note, Priority, VoicePool};

    fn note(key: u8) -> Note {
        Note { channel: 0, key, velocity: 0.5 }
    }

    fn keys(pool: &VoicePool) -> Vec<u8> {
        pool.voices().iter().filter(|voice| voice.on).map(|voice| voice.note.key).collect()
    }

    #[test]
    fn poly_takes_the_voice_released_longest_ago_and_steals_the_oldest() {
        let mut pool = VoicePool::new(3);
        let on = |pool: &mut VoicePool, key| pool.note_on(note(key), Mode::Poly, Priority::Last).expect("it starts");
        assert_eq!([60, 62, 64].map(|key| on(&mut pool, key).voice), [0, 1, 2]);
        pool.note_off(0, 62, Mode::Poly, Priority::Last);
        pool.note_off(0, 60, Mode::Poly, Priority::Last);
        assert_eq!(on(&mut pool, 65).voice, 1);
        assert_eq!(on(&mut pool, 67).voice, 0);
        let stolen = on(&mut pool, 69);
        assert_eq!((stolen.voice, stolen.overlaps), (2, true));
        assert_eq!(on(&mut pool, 65).voice, 1, "a key that is struck again keeps its voice");
    }

    #[test]
    fn one_voice_plays_what_the_priority_picks_and_returns_to_held_keys() {
        for (priority, expected) in [(Priority::Last, 62), (Priority::High, 67), (Priority::Low, 60)] {
            let mut pool = VoicePool::new(4);
            for key in [60, 67, 62] {
                pool.note_on(note(key), Mode::Legato, priority);
            }
            assert_eq!(keys(&pool), [expected]);
        }
        let mut pool = VoicePool::new(1);
        pool.note_on(note(60), Mode::Mono, Priority::Last);
        pool.note_on(note(64), Mode::Mono, Priority::Last);
        let back = pool.note_off(0, 64, Mode::Mono, Priority::Last).expect("the first is still held");
        assert!(back.note.key == 60 && back.overlaps);
        pool.note_off(0, 60, Mode::Mono, Priority::Last);
        assert!(keys(&pool).is_empty());
    }

    #[test]
    fn the_pedal_holds_what_keys_let_go() {
        for mode in [Mode::Poly, Mode::Mono] {
            let mut pool = VoicePool::new(2);
            pool.pedal(0, true, mode, Priority::Last);
            pool.note_on(note(60), mode, Priority::Last);
            pool.note_off(0, 60, mode, Priority::Last);
            assert_eq!(keys(&pool), [60]);
            pool.pedal(0, false, mode, Priority::Last);
            assert!(keys(&pool).is_empty());
        }
    }
}
