//! `towpath hold`.

use std::collections::BTreeMap;

use clap::Args;
use towpath_core::hold::Select;
use towpath_core::id::{Digest, Name};
use towpath_core::pipeline::{Environment, Pipeline};
use towpath_core::time::Span;
use towpath_engine::people::{NewHold, ReleaseRef};

use crate::arguments;
use crate::cli::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::person::Person;
use crate::session::{Session, environment};
use crate::terminal::Terminal;

/// Stop promotions.
///
/// The hold is in force at once, for every host of the pipeline. It stops rollbacks only with --rollbacks.
#[derive(Debug, Args)]
#[command(
    override_usage = "towpath hold [OPTIONS] --reason <REASON> [PIPELINE]",
    after_help = "\
Examples:
  towpath hold --env production --reason \"incident 4711\" --for 2h
  towpath hold --label region=eu --reason \"a cable is cut\"
  towpath hold shop/web --release 1.4.2 --reason \"leaks memory\""
)]
pub(crate) struct Hold {
    /// The pipeline, as [namespace/]name [default: the only one of the folder]
    pipeline: Option<String>,
    /// An environment; may be given several times [default: all]
    #[arg(long = "env", value_name = "ENVIRONMENT")]
    environments: Vec<String>,
    /// Only environments with this label; may be given several times, then all have to be there
    #[arg(long = "label", value_name = "KEY=VALUE", value_parser = arguments::label)]
    labels: Vec<(String, String)>,
    /// Only this release, by id or version
    #[arg(long, value_name = "RELEASE", conflicts_with = "digest")]
    release: Option<String>,
    /// Only releases with this image digest
    #[arg(long, value_name = "DIGEST", value_parser = Digest::parse)]
    digest: Option<Digest>,
    /// Stop rollbacks too
    #[arg(long)]
    rollbacks: bool,
    /// When it ends by itself [default: when somebody lifts it]
    #[arg(long = "for", value_name = "DURATION", value_parser = arguments::lasting)]
    duration: Option<Span>,
    /// Why, for whoever meets it
    #[arg(long, value_name = "REASON", value_parser = arguments::reason)]
    reason: String,
    #[command(flatten)]
    person: Person,
}

impl Hold {
    /// Records the hold and prints how to lift it.
    pub(crate) fn run(self, global: &Global, terminal: &mut Terminal) -> Result<Exit, Failure> {
        let mut session = Session::open(global)?;
        let pipeline = session.pipeline(self.pipeline.as_deref())?;
        let environments = self.environments.iter().map(|name| environment(&pipeline, name));
        let environments: Vec<Name> = environments.collect::<Result<_, _>>()?;
        let labels = arguments::distinct(self.labels)?;
        selects_some(&pipeline, &environments, &labels)?;
        let by = self.person.actor()?;
        let new = NewHold {
            environments,
            labels,
            release: self.release.as_deref().map(ReleaseRef::parse),
            digest: self.digest,
            rollbacks: self.rollbacks,
            reason: self.reason,
            until: self.duration.map(|span| session.host.now().plus(span)),
        };
        let (id, recorded) = session.with_engine(&pipeline, |engine| engine.hold(&by, &new))?;
        let only = new.environments.first().filter(|_| new.environments.len() == 1);
        session.acted(&pipeline, only, &recorded, terminal)?;
        terminal.say(format_args!("lift it with: towpath resume {} --hold {id}", pipeline.id));
        Ok(Exit::Done)
    }
}

/// A hold that is about nothing would be believed to stop something.
fn selects_some(
    pipeline: &Pipeline,
    names: &[Name],
    labels: &BTreeMap<String, String>,
) -> Result<(), Failure> {
    let select = Select { environments: names.iter().cloned().collect(), labels: labels.clone() };
    if labels.is_empty() || pipeline.environments.iter().any(|e| select.matches(&e.name, &e.labels)) {
        return Ok(());
    }
    let written = |(key, value): (&String, &String)| format!("{key}={value}");
    let wanted: Vec<String> = labels.iter().map(written).collect();
    let has = |environment: &Environment| {
        let labels: Vec<String> = environment.labels.iter().map(written).collect();
        let labels = if labels.is_empty() { "no labels".to_owned() } else { labels.join(",") };
        format!("{} has {labels}", environment.name)
    };
    let there: Vec<String> = pipeline.environments.iter().map(has).collect();
    Err(Failure::Usage(format!(
        "no environment of {} that is asked for has {}: {}",
        pipeline.id,
        wanted.join(","),
        there.join("; ")
    )))
}
