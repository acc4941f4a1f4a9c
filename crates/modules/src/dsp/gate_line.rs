//! Gates that come later: a queue of the moments at which they change.

/// How many changes can be on their way. What does not fit is left out in pairs, so that no gate hangs.
const MOST: usize = 64;

/// A gate, late.
#[derive(Clone, Debug)]
pub(crate) struct GateLine {
    /// When the gate changes next, and after that; it changes over at each.
    due: [u64; MOST],
    first: usize,
    count: usize,
    now: u64,
    was_high: bool,
    /// The last change that arrived was left out.
    is_skipping: bool,
    is_high: bool,
}

impl GateLine {
    pub(crate) const fn new() -> Self {
        Self { due: [0; MOST], first: 0, count: 0, now: 0, was_high: false, is_skipping: false, is_high: false }
    }

    /// One frame on: a change that arrives now comes out `delay_frames` later, but never before one that arrived earlier.
    pub(crate) fn next(&mut self, is_high: bool, delay_frames: u64) -> bool {
        if is_high != self.was_high {
            self.was_high = is_high;
            self.push(self.now + delay_frames, is_high);
        }
        while self.count > 0 && self.due[self.first] <= self.now {
            self.is_high = !self.is_high;
            self.first = (self.first + 1) % MOST;
            self.count -= 1;
        }
        self.now += 1;
        self.is_high
    }

    fn push(&mut self, due: u64, is_high: bool) {
        // A rise needs room for its fall.
        if std::mem::take(&mut self.is_skipping) && !is_high {
            return;
        }
        if is_high && self.count + 2 > MOST {
            self.is_skipping = true;
            return;
        }
        let last = self.due[(self.first + self.count + MOST - 1) % MOST];
        let due = if self.count > 0 { due.max(last) } else { due };
        self.due[(self.first + self.count) % MOST] = due;
        self.count += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::GateLine;

    #[test]
    fn too_many_gates_are_left_out_whole() {
        let mut line = GateLine::new();
        let mut rises = 0;
        let mut before = false;
        for n in 0..20_000 {
            let now = line.next(n < 400 && n % 2 == 0, 5_000);
            rises += usize::from(now && !before);
            before = now;
        }
        assert_eq!((rises, before), (32, false));
    }
}
