//! A document as nodes with their bytes in the text, under limits that hostile input cannot pass.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::rc::Rc;

use granit_parser::{ErrorKind, Event, Marker, Parser, ScalarStyle, ScanError, Span, StructureStyle, Tag};

use crate::error::{CannotEdit, Reason};

/// Largest accepted file in bytes.
pub(crate) const MAX_BYTES: usize = 1 << 20;
/// Deepest accepted nesting, aliases counted in; it also bounds every recursion over a tree.
pub(crate) const MAX_DEPTH: usize = 64;
/// Most nodes accepted once aliases are followed: an expanded tree must stay small enough to compare.
pub(crate) const MAX_NODES: usize = 1 << 20;

/// A value or key with the bytes it stands on (anchors and tags are outside of them).
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) span: Range<usize>,
    pub(crate) line: usize,
    pub(crate) column: usize,
    /// Identifies the anchor on this node.
    pub(crate) anchor: Option<usize>,
    /// Whether there is a tag other than `!!str`.
    pub(crate) foreign_tag: bool,
    height: usize,
    weight: usize,
}

/// What a node is.
#[derive(Debug)]
pub(crate) enum Kind {
    Scalar { value: String, style: ScalarStyle },
    Sequence { items: Vec<Rc<Node>> },
    Mapping { flow: bool, pairs: Vec<Pair> },
    Alias(Rc<Node>),
}

/// A key and its value.
pub(crate) type Pair = (Rc<Node>, Rc<Node>);

/// A parsed file.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) root: Option<Rc<Node>>,
    /// Line of the first alias to each anchor.
    pub(crate) aliases: BTreeMap<usize, usize>,
}

impl Node {
    /// The node an alias points to, else the node.
    pub(crate) fn resolved(&self) -> &Node {
        match &self.kind {
            Kind::Alias(target) => target.resolved(),
            _ => self,
        }
    }

    /// The text of a scalar, also through an alias.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.resolved().kind {
            Kind::Scalar { value, .. } => Some(value),
            _ => None,
        }
    }

    /// Whether the value was left out, as in `key:`.
    pub(crate) fn is_absent(&self) -> bool {
        matches!(self.kind, Kind::Scalar { .. }) && self.span.is_empty()
    }

    /// A refusal at this node.
    pub(crate) fn refuse(&self, reason: Reason) -> CannotEdit {
        CannotEdit::new(self.line, self.column, reason)
    }
}

/// Parses one document.
pub(crate) fn parse(text: &str) -> Result<Document, CannotEdit> {
    if text.len() > MAX_BYTES {
        return Err(CannotEdit::file(Reason::TooLarge { size: text.len(), limit: MAX_BYTES }));
    }
    let mut options =
        granit_parser::options! { flow_nesting_limit: MAX_DEPTH, block_nesting_limit: MAX_DEPTH };
    options.set_emit_comments(false);
    let mut builder = Builder::default();
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.map_err(|e| scan_error(text, &e))?;
        builder.take(event, span)?;
    }
    Ok(Document { root: builder.root, aliases: builder.aliases })
}

fn scan_error(text: &str, error: &ScanError) -> CannotEdit {
    let line = error.marker().line();
    let reason = match error.kind() {
        ErrorKind::RecursionLimitExceeded => Reason::TooDeep { limit: MAX_DEPTH },
        _ => not_yaml(text, line, &error.kind().to_string()),
    };
    CannotEdit::new(line, error.marker().col().saturating_add(1), reason)
}

/// Names template syntax as the cause when it stands where parsing stopped.
pub(crate) fn not_yaml(text: &str, line: usize, why: &str) -> Reason {
    let near = text.lines().skip(line.saturating_sub(2)).take(2);
    if near.into_iter().any(|l| l.contains("{{")) {
        Reason::Template
    } else {
        Reason::NotYaml(why.to_owned())
    }
}

/// A collection whose end has not come yet.
struct Open {
    span: Span,
    anchor: usize,
    foreign_tag: bool,
    /// `None` for a sequence, else whether the mapping is in flow style.
    mapping: Option<bool>,
    children: Vec<Rc<Node>>,
}

#[derive(Default)]
struct Builder {
    documents: usize,
    open: Vec<Open>,
    root: Option<Rc<Node>>,
    anchors: HashMap<usize, Rc<Node>>,
    aliases: BTreeMap<usize, usize>,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), CannotEdit> {
        match event {
            Event::DocumentStart(..) => self.start_document(&span),
            Event::Scalar(value, style, anchor, tag) => {
                let kind = Kind::Scalar { value: value.into_owned(), style };
                self.add(kind, span, anchor, is_foreign(tag.as_deref()))
            }
            Event::Alias(id) => {
                let at = refusal_at(span.start);
                self.aliases.entry(id).or_insert(span.start.line());
                let target = self.anchors.get(&id).cloned();
                let target = target
                    .ok_or_else(|| at(Reason::NotYaml("an alias inside of its own anchor".to_owned())))?;
                self.add(Kind::Alias(target), span, 0, false)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.start(span, anchor, is_foreign(tag.as_deref()), None);
                Ok(())
            }
            Event::MappingStart(style, anchor, tag) => {
                let flow = style == StructureStyle::Flow;
                self.start(span, anchor, is_foreign(tag.as_deref()), Some(flow));
                Ok(())
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            _ => Ok(()),
        }
    }

    fn start_document(&mut self, span: &Span) -> Result<(), CannotEdit> {
        self.documents = self.documents.saturating_add(1);
        if self.documents > 1 { Err(refusal_at(span.start)(Reason::SeveralDocuments)) } else { Ok(()) }
    }

    fn start(&mut self, span: Span, anchor: usize, foreign_tag: bool, mapping: Option<bool>) {
        self.open.push(Open { span, anchor, foreign_tag, mapping, children: Vec::new() });
    }

    fn end(&mut self) -> Result<(), CannotEdit> {
        let Some(Open { span, anchor, foreign_tag, mapping, children }) = self.open.pop() else {
            return Ok(());
        };
        let kind = match mapping {
            None => Kind::Sequence { items: children },
            Some(flow) => Kind::Mapping { flow, pairs: pairs(children)? },
        };
        self.add(kind, span, anchor, foreign_tag)
    }

    fn add(&mut self, kind: Kind, span: Span, anchor: usize, foreign_tag: bool) -> Result<(), CannotEdit> {
        let (height, weight) = measure(&kind);
        let refuse = refusal_at(span.start);
        if height > MAX_DEPTH {
            return Err(refuse(Reason::TooDeep { limit: MAX_DEPTH }));
        }
        if weight > MAX_NODES {
            return Err(refuse(Reason::TooManyNodes { limit: MAX_NODES }));
        }
        let bytes = span.byte_range().ok_or_else(|| refuse(Reason::ResultDiffers))?;
        let (line, column) = (span.start.line(), span.start.col().saturating_add(1));
        let node = Rc::new(Node {
            kind,
            span: bytes,
            line,
            column,
            anchor: (anchor != 0).then_some(anchor),
            foreign_tag,
            height,
            weight,
        });
        if anchor != 0 {
            self.anchors.insert(anchor, Rc::clone(&node));
        }
        match self.open.last_mut() {
            Some(parent) => parent.children.push(node),
            None => self.root = Some(node),
        }
        Ok(())
    }
}

fn refusal_at(mark: Marker) -> impl Fn(Reason) -> CannotEdit {
    move |reason| CannotEdit::new(mark.line(), mark.col().saturating_add(1), reason)
}

fn is_foreign(tag: Option<&Tag>) -> bool {
    tag.is_some_and(|tag| !tag.is_yaml_core_schema_tag("str"))
}

/// Height and number of nodes, following aliases.
fn measure(kind: &Kind) -> (usize, usize) {
    let add = |(height, weight): (usize, usize), node: &Rc<Node>| {
        (height.max(node.height), weight.saturating_add(node.weight))
    };
    let (height, weight) = match kind {
        Kind::Scalar { .. } => (0, 0),
        Kind::Alias(target) => add((0, 0), target),
        Kind::Sequence { items } => items.iter().fold((0, 0), add),
        Kind::Mapping { pairs, .. } => pairs.iter().fold((0, 0), |sum, (k, v)| add(add(sum, k), v)),
    };
    (height.saturating_add(1), weight.saturating_add(1))
}

/// Pairs up a mapping's children; refuses a key that is written twice in the same style.
fn pairs(children: Vec<Rc<Node>>) -> Result<Vec<Pair>, CannotEdit> {
    let mut pairs: Vec<Pair> = Vec::with_capacity(children.len().div_ceil(2));
    let mut children = children.into_iter();
    while let (Some(key), Some(value)) = (children.next(), children.next()) {
        pairs.push((key, value));
    }
    let mut seen = HashMap::new();
    for (key, _) in &pairs {
        if let Kind::Scalar { value, style } = &key.kind
            && let Some(first) = seen.insert((value, *style == ScalarStyle::Plain), key.line)
        {
            return Err(key.refuse(Reason::DuplicateKey { key: value.clone(), first }));
        }
    }
    Ok(pairs)
}
