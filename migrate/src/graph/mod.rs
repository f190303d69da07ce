//! What a workflow does: its jobs, when they run, what they get and give.

pub mod matrix;
pub mod paths;
pub mod status;
