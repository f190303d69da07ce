//! The system's clock.

use std::time::{SystemTime, UNIX_EPOCH};

use towpath_core::time::Time;
use towpath_engine::ports::Clock;

/// Tells the system's time.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Time {
        // A clock before 1970 reads as 1970: the ledger then waits with `ClockBehind` instead of going on.
        let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Time::from_unix(i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_system() {
        let unix = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64;
        let before = unix();
        let now = SystemClock.now().unix();
        assert!(before <= now && now <= unix(), "{before} {now}");
    }
}
