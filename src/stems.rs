//! Stems: a patch split into what its output is the sum of.
//!
//! Each cable that ends at an Audio Out is a stem. Where that is a single cable from a mixer, each cable into the mixer is one.
//! A stem is the patch with the other cables off: it lines up with the mix to the frame, and where what follows the split is
//! linear the stems add up to the mix.

use patchlight_core::Library;
use patchlight_patch::{CableId, Patch};

/// One stem.
pub struct Stem {
    /// Such as `01_kick.wav`.
    pub file_name: String,
    pub patch: Patch,
}

/// Mixers come in several sizes.
fn is_mixer(kind: &str) -> bool {
    kind.starts_with("amp.mixer")
}

/// The stems of a patch, in the order of its cables.
#[must_use]
pub fn stems(patch: &Patch, library: &Library) -> Vec<Stem> {
    let kind_of = |module: &str| patch.module(module).map(|module| module.kind.as_str());
    let into = |wanted: &dyn Fn(&str) -> bool| -> Vec<CableId> {
        let cables = patch.cables.iter().filter(|(id, cable)| cable.on && wanted(id.to.module.as_str()));
        let inputs = cables.filter(|(id, _)| {
            let spec = kind_of(id.to.module.as_str()).and_then(|kind| library.get(kind));
            spec.is_some_and(|spec| spec.input(&id.to.port).is_some())
        });
        inputs.map(|(id, _)| id.clone()).collect()
    };
    let mut split = into(&|module| kind_of(module) == Some("io.audio_out"));
    if let [only] = split.as_slice() {
        let mixer = only.from.module.clone();
        if kind_of(mixer.as_str()).is_some_and(is_mixer) {
            split = into(&|module| module == mixer.as_str());
        }
    }
    let stem = |(number, cable): (usize, &CableId)| {
        let mut stem = patch.clone();
        for other in split.iter().filter(|other| *other != cable) {
            if let Some(other) = stem.cables.get_mut(other) {
                other.on = false;
            }
        }
        let port = if cable.from.port == "out" { String::new() } else { format!("_{}", cable.from.port) };
        Stem { file_name: format!("{:02}_{}{port}.wav", number + 1, cable.from.module), patch: stem }
    };
    split.iter().enumerate().map(stem).collect()
}
