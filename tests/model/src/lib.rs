//! Exhaustive check of the production `decide()`: every interleaving of a small world, held against the rules.
//!
//! `docs/model.md` says what is modelled and what is not.

pub mod goals;
pub mod ledger;
pub mod look;
pub mod model;
pub mod node;
pub mod people;
pub mod plan;
pub mod pool;
pub mod rules;
pub mod run;
pub mod search;
pub mod size;
pub mod stage;
pub mod summary;
pub mod world;
