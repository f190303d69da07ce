//! `strategy` (runner: `ConvertToStrategy`, and what MatrixBuilder.cs refuses).

use std::collections::HashSet;

use super::convert::Converter;
use super::value::{At, Flag, Key, Number, Value};
use crate::expression::folded;
use crate::read::{TokenId, TokenKind};

/// `strategy` of a job.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Strategy<'d> {
    /// `fail-fast`; true where there is none.
    pub fail_fast: Option<Flag<'d>>,
    /// `max-parallel`
    pub max_parallel: Option<Number<'d>>,
    /// `matrix`
    pub matrix: Option<At<Value<'d, Matrix<'d>>>>,
}

/// `matrix` of a strategy, as it is written. Its values are any trees, so they are tokens.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Matrix<'d> {
    /// The vectors, in the order of the source.
    pub axes: Vec<Axis<'d>>,
    /// `include`
    pub include: Option<Combinations<'d>>,
    /// `exclude`
    pub exclude: Option<Combinations<'d>>,
}

/// A vector of a matrix: its name and the tokens of its values, or an expression for them.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis<'d> {
    /// Its name.
    pub name: At<Key<'d>>,
    /// Its values.
    pub values: At<Value<'d, Vec<TokenId>>>,
}

/// `include` or `exclude`: tokens of mappings, or of expressions for them; or an expression for all.
pub type Combinations<'d> = At<Value<'d, Vec<TokenId>>>;

impl<'d> Strategy<'d> {
    pub(super) fn read(converter: &mut Converter<'d>, token: TokenId) -> Option<At<Value<'d, Self>>> {
        converter.structure(token, |converter, token| {
            let mut strategy = Self::default();
            for (key, value) in converter.properties(token) {
                match key.value {
                    "fail-fast" => strategy.fail_fast = converter.flag(value),
                    "max-parallel" => strategy.max_parallel = converter.number(value),
                    "matrix" => strategy.matrix = converter.structure(value, Matrix::read),
                    _ => {}
                }
            }
            if let Some(At { value: Value::Literal(matrix), .. }) = &strategy.matrix
                && !converter.has_expression(token)
            {
                matrix.check_combinations(converter);
                matrix.check_product(converter, token);
            }
            strategy
        })
    }
}

impl<'d> Matrix<'d> {
    fn read(converter: &mut Converter<'d>, token: TokenId) -> Self {
        let mut matrix = Self::default();
        let pairs: Vec<_> = converter.document.pairs(token).collect();
        for (key, value) in pairs {
            let name = converter.key(key);
            match name.value {
                Key::Text("include") => matrix.include = sequence(converter, value),
                Key::Text("exclude") => matrix.exclude = sequence(converter, value),
                _ => {
                    let Some(values) = sequence(converter, value) else { continue };
                    refuse_empty(converter, name.value, &values);
                    matrix.axes.push(Axis { name, values });
                }
            }
        }
        let include = matrix.include.as_ref().map(|include| &include.value);
        let includes = match include {
            Some(Value::Literal(items)) => !items.is_empty(),
            Some(Value::Expression(_)) => true,
            None => false,
        };
        if matrix.axes.is_empty() && !includes {
            converter.refuse(token, "Matrix must define at least one vector");
            converter.hint("add a key with a list of values, or mappings under include");
        }
        matrix
    }

    /// Each mapping of `include` and `exclude` has to say something, those of `exclude` about vectors. GitHub looks only where
    /// no expression is.
    fn check_combinations(&self, converter: &mut Converter<'d>) {
        for item in literal(self.include.as_ref()) {
            if converter.document.pairs(*item).next().is_none() {
                converter.refuse(*item, "Matrix include mapping does not contain any values");
                converter.hint("give it a key and a value, or take it away");
            }
        }
        let exclude = literal(self.exclude.as_ref());
        let axes: HashSet<_> = match exclude {
            [] => HashSet::new(),
            _ => self.axes.iter().filter_map(|axis| axis.name.value.text()).map(folded).collect(),
        };
        for item in exclude {
            if converter.document.pairs(*item).next().is_none() {
                converter.refuse(*item, "Matrix exclude filter must not be empty");
                converter.hint("give it a key and a value, or take it away");
            }
            for (key, _) in converter.properties(*item) {
                if !axes.contains(&folded(key.value)) {
                    let message = format!(
                        "Matrix exclude key '{}' does not match any key within the matrix",
                        key.value
                    );
                    converter.refuse(key.token, message);
                    converter.hint("only keys with lists can be excluded, not those that include adds");
                }
            }
        }
    }
}

impl Matrix<'_> {
    /// GitHub counts combinations with 32 bits before it excludes any, and gives up where these are not enough (runner:
    /// MatrixBuilder.cs, `checked`).
    fn check_product(&self, converter: &mut Converter<'_>, token: TokenId) {
        let axes = self.axes.iter().filter_map(|axis| axis.values.value.literal());
        let mut lengths = axes.map(Vec::len).filter(|length| *length > 0);
        let product = lengths.try_fold(1_i32, |all, length| all.checked_mul(i32::try_from(length).ok()?));
        if product.is_none() {
            converter.refuse(token, "Arithmetic operation resulted in an overflow.");
            converter.hint("the matrix has more than 2147483647 combinations: give it fewer keys or values");
        }
    }
}

fn literal<'a>(list: Option<&'a Combinations<'_>>) -> &'a [TokenId] {
    list.and_then(|list| list.value.literal()).map(Vec::as_slice).unwrap_or_default()
}

fn refuse_empty(converter: &mut Converter<'_>, name: Key<'_>, values: &Combinations<'_>) {
    let (Key::Text(name), Value::Literal(items)) = (name, &values.value) else { return };
    if items.is_empty() {
        converter.refuse(values.token, format!("Matrix vector '{name}' does not contain any values"));
        converter.hint("give it a value or take it away");
    }
}

fn sequence<'d>(converter: &Converter<'d>, token: TokenId) -> Option<Combinations<'d>> {
    let value = match converter.kind(token) {
        TokenKind::Sequence => Value::Literal(converter.document.children(token).collect()),
        _ => Value::Expression(converter.document.template(token)?),
    };
    Some(At::new(token, value))
}
