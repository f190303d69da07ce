//! Programs that a script only tries: it goes on where they are not there.

use std::borrow::Cow;

use shuck_ast::{
    BinaryOp, BuiltinCommand, Command, CompoundCommand, ConditionalExpr, ConditionalUnaryOp, SimpleCommand,
    Stmt, StmtTerminator, Word, WordPart, WordPartNode,
};

use super::Walk;

/// So many commands of one condition are looked at, and of one right side of `||`: these may be within each other, and each
/// of them is asked.
pub(super) const MAX_LOOKED: usize = 32;

/// So many programs are known to be there at once: every command is compared with all of them.
const MAX_PRESENT: usize = 64;

/// Words that ask a program for its version or its help; `-version` is that of Java.
const QUESTIONS: [&str; 7] = ["--help", "--version", "-V", "-h", "-v", "-version", "version"];

/// Those of them behind which options say how it shall answer: `kubectl version --client`.
const WITH_OPTIONS: [&str; 3] = ["--help", "--version", "version"];

impl<'a> Walk<'a, '_, '_, '_> {
    /// Whether the command is only run where this program was found.
    pub(super) fn is_present(&self, program: &str) -> bool {
        self.found.present.iter().any(|present| **present == *program)
    }

    /// Whether a program is only asked for its version or its help.
    pub(super) fn is_question(&self, arguments: &[Word]) -> bool {
        let mut words = arguments.iter().map(|word| self.source(word));
        let Some(first) = words.next().filter(|first| QUESTIONS.contains(first)) else { return false };
        let takes_options = WITH_OPTIONS.contains(&first);
        words.all(|word| QUESTIONS.contains(&word) || takes_options && word.starts_with('-'))
    }

    /// Keeps in mind which programs are there where a condition holds, or where it does not.
    pub(super) fn learn(&mut self, condition: &Stmt, holds: bool) {
        let mut pending = vec![(condition, holds)];
        for _ in 0..MAX_LOOKED {
            let Some((statement, holds)) = pending.pop() else { return };
            if matches!(statement.terminator, Some(StmtTerminator::Background(_))) {
                continue;
            }
            let holds = holds != statement.negated;
            match &statement.command {
                Command::Simple(simple) => self.learn_simple(simple, holds),
                // Both sides are known where `&&` holds, and where `||` does not.
                Command::Binary(binary)
                    if matches!((binary.op, holds), (BinaryOp::And, true) | (BinaryOp::Or, false)) =>
                {
                    pending.extend([(&*binary.right, holds), (&*binary.left, holds)]);
                }
                Command::Compound(CompoundCommand::Subshell(body) | CompoundCommand::BraceGroup(body)) => {
                    pending.extend(body.stmts.last().map(|last| (last, holds)));
                }
                Command::Compound(CompoundCommand::Conditional(conditional)) => {
                    self.learn_conditional(&conditional.expression, holds);
                }
                _ => {}
            }
        }
    }

    fn learn_simple(&mut self, simple: &SimpleCommand, holds: bool) {
        let asked = match self.tested(simple) {
            Some((asked, finds)) if finds == holds => self.asked(asked),
            None if holds => self.asked(simple),
            _ => None,
        };
        self.keep(asked);
    }

    /// `[[ -x $(command -v NAME) ]]`
    fn learn_conditional(&mut self, expression: &ConditionalExpr, holds: bool) {
        let (mut expression, mut holds) = (expression, holds);
        while let ConditionalExpr::Unary(unary) = expression
            && matches!(unary.op, ConditionalUnaryOp::Not)
        {
            expression = &unary.expr;
            holds = !holds;
        }
        let ConditionalExpr::Unary(unary) = expression else { return };
        let finds = match unary.op {
            ConditionalUnaryOp::Executable | ConditionalUnaryOp::NonEmptyString => true,
            ConditionalUnaryOp::EmptyString => false,
            _ => return,
        };
        if finds == holds
            && let ConditionalExpr::Word(word) = &*unary.expr
            && let Some(asked) = printed_by(quoted(word).unwrap_or(&word.parts))
        {
            let asked = self.asked(asked);
            self.keep(asked);
        }
    }

    fn keep(&mut self, asked: Option<Cow<'a, str>>) {
        if self.found.present.len() < MAX_PRESENT {
            self.found.present.extend(asked);
        }
    }

    /// The one program that a command looks for. Of several, it may find another one.
    fn asked(&self, simple: &SimpleCommand) -> Option<Cow<'a, str>> {
        let name = self.literal(&simple.name)?;
        let asks = match &*name {
            "command" => self.is_query(&name, &simple.args),
            "hash" | "type" | "which" => true,
            _ => false,
        };
        let mut programs = simple.args.iter().filter(|word| !self.is_option(word));
        match (programs.next(), programs.next()) {
            (Some(program), None) if asks => self.literal(program),
            _ => None,
        }
    }

    /// The command in `[ -x "$(command -v NAME)" ]`, and whether the test holds where it finds something. Without quotes, it
    /// holds in any case: `[ -x ]`.
    fn tested<'t>(&self, simple: &'t SimpleCommand) -> Option<(&'t SimpleCommand, bool)> {
        let name = self.literal(&simple.name)?;
        let words = match (&*name, simple.args.as_slice()) {
            ("test", words) => words,
            ("[", [words @ .., _]) => words,
            _ => return None,
        };
        let (words, is_negated) = match words {
            [first, rest @ ..] if self.source(first) == "!" => (rest, true),
            _ => (words, false),
        };
        let [operator, word] = words else { return None };
        let finds = match self.source(operator) {
            "-n" | "-x" => true,
            "-z" => false,
            _ => return None,
        };
        Some((printed_by(quoted(word)?)?, finds != is_negated))
    }

    /// Whether the right side of `||` ends the script, or may do so.
    pub(super) fn may_end(&self, right: &Stmt) -> bool {
        let mut pending = vec![right];
        for _ in 0..MAX_LOOKED {
            let Some(statement) = pending.pop() else { return false };
            match &statement.command {
                Command::Builtin(BuiltinCommand::Exit(_) | BuiltinCommand::Return(_)) => return true,
                Command::Simple(simple) if self.is_end(simple) => return true,
                Command::Binary(binary) => pending.extend([&*binary.left, &*binary.right]),
                Command::Compound(CompoundCommand::Subshell(body) | CompoundCommand::BraceGroup(body))
                    if body.stmts.len() <= MAX_LOOKED =>
                {
                    pending.extend(&body.stmts);
                }
                Command::Compound(_) => return true,
                _ => {}
            }
        }
        true
    }

    /// Whether the script ends with a command, or nobody knows: functions of the script often do that, such as `die`.
    fn is_end(&self, simple: &SimpleCommand) -> bool {
        let span = self.place(simple.name.span);
        if span.start == span.end {
            return false;
        }
        let Some(name) = self.literal(&simple.name) else { return true };
        let functions = &self.found.functions;
        matches!(&*name, "exec" | "false")
            || functions.len() > MAX_LOOKED
            || functions.iter().any(|function| **function == *name)
    }

    fn source(&self, word: &Word) -> &'a str {
        self.place(word.span).of(self.text)
    }
}

/// What is within the double quotes of a word.
fn quoted(word: &Word) -> Option<&[WordPartNode]> {
    match word.parts.as_slice() {
        [WordPartNode { kind: WordPart::DoubleQuoted { parts, .. }, .. }] => Some(parts),
        _ => None,
    }
}

/// The one command of `$(COMMAND)`.
fn printed_by(parts: &[WordPartNode]) -> Option<&SimpleCommand> {
    let [WordPartNode { kind: WordPart::CommandSubstitution { body, .. }, .. }] = parts else { return None };
    match body.stmts.as_slice() {
        [Stmt { command: Command::Simple(simple), negated: false, .. }] => Some(simple),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::script::{Script, Shell};

    /// The programs of a script in their order; `?` stands before those that it only tries.
    fn tools(text: &str) -> String {
        let script = Script::read(text, Shell::Posix, &[]);
        let words: Vec<_> = script
            .tools()
            .map(|tool| format!("{}{}", if tool.is_optional() { "?" } else { "" }, tool.name))
            .collect();
        words.join(" ")
    }

    fn table(cases: &[(&str, &str)]) {
        for (text, expected) in cases {
            assert_eq!(tools(text), *expected, "{text}");
        }
    }

    #[test]
    fn a_program_that_is_run_where_it_was_found_is_tried() {
        table(&[
            ("command -v x >/dev/null && x a || b; x b", "?x ?x b x"),
            ("command -v x && a && x && x || b", "?x a ?x ?x b"),
            ("a && command -v x && x || b", "a ?x ?x b"),
            ("which x > /dev/null 2>&1 && sudo x || true", "which ?x sudo ?x"),
            ("type -P x && (x | a) || b", "?x ?x a b"),
            ("hash x 2>/dev/null && { a; x; } || b", "?x a ?x b"),
            ("command -v x && echo \"$(x b)\" || b", "?x ?x b"),
            ("command -v x && bash -c 'x b' || c", "?x bash ?x c"),
            // The command fails without it.
            ("command -v x && x", "?x x"),
            ("! command -v x || x", "?x x"),
            ("command -v x && x || exit 1", "?x x"),
            // These do not tell that it is there.
            ("command -v x; x", "?x x"),
            ("command -v x || x", "?x x"),
            ("! command -v x && x || b", "?x x b"),
            ("command -v x | a && x || b", "?x a x b"),
            ("command -v x & x", "?x x"),
            ("command -v x y && x || b", "?x ?y x b"),
            ("command -v y && x || b", "?y x b"),
            ("command x && x || b", "x x b"),
            ("command -v \"$x\" && x || b", "x b"),
        ]);
    }

    #[test]
    fn a_branch_knows_what_its_condition_found() {
        table(&[
            ("if command -v x >/dev/null; then x a; else y b; fi; x", "?x ?x y x"),
            ("if command -v x && a; then x; else b; fi", "?x a ?x b"),
            ("if a && command -v x; then b; x; else c; fi", "a ?x b ?x c"),
            ("if a; command -v x; then x; else b; fi", "a ?x ?x b"),
            ("if { command -v x; }; then x; else b; fi", "?x ?x b"),
            ("if command -v x; then x; elif command -v y; then y; x; else z; fi", "?x ?x ?y ?y x z"),
            ("if ! command -v x; then a; else x; fi", "?x a ?x"),
            ("if ! command -v x; then a; elif b; then x; else c; fi; x", "?x a b ?x c x"),
            ("if command -v x; then f() { x; }; else a; fi", "?x ?x a"),
            ("if [ -x \"$(command -v x)\" ]; then x; else a; fi", "?x ?x a"),
            ("if [ ! -x \"$(command -v x)\" ]; then a; else x; fi", "?x a ?x"),
            ("if test -n \"$(which x)\"; then x; else a; fi", "which ?x ?x a"),
            ("if [ -z \"$(which x)\" ]; then x; else x; fi", "which ?x x ?x"),
            ("if [[ -x $(command -v x) ]]; then x; else a; fi", "?x ?x a"),
            ("if [[ ! -x \"$(command -v x)\" ]]; then x; else x; fi", "?x x ?x"),
            // There is no other way, or one that ends the script, or may do so.
            ("if command -v x; then x; fi", "?x x"),
            ("if command -v x; then x; else exit 1; fi", "?x x"),
            ("if command -v x; then x; elif a; then return 1; else b; fi", "?x x a b"),
            ("if command -v x; then x; else if a; then exit 1; fi; fi", "?x x a"),
            ("if ! command -v x; then exit 1; else x; fi", "?x x"),
            // These do not tell that it is there.
            ("if ! command -v x; then x; else a; fi; x", "?x x a x"),
            ("if command -v x || a; then x; else b; fi", "?x a x b"),
            ("if command -v x; a; then x; else b; fi", "?x a x b"),
            ("if [ -x $(command -v x) ]; then x; else a; fi", "?x x a"),
            ("if [ -x \"$(command -v x || echo a)\" ]; then x; else b; fi", "?x x b"),
            ("if x; then x; else a; fi", "x x a"),
        ]);
    }

    #[test]
    fn a_question_that_may_go_without_an_answer_tries_a_program() {
        table(&[
            ("x version || true", "?x"),
            ("x --version 2>/dev/null || echo none", "?x"),
            (
                "x -v || :; x -V || y; x -h || y; x --help || y; java -version || y",
                "?x ?x y ?x y ?x y ?java y",
            ),
            ("x version --client || true", "?x"),
            ("sudo x --version || { echo a; y; }", "sudo ?x y"),
            ("v=$(x --version 2>/dev/null | head -1 || echo a)", "?x head"),
            ("x --version && y || true", "?x y"),
            ("{ a; x --version; } || true", "a ?x"),
            ("x --version || V=none", "?x"),
            ("x --version || y --version || true", "?x ?y"),
            // The script ends, or may do so.
            ("x --version", "x"),
            ("x --version && true", "x"),
            ("x --version || exit 1", "x"),
            ("x --version || { echo no; exit 1; }", "x"),
            ("x --version || (echo no && exit 1)", "x"),
            ("f() { x --version || return 1; }", "x"),
            ("x --version || false", "x"),
            ("x --version || if a; then exit 1; fi", "x a"),
            ("x --version || $y", "x"),
            ("die() { exit 1; }; x --version || die no", "x"),
            ("{ x --version || exit 1; } || true", "x"),
            ("true || x --version", "x"),
            // These ask for more.
            ("x || true", "x"),
            ("docker build . || true", "docker"),
            ("docker run -v a:b c || true", "docker"),
            ("npm version patch || true", "npm"),
            ("x -v a || true", "x"),
            ("x -v -a || true", "x"),
        ]);
    }

    #[test]
    fn long_conditions_are_cut_short() {
        let short = format!("command -v x{} && x || b", " && a".repeat(20));
        assert!(tools(&short).ends_with(" ?x b"), "{short}");
        let long = format!("command -v x{} && x || b", " && a".repeat(60));
        assert!(tools(&long).ends_with(" x b"), "{long}");
        let branch = |commands: usize| format!("if command -v x; then x; else {}fi", "a; ".repeat(commands));
        assert!(tools(&branch(20)).starts_with("?x ?x "));
        assert!(tools(&branch(60)).starts_with("?x x "));
        let wide = format!("x --version || {{ {}b; }}", "a; ".repeat(60));
        assert!(tools(&wide).starts_with("x "), "{}", tools(&wide));
    }
}
