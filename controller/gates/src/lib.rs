//! Entry gates that run what users write. Every one of them ends soon, whatever is written.

mod cel;

pub use cel::CelEvaluator;
