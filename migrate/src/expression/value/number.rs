//! Numbers as .NET reads and prints them.

use crate::expression::museum::{Bug, planted};

/// How many digits are printed (runner: ExpressionConstants.cs, `NumberFormat` "G15").
const DIGITS: usize = 15;

/// Reads text as a number (runner: ExpressionUtility.cs, `ParseNumber`); NaN where it is none.
pub(crate) fn parse(text: &str) -> f64 {
    let text = text.trim();
    if text.is_empty() {
        return if planted(Bug::EmptyIsNoNumber) { f64::NAN } else { 0.0 };
    }
    decimal(text).or_else(|| named(text)).or_else(|| radix(text)).unwrap_or(f64::NAN)
}

/// What `Double.TryParse` takes as digits: a sign, digits with a point, an exponent. Zero characters at the end are let
/// through, as there.
pub(crate) fn decimal(text: &str) -> Option<f64> {
    let text = text.trim_end_matches('\0');
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent = exponent.map(|digits| digits.strip_prefix(['+', '-']).unwrap_or(digits));
    let fits = all_digits(whole)
        && all_digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|digits| !digits.is_empty() && all_digits(digits));
    if fits { text.parse().ok() } else { None }
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The names that `Double.TryParse` takes beside digits, in any case. Not-a-number is none of them here, since it is the
/// answer for what cannot be read as well.
fn named(text: &str) -> Option<f64> {
    let (sign, name) = match text.strip_prefix('-') {
        Some(name) => (-1.0, name),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    name.eq_ignore_ascii_case("infinity").then_some(sign * f64::INFINITY)
}

/// `0x` and `0o` in lower case, as 32 bits with a sign.
fn radix(text: &str) -> Option<f64> {
    let (digits, radix) = match text.strip_prefix("0x") {
        Some(digits) => (digits, 16),
        None => (text.strip_prefix("0o")?, 8),
    };
    // A sign is a digit to the standard library only.
    if !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    let bits = u32::from_str_radix(digits, radix).ok()?;
    if planted(Bug::HexWithoutSign) {
        return Some(f64::from(bits));
    }
    Some(f64::from(bits.cast_signed()))
}

/// Prints a number with at most 15 digits, as "G15" does: with an exponent from 1E+15 up and below 0.0001.
pub(crate) fn text(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    let sign = if number.is_sign_negative() { "-" } else { "" };
    if number.is_infinite() {
        return format!("{sign}Infinity");
    }
    if planted(Bug::AllDigits) {
        return number.to_string();
    }
    let scientific = format!("{:.*e}", DIGITS - 1, number.abs());
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_end_matches('0');
    let places = i32::try_from(DIGITS).unwrap_or(i32::MAX);
    if exponent < -4 || exponent >= places {
        format!("{sign}{}", with_exponent(digits, exponent))
    } else {
        format!("{sign}{}", without_exponent(digits, exponent))
    }
}

fn with_exponent(digits: &str, exponent: i32) -> String {
    let (first, rest) = digits.split_at_checked(1).unwrap_or(("0", ""));
    let point = if rest.is_empty() { "" } else { "." };
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{first}{point}{rest}E{sign}{:02}", exponent.unsigned_abs())
}

fn without_exponent(digits: &str, exponent: i32) -> String {
    let Ok(last_of_whole) = usize::try_from(exponent) else {
        let zeros = usize::try_from(exponent.unsigned_abs()).unwrap_or_default().saturating_sub(1);
        return format!("0.{}{digits}", "0".repeat(zeros));
    };
    match digits.split_at_checked(last_of_whole + 1) {
        Some((whole, "")) => whole.to_owned(),
        Some((whole, fraction)) => format!("{whole}.{fraction}"),
        None => format!("{digits:0<width$}", width = last_of_whole + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_printed_with_fifteen_digits() {
        for (number, printed) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (-12.5, "-12.5"),
            (100.0, "100"),
            (123_456_789.123_456_79, "123456789.123457"),
            (0.1 + 0.2, "0.3"),
            (1e14, "100000000000000"),
            (999_999_999_999_999.0, "999999999999999"),
            (999_999_999_999_999.9, "1E+15"),
            (1e15, "1E+15"),
            (1.25e21, "1.25E+21"),
            (1e100, "1E+100"),
            (0.0001, "0.0001"),
            (0.000_123, "0.000123"),
            (1e-5, "1E-05"),
            (1.5e-16, "1.5E-16"),
            (100_000_000_000_000.5, "100000000000000"),
            (100_000_000_000_001.5, "100000000000002"),
            (f64::MAX, "1.79769313486232E+308"),
            (f64::NEG_INFINITY, "-Infinity"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(text(number), printed);
        }
    }

    #[test]
    fn text_is_read_as_number_or_is_none() {
        for (read, number) in [
            ("", 0.0),
            (" \t\u{A0}", 0.0),
            (" 1 ", 1.0),
            ("+1", 1.0),
            (".5", 0.5),
            ("5.", 5.0),
            ("-.5e+2", -50.0),
            ("1e400", f64::INFINITY),
            ("1\0\0", 1.0),
            ("0xff", 255.0),
            ("0xffffffff", -1.0),
            ("0x00000000ff", 255.0),
            ("0o37777777777", -1.0),
            ("iNFINITY", f64::INFINITY),
            ("-Infinity", f64::NEG_INFINITY),
        ] {
            assert_eq!(parse(read), number, "{read:?}");
        }
        for none in [
            ".",
            "+",
            "e5",
            "1e",
            "1e+",
            "1_0",
            "1 2",
            "--1",
            "0x",
            "0X1F",
            "-0xff",
            "0x+1",
            "0x100000000",
            "0o8",
            "0b1",
            "0o40000000000",
            "1,000",
            "NaN",
            "Inf",
            "\u{663}",
        ] {
            assert!(parse(none).is_nan(), "{none:?}");
        }
    }
}
