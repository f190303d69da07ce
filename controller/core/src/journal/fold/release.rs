//! Events that bring releases: made by people or CI, or found in an environment.

use super::{FoldError, Step, end_live};
use crate::event::{Cause, Event, FieldBytes};
use crate::id::{Actor, ReleaseId};
use crate::journal::state::{Current, MAX_RELEASES, Phase, Release};
use crate::release::{Image, image_set, release_id};

impl Step<'_> {
    pub(super) fn released(&mut self) -> Result<(), FoldError> {
        let Event::Released { r, seq, order, images, authors, labels } = &self.recorded.event else {
            return Ok(());
        };
        self.check_images(r, images)?;
        if order.is_some_and(|order| order < 0) {
            return Err(self.refuse("an order is not negative; a baseline's is 0"));
        }
        let known = self.state.releases.iter().position(|known| &known.r == r);
        if known.and_then(|i| self.state.releases.get(i)).is_some_and(|known| known.seq > 0) {
            return self.released_again(r, *seq, *order, authors);
        }
        let expected = self.state.seq + 1;
        if *seq != expected {
            return Err(self.refuse(format!("expected sequence {expected}")));
        }
        if known.is_none() && self.state.releases.len() >= MAX_RELEASES {
            return Err(self.refuse(format!("there are {MAX_RELEASES} releases already")));
        }
        self.state.seq = *seq;
        // A baseline that is released afterwards becomes an ordinary release. What was found stays on
        // record: environments that adopted it are compared with that.
        let fields = known.map(|i| self.state.releases.remove(i).fields).unwrap_or_default();
        self.state.releases.push(Release {
            r: r.clone(),
            seq: *seq,
            order: *order,
            at: self.recorded.at,
            images: images.clone(),
            authors: authors.clone(),
            labels: labels.clone(),
            fields,
        });
        Ok(())
    }

    /// A repeat may raise the order and add authors; it takes nothing back, and says something new.
    fn released_again(
        &mut self,
        r: &ReleaseId,
        seq: u64,
        order: Option<i64>,
        authors: &[Actor],
    ) -> Result<(), FoldError> {
        let nothing_new = self.refuse("the release is there already");
        let Some(known) = self.state.releases.iter_mut().find(|known| &known.r == r) else { return Ok(()) };
        let more: Vec<Actor> = authors.iter().filter(|a| !known.authors.contains(a)).cloned().collect();
        if seq != known.seq || order < known.order || (order == known.order && more.is_empty()) {
            return Err(nothing_new);
        }
        known.order = order;
        known.authors.extend(more);
        Ok(())
    }

    pub(super) fn adopted(&mut self) -> Result<(), FoldError> {
        let at = self.recorded.at;
        let Event::Adopted { env, r, seq, commit, images, fields } = &self.recorded.event else {
            return Ok(());
        };
        if *seq != 0 {
            return Err(self.refuse("a baseline has sequence 0"));
        }
        if !images.is_empty() {
            self.check_images(r, images)?;
        }
        self.env(env)?;
        self.found(r, images, fields);
        let env = self.env(env)?;
        end_live(env, at);
        env.churn = 0;
        env.at = Some(Current {
            pid: None,
            r: r.clone(),
            attempt: 0,
            commit: commit.clone(),
            cause: Cause::Manual,
            from: env.at.as_ref().map(|at| at.r.clone()),
            q: None,
            gates: None,
            at,
            phase: Phase::Adopted,
            since: at,
            live: None,
            broken: None,
            runs: Default::default(),
            failed: None,
        });
        let branch = env.config.branch.to_string();
        self.see(branch, commit);
        Ok(())
    }

    /// Refuses images that are not a sorted set, or not the one with this id.
    fn check_images(&self, r: &ReleaseId, images: &[Image]) -> Result<(), FoldError> {
        let set = image_set(images.to_vec()).map_err(|e| self.refuse(e.to_string()))?;
        match set == images && release_id(&self.state.ledger, images) == *r {
            true => Ok(()),
            false => Err(self.refuse("its images are not sorted, or its id is not theirs")),
        }
    }

    /// Keeps what an environment was found with: as a baseline, or with the release that it is.
    fn found(&mut self, r: &ReleaseId, images: &[Image], fields: &[FieldBytes]) {
        let at = self.recorded.at;
        if let Some(known) = self.state.releases.iter_mut().find(|known| &known.r == r) {
            let same =
                |a: &FieldBytes, b: &FieldBytes| (&a.image, &a.file, a.field) == (&b.image, &b.file, b.field);
            known.fields.retain(|old| !fields.iter().any(|new| same(old, new)));
            known.fields.extend_from_slice(fields);
            return;
        }
        self.state.releases.push(Release {
            r: r.clone(),
            seq: 0,
            order: None,
            at,
            images: images.to_vec(),
            authors: Vec::new(),
            labels: Default::default(),
            fields: fields.to_vec(),
        });
        // It may come back from the archive: no try may ever be made twice.
        for env in self.state.envs.values_mut().filter(|e| e.forgotten > 0) {
            let forgotten = env.forgotten;
            env.tries.entry(r.clone()).or_insert(forgotten);
        }
    }
}
