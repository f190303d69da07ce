//! Operands of which something is true: at random, nearly nothing equals anything.

use towpath_migrate::expression::ValueKind;

use crate::material::{ALIKE, TEXTS};
use crate::random::Random;
use crate::tree::Tree;

/// Literals that are equal as numbers, by kind.
const EQUAL: &[Row] = &[
    &[
        (ValueKind::Null, &["null", "nul"]),
        (ValueKind::Boolean, &["false", "no"]),
        (ValueKind::Number, &["0", "-0", "0x0", "0.0", "0o0", "0e5"]),
        (ValueKind::String, &["''", "' '", "'0'", "'0x0'", "'-0'", "'\t'"]),
    ],
    &[
        (ValueKind::Boolean, &["true", "yes"]),
        (ValueKind::Number, &["1", "1.0", "0x1", "1e0", "+1", "0o1"]),
        (
            ValueKind::String,
            &[
                "'1'",
                "' 1 '",
                "'0x1'",
                "'1.0'",
                "'1e0'",
                "'0o1'",
                "'+1'",
                "'\u{feff}1'",
                "'\u{85}1\u{a0}'",
                "'1\0'",
                "'0X1'",
                "'0b1'",
            ],
        ),
    ],
    &[
        (ValueKind::Number, &["1e15", "1000000000000000", "1e+15"]),
        (ValueKind::String, &["'1e15'", "'1000000000000000'", "'1E15'"]),
    ],
    &[
        (ValueKind::Number, &["0.00001", "1e-5", "1E-05"]),
        (ValueKind::String, &["'0.00001'", "'1e-5'", "'1E-05'"]),
    ],
    &[
        (ValueKind::Number, &["31", "0x1f", "0x1F", "0o37"]),
        (ValueKind::String, &["'31'", "'0x1f'", "' 31'", "'31.0'"]),
    ],
    &[
        (ValueKind::Number, &["Infinity", "1e309"]),
        (ValueKind::String, &["'Infinity'", "'1e309'", "' Infinity '", "'INFINITY'", "'infinity'"]),
    ],
    &[(ValueKind::Number, &["NaN"]), (ValueKind::String, &["'NaN'", "'x'"])],
    &[(ValueKind::Array, &["list", "none"])],
    &[(ValueKind::Object, &["github", "(matrix.x || github)", "empty"])],
];

/// Literals that are equal as texts, by kind.
const SAME_TEXT: &[Row] = &[
    &[(ValueKind::Null, &["null", "nul"]), (ValueKind::String, &["''"])],
    &[(ValueKind::Boolean, &["true", "yes"]), (ValueKind::String, &["'true'", "'TRUE'", "'True'"])],
    &[(ValueKind::Boolean, &["false", "no"]), (ValueKind::String, &["'false'", "'FALSE'"])],
    &[(ValueKind::Number, &["1", "1.0", "0x1"]), (ValueKind::String, &["'1'"])],
    &[(ValueKind::Number, &["1.5", "1.50"]), (ValueKind::String, &["'1.5'"])],
    &[(ValueKind::Number, &["-0", "0", "0.0"]), (ValueKind::String, &["'0'"])],
    &[
        (ValueKind::Number, &["1e15", "1000000000000000"]),
        (ValueKind::String, &["'1E+15'", "'1000000000000000'"]),
    ],
    &[(ValueKind::Number, &["NaN"]), (ValueKind::String, &["'NaN'", "'nan'"])],
    &[(ValueKind::Number, &["1e-5", "0.00001"]), (ValueKind::String, &["'1E-05'", "'0.00001'"])],
];

/// A pair of these kinds of which the operation says something beside the usual, if there is one.
pub(crate) fn pair(random: &mut Random, operation: &str, kinds: [ValueKind; 2]) -> Option<(Tree, Tree)> {
    match (operation, kinds) {
        ("contains", [ValueKind::Array, ValueKind::Array | ValueKind::Object]) => None,
        ("contains", [ValueKind::Array, kind]) => Some(member(random, kind)),
        ("contains" | "startsWith" | "endsWith", [ValueKind::String, ValueKind::String]) => {
            Some(within(random, operation))
        }
        ("==" | "!=" | "<" | "<=" | ">" | ">=", [ValueKind::String, ValueKind::String]) => {
            Some(equal_texts(random))
        }
        ("contains" | "startsWith" | "endsWith", _) => from(random, SAME_TEXT, kinds),
        ("==" | "!=" | "<" | "<=" | ">" | ">=", _) => from(random, EQUAL, kinds),
        ("[]", [ValueKind::Array, _]) => Some(place(random, kinds[1])?),
        ("[]", [ValueKind::Object, ValueKind::Number | ValueKind::Boolean]) => {
            Some(number_name(random, kinds[1]))
        }
        _ => None,
    }
}

/// Literals by what they are.
type Row = &'static [(ValueKind, &'static [&'static str])];

fn from(random: &mut Random, table: &[Row], kinds: [ValueKind; 2]) -> Option<(Tree, Tree)> {
    let of = |row: Row, kind| row.iter().find(|(of, _)| *of == kind).map(|(_, texts)| *texts);
    let rows: Vec<_> =
        table.iter().filter_map(|row| Some([of(row, kinds[0])?, of(row, kinds[1])?])).collect();
    if rows.is_empty() {
        return None;
    }
    let [left, right] = rows[random.below(rows.len())];
    // The same array or object on both sides, since only that equals itself.
    let same = matches!(kinds[0], ValueKind::Array | ValueKind::Object);
    let left = random.pick(left);
    let right = if same { left } else { random.pick(right) };
    Some((Tree::Path(left.to_owned()), Tree::Path(right.to_owned())))
}

/// The same text with some letters in the other case.
fn other_case(random: &mut Random, text: &str) -> String {
    let flip = |character: char| match character {
        'a'..='z' => character.to_ascii_uppercase(),
        'A'..='Z' => character.to_ascii_lowercase(),
        '\u{e9}' => '\u{c9}',
        '\u{3c2}' => '\u{3a3}',
        other => other,
    };
    let some = random.chance(500);
    text.chars().map(|character| if some { flip(character) } else { character }).collect()
}

fn some_text(random: &mut Random) -> String {
    format!("{}{}", random.pick(TEXTS), random.pick(TEXTS))
}

/// Nothing, mostly, or two texts that are alike.
fn alike(random: &mut Random) -> [&'static str; 2] {
    let [one, other] = if random.chance(250) { ALIKE[random.below(ALIKE.len())] } else { [""; 2] };
    if random.chance(500) { [one, other] } else { [other, one] }
}

fn equal_texts(random: &mut Random) -> (Tree, Tree) {
    let [one, other] = alike(random);
    let rest = some_text(random);
    let (left, right) = (format!("{one}{rest}"), format!("{other}{}", other_case(random, &rest)));
    (Tree::text(&left), Tree::text(&right))
}

fn within(random: &mut Random, operation: &str) -> (Tree, Tree) {
    let (before, rest, after) = (some_text(random), some_text(random), some_text(random));
    let [one, other] = alike(random);
    let text = format!("{one}{rest}");
    let whole = match operation {
        "startsWith" => format!("{text}{after}"),
        "endsWith" => format!("{before}{text}"),
        _ => format!("{before}{text}{after}"),
    };
    let sought = format!("{other}{}", other_case(random, &rest));
    (Tree::text(&whole), Tree::text(&sought))
}

/// An array with a value that equals one of this kind.
fn member(random: &mut Random, kind: ValueKind) -> (Tree, Tree) {
    let (json, sought) = match kind {
        ValueKind::Null => *pick_pair(random, &[("[1,null]", "null"), ("[0]", "nul"), ("[false,2]", "null")]),
        ValueKind::Boolean => {
            *pick_pair(random, &[("[1,2]", "true"), ("[\"1\"]", "yes"), ("[true]", "true"), ("[0]", "no")])
        }
        ValueKind::Number => {
            *pick_pair(random, &[("[1,2]", "2"), ("[\"0x2\"]", "2"), ("[true]", "1.0"), ("[null]", "0")])
        }
        _ => *pick_pair(
            random,
            &[("[\"A\",\"b\"]", "'a'"), ("[12]", "'12'"), ("[\"\\u00e9\"]", "'\u{c9}'"), ("[null]", "''")],
        ),
    };
    (Tree::Call("fromJSON", vec![Tree::text(json)]), Tree::Path(sought.to_owned()))
}

fn pick_pair<'a>(
    random: &mut Random,
    from: &'a [(&'static str, &'static str)],
) -> &'a (&'static str, &'static str) {
    &from[random.below(from.len())]
}

/// A place in an array that is there.
fn place(random: &mut Random, kind: ValueKind) -> Option<(Tree, Tree)> {
    let places: &[&str] = match kind {
        ValueKind::Null => &["null", "nul"],
        ValueKind::Boolean => &["true", "false"],
        ValueKind::Number => {
            &["0", "1.9", "2", "0x1", "-0", "2.999", "-1", "-1.0", "NaN", "-0.5", "4294967296"]
        }
        ValueKind::String => &["'0'", "'1.9'", "' 2 '", "''", "'0x1'", "'-1'", "'a'"],
        _ => return None,
    };
    Some((Tree::Path("list".to_owned()), Tree::Path(random.pick(places).to_owned())))
}

/// An object with a name that is the text of a number or boolean.
fn number_name(random: &mut Random, kind: ValueKind) -> (Tree, Tree) {
    let json =
        r#"{"1E+15":7,"1000000000000000":8,"true":9,"NaN":10,"1":11,"1.5":12,"1E-05":13,"0":14,"-0":15}"#;
    let index = match kind {
        ValueKind::Boolean => random.pick(&["true", "yes", "false"]),
        _ => random.pick(&["1e15", "1", "1.0", "1.50", "0.00001", "NaN", "-0", "0"]),
    };
    (Tree::Call("fromJSON", vec![Tree::text(json)]), Tree::Path(index.to_owned()))
}
