//! The classes, one file each. The build finds them (`build.rs`).

use super::class::Check;

include!(concat!(env!("OUT_DIR"), "/classes.rs"));
