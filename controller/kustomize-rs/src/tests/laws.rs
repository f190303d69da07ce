//! Laws over generated kustomizations.

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::RngSeed;

use super::{DIGEST, IMAGE, OTHER, kustomization};
use crate::{Wanted, read, restore, write};

/// How a kustomization is laid out.
#[derive(Debug, Clone)]
struct Layout {
    style: Style,
    ending: &'static str,
    final_ending: bool,
    mark: bool,
    above: &'static str,
    beside: &'static str,
    spaces: usize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Style {
    Block,
    Indentless,
    FlowItems,
    Flow,
}

/// The keys of one entry, values as they are written.
type Entry = Vec<(String, String)>;

fn layout() -> impl Strategy<Value = Layout> {
    let style = select(vec![Style::Block, Style::Indentless, Style::FlowItems, Style::Flow]);
    let comments = vec!["", "# c", "# ü 🚀", "# newTag: v0", "# {a, [b"];
    let ending = select(vec!["\n", "\r\n"]);
    (style, ending, any::<[bool; 2]>(), select(comments.clone()), select(comments), 1..4_usize).prop_map(
        |(style, ending, [final_ending, mark], above, beside, spaces)| Layout {
            style,
            ending,
            final_ending,
            mark,
            above,
            beside,
            spaces,
        },
    )
}

fn scalar() -> impl Strategy<Value = String> {
    let value = select(vec!["v1", "1.10", "1.2.3", "20260821", "main-4f2a9c1", "0755", "1e5", "latest"]);
    (value, select(vec!["", "'", "\""])).prop_map(|(value, quote)| format!("{quote}{value}{quote}"))
}

fn key(name: &'static str) -> impl Strategy<Value = String> {
    select(vec![name.to_owned(), format!("'{name}'"), format!("\"{name}\"")])
}

/// An entry with `name` first and the other keys in any order.
fn entry(image: &'static str) -> impl Strategy<Value = Entry> {
    let pair = |name, value: BoxedStrategy<String>| proptest::option::of((key(name), value));
    let name = (key("name"), select(vec![image.to_owned(), format!("'{image}'"), format!("\"{image}\"")]));
    let digest = select(vec![OTHER.to_owned(), format!("'{OTHER}'")]).boxed();
    let rest = (
        pair("newName", Just("example.com/x".to_owned()).boxed()),
        pair("newTag", scalar().boxed()),
        pair("digest", digest),
    );
    let rest = rest.prop_map(|(a, b, c)| [a, b, c].into_iter().flatten().collect::<Vec<_>>()).prop_shuffle();
    (name, rest).prop_map(|(name, rest)| [vec![name], rest].concat())
}

impl Layout {
    fn text(&self, entries: &[Entry]) -> String {
        let mut lines = vec![self.above.to_owned(), "kind: Kustomization".to_owned()];
        let flow = |entry: &Entry| {
            let pairs: Vec<_> = entry.iter().map(|(k, v)| format!("{k}: {v}")).collect();
            format!("{{{}}}", pairs.join(", "))
        };
        match self.style {
            Style::Flow => {
                let items: Vec<_> = entries.iter().map(flow).collect();
                lines.push(self.beside(format!("images: [{}]", items.join(", "))));
            }
            Style::FlowItems => {
                lines.push("images:".to_owned());
                lines.extend(entries.iter().map(|entry| self.beside(format!("  - {}", flow(entry)))));
            }
            Style::Block | Style::Indentless => {
                lines.push(self.beside("images:".to_owned()));
                entries.iter().for_each(|entry| self.block(entry, &mut lines));
            }
        }
        lines.retain(|line| !line.is_empty());
        let end = if self.final_ending { self.ending } else { "" };
        let mark = if self.mark { "\u{feff}" } else { "" };
        format!("{mark}{}{end}", lines.join(self.ending))
    }

    fn block(&self, entry: &Entry, lines: &mut Vec<String>) {
        let margin = " ".repeat(if self.style == Style::Indentless { 0 } else { self.spaces });
        for (position, (key, value)) in entry.iter().enumerate() {
            let lead = if position == 0 { "- " } else { "  " };
            let gap = " ".repeat(self.spaces);
            lines.push(self.beside(format!("{margin}{lead}{key}:{gap}{value}")));
        }
        lines.push(format!("{margin}  {}", self.above));
    }

    fn beside(&self, line: String) -> String {
        if self.beside.is_empty() { line } else { format!("{line}  {}", self.beside) }
    }
}

fn text() -> impl Strategy<Value = String> {
    let entries = (entry("ghcr.io/acme/api"), entry(IMAGE), entry("ghcr.io/acme/web-ui"), any::<bool>());
    let entries = entries.prop_map(|(a, b, c, first)| if first { vec![b, a, c] } else { vec![a, c, b] });
    (layout(), entries).prop_map(|(layout, entries)| layout.text(&entries))
}

/// A tag of any printable kind, most of them likely ones.
fn tag() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z0-9][a-zA-Z0-9._-]{0,12}",
        2 => "[0-9][0-9._:eExX-]{0,8}",
        1 => select(vec!["on", "y", "null", "~", "", "1:20", "2026-08-21"]).prop_map(str::to_owned),
        1 => "[ -~äß🚀]{0,12}".prop_filter("templates are refused", |t| !t.contains("{{")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 512,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(8),
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_was_written_reads_back_and_restores(text in text(), tag in tag()) {
        let wanted = Wanted { tag: Some(tag.clone()), digest: Some(DIGEST.to_owned()) };
        let before = read(&text, &kustomization()).unwrap();
        let after = write(&text, &kustomization(), &wanted).unwrap();
        let fields = read(&after, &kustomization()).unwrap();
        prop_assert_eq!(fields.tag.as_ref().map(|s| s.value.as_str()), Some(tag.as_str()));
        prop_assert_eq!(fields.digest.as_ref().map(|s| s.value.as_str()), Some(DIGEST));
        prop_assert_eq!(&write(&after, &kustomization(), &wanted).unwrap(), &after);
        prop_assert_eq!(restore(&after, &kustomization(), &before.raw()).unwrap(), text);
    }

    #[test]
    fn only_the_scalars_of_the_entry_change(text in text(), tag in tag()) {
        let before = read(&text, &kustomization()).unwrap();
        // Only keys that are there, so that all other bytes can be compared.
        let wanted = Wanted {
            tag: before.tag.as_ref().map(|_| tag),
            digest: before.digest.as_ref().map(|_| DIGEST.to_owned()),
        };
        let after = write(&text, &kustomization(), &wanted).unwrap();
        let fields = read(&after, &kustomization()).unwrap();
        let blank = |text: &str, scalars: [Option<crate::Scalar>; 2]| {
            let mut spans: Vec<_> = scalars.into_iter().flatten().map(|s| s.span).collect();
            spans.sort_by_key(|span| std::cmp::Reverse(span.start));
            spans.into_iter().fold(text.to_owned(), |mut text, span| { text.replace_range(span, "_"); text })
        };
        prop_assert_eq!(
            blank(&text, [before.tag.clone(), before.digest.clone()]),
            blank(&after, [fields.tag.clone(), fields.digest.clone()])
        );
        prop_assert_eq!(fields.name.map(|s| s.raw), before.name.map(|s| s.raw));
    }

    #[test]
    fn no_text_makes_it_stumble(text in "[-a-z:{}\\[\\],&*!|>'\"#% \n\r\tü]{0,60}", tag in ".{0,8}") {
        let text = format!("images:\n- name: {IMAGE}\n  newTag: {text}");
        let wanted = Wanted { tag: Some(tag.clone()), digest: None };
        if let Ok(after) = write(&text, &kustomization(), &wanted) {
            prop_assert_eq!(read(&after, &kustomization()).unwrap().tag.unwrap().value, tag);
        }
    }
}
