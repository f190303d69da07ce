//! From the text of a pattern to its program.

use super::matcher::Program;
use crate::span::Span;
use crate::values::finding::{Finding, Part, whole};

/// One pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    source: String,
    negative: bool,
    program: Program,
}

/// What a pattern is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Names of branches or tags, without `refs/heads/` or `refs/tags/`.
    Reference,
    /// Paths of files from the root of the repository.
    Path,
}

impl Pattern {
    /// As it is written.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether it begins with `!`: what it matches is taken out of what patterns before it put in.
    #[must_use]
    pub const fn is_negative(&self) -> bool {
        self.negative
    }

    /// Whether all of this name is what the pattern says behind its `!`.
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        self.program.matches(name)
    }

    /// Whether no branch or tag can have a name that it matches, as far as that is certain.
    #[must_use]
    pub fn names_no_reference(&self) -> bool {
        let source = self.source.as_str();
        let body = source.strip_prefix('!').unwrap_or(source);
        let is_certain =
            self.is_literal() || body.starts_with("refs/heads/") || body.starts_with("refs/tags/");
        is_certain && !reference_remarks(Part::new(body, 0)).is_empty()
    }

    /// Whether it holds no special character, so that it names one thing.
    #[must_use]
    pub const fn is_literal(&self) -> bool {
        matches!(self.program, Program::Literal(_))
    }
}

const SHEET: &str = "this is no regular expression: *, **, ?, +, [] and a leading ! are all there is";

/// Reads a pattern.
///
/// # Errors
///
/// If GitHub cannot read it. It publishes no words for that.
pub fn parse(text: &str) -> Result<Pattern, Finding> {
    #[cfg(test)]
    crate::work::step();
    let (body, negative) = text.strip_prefix('!').map_or((text, false), |body| (body, true));
    if body.is_empty() {
        let message =
            if negative { "at least one character must follow '!'" } else { "a pattern cannot be empty" };
        return Err(Finding::ours(whole(text), message, "'**' matches everything"));
    }
    let program = match body.bytes().any(|byte| b"*?+[\\".contains(&byte)) {
        true => Reader { text, at: text.len() - body.len(), atom: false, program: Vec::new() }.read()?,
        false => Program::Literal(body.to_owned()),
    };
    Ok(Pattern { source: text.to_owned(), negative, program })
}

/// What one step of a program takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// This character.
    Char(char),
    /// A character within one of these ranges, ends included.
    Class(Vec<(char, char)>),
    /// Any character but `/`.
    NotSlash,
    /// Any character.
    Any,
    /// Goes on at both.
    Split(usize, usize),
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// Whether a quantifier may follow.
    atom: bool,
    program: Vec<Step>,
}

impl Reader<'_> {
    fn read(mut self) -> Result<Program, Finding> {
        while let Some(char) = self.next() {
            match char {
                '*' => self.star(),
                '?' | '+' => self.quantifier(char)?,
                '[' => self.class()?,
                '\\' => self.escape(),
                _ => self.push(Step::Char(char)),
            }
        }
        Ok(Program::Steps(self.program))
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let char = self.peek()?;
        self.at += char.len_utf8();
        Some(char)
    }

    fn eat(&mut self, text: &str) -> bool {
        let eaten = self.rest().starts_with(text);
        self.at += if eaten { text.len() } else { 0 };
        eaten
    }

    fn push(&mut self, step: Step) {
        self.program.push(step);
        self.atom = true;
    }

    /// `*` and `**` take any number; `**/` takes any number of folders, none included.
    fn star(&mut self) {
        let start = self.program.len();
        if self.eat("*/") {
            let any = Step::Split(start + 1, start + 3);
            self.program.extend([Step::Split(start + 1, start + 4), Step::Any, any, Step::Char('/')]);
        } else {
            let taken = if self.eat("*") { Step::Any } else { Step::NotSlash };
            self.program.extend([Step::Split(start + 1, start + 3), taken, Step::Split(start, start)]);
        }
        self.atom = false;
    }

    fn quantifier(&mut self, char: char) -> Result<(), Finding> {
        let last = self.program.len().saturating_sub(1);
        let Some(step) = self.program.pop().filter(|_| self.atom) else {
            let span = Span::new(self.at - 1, self.at);
            let message = format!("'{char}' has no character before it that it could repeat");
            return Err(Finding::ours(
                span,
                message,
                "? and + follow a character, a [] or an escaped character; \\? and \\+ are themselves",
            ));
        };
        match char {
            '?' => self.program.extend([Step::Split(last + 1, last + 2), step]),
            _ => self.program.extend([step, Step::Split(last, last + 2)]),
        }
        self.atom = false;
        Ok(())
    }

    /// A backslash before a special character takes its meaning away; before any other it is itself.
    fn escape(&mut self) {
        let escaped = self.peek().filter(|char| "[?*+\\!".contains(*char));
        self.at += usize::from(escaped.is_some());
        self.push(Step::Char(escaped.unwrap_or('\\')));
    }

    fn class(&mut self) -> Result<(), Finding> {
        let open = self.at - 1;
        let refused = |span, message: String| {
            Err(Finding::ours(span, message, "a [] lists characters and ranges such as [a-z0-9_]"))
        };
        let Some(length) = self.rest().find(']') else {
            return refused(Span::new(open, self.text.len()), "'[' has no ']'".to_owned());
        };
        let content = Part::new(self.text.get(self.at..self.at + length).unwrap_or_default(), self.at);
        self.at = content.span.end + 1;
        if content.text.is_empty() {
            return refused(Span::new(open, self.at), "'[]' lists nothing".to_owned());
        }
        match ranges(content) {
            Ok(ranges) => self.push(Step::Class(ranges)),
            Err((span, message)) => return refused(span, message),
        }
        Ok(())
    }
}

fn ranges(content: Part<'_>) -> Result<Vec<(char, char)>, (Span, String)> {
    let mut ranges = Vec::new();
    let mut chars = content.text.char_indices().peekable();
    while let Some((at, first)) = chars.next() {
        if chars.next_if(|&(_, char)| char == '-').is_none() {
            ranges.push((first, first));
            continue;
        }
        let start = content.span.start + at;
        let Some((_, last)) = chars.next() else {
            return Err((Span::new(start, content.span.end), format!("the range '{first}-' has no end")));
        };
        if first > last {
            let span = Span::new(start, start + first.len_utf8() + 1 + last.len_utf8());
            return Err((span, format!("the range '{first}-{last}' runs backwards")));
        }
        ranges.push((first, last));
    }
    Ok(ranges)
}

impl Pattern {
    /// What makes GitHub accept the pattern although no name can match it, or a character say something else
    /// than it seems.
    #[must_use]
    pub fn remarks(&self, subject: Subject) -> Vec<Finding> {
        let source = self.source.as_str();
        let body = Part::new(source.strip_prefix('!').unwrap_or(source), usize::from(self.negative));
        let mut found = match subject {
            Subject::Reference => reference_remarks(body),
            Subject::Path => path_remarks(body),
        };
        let mut odd = |needle: &str, message: &str| {
            if let Some(at) = source.find(needle) {
                let span = Span::new(at, at + needle.len());
                found.push(Finding::ours(span, message, SHEET).warning());
            }
        };
        odd("{", "'{' stands for itself: braces list nothing here");
        odd("[^", "'^' stands for itself in a []");
        odd("[!", "'!' stands for itself in a []");
        found
    }
}

/// git-check-ref-format: what no branch or tag can hold.
fn reference_remarks(body: Part<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut never = |start: usize, end: usize, what: &str, hint| {
        let span = Span::new(body.span.start + start, body.span.start + end);
        found.push(Finding::ours(span, format!("no branch or tag can {what}"), hint).warning());
    };
    for (at, char) in body.text.char_indices() {
        if matches!(char, ' ' | '\t' | '~' | '^' | ':') {
            never(at, at + 1, &format!("hold '{char}'"), SHEET);
        }
    }
    let length = body.text.len();
    for prefix in ["refs/heads/", "refs/tags/"] {
        if body.text.starts_with(prefix) {
            never(
                0,
                prefix.len(),
                &format!("match with '{prefix}' before it"),
                "names are compared without it",
            );
        }
    }
    if body.text.starts_with('/') {
        never(0, 1, "begin with '/'", SHEET);
    }
    if let Some(at) = certain(body.text, "//") {
        never(at, at + 2, "hold '//'", "one / stands between two names");
    }
    let begins = body.text.starts_with('.') && !body.text.starts_with(".?");
    let hidden = if begins { Some(0) } else { certain(body.text, "/.").map(|at| at + 1) };
    if let Some(at) = hidden {
        never(
            at,
            at + 1,
            "have a name in it that begins with '.'",
            "names are compared as they are, without ./",
        );
    }
    if body.text.ends_with(['/', '.']) && length > 1 {
        never(length - 1, length, "end with '/' or '.'", SHEET);
    }
    found
}

/// Where these characters stand in whatever the pattern matches: not within a [], and without ? behind them.
fn certain(pattern: &str, characters: &str) -> Option<usize> {
    let is_plain = !pattern.contains(['[', '\\']);
    let at = pattern.find(characters).filter(|_| is_plain)?;
    let is_optional = pattern.get(at + characters.len()..).is_some_and(|rest| rest.starts_with('?'));
    (!is_optional).then_some(at)
}

/// Paths are as git has them: from the root, with `/`, without `.` and `..`.
fn path_remarks(body: Part<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut never = |span, what: &str, hint| {
        found.push(Finding::ours(span, format!("no path can {what}"), hint).warning());
    };
    for folder in body.split(&['/']) {
        if matches!(folder.text, "." | "..") {
            never(
                folder.span,
                &format!("hold the folder '{}'", folder.text),
                "paths begin at the root of the repository, without ./",
            );
        }
    }
    if let Some(at) = certain(body.text, "//") {
        let start = body.span.start + at;
        never(Span::new(start, start + 2), "hold '//'", "one / stands between two names");
    }
    if body.text.starts_with('/') {
        let span = Span::new(body.span.start, body.span.start + 1);
        never(span, "begin with '/'", "paths begin at the root of the repository, without /");
    }
    if body.text.ends_with('/') && body.text.len() > 1 {
        never(
            Span::new(body.span.end - 1, body.span.end),
            "end with '/'",
            "a folder with all that is in it is folder/**",
        );
    }
    if body.text.trim().len() != body.text.len() {
        never(
            body.span,
            "match with white space around it, unless it is called so",
            "take the white space away",
        );
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_name_can_hold_is_told() {
        for (pattern, of_reference, of_path) in [
            ("a//b", &["//"][..], &["//"][..]),
            ("./x", &["."], &["."]),
            ("a/.b", &["."], &[]),
            ("a//?b", &[], &[]),
            ("a[/]/b", &[], &[]),
            (".b", &["."], &[]),
            (".?b", &[], &[]),
            ("a/.?b", &[], &[]),
            ("a/b", &[], &[]),
        ] {
            let parsed = parse(pattern).unwrap();
            let told = |subject| {
                let found = parsed.remarks(subject);
                found.iter().map(|finding| finding.span.of(pattern).to_owned()).collect::<Vec<_>>()
            };
            assert_eq!(told(Subject::Reference), of_reference, "{pattern}");
            assert_eq!(told(Subject::Path), of_path, "{pattern}");
        }
    }
}
