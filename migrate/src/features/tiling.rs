//! The bytes of a file, each in one tile: of its innermost construct, or what stands between.

use super::construct::Construct;
use crate::span::Span;
use crate::yaml::{Kind, Tree};

/// A part of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tile {
    /// Its bytes.
    pub span: Span,
    /// What they are.
    pub kind: TileKind,
    /// The innermost construct that they belong to; `None` outside of all.
    pub construct: Option<u32>,
}

/// What the bytes of a tile are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TileKind {
    /// A key, a value or a part of it, an alias, a tag or an anchor.
    Text,
    /// White space.
    Space,
    /// What YAML needs to tell keys, values and items apart, and documents.
    Punctuation,
    /// A comment.
    Comment,
    /// Nothing that the tree knows: what stands behind an error.
    Unread,
}

/// Lays a file out. The tiles follow each other without gaps, from the first byte to the last.
#[must_use]
pub fn tiles(tree: &Tree, constructs: &[Construct]) -> Vec<Tile> {
    let mut tiles = Vec::new();
    let mut sweep = Sweep { constructs, next: 0, open: Vec::new() };
    let mut at = 0;
    for (span, kind) in leaves(tree) {
        between(tree.source(), Span::new(at, span.start), &mut sweep, &mut tiles);
        sweep.lay(Span::new(span.start.max(at), span.end), kind, &mut tiles);
        at = span.end.max(at);
    }
    between(tree.source(), Span::new(at, tree.source().len()), &mut sweep, &mut tiles);
    tiles
}

/// What has bytes of its own, in the order of the source.
fn leaves(tree: &Tree) -> Vec<(Span, TileKind)> {
    let mut leaves: Vec<_> = tree.comments().iter().map(|span| (*span, TileKind::Comment)).collect();
    for id in tree.ids() {
        if matches!(tree.node(id).kind(), Kind::Scalar(_) | Kind::Alias(_)) {
            leaves.push((tree.node(id).span(), TileKind::Text));
        }
        let read = tree.properties(id).into_iter();
        let properties = read.flat_map(|read| [read.tag.as_ref(), read.anchor.as_ref()]).flatten();
        leaves.extend(properties.map(|(_, span)| (*span, TileKind::Text)));
    }
    leaves.retain(|(span, _)| !span.is_empty());
    leaves.sort_by_key(|(span, _)| (span.start, span.end));
    leaves
}

/// Space and punctuation; what is neither was not read.
fn between(source: &str, span: Span, sweep: &mut Sweep<'_>, tiles: &mut Vec<Tile>) {
    let mut at = span.start;
    let mut rest = span.of(source);
    while let Some(first) = rest.chars().next() {
        let kind = kind(first);
        let length = rest.find(|next| self::kind(next) != kind).unwrap_or(rest.len());
        sweep.lay(Span::new(at, at + length), kind, tiles);
        at += length;
        rest = rest.get(length..).unwrap_or_default();
    }
}

const fn kind(character: char) -> TileKind {
    match character {
        ' ' | '\t' | '\r' | '\n' | '\u{feff}' => TileKind::Space,
        '-' | '?' | ':' | ',' | '[' | ']' | '{' | '}' | '.' => TileKind::Punctuation,
        _ => TileKind::Unread,
    }
}

/// The constructs around a place that only moves on.
struct Sweep<'a> {
    constructs: &'a [Construct],
    next: usize,
    /// Those that are open, the innermost last, with their places in the list.
    open: Vec<(u32, Span)>,
}

impl Sweep<'_> {
    fn lay(&mut self, span: Span, kind: TileKind, tiles: &mut Vec<Tile>) {
        let mut at = span.start;
        while at < span.end {
            let ahead = self.move_to(at);
            let inner = self.open.last();
            let end = span.end.min(ahead).min(inner.map_or(usize::MAX, |(_, inner)| inner.end));
            tiles.push(Tile { span: Span::new(at, end), kind, construct: inner.map(|(index, _)| *index) });
            at = end;
        }
    }

    /// Opens and closes constructs up to a place; tells where the next one begins.
    fn move_to(&mut self, at: usize) -> usize {
        self.open.retain(|(_, open)| open.end > at);
        while let Some(next) = self.constructs.get(self.next) {
            if next.span.start > at {
                return next.span.start;
            }
            if next.span.end > at {
                self.open.extend(u32::try_from(self.next).ok().map(|index| (index, next.span)));
            }
            self.next += 1;
        }
        usize::MAX
    }
}
