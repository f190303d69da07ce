//! What a job calls.

use super::{JobUses, Repository};
use crate::span::Span;
use crate::values::finding::{Author, Finding, Part};

const JOB_FORMS: &str = "write owner/repo/.github/workflows/file.yml@ref, ./.github/workflows/file.yml or \
                         $/.github/workflows/file.yml";

/// Reads the `uses` of a job.
///
/// # Errors
///
/// With the text of GitHub's editor, if it names no workflow.
pub fn job(text: &str) -> Result<JobUses<'_>, Finding> {
    if text.is_empty() {
        return Err(Finding::unexpected(text, JOB_FORMS));
    }
    let invalid = |fault: Fault| {
        let message = format!("Invalid workflow reference '{text}': {}", fault.why);
        Finding::github(fault.span, message, fault.hint)
    };
    if let Some(path) = text.strip_prefix("./") {
        return local(Part::new(path, 2)).map(JobUses::Local).map_err(invalid);
    }
    if let Some(path) = text.strip_prefix("$/") {
        // The editor's words for `./`: those for `$/` are not published.
        let ours = |fault| Finding { author: Author::Towpath, ..invalid(fault) };
        return local(Part::new(path, 2)).map(JobUses::SelfRepository).map_err(ours);
    }
    called(Part::new(text, 0)).map(JobUses::Repository).map_err(invalid)
}

struct Fault {
    span: Span,
    why: String,
    hint: &'static str,
}

fn fault(span: Span, why: impl Into<String>, hint: &'static str) -> Fault {
    Fault { span, why: why.into(), hint }
}

const FOLDERS: [&str; 2] = [".github/workflows/", ".github/workflows-lab/"];

fn local(path: Part<'_>) -> Result<Part<'_>, Fault> {
    if !FOLDERS.iter().any(|folder| path.text.starts_with(folder)) {
        return Err(fault(
            path.span,
            "local workflow references must be rooted in '.github/workflows'",
            JOB_FORMS,
        ));
    }
    if let Some(at) = path.text.find('@') {
        let span = Span::new(path.span.start + at, path.span.end);
        return Err(fault(
            span,
            "cannot specify version when calling local workflows",
            "leave the @ref away: it is this commit",
        ));
    }
    file_extension(path)?;
    top_level(path)?;
    file_name(path)?;
    Ok(path)
}

fn called(text: Part<'_>) -> Result<Repository<'_>, Fault> {
    let unversioned = |span| fault(span, "no version specified", "add @ and a branch, tag or commit");
    let (path, reference) = text.cut('@').ok_or_else(|| unversioned(text.span))?;
    if let Some((_, rest)) = reference.cut('@') {
        let span = Span::new(rest.span.start - 1, rest.span.end);
        return Err(fault(span, "too many '@' in workflow reference", "only one @ may stand in it"));
    }
    if reference.text.is_empty() {
        return Err(unversioned(reference.span));
    }
    let index = FOLDERS.iter().filter_map(|folder| path.text.find(folder)).min();
    let index = index.ok_or_else(|| {
        fault(path.span, "references to workflows must be rooted in '.github/workflows'", JOB_FORMS)
    })?;
    let (repository, file) = path.text.split_at_checked(index).unwrap_or((path.text, ""));
    let (repository, file) =
        (Part::new(repository, path.span.start), Part::new(file, path.span.start + index));
    let (owner, name) = owner_and_name(repository)?;
    reference_name(reference)?;
    top_level(file)?;
    file_extension(file)?;
    file_name(file)?;
    Ok(Repository { owner, name, path: file, reference })
}

fn owner_and_name(repository: Part<'_>) -> Result<(Part<'_>, Part<'_>), Fault> {
    let mut names = repository.split(&['/']).filter(|name| !name.text.is_empty());
    let (Some(owner), Some(name), None) = (names.next(), names.next(), names.next()) else {
        let why = "references to workflows must be prefixed with format 'owner/repository/' or './' for local workflows";
        return Err(fault(repository.span, why, JOB_FORMS));
    };
    let valid =
        |part: Part<'_>| part.text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
    if !valid(owner) {
        return Err(fault(owner.span, "owner name must be a valid repository owner name", NAME_CHARACTERS));
    }
    if !valid(name) {
        return Err(fault(name.span, "repository name is invalid", NAME_CHARACTERS));
    }
    Ok((owner, name))
}

const NAME_CHARACTERS: &str = "letters, digits, '_', '-' and '.' may stand in it";

fn top_level(path: Part<'_>) -> Result<(), Fault> {
    if path.text.split('/').count() == 3 {
        return Ok(());
    }
    let why = "workflows must be defined at the top level of the .github/workflows/ directory";
    Err(fault(path.span, why, "folders below .github/workflows are not looked into"))
}

fn file_extension(path: Part<'_>) -> Result<(), Fault> {
    if path.text.ends_with(".yml") || path.text.ends_with(".yaml") {
        return Ok(());
    }
    let why = "workflow file should have either a '.yml' or '.yaml' file extension";
    Err(fault(path.span, why, "name the file with its extension"))
}

fn file_name(path: Part<'_>) -> Result<(), Fault> {
    match path.text.rsplit('/').next() {
        Some(".yml" | ".yaml") => {
            Err(fault(path.span, "invalid workflow file name", "a name stands before the extension"))
        }
        _ => Ok(()),
    }
}

/// What may not stand in a ref, in the editor's order.
const NOT_IN_REFERENCES: [&str; 11] = ["?", "*", "[", "]", "\\", "~", "^", ":", "@{", "..", "//"];

fn reference_name(reference: Part<'_>) -> Result<(), Fault> {
    const HINT: &str = "git check-ref-format says what a branch or tag may be called";
    let text = reference.text;
    let invalid = |why: String| fault(reference.span, why, HINT);
    for sequence in NOT_IN_REFERENCES {
        if let Some(at) = text.find(sequence) {
            let start = reference.span.start + at;
            let span = Span::new(start, start + sequence.len());
            return Err(fault(span, format!("invalid character '{sequence}' in version"), HINT));
        }
    }
    if text.starts_with(['/', '.']) || text.ends_with(['/', '.']) {
        return Err(invalid("version cannot begin or end with a slash '/' or a dot '.'".to_owned()));
    }
    if text.split('/').any(|component| component.starts_with('.') || component.ends_with(".lock")) {
        return Err(invalid(format!("invalid version: {text}")));
    }
    if text.bytes().any(|byte| byte.is_ascii_control()) {
        return Err(invalid("version cannot have ASCII control characters".to_owned()));
    }
    if text.chars().any(|char| char.is_whitespace() || char == '\u{feff}') {
        return Err(invalid("version cannot have whitespace".to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs() {
        for text in [
            "./.github/workflows/test.yaml",
            "$/.github/workflows/test.yml",
            "./.github/workflows-lab/test.yml",
            "owner/repo/.github/workflows/test.yml@v1",
            "owner/repo/.github/workflows/test.yml@abc123",
            "owner/repo/.github/workflows-lab/test.yml@feature/x",
        ] {
            assert!(job(text).is_ok(), "{text}");
        }
        let Ok(JobUses::Repository(r)) = job("o/r/.github/workflows/t.yml@main") else { panic!() };
        assert_eq!(
            (r.owner.text, r.name.text, r.path.text, r.reference.text),
            ("o", "r", ".github/workflows/t.yml", "main")
        );
    }

    /// From the editor's own tests (languageservices, `validate.workflows.test.ts`), and around them.
    #[test]
    fn refused_jobs_have_the_text_of_the_editor() {
        let extension = "workflow file should have either a '.yml' or '.yaml' file extension";
        let edges = "version cannot begin or end with a slash '/' or a dot '.'";
        for (text, why) in [
            ("owner/repo/.github/workflows/test.yml", "no version specified"),
            ("owner/repo/.github/workflows/test.yml@", "no version specified"),
            ("owner/repo/.github/workflows/test.yml@a@b", "too many '@' in workflow reference"),
            ("./.github/workflows/test.yml@v1", "cannot specify version when calling local workflows"),
            ("$/.github/workflows/test.yml@v1", "cannot specify version when calling local workflows"),
            ("./foo/bar.yml", "local workflow references must be rooted in '.github/workflows'"),
            ("./workflows/test.yml", "local workflow references must be rooted in '.github/workflows'"),
            (
                "./.github/workflows/sub/test.yml",
                "workflows must be defined at the top level of the .github/workflows/ directory",
            ),
            ("./.github/workflows/.yml", "invalid workflow file name"),
            ("owner/repo/test.yml@v1", "references to workflows must be rooted in '.github/workflows'"),
            ("test.yml@v1", "references to workflows must be rooted in '.github/workflows'"),
            (
                "repo/.github/workflows/t.yml@v1",
                "references to workflows must be prefixed with format 'owner/repository/' or './' for local workflows",
            ),
            ("owner/repo/.github/workflows/test.txt@v1", extension),
            ("owner/repo/.github/workflows/test@v1", extension),
            (
                "owner/repo/.github/workflows/a/b.yml@v1",
                "workflows must be defined at the top level of the .github/workflows/ directory",
            ),
            ("owner/repo/.github/workflows/.yaml@v1", "invalid workflow file name"),
            ("owner/repo/.github/workflows/test.yml@v1?", "invalid character '?' in version"),
            ("owner/repo/.github/workflows/test.yml@v1..v2", "invalid character '..' in version"),
            (r"owner/repo/.github/workflows/test.yml@v1\1", r"invalid character '\' in version"),
            ("owner/repo/.github/workflows/test.yml@v1.", edges),
            ("owner/repo/.github/workflows/test.yml@/v1", edges),
            (
                "owner/repo/.github/workflows/test.yml@refs/heads/main.lock",
                "invalid version: refs/heads/main.lock",
            ),
            ("owner/repo/.github/workflows/test.yml@v1 && rm -rf", "version cannot have whitespace"),
            ("owner/repo/.github/workflows/test.yml@v\u{7}1", "version cannot have ASCII control characters"),
            ("owner*/repo/.github/workflows/test.yml@v1", "owner name must be a valid repository owner name"),
            ("owner/repo!name/.github/workflows/test.yml@v1", "repository name is invalid"),
        ] {
            let finding = job(text).unwrap_err();
            assert_eq!(finding.message, format!("Invalid workflow reference '{text}': {why}"));
            assert_eq!(finding.author == Author::Towpath, text.starts_with("$/"), "{text}");
        }
    }
}
