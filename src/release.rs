//! `towpath release`.

use clap::{Args, Subcommand};
use towpath_core::id::{Actor, PipelineId};
use towpath_core::journal::state::Release as KnownRelease;
use towpath_core::pipeline::Pipeline;
use towpath_core::release::{Image, version_of};
use towpath_engine::people::{Base, NewRelease};

use crate::arguments::{self, did_you_mean};
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
/// The same set of digests is the same release, however often it is created: tags and labels stay as they were said
/// the first time; a higher --order is taken over, and authors are added. Environments that take releases from outside
/// get it with the next pass.
#[derive(Debug, Args)]
#[command(
    override_usage = "towpath release create [OPTIONS] --image <IMAGE>... [PIPELINE]",
    after_help = "\
Examples:
  towpath release create --image ghcr.io/acme/web:1.4.2@sha256:3f1c... --author alice
  towpath release create shop/web --image \"$WEB\" --image \"$WORKER\" --order \"$BUILD_NUMBER\"
  towpath release create shop/web --image \"$WORKER\" --base production --author bob"
)]
pub(crate) struct Create {
    /// The pipeline, as [namespace/]name [default: the only one of the folder]
    pipeline: Option<String>,
    /// An image with its digest, as name:tag@sha256:...; once for each image of the pipeline, unless --base has the
    /// others
    #[arg(long = "image", value_name = "IMAGE", required = true, value_parser = image)]
    images: Vec<Image>,
    /// What the images that are not named are taken from: the newest release, or what an environment has. Its authors
    /// count as authors of this one too
    #[arg(long, value_name = "newest|ENVIRONMENT", value_parser = Base::parse)]
    base: Option<Base>,
    /// The login of somebody who wrote what is in it; may be given several times
    #[arg(long = "author", value_name = "LOGIN", value_parser = Actor::parse)]
    authors: Vec<Actor>,
    /// A label; may be given several times
    #[arg(long = "label", value_name = "KEY=VALUE", value_parser = arguments::label)]
    labels: Vec<(String, String)>,
    /// Your CI's number, by which releases are ordered; either all releases of a pipeline have one or none
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(0..), allow_negative_numbers = true)]
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
        let labels = arguments::distinct(self.labels)?;
        let mut images = self.images;
        images.sort();
        check(&pipeline, &images, self.base.is_some())?;
        let new = NewRelease { images, order: self.order, authors: self.authors, labels };
        let before = session.with_engine(&pipeline, |engine| engine.read())?;
        let known = |id| before.as_ref().and_then(|head| head.state.release(id).filter(|r| r.seq > 0));
        let (id, said) = match &self.base {
            None => {
                let made = session.with_engine(&pipeline, |engine| engine.create_release(&by, &new))?;
                let (id, recorded) = made;
                let said = said(&pipeline.id, &new, known(&id), recorded.is_empty());
                (id, said)
            }
            Some(base) => {
                let made =
                    session.with_engine(&pipeline, |engine| engine.create_release_on(&by, base, &new))?;
                let (made, recorded) = made;
                let whole = NewRelease { images: made.images, ..new };
                let said = said(&pipeline.id, &whole, known(&made.r), recorded.is_empty());
                (made.r, format!("{said}; on the base of {}", made.base))
            }
        };
        terminal.say(said);
        terminal.print(id)?;
        Ok(Exit::Done)
    }
}

/// What a pipeline would never take is wrong on the command line.
fn check(pipeline: &Pipeline, images: &[Image], on_base: bool) -> Result<(), Failure> {
    let id = &pipeline.id;
    let own = || pipeline.images.iter().map(ToString::to_string).collect::<Vec<_>>();
    if let Some(other) = images.iter().find(|image| !pipeline.images.contains(&image.name)) {
        let (name, own) = (&other.name, own());
        let meant = did_you_mean(name.as_str(), own.iter().map(String::as_str));
        return Err(Failure::Usage(format!("{name} is no image of {id}; it has {}{meant}", own.join(", "))));
    }
    for name in &pipeline.images {
        match images.iter().filter(|image| &image.name == name).count() {
            1 => {}
            0 if on_base => {}
            0 => {
                let why = format!(
                    "{name} is missing: a release has all images of {id}; add --image {name}:..., or --base newest \
                     to take it from the newest release"
                );
                return Err(Failure::Usage(why));
            }
            _ => {
                return Err(Failure::Usage(format!("{name} is there twice: a release has one digest of it")));
            }
        }
    }
    Ok(())
}

/// What became of it. Digests make a release; tags and labels stay as they were said the first time.
fn said(id: &PipelineId, new: &NewRelease, known: Option<&KnownRelease>, unchanged: bool) -> String {
    let version = version_of(&new.images);
    match (known, unchanged) {
        (None, false) => format!("created {version} in {id}; the next pass looks at it"),
        (None, true) => format!("{version} is a release of {id} already, an old one; nothing changed"),
        (Some(known), false) => {
            let raised = new.order.filter(|order| Some(*order) > known.order);
            let order = raised.map_or_else(String::new, |order| format!("; its order is {order} now"));
            let more = new.authors.iter().filter(|author| !known.authors.contains(author));
            let more = more.map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let authors = if more.is_empty() { more } else { format!("; {more} added as author") };
            format!("{version} is a release of {id} already{order}{authors}")
        }
        (Some(known), true) if known.images == new.images => {
            format!("{version} is a release of {id} already; nothing changed")
        }
        (Some(known), true) => format!(
            "{version} is a release of {id} already, called {}: the digests are the same, and it keeps its tags \
             and labels",
            version_of(&known.images)
        ),
    }
}
