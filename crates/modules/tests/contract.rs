//! The contract suite: what every module of the catalogue is held to, whoever wrote it.
//!
//! To hear only some modules, set `CONTRACT_ONLY` to the beginning of their ids: `CONTRACT_ONLY=osc. cargo test --test contract`.

#[path = "contract/bundles.rs"]
mod bundles;
#[path = "contract/clicks.rs"]
mod clicks;
#[path = "contract/finite.rs"]
mod finite;
#[path = "contract/form.rs"]
mod form;
#[path = "contract/harness.rs"]
mod harness;
#[path = "contract/same.rs"]
mod same;
#[path = "contract/tails.rs"]
mod tails;
