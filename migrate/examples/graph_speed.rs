//! How much time of the processor the parts take: YAML, reading, model, graph, what passes between jobs. Best of several
//! rounds over all workflows of a folder, on one thread.
//!
//! `cargo run --release -p towpath-migrate --example graph_speed -- FOLDER`
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    reason = "a program for people who measure"
)]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use towpath_migrate::graph::Graph;
use towpath_migrate::graph::flow::Flow;
use towpath_migrate::model::Workflow;
use towpath_migrate::read::{Document, Limits, read_workflow};
use towpath_migrate::yaml::Tree;

const ROUNDS: usize = 5;

fn main() {
    let files = workflows(std::env::args().nth(1).unwrap().into());
    let limits = Limits::default();
    let mut best = [Duration::MAX; 5];
    for _ in 0..ROUNDS {
        let (yaml, _): (_, Vec<Tree>) =
            timed(|| files.iter().map(|text| Tree::read(text.as_str())).collect());
        let (read, documents): (_, Vec<Document>) =
            timed(|| files.iter().map(|text| read_workflow(text.as_str(), &limits)).collect());
        let (model, workflows): (_, Vec<Workflow<'_>>) =
            timed(|| documents.iter().map(Workflow::of).collect());
        let (graph, graphs): (_, Vec<Graph<'_>>) = timed(|| workflows.iter().map(Graph::of).collect());
        let (flow, _): (_, Vec<Flow<'_>>) = timed(|| graphs.iter().map(Graph::flow).collect());
        for (best, time) in best.iter_mut().zip([yaml, read, model, graph, flow]) {
            *best = (*best).min(time);
        }
    }
    let each = |time: Duration| time.as_secs_f64() * 1e6 / files.len() as f64;
    println!("{} files, microseconds a file", files.len());
    for (name, time) in ["yaml alone", "read (with yaml)", "model", "graph", "flow"].iter().zip(best) {
        println!("{name:<17} {:8.1}", each(time));
    }
    let all: Duration = best.iter().skip(1).take(4).sum();
    println!("parse and graph   {:8.1}", each(all));
}

/// What something takes of the processor, and what it gives.
fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = clock();
    let made = work();
    (clock() - start, made)
}

/// The time that this thread had a processor, where the system tells; the time of day elsewhere.
fn clock() -> Duration {
    static START: std::sync::LazyLock<Instant> = std::sync::LazyLock::new(Instant::now);
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = told.and_then(|told| told.split_whitespace().next()?.parse().ok());
    nanoseconds.map_or_else(|| START.elapsed(), Duration::from_nanos)
}

fn workflows(folder: PathBuf) -> Vec<String> {
    let (mut files, mut folders) = (Vec::new(), vec![folder]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yml" || extension == "yaml") {
                files.extend(std::fs::read_to_string(path));
            }
        }
    }
    files.retain(|text| text.contains("\njobs:"));
    files
}
