//! `towpath migrate eval`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use towpath_migrate::expression::{Availability, Contexts, ExpressionError, Status, parse};
use towpath_migrate::sources::{Disk, Files as _, Problem, Shown};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal::Terminal;

/// How large a file of contexts may be: more than GitHub's own limit for the payload of an event.
const MAX_CONTEXTS: u64 = 32 << 20;

/// What can be named in a step. A context that the file does not have is null.
const STEP: [&str; 17] = [
    "github",
    "env",
    "vars",
    "job",
    "jobs",
    "steps",
    "runner",
    "secrets",
    "strategy",
    "matrix",
    "needs",
    "inputs",
    "hashFiles(1,255)",
    "success(0,0)",
    "failure(0,0)",
    "always(0,0)",
    "cancelled(0,0)",
];

/// Evaluate an expression of GitHub Actions.
///
/// The value is printed as toJSON prints it. An error has GitHub's own text, and shows the place. Contexts that the
/// file does not have are null. In env the case of names counts, as on Linux.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit codes:
  0  the value is printed
  2  the expression or the command line is not valid, or the contexts are no JSON object
  3  the file of contexts could not be read

Examples:
  towpath migrate eval \"contains(github.ref, '/tags/')\" --context contexts.json
  towpath migrate eval \"failure() && matrix.os == 'linux'\" --context contexts.json --status failure
  towpath migrate eval \"format('{0}', 1e15)\"")]
pub(crate) struct Eval {
    /// The expression, without ${{ and }}
    #[arg(value_name = "EXPR", allow_hyphen_values = true)]
    expression: String,
    /// A JSON object with the contexts, such as {"github": {"ref": "refs/heads/main"}} [default: all contexts are null]
    #[arg(long, value_name = "FILE")]
    context: Option<PathBuf>,
    /// What the job did so far, for success(), failure() and cancelled()
    #[arg(long, value_enum, default_value_t = Job::Success)]
    status: Job,
}

/// What a job did so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Job {
    Success,
    Failure,
    Cancelled,
}

impl From<Job> for Status {
    fn from(job: Job) -> Self {
        match job {
            Job::Success => Self::Success,
            Job::Failure => Self::Failure,
            Job::Cancelled => Self::Cancelled,
        }
    }
}

impl Eval {
    /// Prints the value.
    pub(super) fn run(self, terminal: &mut Terminal) -> Result<Exit, Failure> {
        let contexts = match self.contexts()? {
            Ok(contexts) => contexts.with_status(self.status.into()),
            Err(problem) => {
                let path = Shown::path(&problem.path);
                terminal.error(format_args!("{path}: {}", problem.cause), Some(problem.cause.remedy()));
                return Ok(Exit::Unreadable);
            }
        };
        let step = Availability::from_schema(STEP).map_err(|error| Failure::Impossible(error.to_string()))?;
        let availability = contexts.names().into_iter().fold(step, Availability::context);
        let value = parse(&self.expression, &availability).and_then(|read| read.evaluate(&contexts));
        match value {
            Ok(value) => {
                terminal.print(value.to_json())?;
                Ok(Exit::Done)
            }
            Err(error) => {
                terminal.error(error.report(&self.expression), self.next(&error));
                Ok(Exit::Usage)
            }
        }
    }

    /// What the file of contexts says; why it cannot be read.
    fn contexts(&self) -> Result<Result<Contexts, Problem>, Failure> {
        let Some(path) = &self.context else {
            return contexts("", "{}").map(Ok);
        };
        // Never opens what does not end, such as a pipe.
        let content = match Disk.read(path, MAX_CONTEXTS) {
            Ok(content) => content,
            Err(error) => return Ok(Err(Problem::new(path, error))),
        };
        let name = Shown::path(path).to_string();
        let text =
            String::from_utf8(content).map_err(|_| Failure::Usage(format!("{name}: it is not UTF-8")))?;
        contexts(&name, text.strip_prefix('\u{feff}').unwrap_or(&text)).map(Ok)
    }

    /// What to do about the mistakes that are made here and not in workflows.
    fn next(&self, error: &ExpressionError) -> Option<&'static str> {
        use towpath_migrate::expression::Kind;
        match error.kind() {
            Kind::UnexpectedSymbol(_) if self.expression.trim_start().starts_with("${{") => {
                Some("leave out ${{ and }}")
            }
            Kind::UnrecognizedNamedValue(_) => {
                Some("correct the name, or put a context of that name into the file of --context")
            }
            _ => None,
        }
    }
}

fn contexts(name: &str, text: &str) -> Result<Contexts, Failure> {
    Contexts::from_json(text).map_err(|error| Failure::Usage(format!("{name}: {error}")))
}
