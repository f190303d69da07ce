//! Reads GitHub Actions exactly: what each construct means on GitHub, and where it stands.
//!
//! A source becomes a tree whose nodes know their bytes ([`yaml`]), a document of tokens typed by GitHub's schema with all
//! that GitHub refuses ([`read`], [`schema`]), and a workflow or an action as types ([`model`]); what stands between `${{` and
//! `}}` is an expression with GitHub's value ([`expression`]).
//!
//! Input is hostile: length, depth and memory are bounded as on GitHub. Nothing of that reads a file or the network; what an
//! expression needs from outside comes through [`expression::World`].

pub mod expression;
pub mod features;
pub mod graph;
pub mod model;
pub mod read;
pub mod schema;
pub mod span;
pub mod values;
pub mod yaml;
