//! Each measurement on a module that is bad on purpose: it must miss its bar there. And the library, which must miss none.

use patchlight_core::{C4_HZ, ModuleSpec, audio, control, db, gate, hz, module, percent, pitch, secs, semitones, unit};
use patchlight_engine::{BuildContext, Data, RowIo, RowKernel, Unit, rows};
use patchlight_quality::{Bar, Subject, dynamics, filters, oscillators, reverbs, samples, shapers, times};
use std::path::Path;

/// A kernel that is a function of its state, called for each frame: what is at the ends, in order, and what comes out.
struct Each<F> {
    ends: usize,
    params: usize,
    frame: F,
}

impl<F: FnMut(&[f32], f32) -> f32 + Send> RowKernel for Each<F> {
    fn run(&mut self, io: &mut RowIo<'_, '_>) {
        let rate_hz = io.sample_rate_hz();
        for n in 0..io.frames() {
            let inputs = (0..self.ends).map(|input| io.input(input)[n]);
            let values: Vec<f32> = inputs.chain((0..self.params).map(|param| io.param(param).at(n))).collect();
            let made = (self.frame)(&values, rate_hz);
            io.output(0)[n] = made;
        }
    }

    fn reset(&mut self) {}
}

fn each<F: FnMut(&[f32], f32) -> f32 + Send + 'static>(
    context: &BuildContext<'_>,
    [ends, params]: [usize; 2],
    make: impl Fn() -> F,
) -> Box<dyn Unit> {
    rows(context, |_| Each { ends, params, frame: make() })
}

const OUT: &[patchlight_core::PortSpec] = &[audio("out", "The sound").mono()];
const IN: &[patchlight_core::PortSpec] = &[audio("in", "The sound").mono()];

#[test]
fn an_oscillator_out_of_tune_and_a_naive_saw() {
    const SPEC: ModuleSpec = module("osc.bad", "Bad").inputs(&[pitch("pitch", "Pitch")]).outputs(OUT);
    fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
        each(context, [1, 0], || {
            let mut phase = 0.0_f64;
            move |ends, rate_hz| {
                // A fifth of a cent sharp.
                let hz = f64::from(C4_HZ) * f64::from(ends[0]).exp2() * (0.2_f64 / 1200.0).exp2();
                phase = (phase + hz / f64::from(rate_hz)).fract();
                (2.0 * phase - 1.0) as f32
            }
        })
    }
    let bad = Subject::new(&SPEC, build);
    let cents = oscillators::pitch_cents(&bad, 1.0);
    assert!((cents - 0.2).abs() < 0.05 && !Bar::Within(0.1).is_met(cents), "{cents}");
    let aliases = oscillators::aliases_db(&bad, 1.0, false, oscillators::Against::Fundamental);
    assert!(!Bar::Under(-90.0).is_met(aliases), "{aliases}");
}

/// A one-pole low-pass by Euler's rule, 4 % too high, which does not stand being shaken.
mod filter {
    use super::{BuildContext, IN, ModuleSpec, OUT, Unit, each, hz, module, percent};

    pub const SPEC: ModuleSpec =
        module("filter.bad", "Bad").inputs(IN).params(&[hz("cutoff_hz", 20.0..=20_000.0, 1_000.0), percent("resonance", 0.0)]).outputs(OUT);

    pub fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
        each(context, [1, 2], || {
            let (mut low, mut band) = (0.0_f32, 0.0_f32);
            move |values, rate_hz| {
                // A Chamberlin filter: its resonance detunes it, and at high cutoffs it runs away.
                let f = 2.0 * (std::f32::consts::PI * 1.04 * values[1] / rate_hz).sin();
                low += f * band;
                let high = values[0] - low - (1.4 - 1.39 * values[2]) * band;
                band += f * high;
                low
            }
        })
    }
}

#[test]
fn a_filter_that_is_off_too_flat_and_runs_away() {
    let bad = Subject::new(&filter::SPEC, filter::build);
    let corner = filters::corner_percent(&bad, 1_000.0, 20.0);
    assert!(!Bar::Within(1.0).is_met(corner), "{corner}");
    let slope = filters::slope_db(&bad, 6.02);
    assert!(!Bar::Within(1.0).is_met(slope), "{slope}");
    let response = filters::response_db(&bad, |w| 1.0 / (1.0 + w * w));
    assert!(!Bar::Within(0.5).is_met(response), "{response}");
    let sung = filters::singing_cents(&bad);
    assert!(!Bar::Within(5.0).is_met(sung), "{sung}");
    let peak = filters::shaken_peak_db(&bad);
    assert!(!Bar::Under(36.0).is_met(peak), "{peak}");
}

#[test]
fn an_envelope_an_lfo_and_a_slew_that_are_late() {
    const SPEC: ModuleSpec = module("env.bad", "Bad")
        .inputs(&[gate("gate", "Gate")])
        .params(&[
            secs("attack_secs", 0.001..=10.0, 0.1),
            secs("decay_secs", 0.001..=10.0, 0.1),
            percent("sustain", 0.5),
            secs("release_secs", 0.001..=10.0, 0.1),
        ])
        .outputs(&[control("out", "Level")]);
    fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
        each(context, [1, 4], || {
            let (mut level, mut falls) = (0.0_f32, false);
            move |values, rate_hz| {
                let step = |secs: f32| 1.0 / (secs * rate_hz * 1.03);
                if values[0] > 0.5 && !falls {
                    level += step(values[1]);
                    falls = level >= 1.0;
                } else if values[0] > 0.5 {
                    level = (level - 0.5 * step(values[2])).max(0.5);
                } else {
                    level = (level - 0.5 * step(values[4])).max(0.0);
                }
                level.min(1.0)
            }
        })
    }
    let bad = Subject::new(&SPEC, build);
    for stage in [times::Stage::Attack, times::Stage::Decay, times::Stage::Release] {
        let percent = times::stage_percent(&bad, "gate", stage, 0.3);
        assert!((percent - 3.0).abs() < 0.3, "{stage:?}: {percent}");
    }

    const LFO: ModuleSpec = module("mod.bad", "Bad").params(&[hz("rate_hz", 0.01..=100.0, 1.0)]).outputs(&[control("out", "Level")]);
    fn lfo(context: &BuildContext<'_>) -> Box<dyn Unit> {
        each(context, [0, 1], || {
            let mut phase = 0.0_f32;
            move |values, rate_hz| {
                phase = (phase + 0.98 * values[0] / rate_hz).fract();
                2.0 * phase - 1.0
            }
        })
    }
    let percent = times::cycle_percent(&Subject::new(&LFO, lfo), 5.0);
    assert!(!Bar::Within(1.0).is_met(percent), "{percent}");

    const SLEW: ModuleSpec = module("env.bad_slew", "Bad").inputs(IN).params(&[secs("rise_secs", 0.001..=10.0, 0.1)]).outputs(OUT);
    fn slew(context: &BuildContext<'_>) -> Box<dyn Unit> {
        each(context, [1, 1], || {
            let mut level = 0.0_f32;
            move |values, rate_hz| {
                level = (level + 0.97 / (values[1] * rate_hz)).min(values[0]);
                level
            }
        })
    }
    let percent = times::slew_percent(&Subject::new(&SLEW, slew), 0.2);
    assert!(!Bar::Within(1.0).is_met(percent), "{percent}");
}

#[test]
fn a_shaper_at_the_plain_rate() {
    const SPEC: ModuleSpec = module("shape.bad", "Bad").inputs(IN).outputs(OUT);
    fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
        each(context, [1, 0], || |values: &[f32], _| (2.0 * values[0]).clamp(-1.0, 1.0))
    }
    let aliases = shapers::aliases_db(&Subject::new(&SPEC, build));
    assert!(!Bar::Under(-70.0).is_met(aliases), "{aliases}");
}

#[test]
fn a_compressor_of_the_wrong_ratio_and_a_clip_for_a_limiter() {
    const SPEC: ModuleSpec = module("dyn.bad", "Bad")
        .inputs(&[audio("in", "The sound").mono(), audio("key", "The key").mono()])
        .params(&[
            db("threshold_db", -60.0..=0.0, -18.0),
            unit("ratio", 1.0..=50.0, 4.0),
            secs("attack_secs", 0.0001..=1.0, 0.01),
            secs("release_secs", 0.001..=3.0, 0.1),
        ])
        .outputs(OUT);
    fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
        each(context, [2, 4], || {
            let mut reduction = 0.0_f32;
            move |values, rate_hz| {
                let over = (20.0 * values[1].abs().max(1e-6).log10() - values[2]).max(0.0);
                let wanted = over * (1.0 - 1.0 / (0.95 * values[3]));
                let secs = 1.1 * if wanted > reduction { values[4] } else { values[5] };
                reduction += (wanted - reduction) * (1.0 - (-1.0 / (secs * rate_hz)).exp());
                values[0] * 10.0_f32.powf(-reduction / 20.0)
            }
        })
    }
    let bad = Subject::new(&SPEC, build);
    let curve = dynamics::static_curve_db(&bad);
    assert!(!Bar::Within(0.1).is_met(curve), "{curve}");
    let [attack, release] = dynamics::ballistics_percent(&bad);
    assert!(!Bar::Within(5.0).is_met(attack) && !Bar::Within(5.0).is_met(release), "{attack} {release}");

    const CLIP: ModuleSpec = module("dyn.bad_limiter", "Bad").inputs(IN).outputs(OUT);
    fn clip(context: &BuildContext<'_>) -> Box<dyn Unit> {
        each(context, [1, 0], || |values: &[f32], _| values[0].clamp(-0.707_945_8, 0.707_945_8))
    }
    let over = dynamics::over_ceiling_db(&Subject::new(&CLIP, clip), -3.0, false);
    assert!(!Bar::Under(0.1).is_met(over), "{over}");
}

#[test]
fn a_reverb_of_one_echo() {
    const SPEC: ModuleSpec = module("fx.bad", "Bad").inputs(IN).params(&[secs("decay_secs", 0.1..=20.0, 2.0)]).outputs(OUT);
    fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
        each(context, [1, 1], || {
            let (mut line, mut at) = (vec![0.0_f32; 1_009], 0);
            move |values, rate_hz| {
                let frames = line.len() as f32;
                let out = line[at];
                // Rings a quarter longer than it says.
                line[at] = values[0] + out * 10.0_f32.powf(-3.0 * frames / (1.25 * values[1] * rate_hz));
                at = (at + 1) % line.len();
                out
            }
        })
    }
    let bad = Subject::new(&SPEC, build);
    let decay = reverbs::decay_percent(&bad, 2.5);
    assert!(!Bar::Within(10.0).is_met(decay), "{decay}");
    let resonance = reverbs::resonance_db(&bad);
    assert!(!Bar::Under(12.0).is_met(resonance), "{resonance}");
}

#[test]
fn a_player_that_joins_samples_by_lines() {
    const SPEC: ModuleSpec = module("sample.bad", "Bad")
        .inputs(&[gate("trig", "Plays")])
        .params(&[semitones("pitch_semitones", -24.0..=24.0, 0.0)])
        .data(&[patchlight_core::sample_file("sample", "The sound")])
        .outputs(OUT);
    fn build(context: &BuildContext<'_>) -> Box<dyn Unit> {
        let Data::Sample(sample) = context.data(0) else { return each(context, [1, 1], || |_: &[f32], _| 0.0) };
        each(context, [1, 1], || {
            let (sample, mut at) = (sample.clone(), 0.0_f64);
            move |values, _| {
                let (place, share) = (at as usize, at.fract() as f32);
                at += f64::from(values[1] / 12.0).exp2();
                let row = &sample.channels[0];
                row[place % row.len()] * (1.0 - share) + row[(place + 1) % row.len()] * share
            }
        })
    }
    let clean = samples::played_db(&Subject::new(&SPEC, build), 5_000.0, 7.0);
    assert!(!Bar::Over(90.0).is_met(clean), "{clean}");
}

#[test]
fn the_library_misses_no_bar_and_the_table_is_of_these_rows() {
    let figures = patchlight_quality::all();
    let missed: Vec<String> = figures.iter().filter(|figure| !figure.is_met()).map(ToString::to_string).collect();
    assert!(missed.is_empty(), "{missed:#?}");
    let table = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/quality.md")).expect("the table");
    // Figures differ a little from one processor to another; what is measured does not.
    let rows: Vec<String> = table.lines().filter(|line| line.starts_with("| `")).map(first_cells).collect();
    let wanted: Vec<String> = figures.iter().map(|figure| first_cells(&figure.to_string())).collect();
    assert!(rows == wanted, "docs/quality.md is old: run `cargo xtask quality`");
}

fn first_cells(row: &str) -> String {
    row.split('|').take(3).collect()
}
