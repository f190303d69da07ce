//! Reads GitHub Actions exactly: what each construct means on GitHub, and where it stands.
//!
//! A source becomes a tree whose nodes know their bytes ([`yaml`]), a document of tokens typed by GitHub's schema with all
//! that GitHub refuses ([`read`], [`schema`]), and a workflow or an action as types ([`model`]); what stands between `${{` and
//! `}}` is an expression with GitHub's value ([`expression`]).
//!
//! [`sources`] finds the files to read.
//!
//! Input is hostile: length, depth and memory are bounded as on GitHub. Files come through one port, [`sources::Files`], and what
//! an expression needs from outside through [`expression::World`]; nothing here knows the network.

pub mod assess;
pub mod estate;
pub mod expression;
pub mod features;
pub mod fidelity;
pub mod graph;
pub mod model;
pub mod read;
pub mod remarks;
pub mod schema;
pub mod script;
pub mod security;
pub mod sources;
pub mod span;
pub mod values;
pub mod yaml;

#[cfg(test)]
mod work;
