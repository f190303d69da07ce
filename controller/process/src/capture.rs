use std::collections::VecDeque;
use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};

/// Which part of a long output is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// The first bytes.
    Head,
    /// The last bytes.
    Tail,
}

/// What a child wrote to one of its pipes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Captured {
    /// The bytes that were kept.
    pub bytes: Vec<u8>,
    /// How many bytes were read and dropped because of the cap.
    pub dropped: u64,
    /// Whether the pipe was closed by all writers; otherwise more may have been on its way.
    pub complete: bool,
}

impl Captured {
    /// The text; bytes that are not UTF-8 are replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

/// A buffer of limited size that counts what it drops.
struct Buffer {
    cap: usize,
    keep: Keep,
    bytes: VecDeque<u8>,
    dropped: u64,
    complete: bool,
}

impl Buffer {
    fn push(&mut self, chunk: &[u8]) {
        let excess = (self.bytes.len() + chunk.len()).saturating_sub(self.cap);
        self.dropped += excess as u64;
        match self.keep {
            Keep::Head => self.bytes.extend(chunk.iter().take(chunk.len() - excess)),
            Keep::Tail => {
                self.bytes.extend(chunk);
                self.bytes.drain(..excess);
            }
        }
    }
}

/// The shared side of a pipe being read: `None` once somebody took the result.
#[derive(Clone)]
pub(crate) struct Capture(Arc<Mutex<Option<Buffer>>>);

impl Capture {
    pub(crate) fn new(cap: usize, keep: Keep) -> Self {
        let buffer = Buffer { cap, keep, bytes: VecDeque::new(), dropped: 0, complete: false };
        Self(Arc::new(Mutex::new(Some(buffer))))
    }

    /// Reads until the end, an error, or until the result was taken.
    pub(crate) fn fill_from(&self, mut pipe: impl Read) {
        let mut chunk = [0; 16 * 1024];
        loop {
            match pipe.read(&mut chunk) {
                Ok(0) => return self.with(|buffer| buffer.complete = true).unwrap_or_default(),
                Ok(n) => {
                    let taken = self.with(|buffer| buffer.push(chunk.get(..n).unwrap_or_default())).is_none();
                    if taken {
                        return;
                    }
                }
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    }

    /// Takes what has been read so far; later bytes are lost.
    pub(crate) fn take(&self) -> Captured {
        let buffer = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        buffer.map_or_else(Captured::default, |b| Captured {
            bytes: b.bytes.into(),
            dropped: b.dropped,
            complete: b.complete,
        })
    }

    fn with<T>(&self, act: impl FnOnce(&mut Buffer) -> T) -> Option<T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).as_mut().map(act)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn captured(cap: usize, keep: Keep, chunks: &[&str]) -> (String, u64) {
        let capture = Capture::new(cap, keep);
        for chunk in chunks {
            capture.with(|b| b.push(chunk.as_bytes())).unwrap();
        }
        let captured = capture.take();
        (captured.text(), captured.dropped)
    }

    #[test]
    fn keeps_one_end_and_counts_the_rest() {
        for (cap, keep, chunks, text, dropped) in [
            (10, Keep::Head, &["abc", "def"][..], "abcdef", 0),
            (4, Keep::Head, &["abc", "def", "ghi"], "abcd", 5),
            (4, Keep::Tail, &["abc", "def", "ghi"], "fghi", 5),
            (4, Keep::Tail, &["abcdefghi"], "fghi", 5),
            (0, Keep::Head, &["abc"], "", 3),
            (0, Keep::Tail, &["abc"], "", 3),
        ] {
            assert_eq!(captured(cap, keep, chunks), (text.to_owned(), dropped), "{cap} {keep:?} {chunks:?}");
        }
    }

    #[test]
    fn reading_stops_once_the_result_was_taken() {
        let capture = Capture::new(10, Keep::Head);
        capture.fill_from(&b"abc"[..]);
        assert_eq!(capture.take(), Captured { bytes: b"abc".to_vec(), dropped: 0, complete: true });
        capture.fill_from(std::io::repeat(b'x')); // would never return
        assert_eq!(capture.take(), Captured::default());
    }
}
