//! Each byte of the corpus's workflows and actions belongs to one innermost construct, a comment, or what YAML needs between
//! them; each construct of a file that GitHub accepts has its feature.
#![expect(clippy::unwrap_used, reason = "a fixture that fails ends its test")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde_json::{Value, json};
use towpath_migrate::features::{Catalogue, Construct, FeatureKind, Tile, TileKind, constructs, path, tiles};
use towpath_migrate::read::{Document, Limits, read_action, read_workflow};
use towpath_migrate::span::Span;

/// What has no feature, and why.
const NOT_CLASSIFIED: &[(&str, &str, &str)] = &[
    ("code-scanning/nowsecure-mobile-sbom.yml", "jobs.nowsecure.steps[2].with.group_id.", REFUSED),
    ("code-scanning/nowsecure.yml", "jobs.nowsecure.steps[2].with.group_id.", REFUSED),
    (
        "code-scanning/zscaler-iac-scan.yml",
        "jobs.zscaler-iac-scan.steps[2].with.sarif_file",
        "steps.<step-id> has no such part: it is null",
    ),
];

const STARTER: &str = "workflows/actions+starter-workflows/";
const REFUSED: &str = "GitHub refuses a mapping here: {{ }} lacks its $";

/// What was counted.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    files: usize,
    /// Files in which GitHub refuses something, by name.
    refused: BTreeSet<String>,
    bytes: usize,
    constructs: usize,
    kinds: BTreeMap<&'static str, usize>,
    /// How often each feature occurs, by its place in the catalogue.
    features: BTreeMap<usize, usize>,
    tiles: BTreeMap<&'static str, usize>,
    /// Occurrences that a row stands for without naming them, by the reason.
    remainders: BTreeMap<&'static str, usize>,
    unclassified: Vec<String>,
}

fn read(name: &str, source: &str) -> Document {
    if name.contains("/_actions/") {
        read_action(source, &Limits::default())
    } else {
        read_workflow(source, &Limits::default())
    }
}

/// Constructs stand behind the ones around them, in them, and behind the ones before them.
fn assert_nested(name: &str, source: &str, all: &[Construct]) {
    let mut ends: BTreeMap<Option<u32>, usize> = BTreeMap::new();
    for (index, construct) in all.iter().enumerate() {
        let span = construct.span;
        if let Some(parent) = construct.parent {
            assert!((parent as usize) < index, "{name}: a construct stands before the one around it");
            let outer = all.get(parent as usize).unwrap().span;
            assert!(outer.contains(span), "{name}: {span:?} {:?} is not in {outer:?}", span.of(source));
        }
        let end = ends.entry(construct.parent).or_default();
        assert!(*end <= span.start, "{name}: {span:?} {:?} overlaps the one before it", span.of(source));
        *end = span.end;
    }
}

/// Tiles follow each other from the first byte to the last, and are what they say.
fn assert_tiled(name: &str, source: &str, tiles: &[Tile], all: &[Construct]) {
    let mut at = 0;
    for tile in tiles {
        let text = tile.span.of(source);
        assert_eq!(tile.span.start, at, "{name}: a gap or an overlap before {text:?}");
        assert!(!tile.span.is_empty() && !text.is_empty(), "{name}: an empty tile at {at}");
        match tile.kind {
            TileKind::Space => assert_eq!(text.trim_matches('\u{feff}').trim(), "", "{name}"),
            TileKind::Punctuation => assert!(text.bytes().all(|byte| b"-?:,[]{}.".contains(&byte)), "{name}"),
            TileKind::Comment => {
                assert!(text.starts_with('#') || tile.construct.is_some(), "{name}: {text:?}")
            }
            TileKind::Text | TileKind::Unread => {}
        }
        if let Some(construct) = tile.construct {
            let whole: Span = all.get(construct as usize).unwrap().span;
            assert!(whole.contains(tile.span), "{name}: {text:?} is not in its construct");
        }
        at = tile.span.end;
    }
    assert_eq!(at, source.len(), "{name}: the last bytes have no tile");
}

fn look(name: &str, source: &str, counts: &mut Counts) {
    let document = read(name, source);
    let all = constructs(&document);
    assert_nested(name, source, &all);
    let tiles = tiles(document.tree(), &all);
    assert_tiled(name, source, &tiles, &all);
    counts.files += 1;
    counts.bytes += source.len();
    counts.constructs += all.len();
    let is_refused = !document.problems().is_empty();
    if is_refused {
        counts.refused.insert(name.to_owned());
    }
    let catalogue = Catalogue::get();
    for (index, construct) in all.iter().enumerate() {
        match construct.feature {
            Some(feature) => {
                *counts.kinds.entry(catalogue.feature(feature).kind.name()).or_default() += 1;
                *counts.features.entry(feature.index()).or_default() += 1;
                if let Some(why) = remainder(&catalogue.feature(feature).id, construct.span.of(source)) {
                    *counts.remainders.entry(why).or_default() += 1;
                }
            }
            None => counts.unclassified.push(format!("{name} {}", path(&document, &all, index))),
        }
    }
    for tile in &tiles {
        let has_construct = tile.construct.is_some();
        let what = match tile.kind {
            TileKind::Unread => "not read",
            _ if has_construct => "in constructs",
            TileKind::Comment => "comments between constructs",
            TileKind::Space => "space between constructs",
            TileKind::Punctuation => "punctuation between constructs",
            TileKind::Text => "text in no construct",
        };
        *counts.tiles.entry(what).or_default() += tile.span.end - tile.span.start;
        let is_homeless = tile.kind == TileKind::Text && !has_construct || tile.kind == TileKind::Unread;
        assert!(is_refused || !is_homeless, "{name}: nothing has {:?}", tile.span.of(source));
    }
}

/// Why a row stands for something that it does not name, if it does.
fn remainder(id: &str, text: &str) -> Option<&'static str> {
    let payload = "context/github.event.";
    match id {
        "context/github.event.<other>" => Some("properties that GitHub's list of payloads does not have"),
        "context/github.event.*" => Some("any property of a payload at once"),
        "context/github.event.inputs" | "context/github.event.client_payload" => {
            Some("below inputs and client_payload, whose names the author chose")
        }
        "workflow/on-mapping.<name>" => Some("events that the schema does not name"),
        _ if id.starts_with(payload) && text.split('.').count() > id.split('.').count() => {
            Some("below a property of a payload, which is GitHub's API")
        }
        _ => None,
    }
}

pub(crate) fn counts() -> Option<&'static Counts> {
    static COUNTS: LazyLock<Option<Counts>> = LazyLock::new(|| {
        let files = crate::files("constructs")?;
        let mut counts = Counts::default();
        for (name, source) in files.iter().filter(|(name, _)| name.starts_with("workflows/")) {
            look(name, source, &mut counts);
        }
        Some(counts)
    });
    COUNTS.as_ref()
}

/// So many features are named in the record, the most frequent first.
const MOST: usize = 40;

impl Counts {
    fn kinds(&self) -> Vec<Value> {
        let mut kinds: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
        for (id, feature) in Catalogue::get().features() {
            let occurrences = self.features.get(&id.index()).copied().unwrap_or_default();
            let [rows, occurring, all] = kinds.entry(feature.kind.name()).or_default();
            *rows += 1;
            *occurring += usize::from(occurrences > 0);
            *all += occurrences;
        }
        let mut records = Vec::new();
        for (kind, [rows, occurring, all]) in kinds {
            records.push(json!({ "kind": kind, "rows": rows, "occurring": occurring, "occurrences": all }));
        }
        records
    }

    fn most(&self) -> Vec<Value> {
        let names: Vec<_> = Catalogue::get().features().map(|(_, feature)| feature.id.as_str()).collect();
        let mut most: Vec<_> = self.features.iter().collect();
        most.sort_by_key(|(index, count)| (std::cmp::Reverse(**count), **index));
        most.truncate(MOST);
        let named = |(index, count): (&usize, &usize)| json!({ "id": names.get(*index), "count": count });
        most.into_iter().map(named).collect()
    }

    pub(crate) fn record(&self) -> Value {
        let not_classified = NOT_CLASSIFIED
            .iter()
            .map(|(file, path, why)| json!({ "file": format!("{STARTER}{file}"), "path": path, "why": why }));
        json!({
            "files": self.files,
            "bytes": self.bytes,
            "constructs": self.constructs,
            "rows": Catalogue::get().features().count(),
            "rowsThatOccur": self.features.len(),
            "kinds": self.kinds(),
            "most": self.most(),
            "tiles": self.tiles,
            "remainders": self.remainders,
            "notClassified": not_classified.collect::<Vec<_>>(),
        })
    }
}

#[test]
fn files_of_the_corpus_are_tiled_by_classified_constructs() {
    let Some(counts) = counts() else { return };
    let features = Catalogue::get().features().count();
    println!(
        "{} files ({} with something that GitHub refuses), {} bytes, {} constructs of {} of {features} features",
        counts.files,
        counts.refused.len(),
        counts.bytes,
        counts.constructs,
        counts.features.len(),
    );
    println!("constructs: {:?}", counts.kinds);
    println!("bytes: {:?}", counts.tiles);
    println!("refused: {:?}", counts.refused);
    let named: Vec<_> =
        NOT_CLASSIFIED.iter().map(|(name, path, _)| format!("{STARTER}{name} {path}")).collect();
    assert_eq!(counts.unclassified, named, "what has no feature is named, and no more");
    assert!(counts.files > 800, "the corpus is smaller than it was");
    assert!(counts.kinds.contains_key(FeatureKind::Default.name()));
}
