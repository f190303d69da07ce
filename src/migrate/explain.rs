//! `towpath migrate explain`.

use std::fmt::Write as _;

use clap::Args;
use towpath_migrate::assess::health::{MEASURES, Measure, weight};
use towpath_migrate::assess::{Meta, rules};
use towpath_migrate::security::{self, Class};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal::Terminal;

/// Tell what a rule of the assessment finds, why it matters, and what to do.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0  the rule is explained, or all are listed
  2  the command line is not valid, or there is no such rule

Examples:
  towpath migrate explain
  towpath migrate explain docker-daemon")]
pub(crate) struct Explain {
    /// A rule [default: a list of all]
    #[arg(value_name = "RULE")]
    rule: Option<String>,
}

impl Explain {
    pub(super) fn run(self, terminal: &mut Terminal) -> Result<Exit, Failure> {
        let text = match &self.rule {
            None => list(),
            Some(id) => any_page(id).ok_or_else(|| {
                let next = "towpath migrate explain lists the rules";
                Failure::Usage(format!("there is no rule {id:?}; {next}"))
            })?,
        };
        terminal.print(text)?;
        Ok(Exit::Done)
    }
}

/// The page of a rule, of a class of what is unsafe, or of a measure of health.
fn any_page(id: &str) -> Option<String> {
    let rule = rules::named(id).map(|rule| page(rule.meta()));
    let class = || security::class(id).map(class_page);
    rule.or_else(class).or_else(|| MEASURES.iter().find(|measure| measure.id == id).map(measure_page))
}

/// All rules, those first whose outcome counts first.
fn list() -> String {
    let mut metas: Vec<_> = rules::ALL.iter().map(|rule| rule.meta()).collect();
    metas.sort_by_key(|meta| (meta.outcome, meta.id));
    let mut text = String::new();
    for Meta { id, outcome, title, .. } in metas {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{id:<22}{:<14}{title}", outcome.name());
    }
    for Class { id, title, severity, .. } in security::classes() {
        let _ = writeln!(text, "{id:<22}{:<14}{title}", format!("unsafe {}", severity.name()));
    }
    for Measure { id, title, .. } in MEASURES {
        let _ = writeln!(text, "{id:<22}{:<14}{title}", "health");
    }
    text
}

fn measure_page(measure: &Measure) -> String {
    let Measure { id, title, remedy, .. } = measure;
    format!("{id}: {title}\n\nhealth   takes {} of the weights off\nnext     {remedy}\n", weight(id))
}

fn class_page(class: &Class) -> String {
    let Class { id, title, why, remedy, severity } = class;
    format!("{id}: {title}\n\nunsafe   {}\nwhy      {why}\nnext     {remedy}\n", severity.name())
}

fn page(meta: &Meta) -> String {
    let Meta { id, outcome, title, why, remedy } = meta;
    format!("{id}: {title}\n\nverdict  {}\nwhy      {why}\nnext     {remedy}\n", outcome.name())
}
