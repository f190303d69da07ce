//! Graphs as text: JSON for programs, mermaid for people.

mod json;
mod mermaid;
mod writer;

pub use json::{Told, json};
pub use mermaid::mermaid;
