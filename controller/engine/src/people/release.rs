//! Releases that people and CI create, whole or on the base of another.

use std::collections::BTreeMap;

use towpath_core::decide::IRREVERSIBLE;
use towpath_core::event::Event;
use towpath_core::id::{Actor, Name, ReleaseId};
use towpath_core::journal::State;
use towpath_core::journal::state::{FULL_BYTES, MAX_RELEASES, Phase, Release};
use towpath_core::release::{Image, image_set, release_id};

use super::{Recorded, environment, impossible};
use crate::error::EngineError;
use crate::journal::Journal;
use crate::pass::Engine;

/// The label of a release that took images over from another one: that one's id.
const BASE: &str = "towpath.dev/base";

/// A release to be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRelease {
    /// Its images; all of the pipeline's.
    pub images: Vec<Image>,
    /// CI's number.
    pub order: Option<i64>,
    /// Who wrote what is in it.
    pub authors: Vec<Actor>,
    /// Free labels.
    pub labels: BTreeMap<String, String>,
}

/// What a release takes the images from that are not named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Base {
    /// The highest release.
    Newest,
    /// What an environment has.
    Environment(Name),
}

/// A release that took images over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Based {
    /// Its id.
    pub r: ReleaseId,
    /// All of its images.
    pub images: Vec<Image>,
    /// Where the others are from.
    pub base: ReleaseId,
}

impl Base {
    /// Reads `newest` as such, anything else as the name of an environment.
    pub fn parse(text: &str) -> Result<Self, towpath_core::id::InvalidId> {
        match text {
            "newest" => Ok(Self::Newest),
            name => Name::parse(name).map(Self::Environment),
        }
    }

    fn find<'s>(&self, state: &'s State) -> Result<&'s Release, EngineError> {
        match self {
            Self::Newest => {
                let newest = state.releases.iter().filter(|r| !r.is_baseline()).max_by_key(|r| r.rank());
                newest
                    .map_or_else(|| impossible("there is no release yet to start from; name all images"), Ok)
            }
            Self::Environment(name) => in_environment(state, name),
        }
    }
}

/// The release that an environment has. What failed there or was changed by hand is no base: it would spread.
fn in_environment<'s>(state: &'s State, name: &Name) -> Result<&'s Release, EngineError> {
    let (_, env) = environment(state, name)?;
    if env.pin.is_some() {
        return impossible(format!(
            "{name} has what a person put there, which is no release; start from newest, or name all images"
        ));
    }
    match env.at.as_ref() {
        Some(at) if at.phase == Phase::Failed => impossible(format!(
            "what is in {name} failed there; wait until it went back, start from newest, or name all images"
        )),
        at => at.and_then(|at| state.release(&at.r)).map_or_else(
            || impossible(format!("{name} has no release yet; start from newest, or name all images")),
            Ok,
        ),
    }
}

impl Engine<'_> {
    /// Creates a release. The same set again changes nothing, unless its order is higher or authors come with it.
    pub fn create_release(&self, by: &Actor, new: &NewRelease) -> Result<(ReleaseId, Recorded), EngineError> {
        let images = image_set(new.images.clone()).map_err(|e| EngineError::Impossible(e.to_string()))?;
        if let Some(missing) = self.pipeline.images.iter().find(|n| !images.iter().any(|i| &i.name == *n)) {
            return impossible(format!(
                "the image {missing} is missing; a release has all of the pipeline's"
            ));
        }
        self.are_ours(&images)?;
        let new = NewRelease { images, ..new.clone() };
        let mut id = None;
        let recorded = self.record(by, |state, _| {
            let r = release_id(&state.ledger, &new.images);
            id = Some(r.clone());
            self.released(state, r, &new)
        })?;
        let id = id.ok_or_else(|| EngineError::Impossible("no release id was made".to_owned()))?;
        Ok((id, recorded))
    }

    /// Creates a release from some images, and the others of a base as of the moment in which it is recorded. The
    /// authors of the base are authors of it too.
    pub fn create_release_on(
        &self,
        by: &Actor,
        base: &Base,
        new: &NewRelease,
    ) -> Result<(Based, Recorded), EngineError> {
        let named = image_set(new.images.clone()).map_err(|e| EngineError::Impossible(e.to_string()))?;
        self.are_ours(&named)?;
        let mut made = None;
        let recorded = self.record(by, |state, _| {
            let base = base.find(state)?;
            let whole = self.completed(&named, base, new)?;
            let r = release_id(&state.ledger, &whole.images);
            made = Some(Based { r: r.clone(), images: whole.images.clone(), base: base.r.clone() });
            self.released(state, r, &whole)
        })?;
        let made = made.ok_or_else(|| EngineError::Impossible("no release id was made".to_owned()))?;
        Ok((made, recorded))
    }

    /// The event that makes the release known; none when nothing of it is new.
    fn released(&self, state: &State, r: ReleaseId, new: &NewRelease) -> Result<Vec<Event>, EngineError> {
        let known = state.release(&r).filter(|known| known.seq > 0);
        is_labelled_in_time(new, known)?;
        let named = |known: &Release| new.authors.iter().all(|author| known.authors.contains(author));
        if known.is_some_and(|known| new.order <= known.order && named(known)) {
            return Ok(Vec::new());
        }
        let mut others = state.releases.iter().filter(|other| other.seq > 0 && other.r != r);
        if others.any(|other| other.order.is_some() != new.order.is_some()) {
            return impossible("either all releases of a pipeline carry --order or none does");
        }
        if known.is_none() && self.is_old(state, &r)? {
            return Ok(Vec::new());
        }
        Ok(vec![Event::Released {
            seq: known.map_or(state.seq + 1, |known| known.seq),
            r,
            order: known.map_or(new.order, |known| known.order.max(new.order)),
            images: new.images.clone(),
            authors: new.authors.clone(),
            labels: new.labels.clone(),
        }])
    }

    /// Whether it left the ledger for the archive already. Fails when the ledger has no room for a new one.
    fn is_old(&self, state: &State, r: &ReleaseId) -> Result<bool, EngineError> {
        if state.to_bytes().len() > FULL_BYTES || state.releases.len() >= MAX_RELEASES {
            return impossible(
                "LedgerFull: the ledger takes no new releases; releases that every first environment has passed \
                 leave it by themselves, so look at what keeps those back",
            );
        }
        match self.read()? {
            Some(head) => Ok(Journal::of(self.host.repository, self.pipeline).archived(&head, r)?.is_some()),
            None => Ok(false),
        }
    }

    fn completed(
        &self,
        named: &[Image],
        base: &Release,
        new: &NewRelease,
    ) -> Result<NewRelease, EngineError> {
        let of = |name, images: &[Image]| images.iter().find(|image| &image.name == name).cloned();
        let whole = self.pipeline.images.iter().map(|name| {
            let image = of(name, named).or_else(|| of(name, &base.images));
            image.map_or_else(
                || impossible(format!("{} has no image {name} with a digest; name it too", base.version())),
                Ok,
            )
        });
        let images = whole.collect::<Result<Vec<_>, EngineError>>()?;
        let mut labels = new.labels.clone();
        labels.entry(BASE.to_owned()).or_insert_with(|| base.r.to_string());
        let authors = self.authors_on(base, &new.authors)?;
        Ok(NewRelease { images, order: new.order, authors, labels })
    }

    /// Whoever wrote the base may not approve it here either, and authors that nobody knows cannot be excluded.
    fn authors_on(&self, base: &Release, named: &[Actor]) -> Result<Vec<Actor>, EngineError> {
        let mut gates = self.pipeline.environments.iter().flat_map(|environment| &environment.approvals);
        if base.authors.is_empty() && !base.is_baseline() && gates.any(|gate| gate.not_author) {
            return impossible(format!(
                "nobody knows who wrote {} ({}), and its authors may not approve what contains it; add them to it \
                 first: towpath release create with its images and --author",
                base.version(),
                base.r
            ));
        }
        let others = base.authors.iter().filter(|author| !named.contains(author));
        Ok(named.iter().chain(others).cloned().collect())
    }

    fn are_ours(&self, images: &[Image]) -> Result<(), EngineError> {
        match images.iter().find(|image| !self.pipeline.images.contains(&image.name)) {
            Some(other) => impossible(format!("{} is not an image of {}", other.name, self.pipeline.id)),
            None => Ok(()),
        }
    }
}

/// A label that protects nothing would be believed to protect.
fn is_labelled_in_time(new: &NewRelease, known: Option<&Release>) -> Result<(), EngineError> {
    match new.labels.get(IRREVERSIBLE).map(String::as_str) {
        None => Ok(()),
        Some("true") => match known.filter(|known| !known.is_irreversible()) {
            None => Ok(()),
            Some(known) => impossible(format!(
                "{} exists without {IRREVERSIBLE}, and labels stay as they were; stop its rollbacks instead: towpath hold \
                 --rollbacks --reason TEXT",
                known.version()
            )),
        },
        Some(other) => impossible(format!("{IRREVERSIBLE} is true or is left out, and not {other:?}")),
    }
}
