//! Pass 7: how the cables of an input are summed: as few operations on rows and groups of eight as do it.

use patchlight_core::LaneLayout;
use patchlight_engine::{BLOCK, GROUP, GatherOp, NO_CABLE, OpKind, Shape, Span};

/// One lane of a cable's source on its way to one lane of an input.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Strand {
    /// In samples from the start of the arena, and how far apart the frames are.
    pub(crate) from: u32,
    pub(crate) stride: u8,
    pub(crate) cable: u32,
    pub(crate) gain: f32,
    /// What the gain is multiplied with: one half for the mean of two channels.
    pub(crate) factor: f32,
}

/// A source as it lies in the arena: all lanes of a signal, or one of a unit whose lanes are different modules.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct SourceLanes {
    pub(crate) span: Span,
    pub(crate) first_lane: usize,
    pub(crate) voices: usize,
}

/// A cable that arrives, with its number and gain.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Arrival {
    pub(crate) source: SourceLanes,
    pub(crate) cable: u32,
    pub(crate) gain: f32,
}

/// What is to be summed where: the lanes of one module, or one lane of each of several.
pub(crate) enum Arrivals<'a> {
    /// All arrive at all voices of a module.
    Module(&'a [Arrival]),
    /// Each voice arrives at its own, of a module that sums what it is given: one voice would be heard as often as there are others.
    Summed(&'a [Arrival]),
    /// A list for each lane.
    Lanes(&'a [Vec<Arrival>]),
}

impl Arrivals<'_> {
    /// What arrives at one lane of one channel, in the order of the cables.
    fn strands(&self, shape: Shape, channel: usize, lane: usize, found: &mut Vec<Strand>) {
        found.clear();
        let (arrivals, voice, voices) = match self {
            Self::Module(arrivals) | Self::Summed(arrivals) => (*arrivals, lane, usize::from(shape.voices)),
            Self::Lanes(lists) => (lists.get(lane).map_or(&[][..], Vec::as_slice), 0, 1),
        };
        for arrival in arrivals {
            let from_channels = usize::from(arrival.source.span.shape.channels);
            let channels = match (from_channels, shape.channels) {
                (2, 1) => 0..2,
                (2, _) => channel..channel + 1,
                _ => 0..1,
            };
            let factor = 1.0 / channels.len() as f32;
            let voices = match (arrival.source.voices, voices) {
                (from, 1) => 0..from,
                (1, _) if !matches!(self, Self::Summed(_)) => 0..1,
                (from, _) => voice..(voice + 1).min(from.max(voice)),
            };
            for channel in channels {
                for voice in voices.clone() {
                    found.push(arrival.strand(channel, voice, factor));
                }
            }
        }
    }
}

impl Arrival {
    fn strand(&self, channel: usize, voice: usize, factor: f32) -> Strand {
        let lane = self.source.span.shape.lane(channel, self.source.first_lane + voice);
        let from = self.source.span.offset + lane.offset as u32;
        Strand { from, stride: lane.stride as u8, cable: self.cable, gain: self.gain, factor }
    }
}

/// The operations that fill a span.
#[derive(Default)]
pub(crate) struct Operations {
    pub(crate) ops: Vec<GatherOp>,
    /// Where eight rows begin that become eight lanes.
    pub(crate) rows: Vec<[u32; GROUP]>,
}

impl Operations {
    /// Appends what sums the arrivals into a span. `lanes` says how many of its lanes are anybody's.
    pub(crate) fn sum(&mut self, arrivals: &Arrivals<'_>, span: Span, lanes: usize) {
        let shape = span.shape;
        let mut strands: [Vec<Strand>; GROUP] = Default::default();
        for channel in 0..usize::from(shape.channels) {
            match shape.layout {
                LaneLayout::Rows => {
                    for voice in 0..usize::from(shape.voices) {
                        arrivals.strands(shape, channel, voice, &mut strands[0]);
                        self.row(&strands[0], span.offset + shape.lane(channel, voice).offset as u32, false);
                    }
                }
                LaneLayout::Groups => {
                    for group in 0..shape.groups() {
                        for (lane, found) in strands.iter_mut().enumerate() {
                            let lane = group * GROUP + lane;
                            found.clear();
                            if lane < lanes {
                                arrivals.strands(shape, channel, lane, found);
                            }
                        }
                        self.group(&strands, span.offset + shape.lane(channel, group * GROUP).offset as u32);
                    }
                }
            }
        }
    }

    fn push(&mut self, kind: OpKind, from: u32, to: u32, sets: bool, strands: &[Option<Strand>; GROUP]) {
        let factor = strands.iter().flatten().next().map_or(1.0, |strand| strand.factor);
        let cables = strands.map(|strand| strand.map_or(NO_CABLE, |strand| strand.cable));
        let gains = strands.map(|strand| strand.map_or(0.0, |strand| strand.gain));
        self.ops.push(GatherOp { kind, from, to, sets, cables, factor, gains });
    }

    fn clear(&mut self, to: u32, samples: usize) {
        self.push(OpKind::Clear { samples: samples as u32 }, 0, to, true, &[None; GROUP]);
    }

    /// Sums strands into a row, or adds them where that `has_begun`. Those that come from one group are taken eight at a time.
    fn row(&mut self, strands: &[Strand], to: u32, has_begun: bool) {
        let begin = self.ops.len();
        let mut taken = vec![false; strands.len()];
        for (index, strand) in strands.iter().enumerate() {
            if std::mem::replace(&mut taken[index], true) {
                continue;
            }
            if strand.stride == 1 {
                self.push(OpKind::Row, strand.from, to, !has_begun && self.ops.len() == begin, &one(*strand));
                continue;
            }
            let base = strand.from & !(GROUP as u32 - 1);
            let mut lanes = [None; GROUP];
            lanes[(strand.from - base) as usize] = Some(*strand);
            for (other, taken) in strands[index + 1..].iter().zip(&mut taken[index + 1..]) {
                let lane = other.from.wrapping_sub(base) as usize;
                if !*taken && other.stride > 1 && lane < GROUP && lanes[lane].is_none() && other.factor == strand.factor {
                    lanes[lane] = Some(*other);
                    *taken = true;
                }
            }
            if !has_begun && self.ops.len() == begin {
                self.clear(to, BLOCK);
            }
            if lanes.iter().flatten().count() > 1 {
                self.push(OpKind::Sum { stride: 1 }, base, to, false, &lanes);
            } else {
                self.push(OpKind::Lane { from_stride: strand.stride, to_stride: 1 }, strand.from, to, false, &one(*strand));
            }
        }
        if !has_begun && self.ops.len() == begin {
            self.clear(to, BLOCK);
        }
    }

    /// Sums strands into eight lanes, layer by layer, so that each lane is summed in the order of its cables.
    fn group(&mut self, strands: &[Vec<Strand>; GROUP], to: u32) {
        let begin = self.ops.len();
        if self.across(strands, to) {
            return;
        }
        let used = strands.iter().filter(|strands| !strands.is_empty()).count();
        let layers = strands.iter().map(Vec::len).max().unwrap_or(0);
        for layer in 0..layers {
            let mut left: [Option<Strand>; GROUP] = std::array::from_fn(|lane| strands[lane].get(layer).copied());
            while let Some(lane) = left.iter().position(Option::is_some) {
                let whole = match_up(&left, lane);
                let count = whole.lanes.iter().flatten().count();
                whole.lanes.iter().enumerate().filter(|(_, strand)| strand.is_some()).for_each(|(lane, _)| left[lane] = None);
                let is_first = self.ops.len() == begin;
                let sets = is_first && count == used && !matches!(whole.kind, OpKind::Lane { .. });
                if is_first && !sets {
                    self.clear(to, GROUP * BLOCK);
                }
                match whole.kind {
                    OpKind::Rows => {
                        let rows = whole.lanes.map(|strand| strand.map_or(0, |strand| strand.from));
                        self.push(OpKind::Rows, self.rows.len() as u32, to, sets, &whole.lanes);
                        self.rows.push(rows);
                    }
                    OpKind::Lane { .. } => {
                        let strand = whole.lanes[lane].map_or([None; GROUP], one);
                        self.push(whole.kind, whole.from, to + lane as u32, false, &strand);
                    }
                    kind => self.push(kind, whole.from, to, sets, &whole.lanes),
                }
            }
        }
        if self.ops.len() == begin {
            self.clear(to, GROUP * BLOCK);
        }
    }

    /// A module by itself into whose one lane many voices of few groups run: summed across. False where it is not so.
    fn across(&mut self, strands: &[Vec<Strand>; GROUP], to: u32) -> bool {
        let is_one = strands[0].len() > 2 && strands[1..].iter().all(Vec::is_empty);
        if !is_one || strands[0].iter().any(|strand| strand.stride == 1) {
            return false;
        }
        self.clear(to, GROUP * BLOCK);
        for (from, lanes) in by_group(&strands[0]) {
            self.push(OpKind::Sum { stride: GROUP as u8 }, from, to, false, &lanes);
        }
        true
    }

    /// Sums groups into one lane: the same numbers as [`Operations::aside`] and [`Operations::total`] give in turn.
    pub(crate) fn at_once(&mut self, arrivals: &Arrivals<'_>, span: Span) {
        let mut strands = Vec::new();
        for channel in 0..usize::from(span.shape.channels) {
            arrivals.strands(Shape { voices: 1, ..span.shape }, channel, 0, &mut strands);
            let (to, stride) = self.clear_lane(span, channel);
            for (from, lanes) in by_group(&strands) {
                self.push(OpKind::Sum { stride }, from, to, false, &lanes);
            }
        }
    }

    /// Adds groups to a group of sums, or sets it to the first.
    pub(crate) fn aside(&mut self, arrivals: &Arrivals<'_>, sums: Span, begins: bool) {
        let mut strands = Vec::new();
        for channel in 0..usize::from(sums.shape.channels) {
            arrivals.strands(Shape { voices: 1, ..sums.shape }, channel, 0, &mut strands);
            let to = sums.offset + sums.shape.lane(channel, 0).offset as u32;
            for (index, (from, lanes)) in by_group(&strands).into_iter().enumerate() {
                self.push(OpKind::Group, from, to, begins && index == 0, &lanes);
            }
        }
    }

    /// Adds a group of sums up, into one lane.
    pub(crate) fn total(&mut self, sums: Span, span: Span) {
        for channel in 0..usize::from(span.shape.channels) {
            let (to, stride) = self.clear_lane(span, channel);
            self.push(OpKind::Sum { stride }, sums.offset + sums.shape.lane(channel, 0).offset as u32, to, false, &[None; GROUP]);
            // As they are: their cables have been counted.
            self.ops.last_mut().into_iter().for_each(|op| op.gains = [1.0; GROUP]);
        }
    }

    /// Adds to rows that have begun.
    pub(crate) fn add(&mut self, arrivals: &Arrivals<'_>, span: Span) {
        let mut strands = Vec::new();
        for channel in 0..usize::from(span.shape.channels) {
            arrivals.strands(Shape { voices: 1, ..span.shape }, channel, 0, &mut strands);
            self.row(&strands, span.offset + span.shape.lane(channel, 0).offset as u32, true);
        }
    }

    /// Clears the first lane of a channel, with those beside it; gives its place.
    fn clear_lane(&mut self, span: Span, channel: usize) -> (u32, u8) {
        let lane = span.shape.lane(channel, 0);
        let to = span.offset + lane.offset as u32;
        self.clear(to, lane.stride * BLOCK);
        (to, lane.stride as u8)
    }
}

/// Strands by the groups that they come from, in the order of the first of each.
fn by_group(strands: &[Strand]) -> Vec<(u32, [Option<Strand>; GROUP])> {
    let mut left = strands.to_vec();
    let mut groups = Vec::new();
    while let Some(first) = left.first().copied() {
        let base = first.from & !(GROUP as u32 - 1);
        let mut lanes = [None; GROUP];
        left.retain(|strand| {
            let lane = strand.from.wrapping_sub(base) as usize;
            let fits = lane < GROUP && lanes[lane].is_none() && strand.factor == first.factor;
            if fits {
                lanes[lane] = Some(*strand);
            }
            !fits
        });
        groups.push((base, lanes));
    }
    groups
}

fn one(strand: Strand) -> [Option<Strand>; GROUP] {
    let mut lanes = [None; GROUP];
    lanes[0] = Some(strand);
    lanes
}

/// Lanes of one layer that one operation moves.
struct Match {
    kind: OpKind,
    from: u32,
    lanes: [Option<Strand>; GROUP],
}

/// The lanes that can be moved together with this one: the same lanes of a group, one lane to several, or rows side by side.
fn match_up(left: &[Option<Strand>; GROUP], lane: usize) -> Match {
    let Some(first) = left[lane] else { return Match { kind: OpKind::Group, from: 0, lanes: [None; GROUP] } };
    let fit = |test: &dyn Fn(usize, &Strand) -> bool| -> [Option<Strand>; GROUP] {
        std::array::from_fn(|lane| left[lane].filter(|strand| strand.factor == first.factor && test(lane, strand)))
    };
    let count = |lanes: &[Option<Strand>; GROUP]| lanes.iter().flatten().count();
    let many = |lanes: &[Option<Strand>; GROUP]| count(lanes) > 1;
    let same = fit(&|_, strand| strand.from == first.from);
    if usize::from(first.stride) == GROUP && first.from as usize % GROUP == lane {
        let base = first.from - lane as u32;
        let lanes = fit(&|lane, strand| usize::from(strand.stride) == GROUP && strand.from == base + lane as u32);
        // One lane that goes to several may go to its own among them.
        if count(&lanes) >= count(&same) {
            return Match { kind: OpKind::Group, from: base, lanes };
        }
    }
    if many(&same) {
        return Match { kind: OpKind::Spread { stride: first.stride }, from: first.from, lanes: same };
    }
    if first.stride == 1 {
        let rows = fit(&|_, strand| strand.stride == 1);
        if many(&rows) {
            return Match { kind: OpKind::Rows, from: 0, lanes: rows };
        }
    }
    let mut lanes = [None; GROUP];
    lanes[lane] = Some(first);
    Match { kind: OpKind::Lane { from_stride: first.stride, to_stride: GROUP as u8 }, from: first.from, lanes }
}

/// The source that is the sum already where all gains are 1: it lies as the unit wants it.
pub(crate) fn passes(ops: &[GatherOp], span: Span, source: Span, first_lane: usize, lanes: usize) -> Option<Span> {
    let (to, from) = (span.shape, source.shape);
    if to.layout != from.layout || ops.iter().any(|op| !op.sets || op.factor != 1.0) {
        return None;
    }
    let passed = Span { offset: source.offset, shape: from };
    match to.layout {
        LaneLayout::Rows => {
            let whole = from.channels == to.channels && from.voices == to.voices && ops.iter().all(|op| op.kind == OpKind::Row);
            whole.then_some(passed)
        }
        LaneLayout::Groups => {
            let enough = from.channels <= to.channels && first_lane == 0 && lanes <= usize::from(from.voices) && ops.len() == expected(to);
            let in_order = ops.iter().enumerate().all(|(index, op)| {
                let (channel, group) = (index / to.groups(), index % to.groups());
                let channel = channel.min(usize::from(from.channels) - 1);
                op.kind == OpKind::Group && op.from as usize == source.offset as usize + from.lane(channel, group * GROUP).offset
            });
            (enough && in_order).then_some(passed)
        }
    }
}

fn expected(shape: Shape) -> usize {
    usize::from(shape.channels) * shape.groups()
}
