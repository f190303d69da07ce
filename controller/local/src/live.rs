//! What runs, as a command or an address tells it, or as the branch says.

mod answer;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use towpath_core::id::Name;
use towpath_core::time::{Span, Time};
use towpath_engine::ports::{Application, Clock, Health, Liveness, LivenessError, LivenessQuery};
use towpath_process::{Keep, Status};

use crate::child;
use crate::config::{LiveSource, LocalConfig, Program, UrlTemplate, VariableName};
use crate::http::{HttpClient, HttpError, shown};
use crate::line::one_line;

/// The largest answer, in bytes.
const LARGEST: usize = 1 << 20;

/// Reads what runs from the sources of `towpath.yaml`.
pub struct LocalLiveness {
    folder: PathBuf,
    sources: BTreeMap<Name, LiveSource>,
    clock: Arc<dyn Clock + Send + Sync>,
}

impl LocalLiveness {
    /// An adapter for the configured sources. The clock gives the time of readings that take the branch's word.
    pub fn new(config: &LocalConfig, clock: Arc<dyn Clock + Send + Sync>) -> Self {
        Self { folder: config.folder.clone(), sources: config.live.clone(), clock }
    }

    fn source(&self, environment: &Name) -> Option<&LiveSource> {
        crate::config::live_source(&self.sources, environment)
    }
}

impl Liveness for LocalLiveness {
    fn observe(&self, query: &LivenessQuery) -> Result<Vec<Application>, LivenessError> {
        let Some(source) = self.source(&query.environment) else {
            return Err(LivenessError::Unavailable(format!(
                "nothing says what runs in {0}: add live.{0} or live.default to towpath.yaml",
                query.environment
            )));
        };
        let result = match source {
            LiveSource::Tip => Ok(at_tip(query, self.clock.now())),
            LiveSource::Url { url, timeout } => by_url(url, *timeout, query),
            LiveSource::Command { command, timeout, environment } => {
                by_command(command, &self.folder, *timeout, environment, query)
            }
        };
        result.map_err(|why| LivenessError::Unavailable(one_line(&why, 300)))
    }
}

/// Every application runs what the branch deploys, has been healthy for ever and was compared just now.
fn at_tip(query: &LivenessQuery, now: Time) -> Vec<Application> {
    let application = |name: &Name| Application {
        name: name.clone(),
        revision: Some(query.tip.clone()),
        digests: query.digests.clone(),
        health: Health::Healthy,
        health_since: Some(Time::from_unix(0)),
        reconciled_at: Some(now),
    };
    query.applications.iter().map(application).collect()
}

fn by_url(url: &UrlTemplate, timeout: Span, query: &LivenessQuery) -> Result<Vec<Application>, String> {
    let pipeline = &query.pipeline;
    let url = url.fill(query.environment.as_str(), pipeline.namespace.as_str(), pipeline.name.as_str())?;
    let at_place = |why: String| format!("{}: {why}", shown(&url));
    let answer = HttpClient::new(seconds(timeout), LARGEST as u64).get(&url).map_err(|e| match e {
        HttpError::Unreachable(why) | HttpError::Useless(why) => at_place(why),
    })?;
    if answer.status != 200 {
        return Err(at_place(format!("it answers {}: expected 200", answer.status)));
    }
    answer::applications(&answer.body, query).map_err(at_place)
}

fn by_command(
    program: &Program,
    folder: &Path,
    timeout: Span,
    allowed: &[VariableName],
    query: &LivenessQuery,
) -> Result<Vec<Application>, String> {
    let command = child::command(program, folder, allowed, variables(query), seconds(timeout));
    let command = child::capped(command, LARGEST, Keep::Head);
    let at_place =
        |why: String| format!("the command for {} ({}): {why}", query.environment, program.program);
    let finished = towpath_process::run(command).map_err(|e| at_place(e.to_string()))?;
    match finished.status {
        Status::Exited(0) => {}
        Status::Exited(code) => return Err(at_place(format!("it ended with exit code {code}: expected 0"))),
        Status::Signalled(signal) => return Err(at_place(format!("it was killed by signal {signal}"))),
        Status::TimedOut => return Err(at_place(format!("it did not end within {timeout}"))),
    }
    if finished.stdout.dropped > 0 {
        return Err(at_place(format!("it printed more than {} KiB", LARGEST >> 10)));
    }
    answer::applications(&finished.stdout.bytes, query).map_err(at_place)
}

fn variables(query: &LivenessQuery) -> Vec<(String, String)> {
    let applications: Vec<_> = query.applications.iter().map(Name::as_str).collect();
    [
        ("TOWPATH_PIPELINE", query.pipeline.to_string()),
        ("TOWPATH_ENVIRONMENT", query.environment.to_string()),
        ("TOWPATH_APPLICATIONS", applications.join(" ")),
        ("TOWPATH_COMMIT", query.tip.to_string()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec()
}

fn seconds(span: Span) -> Duration {
    Duration::from_secs(u64::from(span.as_seconds()))
}

#[cfg(test)]
mod tests;
