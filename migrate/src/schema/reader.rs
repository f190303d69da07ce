//! Reads the files of this folder.
//!
//! A line is a definition, and goes on in lines that begin with two spaces. `#` begins a comment, `%` what the schema says
//! about itself.
//!
//! ```text
//! NAME null|boolean|number [FLAG...] [@ CONTEXT...]
//! NAME string [=CONSTANT] [FLAG...] [@ CONTEXT...]
//! NAME values TEXT...
//! NAME sequence ITEM
//! NAME mapping [KEY:VALUE|KEY!:VALUE...] [*KEY:VALUE] [FLAG...] [@ CONTEXT...]
//! NAME one-of NAME... [FLAG...] [@ CONTEXT...]
//! ```
//!
//! `!` is a required key, `*` what other keys are. Flags are `+non-empty`, `+expression`, `+ignore-case` and `+coerce-raw`.

use super::contexts::ContextSet;
use super::definition::{Definition, DefinitionId, Kind, Loose, Mapping, Property, PropertyId, Shape, Text};
use super::{Candidates, Schema, Source};
use crate::expression::{Availability, SchemaError};

/// A file of ours that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum FileError {
    /// A line is not in the form.
    #[error("failed to read the definition {0}: {1}")]
    Form(&'static str, &'static str),
    /// A definition is named that is not there, or twice.
    #[error("failed to find the definition {0} exactly once")]
    Name(&'static str),
    /// There is more of something than fits.
    #[error("failed to keep all {0}")]
    TooMany(&'static str),
    /// A word is neither a context nor a function.
    #[error(transparent)]
    Context(#[from] SchemaError),
}

/// The definitions that every schema has, and what the runner makes them (TemplateSchema.cs).
const BUILT_IN: &str = "\
null null
boolean boolean
number number
string string
sequence sequence any
mapping mapping *string:any
any one-of null boolean number string sequence mapping
";

/// Reads a schema.
pub(super) fn read(text: &'static str) -> Result<Schema, FileError> {
    let mut schema = Schema::default();
    let mut lines = Vec::new();
    for line in definitions(BUILT_IN).into_iter().chain(definitions(text)) {
        match line.name.strip_prefix('%') {
            Some("version") => schema.version = line.words.first().copied().unwrap_or_default(),
            Some(_) => schema.sources.push(source(&line)?),
            None => lines.push(line),
        }
    }
    name(&mut schema, &lines)?;
    for line in &lines {
        let definition = Line { schema: &mut schema, name: line.name }.definition(&line.words)?;
        schema.definitions.push(definition);
    }
    lay_out(&mut schema)?;
    make_available(&mut schema)?;
    Ok(schema)
}

/// A line and those that it goes on in.
struct Words {
    name: &'static str,
    words: Vec<&'static str>,
}

fn definitions(text: &'static str) -> Vec<Words> {
    let mut found: Vec<Words> = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let mut words = line.split(' ').filter(|word| !word.is_empty());
        match found.last_mut() {
            Some(last) if line.starts_with("  ") => last.words.extend(words),
            _ => {
                let name = words.next().unwrap_or_default();
                found.push(Words { name, words: words.collect() });
            }
        }
    }
    found
}

/// `%source REPOSITORY PATH (VERSION)`
fn source(line: &Words) -> Result<Source, FileError> {
    let wrong = FileError::Form(line.name, "a source is a repository, a path and a version");
    let [repository, path, version @ ..] = line.words.as_slice() else { return Err(wrong) };
    let version = version.iter().map(|word| word.trim_matches(['(', ')'])).collect::<Vec<_>>().join(" ");
    Ok(Source { repository, path, version })
}

/// Gives each its id first: definitions refer to later ones.
fn name(schema: &mut Schema, lines: &[Words]) -> Result<(), FileError> {
    for (index, line) in lines.iter().enumerate() {
        let id = u16::try_from(index).map_err(|_| FileError::TooMany("definitions"))?;
        schema.names.push((line.name, DefinitionId(id)));
    }
    schema.names.sort_unstable();
    let twice = schema.names.windows(2).find_map(|pair| match pair {
        [(a, _), (b, _)] if a == b => Some(*a),
        _ => None,
    });
    twice.map_or(Ok(()), |name| Err(FileError::Name(name)))
}

/// A line being read.
struct Line<'a> {
    schema: &'a mut Schema,
    name: &'static str,
}

impl Line<'_> {
    fn wrong(&self, why: &'static str) -> FileError {
        FileError::Form(self.name, why)
    }

    fn named(&self, name: &'static str) -> Result<DefinitionId, FileError> {
        self.schema.named(name).ok_or(FileError::Name(name))
    }

    fn definition(mut self, words: &[&'static str]) -> Result<Definition, FileError> {
        let mut halves = words.split(|word| *word == "@");
        let (words, contexts) = (halves.next().unwrap_or_default(), halves.next().unwrap_or_default());
        let (kind, words) = words.split_first().ok_or_else(|| self.wrong("it has no kind"))?;
        let (flags, words): (Vec<_>, Vec<_>) = words.iter().copied().partition(|word| word.starts_with('+'));
        let raw = flags.contains(&"+coerce-raw");
        let kind = match *kind {
            "null" => Kind::Null,
            "boolean" => Kind::Boolean,
            "number" => Kind::Number,
            "string" => Kind::String(self.text(&words, &flags)?),
            "values" => Kind::AllowedValues(words),
            "sequence" => match words.as_slice() {
                [item] => Kind::Sequence(self.named(item)?),
                _ => return Err(self.wrong("a sequence has one kind of item")),
            },
            "mapping" => Kind::Mapping(self.mapping(&words)?),
            "one-of" => {
                Kind::OneOf(words.into_iter().map(|word| self.named(word)).collect::<Result<_, _>>()?)
            }
            _ => return Err(self.wrong("nothing is known of its kind")),
        };
        let contexts = self.contexts(contexts)?;
        Ok(Definition { name: self.name, kind, contexts, raw, shape: Shape::NOTHING })
    }

    fn text(&self, words: &[&'static str], flags: &[&str]) -> Result<Text, FileError> {
        let constant = match words {
            [] => None,
            [word] => Some(word.strip_prefix('=').ok_or_else(|| self.wrong("a constant begins with ="))?),
            _ => return Err(self.wrong("text has one constant")),
        };
        Ok(Text {
            constant,
            ignore_case: flags.contains(&"+ignore-case"),
            require_non_empty: flags.contains(&"+non-empty"),
            is_expression: flags.contains(&"+expression"),
        })
    }

    fn mapping(&mut self, words: &[&'static str]) -> Result<Mapping, FileError> {
        let mut mapping = Mapping::default();
        for word in words {
            let (key, value) = word.split_once(':').ok_or_else(|| self.wrong("a key has a value"))?;
            let value = self.named(value)?;
            if let Some(key) = key.strip_prefix('*') {
                mapping.loose = Some(Loose { key: self.named(key)?, value });
                continue;
            }
            let name = key.strip_suffix('!').unwrap_or(key);
            mapping.properties.push(Property { id: self.next()?, name, value, required: name != key });
        }
        let mut sorted: Vec<_> =
            (0_u16..).zip(&mapping.properties).map(|(place, property)| (property.name, place)).collect();
        sorted.sort_unstable();
        mapping.sorted = sorted.into_iter().map(|(_, place)| place).collect();
        Ok(mapping)
    }

    fn next(&mut self) -> Result<PropertyId, FileError> {
        let id = PropertyId(self.schema.properties);
        self.schema.properties = id.0.checked_add(1).ok_or(FileError::TooMany("properties"))?;
        Ok(id)
    }

    fn contexts(&mut self, words: &[&'static str]) -> Result<ContextSet, FileError> {
        words.iter().try_fold(ContextSet::NONE, |set, word| {
            let known = &mut self.schema.words;
            let index = known.iter().position(|other| other == word).unwrap_or_else(|| {
                known.push(word);
                known.len() - 1
            });
            if index < ContextSet::CAPACITY {
                Ok(set.with(ContextSet::word(index)))
            } else {
                Err(FileError::TooMany("contexts"))
            }
        })
    }
}

/// Lays each definition's alternatives out.
fn lay_out(schema: &mut Schema) -> Result<(), FileError> {
    let shapes: Vec<_> = schema.definitions.iter().map(|definition| shape(schema, definition)).collect();
    for (definition, shape) in schema.definitions.iter_mut().zip(shapes) {
        if shape.mappings.len() > Candidates::CAPACITY {
            return Err(FileError::TooMany("mappings"));
        }
        definition.shape = shape;
    }
    Ok(())
}

fn shape(schema: &Schema, definition: &Definition) -> Shape {
    let mut shape = Shape::NOTHING;
    let mut seen = Vec::new();
    let mut open = vec![definition];
    while let Some(definition) = open.pop() {
        match &definition.kind {
            Kind::Null => shape.null = true,
            Kind::Boolean => shape.boolean = true,
            Kind::Number => shape.number = true,
            Kind::String(text) => shape.texts.push(*text),
            Kind::AllowedValues(values) => {
                let text = |value: &&'static str| Text { constant: Some(*value), ..Text::default() };
                shape.texts.extend(values.iter().map(text));
            }
            Kind::Sequence(item) => shape.sequence = shape.sequence.or(Some(*item)),
            Kind::Mapping(_) => shape.mappings.extend(schema.named(definition.name)),
            Kind::OneOf(names) if !seen.contains(&definition.name) => {
                seen.push(definition.name);
                open.extend(names.iter().rev().map(|id| schema.definition(*id)));
            }
            Kind::OneOf(_) => {}
        }
    }
    shape
}

/// Goes from each definition to all below it, with what is available there.
fn make_available(schema: &mut Schema) -> Result<(), FileError> {
    let mut seen = Vec::new();
    let mut open: Vec<_> = schema.names.iter().map(|(_, id)| (*id, schema.contexts(*id))).collect();
    while let Some((id, contexts)) = open.pop() {
        // Sets with nothing of their own are found from the definition that they come from.
        let Err(place) = seen.binary_search(&(id, contexts)) else { continue };
        seen.insert(place, (id, contexts));
        if !schema.availabilities.has(contexts) {
            schema.availabilities.add(contexts, availability(schema, contexts)?);
        }
        children(schema.definition(id), |child| open.push((child, contexts.with(schema.contexts(child)))));
    }
    Ok(())
}

fn availability(schema: &Schema, contexts: ContextSet) -> Result<Availability, SchemaError> {
    let words = schema.words.iter().enumerate().filter(|(index, _)| contexts.has(*index));
    Availability::from_schema(words.map(|(_, word)| *word))
}

fn children(definition: &Definition, mut visit: impl FnMut(DefinitionId)) {
    match &definition.kind {
        Kind::Sequence(item) => visit(*item),
        Kind::OneOf(names) => names.iter().copied().for_each(visit),
        Kind::Mapping(mapping) => {
            mapping.properties.iter().for_each(|property| visit(property.value));
            if let Some(Loose { key, value }) = mapping.loose {
                visit(key);
                visit(value);
            }
        }
        Kind::Null | Kind::Boolean | Kind::Number | Kind::String(_) | Kind::AllowedValues(_) => {}
    }
}
