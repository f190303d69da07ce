//! Reads GitHub Actions exactly: what each construct means on GitHub, and where it stands.
//!
//! What is here so far are expressions: [`expression::parse`] gives a tree with spans, [`expression::Expression::evaluate`]
//! its value. Both answer as GitHub's runner does, down to the text of an error.
//!
//! Input is hostile: length, depth and memory are bounded as on GitHub. Nothing here reads a file or the network; what an
//! expression needs from outside comes through [`expression::World`].

pub mod expression;
pub mod schema;
pub mod span;
pub mod yaml;
