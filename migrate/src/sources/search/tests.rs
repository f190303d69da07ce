use super::super::files::Special;
use super::super::memory::InMemory;
use super::*;

const WORKFLOW: &str = "on: push\njobs: {}\n";
const ACTION: &str = "runs:\n  using: node24\n";

/// One line for each thing found.
fn lines(files: &InMemory, paths: &[&str]) -> Vec<String> {
    let line = |found| match found {
        Found::Unit(unit) => format!("{} {}", unit.shape.name(), unit.path.display()),
        Found::Item(item) => format!("  {:?} {}", item.role, item.path.display()),
        Found::Other(other) => format!("  {} {}", other.system.code, other.path.display()),
        Found::Skipped(path, why) => format!("  - {} {}", why.code(), path.display()),
        Found::Problem(problem) => format!("  ! {} {}", problem.cause.code(), problem.path.display()),
    };
    Search::new(files, paths.iter().map(PathBuf::from)).map(line).collect()
}

fn repository() -> InMemory {
    InMemory::default()
        .file("/r/.git/config", "")
        .file("/r/.github/dependabot.yml", "version: 2\n")
        .file("/r/.github/actions/setup/action.yaml", ACTION)
        .file("/r/.github/workflows/b.yaml", WORKFLOW)
        .file("/r/.github/workflows/a.yml", WORKFLOW)
        .file("/r/.github/workflows/README.md", "")
        .file("/r/.github/workflows/old/c.yml", WORKFLOW)
        .file("/r/.github/workflows/local/action.yml", ACTION)
        .file("/r/action.yml", ACTION)
        .file("/r/compose.yml", "services: {}\n")
        .file("/r/node_modules/x/action.yml", ACTION)
        .file("/r/testdata/.github/workflows/t.yml", WORKFLOW)
        .file("/r/workflow-templates/t.yml", WORKFLOW)
        .file("/r/workflow-templates/t.properties.json", "{}")
}

#[test]
fn a_repository_has_workflows_actions_and_templates() {
    assert_eq!(
        lines(&repository(), &["/r"]),
        [
            "repository /r",
            "  - left-out /r/.git",
            "  Action /r/.github/actions/setup/action.yaml",
            "  - not-yaml /r/.github/workflows/README.md",
            "  Workflow /r/.github/workflows/a.yml",
            "  Workflow /r/.github/workflows/b.yaml",
            "  Action /r/.github/workflows/local/action.yml",
            "  - below-workflows /r/.github/workflows/old/c.yml",
            "  Action /r/action.yml",
            "  - left-out /r/node_modules",
            "  - not-at-root /r/testdata/.github/workflows/t.yml",
            "  Template /r/workflow-templates/t.yml",
        ]
    );
}

#[test]
fn a_file_says_by_its_place_what_it_is() {
    let files = repository();
    for (path, line) in [
        ("/r/.github/workflows/a.yml", "  Workflow /r/.github/workflows/a.yml"),
        ("/r/action.yml", "  Action /r/action.yml"),
        ("/r/workflow-templates/t.yml", "  Template /r/workflow-templates/t.yml"),
        ("/r/compose.yml", "  Named /r/compose.yml"),
    ] {
        assert_eq!(lines(&files, &[path]), [format!("file {path}"), line.to_owned()]);
    }
}

#[test]
fn what_local_references_begin_at_is_known_from_the_folder() {
    let files = repository();
    for (path, root) in [
        ("/r", Some("/r")),
        ("/r/.github/workflows", Some("/r")),
        ("/r/.github/workflows/a.yml", Some("/r")),
        ("/r/compose.yml", None),
    ] {
        let Some(Found::Unit(unit)) = Search::new(&files, [PathBuf::from(path)]).next() else {
            panic!("{path}")
        };
        assert_eq!(unit.repository(), root.map(Path::new), "{path}");
    }
}

#[test]
fn a_folder_of_repositories_and_of_workflows() {
    let files = InMemory::default()
        .file("/all/acme/web/.github/workflows/ci.yml", WORKFLOW)
        .file("/all/acme/docs/readme.md", "")
        .file("/all/bare/one.yml", WORKFLOW)
        .file("/all/bare/action.yaml", ACTION)
        .file("/all/bare/ci/two.yml", WORKFLOW)
        .file("/all/bare/_actions/x/action.yml", ACTION)
        .file("/all/act/action.yml", ACTION)
        .file("/all/compose.yml", "services: {}\n")
        .file("/all/x/y/z/too/deep/.github/workflows/ci.yml", WORKFLOW);
    assert_eq!(
        lines(&files, &["/all"]),
        [
            "  - nothing-there /all/acme/docs",
            "repository /all/acme/web",
            "  Workflow /all/acme/web/.github/workflows/ci.yml",
            "repository /all/act",
            "  Action /all/act/action.yml",
            "workflows /all/bare",
            "  Action /all/bare/_actions/x/action.yml",
            "  Action /all/bare/action.yaml",
            "  Named /all/bare/ci/two.yml",
            "  Named /all/bare/one.yml",
            "  - beside-repositories /all/compose.yml",
            "  - too-deep /all/x/y/z/too",
        ]
    );
}

/// The `.github` repository of an organisation stands beside its others, and makes no repository of what holds them.
#[test]
fn an_organisation_with_its_github_repository_is_a_folder_of_repositories() {
    let clones = InMemory::default()
        .file("/org/one/.git/config", "")
        .file("/org/one/.github/workflows/ci.yml", WORKFLOW)
        .file("/org/two/.git/config", "")
        .file("/org/.github/workflow-templates/t.yml", WORKFLOW);
    let rest = [
        "  Template /org/.github/workflow-templates/t.yml",
        "repository /org/one",
        "  - left-out /org/one/.git",
        "  Workflow /org/one/.github/workflows/ci.yml",
        "repository /org/two",
        "  - left-out /org/two/.git",
    ];
    let unpacked = clones.clone().file("/org/.github/profile/README.md", "");
    assert_eq!(lines(&unpacked, &["/org"]), [&["repository /org/.github"], &rest[..]].concat());
    let git = "  - left-out /org/.github/.git";
    let expected = [&["repository /org/.github", git], &rest[..]].concat();
    assert_eq!(lines(&clones.file("/org/.github/.git/config", ""), &["/org"]), expected);
}

#[test]
fn a_github_folder_of_its_own_makes_a_repository() {
    for file in ["workflows/ci.yml", "dependabot.yml", "profile.yml", "actions/x/action.yml"] {
        let files = InMemory::default().file(format!("/r/.github/{file}"), WORKFLOW);
        assert_eq!(lines(&files, &["/r"])[0], "repository /r", "{file}");
    }
    let both = InMemory::default()
        .file("/r/.github/workflows/ci.yml", WORKFLOW)
        .file("/r/.github/workflow-templates/t.yml", WORKFLOW);
    assert_eq!(lines(&both, &["/r"])[0], "repository /r", "its workflows count");
}

#[test]
fn what_github_does_not_take_for_yaml_is_told_in_a_folder_of_workflows() {
    let files = InMemory::default()
        .file("/bare/ACTION.YAML", ACTION)
        .file("/bare/a.yml", WORKFLOW)
        .file("/bare/b.YML", WORKFLOW)
        .file("/bare/ci/c.Yaml", WORKFLOW)
        .file("/bare/notes.md", "");
    assert_eq!(
        lines(&files, &["/bare"]),
        [
            "workflows /bare",
            "  - not-yaml /bare/ACTION.YAML",
            "  Named /bare/a.yml",
            "  - not-yaml /bare/b.YML",
            "  - not-yaml /bare/ci/c.Yaml",
        ]
    );
}

#[test]
fn links_are_not_followed() {
    let files = InMemory::default()
        .file("/r/.github/workflows/a.yml", WORKFLOW)
        .link("/r/.github/workflows/b.yml", "a.yml")
        .link("/r/.github/workflows/out.yml", "/secret")
        .link("/r/.github/workflows/gone.yml", "nowhere")
        .link("/r/.github/workflows/self.yml", "self.yml")
        .link("/r/loop", "../r")
        .link("/r/round", "round")
        .link("/r/note.txt", "/secret")
        .file("/secret", "x")
        .link("/alias", "/r");
    let below = |root: &str| {
        [
            format!("repository {root}"),
            format!("  Workflow {root}/.github/workflows/a.yml"),
            format!("  - link {root}/.github/workflows/b.yml"),
            format!("  ! dangling-link {root}/.github/workflows/gone.yml"),
            format!("  ! link-outside {root}/.github/workflows/out.yml"),
            format!("  ! link-loop {root}/.github/workflows/self.yml"),
            format!("  - link {root}/loop"),
            format!("  - link {root}/round"),
        ]
    };
    assert_eq!(lines(&files, &["/r"]), below("/r"));
    assert_eq!(lines(&files, &["/alias"]), below("/alias"), "what was named is followed");
}

#[test]
fn what_cannot_be_looked_at_is_named_and_the_rest_goes_on() {
    let files = InMemory::default()
        .folder("/r/.github")
        .special("/r/.github/workflows/pipe.yml", Special::Pipe)
        .file("/r/.github/workflows/z.yml", WORKFLOW)
        .denied("/r/closed")
        .file("/r/closed/action.yml", ACTION)
        .special("/pipe", Special::Pipe);
    assert_eq!(
        lines(&files, &["/absent", "/pipe", "/r"]),
        [
            "  ! missing /absent",
            "  ! special-file /pipe",
            "repository /r",
            "  ! special-file /r/.github/workflows/pipe.yml",
            "  Workflow /r/.github/workflows/z.yml",
            "  ! denied /r/closed",
        ]
    );
}

#[test]
fn the_same_file_is_read_once() {
    let files = InMemory::default()
        .file("/r/.github/workflows/a.yml", WORKFLOW)
        .file("/r/.github/workflows/b.yml", WORKFLOW)
        .link("/alias", "/r/.github/workflows/b.yml");
    assert_eq!(
        lines(&files, &["/r/.github/workflows/a.yml", "/r", "/alias"]),
        [
            "file /r/.github/workflows/a.yml",
            "  Workflow /r/.github/workflows/a.yml",
            "repository /r",
            "  - twice /r/.github/workflows/a.yml",
            "  Workflow /r/.github/workflows/b.yml",
            "file /alias",
            "  - twice /alias",
        ]
    );
}

#[test]
fn nothing_is_remembered_where_paths_do_not_overlap() {
    let files = InMemory::default().file("/a/x.yml", WORKFLOW).file("/ab/x.yml", WORKFLOW);
    let search = |paths: [&str; 2]| Search::new(&files, paths.map(PathBuf::from)).seen.is_some();
    assert!(!search(["/a", "/ab"]));
    assert!(search(["/a", "/a/x.yml"]) && search(["/a", "/a"]));
}

#[test]
fn deep_folders_end() {
    let deep = "d/".repeat(100);
    let files = InMemory::default().folder("/r/.github").file(format!("/r/{deep}action.yml"), ACTION);
    let found = lines(&files, &["/r"]);
    assert!(found.len() == 2 && found[1].starts_with("  - too-deep /r/d/d/"), "{found:?}");
}

#[test]
fn other_systems_are_found_where_they_are_asked_for() {
    let files = repository()
        .file("/r/.gitlab-ci.yml", "")
        .file("/r/.circleci/config.yml", "")
        .file("/r/ci/Jenkinsfile", "")
        .file("/r/dags/a.py", "import airflow")
        .file("/r/node_modules/x/Jenkinsfile", "")
        .file("/r/.github/workflows/Jenkinsfile", "")
        .link("/r/.travis.yml", "/r/.gitlab-ci.yml");
    let is_other = |found: &Found| matches!(found, Found::Other(_));
    let search = || Search::new(&files, [PathBuf::from("/r")]);
    assert_eq!(search().filter(is_other).count(), 0);
    let with: Vec<_> = search().with_others().collect();
    let others = with.iter().filter_map(|found| match found {
        Found::Other(other) => Some((other.system.code, other.path.to_str().unwrap())),
        _ => None,
    });
    assert_eq!(
        others.collect::<Vec<_>>(),
        [
            ("circleci", "/r/.circleci/config.yml"),
            ("gitlab", "/r/.gitlab-ci.yml"),
            ("jenkins", "/r/ci/Jenkinsfile"),
            ("airflow", "/r/dags/a.py"),
        ]
    );
    let rest: Vec<_> = with.into_iter().filter(|found| !is_other(found)).collect();
    assert_eq!(rest, search().collect::<Vec<_>>(), "nothing else changes");
}
