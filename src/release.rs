//! `towpath release`.

use std::collections::BTreeMap;

use clap::{Args, Subcommand};
use towpath_core::id::Actor;
use towpath_core::release::{Image, version_of};
use towpath_engine::people::NewRelease;

use crate::cli::Global;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::person::Person;
use crate::session::Session;
use crate::terminal::Terminal;

/// Tell Towpath of releases.
#[derive(Debug, Subcommand)]
pub(crate) enum Release {
    Create(Create),
}

/// Create a release from images and print its id.
///
/// The same set of digests is the same release, however often it is created; tags are labels on it. Environments
/// that take releases from outside get it with the next pass.
#[derive(Debug, Args)]
#[command(
    override_usage = "towpath release create [OPTIONS] --image <IMAGE>... [PIPELINE]",
    after_help = "\
Examples:
  towpath release create --image ghcr.io/acme/web:1.4.2@sha256:3f1c... --author alice
  towpath release create shop/web --image \"$WEB\" --image \"$WORKER\" --order \"$BUILD_NUMBER\""
)]
pub(crate) struct Create {
    /// The pipeline, as [namespace/]name [default: the only one of the folder]
    pipeline: Option<String>,
    /// An image with its digest, as name:tag@sha256:...; once for each image of the pipeline
    #[arg(long = "image", value_name = "IMAGE", required = true, value_parser = image)]
    images: Vec<Image>,
    /// The login of somebody who wrote what is in it; may be given several times
    #[arg(long = "author", value_name = "LOGIN", value_parser = Actor::parse)]
    authors: Vec<Actor>,
    /// A label; may be given several times
    #[arg(long = "label", value_name = "KEY=VALUE", value_parser = label)]
    labels: Vec<(String, String)>,
    /// Your CI's number, by which releases are ordered; either all releases of a pipeline have one or none
    #[arg(long, value_name = "N")]
    order: Option<i64>,
    #[command(flatten)]
    person: Person,
}

fn image(text: &str) -> Result<Image, String> {
    Image::parse(text).map_err(|error| match text.contains('@') {
        true => error.to_string(),
        false => format!(
            "it has no digest, and a tag may move; ask the registry: docker buildx imagetools inspect {text}, \
             then write {text}@sha256:..."
        ),
    })
}

fn label(text: &str) -> Result<(String, String), String> {
    let plain = |text: &str, longest: usize| {
        (1..=longest).contains(&text.chars().count()) && !text.chars().any(char::is_control)
    };
    match text.split_once('=') {
        Some((key, value)) if plain(key, 63) && plain(value, 200) => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected key=value in one line, at most 63 and 200 characters".to_owned()),
    }
}

impl Release {
    /// Runs the command.
    pub(crate) fn run(self, global: &Global, terminal: &mut Terminal) -> Result<Exit, Failure> {
        match self {
            Self::Create(create) => create.run(global, terminal),
        }
    }
}

impl Create {
    fn run(self, global: &Global, terminal: &mut Terminal) -> Result<Exit, Failure> {
        let mut session = Session::open(global)?;
        let pipeline = session.pipeline(self.pipeline.as_deref())?;
        let by = self.person.actor()?;
        let labels: BTreeMap<String, String> = self.labels.into_iter().collect();
        let new = NewRelease { images: self.images, order: self.order, authors: self.authors, labels };
        let create = session.with_engine(&pipeline, |engine| engine.create_release(&by, &new));
        let (id, recorded) = create?;
        let version = version_of(&new.images);
        let id_of = &pipeline.id;
        match recorded.is_empty() {
            true => terminal.say(format_args!("{version} is a release of {id_of} already")),
            false => terminal.say(format_args!("created {version} in {id_of}; the next pass looks at it")),
        }
        terminal.print(id)?;
        Ok(Exit::Done)
    }
}
