//! The small languages inside scalars: `uses`, filter patterns, cron, images, shells, runner labels, ids,
//! permissions.
//!
//! Each reads the decoded text of one scalar and gives what it says, or a [`Finding`]. Spans are bytes of that
//! text. A value that holds `${{ }}` is not for here: what it says is known only when the expression is.
//!
//! What GitHub accepts is accepted, even where it cannot work; what is odd about it is told by the `remarks` of
//! each type.

pub mod cron;
pub mod glob;
pub mod id;
pub mod image;
pub mod label;
pub mod permission;
pub mod shell;
pub mod uses;

mod finding;

pub use finding::{Author, Finding, Part, Severity};
