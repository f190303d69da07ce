//! The journal: events, their fold and their texts. Specified in `docs/ledger.md`.

pub mod archive;
mod canonical;
pub mod fold;
pub mod message;
pub mod promotion;
pub mod state;
mod text;

pub use archive::ArchiveLine;
pub use fold::{FoldError, fold_all, genesis};
pub use message::{Header, JournalMessage, MessageError};
pub use promotion::{PromotionMessage, Trailers};
pub use state::State;

#[cfg(test)]
mod tests;
