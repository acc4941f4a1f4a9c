//! Pass 5: memory by liveness. A buffer is used again as soon as the last reader of what was in it has run, so that a patch
//! runs in the first two caches.

use patchlight_engine::{SILENCE_LEN, Shape, Span};
use std::collections::{BTreeMap, BinaryHeap};

/// A signal that needs a place from step `birth` to step `death`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Life {
    pub(crate) shape: Shape,
    pub(crate) birth: u32,
    pub(crate) death: u32,
}

/// Where each signal lies, and how many samples that takes in all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Placement {
    pub(crate) spans: Vec<Span>,
    pub(crate) signal_len: u32,
}

/// Places signals behind the silence at the start of the arena. Lives must come in the order of their births.
pub(crate) fn place(lives: &[Life]) -> Placement {
    let mut free: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
    let mut ending: BinaryHeap<std::cmp::Reverse<(u32, u32, usize)>> = BinaryHeap::new();
    let mut signal_len = SILENCE_LEN as u32;
    let mut spans = Vec::with_capacity(lives.len());
    for life in lives {
        while let Some(std::cmp::Reverse((death, offset, len))) = ending.peek().copied() {
            if death >= life.birth {
                break;
            }
            ending.pop();
            free.entry(len).or_default().push(offset);
        }
        let len = life.shape.len();
        let offset = free.get_mut(&len).and_then(Vec::pop).unwrap_or_else(|| {
            let offset = signal_len;
            signal_len += len as u32;
            offset
        });
        ending.push(std::cmp::Reverse((life.death, offset, len)));
        spans.push(Span { offset, shape: life.shape });
    }
    Placement { spans, signal_len }
}

#[cfg(test)]
mod tests {
    use super::{Life, place};
    use patchlight_engine::{SILENCE_LEN, Shape};
    use proptest::prelude::{Strategy, prop_assert, proptest};

    fn life(birth: u32, death: u32, channels: usize) -> Life {
        Life { shape: Shape::rows(channels, 1), birth, death }
    }

    #[test]
    fn a_chain_needs_two_buffers() {
        let lives: Vec<Life> = (0..100).map(|n| life(n, n + 1, 1)).collect();
        assert_eq!(place(&lives).signal_len as usize, SILENCE_LEN + 2 * 64);
    }

    proptest! {
        #[test]
        fn signals_alive_together_never_share_memory(
            mut lives in proptest::collection::vec((0_u32..50, 0_u32..10, 1_usize..3).prop_map(|(b, l, c)| life(b, b + l, c)), 1..60)
        ) {
            lives.sort_by_key(|life| life.birth);
            let placed = place(&lives);
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
