//! What to do where a source stops being YAML.

use granit_parser::ErrorKind;

const SPACES: &str = "indent with spaces: a tab does not count";
const COLUMN: &str = "indent this line as its neighbours: keys of a mapping begin in one column, and so do the dashes of a list";
const COLON: &str =
    "put the text in quotes if the colon belongs to it; else begin the key in a line of its own";
const FLOW_COLON: &str =
    "close the [ or { of a line before, or put the text in quotes if the colon belongs to it";
const NO_COLON: &str = "add a : behind the key, or indent the line further if it belongs to the text above";
const BRACES: &str =
    "put the value in quotes: a { at its start begins a mapping, also that of ${{ }} in brackets";
const BRACKETS: &str = "close each [ and {, and put a , between entries; a text that begins with one, or holds one within brackets, needs quotes";
const QUOTE: &str = "close the quote that begins here";
const BEHIND_SINGLE: &str = "put all of the value between the quotes; within them, '' is one '";
const BEHIND_DOUBLE: &str = "put all of the value between the quotes; within them, \\\" is one \"";
const ESCAPE: &str = "write \\\\ for a backslash, or use single quotes, in which it is itself";
const ANCHOR: &str = "put the value in quotes: a * at its start makes an alias of it, and a & an anchor";
const TAG: &str = "put the value in quotes: a ! at its start makes a tag of it";
const BLOCK: &str =
    "begin the text in the next line: behind | or > stand only a digit from 1 to 9, + or -, and a comment";
const BLOCK_INDENT: &str =
    "take spaces from the empty lines before the text: they may not have more than its first line";
const DOCUMENT: &str = "take --- and ... away: GitHub reads one document";
const DIRECTIVE: &str = "take the line that begins with % away: GitHub needs none";
const COMMENT: &str =
    "put a space before the # of a comment, and texts that hold # or go on behind a comment in quotes";
const LIST: &str =
    "begin the list in a line of its own, and put the text in quotes if the dash belongs to it";
const START: &str = "put the value in quotes: no text begins with this character";
const EXPLICIT: &str = "put the text in quotes if the ? belongs to it";
const MISSING: &str = "write a value here, or take the key or bracket before it away";
const DEEP: &str = "nest less deep: GitHub reads 50 levels";
const BOM: &str = "take the byte order mark (U+FEFF) away: it may be the first character only";
const LOOK: &str = "look at what stands before this place, and put texts with special characters in quotes";

/// What to do about an error in this line.
pub(super) fn hint(kind: &ErrorKind, line: &str) -> &'static str {
    use ErrorKind as K;
    match kind {
        K::TabNotAllowed
        | K::TabInBlockIndentation
        | K::TabInIndentation
        | K::TabAtBlockScalarStart
        | K::TabInPlainScalar => SPACES,
        K::ExpectedBlockMappingKey | K::InvalidIndentation | K::ExpectedBlockSequenceEntry
            if line.trim_start_matches(' ').starts_with('\t') =>
        {
            SPACES
        }
        K::ExpectedBlockMappingKey
        | K::InvalidIndentation
        | K::ExpectedBlockSequenceEntry
        | K::InvalidQuotedScalarIndent
        | K::InvalidFlowScalarIndent
        | K::UnexpectedEofBlockMapping
        | K::UnexpectedEofBlockSequence => COLUMN,
        K::InvalidColonPlacement => FLOW_COLON,
        K::InvalidMappingValueWhitespace | K::MappingValueNotAllowed => COLON,
        K::SimpleKeyExpected | K::InvalidSimpleKey => NO_COLON,
        K::UnclosedQuotedScalar | K::DocumentIndicatorInQuotedScalar => QUOTE,
        K::InvalidTrailingSingleQuotedScalar => BEHIND_SINGLE,
        K::InvalidTrailingDoubleQuotedScalar => BEHIND_DOUBLE,
        K::UnknownQuotedScalarEscape
        | K::InvalidQuotedScalarHexEscape
        | K::InvalidLowSurrogateHexEscape
        | K::InvalidLowSurrogate
        | K::MissingLowSurrogate
        | K::UnpairedLowSurrogate
        | K::InvalidUnicodeEscape => ESCAPE,
        _ => hint_of_others(kind, line),
    }
}

fn hint_of_others(kind: &ErrorKind, line: &str) -> &'static str {
    use ErrorKind as K;
    match kind {
        K::ExpectedFlowMappingSeparator
        | K::ExpectedFlowSequenceSeparator
        | K::FlowMappingValueAdjacentCollection
        | K::MismatchedFlowCollectionEnd { .. }
        | K::MisplacedFlowCollectionEnd
        | K::ExpectedNodeContent
            if line.contains("{{") =>
        {
            BRACES
        }
        K::ExpectedFlowMappingSeparator
        | K::ExpectedFlowSequenceSeparator
        | K::FlowMappingValueAdjacentCollection
        | K::MismatchedFlowCollectionEnd { .. }
        | K::MisplacedFlowCollectionEnd
        | K::UnclosedFlowCollection { .. }
        | K::UnexpectedEofFlowSequence
        | K::UnexpectedEofFlowMapping
        | K::UnexpectedEofImplicitFlowMapping
        | K::BlockEntryInFlowCollection
        | K::PlainScalarStartsWithDashFlowIndicator => BRACKETS,
        K::UnexpectedCharacter { .. } => START,
        K::MissingAnchorOrAliasName => ANCHOR,
        K::ExpectedTagBang
        | K::InvalidGlobalTagCharacter
        | K::InvalidTagTerminator
        | K::MissingTagUri
        | K::UnclosedVerbatimTag
        | K::InvalidTagEscape
        | K::InvalidTagUtf8LeadingByte
        | K::InvalidTagUtf8TrailingByte
        | K::InvalidTagUtf8
        | K::UndeclaredTagHandle => TAG,
        K::ZeroBlockScalarIndent | K::InvalidBlockScalarHeader => BLOCK,
        K::InvalidBlockScalarIndent => BLOCK_INDENT,
        K::InvalidDocumentEnd
        | K::ExpectedDocumentStart
        | K::MissingDocumentEndBeforeDirective
        | K::MultipleDocumentsUnsupported => DOCUMENT,
        K::DuplicateVersionDirective
        | K::UnsupportedYamlMajorVersion
        | K::DuplicateTagDirective
        | K::ExpectedTagDirectiveBang
        | K::InvalidDirectiveTerminator
        | K::MissingYamlVersionSeparator
        | K::MissingDirectiveName
        | K::InvalidDirectiveName
        | K::DirectiveByteLimitExceeded { .. }
        | K::TooManyReservedDirectiveParams { .. }
        | K::YamlVersionTooLong
        | K::MissingYamlVersion
        | K::InvalidTagDirectiveTerminator => DIRECTIVE,
        K::CommentInterceptedScalar | K::CommentNotSeparated | K::ExpectedWhitespace => COMMENT,
        K::BlockSequenceEntryNotAllowed | K::InvalidBlockEntryWhitespace => LIST,
        K::MappingKeyNotAllowed => EXPLICIT,
        K::ExpectedNodeContent | K::UnexpectedEof => MISSING,
        K::RecursionLimitExceeded => DEEP,
        K::BomInsideDocument => BOM,
        // The rest is of other uses of the parser, or newer than this.
        _ => LOOK,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Tree;
    use super::*;

    #[test]
    fn mistakes_are_told_what_to_do_about_them() {
        let mut wrong = Vec::new();
        for (source, expected) in [
            ("a:\n\tb: c", SPACES),
            ("a:\n  b: c\n d: e", COLUMN),
            ("a:\n  - b\n  c: d", COLUMN),
            ("a: b: c", COLON),
            ("a: b\nc\nd: e", NO_COLON),
            ("a: [${{ b }}, c]", BRACES),
            ("a: [b\nc: d", FLOW_COLON),
            ("a: [b\n", BRACKETS),
            ("a: {b: c\nd: e", BRACKETS),
            ("a: [b}", BRACKETS),
            ("a: ]", BRACKETS),
            ("a: 'b", QUOTE),
            ("a: 'b' c", BEHIND_SINGLE),
            ("a: \"b\" c", BEHIND_DOUBLE),
            ("a: \"\\d\"", ESCAPE),
            ("a: \"\\u12\"", ESCAPE),
            ("a: @b", START),
            ("a: `b`", START),
            ("a: %b", START),
            ("a: * b", ANCHOR),
            ("a: !<b", TAG),
            ("a: !x!y z", TAG),
            ("a: | b\n  c", BLOCK),
            ("a: |0\n  b", BLOCK),
            ("a: |\n    \n  b", BLOCK_INDENT),
            ("a: b\n... c", DOCUMENT),
            ("%YAML 1\n---\na: b", DIRECTIVE),
            ("a: b # c\n  d", COMMENT),
            ("a: - b", LIST),
        ] {
            let tree = Tree::read(source);
            if tree.error().map(|error| error.hint) != Some(expected) {
                wrong.push((source, tree.error().cloned()));
            }
        }
        assert_eq!(wrong, []);
    }
}
