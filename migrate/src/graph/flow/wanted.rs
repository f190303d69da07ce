//! What a download gets of what is uploaded in the same run.

use super::artifact::{Artifact, ArtifactUse, Match};
use super::shape::Shape;
use crate::values::glob::{self, Pattern};
use crate::values::uses::Pin;

/// What a download wants, its patterns read once for all uploads.
pub(in crate::graph) struct Wanted<'a, 'd> {
    artifact: &'a Artifact<'d>,
    /// Of each leg; none where all is wanted.
    wishes: Vec<Wish<'a>>,
}

enum Wish<'a> {
    Name(&'a Shape),
    Like {
        /// `None` where it is not understood.
        pattern: Option<Pattern>,
        /// What begins and ends as the pattern does.
        bounds: Shape,
    },
}

/// What is more than a letter in a pattern of the action, beside [`ANY`]. They are those of minimatch, which agree with
/// GitHub's filters where there is nothing but that.
const SPECIAL: [char; 11] = ['?', '+', '@', '!', '[', ']', '{', '}', '(', ')', '\\'];
const ANY: char = '*';

/// The first version of the actions that stores artifacts where those before do not look, nor the other way round
/// (actions/download-artifact, release v4.0.0).
const SECOND_STORE: u32 = 4;

impl<'d> Artifact<'d> {
    /// Whether this download gets what that upload stores, of the same run.
    #[must_use]
    pub fn gets(&self, upload: &Self) -> Match {
        self.wanted().gets(upload)
    }

    pub(in crate::graph) fn wanted(&self) -> Wanted<'_, 'd> {
        let wishes = match self.name {
            Some(_) => self.names.iter().map(Wish::Name).collect(),
            None => self.patterns.iter().map(Wish::like).collect(),
        };
        Wanted { artifact: self, wishes }
    }
}

impl Wanted<'_, '_> {
    /// Whether it gets what an upload stores, of the same run.
    pub(in crate::graph) fn gets(&self, upload: &Artifact<'_>) -> Match {
        let Artifact { usage, is_of_other_run, version, .. } = *self.artifact;
        if is_of_other_run || usage == ArtifactUse::Upload || upload.usage == ArtifactUse::Download {
            return Match::No;
        }
        self.finds(upload).max(share_a_store(version, upload.version))
    }

    /// Whether what an upload stores has a name that is wanted.
    fn finds(&self, upload: &Artifact<'_>) -> Match {
        let mut found = self.wishes.iter().map(|wish| wish.finds(&upload.names));
        let Some(first) = found.next() else { return Match::Yes };
        // What one leg gets, another one may not.
        let found = found.fold(first, |all, one| if one == all { all } else { Match::Maybe });
        // The same words may stand for the same text, whatever it is.
        let is_open = upload.names.iter().any(|name| name.text().is_none());
        if is_open && self.artifact.name.is_some() && self.artifact.name == upload.name {
            return Match::Yes;
        }
        found
    }

    /// How much it takes to compare an upload: names of legs, and steps of patterns.
    pub(in crate::graph) fn work(&self, upload: &Artifact<'_>) -> usize {
        let letters: usize = upload.names.iter().map(Shape::len).sum();
        let work = self.wishes.iter().map(|wish| match wish {
            Wish::Like { pattern: Some(pattern), .. } => pattern.source().len() * letters,
            Wish::Like { pattern: None, .. } | Wish::Name(_) => upload.names.len(),
        });
        work.sum()
    }
}

impl<'a> Wish<'a> {
    fn like(shape: &'a Shape) -> Self {
        let is_plain = |text: &&str| !text.contains(SPECIAL);
        let pattern = shape.text().filter(is_plain).and_then(|text| glob::parse(text).ok());
        Self::Like { pattern, bounds: bounds(shape) }
    }

    /// Whether one of the legs of an upload stores what is wanted; the name is not known where there is none.
    fn finds(&self, names: &[Shape]) -> Match {
        let found = names.iter().map(|name| name.bounded(self.is(name)));
        found.min().unwrap_or(Match::Maybe)
    }

    fn is(&self, name: &Shape) -> Match {
        match (self, name.text()) {
            (Self::Name(wanted), _) => wanted.is(name),
            (Self::Like { pattern: Some(pattern), .. }, Some(text)) if pattern.matches(text) => Match::Yes,
            (Self::Like { pattern: Some(_), .. }, Some(_)) => Match::No,
            (Self::Like { bounds, .. }, _) => bounds.is(name),
        }
    }
}

/// The letters at both ends of a pattern. One that begins with `!` or `#` is another thing altogether.
fn bounds(pattern: &Shape) -> Shape {
    let is_special = |letter| letter == ANY || SPECIAL.contains(&letter);
    if let Some(text) = pattern.text().filter(|text| !text.contains(is_special)) {
        return Shape::whole(text);
    }
    let (start, end) = pattern.ends();
    if start.is_empty() || start.starts_with(['!', '#']) {
        return Shape::between("", "");
    }
    let start = start.split(is_special).next().unwrap_or_default();
    Shape::between(start, end.rsplit(is_special).next().unwrap_or_default())
}

/// Whether both versions of the actions keep artifacts in the same place.
fn share_a_store(one: &str, other: &str) -> Match {
    let is_second = |version| match Pin::of(version) {
        Pin::Version { major, .. } => Some(major >= SECOND_STORE),
        Pin::Commit | Pin::ShortCommit | Pin::Name => None,
    };
    match (is_second(one), is_second(other)) {
        (Some(one), Some(other)) if one == other => Match::Yes,
        (Some(_), Some(_)) => Match::No,
        _ => Match::Maybe,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Graph;
    use crate::model::Workflow;
    use crate::read::{Limits, read_workflow};

    const OS: &str = "{os: [a, b]}";
    const SOME: &str = "{os: '${{ fromJSON(vars.OS) }}'}";

    /// A job that uses an action with this input, in legs.
    fn job((action, version): (&str, &str), matrix: &str, with: &str) -> String {
        let strategy =
            if matrix.is_empty() { String::new() } else { format!("strategy: {{matrix: {matrix}}}, ") };
        format!("{{runs-on: x, {strategy}steps: [{{uses: actions/{action}@{version}, with: {{{with}}}}}]}}")
    }

    fn met((upload, download): (String, String)) -> Match {
        let source = format!("on: push\njobs:\n  up: {upload}\n  down: {download}\n");
        let document = read_workflow(source.as_str(), &Limits::default());
        let workflow = Workflow::of(&document);
        assert_eq!(workflow.all_problems().next(), None, "{source}");
        let flow = Graph::of(&workflow).flow();
        flow.artifacts[1].gets(&flow.artifacts[0])
    }

    #[test]
    fn names_are_those_of_the_legs() {
        for (up, stored, down, wanted, expected) in [
            (OS, "bin-${{ matrix.os }}", "", "name: docs", Match::No),
            (OS, "bin-${{ matrix.os }}", "", "name: bin-a", Match::Yes),
            (OS, "bin-${{ matrix.os }}", "", "name: bin-c", Match::No),
            (OS, "bin-${{ matrix.os }}", "", "pattern: 'docs-*'", Match::No),
            (OS, "bin-${{ matrix.os }}", "", "pattern: '*-b'", Match::Yes),
            (OS, "bin-${{ matrix.os }}", "", "pattern: 'b?n-[ab]'", Match::Maybe),
            (OS, "bin-${{ matrix.os }}", "", "path: x", Match::Yes),
            (OS, "bin-${{ matrix.os }}", OS, "name: 'bin-${{ matrix.os }}'", Match::Yes),
            (OS, "bin-${{ matrix.os }}", "{os: [c]}", "name: 'bin-${{ matrix.os }}'", Match::No),
            (OS, "bin-${{ matrix.os }}", "{os: [a, c]}", "name: 'bin-${{ matrix.os }}'", Match::Maybe),
            (OS, "bin-${{ matrix.os }}", OS, "pattern: '*-${{ matrix.os }}'", Match::Yes),
            (OS, "bin", "", "name: bin", Match::Yes),
            (OS, "${{ 'bin' }}", "", "name: bin", Match::Yes),
            // Of a part that is not known, what is around it is.
            (OS, "bin-${{ matrix.os }}-${{ github.sha }}", "", "name: bin-b-1", Match::Maybe),
            (OS, "bin-${{ matrix.os }}-${{ github.sha }}", "", "name: bin-c-1", Match::No),
            (SOME, "bin-${{ matrix.os }}", "", "name: bin-a", Match::Maybe),
            (SOME, "bin-${{ matrix.os }}", "", "name: docs", Match::No),
            (SOME, "bin-${{ matrix.os }}", "", "pattern: 'docs-*'", Match::No),
            (SOME, "bin-${{ matrix.os }}", "", "pattern: '!docs-*'", Match::Maybe),
            (SOME, "bin-${{ matrix.os }}", "", "pattern: '{bin,docs}-*'", Match::Maybe),
            (SOME, "bin-${{ matrix.os }}", SOME, "name: 'bin-${{ matrix.os }}'", Match::Yes),
            (SOME, "${{ matrix.os }}-bin", "", "name: x-docs", Match::No),
            (SOME, "${{ matrix.os }}-bin", "", "pattern: '*-docs'", Match::No),
            (SOME, "${{ matrix.os }}-bin", "", "name: '${{ github.sha }}-docs'", Match::No),
            (SOME, "ab${{ matrix.os }}bc", "", "name: abc", Match::No),
            (SOME, "ab${{ matrix.os }}bc", "", "name: abbc", Match::Maybe),
            ("{os: [a], exclude: [{os: '${{ vars.OS }}'}]}", "${{ matrix.os }}", "", "name: a", Match::Maybe),
            (
                "{os: [a], include: '${{ fromJSON(vars.OS) }}'}",
                "${{ matrix.os }}",
                "",
                "name: b",
                Match::Maybe,
            ),
        ] {
            let up_job = job(
                ("upload-artifact", "v4"),
                up,
                &format!("path: x, name: '{}'", stored.replace('\'', "''")),
            );
            let met = met((up_job, job(("download-artifact", "v4"), down, wanted)));
            assert_eq!(met, expected, "{stored} of {up}, {wanted} of {down}");
        }
    }

    #[test]
    fn versions_of_one_store_see_each_other() {
        const COMMIT: &str = "1af3b93b6815bc44a9784bd300feb67ff0d1eeb3";
        for (up, down, expected) in [
            ("v4", "v3", Match::No),
            ("v3", "v4", Match::No),
            ("v3.1.2", "v4.0.0", Match::No),
            ("v3", "v2", Match::Yes),
            ("v4", "v5", Match::Yes),
            ("v4.6.2", "v7", Match::Yes),
            (COMMIT, "v4", Match::Maybe),
            ("v4", "main", Match::Maybe),
        ] {
            let (upload, download) = (("upload-artifact", up), ("download-artifact", down));
            for with in ["name: art", "path: x"] {
                let found = met((job(upload, "", "path: x, name: art"), job(download, "", with)));
                assert_eq!(found, expected, "{up}, {down}, {with}");
            }
            let found = met((job(upload, "", "path: x, name: art"), job(download, "", "name: other")));
            assert_eq!(found, Match::No, "{up}, {down}");
        }
    }

    /// What is stored is compared with what is wanted leg by leg.
    #[test]
    fn names_of_legs_are_bounded() {
        let numbers: Vec<_> = (0..256).map(|number| number.to_string()).collect();
        let matrix = format!("{{n: [{}]}}", numbers.join(", "));
        let step = "{uses: actions/upload-artifact@v4, with: {path: x, name: 'bin-${{ matrix.n }}'}}";
        let steps = vec![step; 200].join(", ");
        let source = format!(
            "on: push\njobs:\n  a: {{runs-on: x, strategy: {{matrix: {matrix}}}, steps: [{steps}]}}\n"
        );
        let document = read_workflow(source.as_str(), &Limits::default());
        let workflow = Workflow::of(&document);
        let flow = Graph::of(&workflow).flow();
        let count: usize = flow.artifacts.iter().map(|artifact| artifact.names.len()).sum();
        assert_eq!(count, 128 * 256 + (200 - 128));
    }
}
