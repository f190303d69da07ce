//! Laws: no script stops the reader, and every span lies in the text.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use towpath_migrate::script::{Script, Shell};
use towpath_migrate::span::Span;

/// Pieces of scripts, some of which fit each other.
const PIECES: [&str; 72] = [
    "echo ",
    "a",
    "b=",
    "\"",
    "'",
    "`",
    "$(",
    ")",
    "${",
    "}",
    "$x",
    "((",
    "))",
    "$((",
    "\\",
    "\n",
    "\r\n",
    " ",
    ";",
    "|",
    "&&",
    "||",
    "&",
    ">> $GITHUB_OUTPUT",
    "> ",
    "<",
    "<<EOF\n",
    "<<'E'\n",
    "<<-EOF\n",
    "EOF\n",
    "E\n",
    "<<< ",
    "${{ x }}",
    "${{",
    "}}",
    "# ",
    "if ",
    "then ",
    "fi\n",
    "for i in ",
    "do ",
    "done\n",
    "case ",
    " in ",
    ";;",
    "esac",
    "{ ",
    "(",
    "f() ",
    "[[ ",
    " ]]",
    "bash -c '",
    "sudo ",
    "printf '%s=%d\\n' ",
    "echo -e 'a\\nb' ",
    "::set-output name=",
    "::",
    "tee -a ",
    "$GITHUB_ENV",
    "é",
    "\u{1F600}",
    "\0",
    "\u{2028}",
    "$env:GITHUB_ENV",
    "%GITHUB_ENV%",
    "os.environ['A']",
    "@\"\n",
    "\"@",
    "%%",
    "%",
    "cat ",
    "eval ",
];

const SHELLS: [Shell; 5] = [Shell::Posix, Shell::PowerShell, Shell::Cmd, Shell::Python, Shell::Other];

fn pieces() -> impl Strategy<Value = String> {
    vec(select(PIECES.to_vec()), 0..40).prop_map(|pieces| pieces.concat())
}

/// `${{ }}` in the text, and spans that are wrong.
fn expressions(text: &str) -> Vec<Span> {
    let mut spans: Vec<_> =
        text.match_indices("${{ x }}").map(|(at, it)| Span::new(at, at + it.len())).collect();
    spans.extend([Span::new(text.len(), text.len() + 3), Span::new(3, 1)]);
    spans
}

fn pairs<'s>(script: &'s Script<'_>) -> impl Iterator<Item = (Span, Span)> + 's {
    let spans = || script.uses.iter().map(|used| used.span);
    spans().enumerate().flat_map(move |(index, one)| spans().skip(index + 1).map(move |other| (one, other)))
}

fn check(text: &str) -> Result<(), TestCaseError> {
    for shell in SHELLS {
        let script = Script::read(text, shell, &expressions(text));
        let spans = script.uses.iter().map(|used| used.span).chain(script.unclear.iter().map(|it| it.span));
        for span in spans {
            prop_assert!(text.get(span.start..span.end).is_some(), "{:?} {:?} in {:?}", shell, span, text);
        }
        prop_assert_eq!(script.holes.len(), text.matches("${{ x }}").count());
        prop_assert!(script.uses.is_sorted_by_key(|used| used.span.start));
        prop_assert!(script.holes.is_sorted_by(|one, next| one.span.end <= next.span.start));
        for (one, other) in pairs(&script) {
            let apart = one.end <= other.start || other.end <= one.start;
            prop_assert!(
                apart || one.contains(other) || other.contains(one),
                "{:?} {:?} in {:?}",
                one,
                other,
                text
            );
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn scripts_of_pieces_are_read(text in pieces()) {
        check(&text)?;
    }

    #[test]
    fn any_text_is_read(text in "\\PC{0,80}") {
        check(&text)?;
    }

    #[test]
    fn any_bytes_are_read(bytes in vec(any::<u8>(), 0..80)) {
        check(&String::from_utf8_lossy(&bytes))?;
    }

    /// A comment after a script adds nothing to it.
    #[test]
    fn a_comment_changes_nothing(word in "[a-z]{1,8}", rest in "[a-z $]{0,20}") {
        let plain = format!("{word} {rest}");
        let with = format!("{plain}\n# {rest}\n");
        let (plain, with) = (Script::read(&plain, Shell::Posix, &[]), Script::read(&with, Shell::Posix, &[]));
        prop_assert_eq!(plain.uses, with.uses);
    }
}
