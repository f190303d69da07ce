//! `towpath lint`.

use clap::Args;
use towpath_local::folder::Folder;

use crate::cli::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::NO_PIPELINE;
use crate::terminal::Terminal;

/// Check the folder without any network.
///
/// Every mistake is told with its file and field, two pipelines that write the same field with both places. What
/// can be read but is likely a mistake is told as a note.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  towpath lint
  towpath lint --local pipelines")]
pub(crate) struct Lint {}

impl Lint {
    /// Prints what the folder has.
    pub(crate) fn run(self, global: &Global, terminal: &mut Terminal) -> Result<Exit, Failure> {
        let folder = Folder::load(&global.local).map_err(Failure::Documents)?;
        if folder.pipelines.is_empty() {
            terminal.note(NO_PIPELINE);
        }
        folder.doubts().iter().for_each(|doubt| terminal.note(doubt));
        for pipeline in &folder.pipelines {
            let names: Vec<&str> = pipeline.environments.iter().map(|e| e.name.as_str()).collect();
            let file = folder.file(&pipeline.id).map_or_else(String::new, |f| f.display().to_string());
            terminal.print(format_args!("{} ({file}): {}", pipeline.id, names.join(", ")))?;
        }
        for (policy, file, environments) in folder.policies() {
            let environments =
                if environments.is_empty() { "nothing".to_owned() } else { environments.join(", ") };
            terminal.print(format_args!(
                "PromotionPolicy {} ({}): {environments}",
                policy.name,
                file.display()
            ))?;
        }
        for clash in folder.clashes() {
            let (one, other, field) = (&clash.one, &clash.other, &clash.field);
            terminal.error(
                format_args!("{one} and {other} both write {field}, so both wait"),
                Some("take the environment or the image out of one of the two"),
            );
        }
        if !folder.clashes().is_empty() {
            return Ok(Exit::Usage);
        }
        let pipelines = count(folder.pipelines.len(), "pipeline");
        let templates = count(folder.templates(), "metric template");
        let policies = match folder.policies().count() {
            0 => String::new(),
            1 => ", 1 policy".to_owned(),
            number => format!(", {number} policies"),
        };
        terminal.print(format_args!("valid: {pipelines}, {templates}{policies}"))?;
        Ok(Exit::Done)
    }
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
