//! Ids and names of legs (runner: WorkflowParser/Conversion/IdBuilder.cs and JobNameBuilder.cs).

use std::collections::HashSet;

/// How long the id of a leg may be (runner: WorkflowFeatures.cs, `ShortMatrixIds`, on by default).
const MAX_ID: usize = 25;

/// How long a name may be, in UTF-16 units.
const MAX_NAME: usize = 100;

/// How often the runner tries to find an id that is not taken.
const ATTEMPTS: u32 = 1000;

/// Makes ids that differ from each other, whatever their case.
#[derive(Debug, Default)]
pub struct IdBuilder {
    taken: HashSet<String>,
}

impl IdBuilder {
    /// The id of a leg with these values, in the order of its matrix; empty ones do not count. `None` where the runner gives
    /// up, after a thousand that are taken.
    pub fn build<'a>(&mut self, segments: impl IntoIterator<Item = &'a str>) -> Option<String> {
        let mut id = String::new();
        for segment in segments.into_iter().filter(|segment| !segment.is_empty()) {
            append(&mut id, segment);
        }
        if id.is_empty() {
            "job".clone_into(&mut id);
        }
        if id.starts_with("__") {
            // Ids with two underscores in front are GitHub's own.
            id = format!("_{}", id.trim_start_matches('_'));
        }
        (1..ATTEMPTS)
            .map(|attempt| candidate(&id, attempt))
            .find(|id| self.taken.insert(id.to_ascii_lowercase()))
    }
}

fn append(id: &mut String, segment: &str) {
    // Between two values, and before one that begins with what no id begins with.
    if !id.is_empty() || segment.starts_with(|first: char| first.is_ascii_digit() || first == '-') {
        id.push('_');
    }
    // The runner goes by UTF-16 units: two underscores stand for a character that has two.
    for unit in segment.encode_utf16() {
        let letter = u8::try_from(unit)
            .ok()
            .filter(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
        id.push(letter.map_or('_', char::from));
    }
}

fn candidate(id: &str, attempt: u32) -> String {
    let suffix = match attempt {
        1 => String::new(),
        _ if id == "_" => attempt.to_string(),
        _ => format!("_{attempt}"),
    };
    let length = id.len().min(MAX_ID - suffix.len());
    format!("{}{suffix}", id.get(..length).unwrap_or_default())
}

/// The name of a job or leg as GitHub shows it: the values of its matrix in brackets, 100 UTF-16 units at most.
#[must_use]
pub fn leg_name<'a>(job: &str, segments: impl IntoIterator<Item = &'a str>) -> String {
    let segments: Vec<_> = segments.into_iter().filter(|segment| !segment.is_empty()).collect();
    let name = if segments.is_empty() { job.to_owned() } else { format!("{job} ({})", segments.join(", ")) };
    shortened(name)
}

fn shortened(name: String) -> String {
    if name.len() <= MAX_NAME || name.encode_utf16().count() <= MAX_NAME {
        return name;
    }
    let mut units = 0;
    let mut short: String = name
        .chars()
        .take_while(|character| {
            units += character.len_utf16();
            units <= MAX_NAME - 3
        })
        .collect();
    short.push_str("...");
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_made_of_values() {
        let mut builder = IdBuilder::default();
        for (segments, id) in [
            (&["ubuntu-latest", "3.1"][..], "ubuntu-latest_3_1"),
            (&["Ubuntu-latest", "3_1"], "Ubuntu-latest_3_1_2"),
            (&["3.9"], "_3_9"),
            (&["-x"], "_-x"),
            (&["", "true"], "true"),
            (&[], "job"),
            (&[""], "job_2"),
            (&["__a"], "_a"),
            (&["é"], "_"),
            (&["."], "_2"),
            (&["😀b"], "_b"),
            (&["abcdefghijklmnopqrstuvwxyz"], "abcdefghijklmnopqrstuvwxy"),
            (&["abcdefghijklmnopqrstuvwxyz0"], "abcdefghijklmnopqrstuvw_2"),
        ] {
            assert_eq!(builder.build(segments.iter().copied()).as_deref(), Some(id), "{segments:?}");
        }
    }

    #[test]
    fn the_runner_gives_up_after_a_thousand() {
        let mut builder = IdBuilder::default();
        let ids: Vec<_> = (0..1000).map(|_| builder.build(["a"])).collect();
        assert_eq!(ids[998].as_deref(), Some("a_999"));
        assert_eq!(ids[999], None);
    }

    #[test]
    fn names_have_values_in_brackets() {
        assert_eq!(leg_name("test", ["ubuntu", "", "3.1"]), "test (ubuntu, 3.1)");
        assert_eq!(leg_name("test", [""]), "test");
        let long = "x".repeat(98);
        assert_eq!(leg_name(&long, ["a"]), format!("{}...", "x".repeat(97)));
        assert_eq!(leg_name(&"x".repeat(100), []), "x".repeat(100));
        let wide = "😀".repeat(60);
        assert_eq!(leg_name(&wide, []), format!("{}...", "😀".repeat(48)));
    }
}
