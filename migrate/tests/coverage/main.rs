//! What is read as GitHub reads it: each part counts what it compared, and the counts are the record from which
//! `docs/migration/coverage.md` is made.
//!
//! Published cases and real files are read from `$TOWPATH_CORPUS`, or from `../shared/corpus` beside the repository, and never
//! copied. Where they are not, each test that needs them says that it is skipped.

mod accepts;
#[path = "../commit/mod.rs"]
mod commit;
mod constructs;
#[path = "../corpus/mod.rs"]
mod corpus;
mod examples;
mod graphs;
mod matrices;
mod oracle;
mod parser_cases;
mod published;
mod published_schema;
mod record;
mod runner_cases;
mod scripts;
mod values;
mod yaml;

use std::sync::LazyLock;

/// Each YAML file of the corpus that is UTF-8, with its path in it. Says so loudly where there is none.
fn files(test: &str) -> Option<&'static [(String, String)]> {
    static FILES: LazyLock<Option<Vec<(String, String)>>> = LazyLock::new(|| corpus::yaml_files("coverage"));
    corpus::folder(test)?;
    FILES.as_deref()
}
