//! How long a script takes to read: `cargo run --release -p towpath-migrate --example script_speed -- FOLDER`.
//!
//! FOLDER holds workflows, at any depth. Every `run` in them is read as a script of bash, 20 times; the fastest pass counts,
//! since other work on the machine only slows one down.

use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use serde_yaml::Value;
use towpath_migrate::script::{Script, Shell};
use towpath_migrate::span::Span;

const PASSES: usize = 20;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1).ok_or("name a folder of workflows")?;
    let mut scripts = Vec::new();
    collect(Path::new(&folder), &mut scripts)?;
    let bytes: usize = scripts.iter().map(|(text, _)| text.len()).sum();
    let mut fastest = Duration::MAX;
    let mut uses = 0;
    for _ in 0..PASSES {
        let start = Instant::now();
        uses = scripts.iter().map(|(text, holes)| Script::read(text, Shell::Posix, holes).uses.len()).sum();
        fastest = fastest.min(start.elapsed());
    }
    let count = u32::try_from(scripts.len().max(1))?;
    let each = fastest / count;
    writeln!(io::stdout(), "{count} scripts of {bytes} bytes, {uses} uses: {each:?} a script")?;
    Ok(())
}

fn collect(folder: &Path, scripts: &mut Vec<(String, Vec<Span>)>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, scripts)?;
        } else if path.extension().is_some_and(|it| it == "yml" || it == "yaml")
            && let Ok(file) = serde_yaml::from_str::<Value>(&fs::read_to_string(&path)?)
        {
            runs(&file, scripts);
        }
    }
    Ok(())
}

fn runs(value: &Value, scripts: &mut Vec<(String, Vec<Span>)>) {
    for (key, value) in value.as_mapping().into_iter().flatten() {
        match value.as_str() {
            Some(text) if key == "run" => scripts.push((text.to_owned(), expressions(text))),
            _ => runs(value, scripts),
        }
    }
    value.as_sequence().into_iter().flatten().for_each(|value| runs(value, scripts));
}

fn expressions(text: &str) -> Vec<Span> {
    let starts = text.match_indices("${{").map(|(at, _)| at);
    starts.filter_map(|at| Some(Span::new(at, at + text.get(at..)?.find("}}")? + 2))).collect()
}
