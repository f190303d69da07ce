//! Makes a tree of symbols, with the runner's two stacks (runner: ExpressionParser.cs).
//!
//! Nothing recurses, and each check is where the runner has it, so the first error here is the first error there.

use super::availability::Availability;
use super::error::{ExpressionError, Kind, Stage};
use super::functions::{Function, Parameters};
use super::lexer::{Lexer, Parsed, Token, TokenKind};
use super::limits::{MAX_DEPTH, MAX_LENGTH};
use super::museum::{Bug, planted};
use super::tree::{Expression, Literal, Node, NodeKind, Operator};
use super::value::text;
use crate::span::Span;

/// Reads an expression, without the `${{` and `}}` around it.
///
/// # Errors
/// The first error that the runner finds, in its words.
pub fn parse(source: &str, availability: &Availability) -> Result<Expression, ExpressionError> {
    if source.len() > MAX_LENGTH && (text::units(source) > MAX_LENGTH || planted(Bug::LengthInBytes)) {
        return Err(ExpressionError::of(Stage::Lexing, Kind::TooLong, Span::new(0, source.len())));
    }
    let mut parser = Parser::new(source, availability);
    while let Some(token) = parser.lexer.next() {
        parser.push(token)?;
    }
    Ok(Expression { source: source.to_owned(), root: parser.finish()? })
}

/// A finished part of the tree.
struct Operand {
    node: Node,
    /// The node with the groups around it.
    outer: Span,
    /// How many levels it has.
    depth: usize,
}

struct Parser<'a> {
    source: &'a str,
    availability: &'a Availability,
    lexer: Lexer<'a>,
    operands: Vec<Operand>,
    operators: Vec<Token>,
    last: Option<(TokenKind, Span)>,
    too_deep: bool,
}

/// How tight an operator binds (runner: Token.cs, `Precedence`).
fn precedence(kind: TokenKind, symbol: &str) -> u8 {
    match (kind, symbol) {
        (TokenKind::StartGroup, _) => 20,
        (TokenKind::StartIndex | TokenKind::StartParameters | TokenKind::Dereference, _) => 19,
        (TokenKind::Operator, "!") => 16,
        (TokenKind::Operator, "<" | "<=" | ">" | ">=") => 11,
        (TokenKind::Operator, "==" | "!=") => 10,
        (TokenKind::Operator, "&&") => 6,
        (TokenKind::Operator, "||") => 5,
        _ => 1,
    }
}

const fn is_operator(kind: TokenKind) -> bool {
    !matches!(
        kind,
        TokenKind::Wildcard
            | TokenKind::Literal
            | TokenKind::PropertyName
            | TokenKind::Function
            | TokenKind::NamedValue
            | TokenKind::Unexpected(_)
    )
}

impl<'a> Parser<'a> {
    fn new(source: &'a str, availability: &'a Availability) -> Self {
        Self {
            source,
            availability,
            lexer: Lexer::new(source),
            operands: Vec::new(),
            operators: Vec::new(),
            last: None,
            too_deep: false,
        }
    }

    fn text(&self, span: Span) -> &'a str {
        span.of(self.source)
    }

    fn error(&self, stage: Stage, kind: Kind, span: Span) -> ExpressionError {
        ExpressionError::at(stage, kind, span, self.source)
    }

    /// What cannot be, since the lexer lets no such symbols through.
    fn broken(&self, span: Span) -> ExpressionError {
        self.error(Stage::Parsing, Kind::UnexpectedSymbol(self.text(span).to_owned()), span)
    }

    fn push(&mut self, token: Token) -> Result<(), ExpressionError> {
        let here = (token.kind, token.span);
        match token.kind {
            TokenKind::Unexpected(stage) => {
                let symbol = self.text(token.span).to_owned();
                return Err(self.error(stage, Kind::UnexpectedSymbol(symbol), token.span));
            }
            kind if is_operator(kind) => self.push_operator(token)?,
            _ => self.push_operand(token)?,
        }
        self.last = Some(here);
        Ok(())
    }

    fn push_operand(&mut self, token: Token) -> Result<(), ExpressionError> {
        let span = token.span;
        let name = self.text(span);
        let kind = match token.kind {
            TokenKind::Function => {
                let Some((function, _)) = self.availability.function(name) else {
                    let kind = Kind::UnrecognizedFunction(name.to_owned());
                    return Err(self.error(Stage::Parsing, kind, span));
                };
                NodeKind::Call { function, name: name.to_owned(), arguments: Vec::new() }
            }
            TokenKind::NamedValue if !self.availability.has_context(name) => {
                let kind = Kind::UnrecognizedNamedValue(name.to_owned());
                return Err(self.error(Stage::Parsing, kind, span));
            }
            TokenKind::NamedValue => NodeKind::NamedValue(name.to_owned()),
            TokenKind::PropertyName => NodeKind::Literal(Literal::String(name.to_owned())),
            TokenKind::Wildcard => NodeKind::Wildcard,
            _ => NodeKind::Literal(match token.parsed {
                Parsed::Null | Parsed::Nothing => Literal::Null,
                Parsed::Boolean(boolean) => Literal::Boolean(boolean),
                Parsed::Number(number) => Literal::Number(number),
                Parsed::String(text) => Literal::String(text),
            }),
        };
        self.operands.push(Operand { node: Node { kind, span }, outer: span, depth: 1 });
        Ok(())
    }

    fn push_operator(&mut self, token: Token) -> Result<(), ExpressionError> {
        let symbol = self.text(token.span);
        let (kind, span) = (token.kind, token.span);
        // What binds from right to left, or opens a group, finishes nothing before it.
        if kind != TokenKind::StartGroup && symbol != "!" {
            self.flush_down_to(precedence(kind, symbol))?;
        }
        match kind {
            TokenKind::EndGroup => self.end_group(span),
            TokenKind::EndIndex => self.end_index(span),
            TokenKind::EndParameters => self.end_parameters(span),
            _ => {
                self.operators.push(token);
                Ok(())
            }
        }
    }

    /// Finishes operators that bind at least as tight, up to whatever is open.
    fn flush_down_to(&mut self, least: u8) -> Result<(), ExpressionError> {
        loop {
            let source = self.source;
            let top = self.operators.pop_if(|top| {
                let opens = matches!(
                    top.kind,
                    TokenKind::StartGroup
                        | TokenKind::StartIndex
                        | TokenKind::StartParameters
                        | TokenKind::Separator
                );
                !opens && least <= precedence(top.kind, top.span.of(source))
            });
            match top {
                Some(operator) => self.apply(&operator)?,
                None => return Ok(()),
            }
        }
    }

    fn finish(mut self) -> Result<Option<Node>, ExpressionError> {
        let Some((last, span)) = self.last else { return Ok(None) };
        let closes = matches!(last, TokenKind::EndGroup | TokenKind::EndIndex | TokenKind::EndParameters);
        let expects_more = last == TokenKind::Function || is_operator(last) && !closes;
        if !self.operators.is_empty() && (expects_more || self.lexer.is_open()) {
            let kind = Kind::UnexpectedEnd(self.text(span).to_owned());
            return Err(self.error(Stage::Parsing, kind, span));
        }
        while let Some(operator) = self.operators.pop() {
            self.apply(&operator)?;
        }
        let root = self.pop_operand(span)?;
        if self.too_deep {
            return Err(ExpressionError::of(Stage::Parsing, Kind::TooDeep, root.outer));
        }
        Ok(Some(root.node))
    }

    fn pop_operand(&mut self, span: Span) -> Result<Operand, ExpressionError> {
        self.operands.pop().ok_or_else(|| self.broken(span))
    }

    fn pop_operator(&mut self, kind: TokenKind, span: Span) -> Result<Token, ExpressionError> {
        self.operators.pop_if(|token| token.kind == kind).ok_or_else(|| self.broken(span))
    }

    /// Puts a finished part back. What is too deep already is not kept: the tree will not be needed.
    fn keep(&mut self, kind: NodeKind, span: Span, depth: usize) {
        let (kind, depth) = if depth > MAX_DEPTH {
            self.too_deep = true;
            (NodeKind::Literal(Literal::Null), MAX_DEPTH + 1)
        } else {
            (kind, depth)
        };
        self.operands.push(Operand { node: Node { kind, span }, outer: span, depth });
    }

    /// Makes a node of an operator and its operands.
    fn apply(&mut self, operator: &Token) -> Result<(), ExpressionError> {
        let right = self.pop_operand(operator.span)?;
        let symbol = self.text(operator.span);
        if symbol == "!" {
            let span = operator.span.to(right.outer);
            self.keep(NodeKind::Not(Box::new(right.node)), span, right.depth + 1);
            return Ok(());
        }
        let left = self.pop_operand(operator.span)?;
        let span = left.outer.to(right.outer);
        let depth = 1 + left.depth.max(right.depth);
        let operator = match symbol {
            "&&" | "||" => {
                let (kind, depth) = joined(symbol == "&&", left, right);
                self.keep(kind, span, depth);
                return Ok(());
            }
            "." => {
                let (base, index) = (Box::new(left.node), Box::new(right.node));
                self.keep(NodeKind::Index { base, index }, span, depth);
                return Ok(());
            }
            "==" => Operator::Equal,
            "!=" => Operator::NotEqual,
            "<" => Operator::Less,
            "<=" => Operator::LessOrEqual,
            ">" => Operator::Greater,
            ">=" => Operator::GreaterOrEqual,
            _ => return Err(self.broken(operator.span)),
        };
        let (left, right) = (Box::new(left.node), Box::new(right.node));
        self.keep(NodeKind::Compare { operator, left, right }, span, depth);
        Ok(())
    }

    fn end_group(&mut self, close: Span) -> Result<(), ExpressionError> {
        let open = self.pop_operator(TokenKind::StartGroup, close)?;
        match self.operands.last_mut() {
            Some(operand) => operand.outer = open.span.to(close),
            None => return Err(self.broken(close)),
        }
        Ok(())
    }

    fn end_index(&mut self, close: Span) -> Result<(), ExpressionError> {
        self.pop_operator(TokenKind::StartIndex, close)?;
        let index = self.pop_operand(close)?;
        let base = self.pop_operand(close)?;
        let depth = 1 + base.depth.max(index.depth);
        let span = base.outer.to(close);
        let (base, index) = (Box::new(base.node), Box::new(index.node));
        self.keep(NodeKind::Index { base, index }, span, depth);
        Ok(())
    }

    fn end_parameters(&mut self, close: Span) -> Result<(), ExpressionError> {
        let mut count = usize::from(self.last.is_none_or(|(kind, _)| kind != TokenKind::StartParameters));
        while self.operators.pop_if(|token| token.kind == TokenKind::Separator).is_some() {
            count += 1;
        }
        let open = self.pop_operator(TokenKind::StartParameters, close)?;
        let first = self.operands.len().saturating_sub(count);
        let operands = self.operands.split_off(first);
        let call = self.pop_operand(close)?;
        let NodeKind::Call { function, name, .. } = call.node.kind else { return Err(self.broken(close)) };
        self.check_count(&name, call.node.span, count, open.span)?;
        let depth = 1 + operands.iter().map(|operand| operand.depth).max().unwrap_or_default();
        let arguments = operands.into_iter().map(|operand| operand.node).collect();
        self.keep(NodeKind::Call { function, name, arguments }, call.node.span.to(close), depth);
        Ok(())
    }

    /// The runner names the parenthesis; a published case has the function's name for `case`.
    fn check_count(&self, name: &str, called: Span, count: usize, open: Span) -> Result<(), ExpressionError> {
        let Some((function, Parameters { least, most })) = self.availability.function(name) else {
            return Ok(());
        };
        let symbol = self.text(open).to_owned();
        if count < least {
            return Err(self.error(Stage::Parsing, Kind::TooFewParameters(symbol), open));
        }
        if count > most {
            return Err(self.error(Stage::Parsing, Kind::TooManyParameters(symbol), open));
        }
        if function == Function::Case && count.is_multiple_of(2) {
            return Err(self.error(Stage::Parsing, Kind::EvenParameters(name.to_owned()), called));
        }
        Ok(())
    }
}

/// `left && right` or `left || right`, in which operands of the same kind become one list; and how deep it is.
fn joined(and: bool, left: Operand, right: Operand) -> (NodeKind, usize) {
    // The list of an operand is on the level of the result, so that operand adds no level.
    let mut depth = 2;
    let mut operands = Vec::new();
    for operand in [left, right] {
        match operand.node.kind {
            NodeKind::And(nested) if and => {
                depth = depth.max(operand.depth);
                append(&mut operands, nested);
            }
            NodeKind::Or(nested) if !and => {
                depth = depth.max(operand.depth);
                append(&mut operands, nested);
            }
            _ => {
                depth = depth.max(operand.depth + 1);
                operands.push(operand.node);
            }
        }
    }
    let kind = if and { NodeKind::And(operands) } else { NodeKind::Or(operands) };
    (kind, depth)
}

/// Appends without copying what is there already, for long chains.
fn append(operands: &mut Vec<Node>, mut nested: Vec<Node>) {
    if operands.is_empty() {
        *operands = nested;
    } else {
        operands.append(&mut nested);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each node of the tree as it stands in the source, from the root down.
    fn spans(source: &str) -> Vec<&str> {
        let availability = Availability::new().context("a").context("b").context("c");
        let read = parse(source, &availability).unwrap();
        let mut waiting: Vec<&Node> = read.root().into_iter().collect();
        let mut found = Vec::new();
        while let Some(node) = waiting.pop() {
            found.push(node.span.of(source));
            waiting.extend(node.children().into_iter().rev());
        }
        found
    }

    #[test]
    fn spans_have_the_groups_of_their_operands() {
        for (source, expected) in [
            (" ( a ) == (b) ", &["( a ) == (b)", "a", "b"][..]),
            ("(a)", &["a"]),
            ("((a)).b", &["((a)).b", "a", "b"]),
            ("a[ (b) ] ", &["a[ (b) ]", "a", "b"]),
            ("!(a && b) || c", &["!(a && b) || c", "!(a && b)", "a && b", "a", "b", "c"]),
            ("a && (b && c)", &["a && (b && c)", "a", "b", "c"]),
            ("(a || b) || c", &["(a || b) || c", "a", "b", "c"]),
            ("Join( a.*, 'x' )", &["Join( a.*, 'x' )", "a.*", "a", "*", "'x'"]),
        ] {
            assert_eq!(spans(source), expected, "{source}");
        }
    }

    #[test]
    fn operators_bind_as_documented() {
        let availability = Availability::new().context("a").context("b").context("c");
        for (source, grouped) in [
            ("!a.b == c", "(!a.b == c)"),
            ("a == b < c", "(a == (b < c))"),
            ("a == b == c", "((a == b) == c)"),
            ("a || b && c", "(a || (b && c))"),
            ("a && b || c", "((a && b) || c)"),
            ("!!a[b == c].c", "!!a[(b == c)].c"),
            ("join(a || b, !c)", "join((a || b), !c)"),
        ] {
            let read = parse(source, &availability).unwrap();
            assert_eq!(read.root().map(ToString::to_string).as_deref(), Some(grouped));
        }
    }
}
