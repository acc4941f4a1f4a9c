//! A picture of what a module does, drawn from what it renders: a wave, a response, a curve, a level over time.

use patchlight_core::{Family, ModuleSpec, ParamKind, SignalKind};
use patchlight_engine::{Solo, SoloConfig};
use patchlight_modules::{Entry, data_of};
use std::f64::consts::TAU;
use std::fmt::Write;

const RATE_HZ: f32 = 48_000.0;
const SIZE: [f32; 2] = [560.0, 150.0];

/// Lines over a width of 0 to 1 and a height of 0 (below) to 1.
pub(crate) struct Picture {
    pub(crate) lines: Vec<Vec<[f32; 2]>>,
    pub(crate) caption: &'static str,
}

/// What is drawn of a module, or nothing for one that makes no signal by itself.
pub(crate) fn caption(spec: &ModuleSpec) -> Option<&'static str> {
    // What stands still by nature, or waits for a real voice.
    const STILL: [&str; 4] = ["filter.dc_block", "mod.macro", "mod.xy_pad", "note.pitch_detect"];
    let first = spec.outputs.first().filter(|_| !STILL.contains(&spec.id))?;
    Some(match spec.family() {
        // What waits for players, files and devices draws nothing.
        Family::Io | Family::Sample | Family::View | Family::Play => return None,
        Family::Filter if spec.id != "filter.formant" => "Response from 20 Hz to 20 kHz, 18 dB up to 54 dB down",
        Family::Shape => "What comes out for what goes in, both from −1 to 1",
        Family::Osc if spec.input("trig").is_some() => "A stroke, half a second",
        Family::Osc => "Three cycles and more at 110 Hz",
        Family::Fx => "What is left of a click, one second",
        Family::Amp | Family::Dyn | Family::Filter => "A tone that swells and fades, before (thin) and after",
        _ if first.kind == SignalKind::Audio => "Its output for two slow waves, one second",
        _ => "Its output for a melody and its gate, two seconds",
    })
}

/// As the module comes from the palette; where that does nothing, with its first preset or its first knob turned up.
pub(crate) fn of(entry: &Entry) -> Option<Picture> {
    let plain = drawn(entry, &[])?;
    if plain.moves() {
        return Some(plain);
    }
    let preset = entry.spec.presets.first().and_then(|preset| preset.settings(entry.spec).ok());
    let turned =
        entry.spec.params.iter().find(|param| param.kind == ParamKind::Number).map(|param| (param.id, param.value_from_travel(0.85)));
    let params = preset.map(|settings| settings.params.iter().map(|(param, value)| (param.id, *value)).collect());
    drawn(entry, &params.unwrap_or_else(|| turned.into_iter().collect::<Params>()))
}

/// Parameters by id.
type Params = Vec<(&'static str, f32)>;

fn drawn(entry: &Entry, params: &[(&'static str, f32)]) -> Option<Picture> {
    let (spec, caption) = (entry.spec, caption(entry.spec)?);
    let render = |entry: &Entry, given: &[(&'static str, Vec<f32>)], frames: usize| render(entry, params, given, frames);
    let lines = match spec.family() {
        Family::Filter if spec.id != "filter.formant" => vec![response(entry, params)],
        Family::Shape => vec![transfer(entry, params)],
        Family::Osc if spec.input("trig").is_some() => vec![wave(&render(entry, &[], 24_000)[..], 24_000)],
        Family::Osc => vec![wave(&render(entry, &[("pitch", vec![(110.0 / 261.625_6_f32).log2(); 9_600])], 9_600)[8_000..], 1_600)],
        Family::Fx => vec![decay(&render(entry, &[("in", vec![1.0])], 48_000))],
        Family::Amp | Family::Dyn | Family::Filter => {
            let swell = swell();
            vec![
                levels(&swell),
                levels(&render(
                    entry,
                    &[("in", swell.clone()), ("in_1", swell.clone()), ("mid", swell.clone()), ("dry", swell.clone())],
                    48_000,
                )),
            ]
        }
        _ if spec.outputs[0].kind == SignalKind::Audio => vec![wave(&render(entry, &[], 48_000), 48_000)],
        _ => vec![wave(&render(entry, &[], 96_000), 96_000)],
    };
    Some(Picture { lines, caption })
}

/// The first output, for the signals given and something usual at every other input.
fn render(entry: &Entry, params: &[(&'static str, f32)], given: &[(&'static str, Vec<f32>)], frames: usize) -> Vec<f32> {
    let spec = entry.spec;
    let mut signals: Vec<(&'static str, Vec<f32>)> = given.iter().filter(|(id, _)| spec.input(id).is_some()).cloned().collect();
    let is_plain = !matches!(spec.family(), Family::Osc | Family::Filter | Family::Shape | Family::Fx | Family::Amp | Family::Dyn);
    for (number, port) in spec.inputs.iter().enumerate() {
        let known = signals.iter().any(|(id, _)| *id == port.id);
        let gate = |period: usize| (0..frames).map(|n| if n % period < period * 3 / 5 && n >= 200 { 1.0 } else { 0.0 }).collect();
        let slow = |hz: f64| (0..frames).map(|n| (TAU * hz * n as f64 / f64::from(RATE_HZ)).sin() as f32).collect();
        let signal: Option<Vec<f32>> = match (port.kind, port.id) {
            _ if known => None,
            (SignalKind::Gate, "trig") if spec.family() == Family::Osc => {
                Some((0..frames).map(|n| if n < 100 { 0.0 } else { 1.0 }).collect())
            }
            (SignalKind::Gate, "reset" | "choke" | "stop" | "clear" | "down") => None,
            (SignalKind::Gate, _) if is_plain => Some(gate([12_000, 17_000, 23_000][number % 3])),
            (SignalKind::Pitch, _) if is_plain => Some((0..frames).map(|n| [0.0, 0.25, 0.58, -0.17][n / 12_000 % 4]).collect()),
            (SignalKind::Audio | SignalKind::Control, _) if is_plain => Some(slow([2.0, 3.3, 5.0, 7.0][number % 4])),
            _ => None,
        };
        signals.extend(signal.map(|signal| (port.id, signal)));
    }
    let data = spec.data.iter().map(|field| data_of(field.kind, field.default).unwrap_or_default());
    let ends: Vec<&str> = signals.iter().map(|(id, _)| *id).collect();
    let config = SoloConfig { params: params.to_vec(), data: data.collect(), ..SoloConfig::default() };
    let mut solo = Solo::new(spec, entry.build, &config, &ends);
    signals.into_iter().for_each(|(id, signal)| solo.drive(id, vec![signal]));
    solo.run(frames, 64).outputs.swap_remove(0).swap_remove(0)
}

/// A signal about its middle, as high as it goes.
fn wave(samples: &[f32], frames: usize) -> Vec<[f32; 2]> {
    let peak = samples.iter().fold(1e-6_f32, |peak, x| peak.max(x.abs()));
    let points = 700.min(frames);
    let line = (0..points).map(|point| {
        // The furthest of each stretch, so that no peak falls between two points.
        let stretch = &samples[point * samples.len() / points..((point + 1) * samples.len() / points).min(samples.len())];
        let value = stretch.iter().copied().max_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap_or(0.0);
        [point as f32 / (points - 1) as f32, 0.5 + 0.47 * value / peak]
    });
    line.collect()
}

fn height(db: f64, low: f64, high: f64) -> f32 {
    ((db - low) / (high - low)).clamp(0.0, 1.0) as f32
}

/// The response to a small impulse.
fn response(entry: &Entry, params: &[(&'static str, f32)]) -> Vec<[f32; 2]> {
    const POINTS: usize = 200;
    let answer = render(entry, params, &[("in", vec![0.01])], 16_384);
    let at = |hz: f64| {
        let (mut re, mut im) = (0.0, 0.0);
        let (step_sin, step_cos) = (TAU * hz / f64::from(RATE_HZ)).sin_cos();
        let (mut sin, mut cos) = (0.0, 1.0);
        for x in &answer {
            (re, im) = (re + f64::from(*x) * cos, im - f64::from(*x) * sin);
            (sin, cos) = (sin * step_cos + cos * step_sin, cos * step_cos - sin * step_sin);
        }
        20.0 * (re.hypot(im) / 0.01).max(1e-9).log10()
    };
    let place = |point: usize| point as f64 / (POINTS - 1) as f64;
    (0..POINTS).map(|point| [place(point) as f32, height(at(20.0 * 1_000_f64.powf(place(point))), -54.0, 18.0)]).collect()
}

/// What comes out for a slow ramp.
fn transfer(entry: &Entry, params: &[(&'static str, f32)]) -> Vec<[f32; 2]> {
    const FRAMES: usize = 4_800;
    let ramp = |n: usize| 2.0 * n as f32 / FRAMES as f32 - 1.0;
    let signal = vec![-1.0; FRAMES].into_iter().chain((0..FRAMES).map(ramp)).collect();
    let out = render(entry, params, &[("in", signal)], 2 * FRAMES);
    (0..FRAMES).step_by(12).map(|n| [0.5 + 0.5 * ramp(n), 0.5 + 0.47 * out[FRAMES + n].clamp(-1.0, 1.0)]).collect()
}

fn moments(samples: &[f32]) -> impl Iterator<Item = f64> + '_ {
    samples.chunks(240).map(|chunk| (chunk.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / chunk.len() as f64).sqrt())
}

/// The level of a tail from its loudest to 80 dB below.
fn decay(samples: &[f32]) -> Vec<[f32; 2]> {
    let levels: Vec<f64> = moments(samples).collect();
    let loudest = levels.iter().copied().fold(1e-9, f64::max);
    let last = (levels.len() - 1) as f32;
    levels.iter().enumerate().map(|(n, level)| [n as f32 / last, height(20.0 * (level / loudest).max(1e-9).log10(), -80.0, 0.0)]).collect()
}

/// A tone that swells over half a second and fades.
fn swell() -> Vec<f32> {
    let level = |n: usize| 1.0 - (n as f64 / 24_000.0 - 1.0).abs();
    (0..48_000).map(|n| (level(n) * (TAU * 200.0 * n as f64 / f64::from(RATE_HZ)).sin()) as f32).collect()
}

/// The level from moment to moment, twice full scale at the top.
fn levels(samples: &[f32]) -> Vec<[f32; 2]> {
    let levels: Vec<f64> = moments(samples).collect();
    let last = (levels.len() - 1) as f32;
    levels.iter().enumerate().map(|(n, level)| [n as f32 / last, (*level as f32 / 1.1).min(1.0)]).collect()
}

impl Picture {
    /// Whether the last line is anything but straight.
    pub(crate) fn moves(&self) -> bool {
        let heights = || self.lines.last().into_iter().flatten().map(|[_, y]| *y);
        heights().fold(0.0, f32::max) - heights().fold(1.0, f32::min) > 0.02
    }

    /// As a file that browsers show.
    pub(crate) fn to_svg(&self) -> String {
        let [width, height] = SIZE;
        let mut text = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\">\n<title>{0}</title>\n\
             <rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"#14161b\"/>\n\
             <path d=\"M8 {1}H{2}\" stroke=\"#2b2f38\"/>\n",
            self.caption,
            height * 0.5,
            width - 8.0
        );
        for (number, line) in self.lines.iter().enumerate() {
            let is_last = number + 1 == self.lines.len();
            let (color, stroke) = if is_last { ("#7fd6ff", 1.8) } else { ("#6d7480", 1.0) };
            let mut points = String::new();
            for [x, y] in line {
                // Writing to a string cannot fail.
                let _ = write!(points, "{:.1},{:.1} ", 8.0 + x * (width - 16.0), 8.0 + (1.0 - y) * (height - 16.0));
            }
            let _ =
                writeln!(text, "<polyline points=\"{}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"{stroke}\"/>", points.trim_end());
        }
        text.push_str("</svg>\n");
        text
    }
}
