//! The file of runs that somebody names.

use std::fs::File;
use std::path::Path;

use towpath_migrate::assess::{History, HistoryError};
use towpath_migrate::sources::Shown;

/// Reads it, or says why it cannot be used, and what can.
pub(super) fn read(path: &Path) -> Result<History, String> {
    let history = File::open(path).map_err(HistoryError::from).and_then(History::read);
    history.map_err(|error| format!("{}; {}", Shown::text(&error.to_string()), error.remedy()))
}
