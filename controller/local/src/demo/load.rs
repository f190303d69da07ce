//! Requests of make-believe users, and what became of them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::thread::Worker;
use crate::config::HttpUrl;
use crate::http::HttpClient;

/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// The answers to all requests so far: when, in seconds since 1970, and whether it was an error (5xx).
#[derive(Debug, Default)]
pub(super) struct Counts(Mutex<Vec<(f64, bool)>>);

/// Requests of a stretch of time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// How many were answered.
    pub(super) requests: u32,
    /// How many of those with an error.
    pub(super) errors: u32,
}

impl Counts {
    fn lock(&self) -> MutexGuard<'_, Vec<(f64, bool)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an answer; times never go back.
    pub(super) fn add(&self, at: f64, error: bool) {
        let mut all = self.lock();
        let at = all.last().map_or(at, |(last, _)| at.max(*last));
        all.push((at, error));
    }

    /// The requests behind `from` and up to `to`, in seconds since 1970.
    pub(super) fn between(&self, from: f64, to: f64) -> Tally {
        let all = self.lock();
        let (start, end) =
            (all.partition_point(|(at, _)| *at <= from), all.partition_point(|(at, _)| *at <= to));
        let mut tally = Tally::default();
        for (_, error) in all.get(start..end).unwrap_or_default() {
            tally.requests += 1;
            tally.errors += u32::from(*error);
        }
        tally
    }

    /// Whether there was any request at all.
    pub(super) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }
}

impl Tally {
    /// The share of errors, 0 to 1; not a number without requests.
    pub(super) fn share(self) -> f64 {
        f64::from(self.errors) / f64::from(self.requests)
    }
}

/// The time in seconds since 1970.
pub(super) fn unix_now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

/// Sends `rate` requests a second to `url`, from when `open` is true until the worker is dropped.
pub(super) fn start(
    url: HttpUrl,
    rate: u32,
    counts: Arc<Counts>,
    open: impl Fn() -> bool + Send + 'static,
) -> std::io::Result<Worker> {
    Worker::start("load", move |stopped| {
        let client = HttpClient::new(PATIENCE, 1 << 10);
        let gap = Duration::from_secs(1) / rate.max(1);
        let mut next = Instant::now();
        while !stopped() {
            if open()
                && let Ok(answer) = client.get(&url)
            {
                counts.add(unix_now(), answer.status >= 500);
            }
            // What could not be sent in time is left out: users do not come twice because a machine was busy.
            next = (next + gap).max(Instant::now());
            thread::sleep(next.saturating_duration_since(Instant::now()));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tallies_are_of_half_open_stretches() {
        let counts = Counts::default();
        assert!(counts.is_empty() && counts.between(0.0, 9.0).share().is_nan());
        for (at, error) in [(1.0, false), (1.5, true), (2.0, false), (1.9, true), (3.0, false)] {
            counts.add(at, error);
        }
        assert_eq!(counts.between(1.0, 2.0), Tally { requests: 3, errors: 2 });
        assert_eq!(counts.between(0.0, 1.0), Tally { requests: 1, errors: 0 });
        assert!((counts.between(2.0, 3.0).share()).abs() < 1e-9);
    }
}
