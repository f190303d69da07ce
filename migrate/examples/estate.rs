//! Reads all workflows below some folders and makes their graphs, on all cores, as an assessment would.
//!
//! `cargo run --release -p towpath-migrate --example estate -- FOLDER...`; `cargo xtask bench migrate` measures it.
#![expect(clippy::print_stdout, reason = "a program for people who measure")]

use std::convert::Infallible;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::thread::available_parallelism;

use towpath_migrate::graph::Graph;
use towpath_migrate::model::Workflow;
use towpath_migrate::read::{Limits, read_workflow};
use towpath_migrate::sources::{Disk, Found, Search, Text, process};

/// As the program has it.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What there was.
#[derive(Default)]
struct Count {
    files: usize,
    refused: usize,
    jobs: usize,
    steps: usize,
    reads: usize,
}

fn count(found: &Found) -> Count {
    let Found::Item(item) = found else { return Count::default() };
    let Ok(text) = Text::read(&Disk, &item.path) else { return Count::default() };
    let document = read_workflow(text.as_str(), &Limits::default());
    let workflow = Workflow::of(&document);
    let graph = Graph::of(&workflow);
    let flow = graph.flow();
    let refused = workflow.all_problems().next().is_some();
    let steps = graph.jobs.iter().filter_map(|job| job.steps()).map(|job| job.steps.len()).sum();
    Count { files: 1, refused: refused.into(), jobs: graph.jobs.len(), steps, reads: flow.links.len() }
}

fn main() {
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let workers = available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let mut all = Count::default();
    process(Search::new(&Disk, paths), workers, count, |_, one| {
        let one = one.unwrap_or_default();
        all.files += one.files;
        all.refused += one.refused;
        all.jobs += one.jobs;
        all.steps += one.steps;
        all.reads += one.reads;
        ControlFlow::<Infallible>::Continue(())
    });
    let Count { files, refused, jobs, steps, reads } = all;
    println!("{files} files, {refused} refused, {jobs} jobs, {steps} steps, {reads} outputs that are read");
}
