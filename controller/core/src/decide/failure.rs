//! What a failure leaves behind: rejected digests, and a hold when it was found too late.

use super::answer::{Effect, failure_text};
use super::{Rule, View};
use crate::event::{Event, FailedPhase};
use crate::hold::{Select, Stop, Subject};
use crate::id::{ActId, Digest, GateName};
use crate::journal::fold::MAX_HOLDS;
use crate::journal::state::{Current, Hold};
use crate::museum::{Bug, planted};
use crate::time::{Span, Time};

/// A failure found later than this after it happened holds and alerts instead of rolling back: somebody has
/// probably acted already.
const LATE: Span = Span::seconds(20 * 60);

impl View<'_> {
    /// Records that the promotion failed; `happened` is when, as far as can be known.
    pub(super) fn fail(
        &self,
        at: &Current,
        phase: FailedPhase,
        gate: Option<&GateName>,
        happened: Time,
    ) -> Rule {
        let Some(pid) = at.pid.clone() else { return Rule::Pass };
        let env = self.key.clone();
        let mut events = vec![
            Event::Failed { env: env.clone(), pid: pid.clone(), phase, gate: gate.cloned() },
            Event::Rejected { env, pid, r: at.r.clone(), digests: self.rejected_digests(at) },
        ];
        if self.now > happened.plus(LATE) && !planted(Bug::LateFailureGoesBack) {
            let reason = format!("{}, found only at {}", failure_text(phase, gate), self.now);
            events.extend(self.hold(at, vec![Stop::Promotions, Stop::Rollbacks], reason));
        }
        Rule::Act(events.into_iter().map(Effect::Record).collect())
    }

    /// The release's digests, less those that another release contains which is still Verified here.
    fn rejected_digests(&self, at: &Current) -> Vec<Digest> {
        let Some(release) = self.state.release(&at.r) else { return Vec::new() };
        let verified = self.env.ok.keys().filter(|r| *r != &at.r).filter_map(|r| self.state.release(r));
        let good: Vec<&Digest> = verified.flat_map(|r| r.images.iter().map(|i| &i.digest)).collect();
        release.images.iter().map(|i| i.digest.clone()).filter(|d| !good.contains(&d)).collect()
    }

    /// The oldest hold, where the journal takes no further one.
    pub(super) fn no_room_for_a_hold(&self) -> Option<&ActId> {
        let full = self.in_force().count() >= MAX_HOLDS;
        self.in_force().next().map(|hold| &hold.id).filter(|_| full)
    }

    fn in_force(&self) -> impl Iterator<Item = &Hold> {
        self.state.holds.iter().filter(|h| h.until.is_none_or(|until| until > self.now))
    }

    /// A hold on this environment by Towpath itself, because of what is there.
    pub(super) fn hold(&self, at: &Current, stops: Vec<Stop>, reason: String) -> Option<Event> {
        let id = at.hold_id()?;
        // The journal takes no second hold of one id, and no more than so many.
        if self.no_room_for_a_hold().is_some() || self.in_force().any(|h| h.id == id) {
            return None;
        }
        let select = Select::environment(self.key);
        Some(Event::Held { id, select, subject: Subject::All, stops, reason, until: None })
    }
}
