//! Where something was found, in a form that outlives edits elsewhere in the file.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;

use sha2::{Digest as _, Sha256};

use super::mask::masked;
use super::own_path::own_path;
use super::sight::{FileAt, Spot};
use super::way::Ways;
use crate::graph::{Actions, Family};
use crate::read::Document;
use crate::span::Span;
use crate::yaml::{Lines, Place};

/// How much of a text counts for its fingerprint, in bytes.
const MAX_TEXT: usize = 4096;

/// Where something was found. The default is the beginning of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Where it begins.
    pub start: Place,
    /// Where it ends; the character there is not in it.
    pub end: Place,
    /// The file, where it is another than the workflow's. Most are not, and there are many marks.
    pub elsewhere: Option<Box<Elsewhere>>,
    /// The way to it by names: `jobs.build.steps[Checkout].uses`.
    pub way: String,
    /// What stays the same as long as it is the same.
    pub fingerprint: Fingerprint,
    /// The fingerprint of the first of those that are equal to it: its own, if it is alone.
    pub first: Fingerprint,
}

/// Another file than the workflow's, in which something was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Elsewhere {
    /// Its name.
    pub file: String,
    /// Its path as the command would show it, where it is of the same repository.
    pub path: Option<String>,
    /// Where the workflow asks for it: where its call, or its step, begins and ends.
    pub asked: Option<(Place, Place)>,
}

impl Default for Mark {
    fn default() -> Self {
        let start = Place { line: 1, column: 1 };
        let (way, fingerprint) = (String::new(), Fingerprint::default());
        Self { start, end: start, elsewhere: None, way, fingerprint, first: fingerprint }
    }
}

impl Mark {
    /// The name of the file, where it is another than the workflow's; `./` for an action at the root.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        let name = self.elsewhere.as_ref().map(|elsewhere| elsewhere.file.as_str());
        name.map(|name| if name.is_empty() { "./" } else { name })
    }

    /// Where the workflow asks for the other file.
    #[must_use]
    pub fn asked(&self) -> Option<(Place, Place)> {
        self.elsewhere.as_ref()?.asked
    }

    /// Where it is found in the workflow that is assessed: itself, or what asks for the other file. `None` where nothing tells.
    #[must_use]
    pub fn in_workflow(&self) -> Option<(Place, Place)> {
        self.asked().or_else(|| self.elsewhere.is_none().then_some((self.start, self.end)))
    }
}

/// What is found again as the same, whatever lines moved: of its rule, the file if it is another, the way by names, and the text with
/// each white space as one. Of equal ones in a workflow the second and later have their number in it. The form is specified in
/// docs/migration/findings.md, since baselines in git hold it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Fingerprint([u8; 16]);

impl Fingerprint {
    /// Of these parts, and of how many equal ones there were before.
    #[must_use]
    pub fn of(rule: &str, file: &str, way: &str, text: &str, before: usize) -> Self {
        let mut hash = Sha256::new();
        let number = before.to_string();
        let words: Vec<_> = cut(text).split_whitespace().collect();
        for part in ["towpath-finding/1", rule, file, way, &words.join(" "), &number] {
            // Only names of the way may have this byte, by an escape: no path, and no text as it is written in YAML.
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(hash.finalize()).for_each(|(byte, from)| *byte = from);
        Self(bytes)
    }
}

/// As hexadecimal digits.
impl fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

/// The part of a text that counts.
fn cut(text: &str) -> &str {
    text.get(..text.floor_char_boundary(MAX_TEXT)).unwrap_or(text)
}

/// A file that things are found in, read once for all its marks.
struct File<'f> {
    source: &'f str,
    lines: Lines,
    ways: Ways<'f>,
    name: Option<String>,
    path: Option<String>,
}

/// The files of a workflow with all that it calls and uses.
struct Files<'f> {
    family: &'f Family<'f>,
    actions: &'f Actions<'f>,
    /// The path of the workflow, where it is known.
    path: Option<&'f str>,
    read: HashMap<FileAt, File<'f>>,
}

/// Makes marks, for one workflow.
pub(super) struct Marks<'f> {
    files: Files<'f>,
    seen: HashMap<Fingerprint, usize>,
}

impl<'f> Marks<'f> {
    pub(super) fn new(family: &'f Family<'f>, actions: &'f Actions<'f>) -> Self {
        Self { files: Files { family, actions, path: None, read: HashMap::new() }, seen: HashMap::new() }
    }

    /// The same of the workflow at this path, so that marks tell those of other files.
    pub(super) fn of(mut self, path: &'f str) -> Self {
        self.files.path = Some(path);
        self
    }

    /// The mark of what a rule found, and of where the workflow asks for it if it stands in another file.
    pub(super) fn mark(&mut self, rule: &str, spot: Spot, asked: Option<Spot>) -> Mark {
        let asked = asked.and_then(|asked| self.files.places(asked));
        let Some(file) = self.files.file(spot.file) else { return Mark::default() };
        let (start, end) = file.places(spot.span);
        let (way, text) = (file.ways.to(spot.span), spot.span.of(file.source));
        let name = file.name.as_deref().unwrap_or_default();
        let of = |before| Fingerprint::of(rule, name, &way, text, before);
        let first = of(0);
        let before = self.seen.entry(first).or_default();
        let fingerprint = if *before == 0 { first } else { of(*before) };
        *before += 1;
        let way = masked(&way).into_owned();
        let elsewhere = file.name.clone().map(|name| {
            let path = file.path.clone();
            Box::new(Elsewhere { file: name, path, asked })
        });
        Mark { start, end, elsewhere, way, fingerprint, first }
    }
}

/// Numbers equal findings anew, each told as its mark and whether somebody has allowed it: those that are allowed come last, so that
/// to allow one, or to take it out, makes no other of the rest. They come in the order in which they were marked.
pub(super) fn number_allowed_last(marks: Vec<(&mut Mark, bool)>) {
    let mut equal: HashMap<Fingerprint, Vec<(&mut Mark, bool)>> = HashMap::new();
    for (mark, is_allowed) in marks {
        equal.entry(mark.first).or_default().push((mark, is_allowed));
    }
    for mut equal in equal.into_values().filter(|equal| equal.len() > 1) {
        let numbered: Vec<_> = equal.iter().map(|(mark, _)| mark.fingerprint).collect();
        equal.sort_by_key(|(_, is_allowed)| *is_allowed);
        for ((mark, _), fingerprint) in equal.into_iter().zip(numbered) {
            mark.fingerprint = fingerprint;
        }
    }
}

impl File<'_> {
    /// Where bytes begin and end.
    fn places(&self, span: Span) -> (Place, Place) {
        let place = |offset| self.lines.place(self.source, offset);
        (place(span.start), place(span.end))
    }
}

impl<'f> Files<'f> {
    fn places(&mut self, spot: Spot) -> Option<(Place, Place)> {
        self.file(spot.file).map(|file| file.places(spot.span))
    }

    fn file(&mut self, at: FileAt) -> Option<&File<'f>> {
        Some(match self.read.entry(at) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let (document, name) = open(self.family, self.actions, at)?;
                let tree = document.tree();
                let (lines, ways) = (Lines::of(tree.source()), Ways::of(tree));
                let path = self.path.and_then(|path| own_path(path, self.family, self.actions, at));
                new.insert(File { source: tree.source(), lines, ways, name, path })
            }
        })
    }
}

/// The document of a file, and its name where it is another than the workflow's.
fn open<'f>(
    family: &'f Family<'f>,
    actions: &'f Actions<'f>,
    at: FileAt,
) -> Option<(&'f Document, Option<String>)> {
    Some(match at {
        FileAt::Workflow(at) => {
            let document = family.graphs.get(at)?.workflow.document;
            (document, (at > 0).then(|| family.file_name(at).to_owned()))
        }
        FileAt::Action(at) => (actions.models.get(at)?.document, Some(actions.folder(at)?.to_string())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_are_as_they_are_specified() {
        // Whoever changes this breaks every baseline in git: the form has a version.
        let of = |text| Fingerprint::of("keep-os", "", "jobs.a.runs-on", text, 0).to_string();
        assert_eq!(of("macos-15"), "17fdea77f5f8d6534ac66d57ce1f741e");
    }

    #[test]
    fn white_space_is_one_and_each_part_counts() {
        let of = Fingerprint::of;
        let first = of("r", "", "a.b", "x  y\n z", 0);
        assert_eq!(first, of("r", "", "a.b", " x y z ", 0));
        for other in [
            of("q", "", "a.b", "x y z", 0),
            of("r", "f", "a.b", "x y z", 0),
            of("r", "", "a.c", "x y z", 0),
            of("r", "", "a.b", "x yz", 0),
            of("r", "", "a.b", "x y z", 1),
        ] {
            assert_ne!(first, other);
        }
    }

    #[test]
    fn of_equal_findings_those_that_are_allowed_are_numbered_last() {
        let of = |text, before| Fingerprint::of("r", "", "a", text, before);
        let mark =
            |text, before| Mark { fingerprint: of(text, before), first: of(text, 0), ..Mark::default() };
        for (allowed, expected) in [
            ([false; 4], [0, 0, 1, 2]),
            ([true, true, false, false], [2, 0, 0, 1]),
            ([false, false, true, false], [0, 0, 2, 1]),
            ([true; 4], [0, 0, 1, 2]),
        ] {
            let mut marks = [mark("x", 0), mark("y", 0), mark("x", 1), mark("x", 2)];
            number_allowed_last(marks.iter_mut().zip(allowed).collect());
            let texts = ["x", "y", "x", "x"].into_iter().zip(expected);
            let expected: Vec<_> = texts.map(|(text, before)| of(text, before)).collect();
            assert_eq!(marks.map(|mark| mark.fingerprint).to_vec(), expected, "{allowed:?}");
        }
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let long = "é".repeat(MAX_TEXT);
        assert_eq!(cut(&long).len(), MAX_TEXT);
        assert_eq!(cut(&format!("a{long}")).len(), MAX_TEXT - 1);
    }
}
