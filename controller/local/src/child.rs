//! What all child processes of this host have in common.

use std::path::Path;
use std::time::Duration;

use towpath_process::{Cap, Command, Keep};

use crate::config::{Program, VariableName};

/// A command in the folder of `towpath.yaml` that gets `PATH`, `HOME` and the allowed variables of ours.
pub(crate) fn command(
    program: &Program,
    folder: &Path,
    allowed: &[VariableName],
    variables: Vec<(String, String)>,
    deadline: Duration,
) -> Command {
    let mut command = Command::new(&program.program, deadline).args(&program.arguments);
    command.cwd = Some(folder.to_path_buf());
    command.inherit = vec!["PATH".into(), "HOME".into()];
    command.inherit.extend(allowed.iter().map(|name| name.as_str().into()));
    command.env = variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
    command
}

/// The same with both outputs cut to `bytes`; `keep` says which end stays.
pub(crate) fn capped(mut command: Command, bytes: usize, keep: Keep) -> Command {
    command.stdout = Cap { bytes, keep };
    command.stderr = Cap { bytes, keep };
    command
}
