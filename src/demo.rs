//! `towpath demo`, and the QA that it runs as processes.

use std::io::{self, IsTerminal as _, Write};
use std::sync::{Arc, Mutex, PoisonError};

use anstream::{AutoStream, ColorChoice};
use clap::Args;
use towpath_local::demo::{DemoError, Look, Options, QaResult, qa, run, stable};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal::Terminal;

/// Play the main job on this machine, with nothing to install but git.
///
/// Four releases go through dev, staging and production of a small web service, in half a minute: one goes to
/// production, one goes back in staging, one goes back in production, and a fix goes all the way. Repository, ledger,
/// QA processes and measured requests are real; the command says what stands in for Argo CD and Prometheus.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  towpath demo
  towpath demo --keep")]
pub(crate) struct Demo {
    /// Keep the repository and the documents for exploring, and say where they are
    #[arg(long)]
    keep: bool,
    /// Print lines only, also on a terminal
    #[arg(long)]
    plain: bool,
    /// Print, at the end, what is the same in every run, act by act; for the documentation
    #[arg(long, hide = true, conflicts_with = "keep")]
    stable: bool,
}

/// Test the demo's service, as the local host runs QA.
#[derive(Debug, Args)]
pub(crate) struct DemoQa {
    /// The address of the service
    #[arg(long, value_name = "URL", env = "TOWPATH_PARAM_URL")]
    url: String,
}

impl Demo {
    /// Plays the demo.
    pub(crate) fn run(self, terminal: &mut Terminal) -> Result<Exit, Failure> {
        let program = std::env::current_exe()?;
        let stdout = io::stdout();
        let dumb = std::env::var("TERM").is_ok_and(|terminal| terminal == "dumb");
        let look = Look {
            live: stdout.is_terminal() && !dumb && !self.plain && !self.stable,
            colour: AutoStream::choice(&stdout) != ColorChoice::Never && !self.stable,
        };
        let options = Options { keep: self.keep, look, program };
        let paper = Paper::default();
        let result = match self.stable {
            true => run(&options, Box::new(paper.clone())),
            false => run(&options, Box::new(stdout)),
        };
        match result {
            Ok(()) if self.stable => terminal.print(stable(&paper.text()))?,
            Ok(()) => {}
            Err(DemoError::Output(error)) => return Err(Failure::Output(error)),
            Err(error) => {
                terminal.error(error, None);
                return Ok(Exit::Error);
            }
        }
        Ok(Exit::Done)
    }
}

impl DemoQa {
    /// Tests the service and answers by the exit codes of QA commands; any code but 0 and 1 is no verdict.
    pub(crate) fn run(self, terminal: &mut Terminal) -> Result<Exit, Failure> {
        let mut found = Vec::new();
        let result = qa(&self.url, &|name| std::env::var(name).ok(), &mut found);
        terminal.print(String::from_utf8_lossy(&found))?;
        Ok(match result {
            QaResult::Passed => Exit::Done,
            QaResult::Failed => Exit::Error,
            QaResult::Error => Exit::Stuck,
        })
    }
}

/// What was written so far, to be read at the end.
#[derive(Debug, Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Paper {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
