//! What a file uses of GitHub Actions: each key, item, event, expression, function, context, runner file and command is
//! one feature of a catalogue.
//!
//! ```
//! use towpath_migrate::features::{Catalogue, FeatureKind};
//!
//! let catalogue = Catalogue::get();
//! let push = catalogue.event("push").ok_or("push is an event")?;
//! assert_eq!(catalogue.feature(push).kind, FeatureKind::Event);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The rows of the catalogue come from the schemas and a few tables of facts; `features.yaml` lists them, with what each means,
//! which is kept by hand.

mod catalogue;
mod construct;
mod contexts;
mod entry;
mod expressions;
mod facts;
mod file;
mod paths;
mod payload;
mod rules;
mod scripts;
mod tiling;
mod walk;

pub use catalogue::{Catalogue, Feature, FeatureId};
pub(crate) use construct::constructs_with;
pub use construct::{Construct, Role, constructs, path};
pub use contexts::Segment;
pub use entry::{FeatureKind, FileKind};
pub(crate) use facts::has_member;
pub use facts::{Default, Embedding, UsesForm};
pub use file::generate;
pub use tiling::{Tile, TileKind, tiles};

/// The list of features, as it is kept.
pub const FEATURES: &str = include_str!("../../features.yaml");

#[cfg(test)]
mod tests;
