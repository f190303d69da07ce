//! `towpath demo`: the main job in one process, with nothing to install but git.
//!
//! A temporary bare repository is made from `environments/`, and the local host works on it as `towpath reconcile
//! --local` would, through the same documents, ledger, QA processes and addresses. What a team has besides Towpath is
//! played by threads: a web service in each environment, its users, and stand-ins for Argo CD and Prometheus that
//! report what those services really do. No verdict is written down anywhere: all come from measured requests.

mod argo;
mod bare;
mod bell;
mod catalog;
mod documents;
mod ending;
mod load;
mod play;
mod prometheus;
mod qa;
mod screen;
mod service;
mod signals;
mod stage;
mod steps;
mod story;
mod thread;
mod transcript;
mod web;

use std::fmt::Display;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use tempfile::TempDir;

use bell::Bell;
use play::Play;
use screen::Screen;
use signals::Interrupt;
use stage::{Stage, USERS};
use story::Story;

pub use qa::{QaResult, qa};
pub use screen::Look;
pub use transcript::stable;

/// What a person may choose about the demo.
#[derive(Debug, Clone)]
pub struct Options {
    /// Whether the folder stays when it is over.
    pub keep: bool,
    /// How it is shown.
    pub look: Look,
    /// The towpath program, which QA runs as `PROGRAM demo-qa`.
    pub program: PathBuf,
}

/// Why the demo did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// Something around it does not work: this machine, or the git program.
    #[error("failed to {what}: {why}")]
    Setup {
        /// What was tried.
        what: String,
        /// Why it failed.
        why: String,
    },
    /// Something that has to happen did not.
    #[error("failed to see what has to happen: waited {seconds}s for {what}; {why}")]
    Missed {
        /// What was waited for.
        what: String,
        /// For how long.
        seconds: u64,
        /// What the host says is in the way.
        why: String,
    },
    /// Somebody wants it to end.
    #[error("stopped by a signal; nothing is left behind")]
    Interrupted,
    /// The output is closed or full.
    #[error("failed to write the output: {0}")]
    Output(io::Error),
}

impl DemoError {
    fn setup(what: String, why: impl Display) -> Self {
        Self::Setup { what, why: why.to_string() }
    }
}

/// Plays the demo and writes it to `out`. Everything it made is gone afterwards, unless it is to be kept and came to
/// its end.
pub fn run(options: &Options, out: Box<dyn Write + Send>) -> Result<(), DemoError> {
    let started = Instant::now();
    let bell = Bell::default();
    let interrupt = Interrupt::listen(&bell)?;
    let screen = Arc::new(Screen::new(out, options.look));
    let folder = tempfile::Builder::new().prefix("towpath-demo-").tempdir();
    let folder = folder.map_err(|e| DemoError::setup("make a temporary folder".to_owned(), e))?;
    screen.print(&introduction());
    {
        let stage = Stage::set(folder.path(), &options.program, &bell)?;
        let narrator = stage::share(Story::new(Arc::clone(&screen), started));
        let redrawn = stage.show(&screen, &narrator)?;
        let mut play = Play::open(folder.path(), narrator, &screen, &bell, &interrupt)?;
        play.perform()?;
        drop(redrawn);
        screen.print(&ending::ending(&mut play, folder.path())?);
    }
    if options.keep {
        keep(folder, &options.program, &screen)?;
    }
    screen.take_error().map_or(Ok(()), |error| Err(DemoError::Output(error)))
}

fn introduction() -> String {
    let [dev, staging, production] = USERS;
    format!(
        "Towpath promotes a small web service through dev, staging and production, on this machine.\n\
         Git, the ledger, QA and the requests are real: {dev} a second in dev, {staging} in staging, {production} in\n\
         production. Two threads are stand-ins: one deploys what the branch says, as Argo CD would, and\n\
         one counts the service's answers, as Prometheus would. The documents are those of environments/\n\
         with shorter times. The columns: seconds, act (acts overlap), who or where, what.\n\n"
    )
}

/// Leaves the folder for exploring, and says how.
fn keep(folder: TempDir, program: &Path, screen: &Screen) -> Result<(), DemoError> {
    documents::write_afterlife(folder.path(), program)?;
    let path = folder.keep();
    let (dir, bare) = (path.display(), path.join(documents::BARE));
    screen.print(&format!(
        "\nKept in {dir}. The services are gone, so towpath.yaml takes the branch's word for what is live. Try:\n\n\
         \x20 towpath status --local {dir}\n\
         \x20 towpath why --local {dir} production\n\
         \x20 towpath history --local {dir} -n 20\n\
         \x20 towpath ledger show --local {dir}\n\
         \x20 towpath hold --local {dir} --reason \"trying it out\"\n\
         \x20 git -C {} log main\n",
        bare.display()
    ));
    Ok(())
}
