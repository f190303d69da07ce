//! The tables of `docs/reliability.md`, from what the simulation recorded in `docs/reliability.json`, and the model
//! check in `docs/model.json`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context as _;
use serde_json::Value;

/// The whole record.
fn record(root: &Path) -> anyhow::Result<Value> {
    let text = std::fs::read_to_string(root.join("docs/reliability.json")).context(
        "failed to read docs/reliability.json; cargo xtask simulate --seeds N --summary FILE writes it",
    )?;
    serde_json::from_str(&text).context("failed to read docs/reliability.json as JSON")
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or("-")
}

fn number(value: &Value, key: &str) -> u64 {
    value.get(key).and_then(Value::as_u64).unwrap_or_default()
}

fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn words(value: &Value, key: &str) -> String {
    list(value, key).iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
}

/// Rows under a head, each column as wide as it has to be.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let head: Vec<String> = head.iter().map(|cell| (*cell).to_owned()).collect();
    let all = || std::iter::once(&head).chain(rows);
    let width =
        |column: usize| all().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let mut out = String::new();
    for row in all() {
        let cells = row.iter().enumerate().map(|(i, cell)| format!("{cell:<w$}", w = width(i).unwrap_or(0)));
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
    out
}

/// How much was played.
pub(crate) fn simulation(root: &Path) -> anyhow::Result<String> {
    let record = record(root)?;
    let played = record.get("simulation").context("failed to find `simulation` in docs/reliability.json")?;
    let when = record.get("recorded").unwrap_or(&Value::Null);
    let row = |what: &str, key: &str| vec![what.to_owned(), number(played, key).to_string()];
    let mut rows = vec![
        vec!["recorded".to_owned(), format!("{}, commit {}", text(when, "date"), text(when, "commit"))],
        row("seeds", "seeds"),
        row("passes of the engine", "passes"),
        row("steps: calls of a port, or of decide()", "steps"),
        vec!["steps a second and core".to_owned(), per_core(played)],
        row("distinct states of the journal", "distinctStates"),
        row("promotions", "promotions"),
        row("rules broken", "violations"),
    ];
    if let (Some(seconds), Some(cores)) = (played.get("seconds").and_then(Value::as_f64), played.get("cores"))
    {
        rows.push(vec!["seconds".to_owned(), format!("{seconds:.0} on {cores} cores")]);
    }
    Ok(table(&["", ""], &rows).trim_start().to_owned())
}

fn per_core(played: &Value) -> String {
    let figure = |key: &str| played.get(key).and_then(Value::as_f64);
    let per_core = figure("stepsPerSecond").zip(figure("cores")).map(|(steps, cores)| steps / cores.max(1.0));
    per_core.map_or_else(|| "-".to_owned(), |steps| format!("{steps:.0}"))
}

/// Each fault, how often it struck, and which bugs need it.
pub(crate) fn faults(root: &Path) -> anyhow::Result<String> {
    let record = record(root)?;
    let played = record.get("simulation").unwrap_or(&Value::Null);
    let row = |fault: &Value| {
        vec![text(fault, "text").to_owned(), number(fault, "struck").to_string(), words(fault, "mattered")]
    };
    Ok(table(
        &["fault", "struck", "matters for"],
        &list(played, "faults").iter().map(row).collect::<Vec<_>>(),
    ))
}

/// The sentences of the faults, by their names.
fn sentences(record: &Value) -> BTreeMap<&str, &str> {
    let faults = list(record.get("simulation").unwrap_or(&Value::Null), "faults");
    faults.iter().map(|fault| (text(fault, "kind"), text(fault, "text"))).collect()
}

/// Each planted bug, the rule by which the observer finds it and the first seed at which it does, or the life of the crash
/// sweep, and the same of the invariants; under it what it does, and the faults that it needs.
pub(crate) fn museum(root: &Path) -> anyhow::Result<String> {
    let record = record(root)?;
    let seed = |bug: &Value, key: &str, none: &str| {
        bug.get(key).and_then(Value::as_u64).map_or_else(|| none.to_owned(), |seed| seed.to_string())
    };
    let first = |bug: &Value| match bug.get("life").and_then(Value::as_str) {
        Some(life) => format!("crash {} ({life})", number(bug, "seed")),
        None => seed(bug, "seed", "not found"),
    };
    let row = |bug: &Value| {
        vec![
            text(bug, "bug").to_owned(),
            text(bug, "check").to_owned(),
            first(bug),
            text(bug, "invariant").to_owned(),
            seed(bug, "invariantSeed", "-"),
        ]
    };
    let sentences = sentences(&record);
    let said = |bug: &Value| {
        let does = bug.get("text").and_then(Value::as_str).map(|does| format!("    {does}\n"));
        let faults = list(bug, "faults").iter().filter_map(Value::as_str);
        let faults = faults.map(|kind| sentences.get(kind).copied().unwrap_or(kind));
        let faults = faults.collect::<Vec<_>>().join("; ");
        let needs = (!faults.is_empty()).then(|| format!("    needs: {faults}\n"));
        does.into_iter().chain(needs).collect::<String>()
    };
    let bugs = list(&record, "museum");
    let rows = table(
        &["planted bug", "observer", "at seed", "invariant", "at seed"],
        &bugs.iter().map(row).collect::<Vec<_>>(),
    );
    // Under the head there is no sentence.
    let under = std::iter::once(String::new()).chain(bugs.iter().map(said));
    Ok(rows.lines().zip(under).map(|(line, under)| format!("{line}\n{under}")).collect())
}

/// Each life of the crash sweep.
pub(crate) fn crashes(root: &Path) -> anyhow::Result<String> {
    let record = record(root)?;
    let row = |life: &Value| {
        let atomic = life.get("atomic").and_then(Value::as_bool).unwrap_or_default();
        let pushes = if atomic { "atomic" } else { "one by one" };
        let count = |key| number(life, key).to_string();
        let end = life.get("violation").and_then(Value::as_str).unwrap_or("as without a crash");
        vec![
            text(life, "opening").to_owned(),
            pushes.to_owned(),
            count("effects"),
            count("lives"),
            count("late"),
            end.to_owned(),
        ]
    };
    Ok(table(
        &["life", "pushes", "effects", "crashes played", "as if late", "end"],
        &list(&record, "crashes").iter().map(row).collect::<Vec<_>>(),
    ))
}

/// The long runs, each of a commit.
pub(crate) fn long(root: &Path) -> anyhow::Result<String> {
    let text_of = std::fs::read_to_string(root.join("docs/long.json"))
        .context("failed to read docs/long.json; cargo xtask simulate --seeds A..B --long FILE adds to it")?;
    let record: Vec<Value> =
        serde_json::from_str(&text_of).context("failed to read docs/long.json as JSON")?;
    let row = |run: &Value| {
        let count = |key: &str| number(run, key).to_string();
        let (seconds, cores) =
            (run.get("seconds").and_then(Value::as_f64).unwrap_or_default(), count("cores"));
        vec![
            text(run, "date").to_owned(),
            text(run, "commit").to_owned(),
            format!("{}..{}", count("from"), count("to")),
            count("passes"),
            count("promotions"),
            count("struck"),
            format!("{:.0} min on {cores} cores", seconds / 60.0),
        ]
    };
    let head = ["recorded", "commit", "seeds", "passes", "promotions", "faults that struck", "time"];
    Ok(table(&head, &record.iter().map(row).collect::<Vec<_>>()))
}

/// How much was checked of each size of the model.
pub(crate) fn model(root: &Path) -> anyhow::Result<String> {
    let text_of = std::fs::read_to_string(root.join("docs/model.json"))
        .context("failed to read docs/model.json; cargo xtask model --full --summary FILE writes it")?;
    let record: Value = serde_json::from_str(&text_of).context("failed to read docs/model.json as JSON")?;
    let when = record.get("recorded").unwrap_or(&Value::Null);
    let row = |size: &Value| {
        let releases = list(size, "releases").iter().map(Value::to_string).collect::<Vec<_>>();
        let seconds = size.get("seconds").and_then(Value::as_f64).unwrap_or_default();
        let all = size.get("exhaustive").and_then(Value::as_bool).unwrap_or_default();
        let mut row = vec![text(size, "name").to_owned(), releases.join(" + ")];
        row.extend(
            ["acts", "states", "unique", "depth", "decisions"].map(|key| number(size, key).to_string()),
        );
        row.extend([format!("{seconds:.1}"), if all { "yes" } else { "no" }.to_owned()]);
        row.push(match words(size, "broken") {
            broken if broken.is_empty() => "none".to_owned(),
            broken => broken,
        });
        row
    };
    let head = [
        "size",
        "releases",
        "acts",
        "states",
        "unique",
        "depth",
        "decisions",
        "seconds",
        "to its end",
        "rules broken",
    ];
    let rows: Vec<_> = list(&record, "sizes").iter().map(row).collect();
    let (date, commit, threads) = (text(when, "date"), text(when, "commit"), number(&record, "threads"));
    Ok(format!("recorded {date}, commit {commit}, {threads} threads\n\n{}", table(&head, &rows)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_they_have_to_be() {
        let rows = [vec!["a".to_owned(), "1".to_owned()], vec!["longer".to_owned(), "22".to_owned()]];
        assert_eq!(table(&["x", "n"], &rows), "x       n\na       1\nlonger  22\n");
    }

    #[test]
    fn a_bug_that_was_not_found_says_so_and_each_what_it_does() {
        let folder = std::env::temp_dir().join(format!("xtask-reliability-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("docs")).unwrap();
        let record = r#"{"museum": [{"bug": "Hidden", "check": null, "seed": null, "faults": []},
            {"bug": "Found", "text": "It does harm.", "check": "S1", "seed": 7, "faults": ["Hold", "New"]}],
            "simulation": {"faults": [{"kind": "Hold", "text": "a person holds"}]}}"#;
        std::fs::write(folder.join("docs/reliability.json"), record).unwrap();
        let printed = museum(&folder);
        std::fs::remove_dir_all(&folder).unwrap();
        let printed = printed.unwrap();
        assert!(printed.contains("Hidden       -         not found"), "{printed}");
        assert!(printed.ends_with("    It does harm.\n    needs: a person holds; New\n"), "{printed}");
    }
}
