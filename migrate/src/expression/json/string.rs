//! Strings of JSON: escapes are read, also those of half a character.

use super::reader::Reader;

/// Reads a string from its opening quote on (Newtonsoft: JsonTextReader.cs, `ReadStringIntoBuffer`).
pub(super) fn read(reader: &mut Reader<'_>, quote: char) -> Result<String, String> {
    let mut text = String::new();
    reader.skip(quote);
    loop {
        let next = reader.peek().ok_or("unexpected end while parsing a string")?;
        reader.skip(next);
        match next {
            _ if next == quote => return Ok(text),
            '\\' => text.push(escape(reader)?),
            _ => text.push(next),
        }
    }
}

fn escape(reader: &mut Reader<'_>) -> Result<char, String> {
    let next = reader.peek().ok_or("unexpected end while parsing a string")?;
    reader.skip(next);
    Ok(match next {
        'b' => '\u{8}',
        't' => '\t',
        'n' => '\n',
        'f' => '\u{C}',
        'r' => '\r',
        '\\' | '"' | '\'' | '/' => next,
        'u' => return unit(reader).map(|first| character(reader, first)),
        _ => return Err(format!("bad escape sequence: \\{next}")),
    })
}

/// The character that starts with this unit. Half a pair without its other half becomes U+FFFD.
fn character(reader: &mut Reader<'_>, first: u16) -> char {
    if let Some(Ok(character)) = char::decode_utf16([first]).next() {
        return character;
    }
    let second = reader.rest().strip_prefix("\\u").and_then(four_digits);
    let pair = second.and_then(|second| char::decode_utf16([first, second]).next());
    match pair {
        Some(Ok(character)) => {
            for skipped in ['\\', 'u', '0', '0', '0', '0'] {
                reader.skip(skipped);
            }
            character
        }
        _ => char::REPLACEMENT_CHARACTER,
    }
}

fn unit(reader: &mut Reader<'_>) -> Result<u16, String> {
    let unit = four_digits(reader.rest()).ok_or("\\u needs four hexadecimal digits")?;
    for digit in ['0'; 4] {
        reader.skip(digit);
    }
    Ok(unit)
}

fn four_digits(text: &str) -> Option<u16> {
    let digits = text.get(..4)?;
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u16::from_str_radix(digits, 16).ok()
}
