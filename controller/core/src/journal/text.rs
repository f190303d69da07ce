//! JSON as it stands in git: sorted keys, no blanks; `state.json` with one record a line, so that git finds
//! small deltas.

use serde_json::Value;

/// Writes the value on one line with sorted keys, whatever order serde_json was built to keep.
pub(super) fn canonical(mut value: Value) -> String {
    value.sort_all_objects();
    value.to_string()
}

/// Writes the value: members of the root, of the lists and maps in it, and of each environment and the lists
/// and maps in it stand on lines of their own; everything below stands on one line.
pub(super) fn records(mut value: Value) -> Vec<u8> {
    value.sort_all_objects();
    let mut out = Vec::new();
    write(&mut out, &value, 0, false);
    out.push(b'\n');
    out
}

fn write(out: &mut Vec<u8>, value: &Value, depth: usize, in_environment: bool) {
    let broken = depth < 2 || (in_environment && depth < 4);
    match value {
        Value::Object(map) if broken && !map.is_empty() => {
            out.push(b'{');
            for (i, (key, member)) in map.iter().enumerate() {
                out.extend_from_slice(if i == 0 { b"\n" } else { b",\n" });
                on_one_line(out, key);
                out.push(b':');
                write(out, member, depth + 1, in_environment || (depth == 0 && key == "envs"));
            }
            out.extend_from_slice(b"\n}");
        }
        Value::Array(list) if broken && !list.is_empty() => {
            out.push(b'[');
            for (i, member) in list.iter().enumerate() {
                out.extend_from_slice(if i == 0 { b"\n" } else { b",\n" });
                write(out, member, depth + 1, in_environment);
            }
            out.extend_from_slice(b"\n]");
        }
        other => on_one_line(out, other),
    }
}

/// Keys are strings, numbers finite, and a vector takes all bytes, so this cannot fail.
fn on_one_line<T: serde::Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    let _ = serde_json::to_writer(out, value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_record_a_line() {
        let value = serde_json::json!({
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
        assert_eq!(String::from_utf8(records(value.clone())).unwrap(), expected);
        assert_eq!(serde_json::from_str::<Value>(expected).unwrap(), value);
    }
}
