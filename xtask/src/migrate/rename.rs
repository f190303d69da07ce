//! Makes many workflows of few: the same shapes, other words, so that nothing that was seen before helps.

use std::collections::{HashMap, HashSet};

/// Words that mean something to GitHub, to YAML or to a shell wherever they stand.
const KEPT: &str = "
    true false null yes no on off none
    name on run runs jobs job steps step uses with env if id needs strategy matrix include exclude fail fast max parallel
    permissions concurrency group cancel in progress queue timeout minutes continue error shell defaults working directory
    container image ports volumes options services credentials username password entrypoint args command outputs output
    inputs input secrets secret inherit environment url deployment snapshot runner labels insert
    push pull request target branches tags paths ignore types workflow dispatch call schedule cron timezone merge
    workflows completed requested in_progress required default description type string boolean number choice options
    release created published edited deleted prereleased released opened synchronize reopened closed labeled unlabeled
    assigned unassigned review submitted dismissed comment issue issues discussion label milestone project member public
    fork gollum page build status watch started check suite rerequested repository branch protection rule create delete
    deployment_status pull_request pull_request_target pull_request_review pull_request_review_comment issue_comment
    workflow_dispatch workflow_call workflow_run merge_group checks_requested repository_dispatch discussion_comment
    branch_protection_rule check_run check_suite page_build registry_package ready_for_review converted_to_draft
    auto_merge_enabled auto_merge_disabled review_requested review_request_removed transferred pinned unpinned locked unlocked
    actions attestations checks contents deployments discussions id token models packages pages pull requests read write
    security events statuses all metadata artifact
    github vars event ref sha actor head base ref_name ref_type head_ref base_ref event_name repository_owner workspace
    result success failure always cancelled contains startsWith endsWith format join toJSON fromJSON hashFiles toJson fromJson
    outcome conclusion os arch temp tool_cache number
    bash sh pwsh powershell cmd python ubuntu windows macos latest self hosted linux x64 arm64 arm large
    using main pre post node12 node16 node20 node24 docker composite branding icon color author value
    queued waiting background wait projects quality copilot profiles
    then else elif done esac case while until for function echo exit set export
";

/// A source of numbers that depends on its seed alone (splitmix64).
#[derive(Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// Renames the words of a file, each in the same way wherever it stands.
pub(crate) struct Renamer {
    kept: HashSet<String>,
    names: HashMap<String, String>,
    taken: HashSet<String>,
    dice: Dice,
}

impl Renamer {
    /// For a file with this text. What stands in `uses`, `with`, `runs-on` and `shell` is kept, since it names things that are
    /// elsewhere.
    pub(crate) fn new(text: &str, seed: u64) -> Self {
        let mut kept: HashSet<String> = KEPT.split_whitespace().map(str::to_lowercase).collect();
        kept.extend(named_elsewhere(text));
        // A new word must be none that is there, or two things would have one name.
        let taken = words(text).map(str::to_lowercase).chain(kept.iter().cloned()).collect();
        Self { kept, names: HashMap::new(), taken, dice: Dice::new(seed) }
    }

    /// The text with other words.
    pub(crate) fn rename(&mut self, text: &str) -> String {
        let mut new = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find(is_word) {
            let (before, from) = rest.split_at(start);
            let end = from.find(|c: char| !is_word(c)).unwrap_or(from.len());
            let (word, after) = from.split_at(end);
            new.push_str(before);
            // What follows a backslash, `%` or `&` may be a part of it.
            if before.ends_with(['\\', '%', '&']) {
                new.push_str(word);
            } else {
                new.push_str(&self.word(word));
            }
            rest = after;
        }
        new.push_str(rest);
        new
    }

    fn word(&mut self, word: &str) -> String {
        let lower = word.to_lowercase();
        let plain = word.starts_with(|c: char| c.is_ascii_alphabetic()) && word.len() >= 3;
        let reserved =
            ["github_", "runner_", "actions_", "input_"].iter().any(|start| lower.starts_with(start));
        if !plain || reserved || self.kept.contains(&lower) {
            return word.to_owned();
        }
        let name = match self.names.get(&lower) {
            Some(name) => name.clone(),
            None => self.invent(&lower),
        };
        let like = |(new, old): (char, char)| if old.is_uppercase() { new.to_ascii_uppercase() } else { new };
        name.chars().zip(word.chars()).map(like).collect()
    }

    /// A word of the same length, digits and underscores where they were; the word itself when there is no free one.
    fn invent(&mut self, lower: &str) -> String {
        for _ in 0..64 {
            let name: String = lower.chars().map(|c| self.letter(c)).collect();
            if self.taken.insert(name.clone()) {
                self.names.insert(lower.to_owned(), name.clone());
                return name;
            }
        }
        self.names.insert(lower.to_owned(), lower.to_owned());
        lower.to_owned()
    }

    fn letter(&mut self, old: char) -> char {
        let letters: &[u8] = match old {
            'a' | 'e' | 'i' | 'o' | 'u' => b"aeiou",
            'b'..='z' => b"bcdfghjklmnpqrstvwxyz",
            other => return other,
        };
        let at = self.dice.next() % u64::try_from(letters.len()).unwrap_or(1);
        usize::try_from(at).ok().and_then(|at| letters.get(at)).map_or(old, |letter| char::from(*letter))
    }
}

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !is_word(c)).filter(|word| !word.is_empty())
}

/// The words of values and keys that name what is not in the file.
fn named_elsewhere(text: &str) -> HashSet<String> {
    let mut kept = HashSet::new();
    let mut with: Option<usize> = None;
    for line in text.lines() {
        let content = line.trim_start().trim_start_matches("- ").trim_start();
        let indent = line.len() - content.len();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        with = with.filter(|outer| indent > *outer);
        let Some((key, value)) = content.split_once(':') else { continue };
        if with.is_some() {
            kept.extend(words(key).map(str::to_lowercase));
        }
        match key {
            "uses" | "runs-on" | "shell" | "timezone" | "cron" | "color" | "icon" => {
                kept.extend(words(value).map(str::to_lowercase));
            }
            "with" if with.is_none() => with = Some(indent),
            _ => {}
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# Checks the widgets
name: Widgets
on: push
jobs:
  build-widgets:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
        with:
          fetch-depth: 0
      - id: compile
        run: printf 'Widgets\\n' >> $GITHUB_OUTPUT
  Check:
    needs: [build-widgets]
    if: ${{ needs.build-widgets.outputs.widgets == 'Widgets' }}
    runs-on: ubuntu-latest
";

    fn renamed(seed: u64) -> String {
        Renamer::new(TEXT, seed).rename(TEXT)
    }

    #[test]
    fn the_same_seed_makes_the_same_words_and_another_one_others() {
        assert_eq!(renamed(1), renamed(1));
        assert_ne!(renamed(1), renamed(2));
        assert_eq!(renamed(1).len(), TEXT.len());
    }

    #[test]
    fn a_word_is_the_same_wherever_it_stands() {
        let new = renamed(7);
        let at = |line: usize, from: &str, to: &str| {
            let line = new.lines().nth(line).unwrap();
            line.split_once(from).unwrap().1.split_once(to).unwrap().0.to_owned()
        };
        let job = at(4, "  ", ":");
        assert_ne!(job, "build-widgets");
        assert_eq!(job, at(13, "[", "]"));
        assert_eq!(at(14, "needs.", ".outputs"), job);
        assert!(!new.to_lowercase().contains("widgets"), "{new}");
    }

    #[test]
    fn what_is_elsewhere_keeps_its_name() {
        let new = renamed(7);
        for kept in [
            "uses: actions/checkout@v4",
            "fetch-depth: 0",
            "runs-on: ubuntu-latest",
            "$GITHUB_OUTPUT",
            "\\n'",
        ] {
            assert!(new.contains(kept), "{kept}: {new}");
        }
    }

    #[test]
    fn different_words_stay_different() {
        let text: String = (b'a'..=b'z').map(|c| format!("{0}ot ", char::from(c))).collect();
        let new = Renamer::new(&text, 3).rename(&text);
        let distinct: HashSet<_> = words(&new).collect();
        assert_eq!(distinct.len(), 26, "{new}");
    }
}
