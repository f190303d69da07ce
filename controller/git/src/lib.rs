//! The repository port over a bare mirror and the git program.
//!
//! Objects are read and written with libgit2 in a bare *mirror*, a disposable cache without a work tree. All
//! traffic with the host goes through the `git` program, which knows credentials, SSH configuration and shallow
//! histories. libgit2 never pushes: its local transport ignores the expected old value of a ref, and it cannot
//! push from a shallow repository.

mod address;
mod advertisement;
mod fetch;
mod landing;
mod lock;
mod mirror;
mod objects;
mod options;
mod program;
mod push;
mod reason;
mod repository;
#[cfg(feature = "testing")]
pub mod testing;
mod walk;

pub use mirror::Clutter;
pub use options::{GitOptions, HistoryDepth, Token};
pub use repository::GitRepository;
