//! Promotion commits: the edit and the message.

use minijinja::{Environment as Templates, UndefinedBehavior, Value, context};
use towpath_core::decide::Promotion;
use towpath_core::event::Cause;
use towpath_core::id::{CommitId, RepoPath};
use towpath_core::journal::promotion::{PromotionMessage, Trailers};
use towpath_core::journal::state::{Release, State};
use towpath_core::museum::{Bug, planted};
use towpath_core::pipeline::{Environment, Pipeline};
use towpath_core::release::Image;
use towpath_core::time::Time;
use towpath_core::world::PathProblem;

use crate::content::{self, ContentError};
use crate::ports::{Edit, NewCommit, Repository, Signature};

/// The longest subject that a template may make, in characters.
const SUBJECT_LIMIT: usize = 200;

/// What a promotion commit is made of, besides the promotion.
pub(crate) struct Context<'a> {
    pub(crate) repository: &'a dyn Repository,
    pub(crate) pipeline: &'a Pipeline,
    pub(crate) state: &'a State,
    pub(crate) signature: &'a Signature,
    pub(crate) now: Time,
}

impl Context<'_> {
    /// Writes the promotion commit on `base`; not yet pushed. `n` is the number of its event.
    pub(crate) fn promotion(
        &self,
        base: &CommitId,
        promotion: &Promotion,
        n: u64,
    ) -> Result<CommitId, ContentError> {
        let found = self.pipeline.environment(&promotion.environment).zip(self.state.release(&promotion.r));
        let (environment, release) = found.ok_or_else(|| self.gone(promotion))?;
        let mut edits = content::write(self.repository, base, environment, release)?;
        edits.extend(self.origin(environment));
        let mut message = self.message(promotion, environment, release, n)?;
        let mut new = NewCommit {
            parent: Some(base.clone()),
            tree_of: self.old_tree(),
            edits,
            message: message.to_text(),
            signature: self.signature.clone(),
            time: self.now,
        };
        let commit = self.repository.commit(&new)?;
        let Some(when) = self.other_bytes_changed(&commit, promotion, environment)? else {
            return Ok(commit);
        };
        let (path, version) = (&environment.path, release.version());
        message.body.push(format!(
            "Other bytes under {path} changed since {version} was good here ({when}); they stay as they are."
        ));
        new.message = message.to_text();
        Ok(self.repository.commit(&new)?)
    }

    /// A file that says where a commit was made: none, where no bug is planted.
    fn origin(&self, environment: &Environment) -> Option<Edit> {
        let path =
            planted(Bug::SecretInFile).then(|| RepoPath::parse(&format!("{}/origin", environment.path)));
        let bytes = self.pipeline.repository.url.clone().into_bytes();
        path?.ok().map(|path| Edit { path, bytes })
    }

    /// What a commit is made from if not from its parent: nothing, where no bug is planted.
    fn old_tree(&self) -> Option<CommitId> {
        let seen = self.state.seen.get(self.pipeline.repository.branch.as_str());
        seen.filter(|_| planted(Bug::OldTree)).map(|seen| seen.commit.clone())
    }

    /// A rollback changes image fields only (contract C11), so that the release may come back to other surroundings than
    /// those in which it was good. Answers when that was.
    fn other_bytes_changed(
        &self,
        commit: &CommitId,
        promotion: &Promotion,
        environment: &Environment,
    ) -> Result<Option<Time>, ContentError> {
        let env = self.state.envs.get(&promotion.key).filter(|_| promotion.cause == Cause::Rollback);
        let Some(good) = env.and_then(|env| env.good.iter().find(|good| good.r == promotion.r)) else {
            return Ok(None);
        };
        let Some(before) = &good.tree else { return Ok(None) };
        let now = self.repository.tree(commit, &environment.path)?;
        Ok((now.as_ref() != Some(before)).then_some(good.at))
    }

    fn gone(&self, promotion: &Promotion) -> ContentError {
        ContentError::Problem(PathProblem {
            missing: false,
            place: promotion.environment.to_string(),
            problem: format!("the release {} left the journal's state", promotion.r),
        })
    }

    fn message(
        &self,
        promotion: &Promotion,
        environment: &Environment,
        release: &Release,
        n: u64,
    ) -> Result<PromotionMessage, ContentError> {
        let subject = match promotion.cause {
            Cause::Rollback => {
                format!("Roll back {} in {}: {}", self.pipeline.id.name, environment.name, release.version())
            }
            Cause::Auto | Cause::Manual => {
                self.render("spec.commit.subject", &self.pipeline.commit.subject, promotion, release)?
            }
        };
        let extra = self.pipeline.commit.trailers.iter().map(|(key, template)| {
            Ok((key.clone(), self.render("spec.commit.trailers", template, promotion, release)?))
        });
        let rejects = promotion.rejects.iter().map(|i| (i.name.clone(), i.digest.clone()));
        let overrides = promotion.overrides.iter().map(|(gate, why)| (gate.as_str().to_owned(), why.clone()));
        Ok(PromotionMessage {
            subject,
            body: self.body(promotion, release).into_iter().chain(self.source()).collect(),
            extra: extra.collect::<Result<_, ContentError>>()?,
            trailers: Trailers {
                pid: promotion.pid.clone(),
                pipeline: self.pipeline.id.clone(),
                environment: environment.name.clone(),
                release: (promotion.r.clone(), release.seq),
                journal: n,
                gates: promotion.gates.clone(),
                upstream: promotion.upstream.clone(),
                images: release.images.clone(),
                cause: promotion.cause,
                rejects: rejects.collect(),
                overrides: overrides.collect(),
                actor: promotion.actor.clone(),
            },
        })
    }

    /// One line for each image that changes, or for each where none does, and why it goes back.
    fn body(&self, promotion: &Promotion, release: &Release) -> Vec<String> {
        let before = promotion.from.as_ref().and_then(|r| self.state.release(r));
        let there = |image: &Image| before?.images.iter().find(|i| i.name == image.name);
        let line = |image: &Image| {
            let old = there(image).map_or("?", Image::version);
            format!("{} {old} -> {} ({})", image.name, image.version(), image.digest.short())
        };
        let changed = |image: &&Image| there(image) != Some(*image);
        let mut lines: Vec<String> = release.images.iter().filter(changed).map(line).collect();
        if lines.is_empty() {
            lines.extend(release.images.iter().map(line));
        }
        lines.extend(promotion.because.clone());
        lines
    }

    /// Where a commit was made: said nowhere, where no bug is planted.
    fn source(&self) -> Option<String> {
        planted(Bug::SecretInMessage).then(|| format!("Made in {}", self.pipeline.repository.url))
    }

    fn render(
        &self,
        place: &str,
        template: &str,
        promotion: &Promotion,
        release: &Release,
    ) -> Result<String, ContentError> {
        let cause = match promotion.cause {
            Cause::Auto => "auto",
            Cause::Manual => "manual",
            Cause::Rollback => "rollback",
        };
        let values = context! {
            pipeline => self.pipeline.id.name.as_str(),
            namespace => self.pipeline.id.namespace.as_str(),
            environment => promotion.environment.as_str(),
            version => release.version(),
            release => promotion.r.as_str(),
            cause => cause,
            actor => promotion.actor.as_str(),
        };
        Ok(rendered(place, template, values)?)
    }
}

fn rendered(place: &str, template: &str, values: Value) -> Result<String, PathProblem> {
    let mut templates = Templates::new();
    templates.set_undefined_behavior(UndefinedBehavior::Strict);
    let text = templates.render_str(template, values).map_err(|e| PathProblem {
        missing: false,
        place: place.to_owned(),
        problem: format!(
            "{e}; known names are pipeline, namespace, environment, version, release, cause, actor"
        ),
    })?;
    Ok(text.chars().take(SUBJECT_LIMIT).collect())
}

/// Renders the templates of a pipeline's commits with made-up values, so that a mistake in them shows before a release
/// waits.
pub fn check_templates(pipeline: &Pipeline) -> Result<(), PathProblem> {
    let values = || {
        context! {
            pipeline => "web",
            namespace => "shop",
            environment => "dev",
            version => "1.0.0",
            release => "r-0",
            cause => "auto",
            actor => "towpath",
        }
    };
    rendered("spec.commit.subject", &pipeline.commit.subject, values())?;
    for template in pipeline.commit.trailers.values() {
        rendered("spec.commit.trailers", template, values())?;
    }
    Ok(())
}
