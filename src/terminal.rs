//! Where a command writes: data to one side, talk to the other.

use std::fmt::Display;
use std::io::{self, IsTerminal as _, Write};

use anstyle::{AnsiColor, Style};

/// The two outputs of a command. Colours are taken out where nobody sees them.
pub(crate) struct Terminal {
    out: Box<dyn Write>,
    err: Box<dyn Write>,
}

const ERROR: Style = AnsiColor::Red.on_default().bold();
const NOTE: Style = AnsiColor::Yellow.on_default();

impl Terminal {
    /// Standard output and standard error.
    pub(crate) fn standard() -> Self {
        Self { out: Box::new(anstream::stdout()), err: Box::new(anstream::stderr()) }
    }

    /// A terminal whose talk goes there, and whose data nobody sees.
    #[cfg(test)]
    pub(crate) fn talking_to(err: Box<dyn Write>) -> Self {
        Self { out: Box::new(io::sink()), err }
    }

    /// Writes data, with a line's end if it has none.
    pub(crate) fn print(&mut self, data: impl Display) -> io::Result<()> {
        let data = data.to_string();
        self.out.write_all(data.as_bytes())?;
        if !data.is_empty() && !data.ends_with('\n') {
            self.out.write_all(b"\n")?;
        }
        self.out.flush()
    }

    /// Writes data as it is made.
    pub(crate) fn stream(&mut self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        let mut out = io::BufWriter::new(&mut self.out);
        write(&mut out)?;
        out.flush()
    }

    /// Writes data as JSON.
    pub(crate) fn json(&mut self, data: &impl serde::Serialize) -> io::Result<()> {
        self.print(serde_json::to_string_pretty(data)?)
    }

    /// Tells the person something. Talk that nobody hears is no error.
    pub(crate) fn say(&mut self, talk: impl Display) {
        writeln!(self.err, "{talk}").unwrap_or_default();
    }

    /// Whether somebody watches the talk, and nothing else goes to the same place.
    pub(crate) fn is_watched() -> bool {
        io::stderr().is_terminal() && !io::stdout().is_terminal()
    }

    /// Shows how far it is, in place of what it showed last; an empty text takes that away.
    pub(crate) fn progress(&mut self, talk: impl Display) {
        write!(self.err, "\r{talk}\x1b[K").and_then(|()| self.err.flush()).unwrap_or_default();
    }

    /// Tells the person something to think about.
    pub(crate) fn note(&mut self, talk: impl Display) {
        self.say(format_args!("{NOTE}note{NOTE:#}: {talk}"));
    }

    /// Tells the person what may be wrong and what to do about it.
    pub(crate) fn warning(&mut self, what: impl Display, next: Option<&str>) {
        self.say(format_args!("{NOTE}warning{NOTE:#}: {what}"));
        if let Some(next) = next {
            self.say(format_args!("  next: {next}"));
        }
    }

    /// Tells the person what went wrong and what to do next.
    pub(crate) fn error(&mut self, what: impl Display, next: Option<&str>) {
        self.say(format_args!("{ERROR}error{ERROR:#}: {what}"));
        if let Some(next) = next {
            self.say(format_args!("  next: {next}"));
        }
    }
}
