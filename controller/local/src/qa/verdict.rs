//! From the end of a command, and its report, to a verdict.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use towpath_core::time::Span;
use towpath_core::verdict::{Outcome, Verdict};
use towpath_process::{Captured, Finished, Status};

use super::junit::{self, Report};
use crate::line::{DETAIL, one_line};

/// Where the evidence of a run is.
pub(super) struct Evidence {
    /// The run's folder.
    pub(super) folder: PathBuf,
    /// The JUnit report, when one is declared.
    pub(super) report: Option<PathBuf>,
    /// The longest the run could take.
    pub(super) limit: Span,
}

/// Judges a run by exit code and report; `logged` is put behind the reason.
pub(super) fn of_child(finished: &Finished, evidence: &Evidence, logged: String) -> Outcome {
    let (verdict, reason) = match (finished.status, &evidence.report) {
        (Status::Exited(code @ (0 | 1)), Some(path)) => of_report(code, path),
        (Status::Exited(0), None) => (Verdict::Passed, "exit code 0".to_owned()),
        (Status::Exited(1), None) => (Verdict::Failed, "exit code 1".to_owned()),
        (Status::Exited(code), _) => {
            (Verdict::Error, format!("exit code {code}, which is neither passed (0) nor failed (1)"))
        }
        (Status::Signalled(signal), _) => (Verdict::Error, format!("was killed by signal {signal}")),
        (Status::TimedOut, _) => (Verdict::Error, format!("timed out after {}", evidence.limit)),
    };
    // The reason is cut first: the log tells the rest of it.
    let room = DETAIL.saturating_sub(logged.chars().count());
    Outcome { verdict, detail: one_line(&format!("{}{logged}", one_line(&reason, room)), DETAIL) }
}

fn of_report(code: i32, path: &Path) -> (Verdict, String) {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    match junit::read(path) {
        Err(why) => (Verdict::Error, format!("exit code {code}, but the report {name} {why}")),
        Ok(report) => of_numbers(code, &report),
    }
}

fn of_numbers(code: i32, report: &Report) -> (Verdict, String) {
    let summary = report.summary();
    match (code, report) {
        _ if report.failures() > 0 => (Verdict::Failed, summary),
        (_, Report { tests: 0, .. }) => {
            (Verdict::Error, format!("exit code {code}, but the report has no tests"))
        }
        _ if report.skipped == report.tests => (Verdict::Error, format!("{summary}: nothing was tested")),
        (0, _) => (Verdict::Passed, summary),
        _ => (Verdict::Failed, format!("{summary}, none failed, but exit code {code}")),
    }
}

/// Writes what a command printed; answers where, as words to put behind a reason.
pub(super) fn write_log(folder: &Path, name: &str, finished: &Finished) -> String {
    let run = folder.file_name().unwrap_or_default().to_string_lossy();
    match try_write(&folder.join(name), finished) {
        Ok(()) => format!("; log {run}/{name}"),
        Err(e) => format!("; no log, {}", one_line(&e.to_string(), 60)),
    }
}

fn try_write(path: &Path, finished: &Finished) -> std::io::Result<()> {
    let mut file = std::fs::File::create(path)?;
    let parts: [(&str, &Captured); 2] = [("output", &finished.stdout), ("error output", &finished.stderr)];
    for (name, captured) in parts {
        let dropped = match captured.dropped {
            0 => String::new(),
            bytes => format!(", the last part; {bytes} bytes before it were dropped"),
        };
        writeln!(file, "--- {name}{dropped}")?;
        file.write_all(&captured.bytes)?;
        writeln!(file)?;
    }
    Ok(())
}
