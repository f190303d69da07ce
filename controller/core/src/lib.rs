//! The domain of Towpath and its one decision, without I/O, clock, randomness or threads.

mod hash;
pub mod id;
pub mod time;
pub mod verdict;
pub mod event;
pub mod hold;
pub mod pipeline;
pub mod release;
pub mod journal;
pub mod decide;
pub mod museum;
pub mod observation;
pub mod world;
