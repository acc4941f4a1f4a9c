//! Wavetable oscillator: single cycles in a row, blended by a position, bent by a warp, up to sixteen together in stereo.
//!
//! The phase is the 32-bit one of [`crate::dsp::phase`]. Each note reads the copy of its cycle that holds no more harmonics than can be heard
//! at its pitch ([`Wavetable`]), so there is nothing to alias; a warp that runs through the cycle faster somewhere reads a poorer copy there. Where the
//! sync and formant warps break off at the end of a cycle, and where squeeze changes its speed, the joint is low-passed ([`crate::dsp::joint`]).
//!
//! Another table or warp fades in over the one before. Unison is that of [`super::analog`].
//!
//! Telemetry: [0] frequency in Hz, [1] position 0 to 1 as modulated, [2] amount of warp, of the first voice.

mod factory;
mod group;
mod reading;
mod warp;

pub use factory::{WAVETABLES, factory_wavetable};

use group::{Call, Group};
use patchlight_core::{
    Face, ModuleSpec, audio, cents, choice, degrees, integer, module, percent, pitch, preset, semitones, unit, wavetable_name,
};
use patchlight_engine::simd::{Simd, SimdJob, vectorize};
use patchlight_engine::{BuildContext, Data, FACE, GROUP, Io, Unit, Wavetable};
use std::mem::swap;

const PITCH_IN: usize = 0;
const FM_IN: usize = 1;

const POSITION: usize = 0;
const WARP: usize = 1;
const WARP_AMOUNT: usize = 2;
const PITCH: usize = 3;
const FINE: usize = 4;
const UNISON: usize = 5;
const DETUNE: usize = 6;
const WIDTH: usize = 7;
const BLEND: usize = 8;
const FM_DEPTH: usize = 9;
const FM_SCALE: usize = 10;
const START: usize = 11;

pub const SPEC: ModuleSpec = module("osc.wavetable", "Wavetable")
    .about("Walks through a row of waveforms: sounds that open, speak and turn to metal. Try an envelope or LFO on its position.")
    .tags(&["wave", "table", "scan", "morph", "ppg", "vowel", "formant", "sync", "warp", "unison", "pad", "growl", "digital"])
    .inputs(&[pitch("pitch", "Pitch in octaves; adds to the knobs"), audio("fm", "Linear frequency modulation, through zero").mono()])
    .params(&[
        percent("position", 0.0).about("Which waveform of the table is heard, from the first to the last, blended in between"),
        choice("warp", &["off", "bend +", "bend -", "squeeze", "sync", "formant"], 0).about("How the cycle is bent out of shape"),
        percent("warp_amount", 0.0).about("How far it is bent; sync and formant run up to sixteen times as fast"),
        semitones("pitch_semitones", -60.0..=60.0, 0.0).about("Pitch from C4, added to the pitch input"),
        cents("fine_cents", -100.0..=100.0, 0.0).about("Fine tuning"),
        integer("unison", 1..=16, 1).about("Oscillators for each note, level with one"),
        cents("detune_cents", 0.0..=100.0, 12.0).about("How far the outermost unison oscillators are out of tune"),
        percent("width", 0.8).about("How far the unison oscillators are spread between left and right"),
        percent("blend", 1.0).about("Level of the detuned unison oscillators beside the middle one").hidden(),
        unit("fm_depth", 0.0..=16.0, 1.0).about("How far the fm input bends the frequency, in units of fm scale").hidden(),
        choice("fm_scale", &["pitch", "1 kHz"], 0)
            .about("What a depth of 1 is: the note's own frequency (the same timbre on all notes), or 1 kHz")
            .hidden(),
        degrees("start_degrees", 0.0..=360.0, 0.0).about("Where in the cycle the first oscillator starts").hidden(),
    ])
    .data(&[wavetable_name("table", &WAVETABLES, "The waveforms: a table that comes along, or a WAV file of your own")])
    .presets(&[
        preset("Talking pad", "pad vowel", "table vowels; position 20; unison 4; detune_cents 9"),
        preset("Synced lead", "lead sync", "table basic shapes; position 66; warp sync; warp_amount 35"),
        preset("Glass choir", "choir pad", "table choir; position 55; unison 5; detune_cents 14; width 100"),
        preset("Metal bass", "bass fm", "table FM bass; position 60; pitch_semitones -12"),
        preset("Digital growl", "bass growl", "table digital grit; position 70; warp formant; warp_amount 30; pitch_semitones -12"),
        preset("Organ drawbars", "keys organ", "table organ; position 65"),
    ])
    .outputs(&[audio("out", "The oscillator, in stereo").stereo()])
    .eight_lanes()
    .face(Face::Wavetable);

pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
    let groups = context.voices.div_ceil(GROUP).max(1);
    let group = |index: usize| Group::new(context.seed, index * GROUP, context.voices);
    Box::new(Oscillator {
        groups: (0..groups).map(group).collect(),
        tables: [context.data(0), Data::None],
        warps: [0; 2],
        fades_from: 0,
        fade_frames: (FADE_SECS * context.sample_rate_hz).round().max(1.0) as u32,
        left: 0,
        is_fresh: true,
    })
}

const FADE_SECS: f32 = 0.005;

struct Oscillator {
    groups: Vec<Group>,
    /// What is heard, and what was heard before.
    tables: [Data; 2],
    warps: [usize; 2],
    /// Which of the tables was heard before: the same one, where only the warp is another.
    fades_from: usize,
    fade_frames: u32,
    /// Frames until the one before is gone.
    left: u32,
    /// Has not begun: it begins with the warp that is set.
    is_fresh: bool,
}

/// A way to sound.
#[derive(Clone, Copy)]
struct Look<'a> {
    table: Option<&'a Wavetable>,
    warp: usize,
}

impl Oscillator {
    /// Takes up another warp, once the fade before is over.
    fn take_warp(&mut self, warp: usize) {
        if self.is_fresh {
            (self.warps, self.is_fresh) = ([warp; 2], false);
        } else if warp != self.warps[0] && self.left == 0 {
            self.warps = [warp, self.warps[0]];
            self.fades_from = 0;
            self.left = self.fade_frames;
        }
    }
}

struct Job<'g, 'io, 'a> {
    groups: &'g mut [Group],
    io: &'io mut Io<'a>,
    looks: [Look<'g>; 2],
    /// Frames until the second look is gone, of so many.
    left: u32,
    fade_frames: u32,
}

impl SimdJob for Job<'_, '_, '_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Job { groups, io, looks, left, fade_frames } = self;
        for (index, group) in groups.iter_mut().enumerate() {
            if io.is_group_awake(index) {
                let call = Call::new(simd, io, index, looks, left, fade_frames);
                let channels = group.run(simd, &call);
                let mut out = io.output(0);
                for (channel, values) in channels.iter().enumerate().take(out.channels()) {
                    let lanes = out.group(channel, index);
                    let frames = lanes.len();
                    lanes.copy_from_slice(&values[..frames]);
                }
            }
        }
    }
}

impl Unit for Oscillator {
    fn process(&mut self, io: &mut Io<'_>) {
        self.take_warp(io.param(WARP).lanes(0).first() as usize);
        let look = |table: usize, warp: usize| Look { table: self.tables[table].wavetable().map(|table| &**table), warp };
        let looks = [look(0, self.warps[0]), look(self.fades_from, self.warps[1])];
        vectorize(Job { groups: &mut self.groups, io, looks, left: self.left, fade_frames: self.fade_frames });
        self.left = self.left.saturating_sub(io.frames() as u32);
    }

    fn reset(&mut self) {
        self.groups.iter_mut().for_each(Group::reset);
        (self.left, self.is_fresh) = (0, true);
    }

    fn telemetry(&self, _lane: usize, face: &mut [f32; FACE]) {
        if let Some(group) = self.groups.first() {
            face[..3].copy_from_slice(&group.shown());
        }
    }

    fn swap_data(&mut self, _lane: usize, _index: usize, data: &mut Data) {
        let [now, before] = &mut self.tables;
        swap(before, data);
        swap(now, before);
        self.fades_from = 1;
        self.warps[1] = self.warps[0];
        self.left = self.fade_frames;
    }
}

#[cfg(test)]
mod tests;
