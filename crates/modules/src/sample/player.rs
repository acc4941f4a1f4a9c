//! Sample player: one-shot, loop, ping-pong and reverse, at any pitch, without clicks.
//!
//! Each voice has two heads. What would jump (a new stroke, a loop with a crossfade, a region that moves away under the head)
//! hands over from one head to the other, the old fading out while the new fades in; a stroke from the very start of the file
//! keeps its attack, since the file itself begins there. Between frames the sound is computed by a sixteen-tap sinc under a
//! Kaiser window (signal to noise over 95 dB for 1, 5 and 10 kHz a fifth up and down) or by Catmull–Rom's cubic, which is also what
//! plays while the processor cannot keep up. A new sample
//! replaces the old when all voices have faded out; the old is handed back at the next exchange.
//!
//! A block is made in two steps: first where the heads are in each frame, which is a plain sum while nothing happens to a voice, then the
//! sound at those places, eight at a time. Places are whole numbers, so that both ways to the first give the same bits.
//!
//! Telemetry: `[0]` play head of the first voice, 0 to 1 of the file; `[1]` 1 while it sounds.

mod group;
mod head;
mod reading;
mod rolling;
mod voice;

use crate::dsp::SincTable;
use group::{Call, Scratch};
use patchlight_core::{Face, ModuleSpec, audio, choice, db, gate, module, percent, pitch, preset, sample_file, secs, semitones, unit};
use patchlight_engine::simd::{Simd, SimdJob, vectorize};
use patchlight_engine::{BLOCK, BuildContext, Data, FACE, GROUP, Io, LaneWords, Sample, Unit};
use std::mem;
use std::sync::Arc;
use voice::Voice;

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
    .presets(&[
        preset("One-shot", "drum hit", "mode one-shot"),
        preset("Seamless loop", "loop pad", "mode loop; crossfade_secs 0.15"),
        preset("Half speed", "slow tape", "mode one-shot; speed 0.5"),
        preset("Backwards", "reverse swell", "mode reverse"),
        preset("Back and forth", "texture ping-pong", "mode ping-pong; start 20; end 70"),
    ])
    .outputs(&[audio("out", "The sound of the file").stereo()])
    .bundles()
    .face(Face::Wave);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    let lanes = context.voices.max(1);
    // Lanes of a bundle are modules with samples of their own.
    let banks = if context.lane_seeds.is_empty() { 1 } else { lanes };
    let bank = Bank { sample: context.data(0).sample().cloned(), ..Bank::default() };
    Box::new(Player {
        banks: vec![bank; banks],
        spares: Vec::with_capacity(2 * lanes),
        voices: vec![Voice::default(); lanes],
        sinc: SincTable::shared(),
        scratch: Box::new(Scratch::new()),
    })
}

/// The sample of a module.
#[derive(Clone, Default)]
struct Bank {
    sample: Option<Arc<Sample>>,
    /// What replaces it, at the start of the block in which all voices have faded out.
    arriving: Option<Arc<Sample>>,
    is_changing: bool,
}

struct Player {
    /// One for all voices, or one for each lane of a bundle.
    banks: Vec<Bank>,
    /// What was replaced, kept to be dropped elsewhere.
    spares: Vec<Data>,
    voices: Vec<Voice>,
    sinc: &'static SincTable,
    scratch: Box<Scratch>,
}

impl Player {
    fn is_bundle(&self) -> bool {
        self.banks.len() > 1
    }

    /// Exchanges samples where nothing sounds any more.
    fn change_what_is_quiet(&mut self) {
        let is_bundle = self.is_bundle();
        for (number, bank) in self.banks.iter_mut().enumerate().filter(|(_, bank)| bank.is_changing) {
            let voices = if is_bundle { number..number + 1 } else { 0..self.voices.len() };
            if self.voices[voices].iter().all(|voice| !voice.sounds()) {
                let old = mem::replace(&mut bank.sample, bank.arriving.take());
                bank.is_changing = false;
                let old = old.map_or(Data::None, Data::Sample);
                if self.spares.len() < self.spares.capacity() {
                    self.spares.push(old);
                } else {
                    // Never so: each exchange was asked for by a swap that took one out. It must not be dropped here.
                    mem::forget(old);
                }
            }
        }
    }
}

struct Job<'p, 'io, 'a> {
    player: &'p mut Player,
    io: &'io mut Io<'a>,
}

impl SimdJob for Job<'_, '_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { player, io } = self;
        let is_bundle = player.is_bundle();
        for (group, voices) in player.voices.chunks_mut(GROUP).enumerate() {
            if io.is_group_awake(group) {
                let call = Call::new(simd, io, group);
                let banks = if is_bundle { player.banks.get(group * GROUP..).unwrap_or_default() } else { &player.banks };
                let mut out = io.output(0);
                player.scratch.render(simd, &call, voices, banks, player.sinc, out.stereo_group(group));
            }
        }
    }
}

impl Unit for Player {
    fn process(&mut self, io: &mut Io<'_>) {
        if io.frame().is_multiple_of(BLOCK as u64) {
            self.change_what_is_quiet();
        }
        vectorize(Job { player: self, io });
    }

    fn reset(&mut self) {
        self.voices.fill(Voice::default());
    }

    fn telemetry(&self, lane: usize, face: &mut [f32; FACE]) {
        let bank = self.banks.get(lane).or(self.banks.first());
        let length = bank.and_then(|bank| bank.sample.as_ref()).map_or(1, |sample| sample.frames().max(1));
        if let Some(voice) = self.voices.get(lane) {
            face[0] = (voice.place() / length as f64).clamp(0.0, 1.0) as f32;
            face[1] = if voice.sounds() { 1.0 } else { 0.0 };
        }
    }

    fn save_lane(&mut self, lane: usize, words: &mut LaneWords) {
        words.clear();
        if let (Some(voice), Some(bank)) = (self.voices.get(lane), self.banks.get(lane).or(self.banks.first())) {
            words.push(u32::from(bank.is_changing));
            voice.words().into_iter().for_each(|word| words.push(word));
        }
    }

    fn load_lane(&mut self, lane: usize, words: &LaneWords) {
        let mut words = words.iter();
        let is_changing = words.next() == Some(1);
        let mut voice_words = [0; Voice::WORDS];
        voice_words.iter_mut().zip(words).for_each(|(place, word)| *place = word);
        let bank = if self.is_bundle() { lane } else { 0 };
        if let (Some(voice), Some(bank)) = (self.voices.get_mut(lane), self.banks.get_mut(bank)) {
            *voice = Voice::from_words(voice_words);
            bank.is_changing = is_changing;
        }
    }

    fn swap_data(&mut self, lane: usize, index: usize, data: &mut Data) {
        let bank = if self.is_bundle() { lane } else { 0 };
        let Some(bank) = self.banks.get_mut(bank).filter(|_| index == 0 && data.steps().is_none()) else { return };
        let new = if let Data::Sample(sample) = mem::take(data) { Some(sample) } else { None };
        if bank.sample.is_none() {
            // Nothing can sound, or the lane has just moved in and its sample comes behind it.
            bank.sample = new;
            return;
        }
        // Handed back: what was to arrive and never sounded, or what an earlier exchange left.
        *data = match bank.arriving.take() {
            Some(unheard) => Data::Sample(unheard),
            None => self.spares.pop().unwrap_or_default(),
        };
        bank.arriving = new;
        bank.is_changing = true;
    }

    fn take_data(&mut self, lane: usize, index: usize) -> Data {
        let bank = if self.is_bundle() { lane } else { 0 };
        let Some(bank) = self.banks.get_mut(bank).filter(|_| index == 0) else { return Data::None };
        let taken = bank.sample.take().or_else(|| bank.arriving.take());
        if taken.is_none() {
            bank.is_changing = false;
        }
        taken.map_or(Data::None, Data::Sample)
    }
}

#[cfg(test)]
mod tests;
