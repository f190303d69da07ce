//! QA as processes: children that are waited for, or runs elsewhere that are started and polled by commands.
//!
//! The contract with the commands (variables, exit codes, reports) is that of `docs/local.md`.

mod children;
mod handle;
mod junit;
mod prune;
mod variables;
mod verdict;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use towpath_core::id::{GateName, Handle, Name, Pid};
use towpath_core::time::Span;
use towpath_core::verdict::{Outcome, Verdict};
use towpath_engine::ports::{Clock, QaError, QaRequest, QaRunner, RunStatus};
use towpath_process::{Command, Finished, Keep, Status};

use crate::child;
use crate::config::{LocalConfig, Program, QaMode, QaTemplate};
use crate::error::LocalError;
use crate::line::{DETAIL, one_line};
use children::Children;
use handle::Kind;
use variables::Variables;
use verdict::Evidence;

pub use children::Stop;

/// What is kept of each of the two outputs of a command, in bytes; a log has both.
const OUTPUT: usize = 512 << 10;
/// The longest a `start` may take; it is to submit a run, not to wait for it.
const START_DEADLINE: Duration = Duration::from_secs(60);
/// The longest a `poll` may take.
const POLL_DEADLINE: Duration = Duration::from_secs(30);

/// Runs the QA templates of `towpath.yaml`.
///
/// Dropping it kills its children, whose runs then have no verdict.
pub struct CommandQa {
    folder: PathBuf,
    templates: BTreeMap<Name, QaTemplate>,
    runs: PathBuf,
    instance: String,
    clock: Arc<dyn Clock + Send + Sync>,
    children: Children,
}

impl CommandQa {
    /// A runner of the configured templates.
    ///
    /// Each run gets a folder under `runs` for its logs and its report. `instance` names this process among
    /// all that ever work on the same ledgers (1-40 of a-z, 0-9 and -): it must be new at each start, because
    /// a child does not outlive its host. Fails with [`LocalError::Folder`] when `runs` cannot be made, and with
    /// [`LocalError::Config`] when `instance` is no such name.
    pub fn new(
        config: &LocalConfig,
        runs: &Path,
        instance: &str,
        clock: Arc<dyn Clock + Send + Sync>,
    ) -> Result<Self, LocalError> {
        if instance.len() > 40 || Name::parse(instance).is_err() {
            return Err(LocalError::Config {
                place: "the name of this host's instance".to_owned(),
                reason: format!("{:?} is not 1-40 of a-z, 0-9 and -", one_line(instance, 80)),
            });
        }
        // Absolute, because the children work in another folder.
        let made = std::path::absolute(runs).and_then(|runs| std::fs::create_dir_all(&runs).map(|()| runs));
        let runs = made
            .map_err(|e| LocalError::Folder { place: runs.display().to_string(), reason: e.to_string() })?;
        Ok(Self {
            folder: config.folder.clone(),
            templates: config.qa.clone(),
            runs,
            instance: instance.to_owned(),
            clock,
            children: Children::default(),
        })
    }

    /// Ends this host's part: what [`Stop`] says.
    pub fn stop(&self) -> Stop {
        self.children.stop()
    }

    /// How many children run.
    pub fn running(&self) -> usize {
        self.children.running()
    }

    /// Waits until a child ends that has not been waited for, until [`Stop`] asks for the end, or until the time is
    /// there: then it answers `false`.
    pub fn wait_for_change(&self, until: Instant) -> bool {
        self.children.wait_for_change(until)
    }

    fn template(&self, name: &str) -> Option<&QaTemplate> {
        self.templates.iter().find(|(known, _)| known.as_str() == name).map(|(_, template)| template)
    }

    fn known_template(&self, name: &str) -> Result<&QaTemplate, QaError> {
        let unknown = || {
            let known: Vec<_> = self.templates.keys().map(Name::as_str).collect();
            QaError::Invalid(format!("towpath.yaml has no qa.{name}; it has: {}", known.join(", ")))
        };
        self.template(name).ok_or_else(unknown)
    }

    /// Where the logs and the report of a run are; a handle of ours is a plain file name.
    fn run_folder(&self, handle: &Handle) -> PathBuf {
        self.runs.join(handle.as_str())
    }

    fn report(&self, handle: &Handle, template: &QaTemplate) -> Option<PathBuf> {
        template.junit.as_ref().map(|name| self.run_folder(handle).join(name))
    }

    fn common_variables(&self, handle: &Handle, name: &str, template: &QaTemplate) -> Variables {
        let report = self.report(handle, template).map(|path| path.to_string_lossy().into_owned());
        variables::of_handle(handle, name, report)
    }

    /// Everything that a command which starts a run is told; its deadline is the earlier of the request's and
    /// the template's.
    fn start_variables(&self, request: &QaRequest, template: &QaTemplate) -> Result<Variables, QaError> {
        let mut variables = self.common_variables(&request.handle, &request.template, template);
        let deadline = request.deadline.min(self.clock.now().plus(template.timeout));
        variables.extend(variables::of_request(request, deadline)?);
        Ok(variables)
    }

    fn command(
        &self,
        program: &Program,
        template: &QaTemplate,
        variables: Variables,
        limit: Duration,
    ) -> Command {
        let variables = variables.into_iter().collect();
        let mut command = child::command(program, &self.folder, &template.environment, variables, limit);
        command.switch = Some(self.children.switch());
        child::capped(command, OUTPUT, Keep::Tail)
    }

    /// Starts a child; the sentence of an error says why it did not start.
    fn start_child(&self, request: &QaRequest) -> Result<(), String> {
        let template = self.known_template(&request.template).map_err(|e| e.to_string())?;
        let QaMode::Waited { command } = &template.mode else {
            return Err(format!("qa.{} was changed to start and poll meanwhile", request.template));
        };
        let limit = request.deadline.since(self.clock.now()).min(template.timeout);
        if limit == Span::default() {
            return Err("its deadline was over before it started".to_owned());
        }
        let variables = self.start_variables(request, template).map_err(|e| e.to_string())?;
        let folder = self.run_folder(&request.handle);
        let report = self.report(&request.handle, template);
        self.make_folder(&folder, report.as_deref())?;
        let limit_time = Duration::from_secs(u64::from(limit.as_seconds()));
        let command = self.command(command, template, variables, limit_time);
        let running = towpath_process::spawn(command).map_err(|e| e.to_string())?;
        let evidence = Evidence { folder, report, limit };
        self.children.watch(request.handle.clone(), running, move |finished| {
            let logged = verdict::write_log(&evidence.folder, "output.log", finished);
            verdict::of_child(finished, &evidence, logged)
        })
    }

    /// Starts a run elsewhere unless it is there.
    fn start_polled(&self, request: &QaRequest, name: &str) -> Result<(), QaError> {
        if self.poll_elsewhere(&request.handle, name)? != RunStatus::Absent {
            return Ok(());
        }
        let template = self.known_template(name)?;
        let QaMode::Polled { start, .. } = &template.mode else { return Err(not_polled(name)) };
        let variables = self.start_variables(request, template)?;
        let report = self.report(&request.handle, template);
        self.make_folder(&self.run_folder(&request.handle), report.as_deref())
            .map_err(QaError::Unavailable)?;
        let finished = self.run(start, template, variables, START_DEADLINE)?;
        let log = verdict::write_log(&self.run_folder(&request.handle), "start.log", &finished);
        let why = |what: String| one_line(&format!("start of qa.{name} {what}{log}"), DETAIL);
        match finished.status {
            Status::Exited(0) => Ok(()),
            Status::Exited(75) => {
                Err(QaError::Unavailable(why("asks to be tried again (exit code 75)".to_owned())))
            }
            Status::Exited(code) => Err(QaError::Invalid(why(format!("ended with exit code {code}")))),
            Status::Signalled(signal) => {
                Err(QaError::Unavailable(why(format!("was killed by signal {signal}"))))
            }
            Status::TimedOut => Err(QaError::Unavailable(why("did not end within 1m".to_owned()))),
        }
    }

    fn poll_elsewhere(&self, handle: &Handle, name: &str) -> Result<RunStatus, QaError> {
        let template = self.known_template(name)?;
        let QaMode::Polled { poll, .. } = &template.mode else { return Err(not_polled(name)) };
        let folder = self.run_folder(handle);
        std::fs::create_dir_all(&folder).map_err(|e| QaError::Unavailable(e.to_string()))?;
        let variables = self.common_variables(handle, name, template);
        let finished = self.run(poll, template, variables, POLL_DEADLINE)?;
        let logged = verdict::write_log(&folder, "poll.log", &finished);
        match finished.status {
            Status::Exited(75) => Ok(RunStatus::Running),
            Status::Exited(69) => Ok(RunStatus::Absent),
            Status::TimedOut => {
                Err(QaError::Unavailable(format!("poll of qa.{name} did not end within 30s")))
            }
            _ => {
                let report = self.report(handle, template);
                let evidence = Evidence { folder, report, limit: template.timeout };
                Ok(RunStatus::Finished(verdict::of_child(&finished, &evidence, logged)))
            }
        }
    }

    fn run(
        &self,
        program: &Program,
        template: &QaTemplate,
        v: Variables,
        limit: Duration,
    ) -> Result<Finished, QaError> {
        let command = self.command(program, template, v, limit);
        match towpath_process::run(command) {
            // Somebody may have told the command to end too.
            _ if self.stop().asked() => Err(ending()),
            Ok(finished) if !finished.killed => Ok(finished),
            Ok(_) => Err(QaError::Unavailable("its command was killed".to_owned())),
            Err(error) => Err(QaError::Invalid(one_line(&error.to_string(), DETAIL))),
        }
    }

    /// Makes a run's folder; now and then that is also the time to remove old ones.
    fn make_folder(&self, folder: &Path, report: Option<&Path>) -> Result<(), String> {
        prepare(folder, report)?;
        let longest = self.templates.values().map(|template| template.timeout).max().unwrap_or_default();
        let running = |name: &str| self.children.is_running(name);
        prune::prune(&self.runs, longest, SystemTime::now(), running);
        Ok(())
    }
}

fn not_polled(name: &str) -> QaError {
    QaError::Invalid(format!("qa.{name} has no start and poll, but a run of it was started with them"))
}

/// Nothing is started any more, and what was asked has no answer.
fn ending() -> QaError {
    QaError::Unavailable("this host is being ended".to_owned())
}

/// Makes a run's folder, without a report that something else left there.
fn prepare(folder: &Path, report: Option<&Path>) -> Result<(), String> {
    let failed = |e: std::io::Error| format!("its folder {} cannot be used: {e}", folder.display());
    std::fs::create_dir_all(folder).map_err(failed)?;
    match report.map(std::fs::remove_file) {
        Some(Err(e)) if e.kind() != std::io::ErrorKind::NotFound => Err(failed(e)),
        _ => Ok(()),
    }
}

impl QaRunner for CommandQa {
    fn handle(&self, pid: &Pid, gate: &GateName, attempt: u32) -> Handle {
        let template = handle::template_of(gate).and_then(|name| self.template(name));
        let polled = template.is_some_and(|template| matches!(template.mode, QaMode::Polled { .. }));
        handle::mint(pid, gate, attempt, (!polled).then_some(self.instance.as_str()))
    }

    fn ensure(&self, request: &QaRequest) -> Result<(), QaError> {
        match handle::read(&request.handle, &self.instance) {
            Kind::Elsewhere => Err(QaError::Invalid(format!(
                "{} belongs to another host, which has to start it",
                request.handle
            ))),
            _ if self.stop().asked() => Err(ending()),
            Kind::Polled(name) => self.start_polled(request, name),
            Kind::Ours if !self.children.reserve(&request.handle) => Ok(()),
            Kind::Ours => {
                // That it could not start is how the run ended, so that it is not tried until the deadline.
                if let Err(why) = self.start_child(request) {
                    if self.stop().asked() {
                        return Err(ending());
                    }
                    let detail = one_line(&format!("did not start: {why}"), DETAIL);
                    self.children.record(&request.handle, Outcome { verdict: Verdict::Error, detail });
                }
                Ok(())
            }
        }
    }

    fn poll(&self, handle: &Handle) -> Result<RunStatus, QaError> {
        match handle::read(handle, &self.instance) {
            Kind::Elsewhere => Ok(RunStatus::Elsewhere),
            Kind::Ours => Ok(self.children.status(handle)),
            Kind::Polled(name) => self.poll_elsewhere(handle, name),
        }
    }
}

#[cfg(test)]
mod tests;
