//! The declarations of all modules, looked up by id: what the canvas and the panels need of the catalogue.

use crate::module::ModuleSpec;

/// Every declaration, in the order of the palette. Cheap to copy and share.
#[derive(Clone, Copy, Debug)]
pub struct Library {
    specs: &'static [&'static ModuleSpec],
}

impl Library {
    #[must_use]
    pub const fn new(specs: &'static [&'static ModuleSpec]) -> Self {
        Self { specs }
    }

    #[must_use]
    pub const fn specs(&self) -> &'static [&'static ModuleSpec] {
        self.specs
    }

    /// The declaration with this id, such as `filter.ladder`.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&'static ModuleSpec> {
        self.specs.iter().copied().find(|spec| spec.id == id)
    }

    /// Specs that fit a search, best first: names, then ids, tags and what they say of themselves.
    #[must_use]
    pub fn search(&self, query: &str) -> Vec<&'static ModuleSpec> {
        let words: Vec<String> = query.split_whitespace().map(str::to_lowercase).collect();
        let mut found: Vec<(usize, usize, &'static ModuleSpec)> = Vec::new();
        for (order, spec) in self.specs.iter().enumerate() {
            if let Some(rank) = rank(spec, &words) {
                found.push((rank, order, spec));
            }
        }
        found.sort_by_key(|(rank, order, _)| (*rank, *order));
        found.into_iter().map(|(_, _, spec)| spec).collect()
    }
}

/// Lower is better; `None` where a word that says something is found nowhere.
fn rank(spec: &ModuleSpec, words: &[String]) -> Option<usize> {
    const FILLERS: [&str; 8] = ["make", "it", "a", "the", "my", "to", "sound", "me"];
    let name = spec.name.to_lowercase();
    let tags: Vec<String> = spec.tags.iter().map(|tag| tag.to_lowercase()).collect();
    let about = spec.about.to_lowercase();
    let mut total = 0;
    for word in words.iter().filter(|w| words.len() == 1 || !FILLERS.contains(&w.as_str())) {
        total += if name.starts_with(word.as_str()) {
            0
        } else if name.contains(word.as_str()) {
            1
        } else if tags.iter().any(|tag| tag.starts_with(word.as_str())) {
            2
        } else if spec.id.contains(word.as_str()) || tags.iter().any(|tag| tag.contains(word.as_str())) {
            3
        } else if about.contains(word.as_str()) {
            4
        } else {
            return None;
        };
    }
    Some(total)
}
