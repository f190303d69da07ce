//! What a scalar is (runner: WorkflowParser/Conversion/YamlObjectReader.cs): YAML 1.2's core schema, with .NET's limits.

use crate::yaml::ScalarStyle;

const BOOLEAN: &str = "tag:yaml.org,2002:bool";
const FLOAT: &str = "tag:yaml.org,2002:float";
const INTEGER: &str = "tag:yaml.org,2002:int";
const NULL: &str = "tag:yaml.org,2002:null";
const STRING: &str = "tag:yaml.org,2002:str";

/// A scalar's value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Value {
    Null,
    Boolean(bool),
    Number(f64),
    /// The text itself.
    String,
}

/// Why a scalar has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Refused {
    /// This tag means nothing here.
    Tag,
    /// Only plain scalars may have this tag.
    Style,
    /// It is no value of this type.
    Value(&'static str),
}

/// The value of a scalar with its text, style and tag.
pub(super) fn value(text: &str, style: ScalarStyle, tag: Option<&str>) -> Result<Value, Refused> {
    match tag {
        None if style == ScalarStyle::Plain => plain(text),
        None | Some(STRING) => Ok(Value::String),
        Some(tag) if style != ScalarStyle::Plain && !tag.is_empty() => Err(Refused::Style),
        Some(NULL) => null(text).ok_or(Refused::Value(NULL)),
        Some(BOOLEAN) => boolean(text).ok_or(Refused::Value(BOOLEAN)),
        Some(INTEGER) => integer(text)?.ok_or(Refused::Value(INTEGER)),
        Some(FLOAT) => float(text).ok_or(Refused::Value(FLOAT)),
        Some(_) => Err(Refused::Tag),
    }
}

fn plain(text: &str) -> Result<Value, Refused> {
    // Most scalars are words: one look at the first byte is enough for them.
    let may_be_other = match text.as_bytes().first() {
        None | Some(b'~' | b'.' | b'+' | b'-' | b'0'..=b'9') => true,
        Some(b'n' | b'N' | b't' | b'T' | b'f' | b'F') => matches!(text.len(), 4 | 5),
        Some(_) => false,
    };
    if !may_be_other {
        return Ok(Value::String);
    }
    if let Some(value) = null(text).or_else(|| boolean(text)) {
        return Ok(value);
    }
    Ok(integer(text)?.or_else(|| float(text)).unwrap_or(Value::String))
}

fn null(text: &str) -> Option<Value> {
    matches!(text, "" | "null" | "Null" | "NULL" | "~").then_some(Value::Null)
}

fn boolean(text: &str) -> Option<Value> {
    match text {
        "true" | "True" | "TRUE" => Some(Value::Boolean(true)),
        "false" | "False" | "FALSE" => Some(Value::Boolean(false)),
        _ => None,
    }
}

/// Hexadecimal and octal numbers have 32 bits; one that has more is refused.
fn integer(text: &str) -> Result<Option<Value>, Refused> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(text.parse().ok().map(Value::Number));
    }
    let (digits, radix) = match (text.strip_prefix("0x"), text.strip_prefix("0o")) {
        (Some(digits), _) if all(digits, |byte| byte.is_ascii_hexdigit()) => (digits, 16),
        (_, Some(digits)) if all(digits, |byte| (b'0'..b'8').contains(&byte)) => (digits, 8),
        _ => return Ok(None),
    };
    let number = u32::from_str_radix(digits, radix).map_err(|_| Refused::Value(INTEGER))?;
    Ok(Some(Value::Number(f64::from(number.cast_signed()))))
}

fn all(digits: &str, is: impl Fn(u8) -> bool) -> bool {
    !digits.is_empty() && digits.bytes().all(is)
}

fn float(text: &str) -> Option<Value> {
    let number = match text {
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => f64::INFINITY,
        "-.inf" | "-.Inf" | "-.INF" => f64::NEG_INFINITY,
        ".nan" | ".NaN" | ".NAN" => f64::NAN,
        _ => return is_decimal(text).then(|| text.parse().ok().map(Value::Number)).flatten(),
    };
    Some(Value::Number(number))
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_decimal(text: &str) -> bool {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let whole = digits(unsigned);
    let rest = unsigned.get(whole..).unwrap_or_default();
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(after) => (digits(after), after.get(digits(after)..).unwrap_or_default()),
        None => (0, rest),
    };
    let exponent = match rest.strip_prefix(['e', 'E']) {
        Some(after) => all(after.strip_prefix(['-', '+']).unwrap_or(after), |byte| byte.is_ascii_digit()),
        None => rest.is_empty(),
    };
    (whole > 0 || fraction > 0) && exponent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_are_what_the_runner_makes_of_them() {
        for (text, expected) in [
            ("", Value::Null),
            ("~", Value::Null),
            ("Null", Value::Null),
            ("nULL", Value::String),
            ("True", Value::Boolean(true)),
            ("yes", Value::String),
            ("on", Value::String),
            ("12", Value::Number(12.0)),
            ("-12", Value::Number(-12.0)),
            ("+012", Value::Number(12.0)),
            ("0x1F", Value::Number(31.0)),
            ("0xFFFFFFFF", Value::Number(-1.0)),
            ("0o17", Value::Number(15.0)),
            ("0o18", Value::String),
            ("0x", Value::String),
            ("0X1f", Value::String),
            ("-0x1", Value::String),
            ("1_000", Value::String),
            ("1.", Value::Number(1.0)),
            (".5", Value::Number(0.5)),
            (".", Value::String),
            ("1.5e3", Value::Number(1500.0)),
            ("1e", Value::String),
            ("1e+", Value::String),
            ("1e-5", Value::Number(1e-5)),
            ("1e999", Value::Number(f64::INFINITY)),
            ("-.INF", Value::Number(f64::NEG_INFINITY)),
            ("+.nan", Value::String),
            ("3.10.1", Value::String),
            ("2022-10-26", Value::String),
            ("-", Value::String),
        ] {
            assert_eq!(value(text, ScalarStyle::Plain, None), Ok(expected), "{text}");
        }
        assert!(matches!(plain(".nan"), Ok(Value::Number(number)) if number.is_nan()));
        assert_eq!(plain("0x100000000"), Err(Refused::Value(INTEGER)), "more than 32 bits");
    }

    #[test]
    fn tags_ask_for_plain_scalars_of_their_type() {
        for (text, style, tag, expected) in [
            ("1", ScalarStyle::Plain, STRING, Ok(Value::String)),
            ("1", ScalarStyle::DoubleQuoted, STRING, Ok(Value::String)),
            ("1", ScalarStyle::Plain, INTEGER, Ok(Value::Number(1.0))),
            ("1", ScalarStyle::Plain, FLOAT, Ok(Value::Number(1.0))),
            ("1", ScalarStyle::DoubleQuoted, INTEGER, Err(Refused::Style)),
            ("test", ScalarStyle::Plain, FLOAT, Err(Refused::Value(FLOAT))),
            ("1.5", ScalarStyle::Plain, INTEGER, Err(Refused::Value(INTEGER))),
            ("x", ScalarStyle::Plain, BOOLEAN, Err(Refused::Value(BOOLEAN))),
            ("x", ScalarStyle::Plain, NULL, Err(Refused::Value(NULL))),
            ("x", ScalarStyle::Plain, "!cancelled()", Err(Refused::Tag)),
            ("x", ScalarStyle::Literal, "!mine", Err(Refused::Style)),
        ] {
            assert_eq!(value(text, style, Some(tag)), expected, "{text} {tag}");
        }
    }
}
