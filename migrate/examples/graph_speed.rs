//! How long the parts take: YAML, reading, model, graph, what passes between jobs. Best of several rounds over all
//! workflows of a folder, on one thread.
//!
//! `cargo run --release -p towpath-migrate --example graph_speed -- FOLDER`
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    reason = "a program for people who measure"
)]

use std::hint::black_box;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use towpath_migrate::graph::{Graph, json};
use towpath_migrate::model::Workflow;
use towpath_migrate::read::{Limits, read_workflow};
use towpath_migrate::yaml::Tree;

const ROUNDS: usize = 5;

fn main() {
    let files = workflows(std::env::args().nth(1).unwrap().into());
    let limits = Limits::default();
    let yaml = best(|| {
        for text in &files {
            black_box(Tree::read(text.as_str()));
        }
    });
    let mut best_parts = [Duration::MAX; 5];
    for _ in 0..ROUNDS {
        let mut parts = [Duration::ZERO; 5];
        for text in &files {
            let start = Instant::now();
            let document = read_workflow(text.as_str(), &limits);
            let read = Instant::now();
            let workflow = Workflow::of(&document);
            let model = Instant::now();
            let graph = Graph::of(&workflow);
            let made = Instant::now();
            let flow = graph.flow();
            let passed = Instant::now();
            black_box((&graph, &flow, json(&graph)));
            for (part, (from, to)) in parts.iter_mut().zip([
                (start, read),
                (read, model),
                (model, made),
                (made, passed),
                (passed, Instant::now()),
            ]) {
                *part += to - from;
            }
        }
        for (best, part) in best_parts.iter_mut().zip(parts) {
            *best = (*best).min(part);
        }
    }
    let count = files.len() as f64;
    let each = |time: Duration| time.as_secs_f64() * 1e6 / count;
    println!("{} files, microseconds a file", files.len());
    println!("yaml alone        {:8.1}", each(yaml));
    for (name, time) in
        ["read (with yaml)", "model", "graph", "flow", "json (with flow)"].iter().zip(best_parts)
    {
        println!("{name:<17} {:8.1}", each(time));
    }
    let all: Duration = best_parts.iter().take(4).sum();
    println!("parse and graph   {:8.1}", each(all));
}

fn best(mut work: impl FnMut()) -> Duration {
    let times = (0..ROUNDS).map(|_| {
        let start = Instant::now();
        work();
        start.elapsed()
    });
    times.min().unwrap_or_default()
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
