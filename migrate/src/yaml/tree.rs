//! The arena.

use std::collections::HashMap;

use super::decode::{Decoded, decode};
use super::error::SyntaxError;
use super::event::{Event, Events, Properties, ScalarStyle, Shape};
use super::granit::Granit;
use super::last::Last;
use super::mend::{Mended, times};
use super::place::{Lines, Place};
use crate::span::Span;

/// How long a source may be, in bytes: sixteen times what GitHub reads. Places are kept in 32 bits.
pub const MAX_SOURCE: usize = 16 << 20;

/// A node of a [`Tree`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(u32);

impl NodeId {
    /// The first node of a tree.
    pub(crate) const FIRST: Self = Self(0);

    /// Its number, in the order of the source.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text; [`Tree::text`] has it.
    Scalar(ScalarStyle),
    /// A sequence; its items are its children.
    Sequence(Shape),
    /// A mapping; its children are keys and values in turn.
    Mapping(Shape),
    /// What an anchor stands at; `None` where no such anchor is.
    Alias(Option<NodeId>),
}

/// A node: what it is and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node {
    kind: Kind,
    start: u32,
    end: u32,
    /// The first node that is not below this one.
    next: u32,
    text: Text,
    /// Where its tag and anchor are kept, plus one.
    properties: u32,
}

/// Where the text of a scalar is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Text {
    None,
    /// In the source itself.
    Source(u32, u32),
    /// Beside it, since quotes, escapes or folds had to go; and the indentation of a block.
    Decoded(u32, u32, u16),
}

impl Node {
    /// What it is.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Where it stands, without tag and anchor. A scalar has its quotes, or begins with `|` or `>`.
    #[must_use]
    pub const fn span(&self) -> Span {
        Span::new(self.start as usize, self.end as usize)
    }
}

/// A source, its nodes, its comments, and the error that ended the reading, if one did.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tree {
    source: Box<str>,
    nodes: Vec<Node>,
    decoded: String,
    properties: Vec<Properties>,
    roots: Vec<NodeId>,
    comments: Vec<Span>,
    error: Option<SyntaxError>,
    last: Last,
}

impl Tree {
    /// Reads a source, as far as it is YAML.
    #[must_use]
    pub fn read(source: impl Into<Box<str>>) -> Self {
        let source = source.into();
        let built = match Mended::with_other_characters(&source) {
            None => {
                let built = Builder::build(&source, Granit::new(&source));
                if built.error.is_some() { Self::mended(&source, Mended::new(&source), built) } else { built }
            }
            Some(mended) => {
                let built = Builder::build(&source, mended.events(&source));
                Self::mended(&source, mended, built)
            }
        };
        Self { source, ..built }
    }

    /// Reads a source again as long as an error can be mended.
    fn mended(source: &str, mut mended: Mended, mut built: Self) -> Self {
        for _ in 0..times(source) {
            match &built.error {
                Some(error) if mended.mend(error) => {
                    built = Builder::build(source, mended.events(source));
                }
                _ => break,
            }
        }
        built
    }

    /// Reads a source with another parser.
    #[must_use]
    pub fn from_events<'s>(source: &'s str, events: impl Events<'s>) -> Self {
        Self { source: source.into(), ..Builder::build(source, events) }
    }

    /// What was read.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Why the reading ended before the source did.
    #[must_use]
    pub const fn error(&self) -> Option<&SyntaxError> {
        self.error.as_ref()
    }

    /// The root of the first document; `None` if there is none.
    #[must_use]
    pub fn root(&self) -> Option<NodeId> {
        self.roots.first().copied()
    }

    /// The roots of all documents.
    #[must_use]
    pub fn roots(&self) -> &[NodeId] {
        &self.roots
    }

    /// All comments, in the order of the source.
    #[must_use]
    pub fn comments(&self) -> &[Span] {
        &self.comments
    }

    /// How many nodes there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// All nodes, in the order of the source.
    pub fn ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.nodes.len()).filter_map(|index| u32::try_from(index).ok().map(NodeId))
    }

    /// The node of a number.
    #[must_use]
    pub(crate) fn id_at(&self, index: usize) -> Option<NodeId> {
        u32::try_from(index).ok().filter(|_| index < self.nodes.len()).map(NodeId)
    }

    /// A node. An id of another tree gives an empty scalar.
    #[must_use]
    pub fn node(&self, id: NodeId) -> &Node {
        self.nodes.get(id.index()).unwrap_or(&NOTHING)
    }

    /// The text of a scalar; `None` if it is none.
    #[must_use]
    pub fn text(&self, id: NodeId) -> Option<&str> {
        match self.node(id).text {
            Text::None => None,
            Text::Source(start, end) => self.source.get(start as usize..end as usize),
            Text::Decoded(start, end, _) => self.decoded.get(start as usize..end as usize),
        }
    }

    /// The tag and the anchor of a node.
    #[must_use]
    pub fn properties(&self, id: NodeId) -> Option<&Properties> {
        let index = (self.node(id).properties as usize).checked_sub(1)?;
        self.properties.get(index)
    }

    /// Where a node stands with its tag and anchor: the place that GitHub names.
    #[must_use]
    pub fn full_span(&self, id: NodeId) -> Span {
        let span = self.node(id).span();
        let properties = self.properties(id).into_iter();
        let places = properties.flat_map(|read| [read.tag.as_ref(), read.anchor.as_ref()]);
        places.flatten().fold(span, |whole, (_, place)| whole.to(*place))
    }

    /// The place of a byte. Lines are counted anew each time: for one place, not for many.
    #[must_use]
    pub fn place(&self, offset: usize) -> Place {
        Lines::of(&self.source).place(&self.source, offset)
    }

    /// Whether the last node is this one or below it.
    #[must_use]
    pub fn reaches_end(&self, id: NodeId) -> bool {
        self.node(id).next as usize == self.nodes.len()
    }

    /// The items of a sequence, or the keys and values of a mapping in turn; nothing for others.
    #[must_use]
    pub fn children(&self, id: NodeId) -> Children<'_> {
        let end = self.node(id).next;
        Children { tree: self, next: id.0 + 1, end }
    }

    /// The keys of a mapping with their values; nothing for others.
    pub fn pairs(&self, id: NodeId) -> impl Iterator<Item = (NodeId, NodeId)> + '_ {
        let is_mapping = matches!(self.node(id).kind, Kind::Mapping(_));
        let mut children = self.children(id);
        std::iter::from_fn(move || children.next().zip(children.next())).filter(move |_| is_mapping)
    }

    /// The value of the first key with exactly this text.
    #[must_use]
    pub fn value_of(&self, mapping: NodeId, key: &str) -> Option<NodeId> {
        self.pairs(mapping).find(|(name, _)| self.text(*name) == Some(key)).map(|(_, value)| value)
    }

    /// The text of a scalar with the way back to the source, read anew; `None` if it is no scalar.
    #[must_use]
    pub fn decoded(&self, id: NodeId) -> Option<Decoded> {
        let node = self.node(id);
        let Kind::Scalar(style) = node.kind else { return None };
        let indent = if let Text::Decoded(_, _, indent) = node.text { usize::from(indent) } else { 0 };
        Some(decode(&self.source, node.span(), style, indent))
    }

    /// Where a part of a scalar's text stands in the source. An escape or a fold counts as a whole.
    #[must_use]
    pub fn place_in(&self, id: NodeId, part: Span) -> Span {
        match self.node(id).text {
            Text::Source(start, _) => Span::new(start as usize + part.start, start as usize + part.end),
            Text::Decoded(..) => {
                self.last.tell(id, || self.decoded(id), |decoded| decoded.span(part)).unwrap_or_default()
            }
            Text::None => self.node(id).span(),
        }
    }
}

/// What an id of another tree stands for.
const NOTHING: Node = Node {
    kind: Kind::Scalar(ScalarStyle::Plain),
    start: 0,
    end: 0,
    next: 0,
    text: Text::None,
    properties: 0,
};

/// The nodes right below a node.
#[derive(Debug, Clone)]
pub struct Children<'t> {
    tree: &'t Tree,
    next: u32,
    end: u32,
}

impl Iterator for Children<'_> {
    type Item = NodeId;

    fn next(&mut self) -> Option<NodeId> {
        if self.next >= self.end {
            return None;
        }
        let id = NodeId(self.next);
        // A node ends behind itself at least, so this comes to an end whatever the arena holds.
        self.next = self.tree.node(id).next.max(self.next + 1);
        Some(id)
    }
}

/// Makes a tree of events.
struct Builder<'s> {
    source: &'s str,
    tree: Tree,
    /// The collections that are open, the innermost last.
    open: Vec<NodeId>,
    anchors: HashMap<Box<str>, NodeId>,
}

impl<'s> Builder<'s> {
    fn build(source: &'s str, mut events: impl Events<'s>) -> Tree {
        let mut builder = Self { source, tree: Tree::default(), open: Vec::new(), anchors: HashMap::new() };
        if source.len() > MAX_SOURCE {
            let message = format!("the file has more than {MAX_SOURCE} bytes");
            let hint = "GitHub reads a sixteenth of that: split it";
            builder.tree.error = Some(SyntaxError { message, span: Span::new(0, 0), hint });
            return builder.tree;
        }
        while let Some(event) = events.next() {
            match event {
                Ok(event) => builder.add(event),
                Err(error) => {
                    builder.tree.error = Some(error);
                    break;
                }
            }
        }
        builder.close_all();
        builder.tree.comments.sort_unstable_by_key(|comment| comment.start);
        builder.tree
    }

    fn add(&mut self, event: Event<'s>) {
        match event {
            Event::Scalar { text, style, span, indent, properties } => {
                let text = self.keep(&text, span, indent);
                self.node(Kind::Scalar(style), span, text, properties);
            }
            Event::Alias { name, span } => {
                let target = self.anchors.get(name.as_ref()).copied();
                self.node(Kind::Alias(target), span, Text::None, Properties::default());
            }
            Event::SequenceStart { shape, start, properties } => {
                self.collection(Kind::Sequence(shape), start, properties);
            }
            Event::MappingStart { shape, start, properties } => {
                self.collection(Kind::Mapping(shape), start, properties);
            }
            Event::End(end) => self.close(end),
            Event::DocumentStart => self.anchors.clear(),
            Event::DocumentEnd => self.close_all(),
            Event::Comment(span) => self.tree.comments.push(span),
        }
    }

    fn collection(&mut self, kind: Kind, start: usize, properties: Properties) {
        let id = self.node(kind, Span::new(start, start), Text::None, properties);
        self.open.push(id);
    }

    fn node(&mut self, kind: Kind, span: Span, text: Text, properties: Properties) -> NodeId {
        let id = NodeId(short(self.tree.nodes.len()));
        if self.open.is_empty() {
            self.tree.roots.push(id);
        }
        if let Some((name, _)) = &properties.anchor {
            self.anchors.insert(name.clone(), id);
        }
        let properties = if properties.is_empty() {
            0
        } else {
            self.tree.properties.push(properties);
            short(self.tree.properties.len())
        };
        let (start, end) = (short(span.start), short(span.end));
        self.tree.nodes.push(Node { kind, start, end, next: id.0 + 1, text, properties });
        id
    }

    /// Closes the innermost collection; a mapping whose last key has no value yet gets an empty one.
    fn close(&mut self, end: usize) {
        let Some(id) = self.open.pop() else { return };
        let next = short(self.tree.nodes.len());
        if let Some(node) = self.tree.nodes.get_mut(id.index()) {
            node.next = next;
            node.end = short(end).max(node.start);
        }
    }

    /// Closes what an error or the end of a document left open.
    fn close_all(&mut self) {
        while !self.open.is_empty() {
            let end = self.tree.nodes.last().map_or(0, |node| node.end as usize);
            self.close(end);
        }
    }

    /// Keeps a text: as a part of the source if it stands there as it is.
    fn keep(&mut self, text: &str, span: Span, indent: usize) -> Text {
        for inner in [span, Span::new(span.start + 1, span.end.saturating_sub(1))] {
            if indent == 0 && inner.of(self.source) == text && inner.start <= inner.end {
                return Text::Source(short(inner.start), short(inner.end));
            }
        }
        let start = short(self.tree.decoded.len());
        self.tree.decoded.push_str(text);
        let indent = u16::try_from(indent).unwrap_or(u16::MAX);
        Text::Decoded(start, short(self.tree.decoded.len()), indent)
    }
}

/// Bytes and nodes of a source are fewer than 2^32: it has [`MAX_SOURCE`] bytes at most.
fn short(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
