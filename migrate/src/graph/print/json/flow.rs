//! What passes between steps and jobs.

use std::collections::HashSet;
use std::hash::Hash;

use crate::graph::flow::{
    Artifact, ArtifactUse, Cache, CacheUse, Flow, Link, Match, Returned, Sink, Source, StepAt, StepScript,
    Taint,
};
use crate::graph::print::writer::Writer;
use crate::graph::{Actions, Family, Graph, Job, Read, Site};
use crate::script::{Access, FileAccess, Name, UseKind};

/// How many uploads are looked at for each download: all of them would be as many as the square of the file.
pub(super) const MAX_UPLOADS: usize = 256;

/// How much is done for a download that has a pattern: 256 names of 20 letters, and a pattern of 25.
const MAX_WORK: usize = 1 << 17;

/// Outputs, artifacts, caches, and harm.
pub(super) fn write(
    writer: &mut Writer<'_>,
    (family, actions): (&Family<'_>, &Actions<'_>),
    file: usize,
    flow: &Flow<'_>,
) {
    let Some(graph) = family.graphs.get(file) else { return };
    write_outputs(writer, graph, flow);
    writer
        .list("artifacts", &flow.artifacts, |writer, artifact| write_artifact(writer, graph, flow, artifact));
    writer.list("caches", &flow.caches, |writer, cache| write_cache(writer, graph, cache));
    writer.bounded(("untrusted", "untrusted_left_out"), flow.taints.iter(), |writer, taint| {
        write_taint(writer, (family, actions), graph, taint);
    });
}

/// What each step of a job reads.
pub(super) fn by_step<'f, 'd>(flow: &'f Flow<'d>, job: &Job<'_>, count: usize) -> Vec<Vec<&'f Read<'d>>> {
    let mut steps = vec![Vec::new(); count];
    for read in flow.reads.get(job.id.index()).into_iter().flatten() {
        if let Site::Step(at) = read.site
            && let Some(step) = steps.get_mut(at)
        {
            step.push(read);
        }
    }
    steps
}

/// What a step reads and writes.
pub(super) fn write_step(
    writer: &mut Writer<'_>,
    flow: &Flow<'_>,
    job: &Job<'_>,
    at: usize,
    reads: &[&Read<'_>],
) {
    writer.texts("reads", each_once(reads.iter().map(|read| read.path.to_string())));
    let at = StepAt { job: job.id, step: at };
    // Scripts stand in the order of jobs and steps.
    let first = flow.scripts.partition_point(|script| script.at < at);
    for script in flow.scripts.iter().skip(first).take_while(|script| script.at == at) {
        write_script(writer, script);
    }
}

fn write_script(writer: &mut Writer<'_>, script: &StepScript<'_>) {
    let uses = &script.script.uses;
    writer.texts("tools", each_once(script.script.tools().map(|tool| tool.name.as_ref())));
    let variables = uses.iter().filter_map(|used| match &used.kind {
        UseKind::Variable(name, Access::Read) => Some(name.as_ref()),
        _ => None,
    });
    writer.texts("variables", each_once(variables));
    let writes = uses.iter().filter_map(|used| match &used.kind {
        UseKind::Sets(file, Name::Known(name)) => Some(format!("{}.{name}", file.name())),
        UseKind::Sets(file, Name::Dynamic) => Some(format!("{}.*", file.name())),
        UseKind::File(file, FileAccess::Write) if !file.has_names() => Some(file.name().to_owned()),
        _ => None,
    });
    writer.texts("writes", each_once(writes));
    writer.plain("understood", script.script.is_understood());
}

/// Each of several once, where it is first.
fn each_once<T: Clone + Eq + Hash>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut seen = HashSet::new();
    all.filter(|one| seen.insert(one.clone())).collect()
}

/// What jobs read, and behind it what those get that call the workflow.
fn write_outputs(writer: &mut Writer<'_>, graph: &Graph<'_>, flow: &Flow<'_>) {
    writer.key("outputs");
    writer.array(|writer| {
        for link in &flow.links {
            writer.item();
            write_link(writer, graph, flow, link);
        }
        for returned in &flow.returned {
            writer.item();
            write_returned(writer, graph, returned);
        }
    });
}

fn write_source(writer: &mut Writer<'_>, graph: &Graph<'_>, source: Source<'_>) {
    match source {
        Source::Step(at, output) => {
            write_at(writer, graph, "from_job", at);
            writer.field("output", output);
        }
        Source::Job(job, output) => {
            writer.optional("from_job", graph.job(job).map(|job| job.model.id.value));
            writer.field("output", output);
        }
        Source::NoStep(name) => writer.field("no_step", name),
        Source::NoJob(name) => writer.field("no_job", name),
    }
}

fn write_returned(writer: &mut Writer<'_>, graph: &Graph<'_>, returned: &Returned<'_>) {
    writer.inline_object(|writer| {
        write_source(writer, graph, returned.from);
        writer.field("to_workflow_output", returned.output);
        if let Some(doubt) = returned.doubt {
            writer.field("empty", doubt.text());
        }
        writer.place("at", returned.read.span(graph.workflow.document));
    });
}

fn write_link(writer: &mut Writer<'_>, graph: &Graph<'_>, flow: &Flow<'_>, link: &Link<'_>) {
    writer.inline_object(|writer| {
        write_source(writer, graph, link.from);
        writer.optional("to_job", graph.job(link.to).map(|job| job.model.id.value));
        match link.site {
            Site::Step(step) => writer.plain("to_step", step),
            Site::Output(name) => writer.field("to_output", name),
            Site::Key(key) => writer.field("to_key", key),
        }
        if let Some(doubt) = link.doubt {
            writer.field("empty", doubt.text());
        }
        let read: Option<&Read<'_>> = flow.reads.get(link.to.index()).and_then(|reads| reads.get(link.read));
        if let Some(read) = read {
            writer.place("at", read.span(graph.workflow.document));
        }
    });
}

fn write_at(writer: &mut Writer<'_>, graph: &Graph<'_>, key: &str, at: StepAt) {
    writer.optional(key, graph.job(at.job).map(|job| job.model.id.value));
    writer.plain("step", at.step);
}

fn write_artifact(writer: &mut Writer<'_>, graph: &Graph<'_>, flow: &Flow<'_>, artifact: &Artifact<'_>) {
    let document = graph.workflow.document;
    writer.inline_object(|writer| {
        write_at(writer, graph, "job", artifact.at);
        writer.field(
            "does",
            match artifact.usage {
                ArtifactUse::Upload => "upload",
                ArtifactUse::Download => "download",
                ArtifactUse::Merge => "merge",
            },
        );
        writer.optional("name", artifact.name);
        for (key, value) in [("pattern", artifact.pattern), ("path", artifact.path)] {
            if value.is_some() {
                writer.optional(key, value);
            }
        }
        writer.field("version", artifact.version);
        if artifact.is_of_other_run {
            writer.plain("other_run", true);
        }
        let stored = flow.artifacts.iter().filter(|upload| upload.usage != ArtifactUse::Download);
        let mut stored = stored.filter(|upload| upload.at != artifact.at).peekable();
        let looked_at = match artifact.usage {
            ArtifactUse::Upload => Vec::new(),
            _ if writer.has_room() => look_at(artifact, &mut stored),
            _ => Vec::new(),
        };
        for (key, wanted) in [("from", Match::Yes), ("perhaps_from", Match::Maybe)] {
            let uploads = looked_at.iter().filter(|(found, _)| *found == wanted);
            let jobs: Vec<_> =
                uploads.filter_map(|(_, upload)| Some(graph.job(upload.at.job)?.model.id.value)).collect();
            if !jobs.is_empty() {
                writer.spend(|writer| writer.texts(key, jobs));
            }
        }
        if artifact.usage != ArtifactUse::Upload && stored.peek().is_some() {
            writer.plain("more", true);
        }
        writer.place("at", document.span(artifact.token));
    });
}

/// What a download gets of the first uploads.
fn look_at<'f, 'd>(
    artifact: &Artifact<'d>,
    stored: &mut impl Iterator<Item = &'f Artifact<'d>>,
) -> Vec<(Match, &'f Artifact<'d>)> {
    let wanted = artifact.wanted();
    let (mut found, mut work) = (Vec::new(), 0);
    while found.len() < MAX_UPLOADS && work < MAX_WORK {
        let Some(upload) = stored.next() else { break };
        work += wanted.work(upload);
        found.push((wanted.gets(upload), upload));
    }
    found
}

fn write_cache(writer: &mut Writer<'_>, graph: &Graph<'_>, cache: &Cache<'_>) {
    writer.inline_object(|writer| {
        write_at(writer, graph, "job", cache.at);
        writer.field(
            "does",
            match cache.usage {
                CacheUse::Both => "restore and save",
                CacheUse::Restore => "restore",
                CacheUse::Save => "save",
                CacheUse::BySetup => "by setup",
            },
        );
        writer.optional("key", cache.key);
        for (key, value) in [("restore_keys", cache.restore_keys), ("path", cache.path)] {
            if value.is_some() {
                writer.optional(key, value);
            }
        }
        writer.place("at", graph.workflow.document.span(cache.token));
    });
}

/// How a value does harm.
pub(super) fn write_sink(writer: &mut Writer<'_>, sink: &Sink) {
    match sink {
        Sink::Script { quoting, .. } => {
            writer.field("in", "script");
            writer.field("quoting", &format!("{quoting:?}").to_lowercase());
        }
        Sink::JavaScript { .. } => writer.field("in", "javascript"),
        Sink::Again { .. } => writer.field("in", "what the script runs"),
        Sink::File { file, .. } => writer.field("in", file.name()),
    }
}

fn write_taint(
    writer: &mut Writer<'_>,
    (family, actions): (&Family<'_>, &Actions<'_>),
    graph: &Graph<'_>,
    taint: &Taint<'_>,
) {
    let document = graph.workflow.document;
    writer.object(|writer| {
        writer.field("value", &taint.cause.path.to_string());
        writer.texts("events", taint.cause.events());
        writer.plain("certain", taint.cause.is_certain);
        write_at(writer, graph, "job", taint.sink.at());
        write_sink(writer, &taint.sink);
        let (token, span) = taint.sink.place();
        writer.place("at", document.tree().place_in(document.token(token).node, span));
        writer.list("via", taint.cause.via.hops(), |writer, hop| {
            let (name, document) = match family.graphs.get(hop.file) {
                Some(graph) => (family.file_name(hop.file).to_owned(), graph.workflow.document),
                None => {
                    let action = hop.file - family.graphs.len();
                    let (Some(folder), Some(model)) = (actions.folder(action), actions.models.get(action))
                    else {
                        return;
                    };
                    (folder.to_string(), model.document)
                }
            };
            writer.inline_object(|writer| {
                writer.field("file", &name);
                let before = writer.turn_to(hop.file);
                writer.place("at", document.span(hop.token));
                writer.turn_to(before);
            });
        });
        if taint.cause.via.left_out() > 0 {
            writer.plain("via_left_out", taint.cause.via.left_out());
        }
    });
}
