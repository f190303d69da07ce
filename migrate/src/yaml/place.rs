//! Lines and columns.

/// A place as GitHub counts: lines and columns from 1, columns in UTF-16 units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// From 1.
    pub line: usize,
    /// From 1.
    pub column: usize,
}

/// Where the lines of a source begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    /// Reads them. A line ends with a line feed, a carriage return, or both.
    #[must_use]
    pub fn of(source: &str) -> Self {
        let bytes = source.as_bytes();
        let mut starts = vec![if source.starts_with('\u{feff}') { 3 } else { 0 }];
        for (at, byte) in bytes.iter().enumerate() {
            if *byte == b'\n' || (*byte == b'\r' && bytes.get(at + 1) != Some(&b'\n')) {
                starts.push(at + 1);
            }
        }
        Self { starts }
    }

    /// The place of a byte.
    #[must_use]
    pub fn place(&self, source: &str, offset: usize) -> Place {
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        let start = self.starts.get(line - 1).copied().unwrap_or_default();
        let before = source.get(start..offset).unwrap_or_default();
        Place { line, column: before.encode_utf16().count() + 1 }
    }

    /// The bytes of a line without its end; `None` if there is no such line.
    #[must_use]
    pub fn line<'s>(&self, source: &'s str, line: usize) -> Option<&'s str> {
        let start = *self.starts.get(line.checked_sub(1)?)?;
        let end = self.starts.get(line).copied().unwrap_or(source.len());
        Some(source.get(start..end)?.trim_end_matches(['\n', '\r']))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_as_github_does() {
        let source = "\u{feff}a: b\r\n\tc\ré😀x\n";
        let lines = Lines::of(source);
        for (text, line, column) in
            [("a", 1, 1), ("b", 1, 4), ("\tc", 2, 1), ("c", 2, 2), ("é", 3, 1), ("x", 3, 4)]
        {
            let offset = source.find(text).unwrap();
            assert_eq!(lines.place(source, offset), Place { line, column }, "{text}");
        }
        assert_eq!(lines.place(source, source.len()), Place { line: 4, column: 1 });
        assert_eq!(lines.line(source, 1), Some("a: b"));
        assert_eq!(lines.line(source, 2), Some("\tc"));
        assert_eq!(lines.line(source, 4), Some(""));
        assert_eq!((lines.line(source, 0), lines.line(source, 5)), (None, None));
    }
}
