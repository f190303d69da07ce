//! End-to-end tests of Towpath, and the bed that they lie in.

pub mod bed;
pub mod between;
pub mod worlds;
