//! Input that ends where it gets too long.

use std::io::{self, Read};

/// How many bytes there may be in all.
const MAX_BYTES: u64 = 2 << 30;

/// How many bytes there may be from one quote to the next: no text of a run is nearly as long.
const MAX_TEXT: usize = 1 << 20;

/// Reads on as long as neither is passed, so that nothing large is ever held in memory.
pub(super) struct Bounded<R> {
    inner: R,
    left: u64,
    /// Bytes since the last quote.
    unquoted: usize,
}

impl<R: Read> Bounded<R> {
    pub(super) const fn new(inner: R) -> Self {
        Self { inner, left: MAX_BYTES, unquoted: 0 }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let read = buffer.get(..count).unwrap_or_default();
        self.left = self.left.checked_sub(count as u64).ok_or_else(|| too_large("it has more than 2 GiB"))?;
        for part in read.split_inclusive(|byte| *byte == b'"') {
            self.unquoted += part.len();
            if self.unquoted > MAX_TEXT {
                return Err(too_large("a text in it has more than 1 MiB"));
            }
            if part.ends_with(b"\"") {
                self.unquoted = 0;
            }
        }
        Ok(count)
    }
}

fn too_large(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bounded: Bounded<&[u8]>) -> Result<usize, String> {
        let mut bounded = bounded;
        io::copy(&mut bounded, &mut io::sink()).map(|count| count as usize).map_err(|error| error.to_string())
    }

    #[test]
    fn long_texts_and_long_files_are_refused() {
        let texts = format!("\"{}\"", "x".repeat(MAX_TEXT - 2)).repeat(3);
        assert_eq!(read(Bounded::new(texts.as_bytes())), Ok(texts.len()));
        let text = format!("\"{}\"", "x".repeat(MAX_TEXT + 1));
        assert_eq!(read(Bounded::new(text.as_bytes())), Err("a text in it has more than 1 MiB".to_owned()));
        let short = Bounded { left: 3, ..Bounded::new(b"1234".as_slice()) };
        assert_eq!(read(short), Err("it has more than 2 GiB".to_owned()));
        let exact = Bounded { left: 4, ..Bounded::new(b"1234".as_slice()) };
        assert_eq!(read(exact), Ok(4));
    }
}
