//! The domain of Towpath and its one decision, without I/O, clock, randomness or threads.

pub mod decide;
pub mod event;
mod hash;
pub mod hold;
pub mod id;
pub mod invariant;
pub mod journal;
pub mod museum;
pub mod observation;
pub mod pipeline;
pub mod release;
pub mod time;
pub mod verdict;
pub mod world;
