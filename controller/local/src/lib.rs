//! The local host: Towpath from files, without a cluster.
//!
//! [`config`] reads `towpath.yaml`; the other modules are the adapters behind the engine's ports that it chooses:
//! [`qa`] runs QA as processes, [`live`] asks what runs, [`metrics`] queries a Prometheus, [`clock`] tells the
//! time. Users read about them in `docs/local.md`. [`demo`] plays the main job on all of it.

mod child;
pub mod clock;
pub mod config;
pub mod demo;
pub mod error;
pub mod folder;
pub mod host;
mod http;
mod line;
pub mod live;
pub mod metrics;
pub mod qa;
pub mod report;
pub mod secret;
pub mod signals;
#[cfg(test)]
mod testing;
