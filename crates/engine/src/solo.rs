//! One unit alone, outside any patch: for tests, measurements and the pictures of the reference pages. Not for the audio thread.

use crate::context::{BlockContext, Desk, Event, EventKind, MAX_EVENTS, Transport};
use crate::data::Data;
use crate::denormal::FlushDenormals;
use crate::gather::Part;
use crate::lane_state::LaneWords;
use crate::memory::{BLOCK, GROUP, Shape, Span};
use crate::program::{ParamMod, Port, Program, ProgramParts, SILENCE_LEN, SectionParts, Step, UnitStep, output_shape, port_channels};
use crate::rack::{NOBODY, Rack};
use crate::run::Runner;
use crate::strain::Strain;
use crate::table::Table;
use crate::telemetry::{FACE, Telemetry};
use crate::unit::{BuildContext, Unit};
use patchlight_core::{ModuleSpec, Voices};
use std::sync::Arc;

/// Builds a module's unit.
pub type Build = fn(&BuildContext<'_>) -> Box<dyn Unit>;

/// How a [`Solo`] is made.
#[derive(Clone, Debug)]
pub struct SoloConfig {
    pub sample_rate_hz: f32,
    /// Lanes per channel of the unit and of all that drives it.
    pub voices: usize,
    /// Channels of the ports that follow.
    pub channels: usize,
    /// Parameters that differ from their defaults, by id.
    pub params: Vec<(&'static str, f32)>,
    pub data: Vec<Data>,
    pub seed: u64,
}

impl Default for SoloConfig {
    /// 48 kHz, one voice, mono, everything at its default.
    fn default() -> Self {
        Self { sample_rate_hz: 48_000.0, voices: 1, channels: 1, params: Vec::new(), data: Vec::new(), seed: 1 }
    }
}

/// What drives an input or a parameter: one row of frames for each lane, channel after channel. Silence after its end.
struct Drive {
    span: Span,
    lanes: Vec<Vec<f32>>,
}

/// What a run gave.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rendered {
    /// By output, then lane (channel after channel), then frame.
    pub outputs: Vec<Vec<Vec<f32>>>,
    /// What was added to the device's channels.
    pub master: [Vec<f32>; 2],
}

impl Rendered {
    /// The first lane of an output.
    #[must_use]
    pub fn mono(&self, output: usize) -> &[f32] {
        &self.outputs[output][0]
    }
}

/// A unit with everything it needs to run by itself.
pub struct Solo {
    spec: &'static ModuleSpec,
    program: Program,
    racks: Vec<Option<Box<Rack>>>,
    telemetry: Arc<Telemetry>,
    context: BlockContext,
    desk: Desk,
    drives: Vec<Drive>,
    events: Vec<(u64, EventKind)>,
    device_in: [Vec<f32>; 2],
    frame: u64,
}

impl Solo {
    /// Builds the unit. `driven` names the inputs and parameters that a cable ends at; [`Solo::drive`] says what it carries.
    ///
    /// # Panics
    /// When an id is not one of the module's.
    #[must_use]
    pub fn new(spec: &'static ModuleSpec, build: Build, config: &SoloConfig, driven: &[&str]) -> Self {
        let values = values(spec, config);
        let voices = if matches!(spec.voices, Voices::One) { 1 } else { config.voices };
        let unit = build(&BuildContext {
            sample_rate_hz: config.sample_rate_hz,
            voices,
            channels: config.channels,
            params: &values,
            data: &config.data,
            seed: config.seed,
            lane_seeds: &[],
        });
        Self::with_rack(spec, Rack::new(spec, unit, 0, &values), voices, config, driven)
    }

    /// Builds a unit whose lanes are modules of their own, one for each of `configs` (their voices do not count), in the lanes
    /// from 0 on. What is driven has a lane for each.
    ///
    /// # Panics
    /// When an id is not one of the module's, or there are no or more than 32 modules.
    #[must_use]
    pub fn bundle(spec: &'static ModuleSpec, build: Build, configs: &[SoloConfig], driven: &[&str]) -> Self {
        let first = &configs[0];
        let lanes = configs.len().next_multiple_of(GROUP);
        let all: Vec<Vec<f32>> = configs.iter().map(|config| values(spec, config)).collect();
        let seeds: Vec<u64> = (0..lanes).map(|lane| configs.get(lane).map_or(0, |config| config.seed)).collect();
        let unit = build(&BuildContext {
            sample_rate_hz: first.sample_rate_hz,
            voices: lanes,
            channels: first.channels,
            params: &all[0],
            data: &[],
            seed: first.seed,
            lane_seeds: &seeds,
        });
        let slots: Vec<u32> = (0..lanes).map(|lane| if lane < configs.len() { lane as u32 } else { NOBODY }).collect();
        let mut rack = Rack::bundle(spec, unit, &slots, &mut |lane, param| all.get(lane).unwrap_or(&all[0])[param]);
        for (lane, config) in configs.iter().enumerate() {
            config.data.iter().enumerate().for_each(|(index, data)| rack.set_data(lane, index, data.clone()));
        }
        Self::with_rack(spec, rack, lanes, first, driven)
    }

    /// Moves a module of a [bundle](Solo::bundle) into a lane of another, with all that it remembers.
    ///
    /// # Panics
    /// When there is no unit, which cannot be.
    pub fn move_lane(&mut self, lane: usize, to: &mut Self, to_lane: usize) {
        if let (Some(from), Some(to)) = (self.racks[0].as_mut(), to.racks[0].as_mut()) {
            to.take_member(to_lane, from, lane, &mut LaneWords::default());
        }
    }

    fn with_rack(spec: &'static ModuleSpec, rack: Rack, voices: usize, config: &SoloConfig, driven: &[&str]) -> Self {
        let (program, drives) = lay_out(spec, voices, config.channels, driven);
        Self {
            spec,
            program,
            racks: vec![Some(Box::new(rack))],
            telemetry: Telemetry::new(1),
            context: BlockContext::new(config.sample_rate_hz),
            desk: Desk::default(),
            drives,
            events: Vec::new(),
            device_in: [Vec::new(), Vec::new()],
            frame: 0,
        }
    }

    /// Gives the lanes that arrive at a driven input or parameter, from frame 0 on. One lane serves for all.
    ///
    /// # Panics
    /// When it was not named as driven.
    pub fn drive(&mut self, id: &str, lanes: Vec<Vec<f32>>) {
        let position = driven_position(self.spec, id).unwrap_or_else(|| panic!("{} has nothing called {id}", self.spec.id));
        let drive = self.drives.iter_mut().find(|drive| drive.span.offset == position_offset(position));
        drive.unwrap_or_else(|| panic!("{id} is not driven")).lanes = lanes;
    }

    /// Turns a knob now: numbers glide over `ramp_frames`.
    ///
    /// # Panics
    /// When the module has no such parameter.
    pub fn set(&mut self, id: &str, value: f32, ramp_frames: u32) {
        let (index, _) = self.spec.param(id).unwrap_or_else(|| panic!("{} has no parameter {id}", self.spec.id));
        if let Some(rack) = self.racks[0].as_mut() {
            rack.set_param(0, index, value, self.frame, ramp_frames);
        }
    }

    /// Plays an event at an absolute frame.
    pub fn event(&mut self, frame: u64, kind: EventKind) {
        self.events.push((frame, kind));
        self.events.sort_by_key(|(frame, _)| *frame);
    }

    /// What the device delivers, from frame 0 on.
    pub fn device_input(&mut self, left: Vec<f32>, right: Vec<f32>) {
        self.device_in = [left, right];
    }

    /// What is given up from now on for lack of time, and how many voices have been asked to end since the beginning.
    pub fn set_strain(&mut self, strain: Strain, voices_shed: u32) {
        (self.context.strain, self.context.shed) = (strain, voices_shed);
    }

    pub fn set_transport(&mut self, transport: Transport) {
        self.context.transport = transport;
    }

    /// Replaces a data field as an edit does while playing.
    pub fn set_data(&mut self, index: usize, mut data: Data) {
        if let Some(rack) = self.racks[0].as_mut() {
            rack.unit.swap_data(0, index, &mut data);
        }
    }

    pub fn reset(&mut self) {
        if let Some(rack) = self.racks[0].as_mut() {
            rack.restart(false);
        }
        self.frame = 0;
        self.context.frame = 0;
        self.context.transport.beat = 0.0;
    }

    #[must_use]
    pub fn telemetry(&self) -> [f32; FACE] {
        let mut face = [0.0; FACE];
        if let Some(rack) = self.racks[0].as_ref() {
            rack.unit.telemetry(0, &mut face);
        }
        face
    }

    #[must_use]
    pub fn latency_frames(&self) -> usize {
        self.racks[0].as_ref().map_or(0, |rack| rack.unit.latency_frames())
    }

    /// Whether the unit made not-a-number and was muted.
    #[must_use]
    pub fn is_faulty(&self) -> bool {
        self.racks[0].as_ref().is_some_and(|rack| rack.faulty != 0)
    }

    /// Runs whole blocks and keeps nothing: for measuring speed. What drives the unit repeats its first 64 frames.
    pub fn run_blocks(&mut self, blocks: usize) {
        let _flush = FlushDenormals::new();
        self.begin_block();
        for _ in 0..blocks {
            self.run_part(Part { block_frame: self.context.frame, start: 0, frames: BLOCK });
            self.context.advance(&mut self.desk);
        }
    }

    /// Renders frames, the unit being called with parts of at most `part_frames` (1 to 64).
    pub fn run(&mut self, frames: usize, part_frames: usize) -> Rendered {
        let _flush = FlushDenormals::new();
        let mut rendered = self.empty_output(frames);
        let end = self.frame + frames as u64;
        while self.frame < end {
            let start = (self.frame % BLOCK as u64) as usize;
            let block_frame = self.frame - start as u64;
            if start == 0 {
                self.begin_block();
            }
            let count = part_frames.clamp(1, BLOCK).min(BLOCK - start).min((end - self.frame) as usize);
            self.run_part(Part { block_frame, start, frames: count });
            self.collect(&mut rendered, start, count);
            self.frame += count as u64;
            if start + count == BLOCK {
                self.context.advance(&mut self.desk);
            }
        }
        rendered
    }

    fn empty_output(&self, frames: usize) -> Rendered {
        let lanes = |span: &Span| usize::from(span.shape.channels) * usize::from(span.shape.voices);
        let outputs = self.program.sections[0].parts.outputs.iter().map(|span| vec![Vec::with_capacity(frames); lanes(span)]).collect();
        Rendered { outputs, master: [Vec::with_capacity(frames), Vec::with_capacity(frames)] }
    }

    /// Writes what drives the unit for the next 64 frames.
    fn begin_block(&mut self) {
        let arena = self.program.arena.as_mut_ptr();
        for drive in &self.drives {
            let shape = drive.span.shape;
            for channel in 0..usize::from(shape.channels) {
                for voice in 0..usize::from(shape.voices) {
                    let lane = shape.lane(channel, voice);
                    let number = (channel * usize::from(shape.voices) + voice).min(drive.lanes.len().saturating_sub(1));
                    for n in 0..BLOCK {
                        let value = drive.lanes.get(number).and_then(|lane| lane.get(self.frame as usize + n)).copied().unwrap_or(0.0);
                        // SAFETY: `lay_out` made the program's memory large enough for every driven span.
                        unsafe { *arena.add(drive.span.offset as usize + lane.offset + n * lane.stride) = value };
                    }
                }
            }
        }
        let frames = self.frame..self.frame + BLOCK as u64;
        for (frame, kind) in self.events.iter().filter(|(frame, _)| frames.contains(frame)).take(MAX_EVENTS) {
            self.context.push_event(Event { offset: (frame - self.frame) as u32, kind: *kind });
        }
        for (channel, device) in self.context.device_in.iter_mut().enumerate() {
            for (n, sample) in device.iter_mut().enumerate() {
                *sample = self.device_in[channel].get(self.frame as usize + n).copied().unwrap_or(0.0);
            }
        }
        self.desk.master = [[0.0; BLOCK]; 2];
    }

    fn run_part(&mut self, part: Part) {
        let mut runner = Runner {
            racks: Table::new(&mut self.racks),
            gains: &[],
            feedbacks: Table::new(&mut []),
            context: &self.context,
            desk: Some(&mut self.desk),
            arena: self.program.arena.as_mut_ptr(),
            telemetry: &self.telemetry,
            watching: false,
            timing: false,
        };
        // SAFETY: the program was validated, and runs by itself.
        unsafe { runner.run(&mut self.program.sections[0], part) };
    }

    fn collect(&mut self, rendered: &mut Rendered, start: usize, count: usize) {
        let arena = self.program.arena.as_mut_ptr();
        for (span, lanes) in self.program.sections[0].parts.outputs.iter().zip(&mut rendered.outputs) {
            for (number, frames) in lanes.iter_mut().enumerate() {
                let voices = usize::from(span.shape.voices);
                let lane = span.shape.lane(number / voices, number % voices);
                let at = |n: usize| span.offset as usize + lane.offset + n * lane.stride;
                // SAFETY: outputs lie in the arena.
                frames.extend((start..start + count).map(|n| unsafe { *arena.add(at(n)) }));
            }
        }
        for (master, block) in rendered.master.iter_mut().zip(&self.desk.master) {
            master.extend_from_slice(&block[start..start + count]);
        }
    }
}

/// The parameters of a configuration, in the order of the declaration.
fn values(spec: &'static ModuleSpec, config: &SoloConfig) -> Vec<f32> {
    let mut values: Vec<f32> = spec.params.iter().map(|param| param.default).collect();
    for (id, value) in &config.params {
        let (index, param) = spec.param(id).unwrap_or_else(|| panic!("{} has no parameter {id}", spec.id));
        values[index] = param.clamp(*value);
    }
    values
}

/// Inputs first, then parameters.
fn driven_position(spec: &ModuleSpec, id: &str) -> Option<usize> {
    spec.input(id).map(|(index, _)| index).or_else(|| spec.param(id).map(|(index, _)| spec.inputs.len() + index))
}

/// Every driven thing has room for two channels of 32 voices.
fn position_offset(position: usize) -> u32 {
    (SILENCE_LEN * (position + 1)) as u32
}

/// A program of one unit whose inputs lie where [`Solo`] writes them.
fn lay_out(spec: &'static ModuleSpec, voices: usize, channels: usize, driven: &[&str]) -> (Program, Vec<Drive>) {
    let mut drives = Vec::new();
    let is_driven = |id: &str| driven.contains(&id);
    let mut ports = Vec::new();
    for (index, port) in spec.inputs.iter().enumerate() {
        let shape = Shape::new(port_channels(port, channels), voices, spec.layout);
        let connected = is_driven(port.id);
        let span = Span { offset: if connected { position_offset(index) } else { 0 }, shape };
        ports.push(Port { span, connected });
        if connected {
            drives.push(Drive { span, lanes: Vec::new() });
        }
    }
    let mut mods = Vec::new();
    for (index, param) in spec.params.iter().enumerate().filter(|(_, param)| is_driven(param.id)) {
        let span = Span { offset: position_offset(spec.inputs.len() + index), shape: Shape::new(1, voices, spec.layout) };
        mods.push(ParamMod { param: index as u32, span });
        drives.push(Drive { span, lanes: Vec::new() });
        debug_assert!(param.modulatable());
    }
    let first_output = spec.inputs.len() + spec.params.len();
    let outputs: Vec<Span> = spec
        .outputs
        .iter()
        .enumerate()
        .map(|(index, port)| Span { offset: position_offset(first_output + index), shape: output_shape(spec, port, voices, channels) })
        .collect();
    let unit = UnitStep {
        rack: 0,
        voices: voices as u8,
        layout: spec.layout,
        inputs: 0..ports.len() as u32,
        outputs: 0..outputs.len() as u32,
        read: u32::MAX,
        mods: 0..mods.len() as u32,
        voices_of: NOBODY,
        is_exit: false,
        is_summed_asleep: false,
    };
    let signal_len = position_offset(first_output + outputs.len() + 1);
    let section = SectionParts { steps: vec![Step::Unit(0)], units: vec![unit], ports, outputs, mods, ..SectionParts::default() };
    (Program::new(ProgramParts::one(section, signal_len, spec.params.len() as u32)), drives)
}
