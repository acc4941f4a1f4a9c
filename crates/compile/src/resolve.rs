//! Pass 1: what of the patch exists. Unknown modules and cables without an end are left out; `check_patch` has said so.

use crate::samples::SampleSource;
use patchlight_core::{DataKind, DataSpec, ModuleId};
use patchlight_engine::{Data, Wavetable};
use patchlight_modules::{Entry, data_of, find};
use patchlight_patch::{CableId, Diagnostic, DiagnosticKind, Module, Patch};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

/// Where a cable ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Target {
    Input(u16),
    Param(u16),
}

/// A module that can be built.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) id: ModuleId,
    pub(crate) entry: &'static Entry,
    pub(crate) params: Vec<f32>,
    /// The text of each data field, and what it stands for.
    pub(crate) texts: Vec<String>,
    pub(crate) data: Vec<Data>,
    pub(crate) bypassed: bool,
    pub(crate) muted: bool,
    pub(crate) voices: usize,
    pub(crate) channels: usize,
    /// Why it is not run, if it is not.
    pub(crate) idle: Option<&'static str>,
    /// By how many frames its sound comes late: by itself, and with all that is before it.
    pub(crate) latency_frames: usize,
    pub(crate) late_frames: usize,
}

impl Node {
    /// A module without data, one voice wide.
    pub(crate) fn new(id: ModuleId, entry: &'static Entry, params: Vec<f32>) -> Self {
        Self {
            id,
            entry,
            params,
            texts: Vec::new(),
            data: Vec::new(),
            bypassed: false,
            muted: false,
            voices: 1,
            channels: 1,
            idle: None,
            latency_frames: 0,
            late_frames: 0,
        }
    }
}

/// A cable with both ends.
#[derive(Clone, Debug)]
pub(crate) struct Wire<'p> {
    pub(crate) id: Cow<'p, CableId>,
    pub(crate) from: usize,
    pub(crate) output: u16,
    pub(crate) to: usize,
    pub(crate) target: Target,
    pub(crate) gain: f32,
    pub(crate) closes_loop: bool,
}

/// The patch as the compiler sees it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Graph<'p> {
    pub(crate) nodes: Vec<Node>,
    pub(crate) wires: Vec<Wire<'p>>,
}

pub(crate) fn resolve<'p>(patch: &'p Patch, samples: &dyn SampleSource, diagnostics: &mut Vec<Diagnostic>) -> Graph<'p> {
    let mut graph = Graph::default();
    let mut kinds: HashMap<&str, Option<&'static Entry>> = HashMap::new();
    // By the module's place in the patch; kinds that are not known have none.
    let mut place = Vec::with_capacity(patch.modules.len());
    for (id, module) in &patch.modules {
        let entry = *kinds.entry(module.kind.as_str()).or_insert_with(|| find(&module.kind));
        place.push(entry.map(|_| graph.nodes.len()));
        graph.nodes.extend(entry.map(|entry| node(id, module, entry, samples, diagnostics)));
    }
    let index_of = |module: &ModuleId| patch.modules.get_index_of(module).and_then(|index| place[index]);
    for (id, cable) in &patch.cables {
        let (Some(from), Some(to)) = (index_of(&id.from.module), index_of(&id.to.module)) else { continue };
        let Some((output, _)) = graph.nodes[from].entry.spec.output(&id.from.port) else { continue };
        let Some(target) = target(graph.nodes[to].entry, &id.to.port) else { continue };
        let (gain, closes_loop) = (cable.gain(), cable.closes_loop);
        graph.wires.push(Wire { id: Cow::Borrowed(id), from, output: output as u16, to, target, gain, closes_loop });
    }
    graph
}

fn target(entry: &Entry, port: &str) -> Option<Target> {
    let input = entry.spec.input(port).map(|(index, _)| Target::Input(index as u16));
    let param = || entry.spec.param(port).filter(|(_, param)| param.modulatable()).map(|(index, _)| Target::Param(index as u16));
    input.or_else(param)
}

fn node(id: &ModuleId, module: &Module, entry: &'static Entry, samples: &dyn SampleSource, diagnostics: &mut Vec<Diagnostic>) -> Node {
    let texts: Vec<String> = entry.spec.data.iter().map(|field| module.text(field).to_owned()).collect();
    let mut data = Vec::new();
    for (field, text) in entry.spec.data.iter().zip(&texts) {
        data.push(datum(field, text, samples).unwrap_or_else(|why| {
            let what = if field.kind == DataKind::Wavetable { "wavetable" } else { "sample" };
            let diagnostic = Diagnostic::error(DiagnosticKind::BadData, format!("{what} \"{text}\": {why}"));
            let help = "The patch plays without it; choose another to bring it back.";
            diagnostics.push(diagnostic.at_module(id).at_port(field.id).help(help));
            Data::None
        }));
    }
    let mut params: Vec<f32> = entry.spec.params.iter().map(|param| param.default).collect();
    for (param_id, value) in &module.params {
        if let Some((index, param)) = entry.spec.param(param_id) {
            params[index] = param.clamp(*value);
        }
    }
    Node { texts, data, bypassed: module.bypassed, muted: module.muted, ..Node::new(id.clone(), entry, params) }
}

/// What a unit is given for a field's text. Texts that cannot be read have been reported by `check_patch`; patterns rest, formulas are 0.
fn datum(field: &DataSpec, text: &str, samples: &dyn SampleSource) -> Result<Data, String> {
    if let Some(data) = data_of(field.kind, text) {
        return Ok(data);
    }
    Ok(match field.kind {
        DataKind::Steps => Data::Steps(Arc::default()),
        DataKind::Formula => Data::Formula(Arc::default()),
        DataKind::Curve => Data::Curve(Arc::default()),
        DataKind::Scale | DataKind::KeyMap => Data::None,
        DataKind::Wavetable | DataKind::Sample if text.is_empty() => Data::None,
        DataKind::Sample => samples.sample(text)?.map_or(Data::None, Data::Sample),
        DataKind::Wavetable => own_wavetable(text, samples)?.map_or(Data::None, Data::Wavetable),
    })
}

/// A wavetable in a file: its path, and perhaps the frames of its cycles behind an @.
fn own_wavetable(text: &str, samples: &dyn SampleSource) -> Result<Option<Arc<Wavetable>>, String> {
    let (path, frames) = match text.rsplit_once('@') {
        Some((path, frames)) if frames.bytes().all(|byte| byte.is_ascii_digit()) => (path, frames),
        _ => (text, "0"),
    };
    let frames = frames.parse().map_err(|_| format!("`{frames}` is no length of a cycle"))?;
    if !path.contains('.') {
        return Err("no table of this name comes along, and it is no file".to_owned());
    }
    samples.wavetable(path, frames)
}
