//! From paths to texts: which files are workflows and actions, read one by one, and what is wrong with those that are not.
//!
//! - `files`: the port to a tree of files; `disk` and `memory` are behind it. Nothing else of the crate reads a file.
//! - `unit`: what a path is that was named; `search`: the files in it, in order; `what`: what a file is.
//! - `other_ci`: files of other systems, by their place.
//! - `text`: from bytes to text; `problem`: everything that can be wrong with an input, and what to do about it.
//! - `supplied`: actions and reusable workflows of other repositories, from a folder.
//! - `pool`: work on many at once, results in order.
//! - `shown`: how names and texts from outside are shown.

mod disk;
mod files;
mod memory;
mod other_ci;
mod pool;
mod problem;
mod search;
mod shown;
mod supplied;
mod text;
mod unit;
mod what;

pub use disk::Disk;
pub use files::{Entry, FileError, Files, Kind, Special};
pub use memory::InMemory;
pub use other_ci::{OTHER_CI, OtherCi, OtherFile};
pub use pool::{Panicked, process};
pub use problem::{Cause, Place, Problem};
pub use search::{Found, Item, LEFT_OUT, Search, Why};
pub use shown::Shown;
pub use supplied::{NotSupplied, Supplied, Wanted};
pub use text::{MAX_BYTES, MAX_CHARACTERS, Text};
pub use unit::{Shape, Unit};
pub use what::{Role, What};
