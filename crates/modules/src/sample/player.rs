//! Sample player: one-shot, loop, ping-pong and reverse, at any pitch, without clicks.
//!
//! Each voice has two heads. What would jump (a new stroke, a loop with a crossfade, a region that moves away under the head)
//! hands over from one head to the other, the old fading out while the new fades in; a stroke from the very start of the file
//! keeps its attack, since the file itself begins there. Between frames the sound is computed by a sixteen-tap sinc under a
//! Kaiser window (signal to noise over 95 dB for 1, 5 and 10 kHz a fifth up and down) or by Catmull–Rom's cubic, which is also what
//! plays while the processor cannot keep up. A new sample
//! replaces the old when all voices have faded out; the old is handed back at the next exchange.
//!
//! Telemetry: `[0]` play head of the first voice, 0 to 1 of the file; `[1]` 1 while it sounds.

mod head;
mod voice;

use crate::dsp::SincTable;
use crate::glide::gain_from_db;
use patchlight_core::{Face, ModuleSpec, audio, choice, db, gate, module, percent, pitch, sample_file, secs, semitones, unit};
use patchlight_engine::{BuildContext, Data, FACE, Io, Param, Sample, Strain, Unit};
use std::mem;
use std::sync::Arc;
use voice::{Frame, Mode, Voice};

const MODE: usize = 0;
const START: usize = 1;
const END: usize = 2;
const PITCH: usize = 3;
const SPEED: usize = 4;
const CROSSFADE: usize = 5;
const QUALITY: usize = 6;
const LEVEL: usize = 7;

pub const SPEC: ModuleSpec = module("sample.player", "Sample player")
    .about("Plays a sound file: once, in a loop, forth and back, or backwards, at any pitch. Try steps into trig.")
    .tags(&["sampler", "file", "wav", "loop", "one-shot", "break", "drum", "reverse", "recording"])
    .inputs(&[
        gate("trig", "A rising edge plays from the start"),
        gate("gate", "Plays while it is on, and fades out when it goes off"),
        pitch("pitch", "Transposes by octaves; at 0 (C4) the file sounds as recorded"),
    ])
    .params(&[
        choice("mode", &["one-shot", "loop", "ping-pong", "reverse"], 0).about("What happens at the end; reverse plays once from there"),
        percent("start", 0.0).about("Where playing begins, as a share of the file"),
        percent("end", 1.0).about("Where playing ends or turns, as a share of the file"),
        semitones("pitch_semitones", -48.0..=48.0, 0.0).about("Transposes; the speed goes along, as on tape"),
        unit("speed", 0.0..=4.0, 1.0).about("Speed of the tape: 1 is as recorded, 0 holds still"),
        secs("crossfade_secs", 0.0..=1.0, 0.005)
            .about("Loop only: blends the end into what lies before the start, as far as there is something")
            .hidden(),
        choice("quality", &["sinc", "cubic"], 0).about("Sinc is clean; cubic is cheaper and duller").hidden(),
        db("level_db", -60.0..=12.0, 0.0).about("Loudness; −60 dB is off"),
    ])
    .data(&[sample_file("sample", "The sound file to play")])
    .outputs(&[audio("out", "The sound of the file").stereo()])
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    Box::new(Player {
        sample: context.data(0).sample().cloned(),
        arriving: None,
        spare: Data::None,
        is_changing: false,
        voices: vec![Voice::default(); context.voices.max(1)],
        sinc: SincTable::shared(),
    })
}

struct Player {
    sample: Option<Arc<Sample>>,
    /// What replaces it once all voices have faded out.
    arriving: Option<Arc<Sample>>,
    is_changing: bool,
    /// What was replaced, kept to be dropped elsewhere.
    spare: Data,
    voices: Vec<Voice>,
    sinc: &'static SincTable,
}

impl Player {
    /// Exchanges the sample when nothing sounds any more. `spare` is empty here: see `swap_data`.
    fn change_when_quiet(&mut self) {
        if self.is_changing && self.voices.iter().all(|voice| !voice.sounds()) {
            let old = mem::replace(&mut self.sample, self.arriving.take());
            self.spare = old.map_or(Data::None, Data::Sample);
            self.is_changing = false;
        }
    }
}

impl Unit for Player {
    fn process(&mut self, io: &mut Io<'_>) {
        let (frames, rate) = (io.frames(), io.sample_rate_hz());
        let (trig, gate, pitch) = (io.input(0), io.input(1), io.input(2));
        let params: [Param<'_>; 8] = std::array::from_fn(|index| io.param(index));
        let must_be_cheap = io.strain() >= Strain::Quality;
        let mut out = io.output(0);
        for n in 0..frames {
            self.change_when_quiet();
            for (index, voice) in self.voices.iter_mut().enumerate() {
                let at = |param: usize| params[param].at(n, index);
                let frame = Frame {
                    trig: trig.row(0, index)[n],
                    gate: gate.row(0, index)[n],
                    octaves: pitch.row(0, index)[n] + at(PITCH) / 12.0,
                    speed: at(SPEED),
                    mode: Mode::of(at(MODE)),
                    region: (at(START), at(END)),
                    crossfade_secs: at(CROSSFADE),
                    is_cubic: must_be_cheap || at(QUALITY) > 0.5,
                    is_leaving: self.is_changing,
                    rate,
                };
                let gain = voice.gain.get(at(LEVEL), gain_from_db);
                let heard = self.sample.as_deref().map_or([0.0; 2], |sample| voice.next(sample, &frame, self.sinc));
                let (left, right) = out.pair(index);
                left[n] = heard[0] * gain;
                if let Some(right) = right {
                    right[n] = heard[1] * gain;
                }
            }
        }
    }

    fn reset(&mut self) {
        self.voices.fill(Voice::default());
    }

    fn telemetry(&self, _lane: usize, face: &mut [f32; FACE]) {
        let length = self.sample.as_ref().map_or(1, |sample| sample.frames().max(1));
        if let Some(voice) = self.voices.first() {
            face[0] = (voice.place() / length as f64).clamp(0.0, 1.0) as f32;
            face[1] = if voice.sounds() { 1.0 } else { 0.0 };
        }
    }

    fn swap_data(&mut self, _lane: usize, index: usize, data: &mut Data) {
        if index != 0 || data.steps().is_some() {
            return;
        }
        let new = if let Data::Sample(sample) = mem::take(data) { Some(sample) } else { None };
        // Handed back: what was to arrive and never sounded, or what the last exchange left.
        *data = match (self.is_changing, self.arriving.take()) {
            (true, Some(unheard)) => Data::Sample(unheard),
            _ => mem::take(&mut self.spare),
        };
        self.arriving = new;
        self.is_changing = true;
    }
}

#[cfg(test)]
mod tests;
