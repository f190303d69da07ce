//! `snapshot` (runner: `ConvertToSnapshot`).

use super::convert::Converter;
use super::value::{At, Text, Value};
use crate::expression::Condition;
use crate::read::{TokenId, TokenKind};

/// `snapshot` of a job: its machine becomes an image.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot<'d> {
    /// All of it.
    pub token: TokenId,
    /// `image-name`, or all of it where it is one text.
    pub image_name: Option<Text<'d>>,
    /// `version`; `1.*` where there is none.
    pub version: Option<Text<'d>>,
    /// `if`
    pub condition: Option<At<Box<Condition>>>,
}

impl<'d> Snapshot<'d> {
    pub(super) fn read(converter: &mut Converter<'d>, token: TokenId) -> Option<Self> {
        let mut snapshot = Self { token, image_name: None, version: None, condition: None };
        if converter.kind(token) != TokenKind::Mapping {
            snapshot.image_name = Some(converter.text(token)?);
            return Some(snapshot);
        }
        converter.refuse_keys(token, "job snapshot key");
        for (key, value) in converter.properties(token) {
            match key.value {
                "image-name" => snapshot.image_name = converter.text(value),
                "version" => snapshot.version = version(converter, token, value),
                "if" => snapshot.condition = converter.condition(value),
                _ => {}
            }
        }
        Some(snapshot)
    }
}

/// A number with `.*` behind it.
fn version<'d>(converter: &mut Converter<'d>, snapshot: TokenId, token: TokenId) -> Option<Text<'d>> {
    let text = converter.text(token)?;
    let At { value: Value::Literal(version), .. } = text else { return Some(text) };
    let digits =
        |major: &str| major.bytes().all(|byte| byte.is_ascii_digit()) && major.parse::<i32>().is_ok();
    if version.strip_suffix(".*").is_some_and(digits) {
        return Some(text);
    }
    converter.refuse(snapshot, format!("Expected format '{{major-version}}.*' Actual '{version}'"));
    converter.hint("write a number and .* as in 2.*");
    None
}
