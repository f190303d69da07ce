//! What became of a push: decided from the refs' values, with the report only where values cannot tell.

use std::collections::BTreeMap;

use towpath_core::id::CommitId;
use towpath_engine::ports::{PushMode, PushOutcome, RefUpdate};

/// What the git program reports of one ref.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Report {
    /// The host said no to a ref that it still has as expected, for this reason.
    Refused(String),
    /// Nothing was sent, or the host saw another value: a race.
    Raced,
}

/// Where a ref stands after a push that did not report success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// It has the new value, or it had it before somebody built on it.
    New,
    /// It has the expected old value.
    Old,
    /// It has another value.
    Elsewhere,
}

impl Place {
    /// By the value that the host has now.
    pub(crate) fn of(update: &RefUpdate, value: Option<&CommitId>) -> Self {
        if value == update.new.as_ref() {
            Self::New
        } else if value == update.old.as_ref() {
            Self::Old
        } else {
            Self::Elsewhere
        }
    }
}

/// Reasons of a host that mean another push at the same moment, or a host in trouble: nothing for a person.
const PASSING: [&str; 6] = [
    "failed to update ref",
    "cannot lock ref",
    "failed to lock",
    "incorrect old value",
    "fetch first",
    "unpacker error",
];

/// Reads the machine-readable report of `git push --porcelain`: flag, `from:to`, `[what] (why)`.
pub(crate) fn reports(porcelain: &str) -> BTreeMap<String, Report> {
    let report = |line: &str| {
        let mut fields = line.strip_prefix("!\t")?.splitn(2, '\t');
        let (_, name) = fields.next()?.split_once(':')?;
        let (what, why) = fields.next()?.split_once(']')?;
        let why = why.trim().trim_start_matches('(').trim_end_matches(')');
        let report = match what.trim_start_matches('[') {
            "rejected" => Report::Raced,
            "remote rejected" if PASSING.iter().any(|part| why.contains(part)) => return None,
            "remote rejected" => Report::Refused(why.to_owned()),
            _ => return None,
        };
        Some((name.to_owned(), report))
    };
    porcelain.lines().filter_map(report).collect()
}

/// The outcome of each update; `None` when it is not known whether the host may still apply them.
pub(crate) fn outcomes(
    updates: &[(Place, Option<Report>)],
    mode: PushMode,
    told: &str,
) -> Option<Vec<PushOutcome>> {
    match mode {
        PushMode::PerRef => {
            updates.iter().map(|(place, report)| alone(*place, report.as_ref(), told)).collect()
        }
        PushMode::Atomic => together(updates, told).map(|outcome| vec![outcome; updates.len()]),
    }
}

fn alone(place: Place, report: Option<&Report>, told: &str) -> Option<PushOutcome> {
    match (place, report) {
        (Place::New, _) => Some(PushOutcome::Accepted),
        (Place::Elsewhere, _) | (Place::Old, Some(Report::Raced)) => Some(PushOutcome::Lost),
        (Place::Old, Some(Report::Refused(why))) => Some(refused(why, told)),
        (Place::Old, None) => None,
    }
}

/// All stand or fall together.
fn together(updates: &[(Place, Option<Report>)], told: &str) -> Option<PushOutcome> {
    let any = |place| updates.iter().any(|(p, _)| *p == place);
    if any(Place::Elsewhere) {
        return Some(PushOutcome::Lost);
    }
    if !any(Place::Old) {
        return Some(PushOutcome::Accepted);
    }
    let reasons: Vec<&str> = updates.iter().filter_map(|(_, r)| r.as_ref().and_then(Report::why)).collect();
    // A ref that fails only because another does says nothing of interest.
    let own = reasons.iter().find(|why| !why.contains("atomic"));
    match own.or(reasons.first()) {
        Some(why) => Some(refused(why, told)),
        None if updates.iter().any(|(_, r)| *r == Some(Report::Raced)) => Some(PushOutcome::Lost),
        None => None,
    }
}

impl Report {
    fn why(&self) -> Option<&str> {
        match self {
            Self::Refused(why) => Some(why),
            Self::Raced => None,
        }
    }
}

fn refused(why: &str, told: &str) -> PushOutcome {
    let reason = if told.is_empty() { why.to_owned() } else { format!("{why}: {told}") };
    PushOutcome::Refused { reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use PushOutcome::{Accepted, Lost};

    fn no(why: &str) -> Option<Report> {
        Some(Report::Refused(why.to_owned()))
    }

    fn said(reason: &str) -> PushOutcome {
        PushOutcome::Refused { reason: reason.to_owned() }
    }

    #[test]
    fn a_place_is_a_value() {
        let id = |c: &str| Some(CommitId::parse(&c.repeat(40)).unwrap());
        let update = |old, new| RefUpdate { name: "refs/heads/a".parse().unwrap(), old, new };
        for (old, new, value, place) in [
            (id("1"), id("2"), id("2"), Place::New),
            (id("1"), id("2"), id("1"), Place::Old),
            (id("1"), id("2"), id("3"), Place::Elsewhere),
            (id("1"), id("2"), None, Place::Elsewhere),
            (None, id("2"), None, Place::Old),
            (None, id("2"), id("3"), Place::Elsewhere),
            (id("1"), None, None, Place::New),
            (id("1"), None, id("1"), Place::Old),
        ] {
            assert_eq!(Place::of(&update(old, new), value.as_ref()), place);
        }
    }

    #[test]
    fn refs_alone() {
        for (place, report, outcome) in [
            (Place::New, None, Some(Accepted)),
            (Place::New, no("odd"), Some(Accepted)),
            (Place::Elsewhere, no("hook"), Some(Lost)),
            (Place::Elsewhere, None, Some(Lost)),
            (Place::Old, no("hook"), Some(said("hook: because"))),
            (Place::Old, Some(Report::Raced), Some(Lost)),
            (Place::Old, None, None),
        ] {
            let all = outcomes(&[(place, report.clone())], PushMode::PerRef, "because");
            assert_eq!(all, outcome.map(|o| vec![o]), "{place:?} {report:?}");
        }
    }

    #[test]
    fn refs_together_agree() {
        use Place::{Elsewhere, New, Old};
        for (places, reports, outcome) in [
            ([New, New], [None, None], Some(Accepted)),
            ([Elsewhere, Old], [None, no("atomic transaction failed")], Some(Lost)),
            ([Elsewhere, New], [None, None], Some(Lost)),
            ([Old, Old], [no("atomic push failure"), no("protected")], Some(said("protected"))),
            ([Old, Old], [no("atomic push failure"), None], Some(said("atomic push failure"))),
            ([Old, Old], [Some(Report::Raced), None], Some(Lost)),
            ([Old, Old], [None, None], None),
            ([Old, New], [None, None], None),
        ] {
            let [a, b] = reports;
            let all = outcomes(&[(places[0], a), (places[1], b)], PushMode::Atomic, "");
            assert_eq!(all, outcome.map(|o| vec![o.clone(), o]), "{places:?}");
        }
    }

    #[test]
    fn reports_are_read() {
        let text = "To /srv/x\n\
            !\trefs/heads/a:refs/heads/a\t[rejected] (stale info)\n\
            =\t1:refs/heads/b\t[up to date]\n\
            !\t1:refs/heads/c\t[remote rejected] (pre-receive hook declined)\n\
            !\t1:refs/heads/d\t[remote failure] (remote failed to report status)\n\
            !\t1:refs/heads/e\t[remote rejected] (failed to update ref)\n\
            !\t:refs/heads/f\t[remote rejected] (deletion prohibited)\nDone\n";
        let reports = reports(text);
        assert_eq!(reports.get("refs/heads/a"), Some(&Report::Raced));
        assert_eq!(reports.get("refs/heads/c"), no("pre-receive hook declined").as_ref());
        assert_eq!(reports.get("refs/heads/f"), no("deletion prohibited").as_ref());
        assert_eq!(reports.len(), 3);
    }
}
