//! Filter patterns of branches, tags and paths, and what they select.
//!
//! The rules are those of GitHub's filter pattern cheat sheet; what is refused is what rhysd/actionlint
//! (`glob.go`) found GitHub to refuse. The matcher walks all readings of a pattern at once, so its time is that
//! of the pattern times the name, whatever the pattern.

mod filter;
mod matcher;
mod parser;

pub use filter::{Filter, RefFilter};
pub use parser::{Pattern, Subject, parse};
