//! What a `run` script uses, as far as its text says.
//!
//! ```
//! use towpath_migrate::script::{Script, Shell, UseKind};
//!
//! let script = Script::read("make && echo \"sha=$(git rev-parse HEAD)\" >> \"$GITHUB_OUTPUT\"", Shell::Posix, &[]);
//! let tools: Vec<_> = script.tools().map(|tool| tool.name.as_ref()).collect();
//! assert_eq!(tools, ["make", "git"]);
//! assert!(script.uses.iter().any(|used| matches!(&used.kind, UseKind::Sets { .. })));
//! ```
//!
//! The text is what GitHub has after YAML: `${{ }}` still stands in it, and the caller says where. What a script does in the
//! end is not known before it runs, so every answer is a lower bound, and [`Script::unclear`] says what was not understood
//! (docs/decisions/0009).

mod entries;
mod hole;
mod lines;
mod mask;
mod names;
mod posix;
mod shell;
pub mod untrusted;

use std::borrow::Cow;

pub use hole::{Hole, Quoting};
pub use names::{CommandKind, Need, RunnerFile, is_default_variable};
pub use shell::Shell;

use crate::span::Span;

/// Longer scripts are not read, in bytes. The longest of the corpus has 10,488.
pub const MAX_SCRIPT: usize = 1 << 18;

/// What a script uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script<'a> {
    /// The shell that it was read for.
    pub shell: Shell,
    /// What it uses, in the order in which it was found.
    pub uses: Vec<Use<'a>>,
    /// The `${{ }}` in it, in the order in which they stand.
    pub holes: Vec<Hole>,
    /// What a run decides in values that get a name in a file of the runner.
    pub parts: Vec<Part>,
    /// What was not understood.
    pub unclear: Vec<Unclear>,
}

/// A part of a value that a run decides, also where the value has several lines, or several commands write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// What sets the name: the bytes of that [`UseKind::Sets`].
    pub set: Span,
    /// Its bytes in the script.
    pub place: Span,
}

/// One use, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use<'a> {
    /// Its bytes in the script.
    pub span: Span,
    /// What is used.
    pub kind: UseKind<'a>,
}

/// What is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UseKind<'a> {
    /// A program that has to be there.
    Tool(Tool<'a>),
    /// A command of the shell itself.
    Builtin(Cow<'a, str>),
    /// A function that the script defines.
    Function(Cow<'a, str>),
    /// A variable.
    Variable(Cow<'a, str>, Access),
    /// A file by which a step talks to the runner.
    File(RunnerFile, FileAccess),
    /// A name that gets a value in such a file: an output, a variable of later steps.
    Sets(RunnerFile, Name<'a>),
    /// A line that tells the runner something, and what it names: the output of `set-output`.
    Command(CommandKind, Option<Name<'a>>),
}

/// A program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool<'a> {
    /// How the script calls it.
    pub name: Cow<'a, str>,
    /// Whether `sudo` or the like starts it.
    pub elevated: bool,
    /// Whether it is only looked for: `command -v`, `which`.
    pub probed: bool,
    /// Whether the script goes on without it: it is run only where it was found, or asked for its version where no answer will do
    /// (`helm version || true`).
    pub guarded: bool,
}

impl Tool<'_> {
    /// Whether it is a file at a place and not searched for in `PATH`.
    #[must_use]
    pub fn is_path(&self) -> bool {
        self.name.contains(['/', '\\'])
    }

    /// Whether the script can do without it.
    #[must_use]
    pub const fn is_optional(&self) -> bool {
        self.probed || self.guarded
    }

    /// What has to be provided for it, beyond the program.
    #[must_use]
    pub fn need(&self) -> Option<Need> {
        Need::of(&self.name)
    }
}

/// What happens to a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    /// Its value is used.
    Read,
    /// It gets a value.
    Set,
    /// It is there for the programs that the script starts.
    Exported,
}

/// What happens to a file of the runner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileAccess {
    /// Something is written to it.
    Write,
    /// It is read.
    Read,
    /// Its path is given away; what happens then is not known.
    Passed,
}

/// A name in a file of the runner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Name<'a> {
    /// It stands in the script.
    Known(Cow<'a, str>),
    /// Only a run knows.
    Dynamic,
}

/// Something that was not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unclear {
    /// Its bytes in the script.
    pub span: Span,
    /// Why.
    pub why: Doubt,
}

/// Why something was not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doubt {
    /// It is not of the language.
    Syntax(String),
    /// The command is a variable or an expression.
    DynamicCommand,
    /// Text that is made at run time is run: `eval "$x"`, `bash -c "$x"`.
    DynamicScript,
    /// The same on another machine or in a container: `ssh host "$x"`. It has the tools that are there.
    Elsewhere,
    /// A file is read as if it stood here: `source FILE`.
    Sourced,
    /// The script is longer than [`MAX_SCRIPT`], or nested deeper than is read.
    TooLarge,
    /// Nobody here knows this shell.
    UnknownShell,
}

impl<'a> Script<'a> {
    /// Reads a script. It never fails: what is not understood stands in [`Script::unclear`].
    ///
    /// `expressions` are the `${{ }}` in the text, from `$` to `}`, in order and apart; others are ignored.
    #[must_use]
    pub fn read(text: &'a str, shell: Shell, expressions: &[Span]) -> Self {
        let holes = hole::holes(text, expressions);
        let mut script = Self { shell, uses: Vec::new(), holes, parts: Vec::new(), unclear: Vec::new() };
        let whole = Span::new(0, text.len());
        if text.len() > MAX_SCRIPT {
            script.unclear.push(Unclear { span: whole, why: Doubt::TooLarge });
            return script;
        }
        match shell {
            Shell::Posix => posix::read(text, &mut script),
            Shell::PowerShell | Shell::Cmd | Shell::Python => lines::read(text, &mut script),
            Shell::Other => script.unclear.push(Unclear { span: whole, why: Doubt::UnknownShell }),
        }
        script
    }

    /// Whether all of it was understood. Never so in shells that are read approximately.
    #[must_use]
    pub fn is_understood(&self) -> bool {
        matches!(self.shell, Shell::Posix)
            && self.unclear.iter().all(|unclear| matches!(unclear.why, Doubt::Elsewhere))
    }

    /// The programs that it starts or looks for.
    pub fn tools(&self) -> impl Iterator<Item = &Tool<'a>> {
        self.uses.iter().filter_map(|used| match &used.kind {
            UseKind::Tool(tool) => Some(tool),
            _ => None,
        })
    }
}
