//! YAML with places: one pass over a parser's events into an arena whose nodes know their bytes.
//!
//! ```
//! use towpath_migrate::yaml::Tree;
//!
//! let tree = Tree::read("jobs:\n  build: {if: 'it''s'}\n");
//! let root = tree.root().ok_or("no document")?;
//! let jobs = tree.value_of(root, "jobs").ok_or("no jobs")?;
//! let build = tree.value_of(jobs, "build").ok_or("no build")?;
//! let condition = tree.value_of(build, "if").ok_or("no if")?;
//! assert_eq!(tree.text(condition), Some("it's"));
//! assert_eq!(tree.node(condition).span().of(tree.source()), "'it''s'");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Nothing is resolved here: scalars are text with a style, aliases point to nodes and are not expanded, `<<` is a key like
//! any other. What a scalar means is up to `read`, as on GitHub.
//!
//! What YAML forbids and GitHub reads nonetheless is read: a comment right behind a bracket, quoted text without indentation,
//! tabs in flow collections, control characters. U+0085, U+2028 and U+2029 end a line, as for GitHub.
//!
//! A file with an error is a tree as far as it could be read, and the error. The parser stands behind [`Events`], so that
//! another one may be put there, as tests do.

mod decode;
mod error;
mod event;
mod granit;
mod hint;
mod last;
mod line_break;
mod mend;
mod place;
mod tree;

pub use decode::{Decoded, decode};
pub use error::SyntaxError;
pub use event::{Event, Events, Properties, ScalarStyle, Shape};
pub use granit::Granit;
pub use place::{Lines, Place};
pub use tree::{Children, Kind, MAX_SOURCE, Node, NodeId, Tree};
