//! The command line, driven as users drive it: the real binary, real git repositories, nothing else.

mod assess;
mod damage;
mod journey;
mod metrics;
mod ownership;
mod plan;
mod policies;
#[path = "../../controller/process/tests/processes/mod.rs"]
mod processes;
mod qa;
mod secrets;
mod signals;
mod support;
mod transcripts;
mod trouble;
