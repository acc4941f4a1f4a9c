//! What several modules share: phases, band-limited edges and random numbers, each written once.

pub mod blep;
mod min_phase;
pub mod phase;
pub mod rng;
