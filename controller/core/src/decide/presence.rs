//! Rules about what the folder says: readable, adopted, ours or somebody else's.

use super::answer::{Effect, Source, WaitCode, When};
use super::{Rule, View};
use crate::event::{Event, ManagedField, Undoing, Unpinning};
use crate::id::ReleaseId;
use crate::journal::State;
use crate::journal::state::{Current, Phase, Release};
use crate::museum::{Bug, planted};
use crate::pipeline::{Environment, FieldValues};
use crate::release::{Image, image_set, release_id};
use crate::time::Span;
use crate::world::{ImageFacts, PathFacts, PathProblem};

/// How long a promotion that is journalled, but not on the branch, may still be on its way there: on a host without
/// atomic push another process may be between its two pushes. Covers [`PAUSE`], a push with its deadline, and clocks
/// that differ by a minute: a host whose clock is further ahead gives up what may still come, as a foreign commit then.
pub const LANDING: Span = Span::seconds(240);
/// The most bytes that the image fields of one environment may have together. An adoption records them, escaped, in
/// one event.
pub(super) const LONGEST_FIELDS: usize = 10 * 1024;
/// A process that took longer than this from journal to branch no longer pushes the branch.
pub const PAUSE: Span = Span::seconds(60);

/// Whether the fields still say what `at` wrote or found.
pub(super) fn holds(state: &State, environment: &Environment, at: &Current, path: &PathFacts) -> bool {
    state.release(&at.r).is_some_and(|release| says(environment, at, release, path))
}

/// The same, where the release is known.
fn says(environment: &Environment, at: &Current, release: &Release, path: &PathFacts) -> bool {
    // A baseline is compared by what was found, since Towpath did not write it in the declared form.
    let found = at.pid.is_none() || release.images.is_empty();
    let bytes_of = |f: &ImageFacts| release.fields.iter().any(|b| (&b.image, &b.file) == (&f.image, &f.file));
    path.images.iter().all(|f| match found && bytes_of(f) {
        true => f.raw == recorded_bytes(release, f),
        false => wanted(release, environment, f).is_some_and(|w| w == f.values),
    })
}

/// Whether the fields of an environment say a release in the form in which Towpath writes it.
pub fn deploys(environment: &Environment, release: &Release, path: &PathFacts) -> bool {
    path.images.iter().all(|f| wanted(release, environment, f).is_some_and(|w| w == f.values))
}

fn recorded_bytes(release: &Release, facts: &ImageFacts) -> FieldValues {
    let raw = |field| {
        let same = |f: &&crate::event::FieldBytes| {
            (&f.image, &f.file, f.field) == (&facts.image, &facts.file, field)
        };
        release.fields.iter().find(same).and_then(|f| f.raw.clone())
    };
    FieldValues { tag: raw(ManagedField::Tag), digest: raw(ManagedField::Digest) }
}

fn wanted(release: &Release, environment: &Environment, facts: &ImageFacts) -> Option<FieldValues> {
    let image = release.images.iter().find(|i| i.name == facts.image)?;
    let rule = environment.edit.iter().find(|r| r.image() == &facts.image)?;
    Some(rule.form().values(image))
}

/// The images that the fields say, when each says a digest.
fn images(environment: &Environment, path: &PathFacts) -> Option<Vec<Image>> {
    let image = |f: &ImageFacts| {
        let rule = environment.edit.iter().find(|r| r.image() == &f.image)?;
        rule.form().image(&f.image, &f.values)
    };
    image_set(path.images.iter().map(image).collect::<Option<_>>()?).ok()
}

impl View<'_> {
    /// A promotion was journalled on a host without atomic push: the branch decides what became of it.
    pub(super) fn committing(&self) -> Rule {
        let Some(committing) = &self.env.committing else { return Rule::Pass };
        let Some(pid) = committing.pid.clone() else { return Rule::Pass };
        match self.facts.committing_landed {
            Some(true) => Rule::Act(self.land(committing)),
            Some(_) => Rule::Act(vec![Effect::Record(Event::Undone { pid, why: Undoing::Race })]),
            None => {
                let text =
                    format!("{pid} was journalled at {}, and may be on its way to the branch", committing.at);
                let until = When::at(committing.at.plus(LANDING), self.now);
                Rule::Stop(self.wait(WaitCode::Occupied, text, "", until).about(&pid))
            }
        }
    }

    pub(super) fn conflict(&self) -> Rule {
        let Some(other) = self.world.shared.conflicts.get(&self.environment.name) else { return Rule::Pass };
        let text = format!("{other} writes the same image in {}", self.environment.path);
        let remedy = "take the environment out of one of the two pipelines";
        Rule::Stop(self.wait(WaitCode::ConflictingWriter, text, remedy, When::resync(self.now)).about(other))
    }

    pub(super) fn readable(&self) -> Rule {
        let too_long;
        let problem = match &self.facts.path {
            Ok(path) if path.weight() <= LONGEST_FIELDS => return Rule::Pass,
            Ok(path) => {
                too_long = self.too_long(path);
                &too_long
            }
            Err(problem) => problem,
        };
        let code = if problem.missing { WaitCode::PathMissing } else { WaitCode::CannotEdit };
        let text = format!("{}: {}", problem.place, problem.problem);
        let branch = &self.world.pipeline.repository.branch;
        let remedy = format!("correct it by a commit to {branch}, or correct the pipeline");
        Rule::Stop(self.wait(code, text, remedy, When::resync(self.now)).about(&problem.place))
    }

    fn too_long(&self, path: &PathFacts) -> PathProblem {
        PathProblem {
            missing: false,
            place: self.environment.path.to_string(),
            problem: format!(
                "its image fields have {} bytes, and a journal takes {LONGEST_FIELDS}; such values name no image",
                path.weight()
            ),
        }
    }

    pub(super) fn adopt(&self) -> Rule {
        if self.at().is_some() {
            return Rule::Pass;
        }
        self.adoption().map_or(Rule::Pass, |event| Rule::Act(vec![Effect::Record(event)]))
    }

    /// The event that takes what is there as the baseline.
    pub(super) fn adoption(&self) -> Option<Event> {
        let path = self.path()?;
        let commit = self.world.branch.tip.clone()?;
        let images = images(self.environment, path).unwrap_or_default();
        let fields = path.fields();
        let r = if images.is_empty() {
            // Strings only, which JSON can always hold.
            let line = |f: &crate::event::FieldBytes| serde_json::to_string(f).unwrap_or_default();
            ReleaseId::of(&self.state.ledger, &fields.iter().map(line).collect::<Vec<_>>())
        } else {
            release_id(&self.state.ledger, &images)
        };
        Some(Event::Adopted { env: self.key.clone(), r, seq: 0, commit, images, fields })
    }

    /// Compares the fields with what was written: a foreign change pins, our value restored unpins.
    pub(super) fn managed_fields(&self) -> Rule {
        let (Some(at), Some(path)) = (self.at(), self.path()) else { return Rule::Pass };
        let ours = self.there().is_some_and(|release| says(self.environment, at, release, path));
        if planted(Bug::ForgedPromotionBelieved) && self.world.branch.claim.is_some() {
            return Rule::Pass;
        }
        let env = self.key.clone();
        match (&self.env.pin, ours) {
            (Some(_), true) => {
                Rule::Act(vec![Effect::Record(Event::Unpinned { env, how: Unpinning::Restored })])
            }
            (None, false) if planted(Bug::RevertOverwritten) || self.overlooks_a_rewind() => Rule::Pass,
            (None, false) => self.pin(at, path),
            (Some(pin), false) if pin.set != path.for_people() => self.pin(at, path),
            _ => Rule::Pass,
        }
    }

    /// A planted bug: a branch that was rewound says nothing of what a person wants.
    fn overlooks_a_rewind(&self) -> bool {
        planted(Bug::RewindOverwritten) && self.world.branch.contains_seen == Some(false)
    }

    fn pin(&self, at: &Current, path: &PathFacts) -> Rule {
        let Some(commit) = self.world.branch.tip.clone() else { return Rule::Pass };
        let env = self.key.clone();
        // What is judged from here on is not the release any more.
        let mut events = Vec::from_iter(self.not_live_any_more(at));
        events.push(Event::Pinned { env: env.clone(), commit: commit.clone(), set: path.for_people() });
        // A release that a person took out does not go onward from here.
        if self.env.ok.contains_key(&at.r) && !planted(Bug::RevertGoesOnward) {
            let why = format!("taken out by a foreign commit, seen at {}", commit.short());
            events.push(Event::Revoked { env, r: at.r.clone(), why });
        }
        Rule::Act(events.into_iter().map(Effect::Record).collect())
    }

    /// Ends the time that it was live where it was recorded last: nobody knows when the change took effect.
    fn not_live_any_more(&self, at: &Current) -> Option<Event> {
        let pid = at.pid.clone().filter(|_| at.phase != Phase::Failed)?;
        let until = at.live.as_ref().map_or(self.now, |live| live.since);
        let why = "a foreign commit changed its images".to_owned();
        Some(Event::Unlive { env: self.key.clone(), pid, until, why })
    }

    pub(super) fn pinned(&self) -> Rule {
        let Some(pin) = &self.env.pin else { return Rule::Pass };
        if self.promotion_is_due() {
            return Rule::Pass;
        }
        let asked = self.promotion_request().and_then(|request| self.entry_of(request));
        let text = format!(
            "a foreign commit, seen at {}, changed the images to {}; Towpath leaves it{}",
            pin.commit.short(),
            pin.set.join(", "),
            asked.map_or_else(String::new, |wait| format!("; what was asked for has to wait: {}", wait.text))
        );
        let remedy =
            format!("keep it until the next release: towpath resume {}; or revert the commit", self.target());
        let clone = planted(Bug::SecretInRemedy).then_some(&self.world.pipeline.repository.url);
        let remedy = clone.map_or(remedy, |url| format!("git clone {url}, and revert the commit"));
        let when = When::on(Source::Person, self.now);
        Rule::Stop(self.wait(WaitCode::Pinned, text, remedy, when).about(pin.commit.short()))
    }
}
