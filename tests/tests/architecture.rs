//! Dependencies point inward only, and the core stays pure.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use cargo_metadata::{Metadata, MetadataCommand};

/// Which members a member may depend on.
enum Allowed {
    /// These, and no others.
    Only(&'static [&'static str]),
    /// Any.
    Anything,
}

/// One row for each member of the workspace. A new member or arrow is a new word here.
const TABLE: &[(&str, Allowed)] = &[
    ("kustomize-rs", Allowed::Only(&[])),
    ("towpath-core", Allowed::Only(&[])),
    ("towpath-process", Allowed::Only(&[])),
    ("towpath-engine", Allowed::Only(&["towpath-core", "kustomize-rs"])),
    ("towpath-gates", Allowed::Only(&["towpath-engine"])),
    ("towpath-git", Allowed::Only(&["towpath-core", "towpath-engine", "towpath-process"])),
    (
        "towpath-local",
        Allowed::Only(&[
            "towpath-core",
            "towpath-engine",
            "towpath-gates",
            "towpath-git",
            "towpath-process",
            "kustomize-rs",
        ]),
    ),
    ("towpath-migrate", Allowed::Only(&[])),
    ("towpath", Allowed::Only(&["towpath-core", "towpath-engine", "towpath-local", "towpath-migrate"])),
    ("towpath-model", Allowed::Only(&["towpath-core"])),
    ("towpath-tests", Allowed::Anything),
    ("xtask", Allowed::Only(&[])),
];

/// Crates that do I/O, run tasks or roll dice: none of them may be named by the core.
const IMPURE_CRATES: &[&str] = &[
    "async-std",
    "axum",
    "fastrand",
    "futures",
    "getrandom",
    "git2",
    "hyper",
    "kube",
    "rand",
    "reqwest",
    "rustix",
    "smol",
    "tempfile",
    "tokio",
    "ureq",
];

/// Words in source that reach outside.
const IMPURE_WORDS: &[&str] = &[
    "std::env",
    "std::fs",
    "std::net",
    "std::os",
    "std::process",
    "std::thread",
    "SystemTime",
    "Instant::now",
    "Timestamp::now",
    "Zoned::now",
    "thread_rng",
    "async fn",
];

fn root() -> Result<PathBuf> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    Ok(tests.parent().context("the tests stand in a folder of the repository")?.to_owned())
}

fn workspace() -> Result<Metadata> {
    let mut command = MetadataCommand::new();
    command.no_deps().manifest_path(root()?.join("Cargo.toml"));
    command.other_options(["--offline".to_owned(), "--locked".to_owned()]);
    command.exec().context("failed to read the workspace with cargo metadata")
}

/// Each member with the names of all its dependencies, of every kind.
fn dependencies(metadata: &Metadata) -> Vec<(String, Vec<String>)> {
    let packages = metadata.packages.iter();
    packages
        .map(|package| {
            let names = package.dependencies.iter().map(|dependency| dependency.name.clone());
            (package.name.to_string(), names.collect())
        })
        .collect()
}

/// Every arrow that the table does not have, and every member that has no row.
fn forbidden_arrows(members: &[(String, Vec<String>)]) -> Vec<String> {
    let is_member = |name: &str| members.iter().any(|(member, _)| member == name);
    let mut found = Vec::new();
    for (member, dependencies) in members {
        let Some((_, allowed)) = TABLE.iter().find(|(name, _)| name == member) else {
            found.push(format!("{member} has no row in the table of tests/tests/architecture.rs"));
            continue;
        };
        let Allowed::Only(allowed) = allowed else { continue };
        // A member may name itself, which is how its tests switch a feature of it on.
        for dependency in dependencies.iter().filter(|name| is_member(name) && *name != member) {
            if !allowed.contains(&dependency.as_str()) {
                found.push(format!("{member} depends on {dependency}"));
            }
        }
    }
    found
}

/// Every impure crate that the core names.
fn impure_crates(members: &[(String, Vec<String>)]) -> Vec<&str> {
    let core = members.iter().filter(|(member, _)| member == "towpath-core");
    let named = core.flat_map(|(_, dependencies)| dependencies).map(String::as_str);
    named.filter(|name| IMPURE_CRATES.contains(name)).collect()
}

/// Every line outside comments that has an impure word, as `file:line: word`.
fn impure_words(file: &str, source: &str) -> Vec<String> {
    let lines = source.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
    let found = lines.flat_map(|(number, line)| {
        let words = IMPURE_WORDS.iter().filter(move |word| line.contains(**word));
        words.map(move |word| format!("{file}:{}: {word}", number + 1))
    });
    found.collect()
}

fn rust_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(|| format!("failed to list {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(rust_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(files)
}

fn member(name: &str, dependencies: &[&str]) -> (String, Vec<String>) {
    (name.to_owned(), dependencies.iter().map(ToString::to_string).collect())
}

#[test]
fn members_depend_on_each_other_as_the_table_says() -> Result<()> {
    let members = dependencies(&workspace()?);
    ensure!(members.len() > 1, "cargo metadata found no members");
    assert_eq!(forbidden_arrows(&members), Vec::<String>::new());
    Ok(())
}

#[test]
fn every_row_of_the_table_is_a_member() -> Result<()> {
    let members = dependencies(&workspace()?);
    for (name, _) in TABLE {
        assert!(members.iter().any(|(member, _)| member == name), "{name} is no member; take its row out");
    }
    Ok(())
}

#[test]
fn the_core_names_no_crate_that_reaches_outside() -> Result<()> {
    let members = dependencies(&workspace()?);
    ensure!(members.iter().any(|(name, _)| name == "towpath-core"), "the core is not in the workspace");
    assert_eq!(impure_crates(&members), Vec::<&str>::new());
    Ok(())
}

#[test]
fn the_source_of_the_core_reaches_for_nothing_outside() -> Result<()> {
    let root = root()?;
    let files = rust_files(&root.join("controller/core/src"))?;
    ensure!(!files.is_empty(), "the core has no source");
    for file in files {
        let source = std::fs::read_to_string(&file)?;
        let name = file.strip_prefix(&root)?.display().to_string();
        assert_eq!(impure_words(&name, &source), Vec::<String>::new());
    }
    Ok(())
}

#[test]
fn a_planted_arrow_is_found() {
    let planted = [
        member("towpath-core", &["serde", "towpath-git"]),
        member("towpath-git", &["towpath-core", "git2"]),
        member("towpath-engine", &["towpath-core", "kustomize-rs", "towpath-git"]),
        member("kustomize-rs", &[]),
        member("newcomer", &[]),
    ];
    assert_eq!(
        forbidden_arrows(&planted),
        [
            "towpath-core depends on towpath-git",
            "towpath-engine depends on towpath-git",
            "newcomer has no row in the table of tests/tests/architecture.rs",
        ]
    );
}

#[test]
fn arrows_of_the_table_and_crates_from_outside_are_no_finding() {
    let fine = [
        member("towpath-core", &["serde", "towpath-core"]),
        member("towpath-engine", &["towpath-core", "minijinja"]),
        member("towpath-tests", &["towpath-core", "towpath-engine"]),
    ];
    assert_eq!(forbidden_arrows(&fine), Vec::<String>::new());
}

#[test]
fn a_planted_impure_crate_is_found_in_the_core_only() {
    let planted = [member("towpath-core", &["serde", "tokio", "git2"]), member("towpath-git", &["git2"])];
    assert_eq!(impure_crates(&planted), ["tokio", "git2"]);
}

#[test]
fn planted_impure_words_are_found_outside_comments() {
    let source =
        "//! std::fs is not used here.\nuse std::fs;\nlet t = jiff::Timestamp::now();\nlet ok = 1; // fine\n";
    assert_eq!(impure_words("a.rs", source), ["a.rs:2: std::fs", "a.rs:3: Timestamp::now"]);
}
