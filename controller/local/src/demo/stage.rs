//! Everything that runs around the local host: services, their users, and the two stand-ins.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use towpath_core::id::Name;

use super::DemoError;
use super::argo::{Application, Argo};
use super::bare;
use super::bell::Bell;
use super::catalog::Catalog;
use super::documents::{self, Addresses, BARE, ENVIRONMENTS};
use super::load::{self, Counts, unix_now};
use super::prometheus;
use super::screen::Screen;
use super::service::Service;
use super::story::{FAINT, HEAD, Narrator, Story};
use super::thread::Worker;
use super::web::WebServer;
use crate::config::HttpUrl;

/// Requests a second, in the order of [`ENVIRONMENTS`].
pub(super) const USERS: [u32; 3] = [10, 50, 100];
/// How often the lines in place are redrawn.
const REDRAW: Duration = Duration::from_millis(120);

/// What runs; all of it ends when this is dropped.
pub(super) struct Stage {
    sites: Vec<Site>,
    _argo: Argo,
    _servers: Vec<WebServer>,
}

/// One environment's service with its users.
struct Site {
    environment: &'static str,
    service: Arc<Service>,
    counts: Arc<Counts>,
    server: WebServer,
    _users: Worker,
}

impl Stage {
    /// Makes the repository and the documents in `folder`, and starts everything.
    pub(super) fn set(folder: &Path, program: &Path, bell: &Bell) -> Result<Self, DemoError> {
        let repository = folder.join(BARE);
        bare::create(&repository, documents::repository_files())?;
        let catalog = Catalog::new().map_err(|e| DemoError::setup("name the builds".to_owned(), e))?;
        let started = |e: io::Error| DemoError::setup("start a server".to_owned(), e);
        let site = |(environment, rate)| Site::start(environment, rate, &catalog);
        let sites: Vec<Site> =
            ENVIRONMENTS.into_iter().zip(USERS).map(site).collect::<Result<_, _>>().map_err(started)?;
        let applications = sites.iter().map(Site::application).collect::<Result<_, _>>()?;
        let argo = Argo::start(&repository, applications, bell.clone())?;
        let argo_server = WebServer::start("argo live", argo.router()).map_err(started)?;
        let counts = sites.iter().map(|site| (format!("web-{}", site.environment), Arc::clone(&site.counts)));
        let metrics = prometheus::router(Arc::new(counts.collect()));
        let metrics_server = WebServer::start("prometheus", metrics).map_err(started)?;
        let mut urls = sites.iter().map(|site| site.server.url());
        let addresses = Addresses {
            services: ENVIRONMENTS.map(|_| urls.next().unwrap_or_default()),
            argo: argo_server.url(),
            prometheus: metrics_server.url(),
        };
        documents::write(folder, program, &addresses)?;
        Ok(Self { sites, _argo: argo, _servers: vec![argo_server, metrics_server] })
    }

    /// Redraws one line for each environment until the worker is dropped.
    pub(super) fn show(
        &self,
        screen: &Arc<Screen>,
        narrator: &Narrator,
    ) -> Result<Option<Worker>, DemoError> {
        if !screen.live() {
            return Ok(None);
        }
        let parts = self
            .sites
            .iter()
            .map(|site| (site.environment, Arc::clone(&site.service), Arc::clone(&site.counts)));
        let parts: Vec<_> = parts.collect();
        let (screen, narrator) = (Arc::clone(screen), narrator.clone());
        let worker = Worker::start("screen", move |stopped| {
            while !stopped() {
                let line = |(environment, service, counts): &(&str, Arc<Service>, Arc<Counts>)| {
                    line(environment, service, counts, &narrator.story())
                };
                let lines: Vec<String> =
                    std::iter::once(String::new()).chain(parts.iter().map(line)).collect();
                screen.redraw(&lines);
                thread::sleep(REDRAW);
            }
            screen.redraw(&[]);
        });
        worker.map(Some).map_err(|e| DemoError::setup("start a thread".to_owned(), e))
    }
}

impl Site {
    fn start(environment: &'static str, rate: u32, catalog: &Catalog) -> io::Result<Self> {
        let service = Arc::new(Service::new(catalog.clone()));
        let server = WebServer::start(environment, service.router())?;
        let counts = Arc::new(Counts::default());
        let url = HttpUrl::try_from(format!("{}/", server.url())).map_err(io::Error::other)?;
        // Nobody comes before there is something to see.
        let opened = Arc::clone(&service);
        let open = move || opened.version().is_some();
        let users = load::start(url, rate, Arc::clone(&counts), open)?;
        Ok(Self { environment, service, counts, server, _users: users })
    }

    fn application(&self) -> Result<Application, DemoError> {
        let health = HttpUrl::try_from(format!("{}/healthz", self.server.url()));
        let health = health.map_err(|e| DemoError::setup("name an address".to_owned(), e))?;
        Ok(Application { environment: self.environment, service: Arc::clone(&self.service), health })
    }
}

/// One line about an environment as of now.
fn line(environment: &str, service: &Service, counts: &Counts, story: &Story) -> String {
    let now = unix_now();
    let tally = counts.between(now - 1.0, now);
    let percent = if tally.requests == 0 { 0.0 } else { tally.share() * 100.0 };
    let style = match percent {
        _ if percent > 5.0 => AnsiColor::Red.on_default().bold(),
        _ if percent > 0.0 => AnsiColor::Yellow.on_default(),
        _ => Style::new(),
    };
    let key = Name::parse(environment).ok();
    let phase =
        key.as_ref().and_then(|key| story.glances.get(key)).map_or("", |glance| glance.phase.as_str());
    let waits = key.as_ref().and_then(|key| story.waits.get(key)).and_then(|waits| waits.first());
    let why = waits.map_or_else(String::new, |wait| crate::report::clean(&wait.text));
    let version = service.version().unwrap_or("-");
    format!(
        "  {HEAD}{environment:<10}{HEAD:#}  {version:<6} {phase:<9} {:>4}/s {style}{percent:>5.1}% errors{style:#}  \
         {FAINT}{why}{FAINT:#}",
        tally.requests
    )
}

/// What [`Story`] is shared as.
pub(super) fn share(story: Story) -> Narrator {
    Narrator(Arc::new(Mutex::new(story)))
}
