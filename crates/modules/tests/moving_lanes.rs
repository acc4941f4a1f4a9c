//! Lanes move: what a module that bundles remembers can be taken from one unit and put into another, which goes on bit for bit.

use patchlight_core::{ModuleSpec, ParamKind};
use patchlight_engine::{BuildContext, Io, LaneWords, Solo, SoloConfig, Unit};
use patchlight_modules::{CATALOG, Entry};
use std::cell::Cell;

const BLOCKS_BEFORE: usize = 23;
const FRAMES: usize = 64 * 60;
const LANES: usize = 8;

/// Into what lanes are moved.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Target {
    /// Nothing moves.
    Stay,
    /// A unit that has run something else; all lanes go there.
    Used,
    /// A unit that has just been reset, so that its other lanes are new; one lane goes there.
    Fresh,
}

/// The lane that moves alone.
const ALONE: usize = 3;

thread_local! {
    static MOVE: Cell<(Option<&'static Entry>, Target)> = const { Cell::new((None, Target::Stay)) };
}

/// Two units of one kind. The first is heard, until lanes move over to the second.
struct Moving {
    units: [Box<dyn Unit>; 2],
    target: Target,
    calls: usize,
}

impl Moving {
    fn move_lanes(&mut self) {
        let [from, to] = &mut self.units;
        if self.target == Target::Fresh {
            to.reset();
        }
        let mut words = LaneWords::default();
        for lane in if self.target == Target::Fresh { ALONE..ALONE + 1 } else { 0..LANES } {
            from.save_lane(lane, &mut words);
            to.load_lane(lane, &words);
        }
    }
}

impl Unit for Moving {
    fn process(&mut self, io: &mut Io<'_>) {
        let has_moved = self.calls >= BLOCKS_BEFORE && self.target != Target::Stay;
        if has_moved && self.calls == BLOCKS_BEFORE {
            self.move_lanes();
        }
        self.calls += 1;
        if self.calls == 7 {
            self.units[1].reset();
        }
        self.units[usize::from(!has_moved)].process(io);
        self.units[usize::from(has_moved)].process(io);
    }

    fn reset(&mut self) {}
}

fn build_moving(context: &BuildContext<'_>) -> Box<dyn Unit> {
    let (entry, target) = MOVE.get();
    let build = entry.expect("chosen on this thread").build;
    let other = BuildContext { seed: context.seed ^ 0x5555, ..*context };
    Box::new(Moving { units: [build(context), build(&other)], target, calls: 0 })
}

/// Signals that cross thresholds and differ by lane.
fn drive(number: usize, lane: usize) -> Vec<f32> {
    (0..FRAMES).map(|n| ((n * (7 + 3 * number + lane)) as f32 * 0.004).sin()).collect()
}

/// Renders the module, turning all choices and switches shortly before the lanes move.
fn render(entry: &'static Entry, ends: &[&'static str], target: Target) -> Vec<Vec<Vec<f32>>> {
    MOVE.set((Some(entry), target));
    let config = SoloConfig { voices: LANES, ..SoloConfig::default() };
    let mut solo = Solo::new(entry.spec, build_moving, &config, ends);
    for (number, end) in ends.iter().enumerate() {
        solo.drive(end, (0..LANES).map(|lane| drive(number, lane)).collect());
    }
    let mut outputs = solo.run(64 * (BLOCKS_BEFORE - 2), 64).outputs;
    for param in entry.spec.params.iter().filter(|param| !param.structural && !matches!(param.kind, ParamKind::Number)) {
        let value = if param.default == param.min { param.min + 1.0 } else { param.min };
        solo.set(param.id, value, 0);
    }
    let rest = solo.run(FRAMES - 64 * (BLOCKS_BEFORE - 2), 64).outputs;
    outputs.iter_mut().flatten().zip(rest.iter().flatten()).for_each(|(lane, rest)| lane.extend(rest));
    outputs
}

/// Inputs and parameters that take cables.
fn ends(spec: &'static ModuleSpec) -> [Vec<&'static str>; 3] {
    let inputs: Vec<&str> = spec.inputs.iter().map(|port| port.id).collect();
    let params = spec.params.iter().filter(|param| param.modulatable() && matches!(param.kind, ParamKind::Number)).map(|param| param.id);
    let all = inputs.iter().copied().chain(params).collect();
    [Vec::new(), inputs, all]
}

#[test]
fn a_lane_that_moves_goes_on_as_if_nothing_had_happened() {
    let mut failures = Vec::new();
    for entry in CATALOG.iter().filter(|entry| entry.spec.bundles) {
        for ends in ends(entry.spec) {
            let stayed = render(entry, &ends, Target::Stay);
            for target in [Target::Used, Target::Fresh] {
                let moved = render(entry, &ends, target);
                for (output, (moved, stayed)) in moved.iter().zip(&stayed).enumerate() {
                    for lane in if target == Target::Fresh { ALONE..ALONE + 1 } else { 0..LANES } {
                        if let Some(frame) = moved[lane].iter().zip(&stayed[lane]).position(|(a, b)| a != b) {
                            let values = (stayed[lane][frame], moved[lane][frame]);
                            let what = (entry.spec.id, target, ends.len(), output, lane);
                            failures.push(format!("{what:?} frame {frame} after {}: {values:?}", 64 * BLOCKS_BEFORE));
                            break;
                        }
                    }
                }
            }
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}
