//! Which part of a context a path names.

use super::catalogue::FeatureId;

/// A step of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Segment<'a> {
    /// A name, or an index.
    Name(&'a str),
    /// `*`
    All,
}

/// A part of a path of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Name(&'static str),
    /// `*`
    All,
    /// A name that somebody chose.
    Any,
}

/// A path of the table.
#[derive(Debug)]
struct Pattern {
    steps: Vec<Step>,
    /// Whether what is below is the same feature.
    is_open: bool,
    feature: FeatureId,
}

/// The paths of the table, those with more names first.
#[derive(Debug, Default)]
pub(super) struct Contexts(Vec<Pattern>);

impl Contexts {
    /// Below the paths of payloads is what GitHub's API has there; below the others is nothing but what is named.
    pub(super) fn new(
        known: Vec<(&'static str, FeatureId)>,
        payloads: Vec<(&'static str, FeatureId)>,
    ) -> Self {
        let known = known.into_iter().map(|(path, feature)| pattern(path, feature, false));
        let payloads = payloads.into_iter().map(|(path, feature)| pattern(path, feature, true));
        let mut patterns: Vec<_> = known.chain(payloads).collect();
        // Nothing is below a text: `github.sha.x` is null, and about github.sha.
        let leaves: Vec<_> =
            patterns.iter().map(|pattern| !patterns.iter().any(|other| is_below(pattern, other))).collect();
        for (pattern, is_leaf) in patterns.iter_mut().zip(leaves) {
            pattern.is_open |= is_leaf;
        }
        patterns.sort_by_key(|pattern| std::cmp::Reverse((pattern.steps.len(), names(pattern))));
        Self(patterns)
    }

    pub(super) fn find(&self, path: &[Segment<'_>]) -> Option<FeatureId> {
        // They stand by length, and a longer one does not fit.
        let first = self.0.partition_point(|pattern| pattern.steps.len() > path.len());
        let longest = self.0.iter().skip(first).find(|pattern| {
            let fits = |(step, segment): (&Step, &Segment<'_>)| match (step, segment) {
                (Step::Any, _) => true,
                (Step::Name(known), Segment::Name(name)) => known.eq_ignore_ascii_case(name),
                (Step::All, segment) => *segment == Segment::All,
                (Step::Name(_), Segment::All) => false,
            };
            let (steps, segments) = (pattern.steps.len(), path.len());
            (steps == segments || (steps < segments && pattern.is_open))
                && pattern.steps.iter().zip(path).all(fits)
        });
        longest.map(|pattern| pattern.feature)
    }
}

fn pattern(path: &'static str, feature: FeatureId, is_open: bool) -> Pattern {
    let step = |step: &'static str| match step {
        "*" => Step::All,
        step if step.starts_with('<') => Step::Any,
        step => Step::Name(step),
    };
    Pattern { steps: path.split('.').map(step).collect(), is_open, feature }
}

fn is_below(pattern: &Pattern, other: &Pattern) -> bool {
    other.steps.len() > pattern.steps.len() && other.steps.starts_with(&pattern.steps)
}

fn names(pattern: &Pattern) -> usize {
    pattern.steps.iter().filter(|step| **step != Step::Any).count()
}
