//! A program is taken for granted, and not in the image.

use std::cell::LazyCell;
use std::collections::HashSet;

use crate::assess::reason::Found;
use crate::assess::rule::{Meta, Rule};
use crate::assess::sight::{JobSight, StepSight};
use crate::assess::tools::is_on_hosted;
use crate::assess::verdict::Verdict;
use crate::script::{Need, Tool};
use crate::span::Span;
use crate::values::label::System;

/// The rule.
pub(super) const RULE: &dyn Rule = &ToolMissing;

struct ToolMissing;

const META: Meta = Meta {
    id: "tool-missing",
    outcome: Verdict::Edits,
    title: "a program is taken for granted, and not in the image",
    why: "GitHub's image has it, so nothing sets it up; or it is the shell that a step names, and the image has it not.",
    remedy: "set it up in a step before, or name an image that has it",
};

/// Shells that only Windows has.
const WINDOWS: [&str; 2] = ["cmd", "powershell"];

/// What an action brings in the table that installs whatever files of the repository say.
const ANYTHING: &str = "*";

/// Whether the image has no such program, and nothing before has brought it.
fn is_missing(step: &StepSight<'_>, program: &str) -> bool {
    !step.job.workflow.profile.tools.iter().any(|known| known == program)
        && !step.brought.has(program, &step.legs)
        && !step.brought.has(ANYTHING, &step.legs)
}

/// Folders of an image that are in `PATH`.
const BIN: [&str; 3] = ["/usr/bin/", "/usr/local/bin/", "/bin/"];

/// The name of a program that a script starts by its name or by its path in such a folder.
fn plain(program: &str) -> &str {
    BIN.iter().find_map(|folder| program.strip_prefix(folder)).unwrap_or(program)
}

/// Whether a step starts a client of an engine of containers for what needs no daemon, in a job that needs none otherwise: then another
/// rule asks for all of it.
fn is_lone_client(step: &StepSight<'_>, tool: &Tool<'_>, span: Span) -> bool {
    tool.need() == Some(Need::ContainerEngine)
        && !step.job.workflow.profile.has_docker
        && step.is_without_daemon(span)
        && !step.job.has_engine()
}

/// Variables of GitHub's image by what they begin with, and a program of what they name (actions/runner-images:
/// images/ubuntu/Ubuntu2404-Readme.md, "Environment variables").
const VARIABLES: [(&str, &str); 12] = [
    ("ANDROID_HOME", "sdkmanager"),
    ("ANDROID_NDK", "sdkmanager"),
    ("ANDROID_SDK_ROOT", "sdkmanager"),
    ("CHROMEWEBDRIVER", "chromedriver"),
    ("CONDA", "conda"),
    ("EDGEWEBDRIVER", "msedgedriver"),
    ("GECKOWEBDRIVER", "geckodriver"),
    ("GOROOT_", "go"),
    ("JAVA_HOME_", "java"),
    ("SELENIUM_JAR_PATH", "java"),
    ("SWIFT_PATH", "swift"),
    ("VCPKG_INSTALLATION_ROOT", "vcpkg"),
];

/// So many of them are looked at in one step.
const MAX_VARIABLES: usize = 64;

/// The program that a variable of GitHub's image stands for.
fn program_of(variable: &str) -> Option<&'static str> {
    let is_so = |known: &str| match known {
        "ANDROID_NDK" => variable == known || variable.starts_with("ANDROID_NDK_"),
        known if known.ends_with('_') => variable.starts_with(known),
        known => variable == known,
    };
    VARIABLES.iter().find(|(known, _)| is_so(known)).map(|(_, program)| *program)
}

/// Finds variables that GitHub's image has and nobody sets.
fn look_at_variables(step: &StepSight<'_>, found: &mut Found<'_>) {
    let mut asked = HashSet::new();
    let sets = LazyCell::new(|| step.sets());
    for (name, span) in step.variables() {
        let Some(program) = program_of(name) else { continue };
        if asked.len() == MAX_VARIABLES {
            return;
        }
        let is_given = || sets.contains(name) || step.has_variable(name) || step.brought.sets(name);
        if asked.insert(name) && is_missing(step, program) && !is_given() {
            found.reason(step.in_script(span), format!("${name}"));
        }
    }
}

/// Finds compilers and generators that a build is told to use.
fn look_at_builds(step: &StepSight<'_>, found: &mut Found<'_>) {
    const NINJA: &str = "ninja";
    let mut builds = false;
    step.commands(&mut |words, span| {
        let (program, behind) = words.split_first().unwrap_or((&"", &[]));
        builds |=
            matches!(*program, "cmake" | "make" | "meson" | "ninja" | "./configure" | "cargo" | "autoreconf");
        let asks = behind.windows(2).any(|pair| pair == ["-G", "Ninja"]) || behind.contains(&"-GNinja");
        if *program == "cmake" && asks && is_missing(step, NINJA) {
            found.reason(step.in_script(span), NINJA);
        }
    });
    for (token, compiler) in step.compilers().filter(|_| builds) {
        if is_on_hosted(compiler) && is_missing(step, compiler) {
            found.reason(token, compiler);
        }
    }
}

/// Whether no leg of the job runs on Linux: other systems have other programs, and stay.
fn runs_elsewhere(job: &JobSight<'_>) -> bool {
    let system = |leg| job.job.runner(leg).and_then(|runner| runner.system);
    let is_other = |leg| system(leg).is_some_and(|system| system != System::Linux);
    job.workflow.elsewhere.answer(job, || job.job.known_legs().all(is_other))
}

/// Finds the shell that a step names, where it is not there.
fn look_at_shell(step: &StepSight<'_>, found: &mut Found<'_>) {
    let Some((token, program)) = step.shell_program() else { return };
    if (WINDOWS.contains(&program) || is_on_hosted(program)) && is_missing(step, program) {
        found.reason(step.spot(token), program);
    }
}

impl Rule for ToolMissing {
    fn meta(&self) -> &'static Meta {
        &META
    }

    fn step(&self, step: &StepSight<'_>, found: &mut Found<'_>) {
        if step.job.job.has_container() {
            return;
        }
        if !runs_elsewhere(step.job) {
            look_at_shell(step, found);
            look_at_variables(step, found);
            look_at_builds(step, found);
        }
        for (tool, span) in step.tools().filter(|(tool, _)| !tool.is_optional()) {
            let name = plain(&tool.name);
            if (is_on_hosted(name) || is_lone_client(step, tool, span)) && is_missing(step, name) {
                found.reason(step.in_script(span), name);
            }
        }
    }
}
