//! The legs of a matrix (runner: WorkflowParser/Conversion/MatrixBuilder.cs, and `ConvertToStrategy` of
//! WorkflowTemplateConverter.cs).
//!
//! Where values, vectors or filters are expressions that mean something else in each run, the legs are known up to these.

mod budget;
mod expand;
mod filter;
mod id;
mod spec;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

pub(crate) use budget::Budget;
pub use id::{IdBuilder, leg_name};

use super::world::Known;
use crate::expression::Value;
use crate::read::{Document, Problem, TokenId};

/// How many legs one matrix may have on GitHub (docs: "A matrix will generate a maximum of 256 jobs per workflow run").
pub const MAX_LEGS: usize = 256;

/// What is said of a matrix with more legs than that. GitHub's words are not published.
pub(crate) fn too_many() -> String {
    format!("the matrix has more than {MAX_LEGS} legs, and GitHub starts no more")
}

/// What is said of a matrix that was not expanded in full.
pub(crate) const CUT: &str =
    "the matrix has more combinations than are looked at, so not all of its legs are known";

/// Jobs with matrices of a million combinations each, all of which are excluded by what stands last.
#[cfg(test)]
pub(crate) fn hostile(jobs: usize) -> String {
    let keys = ["a", "b", "c", "d", "e", "f"];
    let axes: String = keys.iter().map(|key| format!("{key}: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], ")).collect();
    let none: String = keys.iter().map(|key| format!("{key}: 11, ")).collect();
    let exclude = format!("{}{{a: {{}}}}", format!("{{{none}}}, ").repeat(20));
    let job = |at| {
        format!(
            "  j{at}: {{runs-on: x, strategy: {{matrix: {{{axes}exclude: [{exclude}]}}}}, steps: [{{run: x}}]}}\n"
        )
    };
    format!("on: push\njobs:\n{}", (0..jobs).map(job).collect::<String>())
}

/// An expression of a matrix whose value nobody knows before the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// The scalar that it stands in.
    pub token: TokenId,
    /// What it says, without `${{` and `}}`.
    pub expression: Box<str>,
}

/// An unknown of a matrix, by its place in [`Legs::unknowns`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UnknownId(pub(super) u32);

impl UnknownId {
    /// Its place.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// Expressions on which something depends.
pub type Unknowns = BTreeSet<UnknownId>;

/// A value of a matrix, and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// What it is.
    pub value: CellValue,
    /// Where it stands; for what an expression gives, where the expression does.
    pub token: TokenId,
}

/// A value as far as it is known.
#[derive(Debug, Clone, PartialEq)]
pub enum CellValue {
    /// It is this one, with its type: `3.10` is the number 3.1.
    Known(Value),
    /// It depends on these.
    Unknown(Unknowns),
    /// One leg for each value that this expression gives; there is one at least.
    Each(UnknownId),
}

/// What a matrix comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum Expansion {
    /// These legs, in all runs.
    Exact(Legs),
    /// These legs but for what depends on [`Legs::unknowns`].
    UpTo(Legs),
    /// All of it is an expression, or its keys are.
    Dynamic(Unknown),
}

impl Expansion {
    /// Whether there are more legs than GitHub starts, in all runs.
    #[must_use]
    pub fn has_too_many(&self) -> bool {
        let (Self::Exact(legs) | Self::UpTo(legs)) = self else { return false };
        let certain = legs.legs.iter().filter(|leg| leg.depends_on.is_empty()).count();
        legs.too_many && certain >= MAX_LEGS
    }

    /// Whether not all combinations were looked at.
    #[must_use]
    pub const fn is_cut(&self) -> bool {
        matches!(self, Self::Exact(Legs { is_cut: true, .. }) | Self::UpTo(Legs { is_cut: true, .. }))
    }

    /// Whether there may be legs of which nothing is known, beside those that are.
    #[must_use]
    pub fn may_have_more(&self) -> bool {
        match self {
            Self::Exact(_) => false,
            Self::UpTo(legs) => legs.is_cut || !legs.more.is_empty(),
            Self::Dynamic(_) => true,
        }
    }
}

/// The legs of a matrix, in the order in which they start.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Legs {
    /// The legs that are known, certain or not.
    pub legs: Vec<Leg>,
    /// All expressions on which something depends.
    pub unknowns: Vec<Unknown>,
    /// Expressions that may add legs of which nothing is known.
    pub more: Unknowns,
    /// Whether there are more than GitHub starts; those beyond [`MAX_LEGS`] are not here.
    pub too_many: bool,
    /// Whether not all combinations were looked at: there may be more legs than these.
    pub is_cut: bool,
}

/// A leg: one job of the run.
#[derive(Debug, Clone, PartialEq)]
pub struct Leg {
    /// What the context `matrix` has, in its order.
    pub values: Vec<(Box<str>, Cell)>,
    /// How many of these give the leg its id and name: what `include` adds to a leg does not.
    pub naming: usize,
    /// GitHub's id of the leg; `None` where that depends on an unknown.
    pub id: Option<String>,
    /// Whether it comes from `include` alone.
    pub is_included: bool,
    /// Expressions on which it depends whether there is such a leg. None: there is in all runs.
    pub depends_on: Unknowns,
    /// Expressions that may add or change values beside the unknown ones.
    pub extra: Unknowns,
}

impl Leg {
    /// A value of the leg, whatever the case of its name.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&Cell> {
        self.values.iter().find(|(key, _)| crate::expression::same(key, name)).map(|(_, cell)| cell)
    }

    /// Whether it is the one that starts where everything is excluded: `matrix` is null there.
    #[must_use]
    pub fn is_alone(&self) -> bool {
        self.values.is_empty() && self.is_exact()
    }

    /// Whether it stands for several legs: one for each value of an expression.
    #[must_use]
    pub fn stands_for_many(&self) -> bool {
        self.values.iter().any(|(_, cell)| matches!(cell.value, CellValue::Each(_)))
    }

    /// Whether there is such a leg in all runs, with exactly these values.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        let known = |(_, cell): &(_, Cell)| matches!(cell.value, CellValue::Known(_));
        self.depends_on.is_empty() && self.extra.is_empty() && self.values.iter().all(known)
    }
}

/// What a matrix comes to, and what GitHub refuses about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Expanded {
    /// The legs.
    pub expansion: Expansion,
    /// What GitHub refuses, in its words; some of it only when the job is about to start.
    pub problems: Vec<Problem>,
}

/// Expands the matrix at a token of a workflow.
#[must_use]
pub fn expand(document: &Document, matrix: TokenId) -> Expanded {
    expand_within(document, matrix, &Budget::of_file())
}

/// Expands a matrix within what may still be done.
pub(crate) fn expand_within(document: &Document, matrix: TokenId, budget: &Budget) -> Expanded {
    expand_with(document, matrix, Known::NOTHING, budget)
}

/// Expands a matrix where something is known of what its expressions ask for, within what may still be done.
pub(super) fn expand_with(
    document: &Document,
    matrix: TokenId,
    known: Known<'_>,
    budget: &Budget,
) -> Expanded {
    let mut reader = spec::Reader::new(document, known);
    let read = reader.matrix(matrix);
    let spec::Reader { unknowns, mut problems, .. } = reader;
    let expansion = match read {
        spec::Read::Dynamic(unknown) => Expansion::Dynamic(unknown),
        spec::Read::Spec(spec) => expand::expand(&spec, unknowns, &mut problems, document, budget),
    };
    Expanded { expansion, problems }
}
