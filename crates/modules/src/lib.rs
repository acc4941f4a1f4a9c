//! The library: one file a module, and the catalogue.
//!
//! Adding a module is one file, `src/FAMILY/NAME.rs`, with a `SPEC` and a `build`, and one line here. Everything else (palette,
//! faceplate, file format, reference page, contract suite) follows from the declaration.

use patchlight_core::{Library, ModuleSpec};
use patchlight_engine::Build;

mod brickwall;
mod data;
mod desk;
mod dsp;
mod four_gates;
mod frame_map;
mod glide;
mod held;
mod loudness;
mod pulse;
mod stereo;
#[cfg(test)]
mod testing;
mod through;
mod voice_pool;

pub use data::data_of;
pub use loudness::Loudness;
pub use osc::wavetable::{WAVETABLES, factory_wavetable};

/// A module: what it declares, and how its unit is built.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    pub spec: &'static ModuleSpec,
    pub build: Build,
}

/// Declares the files of each family and lists them in the order of the palette.
macro_rules! catalog {
    ($($family:ident { $($name:ident)* })*) => {
        $(pub mod $family { $(pub mod $name;)* })*

        /// Every module, in the order of the palette.
        pub const CATALOG: &[Entry] = &[$($(Entry { spec: &$family::$name::SPEC, build: $family::$name::build },)*)*];

        const SPECS: &[&ModuleSpec] = &[$($(&$family::$name::SPEC,)*)*];
    };
}

catalog! {
    io {
        note_in
        audio_out
        audio_in
    }
    osc {
        analog
        wavetable
        operator
        supersaw
        noise
        phase_distortion
        additive
        string
        modal
        formant
        chaos
        sub
        kick_808
        kick_909
        snare
        clap
        hat
        cymbal
        tom
    }
    sample {
        player
    }
    filter {
        svf
        ladder
        sallen_key
        diode
        ms20
        comb
        formant
        allpass
        one_pole
        eq_parametric
        eq_graphic
        tilt
        dj
        crossover
        dc_block
    }
    shape {
        clip
        fold
        saturate
        crush
        rectify
        waveshaper
        exciter
    }
    env {
        adsr
        ad
        dahdsr
        mseg
        follower
        slew
        trigger_burst
    }
    r#mod {
        lfo
        random_smooth
        sample_hold
        turing
        vibrato
        drift
        step_lfo
        r#macro
        xy_pad
    }
    math {
        add
        multiply
        attenuvert
        offset
        scale
        min_max
        abs
        compare
        round
        crossfade
        convert
        expression
    }
    logic {
        and
        or
        xor
        not
        flip_flop
        latch
        counter
        divider
        delay_gate
        probability
        edge
        sequential_switch
    }
    clock {
        transport
        clock
        divide_multiply
        euclid
        swing
        ratchet
        phase
    }
    seq {
        steps
    }
    note {
        tuning
        quantizer
        transpose
        octave
        chord
        strum
        glide
        humanize
        latch
        velocity_curve
        split
        pitch_detect
    }
    amp {
        vca
        mixer_4
        mixer
        mixer_16
        matrix
        pan
        balance
        mid_side
        width
        send
        r#return
        mute
        switch_1_to_n
        switch_n_to_1
        voices_split
        voices_merge
        voices_sum
    }
    r#dyn {
        compressor
        limiter
    }
    fx {
        delay
        reverb_plate
        reverb_room
        chorus
        multitap
    }
    view {
        scope
        spectrum
    }
}

/// The declarations alone, for those who draw and edit.
pub const LIBRARY: Library = Library::new(SPECS);

/// The module with this id, such as `filter.ladder`.
#[must_use]
pub fn find(id: &str) -> Option<&'static Entry> {
    CATALOG.iter().find(|entry| entry.spec.id == id)
}
