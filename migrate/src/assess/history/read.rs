//! Runs from JSON: one after the other, in an array, or in the pages that GitHub answers with. Nothing but one run is held.

use std::fmt;
use std::io::Read;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::bounded::Bounded;
use super::{Gathering, History, HistoryError, Run};

/// How long the path of a workflow and the name of a repository may be.
const MAX_NAME: usize = 1024;

impl History {
    /// Reads runs: values of JSON one after the other, one a line or not. Each is a run, a page with `workflow_runs`, or an array of
    /// these.
    ///
    /// # Errors
    ///
    /// When the input cannot be read, is too large, is no JSON, or holds something else.
    pub fn read(input: impl Read) -> Result<Self, HistoryError> {
        let mut gathering = Gathering::default();
        let bounded = std::io::BufReader::with_capacity(64 << 10, Bounded::new(input));
        let mut values = serde_json::Deserializer::from_reader(bounded);
        // An end is no error, and nothing is taken by asking for it.
        while values.end().is_err() {
            Sink(&mut gathering).deserialize(&mut values).map_err(of_json)?;
        }
        let Gathering { history, .. } = gathering;
        if history.runs == 0 { Err(HistoryError::Empty) } else { Ok(history) }
    }
}

fn of_json(error: serde_json::Error) -> HistoryError {
    if error.is_io() { HistoryError::Read(error.into()) } else { HistoryError::Form(error) }
}

/// Adds what it reads.
struct Sink<'g>(&'g mut Gathering);

impl<'d> DeserializeSeed<'d> for Sink<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'d>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'d> Visitor<'d> for Sink<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a run, a page of runs, or a list of these")
    }

    fn visit_seq<A: SeqAccess<'d>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(Sink(self.0))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'d>>(self, mut map: A) -> Result<(), A::Error> {
        let mut entry = Entry::default();
        let mut is_page = false;
        while let Some(key) = map.next_key()? {
            match key {
                Key::WorkflowRuns => {
                    map.next_value_seed(Sink(self.0))?;
                    is_page = true;
                }
                Key::Id => entry.id = map.next_value()?,
                Key::Path => entry.path = map.next_value()?,
                Key::CreatedAt => entry.created_at = map.next_value()?,
                Key::RunStartedAt => entry.run_started_at = map.next_value()?,
                Key::Conclusion => entry.conclusion = map.next_value()?,
                Key::Repository => entry.repository = map.next_value()?,
                Key::Other => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        if is_page {
            return Ok(());
        }
        let run = entry.run().map_err(A::Error::custom)?;
        run.map_or(Ok(()), |run| self.0.add(run)).map_err(A::Error::custom)
    }
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Key {
    WorkflowRuns,
    Id,
    Path,
    CreatedAt,
    RunStartedAt,
    Conclusion,
    Repository,
    #[serde(other)]
    Other,
}

/// A run as GitHub lists it.
#[derive(Default)]
struct Entry {
    id: Option<u64>,
    path: Option<String>,
    created_at: Option<String>,
    run_started_at: Option<String>,
    conclusion: Option<String>,
    repository: Option<Repository>,
}

#[derive(Deserialize)]
struct Repository {
    full_name: Option<String>,
}

/// Where workflows are; what GitHub runs by itself has a path of its own.
const FOLDER: &str = ".github/workflows/";

impl Entry {
    /// The run; `None` of what is no file of a repository.
    fn run(self) -> Result<Option<Run>, String> {
        let path = self.path.ok_or("a run has no `path`")?;
        let began = self
            .run_started_at
            .or(self.created_at)
            .ok_or("a run has neither `run_started_at` nor `created_at`")?;
        let began: Timestamp =
            began.parse().map_err(|_| "the time of a run is none of RFC 3339".to_owned())?;
        let repository = self.repository.and_then(|repository| repository.full_name).unwrap_or_default();
        if path.len() > MAX_NAME || repository.len() > MAX_NAME {
            return Err(format!("the name of a workflow or repository has more than {MAX_NAME} bytes"));
        }
        let Some(name) = path.strip_prefix(FOLDER) else { return Ok(None) };
        Ok(Some(Run {
            id: self.id,
            repository: repository.to_ascii_lowercase(),
            workflow: without_ref(name).to_owned(),
            began,
            failed: self.conclusion.as_deref().and_then(failed),
        }))
    }
}

/// GitHub writes `ci.yml`, or `ci.yml@main`.
fn without_ref(name: &str) -> &str {
    let ends = [".yml@", ".yaml@"];
    let end = ends.iter().filter_map(|end| name.find(end).map(|at| at + end.len() - 1)).min();
    end.and_then(|end| name.get(..end)).unwrap_or(name)
}

/// Whether a conclusion is a failure; `None` of those that say nothing: cancelled, skipped, stale, waiting for somebody.
fn failed(conclusion: &str) -> Option<bool> {
    match conclusion {
        "success" => Some(false),
        "failure" | "timed_out" | "startup_failure" => Some(true),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CI: &str = r#"{"id": 1, "path": ".github/workflows/ci.yml@main", "created_at": "2026-11-01T08:00:00Z", "conclusion": "success",
        "head_branch": "main", "repository": {"full_name": "O/N", "owner": {"login": "O"}}}"#;
    const OTHER: &str = r#"{"id": 2, "path": ".github/workflows/x.yaml", "created_at": "2026-11-01T08:00:00Z",
        "run_started_at": "2026-11-03T08:00:00+01:00", "conclusion": "timed_out", "updated_at": null, "repository": null}"#;

    fn read(text: &str) -> Result<History, String> {
        History::read(text.as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn every_form_says_the_same() {
        let expected = read(&format!("{CI}\n{OTHER}\n")).unwrap();
        assert_eq!(expected.reach().runs, 2);
        assert_eq!(expected.repositories["o/n"].workflows["ci.yml"].failed, 0);
        let other = expected.repositories[""].workflows["x.yaml"];
        assert_eq!(
            (other.failed, other.decided, other.last.to_string()),
            (1, 1, "2026-11-03T07:00:00Z".to_owned())
        );
        for text in [
            format!("[{CI}, {OTHER}]"),
            format!("{CI}{OTHER}"),
            format!("{{\"total_count\": 2, \"workflow_runs\": [{CI}, {OTHER}]}}"),
            format!("{{\"workflow_runs\": [{CI}]}}\n{{\"workflow_runs\": [{OTHER}]}}"),
            format!("[{{\"workflow_runs\": [{CI}]}}, {{\"workflow_runs\": [{CI}, {OTHER}]}}]"),
        ] {
            assert_eq!(read(&text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_history_is_refused_with_its_place() {
        let long =
            format!("{{\"path\": \"{}\", \"created_at\": \"2026-11-01T08:00:00Z\"}}", "x".repeat(2000));
        for (text, expected) in [
            ("", "failed to find a run in the history"),
            ("[]", "failed to find a run in the history"),
            (r#"{"workflow_runs": []}"#, "failed to find a run in the history"),
            (
                r#"{"path": "dynamic/pages", "created_at": "2026-11-01T08:00:00Z"}"#,
                "failed to find a run in the history",
            ),
            ("x", "failed to understand the history: expected value at line 1 column 1"),
            ("{}", "failed to understand the history: a run has no `path` at line 1 column 2"),
            (
                r#"{"path": "a"}"#,
                "failed to understand the history: a run has neither `run_started_at` nor `created_at` at line 1 column 13",
            ),
            (
                r#"{"path": "a", "created_at": "yesterday"}"#,
                "failed to understand the history: the time of a run is none of RFC 3339 at line 1 column 40",
            ),
            (
                "7",
                "failed to understand the history: invalid type: integer `7`, expected a run, a page of runs, or a list of these at line 1 column 1",
            ),
            (
                &long,
                "failed to understand the history: the name of a workflow or repository has more than 1024 bytes at line 1 column 2050",
            ),
        ] {
            assert_eq!(read(text).unwrap_err(), expected, "{text}");
        }
        let cut = &CI[..CI.len() - 1];
        assert!(
            read(&format!("{OTHER}\n{cut}")).unwrap_err().contains("EOF while parsing an object at line 4")
        );
        let deep = "[".repeat(10_000);
        assert!(read(&deep).unwrap_err().contains("recursion limit exceeded"));
        let text = format!("{{\"path\": \"{}", "x".repeat(3 << 20));
        assert_eq!(read(&text).unwrap_err(), "failed to read the history: a text in it has more than 1 MiB");
    }

    #[test]
    fn names_stand_without_their_ref() {
        for (name, expected) in [
            ("ci.yml", "ci.yml"),
            ("ci.yml@main", "ci.yml"),
            ("ci.yaml@refs/heads/x.yml@y", "ci.yaml"),
            ("at@home.yml", "at@home.yml"),
            ("at@home.yml@v1", "at@home.yml"),
        ] {
            assert_eq!(without_ref(name), expected);
        }
    }

    proptest! {
        #[test]
        fn nothing_makes_it_stop_in_the_middle(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = History::read(bytes.as_slice());
        }

        #[test]
        fn a_damaged_history_is_refused_or_smaller(at in 0..1_000_usize, byte in any::<u8>()) {
            let mut text = format!("[{CI}, {OTHER}]").into_bytes();
            let at = at % text.len();
            text[at] = byte;
            if let Ok(history) = History::read(text.as_slice()) {
                prop_assert!(history.reach().runs <= 2);
            }
        }
    }
}
