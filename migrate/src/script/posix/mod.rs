//! Scripts of POSIX shells and bash: a walk over the tree of `shuck-parser`.

mod builtins;
mod commands;
mod files;
mod handed;
mod output;
mod probes;
mod words;
mod wrappers;

use std::borrow::Cow;
use std::collections::HashMap;
use std::panic::catch_unwind;

use shuck_ast::{
    BinaryCommand, BinaryOp, Command, Comment, CompoundCommand, ForCommand, FunctionDef, Heredoc, IfCommand,
    Redirect, RedirectKind, RedirectTarget, Stmt, StmtSeq, Word,
};
use shuck_parser::parser::Parser;

use self::probes::MAX_LOOKED;
use super::entries::{Open, Written};
use super::hole::{Hole, Quoting, mark};
use super::mask::mask;
use super::names::RunnerFile;
use super::{Doubt, FileAccess, Script, Unclear, Use, UseKind};
use crate::span::Span;
use files::opens_for_writing;

/// Commands within commands are followed so deep.
const MAX_DEPTH: usize = 128;

/// So many braces or parentheses may be open. The parser takes time by their square.
const MAX_OPEN: usize = 64;

/// Reads a script.
pub(super) fn read<'a>(text: &'a str, script: &mut Script<'a>) {
    let holes = std::mem::take(&mut script.holes);
    let masked = mask(text, &holes);
    script.holes = holes;
    if is_too_nested(&masked) {
        let whole = Span::new(0, text.len());
        return script.unclear.push(Unclear { span: whole, why: Doubt::TooLarge });
    }
    let has_functions = masked.contains("()") || masked.contains("function");
    let before = has_functions.then(|| script.clone());
    let (mut functions, names) = walk(text, &masked, script, Names::default());
    // What a function does stands before the names that it finds when it is called.
    if let Some(before) = before.filter(|_| !functions.is_empty() && !names.are_none()) {
        *script = before;
        (functions, _) = walk(text, &masked, script, names);
    }
    name_functions(script, &functions);
    script.uses.sort_by_key(|used| (used.span.start, used.span.end));
    script.uses.dedup();
    script.parts.sort_by_key(|part| (part.set.start, part.set.end, part.place.start));
}

/// Walks over a script, in which files of the runner may have these names already. Tells its functions, and all such names.
fn walk<'a>(text: &'a str, masked: &str, script: &mut Script<'a>, names: Names) -> (Vec<String>, Names) {
    let mut found = Found {
        script,
        open: Open::default(),
        functions: Vec::new(),
        written: Written::default(),
        names,
        present: Vec::new(),
    };
    let access = Some(FileAccess::Passed);
    Walk { text, masked, base: 0, found: &mut found, access, only_asks: false }.all(At::START);
    (found.functions, found.names)
}

/// Whether more brackets are open than are read, whatever quotes are around them.
fn is_too_nested(text: &str) -> bool {
    let (mut braces, mut parentheses) = (0_usize, 0_usize);
    text.bytes().any(|byte| {
        match byte {
            b'{' => braces += 1,
            b'}' => braces = braces.saturating_sub(1),
            b'(' => parentheses += 1,
            b')' => parentheses = parentheses.saturating_sub(1),
            _ => {}
        }
        braces.max(parentheses) > MAX_OPEN
    })
}

/// Calls of functions look like calls of programs until all functions are known.
fn name_functions(script: &mut Script<'_>, functions: &[String]) {
    if functions.is_empty() {
        return;
    }
    for used in &mut script.uses {
        if let UseKind::Tool(tool) = &used.kind
            && !tool.elevated
            && functions.iter().any(|function| *function == tool.name)
        {
            used.kind = UseKind::Function(tool.name.clone());
        }
    }
}

/// What the walk gathers.
struct Found<'a, 's> {
    script: &'s mut Script<'a>,
    open: Open,
    functions: Vec<String>,
    written: Written,
    names: Names,
    /// Programs that are there where the walk is, by what the conditions around it found.
    present: Vec<Cow<'a, str>>,
}

/// What a script calls files of the runner.
#[derive(Default)]
struct Names {
    /// Variables that have the path of one.
    aliases: HashMap<String, RunnerFile>,
    /// Descriptors by which one is open for writing.
    descriptors: HashMap<i32, RunnerFile>,
}

impl Names {
    fn are_none(&self) -> bool {
        self.aliases.is_empty() && self.descriptors.is_empty()
    }
}

/// A walk over one script, or over a script within a word of another one.
struct Walk<'a, 'm, 'f, 's> {
    /// The whole script.
    text: &'a str,
    /// What is walked over, without `${{ }}`.
    masked: &'m str,
    /// Where that starts in the whole.
    base: usize,
    found: &'f mut Found<'a, 's>,
    /// What a variable with the path of a file of the runner stands for where it is read.
    access: Option<FileAccess>,
    /// What gets such a path here does not write to the file.
    only_asks: bool,
}

/// What is around a command.
#[derive(Clone, Copy)]
struct At<'t> {
    output: Output,
    input: Input<'t>,
    nested: usize,
    depth: usize,
    elevated: bool,
    /// Whether the script goes on where a command here fails: it is on the left of `||`.
    may_fail: bool,
}

/// Where the output of a command goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Output {
    Log,
    File(RunnerFile),
    Elsewhere,
}

/// What a command reads, if it stands in the script.
#[derive(Clone, Copy)]
enum Input<'t> {
    Unknown,
    /// What the left side of a pipe writes, which is known there.
    Piped,
    Heredoc(&'t Heredoc),
    Word(&'t Word),
}

impl At<'_> {
    const START: Self = Self {
        output: Output::Log,
        input: Input::Unknown,
        nested: 0,
        depth: 0,
        elevated: false,
        may_fail: false,
    };

    const fn within(self) -> Self {
        Self { output: Output::Elsewhere, input: Input::Unknown, nested: self.nested + 1, ..self }
    }
}

impl<'a> Walk<'a, '_, '_, '_> {
    /// Parses and walks.
    fn all(&mut self, at: At<'_>) {
        // The parser cuts some texts within a character, such as `"\"`ꧏ`"`, and breaks off there (shuck-parser 0.2.8).
        let Ok(result) = catch_unwind(|| Parser::new(self.masked).parse()) else {
            let whole = Span::new(self.base, self.base + self.masked.len());
            return self.doubt(whole, Doubt::Syntax("the parser of scripts broke off".to_owned()));
        };
        for diagnostic in result.diagnostics {
            let span = self.place(diagnostic.span);
            self.doubt(span, Doubt::Syntax(diagnostic.message));
        }
        self.sequence(&result.file.body, at);
    }

    /// A span of the tree as one of the script.
    fn place(&self, span: shuck_ast::Span) -> Span {
        let (start, end) = (self.base + span.start.offset(), self.base + span.end.offset());
        let inside = end <= self.base + self.masked.len() && self.text.get(start..end).is_some();
        if inside { Span::new(start, end) } else { Span::new(self.base, self.base + self.masked.len()) }
    }

    fn doubt(&mut self, span: Span, why: Doubt) {
        self.found.script.unclear.push(Unclear { span, why });
    }

    fn uses(&mut self, span: Span, kind: UseKind<'a>) {
        self.found.script.uses.push(Use { span, kind });
    }

    fn mark(&mut self, span: shuck_ast::Span, quoting: Quoting, at: At<'_>) {
        if !self.found.script.holes.is_empty() {
            let span = self.place(span);
            mark(&mut self.found.script.holes, span, quoting, at.nested);
        }
    }

    fn hole_at(&self, span: Span) -> Option<&Hole> {
        self.found.script.holes.iter().find(|hole| hole.span.start < span.end && span.start < hole.span.end)
    }

    fn sequence(&mut self, sequence: &StmtSeq, at: At<'_>) {
        self.comments(&sequence.leading_comments, at);
        for statement in &sequence.stmts {
            self.statement(statement, at);
        }
        self.comments(&sequence.trailing_comments, at);
    }

    fn comments(&mut self, comments: &[Comment], at: At<'_>) {
        if self.found.script.holes.is_empty() {
            return;
        }
        for comment in comments {
            let (start, end) = (usize::from(comment.range.start()), usize::from(comment.range.end()));
            let span = Span::new(self.base + start, self.base + end);
            mark(&mut self.found.script.holes, span, Quoting::Comment, at.nested);
        }
    }

    fn statement<'t>(&mut self, statement: &'t Stmt, at: At<'t>) {
        let mut at = At { depth: at.depth + 1, ..at };
        if at.depth > MAX_DEPTH {
            let span = self.place(statement.span);
            return self.doubt(span, Doubt::TooLarge);
        }
        self.comments(&statement.leading_comments, at);
        if let Some(comment) = statement.inline_comment {
            self.comments(&[comment], at);
        }
        let keeps = self.keeps_descriptors(&statement.command);
        for redirect in &statement.redirects {
            self.redirect(redirect, keeps, &mut at);
        }
        match &statement.command {
            Command::Simple(simple) => self.simple(simple, at),
            Command::Builtin(builtin) => self.control(builtin, at),
            Command::Decl(declaration) => self.declaration(declaration, at),
            Command::Binary(binary) => self.binary(binary, at),
            Command::Compound(compound) => self.compound(compound, at),
            Command::Function(function) => self.function(function, at),
            Command::AnonymousFunction(function) => self.statement(&function.body, at),
        }
    }

    fn redirect<'t>(&mut self, redirect: &'t Redirect, keeps: bool, at: &mut At<'t>) {
        match &redirect.target {
            RedirectTarget::Heredoc(heredoc) => {
                self.heredoc(heredoc, *at);
                at.input = Input::Heredoc(heredoc);
            }
            RedirectTarget::Word(word) => self.redirect_to(redirect, word, keeps, at),
        }
    }

    fn redirect_to<'t>(&mut self, redirect: &Redirect, word: &'t Word, keeps: bool, at: &mut At<'t>) {
        let file = self.runner_file(word);
        let opens = opens_for_writing(redirect.kind);
        if opens && self.is_process(word, at) {
            return;
        }
        // What leads to such a file in another way is not followed.
        let is_unknown = opens && file.is_none();
        let outer = std::mem::replace(&mut self.access, is_unknown.then_some(FileAccess::Passed));
        self.word(word, Quoting::Bare, *at);
        self.access = outer;
        let access = match redirect.kind {
            RedirectKind::Input => FileAccess::Read,
            RedirectKind::HereString => FileAccess::Passed,
            _ => FileAccess::Write,
        };
        if let Some(file) = file {
            let span = self.place(redirect.span);
            self.uses(span, UseKind::File(file, access));
            if opens {
                self.opened(redirect, file, keeps);
            }
        }
        match redirect.kind {
            RedirectKind::DupOutput => self.copied(redirect, word, at, keeps),
            RedirectKind::HereString => at.input = Input::Word(word),
            RedirectKind::Input | RedirectKind::DupInput => {}
            _ if redirect.fd_var.is_some() || redirect.fd.is_some_and(|fd| fd != 1) => {}
            _ => at.output = file.map_or(self.elsewhere(word), Output::File),
        }
    }

    /// The log is reached through its devices as well.
    fn elsewhere(&self, word: &Word) -> Output {
        let to_log = self.literal(word).is_some_and(|path| matches!(&*path, "/dev/stdout" | "/dev/stderr"));
        if to_log { Output::Log } else { Output::Elsewhere }
    }

    fn binary<'t>(&mut self, binary: &'t BinaryCommand, at: At<'t>) {
        let mut left = at;
        let mut right = at;
        if matches!(binary.op, BinaryOp::Pipe | BinaryOp::PipeAll) {
            left.output = self.tee(&binary.right, at.output);
            right.input = if self.is_tee(&binary.right) { Input::Piped } else { Input::Unknown };
            if self.ends_in_shell(&binary.right) {
                let span = self.place(binary.left.span);
                self.doubt(span, Doubt::DynamicScript);
            }
        }
        if matches!(binary.op, BinaryOp::Or) {
            left.may_fail = !self.may_end(&binary.right);
        }
        self.statement(&binary.left, left);
        let before = self.found.present.len();
        // Alone, it fails where the program is not there.
        match binary.op {
            BinaryOp::And if at.may_fail => self.learn(&binary.left, true),
            BinaryOp::Or if at.may_fail => self.learn(&binary.left, false),
            _ => {}
        }
        self.statement(&binary.right, right);
        self.found.present.truncate(before);
    }

    fn compound<'t>(&mut self, compound: &'t CompoundCommand, at: At<'t>) {
        match compound {
            CompoundCommand::If(branches) => self.branches(branches, at),
            CompoundCommand::For(each) => self.each(each, at),
            CompoundCommand::While(each) => self.sequences([&each.condition, &each.body], at),
            CompoundCommand::Until(each) => self.sequences([&each.condition, &each.body], at),
            CompoundCommand::Subshell(body) | CompoundCommand::BraceGroup(body) => self.sequence(body, at),
            CompoundCommand::Case(case) => {
                let outer = std::mem::replace(&mut self.only_asks, true);
                self.word(&case.word, Quoting::Bare, at);
                for item in &case.cases {
                    item.patterns.iter().for_each(|pattern| self.pattern(pattern, Quoting::Bare, at));
                }
                self.only_asks = outer;
                for item in &case.cases {
                    self.sequence(&item.body, at);
                }
            }
            CompoundCommand::Select(select) => {
                self.sets(&select.variable, select.variable_span);
                select.words.iter().for_each(|word| self.word(word, Quoting::Bare, at));
                self.sequence(&select.body, at);
            }
            CompoundCommand::ArithmeticFor(each) => {
                self.mark(each.span, Quoting::Arithmetic, at);
                for part in [&each.init_ast, &each.condition_ast, &each.step_ast].into_iter().flatten() {
                    self.arithmetic(part, at);
                }
                self.sequence(&each.body, at);
            }
            CompoundCommand::Arithmetic(arithmetic) => {
                self.mark(arithmetic.span, Quoting::Arithmetic, at);
                arithmetic.expr_ast.iter().for_each(|expression| self.arithmetic(expression, at));
            }
            CompoundCommand::Conditional(conditional) => {
                let outer = std::mem::replace(&mut self.only_asks, true);
                self.conditional(&conditional.expression, at);
                self.only_asks = outer;
            }
            CompoundCommand::Time(time) => {
                time.command.iter().for_each(|command| self.statement(command, at));
            }
            CompoundCommand::Coproc(process) => self.statement(&process.body, at.within()),
            CompoundCommand::Repeat(each) => self.sequence(&each.body, at),
            CompoundCommand::Foreach(each) => self.sequence(&each.body, at),
            CompoundCommand::Always(always) => self.sequences([&always.body, &always.always_body], at),
        }
    }

    fn sequences<'t>(&mut self, sequences: [&'t StmtSeq; 2], at: At<'t>) {
        for sequence in sequences {
            self.sequence(sequence, at);
        }
    }

    fn branches(&mut self, branches: &IfCommand, at: At<'_>) {
        let before = self.found.present.len();
        let goes_on = self.goes_on(branches);
        self.branch(&branches.condition, &branches.then_branch, at, goes_on);
        for (condition, branch) in &branches.elif_branches {
            self.branch(condition, branch, at, goes_on);
        }
        if let Some(branch) = &branches.else_branch {
            self.sequence(branch, at);
        }
        self.found.present.truncate(before);
    }

    /// Whether there is another way for whatever a condition finds, and none of them ends the script. Without `else` it would do less, and
    /// nobody would see it.
    fn goes_on(&self, branches: &IfCommand) -> bool {
        let others = branches.elif_branches.iter().map(|(_, branch)| branch).chain(&branches.else_branch);
        let all = std::iter::once(&branches.then_branch).chain(others);
        let mut commands = all.flat_map(|branch| &branch.stmts).take(MAX_LOOKED + 1).enumerate();
        branches.else_branch.is_some()
            && commands.all(|(at, command)| at < MAX_LOOKED && !self.may_end(command))
    }

    /// A branch with its condition. What is there where the condition does not hold is known to the branches behind it, if the script goes
    /// on whatever is there.
    fn branch(&mut self, condition: &StmtSeq, branch: &StmtSeq, at: At<'_>, goes_on: bool) {
        self.sequence(condition, at);
        let before = self.found.present.len();
        // The last command decides.
        let decides = condition.stmts.last().filter(|_| goes_on);
        if let Some(decides) = decides {
            self.learn(decides, true);
        }
        self.sequence(branch, at);
        self.found.present.truncate(before);
        if let Some(decides) = decides {
            self.learn(decides, false);
        }
    }

    fn each(&mut self, each: &ForCommand, at: At<'_>) {
        for target in &each.targets {
            match &target.name {
                Some(name) => self.sets(name, target.span),
                None => self.word(&target.word, Quoting::Bare, at),
            }
        }
        each.words.iter().flatten().for_each(|word| self.word(word, Quoting::Bare, at));
        self.sequence(&each.body, at);
    }

    fn function(&mut self, function: &FunctionDef, at: At<'_>) {
        self.found.functions.extend(function.static_names().map(|name| name.as_str().to_owned()));
        let at = At { output: Output::Log, input: Input::Unknown, may_fail: false, ..at };
        self.statement(&function.body, at);
    }
}
