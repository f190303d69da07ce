//! Moves refs on the host by compare-and-swap.

use std::collections::BTreeSet;

use towpath_core::id::RefName;
use towpath_engine::ports::{Heads, PushMode, PushOutcome, RefQuery, RefUpdate, RepositoryError, Since};
use towpath_process::Finished;

use crate::landing::{Place, Report, outcomes, reports};
use crate::lock::Mode;
use crate::mirror::Fault;
use crate::objects::oid;
use crate::repository::GitRepository;
use crate::walk::Reach;

/// What is answered instead of an atomic push that the host cannot do.
const NOT_ATOMIC: &str = "the host does not support --atomic: move the refs one by one";

impl GitRepository {
    /// Pushes with explicit leases and finds out what became of it.
    pub(crate) fn move_refs(
        &self,
        updates: &[RefUpdate],
        mode: PushMode,
    ) -> Result<Vec<PushOutcome>, RepositoryError> {
        let outcomes = self.try_push(updates, mode, &[])?;
        self.keep_accepted(updates, &outcomes);
        Ok(outcomes)
    }

    /// The same up to the point at which the host would move the refs.
    pub(crate) fn rehearse_moving(
        &self,
        updates: &[RefUpdate],
        mode: PushMode,
    ) -> Result<Vec<PushOutcome>, RepositoryError> {
        self.try_push(updates, mode, &["--dry-run"])
    }

    fn try_push(
        &self,
        updates: &[RefUpdate],
        mode: PushMode,
        more: &[&str],
    ) -> Result<Vec<PushOutcome>, RepositoryError> {
        let atomic = mode == PushMode::Atomic && updates.len() > 1;
        if updates.is_empty() {
            return Ok(Vec::new());
        }
        if atomic && !self.can_atomic() {
            return Ok(vec![PushOutcome::Refused { reason: NOT_ATOMIC.to_owned() }; updates.len()]);
        }
        self.check_present(updates)?;
        let finished = self.run_push(updates, atomic, more)?;
        if finished.success() {
            return Ok(vec![PushOutcome::Accepted; updates.len()]);
        }
        if atomic && finished.stderr.text().contains("does not support --atomic") {
            self.remember_not_atomic();
            return Ok(vec![PushOutcome::Refused { reason: NOT_ATOMIC.to_owned() }; updates.len()]);
        }
        self.find_out(updates, mode, &finished)
    }

    /// The git program's words for an unknown object would look like an outage.
    fn check_present(&self, updates: &[RefUpdate]) -> Result<(), RepositoryError> {
        self.mirror.with(|repository| {
            for new in updates.iter().filter_map(|update| update.new.as_ref()) {
                let id = oid(new)?;
                repository.find_commit(id).map_err(|_| Fault::Missing(id))?;
            }
            Ok(())
        })
    }

    fn run_push(
        &self,
        updates: &[RefUpdate],
        atomic: bool,
        more: &[&str],
    ) -> Result<Finished, RepositoryError> {
        let leases: Vec<String> = updates.iter().map(lease).collect();
        let refspecs: Vec<String> = updates.iter().map(refspec).collect();
        let mut args = vec!["push", "--porcelain", "--no-verify", "--no-progress", "--no-recurse-submodules"];
        args.extend(atomic.then_some("--atomic"));
        args.extend(more);
        args.extend(leases.iter().map(String::as_str));
        args.extend(["--", self.address.url.as_str()]);
        args.extend(refspecs.iter().map(String::as_str));
        let _held = self.mirror.lock(Mode::Shared)?;
        self.git.run(self.mirror.path(), &args)
    }

    /// Reads the refs back after a push that did not report success.
    fn find_out(
        &self,
        updates: &[RefUpdate],
        mode: PushMode,
        finished: &Finished,
    ) -> Result<Vec<PushOutcome>, RepositoryError> {
        let names: BTreeSet<&RefName> = updates.iter().map(|update| &update.name).collect();
        let now = self.advertised(&names)?;
        let mut reports = reports(&finished.stdout.text());
        let mut places = Vec::new();
        for update in updates {
            let report = reports.remove(update.name.as_str());
            places.push((self.place(update, &now, report.as_ref())?, report));
        }
        let outcomes = outcomes(&places, mode, &host_words(finished));
        let mut outcomes = outcomes.ok_or_else(|| self.git.failure("push", finished))?;
        for outcome in &mut outcomes {
            if let PushOutcome::Refused { reason } = outcome {
                *reason = self.git.line(reason);
            }
        }
        Ok(outcomes)
    }

    /// Where a ref stands. When the answer got lost and the ref has a third value, somebody may have built on
    /// what we pushed: then it counts as moved.
    fn place(
        &self,
        update: &RefUpdate,
        now: &Heads,
        report: Option<&Report>,
    ) -> Result<Place, RepositoryError> {
        let value = now.get(&update.name);
        let place = Place::of(update, value);
        let (Place::Elsewhere, None, Some(value), Some(new)) = (place, report, value, &update.new) else {
            return Ok(place);
        };
        let query = RefQuery { name: update.name.clone(), since: Since::Tip };
        let read = Heads::from([(update.name.clone(), value.clone())]);
        let heads = self.bring(&[query], read)?;
        let tip = heads.get(&update.name).unwrap_or(value);
        Ok(if self.reach(tip, new)? == Reach::Yes { Place::New } else { place })
    }

    fn keep_accepted(&self, updates: &[RefUpdate], outcomes: &[PushOutcome]) {
        let accepted = updates.iter().zip(outcomes).filter(|(_, o)| **o == PushOutcome::Accepted);
        for (update, _) in accepted {
            self.mirror.keep(&update.name, update.new.as_ref());
            self.know(&update.name, update.new.as_ref());
        }
    }
}

/// Only if the ref has this value; an empty one means that it must not exist.
fn lease(update: &RefUpdate) -> String {
    let old = update.old.as_ref().map_or("", |old| old.as_str());
    format!("--force-with-lease={}:{old}", update.name)
}

fn refspec(update: &RefUpdate) -> String {
    let new = update.new.as_ref().map_or("", |new| new.as_str());
    format!("{new}:{}", update.name)
}

/// What a hook or the host told the person who pushes.
fn host_words(finished: &Finished) -> String {
    let stderr = finished.stderr.text();
    let lines = stderr.lines().filter_map(|line| line.strip_prefix("remote: "));
    lines.map(str::trim).collect::<Vec<_>>().join(" ")
}
