//! What the script makes details of, and filters by.

use indexmap::IndexSet;
use serde::Serialize;
use towpath_migrate::assess::{Cited, Meta, Sheet, Verdict};

use super::page::{Page, Row, Rows};
use super::shown;

/// Names are short, since some of them stand there for each reason.
#[derive(Serialize)]
struct Data<'e> {
    /// What a row is: a workflow or a repository, as one and as many.
    thing: [&'static str; 2],
    /// Rule and target.
    blockers: Vec<(&'static str, String)>,
    rules: Vec<Rule>,
    files: Vec<String>,
    targets: Vec<String>,
    rows: Vec<Entry<'e>>,
    /// The rows that use each thing, in the order of the page.
    used: Vec<&'e [usize]>,
}

#[derive(Serialize)]
struct Rule {
    id: &'static str,
    outcome: &'static str,
    title: &'static str,
    why: &'static str,
    remedy: &'static str,
}

/// A row of the table.
#[derive(Serialize)]
struct Entry<'e> {
    /// Its verdicts: one, or all that its workflows have.
    v: Vec<&'static str>,
    /// Its blockers.
    b: &'e [usize],
    #[serde(skip_serializing_if = "Option::is_none")]
    d: Option<Details>,
}

/// The details of a workflow.
#[derive(Serialize)]
struct Details {
    path: String,
    jobs: usize,
    steps: usize,
    legs: Vec<(&'static str, usize)>,
    /// Rule, target, file, line, column, legs, and legs that it decides.
    r: Vec<[usize; 7]>,
}

/// What reasons have in common, each once.
#[derive(Default)]
struct Pool<'e> {
    rules: IndexSet<&'static str>,
    metas: Vec<&'static Meta>,
    files: IndexSet<&'e str>,
    targets: IndexSet<&'e str>,
}

/// As it stands in an element for a script: without anything that could end it.
pub(super) fn json(page: &Page<'_>) -> String {
    let mut pool = Pool::default();
    let rows = match &page.table.rows {
        Rows::Workflows { rows, .. } => {
            let rows = rows.iter().zip(&page.table.blockers);
            rows.map(|(row, blockers)| pool.workflow(row, blockers)).collect()
        }
        Rows::Repositories(rows) => {
            let rows = rows.iter().zip(&page.table.blockers);
            rows.map(|(row, blockers)| Entry { v: row.names().collect(), b: blockers, d: None }).collect()
        }
    };
    let used = page.used.iter().flat_map(|kind| &kind.things).map(|thing| thing.rows.as_slice());
    let blockers = page.ladder.steps.iter().map(|step| (step.blocker.0, shown(step.blocker.1)));
    let data = Data {
        thing: match &page.table.rows {
            Rows::Workflows { .. } => ["workflow", "workflows"],
            Rows::Repositories(_) => ["repository", "repositories"],
        },
        blockers: blockers.collect(),
        rules: pool.metas.iter().map(|meta| Rule::of(meta)).collect(),
        files: pool.files.iter().map(|file| shown(file)).collect(),
        targets: pool.targets.iter().map(|target| shown(target)).collect(),
        rows,
        used: used.collect(),
    };
    // Texts, numbers and lists always have a form.
    escaped(&serde_json::to_string(&data).unwrap_or_default())
}

/// JSON in which no character means anything to a reader of HTML. It stands within texts alone, where it may be written so.
fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        match character {
            '<' => text.push_str("\\u003c"),
            '>' => text.push_str("\\u003e"),
            '&' => text.push_str("\\u0026"),
            '\u{2028}' => text.push_str("\\u2028"),
            '\u{2029}' => text.push_str("\\u2029"),
            _ => text.push(character),
        }
    }
    text
}

impl<'e> Pool<'e> {
    fn workflow<'p>(&mut self, row: &Row<'e>, blockers: &'p [usize]) -> Entry<'p> {
        let Sheet { path, rolled, legs, reasons, facts, .. } = row.sheet;
        let legs = Verdict::ALL.into_iter().zip(*legs).filter(|(_, count)| *count > 0);
        let details = Details {
            path: shown(path),
            jobs: facts.jobs,
            steps: facts.steps,
            legs: legs.map(|(verdict, count)| (verdict.name(), count)).collect(),
            r: reasons.iter().map(|cited| self.reason(cited, path)).collect(),
        };
        Entry { v: vec![rolled.name()], b: blockers, d: Some(details) }
    }

    fn reason(&mut self, cited: &'e Cited, path: &'e str) -> [usize; 7] {
        let (rule, is_new) = self.rules.insert_full(cited.rule.id);
        if is_new {
            self.metas.push(cited.rule);
        }
        let (target, _) = self.targets.insert_full(&cited.target);
        let (file, _) = self.files.insert_full(cited.mark.file().unwrap_or(path));
        let (legs, decides) = cited.legs;
        [rule, target, file, cited.mark.start.line, cited.mark.start.column, legs, decides]
    }
}

impl Rule {
    fn of(meta: &Meta) -> Self {
        let Meta { id, outcome, title, why, remedy } = meta;
        Self { id, outcome: outcome.name(), title, why, remedy }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn nothing_ends_the_element_and_nothing_is_lost(text in "[<>&/!a-z\"'\\\\\u{2028}\u{2029}\u{202e}-]{0,40}") {
            let json = serde_json::to_string(&text).unwrap();
            let escaped = escaped(&json);
            let is_free = !escaped.contains(['<', '>', '&', '\u{2028}', '\u{2029}']);
            prop_assert!(is_free);
            prop_assert_eq!(serde_json::from_str::<String>(&escaped).unwrap(), text);
        }
    }
}
