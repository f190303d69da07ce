//! Stands in for Argo CD: a thread deploys what the branch says and watches the health of what runs, and an
//! address tells it in the JSON of `docs/local.md`.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use axum::extract::{Path as UrlPath, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use towpath_core::id::{CommitId, Digest};
use towpath_core::time::Time;
use towpath_engine::ports::Clock as _;

use super::DemoError;
use super::bare::Branch;
use super::bell::Bell;
use super::catalog::IMAGE;
use super::documents::overlay;
use super::service::Service;
use super::thread::Worker;
use crate::clock::SystemClock;
use crate::config::HttpUrl;
use crate::http::HttpClient;

/// How often branch and services are looked at.
const INTERVAL: Duration = Duration::from_millis(60);
/// How long a service may take to tell its health.
const PATIENCE: Duration = Duration::from_millis(500);

/// One environment's Application.
#[derive(Debug)]
pub(super) struct Application {
    /// The environment.
    pub(super) environment: &'static str,
    /// What it deploys to.
    pub(super) service: Arc<Service>,
    /// Where that tells its health.
    pub(super) health: HttpUrl,
}

/// What is known of an Application.
#[derive(Debug, Clone, Default, PartialEq)]
struct Seen {
    revision: Option<CommitId>,
    /// What the branch says.
    wanted: Option<Digest>,
    /// What the service shows.
    image: Option<String>,
    healthy_since: Option<Time>,
    reconciled_at: Option<Time>,
}

type Shared = Arc<Mutex<BTreeMap<&'static str, Seen>>>;

/// All Applications; the thread ends when this is dropped.
#[derive(Debug)]
pub(super) struct Argo {
    shared: Shared,
    _worker: Worker,
}

impl Argo {
    /// Follows the branch of a bare repository. Rings when something changes.
    pub(super) fn start(
        repository: &Path,
        applications: Vec<Application>,
        bell: Bell,
    ) -> Result<Self, DemoError> {
        let branch = Branch::open(repository)?;
        let shared = Shared::default();
        let seen = Arc::clone(&shared);
        let client = HttpClient::new(PATIENCE, 4 << 10);
        let worker = Worker::start("argo", move |stopped| {
            while !stopped() {
                for application in &applications {
                    application.reconcile(&branch, &client, &seen, &bell);
                }
                thread::sleep(INTERVAL);
            }
        });
        let worker = worker.map_err(|e| DemoError::setup("start a thread".to_owned(), e))?;
        Ok(Self { shared, _worker: worker })
    }

    /// What it serves over HTTP.
    pub(super) fn router(&self) -> Router {
        let live = |State(shared): State<Shared>, UrlPath(environment): UrlPath<String>| async move {
            let seen = shared.lock().unwrap_or_else(PoisonError::into_inner);
            match seen.get(environment.as_str()) {
                Some(seen) => (StatusCode::OK, Json(json!({ "applications": [seen.json(&environment)] }))),
                None => (StatusCode::NOT_FOUND, Json(json!({}))),
            }
        };
        Router::new().route("/live/{environment}", get(live)).with_state(Arc::clone(&self.shared))
    }
}

impl Application {
    fn reconcile(&self, branch: &Branch, client: &HttpClient, shared: &Shared, bell: &Bell) {
        let before = lock(shared).get(self.environment).cloned().unwrap_or_default();
        let mut seen = before.clone();
        self.sync(branch, &mut seen);
        self.watch(client, &mut seen, SystemClock.now());
        let changed = (&before.revision, &before.image, &before.healthy_since)
            != (&seen.revision, &seen.image, &seen.healthy_since);
        lock(shared).insert(self.environment, seen);
        if changed {
            bell.ring();
        }
    }

    /// Deploys what the tip says. A folder that cannot be read changes nothing, as in Argo CD.
    fn sync(&self, branch: &Branch, seen: &mut Seen) {
        let Some(tip) = branch.tip().filter(|tip| Some(tip) != seen.revision.as_ref()) else { return };
        let Ok(digest) = branch.digest(&tip, &overlay(self.environment)) else { return };
        if seen.wanted.as_ref() != Some(&digest) {
            self.service.deploy(&digest);
            seen.healthy_since = None;
        }
        (seen.revision, seen.wanted) = (Some(tip), Some(digest));
    }

    /// Asks the service for its health and for what it runs.
    fn watch(&self, client: &HttpClient, seen: &mut Seen, now: Time) {
        let answer = client.get(&self.health).ok().filter(|answer| answer.status == 200);
        let body = answer.and_then(|answer| serde_json::from_slice::<Value>(&answer.body).ok());
        seen.image = body.and_then(|body| Some(body.get("image")?.as_str()?.to_owned()));
        let wanted = seen.wanted.as_ref().map(|digest| format!("{IMAGE}@{digest}"));
        let healthy = seen.image.is_some() && seen.image == wanted;
        seen.healthy_since = if healthy { seen.healthy_since.or(Some(now)) } else { None };
        seen.reconciled_at = Some(now);
    }
}

impl Seen {
    fn json(&self, environment: &str) -> Value {
        json!({
            "name": format!("web-{environment}"),
            "revision": self.revision.as_ref().map(CommitId::as_str),
            "images": self.image.iter().collect::<Vec<_>>(),
            "health": if self.healthy_since.is_some() { "Healthy" } else { "Progressing" },
            "healthySince": self.healthy_since.map(|t| t.to_string()),
            "reconciledAt": self.reconciled_at.map(|t| t.to_string()),
        })
    }
}

fn lock(shared: &Shared) -> std::sync::MutexGuard<'_, BTreeMap<&'static str, Seen>> {
    // Entries are replaced whole, so a panic elsewhere leaves none half done.
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::super::bare;
    use super::super::catalog::{Catalog, image};
    use super::super::documents::repository_files;
    use super::super::web::WebServer;
    use super::*;

    struct Bench {
        branch: Branch,
        application: Application,
        client: HttpClient,
        shared: Shared,
        bell: Bell,
        _server: WebServer,
        _folder: tempfile::TempDir,
    }

    fn bench(files: &[(&str, &str)]) -> Bench {
        let folder = tempfile::tempdir().unwrap();
        bare::create(&folder.path().join("x.git"), files.iter().copied()).unwrap();
        let service = Arc::new(Service::new(Catalog::new().unwrap()));
        let server = WebServer::start("test", service.router()).unwrap();
        let health = HttpUrl::try_from(format!("{}/healthz", server.url())).unwrap();
        Bench {
            branch: Branch::open(&folder.path().join("x.git")).unwrap(),
            application: Application { environment: "dev", service, health },
            client: HttpClient::new(Duration::from_secs(5), 4 << 10),
            shared: Shared::default(),
            bell: Bell::default(),
            _server: server,
            _folder: folder,
        }
    }

    impl Bench {
        fn reconcile(&self) -> Value {
            self.application.reconcile(&self.branch, &self.client, &self.shared, &self.bell);
            lock(&self.shared)["dev"].json("dev")
        }
    }

    #[test]
    fn what_the_branch_says_is_deployed_and_told() {
        let bench = bench(&repository_files().collect::<Vec<_>>());
        let told = bench.reconcile();
        let tip = bench.branch.tip().unwrap();
        assert_eq!(bench.application.service.version(), Some("1.0.0"));
        assert_eq!(told["revision"], json!(tip.as_str()));
        assert_eq!(told["images"], json!([image("1.0.0").unwrap().identity()]));
        assert_eq!(told["health"], json!("Healthy"));
        assert!(bench.bell.take());
        // Nothing changed: nobody is woken, and the health is as old as before.
        assert_eq!(bench.reconcile()["healthySince"], told["healthySince"]);
        assert!(!bench.bell.take());
    }

    #[test]
    fn an_unknown_digest_never_becomes_healthy() {
        let overlay_text = format!("images:\n- name: {IMAGE}\n  digest: sha256:{}\n", "a".repeat(64));
        let bench = bench(&[(overlay("dev").as_str(), overlay_text.as_str())]);
        let told = bench.reconcile();
        assert_eq!((&told["health"], &told["images"]), (&json!("Progressing"), &json!([])));
    }

    #[test]
    fn an_overlay_that_is_gone_changes_nothing() {
        let bench = bench(&[("README.md", "nothing here\n")]);
        assert_eq!(bench.reconcile()["revision"], Value::Null);
        assert_eq!(bench.application.service.version(), None);
    }
}
