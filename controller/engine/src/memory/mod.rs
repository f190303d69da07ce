//! Every port in memory, deterministic, with hooks for faults: for tests, scenarios and the simulator.

mod clock;
mod evaluator;
mod faults;
mod http;
mod liveness;
mod metrics;
mod pull_requests;
mod qa;
mod registry;
mod repository;
mod tree;

pub use clock::ManualClock;
pub use evaluator::MemoryEvaluator;
pub use faults::{Fault, Faults};
pub use http::MemoryHttp;
pub use liveness::MemoryLiveness;
pub use metrics::MemoryMetrics;
pub use pull_requests::MemoryPullRequests;
pub use qa::MemoryQa;
pub use registry::MemoryRegistry;
pub use repository::{MemoryHost, MemoryRepository};
pub use tree::EntryKind;
