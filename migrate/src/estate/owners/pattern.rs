//! Patterns of `CODEOWNERS`: those of gitignore, without `!`, `[ ]` and an escaped `#`.

use thiserror::Error;

/// The folder that workflows stand in.
const WORKFLOWS: [&str; 2] = [".github", "workflows"];

/// Why a pattern is none that GitHub takes ("About code owners", "CODEOWNERS syntax").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Unfit {
    /// `!`
    #[error("a pattern cannot begin with !")]
    Negated,
    /// `[ ]`
    #[error("a pattern cannot have [ ]")]
    Range,
    /// `\#`
    #[error("a # cannot be escaped")]
    Escaped,
}

/// Which files a line is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    /// The names of the path, as globs; the first is `**` where it may stand anywhere.
    glob: String,
    /// It is only about what is below folders.
    of_folder: bool,
    /// It is about what it names, and not what is below that: `docs/*`.
    is_flat: bool,
}

impl Pattern {
    /// The pattern at the beginning of a line, and what is behind it.
    pub(super) fn read(line: &str) -> Result<(Self, &str), Unfit> {
        if line.starts_with('!') {
            return Err(Unfit::Negated);
        }
        let mut raw = String::new();
        let mut characters = line.char_indices();
        let mut end = line.len();
        while let Some((at, character)) = characters.next() {
            match character {
                ' ' | '\t' => {
                    end = at;
                    break;
                }
                '[' | ']' => return Err(Unfit::Range),
                '\\' => match characters.next() {
                    Some((_, '#')) => return Err(Unfit::Escaped),
                    Some((_, next)) => quote(next, &mut raw),
                    None => quote('\\', &mut raw),
                },
                '*' | '?' | '/' => raw.push(character),
                other => quote(other, &mut raw),
            }
        }
        Ok((Self::of(&raw), line.get(end..).unwrap_or_default()))
    }

    fn of(raw: &str) -> Self {
        let of_folder = raw.ends_with('/');
        let inner = raw.trim_end_matches('/');
        let is_anchored = inner.contains('/');
        let names = inner.split('/').filter(|name| !name.is_empty()).map(plain_stars);
        let is_anywhere = !is_anchored && !inner.is_empty();
        let names: Vec<_> = is_anywhere.then(|| "**".to_owned()).into_iter().chain(names).collect();
        // `docs/*` is about files in docs alone, but `*` about all there are.
        let is_flat = is_anchored && names.last().is_some_and(|name| name == "*");
        Self { glob: names.join("/"), of_folder, is_flat }
    }

    /// Whether it is about this file.
    pub(super) fn matches(&self, path: &str) -> bool {
        let itself = !self.of_folder && fast_glob::glob_match(&self.glob, path);
        itself || (!self.is_flat && self.is_above(path))
    }

    /// Whether it is about one of the folders above the file.
    fn is_above(&self, path: &str) -> bool {
        let folders = path.match_indices('/').filter_map(|(at, _)| path.get(..at));
        folders.into_iter().any(|folder| fast_glob::glob_match(&self.glob, folder))
    }

    /// Whether it may be about anything in `.github/workflows`: a quick no for most lines of large files.
    pub(super) fn may_be_below_workflows(&self) -> bool {
        let has_star = |name: &str| name.contains(['*', '?']);
        for (name, folder) in self.glob.split('/').zip(WORKFLOWS) {
            match name {
                "" => return false,
                "**" => return true,
                name if has_star(name) => {}
                name if unquoted(name) != folder => return false,
                _ => {}
            }
        }
        true
    }
}

/// Several stars beside other characters are one, in gitignore.
fn plain_stars(name: &str) -> String {
    if name == "**" {
        return name.to_owned();
    }
    let mut plain = String::with_capacity(name.len());
    for character in name.chars() {
        if character != '*' || !plain.ends_with('*') || plain.ends_with("\\*") {
            plain.push(character);
        }
    }
    plain
}

/// A character that stands for itself, for a matcher that knows more than GitHub.
fn quote(character: char, glob: &mut String) {
    if matches!(character, '*' | '?' | '[' | ']' | '{' | '}' | '\\' | '!' | ',') {
        glob.push('\\');
    }
    glob.push(character);
}

fn unquoted(name: &str) -> String {
    name.replace('\\', "")
}
