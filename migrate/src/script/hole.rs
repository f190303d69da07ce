//! Where a `${{ }}` stands in a script: what the shell does with the text that GitHub puts there.

use crate::span::Span;

/// A `${{ }}` in a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hole {
    /// From `$` to the last `}`.
    pub span: Span,
    /// What is around it.
    pub quoting: Quoting,
    /// In how many commands within words it stands: `$( )`, backquotes, `<( )`, the text of `bash -c`.
    pub nested: usize,
}

/// What is around a `${{ }}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Quoting {
    /// Nothing: the shell splits words and expands wildcards after a variable, but not the same ones in text.
    Bare,
    /// Nothing, on the right of `NAME=`, where the shell splits nothing.
    Assigned,
    /// Double quotes.
    Double,
    /// Single quotes, in which no variable is seen.
    Single,
    /// A heredoc in which variables are seen.
    Heredoc,
    /// A heredoc whose delimiter is quoted.
    QuotedHeredoc,
    /// `$(( ))` or `(( ))`.
    Arithmetic,
    /// A comment.
    Comment,
    /// It is not known: the script was not understood there.
    Unknown,
}

impl Hole {
    /// Whether `${VAR}` with the same value means the same here, as long as the value holds nothing that the shell reads
    /// (`$`, a backquote, a backslash, a quote). Where it holds such, the text of GitHub was an injection.
    #[must_use]
    pub const fn may_be_variable(&self) -> bool {
        matches!(self.quoting, Quoting::Double | Quoting::Heredoc | Quoting::Assigned)
    }
}

/// Holes at these spans, but for those that are not of the text or lie within another.
pub(super) fn holes(text: &str, expressions: &[Span]) -> Vec<Hole> {
    let mut end = 0;
    let mut holes = Vec::with_capacity(expressions.len());
    for &span in expressions {
        if span.start >= end && span.start < span.end && text.get(span.start..span.end).is_some() {
            end = span.end;
            holes.push(Hole { span, quoting: Quoting::Unknown, nested: 0 });
        }
    }
    holes
}

/// Says what is around those that lie in this span. Called from outside to inside, so the last word counts.
pub(super) fn mark(holes: &mut [Hole], span: Span, quoting: Quoting, nested: usize) {
    for hole in holes {
        if span.contains(hole.span) {
            (hole.quoting, hole.nested) = (quoting, nested);
        }
    }
}
