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
pub(super) fn records(mut value: Value) -> String {
    value.sort_all_objects();
    let mut out = String::new();
    write(&mut out, &value, 0, false);
    out.push('\n');
    out
}

fn write(out: &mut String, value: &Value, depth: usize, in_environment: bool) {
    let broken = depth < 2 || (in_environment && depth < 4);
    match value {
        Value::Object(map) if broken && !map.is_empty() => {
            out.push('{');
            for (i, (key, member)) in map.iter().enumerate() {
                out.push_str(if i == 0 { "\n" } else { ",\n" });
                out.push_str(&Value::String(key.clone()).to_string());
                out.push(':');
                write(out, member, depth + 1, in_environment || (depth == 0 && key == "envs"));
            }
            out.push_str("\n}");
        }
        Value::Array(list) if broken && !list.is_empty() => {
            out.push('[');
            for (i, member) in list.iter().enumerate() {
                out.push_str(if i == 0 { "\n" } else { ",\n" });
                write(out, member, depth + 1, in_environment);
            }
            out.push_str("\n]");
        }
        other => out.push_str(&other.to_string()),
    }
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
        assert_eq!(records(value.clone()), expected);
        assert_eq!(serde_json::from_str::<Value>(expected).unwrap(), value);
    }
}
