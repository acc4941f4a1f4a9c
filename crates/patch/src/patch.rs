//! The document itself, and what can be asked of it.

use crate::cable_id::CableId;
use crate::group::{Group, GroupId};
use crate::midi::MidiControl;
use crate::note::{Bookmark, Note};
use indexmap::IndexMap;
use patchlight_core::{DataSpec, Library, ModuleId, ParamSpec, PortRef, Settings};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// A patch: modules on a canvas and the cables between them, in the order of the file; new ones come last.
#[derive(Clone, Debug)]
pub struct Patch {
    /// The version of the format that the patch was read from; higher than [`crate::FORMAT_VERSION`] for a newer file.
    pub version: u32,
    pub name: String,
    /// What the patch is and how to play it. May have several lines.
    pub about: String,
    pub author: Option<String>,
    pub tags: Vec<String>,
    pub modules: IndexMap<ModuleId, Module>,
    /// May name modules and ports that do not exist: such cables are kept and carry nothing.
    pub cables: IndexMap<CableId, Cable>,
    /// Sub-patches: which modules are shown as one.
    pub groups: BTreeMap<GroupId, Group>,
    /// Comments and frames.
    pub notes: BTreeMap<String, Note>,
    /// Places to come back to, by their number.
    pub bookmarks: BTreeMap<u8, Bookmark>,
    /// Fields that this version does not know.
    pub extra: IndexMap<String, RonText>,
}

/// A module in a patch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Module {
    /// The id of its declaration, such as `filter.ladder`. May be one that this version does not know.
    pub kind: String,
    /// Its upper left corner on the canvas, in canvas units: x to the right, y downwards. Always finite.
    pub at: [f32; 2],
    /// What the person calls it, where that differs from the declaration's name.
    pub name: Option<String>,
    /// The parameters that were set, by id, in the unit of their declaration. Values may lie outside of the range and ids may be
    /// unknown: [`Module::value`] clamps, and nothing is lost.
    pub params: BTreeMap<String, f32>,
    /// The data that was set, by id: patterns, the paths of samples.
    pub data: BTreeMap<String, String>,
    /// The controllers that turn its parameters, by id.
    #[serde(default)]
    pub midi: BTreeMap<String, MidiControl>,
    /// Its signal passes by unchanged.
    pub bypassed: bool,
    /// Its outputs are silent.
    pub muted: bool,
    /// While any module is soloed, only what comes from soloed ones is heard.
    pub soloed: bool,
    /// The group that it lies in. May be one that does not exist: then it lies in none.
    pub group: Option<GroupId>,
    /// Values that were read and not understood.
    pub unread: Unread,
    /// Fields that this version does not know.
    pub extra: IndexMap<String, RonText>,
}

/// Parameters and data whose values this version cannot use, by id, such as the settings of a module that it does not know.
/// A value that is set under the same id in [`Module::params`] or [`Module::data`] stands before them.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Unread {
    pub params: BTreeMap<String, RonText>,
    pub data: BTreeMap<String, RonText>,
}

/// A cable; its ends are its [`CableId`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cable {
    /// What the signal is multiplied with on its way: 1.0 leaves it, −1.0 turns it over.
    pub amount: f32,
    pub on: bool,
    pub color: Option<CableColor>,
    /// Shown only at its ends.
    pub hidden: bool,
    /// The person's mark: where this cable lies in a loop, it is the one that gets the delay of a sample.
    pub closes_loop: bool,
    /// Fields that this version does not know.
    pub extra: IndexMap<String, RonText>,
}

/// Text in RON that is kept as it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RonText(String);

/// A colour chosen for a cable, red, green and blue in sRGB. Written `#ff8800`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CableColor(pub [u8; 3]);

/// The text is not a colour.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a colour: write # and six hexadecimal digits, such as #ff8800")]
pub struct CableColorError(pub String);

impl Default for Patch {
    fn default() -> Self {
        Self {
            version: crate::FORMAT_VERSION,
            name: String::new(),
            about: String::new(),
            author: None,
            tags: Vec::new(),
            modules: IndexMap::new(),
            cables: IndexMap::new(),
            groups: BTreeMap::new(),
            notes: BTreeMap::new(),
            bookmarks: BTreeMap::new(),
            extra: IndexMap::new(),
        }
    }
}

/// Equal in everything, order included.
impl PartialEq for Patch {
    fn eq(&self, other: &Self) -> bool {
        self.version == other.version
            && self.name == other.name
            && self.about == other.about
            && self.author == other.author
            && self.tags == other.tags
            && self.modules.iter().eq(&other.modules)
            && self.cables.iter().eq(&other.cables)
            && self.groups == other.groups
            && self.notes == other.notes
            && self.bookmarks == other.bookmarks
            && self.extra.iter().eq(&other.extra)
    }
}

impl Patch {
    #[must_use]
    pub fn module(&self, id: &str) -> Option<&Module> {
        self.modules.get(id)
    }

    /// Cables that end on this input or parameter.
    pub fn cables_into<'a>(&'a self, port: &'a PortRef) -> impl Iterator<Item = (&'a CableId, &'a Cable)> {
        self.cables.iter().filter(move |(id, _)| id.to == *port)
    }

    /// Cables that begin at this output.
    pub fn cables_out_of<'a>(&'a self, port: &'a PortRef) -> impl Iterator<Item = (&'a CableId, &'a Cable)> {
        self.cables.iter().filter(move |(id, _)| id.from == *port)
    }

    /// Cables with at least one end at this module.
    pub fn cables_of<'a>(&'a self, module: &'a str) -> impl Iterator<Item = (&'a CableId, &'a Cable)> {
        self.cables.iter().filter(move |(id, _)| id.touches(module))
    }

    /// Cables that end at this module, on whatever input or parameter.
    pub fn inputs_of<'a>(&'a self, module: &'a str) -> impl Iterator<Item = (&'a CableId, &'a Cable)> {
        self.cables.iter().filter(move |(id, _)| id.to.module.as_str() == module)
    }

    /// Cables that begin at this module, at whatever output.
    pub fn outputs_of<'a>(&'a self, module: &'a str) -> impl Iterator<Item = (&'a CableId, &'a Cable)> {
        self.cables.iter().filter(move |(id, _)| id.from.module.as_str() == module)
    }

    /// An id that no module has, made from a kind or an id: `filter.ladder` gives `ladder`, then `ladder_2`.
    #[must_use]
    pub fn fresh_id(&self, kind_or_id: &str) -> ModuleId {
        fresh_id(kind_or_id, |id| self.modules.contains_key(id) || self.groups.contains_key(id))
    }

    /// What to call a module or a group on the screen: the name it was given, or its declaration's, or its id.
    #[must_use]
    pub fn label(&self, id: &str, library: &Library) -> String {
        let Some(module) = self.module(id) else { return self.groups.get(id).map_or(id, |group| &group.name).to_owned() };
        match (&module.name, library.get(&module.kind)) {
            (Some(name), _) => name.clone(),
            (None, Some(spec)) => spec.name.to_owned(),
            (None, None) => id.to_owned(),
        }
    }
}

/// As [`Patch::fresh_id`], for whatever set of ids is `taken`.
pub(crate) fn fresh_id(kind_or_id: &str, taken: impl Fn(&str) -> bool) -> ModuleId {
    let word = kind_or_id.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    let word: String = word.chars().map(|c| if c.is_ascii_lowercase() || c.is_ascii_digit() { c } else { '_' }).collect();
    // `ladder_2` counts on from `ladder`, where that is what its number means: `kick_808` is a name.
    let stem = match word.rsplit_once('_') {
        Some((stem, number)) if number.parse::<u32>().is_ok() && taken(stem) => stem,
        _ => word.as_str(),
    };
    let stem = stem.trim_matches('_');
    let stem = match stem.chars().next() {
        None => "module".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("m{stem}"),
        Some(_) => stem.to_owned(),
    };
    let mut id = stem.clone();
    let mut number = 2_u64;
    while taken(&id) {
        id = format!("{stem}_{number}");
        number += 1;
    }
    ModuleId::new(id)
}

impl Module {
    /// A module as it comes from the palette: everything at its default.
    pub fn new(kind: impl Into<String>, at: [f32; 2]) -> Self {
        Self {
            kind: kind.into(),
            at,
            name: None,
            params: BTreeMap::new(),
            data: BTreeMap::new(),
            midi: BTreeMap::new(),
            bypassed: false,
            muted: false,
            soloed: false,
            group: None,
            unread: Unread::default(),
            extra: IndexMap::new(),
        }
    }

    /// The same with a parameter set.
    #[must_use]
    pub fn with_param(mut self, id: impl Into<String>, value: f32) -> Self {
        self.params.insert(id.into(), value);
        self
    }

    /// The same with a piece of data set.
    #[must_use]
    pub fn with_data(mut self, id: impl Into<String>, text: impl Into<String>) -> Self {
        self.data.insert(id.into(), text.into());
        self
    }

    /// The same with the settings of a preset, and all else at its default. Data that the preset does not name stays.
    #[must_use]
    pub fn with_settings(&self, settings: &Settings) -> Self {
        let mut module = self.clone();
        module.params = settings.params.iter().map(|(param, value)| (param.id.to_owned(), *value)).collect();
        module.data.extend(settings.data.iter().map(|(field, text)| (field.id.to_owned(), (*text).to_owned())));
        module
    }

    /// The value of a parameter, in its range: what was set, or the default.
    #[must_use]
    pub fn value(&self, spec: &ParamSpec) -> f32 {
        self.params.get(spec.id).map_or(spec.default, |value| spec.clamp(*value))
    }

    /// A piece of data: what was set, or the default.
    #[must_use]
    pub fn text<'a>(&'a self, spec: &DataSpec) -> &'a str {
        self.data.get(spec.id).map_or(spec.default, String::as_str)
    }
}

impl Default for Cable {
    fn default() -> Self {
        Self { amount: 1.0, on: true, color: None, hidden: false, closes_loop: false, extra: IndexMap::new() }
    }
}

impl Cable {
    /// A cable with this amount, otherwise plain.
    #[must_use]
    pub fn with_amount(amount: f32) -> Self {
        Self { amount, ..Self::default() }
    }

    /// What the signal is multiplied with now: the amount, or 0 where the cable is off or its amount is not a number.
    #[must_use]
    pub fn gain(&self) -> f32 {
        if self.on && self.amount.is_finite() { self.amount } else { 0.0 }
    }
}

impl RonText {
    /// Only for text that was taken out of valid RON.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CableColor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

impl FromStr for CableColor {
    type Err = CableColorError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix('#').filter(|d| d.len() == 6 && d.bytes().all(|b| b.is_ascii_hexdigit()));
        let number = digits.and_then(|d| u32::from_str_radix(d, 16).ok());
        let [_, red, green, blue] = number.ok_or_else(|| CableColorError(text.to_owned()))?.to_be_bytes();
        Ok(Self([red, green, blue]))
    }
}

#[cfg(test)]
mod tests {
    use super::{Cable, CableColor, Module, Patch};
    use patchlight_core::{ModuleId, hz, is_valid_id};

    #[test]
    fn fresh_ids_count_up_from_the_kind() {
        let mut patch = Patch::default();
        for expected in ["ladder", "ladder_2", "ladder_3"] {
            let id = patch.fresh_id("filter.ladder");
            assert_eq!(id.as_str(), expected);
            patch.modules.insert(id, Module::new("filter.ladder", [0.0, 0.0]));
        }
        assert_eq!(patch.fresh_id("ladder_2").as_str(), "ladder_4");
        assert_eq!(patch.fresh_id("osc.kick_808").as_str(), "kick_808");
        for odd in ["", "x.", "808", "_", "filter.Größe", "a.2_2", "é"] {
            assert!(is_valid_id(patch.fresh_id(odd).as_str()), "{odd:?} gives {}", patch.fresh_id(odd));
        }
    }

    #[test]
    fn values_are_clamped_on_use_and_kept_as_set() {
        let cutoff = hz("cutoff_hz", 20.0..=20_000.0, 1_000.0);
        let module = Module::new("filter.ladder", [0.0, 0.0]);
        assert_eq!(module.value(&cutoff), 1_000.0);
        for (set, used) in [(5.0, 20.0), (f32::INFINITY, 20_000.0), (f32::NAN, 1_000.0), (440.0, 440.0)] {
            let module = module.clone().with_param("cutoff_hz", set);
            assert_eq!(module.value(&cutoff), used);
            assert_eq!(module.params["cutoff_hz"].to_bits(), set.to_bits());
        }
    }

    #[test]
    fn a_cable_that_is_off_or_not_a_number_carries_nothing() {
        assert_eq!(Cable::with_amount(-0.5).gain(), -0.5);
        assert_eq!(Cable { on: false, ..Cable::with_amount(0.5) }.gain(), 0.0);
        assert_eq!(Cable::with_amount(f32::NAN).gain(), 0.0);
    }

    #[test]
    fn colours_round_trip_as_text() {
        assert_eq!("#ff8800".parse(), Ok(CableColor([255, 136, 0])));
        assert_eq!(CableColor([255, 136, 0]).to_string(), "#ff8800");
        for wrong in ["", "ff8800", "#ff880", "#+f8800", "#ff88zz"] {
            assert!(wrong.parse::<CableColor>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn equality_sees_the_order() {
        let id = |text: &str| ModuleId::from(text);
        let (mut one, mut other) = (Patch::default(), Patch::default());
        for name in ["a", "b"] {
            one.modules.insert(id(name), Module::new("x.y", [0.0, 0.0]));
        }
        for name in ["b", "a"] {
            other.modules.insert(id(name), Module::new("x.y", [0.0, 0.0]));
        }
        assert_ne!(one, other);
    }
}
