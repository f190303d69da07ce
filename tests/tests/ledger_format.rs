//! The formats that Towpath writes to git, version 1, as fixtures that every later version has to read.
//!
//! `cargo test -p towpath-tests --test ledger_format -- --ignored regenerate` writes the fixtures anew. That is for
//! the time before a first release; afterwards a change of format gets a folder `v2` beside `v1`.

#[cfg(test)]
#[path = "ledger_format/fixtures.rs"]
mod fixtures;
#[cfg(test)]
#[path = "ledger_format/git.rs"]
mod git;
#[cfg(test)]
#[path = "ledger_format/histories.rs"]
mod histories;
#[cfg(test)]
#[path = "ledger_format/reading.rs"]
mod reading;
#[cfg(test)]
#[path = "ledger_format/writer.rs"]
mod writer;
