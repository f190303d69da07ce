//! The demo's web service: it runs whatever digest is deployed, and answers as that build would.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use towpath_core::id::Digest;

use super::catalog::{Build, Catalog, IMAGE};

/// The service of one environment.
#[derive(Debug)]
pub(super) struct Service {
    catalog: Catalog,
    running: Mutex<Option<Running>>,
}

/// One build that runs.
#[derive(Debug)]
struct Running {
    digest: Digest,
    build: Option<Build>,
    since: Instant,
    recent: VecDeque<Instant>,
    /// What is owed of the share that fails: at 1, the next request fails.
    owed: f64,
}

impl Service {
    /// A service that runs nothing yet.
    pub(super) fn new(catalog: Catalog) -> Self {
        Self { catalog, running: Mutex::new(None) }
    }

    /// Runs this digest from now on; one that the catalogue does not have cannot start, and nothing else runs.
    pub(super) fn deploy(&self, digest: &Digest) {
        let build = self.catalog.get(digest).cloned();
        let (since, recent) = (Instant::now(), VecDeque::new());
        *self.lock() = Some(Running { digest: digest.clone(), build, since, recent, owed: 0.0 });
    }

    /// For people: the version that runs.
    pub(super) fn version(&self) -> Option<&'static str> {
        self.lock().as_ref()?.build.as_ref().map(|build| build.version)
    }

    /// What it serves over HTTP.
    pub(super) fn router(self: &Arc<Self>) -> Router {
        Router::new()
            .route("/", get(|State(service): State<Arc<Self>>| async move { service.page() }))
            .route("/healthz", get(|State(service): State<Arc<Self>>| async move { service.health() }))
            .with_state(Arc::clone(self))
    }

    fn page(&self) -> (StatusCode, String) {
        match self.lock().as_mut().and_then(|running| running.serve(Instant::now())) {
            None => (StatusCode::SERVICE_UNAVAILABLE, "nothing runs\n".to_owned()),
            Some((version, true)) => (StatusCode::OK, format!("web {version}\n")),
            Some((version, false)) => (StatusCode::INTERNAL_SERVER_ERROR, format!("web {version} failed\n")),
        }
    }

    fn health(&self) -> (StatusCode, Json<Value>) {
        match &*self.lock() {
            Some(Running { digest, build: Some(build), .. }) => {
                let image = format!("{IMAGE}@{digest}");
                (StatusCode::OK, Json(json!({ "image": image, "version": build.version })))
            }
            _ => (StatusCode::SERVICE_UNAVAILABLE, Json(json!({}))),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Running>> {
        // Each request leaves the numbers whole, so a panic elsewhere does no harm here.
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Running {
    /// Serves a request: the version and whether it went well; nothing when there is no such build.
    fn serve(&mut self, now: Instant) -> Option<(&'static str, bool)> {
        let build = self.build.as_ref()?;
        let old = |then: &Instant| now.saturating_duration_since(*then) > Duration::from_secs(1);
        while self.recent.front().is_some_and(old) {
            self.recent.pop_front();
        }
        self.recent.push_back(now);
        let age = now.saturating_duration_since(self.since);
        self.owed += build.nature.failing(age, self.recent.len());
        let fails = self.owed >= 1.0;
        if fails {
            self.owed -= 1.0;
        }
        Some((build.version, !fails))
    }
}

#[cfg(test)]
mod tests {
    use super::super::catalog::image;
    use super::*;

    fn service(version: &str) -> Service {
        let service = Service::new(Catalog::new().unwrap());
        service.deploy(&image(version).unwrap().digest);
        service
    }

    /// How many of so many requests a second fail in the second that begins at `age`.
    fn failures(version: &str, rate: u32, age: Duration) -> usize {
        let service = service(version);
        let mut running = service.lock();
        let running = running.as_mut().unwrap();
        let at = |n: u32| running.since + age - Duration::from_secs(1) + Duration::from_secs(1) * n / rate;
        let times: Vec<Instant> = (0..2 * rate).map(at).collect();
        let served: Vec<bool> = times.into_iter().map(|at| running.serve(at).unwrap().1).collect();
        served.iter().skip(rate as usize).filter(|good| !**good).count()
    }

    #[test]
    fn a_build_fails_by_load_or_age_and_never_by_its_name() {
        assert_eq!(failures("1.1.0", 100, Duration::from_secs(60)), 0);
        assert_eq!(failures("1.2.0", 10, Duration::from_secs(60)), 0);
        assert!(failures("1.2.0", 50, Duration::from_secs(2)) > 10);
        assert_eq!(failures("1.3.0", 50, Duration::from_secs(3)), 0);
        assert!(failures("1.3.0", 50, Duration::from_secs(6)) > 20);
        assert_eq!(failures("1.4.0", 50, Duration::from_secs(60)), 0);
    }

    #[test]
    fn what_no_registry_has_does_not_run() {
        let service = service("1.1.0");
        assert_eq!((service.page().0, service.health().0), (StatusCode::OK, StatusCode::OK));
        service.deploy(&Digest::parse(&format!("sha256:{}", "a".repeat(64))).unwrap());
        let unavailable = StatusCode::SERVICE_UNAVAILABLE;
        assert_eq!((service.page().0, service.health().0), (unavailable, unavailable));
        assert_eq!(service.version(), None);
    }

    #[test]
    fn health_shows_the_digest_that_runs() {
        let (status, body) = service("1.3.0").health();
        let expected = image("1.3.0").unwrap().identity();
        assert_eq!((status, body.0["image"].as_str()), (StatusCode::OK, Some(expected.as_str())));
    }
}
