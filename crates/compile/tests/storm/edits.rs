//! Random edits: everything a hand can do to a patch, in any order.

use patchlight_core::{DataKind, ModuleId, ParamKind, ParamSpec, PortRef};
use patchlight_modules::LIBRARY;
use patchlight_patch::{Cable, CableId, Edit, Module, Patch};

/// What the storm may change.
#[derive(Clone, Copy)]
pub enum Touching {
    /// Anything but these modules themselves and their removal; cables come and go at all of them.
    Anything(&'static [&'static str]),
    /// Nothing that leads into these modules. It may listen to them.
    AllBut(&'static [&'static str]),
}

/// Modules, cables and voices that a storm lets live at a time: a patch that a small machine can play, whatever its loops, so that
/// what comes late is the engine's doing.
const MAX_MODULES: usize = 12;
const MAX_CABLES: usize = 20;
const MAX_VOICES: f32 = 2.0;

/// A source of edits, the same for the same seed.
pub struct Storm {
    state: u64,
    touching: Touching,
}

impl Storm {
    pub fn new(seed: u64, touching: Touching) -> Self {
        Self { state: seed, touching }
    }

    /// An edit that this patch can take.
    pub fn next(&mut self, patch: &Patch) -> Edit {
        loop {
            let edit = match self.below(100) {
                0..12 => self.add(patch),
                12..20 => self.remove(patch),
                20..46 => self.connect(patch),
                46..58 => self.disconnect(patch),
                58..76 => self.param(patch),
                76..84 => self.amount(patch),
                84..88 => self.switch(patch),
                88..92 => self.data(patch),
                92..97 => self.module(patch).map(|(module, state)| Edit::SetBypassed { module, bypassed: !state.bypassed }),
                _ => self.module(patch).map(|(module, state)| Edit::SetMuted { module, muted: !state.muted }),
            };
            if let Some(edit) = edit {
                return edit;
            }
        }
    }

    /// SplitMix64.
    fn random(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.random() % end as u64) as usize
    }

    /// 0 to 1.
    fn share(&mut self) -> f32 {
        (self.random() >> 40) as f32 / (1_u64 << 24) as f32
    }

    fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        if items.is_empty() { None } else { Some(&items[self.below(items.len())]) }
    }

    fn is_kept(&self, module: &str) -> bool {
        let (Touching::Anything(kept) | Touching::AllBut(kept)) = self.touching;
        kept.contains(&module)
    }

    /// Whether cables may come and go at the inputs of a module.
    fn may_feed(&self, module: &str) -> bool {
        matches!(self.touching, Touching::Anything(_)) || !self.is_kept(module)
    }

    /// A module that may be changed.
    fn module<'a>(&mut self, patch: &'a Patch) -> Option<(ModuleId, &'a Module)> {
        let modules: Vec<_> = patch.modules.iter().filter(|(id, _)| !self.is_kept(id.as_str())).collect();
        self.pick(&modules).map(|(id, module)| ((*id).clone(), *module))
    }

    /// A cable that may be changed; those between kept modules stay.
    fn cable(&mut self, patch: &Patch) -> Option<CableId> {
        let free = |id: &&CableId| {
            self.may_feed(id.to.module.as_str()) && !(self.is_kept(id.to.module.as_str()) && self.is_kept(id.from.module.as_str()))
        };
        let cables: Vec<_> = patch.cables.keys().filter(free).collect();
        self.pick(&cables).map(|id| (*id).clone())
    }

    fn add(&mut self, patch: &Patch) -> Option<Edit> {
        let spec = self.pick(LIBRARY.specs()).copied().filter(|_| patch.modules.len() < MAX_MODULES)?;
        // A second output would be heard beside the first.
        let heard = spec.id == "io.audio_out" && matches!(self.touching, Touching::AllBut(_));
        let mut module = Module::new(spec.id, [0.0, 0.0]);
        module.params = spec.params.iter().filter(|param| param.structural).map(|param| (param.id.to_owned(), MAX_VOICES)).collect();
        (!heard).then(|| Edit::add(patch.fresh_id(spec.id), module))
    }

    fn remove(&mut self, patch: &Patch) -> Option<Edit> {
        self.module(patch).map(|(id, _)| Edit::remove(id))
    }

    fn connect(&mut self, patch: &Patch) -> Option<Edit> {
        let ids: Vec<&ModuleId> = patch.modules.keys().collect();
        let (from, to) = (*self.pick(&ids)?, *self.pick(&ids)?);
        let outputs = LIBRARY.get(&patch.modules[from].kind)?.outputs;
        let spec = LIBRARY.get(&patch.modules[to].kind)?;
        let params = spec.params.iter().filter(|param| param.modulatable()).map(|param| param.id);
        let mut ends: Vec<&str> = spec.inputs.iter().map(|port| port.id).collect();
        if self.below(3) == 0 || ends.is_empty() {
            ends = params.collect();
        }
        let id = CableId::new(PortRef::new(from.clone(), self.pick(outputs)?.id), PortRef::new(to.clone(), *self.pick(&ends)?));
        let is_free = !patch.cables.contains_key(&id) && self.may_feed(to.as_str()) && patch.cables.len() < MAX_CABLES;
        let cable = Cable { closes_loop: self.below(8) == 0, ..Cable::with_amount(self.share() * 2.0 - 1.0) };
        is_free.then(|| Edit::connect(id, cable))
    }

    fn disconnect(&mut self, patch: &Patch) -> Option<Edit> {
        self.cable(patch).map(|id| Edit::Disconnect { id })
    }

    fn amount(&mut self, patch: &Patch) -> Option<Edit> {
        let amount = self.share() * 4.0 - 2.0;
        self.cable(patch).map(|id| Edit::SetCableAmount { id, amount })
    }

    fn switch(&mut self, patch: &Patch) -> Option<Edit> {
        self.cable(patch).map(|id| Edit::SetCableOn { on: !patch.cables[&id].on, id })
    }

    fn param(&mut self, patch: &Patch) -> Option<Edit> {
        let (id, module) = self.module(patch)?;
        let param = self.pick(LIBRARY.get(&module.kind)?.params)?;
        Some(Edit::set_param(id, param.id, self.value(param)))
    }

    fn value(&mut self, param: &ParamSpec) -> f32 {
        let value = param.min + (param.max - param.min) * self.share();
        match param.kind {
            ParamKind::Number => value,
            _ if param.structural => value.round().min(MAX_VOICES),
            _ => value.round(),
        }
    }

    fn data(&mut self, patch: &Patch) -> Option<Edit> {
        let (module, state) = self.module(patch)?;
        let field = self.pick(LIBRARY.get(&state.kind)?.data)?;
        let texts: &[&str] = match field.kind {
            DataKind::Steps => &["C2 . Eb2! _ G2*2 C3?50", "x . x! .", "", "C4 E4 G4 B4 D5", "nonsense"],
            DataKind::Formula => &["a * b", "sin(a) + p", "nonsense(", "1 / 0"],
            DataKind::Curve => &["-1,-1 1,1", "0,0 0.5,1~0.5 1,0", "nonsense", "0,1 1,0"],
            DataKind::Wavetable => &["vowels", "organ", "own.wav@256", "no such table", ""],
            DataKind::Scale => &["9/8 5/4 4/3 3/2 2/1", "100.0 1200.0", "nonsense", ""],
            DataKind::KeyMap => &["0\n0\n127\n60\n69\n432\n0", "nonsense", ""],
            DataKind::Sample => &["tone.wav", "other.wav", "missing.wav", ""],
        };
        let text = self.pick(texts).map(|text| (*text).to_owned());
        Some(Edit::SetData { module, field: field.id.to_owned(), text })
    }
}
