//! Finds an image's fields in a document and refuses what cannot be edited safely.

use std::ops::Range;
use std::rc::Rc;

use granit_parser::ScalarStyle;

use crate::error::{CannotEdit, Reason};
use crate::quote::{Style, is_word};
use crate::target::{Field, KeyPath, Target};
use crate::tree::{self, Document, Kind, Node, Pair};

/// A value on one line and the bytes it is written with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar {
    /// The value, quotes and escapes resolved; a number as it is written.
    pub value: String,
    /// The bytes in the file, with quotes, without anchor and tag.
    pub raw: String,
    /// Where the bytes are in the file.
    pub span: Range<usize>,
    /// The line, counted from 1.
    pub line: usize,
    /// The column in characters, counted from 1.
    pub column: usize,
}

/// One step from a document's root to a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Key(String),
    Item(usize),
}

/// The place of one field, whether it is there or not.
#[derive(Debug, Clone)]
pub(crate) struct Slot {
    pub(crate) field: Field,
    pub(crate) key: String,
    /// The way to the mapping that has, or would have, the key.
    pub(crate) path: Vec<Step>,
    pub(crate) parent: Rc<Node>,
    pub(crate) pair: Option<Pair>,
    pub(crate) scalar: Option<Scalar>,
    /// Keys of the same mapping after which this key is best inserted, best first.
    pub(crate) siblings: Vec<String>,
}

/// An image's fields in a document.
#[derive(Debug)]
pub(crate) struct Located {
    /// Line of the entry, counted from 1.
    pub(crate) line: usize,
    pub(crate) slots: Vec<Slot>,
}

impl Located {
    /// The place of a field; `None` when the target does not declare it.
    pub(crate) fn slot(&self, field: Field) -> Option<&Slot> {
        self.slots.iter().find(|slot| slot.field == field)
    }

    /// A field's value.
    pub(crate) fn scalar(&self, field: Field) -> Option<&Scalar> {
        self.slot(field)?.scalar.as_ref()
    }
}

/// Finds the fields.
pub(crate) fn locate(text: &str, target: &Target) -> Result<Located, CannotEdit> {
    let document = tree::parse(text)?;
    let finder = Finder { text, document: &document };
    match target {
        Target::Kustomization { image } => finder.kustomization(image),
        Target::HelmValues { repository, tag, digest } => {
            let paths = [(Field::Name, repository), (Field::Tag, tag), (Field::Digest, digest)];
            let paths: Vec<_> = paths.into_iter().filter_map(|(f, p)| Some((f, p.as_ref()?))).collect();
            finder.values(&paths)
        }
    }
}

struct Finder<'a> {
    text: &'a str,
    document: &'a Document,
}

impl Finder<'_> {
    fn kustomization(&self, image: &str) -> Result<Located, CannotEdit> {
        let root = self.root()?;
        let Some((key, images)) = self.lookup(&root, "images")? else {
            return Err(root.refuse(Reason::NoImages { image: image.to_owned() }));
        };
        self.check_own("images", &images)?;
        let items = match &images.kind {
            Kind::Sequence { items } => items.as_slice(),
            _ if images.is_absent() => &[],
            _ => return Err(images.refuse(Reason::ImagesNotAList)),
        };
        let Some((position, entry)) = find_entry(items, image)? else {
            return Err(key.refuse(Reason::NotListed { image: image.to_owned() }));
        };
        self.check_own("the entry", &entry)?;
        let path = vec![Step::Key("images".to_owned()), Step::Item(position)];
        let siblings: [(Field, &str, &[&str]); 3] = [
            (Field::Name, "newName", &["name"]),
            (Field::Tag, "newTag", &["newName", "name", "digest"]),
            (Field::Digest, "digest", &["newTag", "newName", "name"]),
        ];
        let slots = siblings.iter().map(|(field, key, siblings)| {
            let siblings = siblings.iter().map(|&s| s.to_owned()).collect();
            self.slot(*field, key, path.clone(), &entry, siblings)
        });
        Ok(Located { line: entry.line, slots: slots.collect::<Result<_, _>>()? })
    }

    fn values(&self, paths: &[(Field, &KeyPath)]) -> Result<Located, CannotEdit> {
        check_distinct(paths)?;
        let mut slots = Vec::new();
        for (field, path) in paths {
            let parent = self.descend(path)?;
            let beside = |other: Field| {
                let found = paths.iter().find(|(f, p)| *f == other && p.parents() == path.parents());
                found.map(|(_, p)| p.key().to_owned())
            };
            let order = match field {
                Field::Digest => [Field::Tag, Field::Name],
                Field::Name | Field::Tag => [Field::Name, Field::Digest],
            };
            let siblings = order.into_iter().filter_map(beside).collect();
            let steps = path.parents().iter().cloned().map(Step::Key).collect();
            slots.push(self.slot(*field, path.key(), steps, &parent, siblings)?);
        }
        let entry = [Field::Tag, Field::Digest, Field::Name];
        let entry = entry.iter().find_map(|field| slots.iter().find(|slot| slot.field == *field));
        Ok(Located { line: entry.map_or(1, |slot| slot.parent.line), slots })
    }

    /// The mapping that the path's last key belongs to.
    fn descend(&self, path: &KeyPath) -> Result<Rc<Node>, CannotEdit> {
        let mut mapping = self.root()?;
        for key in path.parents() {
            let Some((_, next)) = self.lookup(&mapping, key)? else {
                let reason = Reason::PathMissing { path: path.to_string(), key: key.clone() };
                return Err(mapping.refuse(reason));
            };
            self.check_own(key, &next)?;
            mapping = next;
        }
        if !matches!(mapping.kind, Kind::Mapping { .. }) {
            let what = path.parents().last().map_or("the document", String::as_str).to_owned();
            return Err(mapping.refuse(Reason::NotAMapping { what }));
        }
        Ok(mapping)
    }

    fn root(&self) -> Result<Rc<Node>, CannotEdit> {
        let reason = Reason::NotAMapping { what: "the document".to_owned() };
        match &self.document.root {
            Some(root) if matches!(root.kind, Kind::Mapping { .. }) => Ok(Rc::clone(root)),
            Some(root) => Err(root.refuse(reason)),
            None => Err(CannotEdit::file(reason)),
        }
    }

    /// Finds a key in a mapping without merge keys.
    fn lookup(&self, mapping: &Node, key: &str) -> Result<Option<Pair>, CannotEdit> {
        let Kind::Mapping { pairs, .. } = &mapping.kind else {
            return Err(mapping.refuse(Reason::NotAMapping { what: format!("the value around {key}") }));
        };
        if let Some((merge, _)) = pairs.iter().find(|(k, _)| is_merge_key(k)) {
            return Err(merge.refuse(Reason::MergeKey));
        }
        let mut found = pairs.iter().filter(|(k, _)| k.text() == Some(key));
        let Some(first) = found.next() else { return Ok(None) };
        match found.next() {
            None => Ok(Some(first.clone())),
            Some((second, _)) => {
                Err(second.refuse(Reason::DuplicateKey { key: key.to_owned(), first: first.0.line }))
            }
        }
    }

    /// Refuses a value that is, or is shared with, something elsewhere in the file.
    fn check_own(&self, key: &str, node: &Node) -> Result<(), CannotEdit> {
        if matches!(node.kind, Kind::Alias(_)) {
            return Err(node.refuse(Reason::Alias { key: key.to_owned() }));
        }
        match node.anchor.and_then(|anchor| self.document.aliases.get(&anchor)) {
            Some(&used) => Err(node.refuse(Reason::SharedAnchor { key: key.to_owned(), used })),
            None => Ok(()),
        }
    }

    fn slot(
        &self,
        field: Field,
        key: &str,
        path: Vec<Step>,
        parent: &Rc<Node>,
        siblings: Vec<String>,
    ) -> Result<Slot, CannotEdit> {
        let pair = self.lookup(parent, key)?;
        let scalar = match &pair {
            None => None,
            Some((_, value)) if field == Field::Name => Some(self.name(key, value)?),
            Some((_, value)) => Some(self.editable(key, value)?),
        };
        Ok(Slot { field, key: key.to_owned(), path, parent: Rc::clone(parent), pair, scalar, siblings })
    }

    /// A name is only read, so aliases and long forms are fine.
    fn name(&self, key: &str, node: &Node) -> Result<Scalar, CannotEdit> {
        match node.text() {
            Some(value) if !node.is_absent() => Ok(self.scalar(node, value)),
            _ => Err(node.refuse(Reason::NotText { key: key.to_owned() })),
        }
    }

    fn editable(&self, key: &str, node: &Node) -> Result<Scalar, CannotEdit> {
        self.check_own(key, node)?;
        if self.text.get(node.span.clone()).is_some_and(|raw| raw.contains("{{")) || self.opens_template(node)
        {
            return Err(node.refuse(Reason::Template));
        }
        let Kind::Scalar { value, style } = &node.kind else {
            return Err(node.refuse(Reason::NotText { key: key.to_owned() }));
        };
        let scalar = self.scalar(node, value);
        if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) || scalar.raw.contains(['\n', '\r']) {
            return Err(node.refuse(Reason::NotOneLine { key: key.to_owned() }));
        }
        let bare_word = Style::of(&scalar.raw) == Style::Plain && is_word(&scalar.raw);
        if node.foreign_tag || scalar.raw.is_empty() || bare_word {
            return Err(node.refuse(Reason::NotText { key: key.to_owned() }));
        }
        Ok(scalar)
    }

    /// Whether what YAML takes for a flow mapping is the start of a template.
    fn opens_template(&self, node: &Node) -> bool {
        self.text.get(node.span.start..).is_some_and(|rest| rest.starts_with("{{"))
    }

    fn scalar(&self, node: &Node, value: &str) -> Scalar {
        Scalar {
            value: value.to_owned(),
            raw: self.text.get(node.span.clone()).unwrap_or_default().to_owned(),
            span: node.span.clone(),
            line: node.line,
            column: node.column,
        }
    }
}

fn is_merge_key(key: &Node) -> bool {
    key.text() == Some("<<")
}

/// Finds the only item with the image's name.
fn find_entry(items: &[Rc<Node>], image: &str) -> Result<Option<(usize, Rc<Node>)>, CannotEdit> {
    let mut found: Option<(usize, Rc<Node>)> = None;
    for (position, item) in items.iter().enumerate() {
        let Kind::Mapping { pairs, .. } = &item.resolved().kind else { continue };
        let mut names = pairs.iter().filter(|(key, _)| key.text() == Some("name")).peekable();
        let merge = pairs.iter().find(|(key, _)| is_merge_key(key));
        if let (None, Some((merge, _))) = (names.peek(), merge) {
            return Err(merge.refuse(Reason::MergeKey));
        }
        if !names.any(|(_, name)| name.text() == Some(image)) {
            continue;
        }
        if let Some((_, first)) = &found {
            return Err(item.refuse(Reason::ListedTwice { image: image.to_owned(), first: first.line }));
        }
        found = Some((position, Rc::clone(item)));
    }
    Ok(found)
}

fn check_distinct(paths: &[(Field, &KeyPath)]) -> Result<(), CannotEdit> {
    for (position, (_, first)) in paths.iter().enumerate() {
        if let Some((_, second)) =
            paths.iter().skip(position.saturating_add(1)).find(|(_, p)| p.overlaps(first))
        {
            let reason = Reason::PathsOverlap { first: first.to_string(), second: second.to_string() };
            return Err(CannotEdit::file(reason));
        }
    }
    Ok(())
}
