//! Lines and columns.

use super::line_break::BREAKS;

/// A place as GitHub counts: lines and columns from 1, columns in UTF-16 units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// From 1.
    pub line: usize,
    /// From 1.
    pub column: usize,
}

/// Where the lines of a source begin. Made once for a source; a place is found without reading the source again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines {
    starts: Vec<usize>,
    /// How many UTF-16 units there are before each block of the source. Empty where each byte is one.
    units: Vec<usize>,
}

/// How many bytes are counted at most for a place.
const BLOCK: usize = 256;

impl Lines {
    /// Reads them. A line ends with a line feed, a carriage return, or both; with U+0085, U+2028 or U+2029. A byte order mark
    /// belongs to no line.
    #[must_use]
    pub fn of(source: &str) -> Self {
        let first = if source.starts_with('\u{feff}') { 3 } else { 0 };
        let starts = std::iter::once(first);
        // Most sources have no other break.
        let has_line_feeds_only = source.is_ascii() && memchr::memchr(b'\r', source.as_bytes()).is_none();
        let starts = if has_line_feeds_only {
            starts.chain(memchr::memchr_iter(b'\n', source.as_bytes()).map(|at| at + 1)).collect()
        } else {
            starts.chain(behind_breaks(source.as_bytes())).collect()
        };
        Self { starts, units: blocks(source) }
    }

    /// The place of a byte.
    #[must_use]
    pub fn place(&self, source: &str, offset: usize) -> Place {
        let offset = offset.min(source.len());
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        let start = self.starts.get(line - 1).copied().unwrap_or_default();
        let column = self.units_before(source, offset).saturating_sub(self.units_before(source, start)) + 1;
        Place { line, column }
    }

    fn units_before(&self, source: &str, offset: usize) -> usize {
        let Some(before) = self.units.get(offset / BLOCK) else { return offset };
        let block = offset - offset % BLOCK;
        before + units(source.as_bytes().get(block..offset).unwrap_or_default())
    }

    /// The bytes of a line without its end; `None` if there is no such line.
    #[must_use]
    pub fn line<'s>(&self, source: &'s str, line: usize) -> Option<&'s str> {
        let start = *self.starts.get(line.checked_sub(1)?)?;
        let end = self.starts.get(line).copied().unwrap_or(source.len());
        Some(source.get(start..end)?.trim_end_matches(BREAKS))
    }

    /// Where a line begins, in bytes; the end of the source if there is no such line.
    #[must_use]
    pub fn start(&self, source: &str, line: usize) -> usize {
        line.checked_sub(1).and_then(|line| self.starts.get(line)).copied().unwrap_or(source.len())
    }
}

/// The bytes behind each line break.
fn behind_breaks(bytes: &[u8]) -> impl Iterator<Item = usize> {
    let ends_line = |(at, byte): &(usize, &u8)| match byte {
        b'\n' => true,
        b'\r' => bytes.get(at + 1) != Some(&b'\n'),
        // The last byte of U+0085, U+2028 and U+2029.
        0x85 => bytes.get(..*at).is_some_and(|before| before.ends_with(&[0xc2])),
        0xa8 | 0xa9 => bytes.get(..*at).is_some_and(|before| before.ends_with(&[0xe2, 0x80])),
        _ => false,
    };
    bytes.iter().enumerate().filter(ends_line).map(|(at, _)| at + 1)
}

fn blocks(source: &str) -> Vec<usize> {
    if source.is_ascii() {
        return Vec::new();
    }
    let mut before = 0;
    let blocks = source.as_bytes().chunks(BLOCK).map(|block| {
        let here = before;
        before += units(block);
        here
    });
    let mut blocks: Vec<_> = blocks.collect();
    blocks.push(before);
    blocks
}

/// How many UTF-16 units the characters have that begin in these bytes of UTF-8.
fn units(bytes: &[u8]) -> usize {
    let of = |byte: &u8| match byte {
        0x80..0xc0 => 0,
        0xf0.. => 2,
        _ => 1,
    };
    bytes.iter().map(of).sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
        assert_eq!((lines.start(source, 2), lines.start(source, 9)), (9, source.len()));
    }

    fn line_start(before: &str) -> usize {
        before
            .char_indices()
            .rfind(|(_, end)| BREAKS.contains(end))
            .map_or(0, |(at, end)| at + end.len_utf8())
    }

    proptest! {
        #[test]
        fn a_place_is_what_counting_gives(pieces in prop::collection::vec(prop::sample::select(vec!["a", "é", "€", "😀", "\n", "\r", "\r\n", "\u{85}", "\u{2028}", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"]), 0..80)) {
            let source = pieces.concat();
            let lines = Lines::of(&source);
            for (offset, _) in source.char_indices() {
                let before = &source[..offset];
                let ends = before.replace("\r\n", "\n").replace(BREAKS, "\n");
                // A line feed behind a carriage return belongs to the end of its line.
                let is_inside = before.ends_with('\r') && source[offset..].starts_with('\n');
                let line = ends.matches('\n').count() + usize::from(!is_inside);
                let start = if is_inside {
                    line_start(&before[..offset - 1])
                } else {
                    line_start(before)
                };
                let column = source[start..offset].encode_utf16().count() + 1;
                prop_assert_eq!(lines.place(&source, offset), Place { line, column }, "{:?} {}", &source, offset);
            }
        }
    }
}
