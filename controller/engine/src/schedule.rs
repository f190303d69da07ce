//! When pipelines are looked at again: how every host keeps its rounds (contract C9).

use std::collections::BTreeMap;

use towpath_core::id::PipelineId;
use towpath_core::museum::{Bug, planted};
use towpath_core::time::{Span, Time};

use crate::error::EngineError;
use crate::pass::PassReport;

/// When pipelines are looked at again at the latest: somebody may have created a release elsewhere.
const RESYNC: Span = Span::seconds(60);
/// When a pass that failed is tried again.
const RETRY: Span = Span::seconds(10);

/// When each pipeline is to be looked at. Whoever waits for nothing that has a time of its own is looked at together
/// with all others of the kind: apart, each would read the refs by itself again.
#[derive(Debug, Clone)]
pub struct Schedule {
    due: BTreeMap<PipelineId, Time>,
    resync: Time,
}

impl Schedule {
    /// All of these are to be looked at now.
    pub fn new(pipelines: impl IntoIterator<Item = PipelineId>, now: Time) -> Self {
        Self { due: pipelines.into_iter().map(|id| (id, now)).collect(), resync: now }
    }

    /// Begins a round: those that are to be looked at in it.
    pub fn begin(&mut self, now: Time) -> Vec<PipelineId> {
        if self.resync <= now {
            self.resync = now.plus(RESYNC);
        }
        self.due.iter().filter(|(_, due)| **due <= now).map(|(id, _)| id.clone()).collect()
    }

    /// Takes note of how a pass ended, and until when its decision stands ([`Remembered::stands_until`]).
    ///
    /// [`Remembered::stands_until`]: crate::Remembered::stands_until
    pub fn passed(
        &mut self,
        id: &PipelineId,
        pass: &Result<PassReport, EngineError>,
        stands_until: Option<Time>,
        now: Time,
    ) {
        let resync = self.resync(now);
        let due = match pass.as_ref().map(PassReport::next) {
            // Also who waits for Monday: somebody may approve, hold or release before.
            Ok(Some(when)) => when.latest().min(resync),
            Ok(None) => resync,
            Err(_) => now.plus(RETRY),
        };
        let (due, stands_until) =
            if planted(Bug::SleepsPastWait) { (resync, None) } else { (due, stands_until) };
        self.due.insert(id.clone(), stands_until.map_or(due, |until| until.min(due)));
    }

    /// Takes note that nothing had changed, so that no pass was needed.
    pub fn unchanged(&mut self, id: &PipelineId, stands_until: Option<Time>, now: Time) {
        let resync = self.resync(now);
        self.due.insert(id.clone(), stands_until.map_or(resync, |until| until.min(resync)));
    }

    /// Has all be looked at now.
    pub fn hurry(&mut self, now: Time) {
        if planted(Bug::NoticeIgnored) {
            return;
        }
        self.due.values_mut().for_each(|due| *due = now);
    }

    /// When the next round is; `None` without pipelines.
    pub fn next(&self) -> Option<Time> {
        self.due.values().min().copied()
    }

    /// A round that took longer than the time between two is not followed by another at once.
    fn resync(&self, now: Time) -> Time {
        if self.resync > now { self.resync } else { now.plus(RESYNC) }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use towpath_core::decide::{Answer, Source, Wait, WaitCode, When};
    use towpath_core::id::Name;

    use super::*;

    fn at(seconds: i64) -> Time {
        Time::from_unix(seconds)
    }

    fn waiting(when: When) -> Result<PassReport, EngineError> {
        let answer = Answer::Wait(vec![Wait::new(WaitCode::Soaking, "", "", when)]);
        let answers = BTreeMap::from([(Name::parse("dev").unwrap(), answer)]);
        Ok(PassReport { answers, ..PassReport::default() })
    }

    #[test]
    fn whoever_waits_for_no_time_of_its_own_is_looked_at_with_the_others() {
        let ids = ["shop/a", "shop/b", "shop/c", "shop/d"].map(|id| PipelineId::parse(id).unwrap());
        let mut schedule = Schedule::new(ids.clone(), at(0));
        assert_eq!(schedule.begin(at(0)), ids);
        schedule.passed(&ids[0], &waiting(When::At(at(300_000))), Some(at(300_000)), at(1));
        assert_eq!(schedule.due.get(&ids[0]), Some(&at(60)), "others may act long before");
        schedule.passed(&ids[0], &waiting(When::At(at(7))), Some(at(9)), at(2));
        schedule.passed(&ids[1], &waiting(When::On(Source::Git, at(62))), None, at(2));
        schedule.passed(&ids[2], &Ok(PassReport::default()), None, at(4));
        schedule.passed(&ids[3], &Err(EngineError::Contended { tries: 1 }), None, at(5));
        assert_eq!((schedule.next(), schedule.begin(at(6))), (Some(at(7)), vec![]));
        assert_eq!(schedule.begin(at(7)), [ids[0].clone()]);
        schedule.unchanged(&ids[0], None, at(7));
        assert_eq!((schedule.next(), schedule.begin(at(15))), (Some(at(15)), vec![ids[3].clone()]));
        schedule.unchanged(&ids[3], Some(at(20)), at(15));
        assert_eq!((schedule.next(), schedule.begin(at(20))), (Some(at(20)), vec![ids[3].clone()]));
        schedule.passed(&ids[3], &Ok(PassReport::default()), Some(at(90)), at(20));
        assert_eq!((schedule.next(), schedule.begin(at(60))), (Some(at(60)), ids.to_vec()));
    }
}
