//! Pass 5: memory by liveness. A buffer is used again as soon as the last reader of what was in it has run, so that a patch
//! runs in the first two caches.

use patchlight_engine::{SILENCE_LEN, Shape, Span};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// A signal that needs a place from step `birth` to step `death`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Life {
    pub(crate) shape: Shape,
    pub(crate) birth: u32,
    pub(crate) death: u32,
}

/// The steps of a stage: its first, and where each of its sections ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Time {
    pub(crate) start: u32,
    pub(crate) ends: Vec<u32>,
}

/// Where each signal lies, and how many samples that takes in all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Placement {
    pub(crate) spans: Vec<Span>,
    pub(crate) signal_len: u32,
}

/// Memory that nothing needs any more, by length.
type Free = BTreeMap<usize, Vec<u32>>;

/// Places signals behind the silence at the start of the arena. Lives must come in the order of their births.
///
/// Sections of one stage run at the same time. So what dies in one of them is used again by that section alone until the stage is over, and
/// what was made before the stage by none.
pub(crate) fn place(lives: &[Life], stages: &[Time]) -> Placement {
    let mut free = Free::new();
    let mut signal_len = SILENCE_LEN as u32;
    let mut spans = Vec::with_capacity(lives.len());
    let mut ending: BinaryHeap<Reverse<(u32, u32, usize)>> = BinaryHeap::new();
    let mut next = 0;
    for stage in stages {
        // What was alive when the stage began, and what dies in its sections.
        let mut set_free = Free::new();
        release(&mut ending, stage.start, &mut free);
        let mut over = std::mem::take(&mut ending);
        for end in &stage.ends {
            let mut own = Free::new();
            while let Some(life) = lives.get(next).filter(|life| life.birth < *end) {
                release(&mut ending, life.birth, &mut own);
                let len = life.shape.len();
                let used_again = own.get_mut(&len).and_then(Vec::pop).or_else(|| free.get_mut(&len).and_then(Vec::pop));
                let offset = used_again.unwrap_or_else(|| {
                    signal_len += len as u32;
                    signal_len - len as u32
                });
                ending.push(Reverse((life.death, offset, len)));
                spans.push(Span { offset, shape: life.shape });
                next += 1;
            }
            release(&mut ending, *end, &mut own);
            over.append(&mut ending);
            own.into_iter().for_each(|(len, mut offsets)| set_free.entry(len).or_default().append(&mut offsets));
        }
        ending = over;
        set_free.into_iter().for_each(|(len, mut offsets)| free.entry(len).or_default().append(&mut offsets));
    }
    Placement { spans, signal_len }
}

/// What has died before a step.
fn release(ending: &mut BinaryHeap<Reverse<(u32, u32, usize)>>, step: u32, free: &mut Free) {
    while let Some(Reverse((death, offset, len))) = ending.peek().copied() {
        if death >= step {
            break;
        }
        ending.pop();
        free.entry(len).or_default().push(offset);
    }
}

#[cfg(test)]
mod tests {
    use super::{Life, Time, place};
    use patchlight_engine::{SILENCE_LEN, Shape};
    use proptest::prelude::{Strategy, prop_assert, proptest};

    fn life(birth: u32, death: u32, channels: usize) -> Life {
        Life { shape: Shape::rows(channels, 1), birth, death }
    }

    #[test]
    fn a_chain_needs_two_buffers() {
        let lives: Vec<Life> = (0..100).map(|n| life(n, n + 1, 1)).collect();
        assert_eq!(place(&lives, &[Time { start: 0, ends: vec![100] }]).signal_len as usize, SILENCE_LEN + 2 * 64);
    }

    #[test]
    fn sections_of_a_stage_do_not_share_what_dies_in_them() {
        // Made in step 0 and read last in section 0 (steps 1 to 4); chains in that and in section 1 (steps 5 to 8).
        let lives: Vec<Life> =
            [(0, 1), (1, 2), (2, 3), (3, 9), (5, 6), (6, 7), (7, 9), (9, 9)].map(|(from, to)| life(from, to, 1)).to_vec();
        let stages = [Time { start: 0, ends: vec![1] }, Time { start: 1, ends: vec![5, 9] }, Time { start: 9, ends: vec![10] }];
        let placed = place(&lives, &stages);
        let at = |index: usize| placed.spans[index].offset;
        assert!((4..7).all(|b| (0..4).all(|a| at(a) != at(b))), "{placed:?}");
        assert_eq!(at(1), at(3), "within a section memory is used again");
        assert!([0, 1, 2, 4, 5].map(at).contains(&at(7)), "and after the stage by all");
    }

    proptest! {
        #[test]
        fn signals_alive_together_never_share_memory(
            mut lives in proptest::collection::vec((0_u32..50, 0_u32..10, 1_usize..3).prop_map(|(b, l, c)| life(b, b + l, c)), 1..60)
        ) {
            lives.sort_by_key(|life| life.birth);
            let placed = place(&lives, &[Time { start: 0, ends: vec![50] }]);
            for (i, (a, la)) in placed.spans.iter().zip(&lives).enumerate() {
                prop_assert!(a.offset as usize + a.shape.len() <= placed.signal_len as usize);
                for (b, lb) in placed.spans[i + 1..].iter().zip(&lives[i + 1..]) {
                    let together = la.birth <= lb.death && lb.birth <= la.death;
                    let apart = a.offset as usize + a.shape.len() <= b.offset as usize || b.offset as usize + b.shape.len() <= a.offset as usize;
                    prop_assert!(!together || apart);
                }
            }
        }
    }
}
