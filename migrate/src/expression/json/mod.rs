//! JSON as the runner reads and prints it.

mod reader;
mod string;
mod writer;

pub use reader::JsonError;
pub(crate) use reader::{read, read_contexts};
pub(crate) use writer::{write, write_counted};
