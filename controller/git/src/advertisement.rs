//! What a host says its refs are.

use std::collections::BTreeSet;

use towpath_core::id::{CommitId, RefName};
use towpath_engine::ports::{Heads, RepositoryError};

use crate::mirror::Mirror;
use crate::program::Git;

/// Asks the host for these refs, in one advertisement.
pub(crate) fn ask(
    git: &Git,
    mirror: &Mirror,
    url: &str,
    names: &BTreeSet<&RefName>,
) -> Result<Heads, RepositoryError> {
    if names.is_empty() {
        return Ok(Heads::new());
    }
    let mut args = vec!["ls-remote", "--quiet", "--refs", "--", url];
    args.extend(names.iter().map(|name| name.as_str()));
    let finished = git.run(mirror.path(), &args)?;
    if !finished.success() {
        return Err(git.failure("ls-remote", &finished));
    }
    if finished.truncated() {
        return Err(git.unreachable("the host names too many refs that end like those wanted"));
    }
    Ok(parse(&finished.stdout.text(), names))
}

/// Lines of id, tab and name. A pattern matches the end of a name, so that names are compared once more.
fn parse(text: &str, names: &BTreeSet<&RefName>) -> Heads {
    let head = |line: &str| {
        let (id, name) = line.split_once('\t')?;
        let name = RefName::parse(name).ok().filter(|name| names.contains(name))?;
        Some((name, CommitId::parse(id).ok()?))
    };
    text.lines().filter_map(head).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_exact_names_count() {
        let main = RefName::parse("refs/heads/main").unwrap();
        let id = "1".repeat(40);
        let other = "2".repeat(40);
        let text = format!(
            "{other}\trefs/evil/refs/heads/main\n{id}\trefs/heads/main\nnonsense\nx\trefs/heads/main"
        );
        let heads = parse(&text, &BTreeSet::from([&main]));
        assert_eq!(heads.into_iter().collect::<Vec<_>>(), [(main, CommitId::parse(&id).unwrap())]);
    }
}
