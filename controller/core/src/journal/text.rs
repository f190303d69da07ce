//! JSON as it stands in git: sorted keys, no blanks; `state.json` with one record a line, so that git finds
//! small deltas.

use serde::Serialize;

use super::canonical::{Canonical, Lines, Sink};

/// Members of the root, of the lists and maps in it, and of each environment and the lists and maps in it stand on
/// lines of their own; everything below stands on one line.
const RECORDS: Lines = Lines::of(2, "envs", 2);

/// Writes the value on one line with sorted keys.
pub(super) fn canonical<T: Serialize>(value: &T) -> String {
    String::from_utf8(written(value, Lines::ONE, 256)).unwrap_or_default()
}

/// Writes the value with one record a line.
pub(super) fn records<T: Serialize>(value: &T) -> Vec<u8> {
    let mut out = written(value, RECORDS, 8 * 1024);
    out.push(b'\n');
    out
}

/// Every key of what is written here is a string, and every number finite, so this cannot fail.
fn written<T: Serialize>(value: &T, lines: Lines, capacity: usize) -> Vec<u8> {
    let mut sink = Sink::with_capacity(capacity);
    let _ = value.serialize(Canonical { sink: &mut sink, lines });
    sink.out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn one_record_a_line() {
        let value = json!({
            "b": [{"x": [1, 2]}, {"x": []}], "a": 1,
            "envs": {"dev": {"ok": {"r1": {"soak": "1s"}}, "tries": {}}},
        });
        let expected = r#"{
"a":1,
"b":[
{"x":[1,2]},
{"x":[]}
],
"envs":{
"dev":{
"ok":{
"r1":{"soak":"1s"}
},
"tries":{}
}
}
}
"#;
        assert_eq!(String::from_utf8(records(&value)).unwrap(), expected);
        assert_eq!(serde_json::from_str::<Value>(expected).unwrap(), value);
    }

    /// Everything that serde has a word for.
    #[derive(Debug, Clone, Serialize)]
    enum Word {
        Unit,
        Newtype(Box<Word>),
        Tuple(u8, char),
        Struct { z: Option<f64>, b: (i8, bool), a: () },
        Map(BTreeMap<String, Word>),
    }

    fn words() -> impl Strategy<Value = Word> {
        let leaf = prop_oneof![
            Just(Word::Unit),
            (any::<u8>(), any::<char>()).prop_map(|(n, c)| Word::Tuple(n, c)),
            (proptest::option::of(-1e9..1e9_f64), any::<(i8, bool)>()).prop_map(|(z, b)| Word::Struct {
                z,
                b,
                a: ()
            }),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            let key = prop_oneof!["[a-c]{1,2}", Just("envs".to_owned()), any::<String>()];
            prop_oneof![
                inner.clone().prop_map(|word| Word::Newtype(Box::new(word))),
                proptest::collection::btree_map(key, inner, 0..4).prop_map(Word::Map),
            ]
        })
    }

    /// The same by the slow way: over a value that is sorted as a whole.
    fn slowly(out: &mut String, value: &Value, depth: usize, in_environment: bool) {
        let broken = depth < 2 || (in_environment && depth < 4);
        let (open, between, close) = if broken { ("\n", ",\n", "\n") } else { ("", ",", "") };
        match value {
            Value::Object(map) if !map.is_empty() => {
                let members: BTreeMap<&String, &Value> = map.iter().collect();
                out.push('{');
                for (i, (key, member)) in members.into_iter().enumerate() {
                    out.push_str(if i == 0 { open } else { between });
                    out.push_str(&json!(key).to_string());
                    out.push(':');
                    slowly(out, member, depth + 1, in_environment || (depth == 0 && key == "envs"));
                }
                out.push_str(close);
                out.push('}');
            }
            Value::Array(list) if !list.is_empty() => {
                out.push('[');
                for (i, member) in list.iter().enumerate() {
                    out.push_str(if i == 0 { open } else { between });
                    slowly(out, member, depth + 1, in_environment);
                }
                out.push_str(close);
                out.push(']');
            }
            other => out.push_str(&other.to_string()),
        }
    }

    proptest! {
        #[test]
        fn it_is_what_the_slow_way_writes(word in words()) {
            let value = serde_json::to_value(&word).unwrap();
            let (mut broken, mut flat) = (String::new(), String::new());
            slowly(&mut broken, &value, 0, false);
            slowly(&mut flat, &value, 9, false);
            prop_assert_eq!(canonical(&word), flat);
            prop_assert_eq!(String::from_utf8(records(&word)).unwrap(), broken + "\n");
        }
    }
}
