//! What the demo shows: lines that stay, and on a terminal below them a few that are redrawn in place.

use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anstream::adapter::strip_str;

/// How much the place that is written to can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Whether lines may be redrawn in place.
    pub live: bool,
    /// Whether there are colours.
    pub colour: bool,
}

/// The columns of a redrawn line: a longer one would wrap, and could not be redrawn.
const WIDTH: usize = 79;

/// Where the demo writes; any thread may.
pub(super) struct Screen {
    look: Look,
    inner: Mutex<Inner>,
}

struct Inner {
    out: Box<dyn Write + Send>,
    /// The lines in place as they were last drawn.
    drawn: Vec<String>,
    /// The first error; after it nothing is written.
    failed: Option<io::Error>,
}

impl Screen {
    pub(super) fn new(out: Box<dyn Write + Send>, look: Look) -> Self {
        Self { look, inner: Mutex::new(Inner { out, drawn: Vec::new(), failed: None }) }
    }

    /// Whether lines are redrawn in place.
    pub(super) fn live(&self) -> bool {
        self.look.live
    }

    /// Writes lines that stay, above those in place.
    pub(super) fn print(&self, text: &str) {
        let mut inner = self.lock();
        let (above, below) = (erase(&inner.drawn), joined(&inner.drawn));
        let end = if text.ends_with('\n') || text.is_empty() { "" } else { "\n" };
        let text = self.coloured(text);
        inner.write(&format!("{above}{text}{end}{below}"));
    }

    /// Draws the lines in place anew; nothing where that cannot be.
    pub(super) fn redraw(&self, lines: &[String]) {
        let mut inner = self.lock();
        let lines: Vec<String> = lines.iter().map(|line| self.coloured(&fitted(line))).collect();
        if !self.look.live || lines == inner.drawn {
            return;
        }
        let text = format!("{}{}", erase(&inner.drawn), joined(&lines));
        inner.write(&text);
        inner.drawn = lines;
    }

    /// The first error of writing so far, once.
    pub(super) fn take_error(&self) -> Option<io::Error> {
        self.lock().failed.take()
    }

    /// Whether writing has failed: nobody listens any more.
    pub(super) fn failed(&self) -> bool {
        self.lock().failed.is_some()
    }

    fn coloured(&self, text: &str) -> String {
        if self.look.colour { text.to_owned() } else { strip_str(text).to_string() }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn write(&mut self, text: &str) {
        if self.failed.is_none() {
            self.failed = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush()).err();
        }
    }
}

/// Goes to the first of the lines in place and erases from there (ECMA-48: CUU and ED).
fn erase(drawn: &[String]) -> String {
    if drawn.is_empty() { String::new() } else { format!("\u{1b}[{}A\u{1b}[J", drawn.len()) }
}

fn joined(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// The line cut to the width, styles not counted; a line that is cut loses its styles.
fn fitted(line: &str) -> String {
    let plain = strip_str(line).to_string();
    if plain.chars().count() <= WIDTH {
        return line.to_owned();
    }
    plain.chars().take(WIDTH - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<Vec<u8>>>);

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn written(look: Look, act: impl Fn(&Screen)) -> String {
        let paper = Paper::default();
        act(&Screen::new(Box::new(paper.clone()), look));
        let bytes = paper.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    const RED: &str = "\u{1b}[31mred\u{1b}[0m";

    #[test]
    fn lines_that_stay_go_above_those_in_place() {
        let text = written(Look { live: true, colour: true }, |screen| {
            screen.redraw(&["a".to_owned(), "b".to_owned()]);
            screen.redraw(&["a".to_owned(), "b".to_owned()]);
            screen.print(RED);
            screen.redraw(&[]);
        });
        assert_eq!(text, format!("a\nb\n\u{1b}[2A\u{1b}[J{RED}\na\nb\n\u{1b}[2A\u{1b}[J"));
    }

    #[test]
    fn plain_means_no_escapes_and_nothing_in_place() {
        let text = written(Look { live: false, colour: false }, |screen| {
            screen.redraw(&["a".to_owned()]);
            screen.print(RED);
            screen.print("two\nlines\n");
        });
        assert_eq!(text, "red\ntwo\nlines\n");
    }

    #[test]
    fn lines_in_place_never_wrap() {
        let long = format!("{RED}{}", "x".repeat(100));
        let fitted = fitted(&long);
        assert_eq!(fitted.chars().count(), WIDTH);
        assert!(fitted.starts_with("redx") && fitted.ends_with('…'));
    }

    #[test]
    fn a_closed_output_is_told_once() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let screen = Screen::new(Box::new(Closed), Look { live: false, colour: false });
        screen.print("x");
        assert!(screen.failed());
        assert_eq!(screen.take_error().map(|e| e.kind()), Some(io::ErrorKind::BrokenPipe));
        assert!(!screen.failed());
    }
}
