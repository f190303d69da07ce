//! `towpath migrate list-features`.

use std::fmt::Write as _;

use clap::Args;
use clap::builder::PossibleValuesParser;
use towpath_migrate::features::{Catalogue, Feature};
use towpath_migrate::fidelity::Fidelity;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal::Terminal;

/// List what GitHub Actions has, and what becomes of it at Argo.
///
/// Each key, value, event, context, function, runner file and command, with how well it keeps its meaning: exact, approximate,
/// dropped, needs-person, undetermined, or keep for what stays on GitHub. What a rule of the assessment finds in one use counts
/// before that. Predicted: no converter has used the list yet.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0  the features are listed
  2  the command line is not valid, or no feature is like that

Examples:
  towpath migrate list-features
  towpath migrate list-features concurrency
  towpath migrate list-features --fidelity needs-person")]
pub(crate) struct ListFeatures {
    /// Only features with this in their name or path
    #[arg(value_name = "WORD")]
    word: Option<String>,
    /// Only features that this becomes of
    #[arg(long, value_name = "FIDELITY", value_parser = PossibleValuesParser::new(Fidelity::NAMES))]
    fidelity: Option<String>,
}

impl ListFeatures {
    pub(super) fn run(&self, terminal: &mut Terminal) -> Result<Exit, Failure> {
        let mut text = String::new();
        for (_, feature) in Catalogue::get().features() {
            let fidelity = feature.fidelity.map_or("", Fidelity::name);
            if self.wants(feature, fidelity) {
                // Writing to a String cannot fail.
                let _ = writeln!(text, "{:<58} {fidelity:<14}{}", feature.id, feature.how);
            }
        }
        if text.is_empty() {
            let next = "towpath migrate list-features lists all";
            return Err(Failure::Usage(format!("no feature is like that; {next}")));
        }
        terminal.print(text)?;
        Ok(Exit::Done)
    }

    fn wants(&self, feature: &Feature, fidelity: &str) -> bool {
        let word = self.word.as_deref().unwrap_or_default();
        let is_of = self.fidelity.as_deref().is_none_or(|wanted| wanted == fidelity);
        is_of && (feature.id.contains(word) || feature.path.contains(word))
    }
}
