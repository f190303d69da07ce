//! Exit codes, which scripts rely on.

use std::process::ExitCode;

use towpath_core::decide::{Wait, WaitCode};
use towpath_local::signals::Asked;

/// How the command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It did what it was asked for.
    Done,
    /// It could not.
    Error,
    /// The command line or a document has to be changed.
    Usage,
    /// Something failed that somebody should look at now.
    Alarm,
    /// What was read has findings, and --fail-on says that this counts.
    Findings,
    /// Some of the input could not be read; the rest was.
    Unreadable,
    /// The host, or the owner of the ledger, does not allow it.
    NotAllowed,
    /// The time for waiting was over.
    TimedOut,
    /// Something keeps a release until a person mends it.
    Stuck,
    /// A signal asked for the end.
    Signalled(Asked),
}

/// The codes as the help shows them.
pub(crate) const TABLE: &str = "\
Exit codes:
  0  done; what waits, waits for time, for a person's consent, or for nothing
  1  an error, which the last lines tell; migrate: findings, see --fail-on
  2  the command line or a document is not valid
  3  reconcile: a gate failed, or something else needs a look now; drill: it would not go back;
     migrate: some of the input could not be read
  4  not allowed: credentials, a protected ref, or another owner of the ledger
  5  reconcile --wait: the time was over before all was settled
  6  reconcile: a release is kept until a person mends something, such as a missing branch or a pin
  129, 130, 143  reconcile: ended by SIGHUP, SIGINT (Ctrl-C) or SIGTERM; the next pass goes on";

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Error | Exit::Findings => 1,
            Exit::Usage => 2,
            Exit::Alarm | Exit::Unreadable => 3,
            Exit::NotAllowed => 4,
            Exit::TimedOut => 5,
            Exit::Stuck => 6,
            Exit::Signalled(asked) => asked.code(),
        })
    }
}

impl Exit {
    /// What a single wait means for the exit code of a reconciliation.
    pub(crate) fn of_wait(wait: &Wait) -> Self {
        use WaitCode as W;
        match wait.code {
            W::OwnedByOther | W::PushRefused => Self::NotAllowed,
            code if code.is_alarm() => Self::Alarm,
            // Consent is what people are there for; everything else that needs one is not as it should be.
            W::ApprovalNeeded | W::Held => Self::Done,
            W::ClockBehind => Self::Stuck,
            code if code.needs_person() => Self::Stuck,
            _ => Self::Done,
        }
    }

    /// The one that counts of several: what a script has to know first.
    pub(crate) fn worst(self, other: Self) -> Self {
        let order = [
            Self::Usage,
            Self::NotAllowed,
            Self::Error,
            Self::Unreadable,
            Self::Findings,
            Self::Alarm,
            Self::Stuck,
            Self::TimedOut,
            Self::Done,
        ];
        order.into_iter().find(|exit| *exit == self || *exit == other).unwrap_or(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use towpath_core::decide::When;
    use towpath_core::time::Time;

    #[test]
    fn waits_for_consent_are_no_failure() {
        let exit = |code| Exit::of_wait(&Wait::new(code, "", "", When::resync(Time::from_unix(0))));
        for code in [WaitCode::ApprovalNeeded, WaitCode::Held, WaitCode::Soaking, WaitCode::Verifying] {
            assert_eq!(exit(code), Exit::Done, "{code}");
        }
        for code in [WaitCode::Pinned, WaitCode::GateError, WaitCode::ClockBehind] {
            assert_eq!(exit(code), Exit::Stuck, "{code}");
        }
        assert_eq!(exit(WaitCode::JournalLost), Exit::Alarm);
        assert_eq!(exit(WaitCode::OwnedByOther), Exit::NotAllowed);
        assert_eq!(exit(WaitCode::PushRefused), Exit::NotAllowed);
        assert_eq!(exit(WaitCode::BranchMissing), Exit::Stuck);
    }

    #[test]
    fn the_worst_counts_whatever_the_order() {
        for (a, b, worst) in [
            (Exit::Done, Exit::TimedOut, Exit::TimedOut),
            (Exit::Stuck, Exit::Alarm, Exit::Alarm),
            (Exit::Error, Exit::Alarm, Exit::Error),
            (Exit::Done, Exit::Done, Exit::Done),
        ] {
            assert_eq!((a.worst(b), b.worst(a)), (worst, worst));
        }
    }

    #[test]
    fn each_code_is_in_the_table() {
        for code in 0..=6 {
            assert!(TABLE.contains(&format!("\n  {code}  ")), "{code}");
        }
    }
}
