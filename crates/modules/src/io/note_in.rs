//! Note in: what a player does, on keys of any kind, as pitch, gate and expression for each voice.
//!
//! Poly gives each note a voice: the one released longest ago, else the one that began longest ago. A voice that is taken
//! while its gate is on drops the gate for one frame, so that envelopes begin again. Mono and legato play one voice with
//! the note that the priority picks among the held ones. Every event takes effect on its own frame.
//!
//! With MPE on, channel 1 speaks to all voices and each other channel to its own notes (MIDI Polyphonic Expression 1.0, the
//! lower zone), with the bend range that the specification gives, 48 semitones.
//!
//! Face cells: [0] voices that sound, [1] semitones from C4 of the newest note, [2] its velocity, [3] its gate.

use crate::voice_pool::{Mode, Note, Priority, Start, VoicePool};
use patchlight_core::{ModuleSpec, Voices, choice, control, gate, integer, module, pitch, preset, secs, semitones, toggle};
use patchlight_engine::{BLOCK, BuildContext, EventKind, FACE, Io, KeyTuning, Param, Unit};

const MODE: usize = 1;
const GLIDE: usize = 2;
const BEND_RANGE: usize = 3;
const TRANSPOSE: usize = 4;
const PRIORITY: usize = 5;
const CHANNEL: usize = 6;
const KEY_LOW: usize = 7;
const KEY_HIGH: usize = 8;
const MPE: usize = 9;
const PARAMS: usize = 10;

pub const SPEC: ModuleSpec = module("io.note_in", "Note in")
    .about("Plays a patch from MIDI keys, the computer's keys or the keys on screen. Try pitch into analog, gate into adsr.")
    .tags(&["midi", "keyboard", "keys", "piano", "play", "poly", "mono", "legato", "glide", "portamento", "mpe"])
    .params(&[
        integer("voices", 1..=32, 8).about("How many notes sound at once; everything behind has as many voices").structural(),
        choice("mode", &["poly", "mono", "legato"], 0)
            .about("Poly plays chords; mono one note; legato does not begin overlapping notes anew"),
        secs("glide_secs", 0.0..=10.0, 0.0).about("Time to slide from one note to the next; in legato only between notes that overlap"),
        semitones("bend_range_semitones", 0.0..=48.0, 2.0).about("How far the pitch wheel bends").hidden(),
        semitones("transpose_semitones", -48.0..=48.0, 0.0).about("Moves all notes up or down"),
        choice("priority", &["last", "high", "low"], 0).about("The held note that mono and legato play").hidden(),
        integer("channel", 0..=16, 0).about("Listens to this MIDI channel only; 0 listens to all").hidden(),
        integer("key_low", 0..=127, 0).about("Notes below this key are left to others; 60 is C4").hidden(),
        integer("key_high", 0..=127, 127).about("Notes above this key are left to others; 60 is C4").hidden(),
        toggle("mpe", false).about("Each note has a MIDI channel of its own, for keyboards that bend and press single notes").hidden(),
    ])
    .presets(&[
        preset("Mono bass", "bass mono", "voices 1; mode legato; glide_secs 0.06; priority low"),
        preset("Legato lead", "lead mono", "voices 1; mode legato; glide_secs 0.12"),
        preset("Big chords", "pad poly", "voices 16"),
        preset("MPE keyboard", "mpe expressive", "voices 15; mpe on; bend_range_semitones 48"),
        preset("Left hand", "split bass", "voices 4; key_high 59"),
        preset("Right hand", "split lead", "voices 8; key_low 60"),
    ])
    .outputs(&[
        pitch("pitch", "Pitch of each voice, with bend and glide"),
        gate("gate", "On while a note is held by its key or the pedal"),
        control("velocity", "How hard the note was struck, 0 to 1"),
        control("pressure", "Aftertouch of the note or its channel, 0 to 1"),
        control("mod_wheel", "Controller 1, 0 to 1"),
        control("slide", "Controller 74, brightness, the third axis of MPE, 0 to 1"),
    ])
    .voices(Voices::Source);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    Box::new(NoteIn {
        pool: VoicePool::new(context.voices),
        sounding: vec![Sounding::default(); context.voices.max(1)].into_boxed_slice(),
        channels: [Channel::default(); 16],
        mode: Mode::Poly,
        newest: 0,
        shed: 0,
        smoothing: 1.0 - (-1.0 / (SMOOTHING_SECS * context.sample_rate_hz)).exp(),
    })
}

/// Wheels and pressure come in 128 steps: they glide with this time constant.
const SMOOTHING_SECS: f32 = 0.003;
/// Of a single note's bend, as the MPE specification gives it.
const MPE_BEND_SEMITONES: f32 = 48.0;

/// What a channel's wheels and controllers say, or what moves a voice.
#[derive(Clone, Copy, Default)]
struct Channel {
    bend: f32,
    pressure: f32,
    mod_wheel: f32,
    slide: f32,
}

/// What one voice puts out.
#[derive(Clone, Copy, Default)]
struct Sounding {
    /// Octaves from C4, on its way to the note's.
    pitch: f32,
    /// Octaves between the note before and this one, travelled in the glide time.
    distance: f32,
    key_pressure: f32,
    /// What moves the voice, smoothed; the bend in semitones.
    channel: Channel,
    /// The gate was on in the last frame.
    gate: bool,
    /// The gate is off for one frame.
    drops: bool,
    has_played: bool,
}

struct NoteIn {
    pool: VoicePool,
    sounding: Box<[Sounding]>,
    channels: [Channel; 16],
    mode: Mode,
    newest: usize,
    /// Voices that were ended for lack of time, of those asked for.
    shed: u32,
    smoothing: f32,
}

/// What a key is tuned to.
fn octaves(tuning: &KeyTuning, key: u8) -> f32 {
    tuning.octaves(f32::from(key) - 60.0)
}

type Params<'a> = [Param<'a>; PARAMS];

impl NoteIn {
    /// What keys, wheels and controllers say to a voice; the bend in semitones.
    fn expression(&self, voice: usize, frame: usize, params: &Params<'_>) -> Channel {
        let number = usize::from(self.pool.voices()[voice].note.channel) % 16;
        let (own, all) = (self.channels[number], self.channels[0]);
        let pressed = own.pressure.max(self.sounding[voice].key_pressure);
        let range = params[BEND_RANGE].at(frame, voice);
        if params[MPE].at(frame, voice) < 0.5 {
            return Channel { bend: own.bend * range, pressure: pressed, ..own };
        }
        let own_bend = if number == 0 { 0.0 } else { own.bend * MPE_BEND_SEMITONES };
        Channel {
            bend: own_bend + all.bend * range,
            pressure: pressed.max(all.pressure),
            mod_wheel: own.mod_wheel.max(all.mod_wheel),
            slide: own.slide.max(all.slide),
        }
    }

    fn start(&mut self, start: Start, frame: usize, params: &Params<'_>, tuning: &KeyTuning) {
        let Start { voice, note, overlaps } = start;
        let is_tied = overlaps && self.mode == Mode::Legato;
        let sounding = &mut self.sounding[voice];
        let glides = sounding.has_played && (is_tied || self.mode != Mode::Legato) && params[GLIDE].at(frame, voice) > 0.0;
        if glides {
            sounding.distance = (octaves(tuning, note.key) - sounding.pitch).abs();
        } else {
            sounding.pitch = octaves(tuning, note.key);
        }
        sounding.has_played = true;
        if !is_tied {
            sounding.drops = sounding.gate;
            sounding.key_pressure = 0.0;
            self.sounding[voice].channel = self.expression(voice, frame, params);
        }
        self.newest = voice;
    }

    /// Takes an event at a frame.
    fn take(&mut self, kind: EventKind, frame: usize, params: &Params<'_>, tuning: &KeyTuning) {
        let at = |index: usize| params[index].at(frame, 0);
        let hears = |channel: u8| at(CHANNEL) < 0.5 || f32::from(channel) + 1.0 == at(CHANNEL);
        let mode = [Mode::Poly, Mode::Mono, Mode::Legato][(at(MODE) as usize).min(2)];
        let priority = [Priority::Last, Priority::High, Priority::Low][(at(PRIORITY) as usize).min(2)];
        if mode != self.mode {
            self.pool.all_off();
            self.mode = mode;
        }
        let started = match kind {
            EventKind::NoteOn { channel, key, velocity } => {
                let is_ours = hears(channel) && (at(KEY_LOW)..=at(KEY_HIGH)).contains(&f32::from(key));
                if is_ours { self.pool.note_on(Note { channel, key, velocity }, mode, priority) } else { None }
            }
            EventKind::NoteOff { channel, key } => self.pool.note_off(channel, key, mode, priority),
            EventKind::AllNotesOff => {
                self.pool.all_off();
                None
            }
            EventKind::Control { channel, number, value } if hears(channel) => {
                self.control(channel, number, value, mode, priority, at(MPE) >= 0.5)
            }
            EventKind::PitchBend { channel, amount } if hears(channel) => {
                self.channels[usize::from(channel) % 16].bend = amount;
                None
            }
            EventKind::Pressure { channel, amount } if hears(channel) => {
                self.channels[usize::from(channel) % 16].pressure = amount;
                None
            }
            EventKind::KeyPressure { channel, key, amount } => {
                for (voice, sounding) in self.pool.voices().iter().zip(&mut self.sounding) {
                    if voice.on && voice.note.channel == channel && voice.note.key == key {
                        sounding.key_pressure = amount;
                    }
                }
                None
            }
            EventKind::Control { .. } | EventKind::PitchBend { .. } | EventKind::Pressure { .. } => None,
        };
        if let Some(started) = started {
            self.start(started, frame, params, tuning);
        }
    }

    fn control(&mut self, channel: u8, number: u8, value: f32, mode: Mode, priority: Priority, is_mpe: bool) -> Option<Start> {
        const MOD_WHEEL: u8 = 1;
        const SUSTAIN: u8 = 64;
        const BRIGHTNESS: u8 = 74;
        const ALL_SOUND_OFF: u8 = 120;
        const ALL_NOTES_OFF: u8 = 123;
        let heard = &mut self.channels[usize::from(channel) % 16];
        match number {
            MOD_WHEEL => heard.mod_wheel = value,
            BRIGHTNESS => heard.slide = value,
            ALL_SOUND_OFF | ALL_NOTES_OFF => self.pool.all_off(),
            // The pedal of the MPE zone's main channel is everyone's.
            SUSTAIN if is_mpe && channel == 0 => {
                return (0..16).fold(None, |started, channel| self.pool.pedal(channel, value >= 0.5, mode, priority).or(started));
            }
            SUSTAIN => return self.pool.pedal(channel, value >= 0.5, mode, priority),
            _ => {}
        }
        None
    }

    /// Whether nothing of a voice changes from this frame on, until the next event.
    fn is_settled(&self, voice: usize, frame: usize, params: &Params<'_>, tuning: &KeyTuning) -> bool {
        if frame >= BLOCK || [GLIDE, TRANSPOSE, BEND_RANGE, MPE].iter().any(|index| params[*index].constant().is_none()) {
            return false;
        }
        let (playing, sounding) = (&self.pool.voices()[voice], &self.sounding[voice]);
        let (wanted, now) = (self.expression(voice, frame, params), sounding.channel);
        // What is smoothed comes so near that a step is lost to rounding.
        let rests = |now: f32, target: f32| now + (target - now) * self.smoothing == now;
        sounding.pitch == octaves(tuning, playing.note.key)
            && sounding.gate == playing.on
            && !sounding.drops
            && rests(now.bend, wanted.bend)
            && rests(now.pressure, wanted.pressure)
            && rests(now.mod_wheel, wanted.mod_wheel)
            && rests(now.slide, wanted.slide)
    }

    /// Renders frames between events. `awake` has a bit for each voice.
    fn render(&mut self, io: &mut Io<'_>, frames: std::ops::Range<usize>, awake: u32, params: &Params<'_>) {
        let (rate_hz, tuning) = (io.sample_rate_hz(), io.tuning());
        let [mut pitch, mut gate, mut velocity, mut pressure, mut mod_wheel, mut slide] = io.outputs();
        for voice in (0..self.sounding.len()).filter(|voice| awake & 1 << voice != 0) {
            let playing = self.pool.voices()[voice];
            if self.is_settled(voice, frames.start, params, tuning) {
                let sounding = &self.sounding[voice];
                let bend_semitones = sounding.channel.bend + params[TRANSPOSE].at(frames.start, voice);
                pitch.row(0, voice)[frames.clone()].fill(sounding.pitch + bend_semitones / 12.0);
                gate.row(0, voice)[frames.clone()].fill(if sounding.gate { 1.0 } else { 0.0 });
                velocity.row(0, voice)[frames.clone()].fill(playing.note.velocity);
                pressure.row(0, voice)[frames.clone()].fill(sounding.channel.pressure);
                mod_wheel.row(0, voice)[frames.clone()].fill(sounding.channel.mod_wheel);
                slide.row(0, voice)[frames.clone()].fill(sounding.channel.slide);
                continue;
            }
            for n in frames.clone() {
                let wanted = self.expression(voice, n, params);
                let sounding = &mut self.sounding[voice];
                let glide_frames = params[GLIDE].at(n, voice) * rate_hz;
                let left = octaves(tuning, playing.note.key) - sounding.pitch;
                let step = if glide_frames > 1.0 { sounding.distance / glide_frames } else { f32::MAX };
                sounding.pitch = if left.abs() <= step { octaves(tuning, playing.note.key) } else { sounding.pitch + step.copysign(left) };

                let smoothed = &mut sounding.channel;
                let toward = |value: &mut f32, target: f32| *value += (target - *value) * self.smoothing;
                toward(&mut smoothed.bend, wanted.bend);
                toward(&mut smoothed.pressure, wanted.pressure);
                toward(&mut smoothed.mod_wheel, wanted.mod_wheel);
                toward(&mut smoothed.slide, wanted.slide);

                let bend_semitones = smoothed.bend + params[TRANSPOSE].at(n, voice);
                sounding.gate = playing.on && !std::mem::take(&mut sounding.drops);
                pitch.row(0, voice)[n] = sounding.pitch + bend_semitones / 12.0;
                gate.row(0, voice)[n] = if sounding.gate { 1.0 } else { 0.0 };
                velocity.row(0, voice)[n] = playing.note.velocity;
                pressure.row(0, voice)[n] = smoothed.pressure;
                mod_wheel.row(0, voice)[n] = smoothed.mod_wheel;
                slide.row(0, voice)[n] = smoothed.slide;
            }
        }
    }
}

impl Unit for NoteIn {
    fn process(&mut self, io: &mut Io<'_>) {
        while self.shed < io.voices_shed() {
            self.shed += 1;
            self.pool.end_oldest();
        }
        let mut rendered = 0;
        let mut taken = 0;
        // An event may wake any voice, and what it put out earlier in the block is read too.
        let is_calm = io.events().next().is_none();
        if is_calm && (0..self.sounding.len()).all(|voice| !io.is_awake(voice)) {
            // What a note holds is awake: nothing is held.
            io.hold_voices(0);
            return;
        }
        let params: Params<'_> = std::array::from_fn(|index| io.param(index));
        let awake = (0..self.sounding.len()).fold(0, |awake, voice| awake | u32::from(!is_calm || io.is_awake(voice)) << voice);
        loop {
            let next = io.events().nth(taken);
            let Some(event) = next else { break };
            let frame = event.offset as usize;
            self.render(io, rendered..frame, awake, &params);
            self.take(event.kind, frame, &params, io.tuning());
            rendered = frame;
            taken += 1;
        }
        self.render(io, rendered..io.frames(), awake, &params);
        let held = self.pool.voices().iter().enumerate().filter(|(_, voice)| voice.on);
        io.hold_voices(held.fold(0, |held, (voice, _)| held | 1 << voice));
    }

    fn reset(&mut self) {
        self.pool.reset();
        self.sounding.fill(Sounding::default());
        self.channels = [Channel::default(); 16];
        (self.mode, self.newest) = (Mode::Poly, 0);
    }

    fn telemetry(&self, _lane: usize, face: &mut [f32; FACE]) {
        let newest = &self.pool.voices()[self.newest];
        face[0] = self.pool.voices().iter().filter(|voice| voice.on).count() as f32;
        face[1] = f32::from(newest.note.key) - 60.0;
        face[2] = newest.note.velocity;
        face[3] = if newest.on { 1.0 } else { 0.0 };
    }
}

#[cfg(test)]
mod tests {
    use super::{SPEC, build};
    use patchlight_engine::EventKind::{AllNotesOff, Control, KeyPressure, NoteOff, NoteOn, PitchBend};
    use patchlight_engine::{EventKind, Rendered, Solo, SoloConfig, Strain};

    const PITCH: usize = 0;
    const GATE: usize = 1;

    fn on(key: u8) -> EventKind {
        NoteOn { channel: 0, key, velocity: 0.5 }
    }

    fn off(key: u8) -> EventKind {
        NoteOff { channel: 0, key }
    }

    fn play(voices: usize, params: &[(&'static str, f32)], events: &[(u64, EventKind)]) -> Rendered {
        let config = SoloConfig { voices, params: params.to_vec(), ..SoloConfig::default() };
        let mut solo = Solo::new(&SPEC, build, &config, &[]);
        events.iter().for_each(|(frame, kind)| solo.event(*frame, *kind));
        solo.run(9600, 64)
    }

    fn rises(row: &[f32]) -> Vec<usize> {
        (0..row.len()).filter(|n| row[*n] > 0.5 && (*n == 0 || row[n - 1] <= 0.5)).collect()
    }

    #[test]
    fn events_take_effect_on_their_frame() {
        let rendered = play(4, &[], &[(100, on(72)), (333, on(48)), (1001, off(72)), (2000, AllNotesOff)]);
        let gates = &rendered.outputs[GATE];
        assert_eq!((gates[0][99], gates[0][100], gates[0][1000], gates[0][1001]), (0.0, 1.0, 1.0, 0.0));
        assert_eq!((gates[1][332], gates[1][333], gates[1][1999], gates[1][2000]), (0.0, 1.0, 1.0, 0.0));
        assert_eq!((rendered.outputs[PITCH][0][100], rendered.outputs[PITCH][1][333]), (1.0, -1.0));
        assert_eq!(rendered.outputs[2][0][100], 0.5);
    }

    #[test]
    fn a_stolen_voice_drops_its_gate_for_one_frame() {
        let rendered = play(1, &[], &[(100, on(60)), (500, on(64))]);
        let gate = &rendered.outputs[GATE][0];
        assert_eq!([499, 500, 501].map(|n| gate[n]), [1.0, 0.0, 1.0]);
        let legato = play(1, &[("mode", 2.0)], &[(100, on(60)), (500, on(64)), (700, off(64))]);
        assert_eq!(rises(&legato.outputs[GATE][0]), [100]);
        assert_eq!([600, 800].map(|n| (legato.outputs[PITCH][0][n] * 12.0).round()), [4.0, 0.0]);
        let mono = play(1, &[("mode", 1.0)], &[(100, on(60)), (500, on(64)), (700, off(64))]);
        assert_eq!(rises(&mono.outputs[GATE][0]), [100, 501, 701]);
    }

    #[test]
    fn under_strain_the_oldest_note_ends_first() {
        let mut solo = Solo::new(&SPEC, build, &SoloConfig { voices: 3, ..SoloConfig::default() }, &[]);
        [60, 64, 67].into_iter().enumerate().for_each(|(number, key)| solo.event(10 * number as u64, on(key)));
        let gates = |rendered: &Rendered| [0, 1, 2].map(|voice| rendered.outputs[GATE][voice][639]);
        assert_eq!(gates(&solo.run(640, 64)), [1.0, 1.0, 1.0]);
        solo.set_strain(Strain::Voices, 1);
        assert_eq!(gates(&solo.run(640, 64)), [0.0, 1.0, 1.0]);
        assert_eq!(gates(&solo.run(640, 64)), [0.0, 1.0, 1.0], "one is asked for, one ends");
        solo.set_strain(Strain::Voices, 2);
        assert_eq!(gates(&solo.run(640, 64)), [0.0, 0.0, 1.0]);
    }

    #[test]
    fn a_glide_takes_its_time() {
        let rendered = play(1, &[("mode", 2.0), ("glide_secs", 0.1)], &[(100, on(60)), (1000, on(72))]);
        let pitch = &rendered.outputs[PITCH][0];
        assert_eq!(pitch[999], 0.0, "the first note does not glide");
        assert!((pitch[1000 + 2399] - 0.5).abs() < 1e-3);
        assert!(pitch[1000 + 4750] < 1.0 && pitch[1000 + 4850] == 1.0);
    }

    #[test]
    fn wheels_bend_and_mpe_bends_single_notes() {
        let bend = |channel: u8| PitchBend { channel, amount: 0.5 };
        let notes = [(0, NoteOn { channel: 1, key: 60, velocity: 1.0 }), (0, NoteOn { channel: 2, key: 67, velocity: 1.0 })];
        let play_bent = |params: &[(&'static str, f32)], channel: u8| {
            let rendered = play(2, params, &[notes[0], notes[1], (100, bend(channel))]);
            [0, 1].map(|voice| rendered.outputs[PITCH][voice][9599] * 12.0)
        };
        let close = |found: [f32; 2], expected: [f32; 2]| (0..2).all(|i| (found[i] - expected[i]).abs() < 1e-3);
        assert!(close(play_bent(&[], 1), [1.0, 7.0]));
        assert!(close(play_bent(&[("mpe", 1.0)], 1), [24.0, 7.0]));
        assert!(close(play_bent(&[("mpe", 1.0)], 0), [1.0, 8.0]));
    }

    #[test]
    fn pressure_wheel_and_filters_reach_the_right_notes() {
        let press = KeyPressure { channel: 0, key: 60, amount: 0.8 };
        let wheel = Control { channel: 0, number: 1, value: 0.6 };
        let rendered = play(2, &[], &[(0, on(60)), (0, on(64)), (50, press), (50, wheel)]);
        let last = |output: usize, voice: usize| rendered.outputs[output][voice][9599];
        assert!((last(3, 0) - 0.8).abs() < 1e-3 && last(3, 1) == 0.0);
        assert!((last(4, 0) - 0.6).abs() < 1e-3 && (last(4, 1) - 0.6).abs() < 1e-3);
        let split = play(1, &[("key_low", 62.0), ("channel", 1.0)], &[(0, on(60)), (9, NoteOn { channel: 3, key: 70, velocity: 1.0 })]);
        assert!(split.outputs[GATE][0].iter().all(|gate| *gate == 0.0));
    }
}
