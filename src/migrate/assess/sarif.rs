//! Findings as SARIF 2.1.0, within the limits of GitHub's code scanning.

use std::collections::BTreeMap;
use std::io;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::Serialize;
use towpath_migrate::assess::{Mark, rules};
use towpath_migrate::security;
use towpath_migrate::yaml::Place;

use super::base::Base;
use super::estate::Estate;
use super::finding::{Finding, Level};
use super::late::Many;

/// How many results GitHub takes of a run.
/// <https://docs.github.com/en/code-security/code-scanning/troubleshooting-sarif-uploads/results-exceed-limit>
const MAX_RESULTS: usize = 25_000;

/// How many characters of a message are told.
const MAX_MESSAGE: usize = 1_000;

/// What a path may not have in a URI.
const ESCAPED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}')
    .add(b':');

#[derive(Serialize)]
struct Log<'e> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'e>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'e> {
    tool: Tool,
    column_kind: &'static str,
    invocations: [Invocation; 1],
    results: Many<'e, Outcome<'e>>,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    semantic_version: &'static str,
    rules: Vec<RuleRow>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RuleRow {
    id: &'static str,
    short_description: Text,
    full_description: Text,
    help: Text,
    default_configuration: Configuration,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct Text {
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_execution_notifications: Vec<Notification>,
}

#[derive(Serialize)]
struct Notification {
    level: &'static str,
    message: Text,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome<'e> {
    rule_id: &'static str,
    rule_index: usize,
    level: &'static str,
    message: Text,
    locations: [Location<'e>; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Related>,
    partial_fingerprints: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<Suppression<'e>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location<'e> {
    physical_location: Physical,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logical_locations: Vec<Logical<'e>>,
}

/// The place in a called workflow or an action of the repository, to which the message links: so GitHub shows it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Related {
    id: usize,
    message: Text,
    physical_location: Physical,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    region: Region,
}

#[derive(Serialize)]
struct Artifact {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    start_column: usize,
    end_line: usize,
    end_column: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Logical<'e> {
    fully_qualified_name: &'e str,
}

#[derive(Serialize)]
struct Suppression<'e> {
    kind: &'static str,
    justification: &'e str,
}

/// Writes all findings; where there are more than GitHub takes, those that matter most.
pub(super) fn write(estate: &Estate, base: &Base, out: &mut dyn io::Write) -> io::Result<()> {
    let driver = Driver { name: "towpath", semantic_version: env!("CARGO_PKG_VERSION"), rules: rules_of() };
    let places: BTreeMap<&str, usize> =
        driver.rules.iter().zip(0..).map(|(rule, at)| (rule.id, at)).collect();
    let found: Vec<_> = Finding::all(estate).collect();
    let (told, left) = within(&found, MAX_RESULTS);
    let place = |rule: &str| places.get(rule).copied().unwrap_or_default();
    let run = Run {
        column_kind: "utf16CodeUnits",
        invocations: [Invocation {
            execution_successful: estate.unread.is_empty(),
            tool_execution_notifications: notifications(estate, base, left),
        }],
        results: Many::new(told.len(), |at| {
            let finding = told.get(at)?;
            Some(Outcome::of(finding, place(finding.rule), base))
        }),
        tool: Tool { driver },
    };
    let schema = "https://json.schemastore.org/sarif-2.1.0.json";
    let log = Log { schema, version: "2.1.0", runs: [run] };
    serde_json::to_writer(&mut *out, &log)?;
    out.write_all(b"\n")
}

/// What is told, in the order that it has, and how many are left out: those that matter least, from the end.
fn within<'f, 'e>(found: &'f [Finding<'e>], most: usize) -> (Vec<&'f Finding<'e>>, usize) {
    let mut room = most;
    let mut cut = BTreeMap::new();
    for level in Level::ALL {
        for is_allowed in [false, true] {
            let is_of =
                |finding: &&Finding<'_>| (finding.level, finding.allowed.is_some()) == (level, is_allowed);
            let taken = found.iter().filter(is_of).count().min(room);
            room -= taken;
            cut.insert((level, is_allowed), taken);
        }
    }
    let take = |finding: &&Finding<'_>| {
        let left = cut.get_mut(&(finding.level, finding.allowed.is_some()));
        left.is_some_and(|left| {
            let is_in = *left > 0;
            *left = left.saturating_sub(1);
            is_in
        })
    };
    let told: Vec<_> = found.iter().filter(take).collect();
    let left = found.len() - told.len();
    (told, left)
}

fn notifications(estate: &Estate, base: &Base, left: usize) -> Vec<Notification> {
    let unread = estate.unread.iter().map(|problem| Notification {
        level: "error",
        message: text(&format!("{}: {}", base.path(&problem.path.to_string_lossy()), problem.cause)),
    });
    let left = (left > 0).then(|| Notification {
        level: "warning",
        message: text(&format!(
            "{left} findings that matter least are not here: GitHub takes {MAX_RESULTS}; -o json has all"
        )),
    });
    unread.chain(left).collect()
}

fn rules_of() -> Vec<RuleRow> {
    let row = |id, [title, why, remedy]: [&str; 3], level: Level| RuleRow {
        id,
        short_description: text(title),
        full_description: text(why),
        help: text(remedy),
        default_configuration: Configuration { level: level.name() },
    };
    let of_verdicts = rules::ALL.iter().map(|rule| rule.meta());
    let of_verdicts =
        of_verdicts.map(|meta| row(meta.id, [meta.title, meta.why, meta.remedy], Level::of(meta.outcome)));
    let of_security = security::classes()
        .map(|class| row(class.id, [class.title, class.why, class.remedy], Level::of_risk(class.severity)));
    of_verdicts.chain(of_security).collect()
}

fn text(text: &str) -> Text {
    Text { text: text.chars().take(MAX_MESSAGE).collect() }
}

impl Region {
    /// The beginning of a file.
    const FIRST: Self = Self { start_line: 1, start_column: 1, end_line: 1, end_column: 1 };

    fn of((start, end): (Place, Place)) -> Self {
        Self {
            start_line: start.line,
            start_column: start.column,
            end_line: end.line,
            end_column: end.column,
        }
    }
}

impl Related {
    /// The number that messages link by.
    const ID: usize = 1;

    /// Of what stands in another file of the repository.
    fn of(mark: &Mark, place: &str, base: &Base) -> Option<Self> {
        let path = mark.elsewhere.as_ref()?.path.as_ref().filter(|path| base.has(path))?;
        Some(Self {
            id: Self::ID,
            message: text(&plain(place)),
            physical_location: Physical {
                artifact_location: Artifact { uri: uri(base, path) },
                region: Region::of((mark.start, mark.end)),
            },
        })
    }
}

/// A path as a URI.
fn uri(base: &Base, path: &str) -> String {
    utf8_percent_encode(&base.path(path), ESCAPED).to_string()
}

/// A text in which nothing is a link: section 3.11.6 of SARIF.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for char in text.chars() {
        if matches!(char, '[' | ']' | '\\') {
            plain.push('\\');
        }
        plain.push(char);
    }
    plain
}

/// A finding in a sentence, with a link to the place in another file where there is one.
fn message(finding: &Finding<'_>, place: Option<&str>, is_linked: bool) -> Text {
    let place = place.map(plain).map(|place| match is_linked {
        true => format!(" (in [{place}]({}))", Related::ID),
        false => format!(" (in {place})"),
    });
    let end = format!("{}; {}", place.unwrap_or_default(), plain(finding.remedy));
    let room = MAX_MESSAGE.saturating_sub(end.chars().count());
    let what: String = finding.what().chars().take(room).collect();
    Text { text: plain(&what) + &end }
}

impl<'e> Outcome<'e> {
    fn of(finding: &Finding<'e>, rule_index: usize, base: &Base) -> Self {
        let mark = finding.mark;
        // What stands in another file is told where the workflow asks for it.
        let region = mark.in_workflow().map_or(Region::FIRST, Region::of);
        let uri = uri(base, &finding.sheet.path);
        let place = finding.elsewhere();
        let related = place.as_deref().and_then(|place| Related::of(mark, place, base));
        let way = Some(mark.way.as_str()).filter(|way| !way.is_empty());
        let kind = if finding.is_listed { "external" } else { "inSource" };
        let suppression = |justification| Suppression { kind, justification };
        Self {
            rule_id: finding.rule,
            rule_index,
            level: finding.level.name(),
            message: message(finding, place.as_deref(), related.is_some()),
            locations: [Location {
                physical_location: Physical { artifact_location: Artifact { uri }, region },
                logical_locations: way.map(|way| Logical { fully_qualified_name: way }).into_iter().collect(),
            }],
            related_locations: related.into_iter().collect(),
            partial_fingerprints: BTreeMap::from([("towpathFinding/v1", mark.fingerprint.to_string())]),
            suppressions: finding.allowed.map(suppression).into_iter().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_text_is_a_link() {
        assert_eq!(plain("a [b](1) \\[c"), "a \\[b\\](1) \\\\\\[c");
    }
}
