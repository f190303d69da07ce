//! Observes, decides and acts over ports: the engine that every host of Towpath runs.
//!
//! [`Engine::pass`] is the entry point: it reads the outside (`observe`), calls `decide` of the core, and carries
//! the answer out (`act`) until nothing is left to do now. What people do goes through [`people`].

mod act;
mod claims;
mod commit;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
pub mod content;
pub mod drill;
mod error;
mod evaluate;
pub mod journal;
mod look;
pub mod memory;
mod observe;
mod pass;
pub mod people;
pub mod ports;
mod registry;
mod rollbacks;
mod round;
mod schedule;
#[cfg(feature = "simulation")]
pub mod sim;

pub use commit::check_templates;
pub use error::EngineError;
pub use observe::Remembered;
pub use pass::{Engine, Host, PassReport, Settings, Step};
pub use rollbacks::{by_state as rollbacks_by_state, recent as recent_rollbacks};
pub use round::Round;
pub use schedule::Schedule;
