//! What most commands begin with: the folder, its host, and the pipeline and environment that were named.

use towpath_core::id::{Name, PipelineId};
use towpath_core::pipeline::Pipeline;
use towpath_engine::drill::{DrillPart, Drilled};
use towpath_engine::people::Recorded;
use towpath_engine::{Engine, EngineError};
use towpath_local::folder::Folder;
use towpath_local::host::{Cache, LocalHost, Outlook};
use towpath_local::report::{AnswerView, StatusView, event_text, status};

use crate::arguments::did_you_mean;
use crate::cli::Global;
use crate::failure::{Failure, exit_of_engine};
use crate::terminal::Terminal;

/// An opened folder.
pub(crate) struct Session {
    pub(crate) host: LocalHost,
}

impl Session {
    /// Reads the folder and opens what it names; does not speak to a host of repositories yet.
    pub(crate) fn open(global: &Global) -> Result<Self, Failure> {
        let folder = Folder::load(&global.local).map_err(Failure::Documents)?;
        let variables = |name: &str| std::env::var(name).ok();
        let cache = match &global.cache {
            Some(folder) => Cache::at(folder.clone()),
            None => Cache::of_user(&variables)?,
        };
        Ok(Self { host: LocalHost::open(folder, cache, &variables)? })
    }

    /// The pipelines that are meant: the one that was named, otherwise all.
    pub(crate) fn pipelines(&self, named: Option<&str>) -> Result<Vec<Pipeline>, Failure> {
        let all = &self.host.folder().pipelines;
        match named {
            Some(name) => Ok(vec![find(all, name)?.clone()]),
            None if all.is_empty() => Err(none()),
            None => Ok(all.clone()),
        }
    }

    /// The one pipeline that is meant; it may be left unnamed when there is no other.
    pub(crate) fn pipeline(&self, named: Option<&str>) -> Result<Pipeline, Failure> {
        let pipelines = self.pipelines(named)?;
        match pipelines.as_slice() {
            [one] => Ok(one.clone()),
            several => {
                let names = names(several);
                Err(Failure::Usage(format!("the folder has several pipelines; name one of {names}")))
            }
        }
    }

    /// The environments that can be named, as the end of a sentence that asks for one.
    pub(crate) fn choice(&self) -> String {
        match self.host.folder().pipelines.as_slice() {
            [] => String::new(),
            [one] => {
                let names: Vec<&str> = one.environments.iter().map(|e| e.name.as_str()).collect();
                format!("; {} has {}", one.id, names.join(", "))
            }
            several => format!("; before it, the pipeline: one of {}", names(several)),
        }
    }

    /// Whether a word can only mean a pipeline.
    pub(crate) fn is_pipeline(&self, word: &str) -> bool {
        word.contains('/') || find(&self.host.folder().pipelines, word).is_ok()
    }

    /// Calls `work` with the engine of a pipeline.
    pub(crate) fn with_engine<T>(
        &mut self,
        pipeline: &Pipeline,
        work: impl FnOnce(&Engine<'_>) -> Result<T, EngineError>,
    ) -> Result<T, Failure> {
        let done = self.host.with_engine(&pipeline.id, work);
        done.map_err(|error| self.failure(pipeline, &error))
    }

    /// What a pass over a pipeline would do now.
    pub(crate) fn outlook(&mut self, pipeline: &Pipeline) -> Result<Outlook, Failure> {
        let outlook = self.host.outlook(&pipeline.id);
        outlook.map_err(|error| self.failure(pipeline, &error))
    }

    /// The same, with a look at metrics that a pass would read.
    pub(crate) fn outlook_with_metrics(&mut self, pipeline: &Pipeline) -> Result<Outlook, Failure> {
        let outlook = self.host.outlook_with_metrics(&pipeline.id);
        outlook.map_err(|error| self.failure(pipeline, &error))
    }

    /// Rehearses a rollback.
    pub(crate) fn drill(
        &mut self,
        pipeline: &Pipeline,
        name: &Name,
        done: &mut dyn FnMut(DrillPart),
    ) -> Result<Drilled, Failure> {
        let drilled = self.host.drill(&pipeline.id, name, done);
        drilled.map_err(|error| self.failure(pipeline, &error))
    }

    fn failure(&mut self, pipeline: &Pipeline, error: &EngineError) -> Failure {
        let mut trouble = self.host.trouble(&pipeline.id, error);
        let id = pipeline.id.to_string();
        if self.host.folder().pipelines.len() > 1 && !trouble.what.contains(&id) {
            trouble.what = format!("{id}: {}", trouble.what);
        }
        Failure::Engine(exit_of_engine(error), trouble)
    }

    /// That the pipeline has no ledger, and why.
    pub(crate) fn no_ledger(&mut self, pipeline: &Pipeline) -> Failure {
        let id = &pipeline.id;
        let remedy = "its first pass makes one: towpath reconcile --once";
        self.failure(pipeline, &EngineError::Impossible(format!("{id} has no ledger yet; {remedy}")))
    }

    /// A pipeline as of now, metrics included.
    pub(crate) fn status(&mut self, pipeline: &Pipeline) -> Result<StatusView, Failure> {
        let outlook = self.outlook_with_metrics(pipeline)?;
        Ok(status(pipeline, &self.host.folder().config, &outlook))
    }

    /// Prints what a person's act recorded and what follows from it.
    pub(crate) fn acted(
        &mut self,
        pipeline: &Pipeline,
        environment: Option<&Name>,
        recorded: &Recorded,
        terminal: &mut Terminal,
    ) -> Result<(), Failure> {
        let state = self.host.with_engine(&pipeline.id, |engine| engine.read());
        let state = state.ok().flatten().map(|head| head.state);
        let said =
            recorded.iter().map(|event| event_text(&event.event, state.as_deref())).collect::<Vec<_>>();
        let said = if said.is_empty() { "that was so already".to_owned() } else { said.join(", ") };
        // The act is recorded; that nobody can tell what follows is no failure of it.
        let follows = environment.and_then(|name| {
            let outlook = self.host.outlook(&pipeline.id).ok()?;
            Some(follows(&status(pipeline, &self.host.folder().config, &outlook), name))
        });
        terminal.print(match follows {
            Some(follows) => format!("{said}; {follows}"),
            None => said,
        })?;
        Ok(())
    }
}

/// What happens next in an environment, in words.
fn follows(status: &StatusView, name: &Name) -> String {
    if let Some(first) = status.first.first() {
        return format!("the next pass first {first}");
    }
    match status.environments.iter().find(|environment| &environment.name == name) {
        None => format!("{name} is not in the pipeline any more"),
        Some(environment) => match &environment.answer {
            AnswerView::Settled => format!("nothing is left to do in {name}"),
            answer @ (AnswerView::Acts { .. } | AnswerView::Undecided) => answer.brief(),
            answer @ AnswerView::Waits { .. } => format!("{name} waits: {}", answer.brief()),
        },
    }
}

/// What nothing can be done with.
pub(crate) const NO_PIPELINE: &str =
    "the folder has no pipeline; add a file with a document of kind Pipeline";

fn none() -> Failure {
    Failure::Usage(NO_PIPELINE.to_owned())
}

fn names(pipelines: &[Pipeline]) -> String {
    pipelines.iter().map(|p| p.id.to_string()).collect::<Vec<_>>().join(", ")
}

/// The pipeline called `[namespace/]name`.
fn find<'p>(pipelines: &'p [Pipeline], named: &str) -> Result<&'p Pipeline, Failure> {
    let full = PipelineId::parse(named).ok();
    let matches = |p: &&Pipeline| match &full {
        Some(id) => &p.id == id,
        None => p.id.name.as_str() == named,
    };
    let found: Vec<&Pipeline> = pipelines.iter().filter(matches).collect();
    match found.as_slice() {
        [one] => Ok(one),
        [] if pipelines.is_empty() => Err(none()),
        [] => {
            let (there, short) = (names(pipelines), named.rsplit('/').next().unwrap_or(named));
            let meant =
                match pipelines.iter().find(|p| p.environments.iter().any(|e| e.name.as_str() == named)) {
                    Some(pipeline) => format!("; {named} is an environment of {}", pipeline.id),
                    None => did_you_mean(short, pipelines.iter().map(|p| p.id.name.as_str())),
                };
            Err(Failure::Usage(format!("no pipeline is called {named:?}; the folder has {there}{meant}")))
        }
        several => {
            let names = several.iter().map(|p| p.id.to_string()).collect::<Vec<_>>().join(", ");
            Err(Failure::Usage(format!("several pipelines are called {named:?}; name one of {names}")))
        }
    }
}

/// The environment of this name.
pub(crate) fn environment(pipeline: &Pipeline, named: &str) -> Result<Name, Failure> {
    let found = pipeline.environments.iter().find(|environment| environment.name.as_str() == named);
    found.map(|environment| environment.name.clone()).ok_or_else(|| {
        let names: Vec<&str> = pipeline.environments.iter().map(|e| e.name.as_str()).collect();
        let (id, meant) = (&pipeline.id, did_you_mean(named, names.iter().copied()));
        let names = names.join(", ");
        Failure::Usage(format!("no environment of {id} is called {named:?}; it has {names}{meant}"))
    })
}
