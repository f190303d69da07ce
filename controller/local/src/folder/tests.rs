use super::*;

const LOCAL: &str =
    "apiVersion: towpath.dev/v1alpha1\nkind: Local\nowner: here\nqa: { smoke: { command: [./smoke] } }\n";

const METRIC: &str = "apiVersion: towpath.dev/v1alpha1\nkind: MetricTemplate\nmetadata: { name: errors }\n\
    spec: { query: up, max: 1, interval: 30s, duration: 5m }\n";

fn pipeline(name: &str, repository: &str, path: &str, more: &str) -> String {
    format!(
        "apiVersion: towpath.dev/v1alpha1\nkind: Pipeline\nmetadata: {{ name: {name} }}\nspec:\n  \
         images: [{{ name: web }}]\n  repository: {repository}\n  edit: [{{ kustomization: {{ image: web }} }}]\n  \
         environments: [{{ name: dev, path: {path}, applications: [{{ name: d }}]{more} }}]\n"
    )
}

const REPOSITORY: &str = "{ url: ../env.git, branch: main }";

fn plain(name: &str, path: &str) -> String {
    pipeline(name, REPOSITORY, path, "")
}

fn load(files: &[(&str, &str)]) -> Result<Folder, String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let place = format!("{}/", folder.path().display());
    Folder::load(folder.path()).map_err(|mistakes| {
        let lines: Vec<String> = mistakes.iter().map(|m| m.to_string().replace(&place, "")).collect();
        lines.join("\n")
    })
}

#[test]
fn a_folder_has_pipelines_and_templates_in_any_files() {
    let both = format!("# first\n---\n{}---\n{METRIC}---\n", plain("b", "b"));
    let files = [
        ("towpath.yaml", LOCAL),
        ("all.yml", both.as_str()),
        ("a.yaml", &plain("a", "a")),
        (".hidden.yaml", "kind: Other"),
        ("notes.txt", "kind: Other"),
    ];
    let folder = load(&files).unwrap();
    let names: Vec<String> = folder.pipelines.iter().map(|p| p.id.to_string()).collect();
    assert_eq!(
        (names.as_slice(), folder.templates()),
        (&["default/a".to_owned(), "default/b".to_owned()][..], 1)
    );
    let file = folder.file(&folder.pipelines[1].id).unwrap();
    assert!(file.ends_with("all.yml"));
}

#[test]
fn mistakes_are_told_with_file_and_field() {
    let local = ("towpath.yaml", LOCAL);
    let bad_gate = pipeline("a", REPOSITORY, "a", ", verify: [{ qa: { template: nix } }]");
    let by_pr = pipeline("a", REPOSITORY, "a", ", delivery: pull-request");
    let no_cel = pipeline("a", REPOSITORY, "a", ", entry: [{ expression: { cel: 'release.version ==' } }]");
    let no_name =
        pipeline("a", REPOSITORY, "a", ", entry: [{ expression: { cel: 'response.status == 200' } }]");
    let with_password = pipeline("a", "{ url: 'https://bot:hush@host/x', branch: main }", "a", "");
    for (text, expected) in [
        (
            "kind: ConfigMap\napiVersion: v1\n",
            "failed to read x.yaml: expected towpath.dev/v1alpha1 Pipeline, MetricTemplate or",
        ),
        ("a: 1\n", "found no apiVersion and no kind"),
        (LOCAL, "failed to read x.yaml: a document of kind Local is read from towpath.yaml only"),
        ("- a\n", "failed to read x.yaml: line 1 column 1: expected mapping start"),
        (
            bad_gate.as_str(),
            "failed to read x.yaml: spec.environments[0].verify[0].qa.template: no QA template is called \"nix\"; there are smoke",
        ),
        (
            &by_pr,
            "failed to read x.yaml: spec.environments.dev.delivery: the local host cannot open pull requests",
        ),
        (&no_cel, "failed to read x.yaml: spec.environments.dev.entry expression/1: it cannot be read"),
        (
            &no_name,
            "failed to read x.yaml: spec.environments.dev.entry expression/1: it names response: there are environment,",
        ),
        (
            &with_password,
            "failed to read x.yaml: spec.repository.url: the address must not contain a user or password",
        ),
        (&plain("a", "../a"), "failed to read x.yaml: spec.environments[0].path: failed to parse path"),
    ] {
        let error = load(&[local, ("x.yaml", text)]).unwrap_err();
        assert!(error.contains(expected), "{error}");
        assert!(!error.contains("hush"), "{error}");
    }
}

#[test]
fn all_mistakes_are_told_at_once() {
    let error = load(&[("a.yaml", "a: 1"), ("b.yaml", "- b")]).unwrap_err();
    for file in ["towpath.yaml", "a.yaml", "b.yaml"] {
        assert!(error.contains(&format!("failed to read {file}")), "{error}");
    }
}

#[test]
fn names_and_journals_are_unique() {
    let local = ("towpath.yaml", LOCAL);
    let error = load(&[local, ("a.yaml", &plain("web", "a")), ("b.yaml", &plain("web", "b"))]).unwrap_err();
    assert!(error.contains("failed to read b.yaml: the pipeline default/web stands in "), "{error}");
    assert!(error.contains("a.yaml already; rename or remove one"), "{error}");
    let error = load(&[local, ("m.yaml", &format!("{METRIC}---\n{METRIC}"))]).unwrap_err();
    assert!(error.contains("the MetricTemplate errors stands in this file already"), "{error}");
    let journal = "{ url: ../env, branch: main, journal: refs/towpath/ledger/x }";
    let (a, b) =
        (pipeline("a", journal, "a", ""), pipeline("b", &journal.replace("env", "env.git/"), "b", ""));
    let error = load(&[local, ("a.yaml", &a), ("b.yaml", &b)]).unwrap_err();
    assert!(
        error.contains("spec.repository.journal: refs/towpath/ledger/x is the journal of default/a too"),
        "{error}"
    );
}

#[test]
fn conflicts_are_per_environment_and_mutual() {
    let local = ("towpath.yaml", LOCAL);
    let files = [("a.yaml", plain("a", "x")), ("b.yaml", plain("b", "x")), ("c.yaml", plain("c", "c"))];
    let files: Vec<(&str, &str)> =
        std::iter::once(local).chain(files.iter().map(|(name, text)| (*name, text.as_str()))).collect();
    let folder = load(&files).unwrap();
    let with = |i: usize| {
        let conflicts = folder.conflicts(&folder.pipelines[i].id);
        conflicts.into_iter().map(|(name, other)| format!("{name} {other}")).collect::<Vec<_>>()
    };
    assert_eq!(
        (with(0), with(1), with(2)),
        (vec!["dev default/b".into()], vec!["dev default/a".into()], vec![])
    );
    let clash = &folder.clashes()[0];
    assert_eq!((folder.clashes().len(), clash.field.as_str()), (1, "web in x"));
    assert!(clash.one.to_string().ends_with("a.yaml:8)") && clash.other.to_string().ends_with("b.yaml:8)"));
    let other_branch = pipeline("b", "{ url: ../env.git, branch: other }", "x", "");
    let folder = load(&[local, ("a.yaml", &plain("a", "x")), ("b.yaml", &other_branch)]).unwrap();
    assert!(folder.conflicts(&folder.pipelines[0].id).is_empty());
}

#[test]
fn one_repository_has_many_addresses() {
    for (one, other, same) in [
        ("/srv/env.git", "file:///srv/env/", true),
        ("https://Host.example/env", "https://host.example/env.git/", true),
        ("git@host.example:acme/env", "ssh://git@host.example/acme/env.git", true),
        ("https://host.example/env?repository=a", "https://host.example/env?repository=b", false),
        ("https://host.example/Env", "https://host.example/env", false),
        ("/srv/a", "/srv/b", false),
    ] {
        assert_eq!(same_address(one, other), same, "{one} {other}");
    }
}

#[test]
fn a_key_of_a_values_file_is_a_field_whatever_its_folder_and_image_are() {
    let helm = |name: &str, path: &str, file: &str, key: &str| {
        let edit =
            format!("edit: [{{ helm: {{ image: {name}, file: {file}, tag: {key}, digest: {key}s }} }}]");
        plain(name, path)
            .replace("images: [{ name: web }]", &format!("images: [{{ name: {name} }}]"))
            .replace("edit: [{ kustomization: { image: web } }]", &edit)
    };
    for (key, clashes) in [("image.tag", 1), ("other.tag", 0)] {
        let files = [
            ("towpath.yaml", LOCAL.to_owned()),
            ("a.yaml", helm("a", "apps", "dev/values.yaml", "image.tag")),
            ("b.yaml", helm("b", "apps/dev", "values.yaml", key)),
        ];
        let folder = load(&files.each_ref().map(|(name, text)| (*name, text.as_str()))).unwrap();
        assert_eq!(folder.clashes().len(), clashes, "{:?}", folder.clashes());
    }
}

#[test]
fn settings_of_nothing_are_doubted() {
    let more = "live: { default: { tip: true }, prodution: { tip: true } }\n\
                repositories: [{ url: ../env }, { url: 'https://host.example/x?token=hush' }]\n";
    let files = [("towpath.yaml", &*format!("{LOCAL}{more}")), ("a.yaml", &plain("a", "a"))];
    let doubts = load(&files).unwrap().doubts();
    assert_eq!(doubts[0], "live.prodution: no environment is called so; there are dev");
    assert_eq!(doubts[1], "repositories: https://host.example/x?token=***: no pipeline has this repository");
    assert!(doubts.len() == 3 && doubts[2].contains("live is `tip`"), "{doubts:?}");
}

#[test]
fn a_folder_that_is_none_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let load = |path: &Path| Folder::load(path).unwrap_err();
    let missing = load(&folder.path().join("nix"));
    assert!(missing.len() == 1 && missing[0].to_string().contains("there is no such folder"), "{missing:?}");
    let file = folder.path().join("a.yaml");
    std::fs::write(&file, "").unwrap();
    assert!(load(&file)[0].to_string().contains("it is no folder"));
    use std::os::unix::ffi::OsStrExt as _;
    let strange = folder.path().join(std::ffi::OsStr::from_bytes(b"a\xff"));
    std::fs::create_dir(&strange).unwrap();
    assert!(load(&strange)[0].to_string().contains("its path is not UTF-8"));
}

#[test]
fn relative_addresses_are_relative_to_the_folder() {
    for (url, expected) in [
        ("../env.git", "/srv/env.git"),
        ("./env", "/srv/pipelines/env"),
        ("/abs/env", "/abs/env"),
        ("git@host.example:acme/env.git", "git@host.example:acme/env.git"),
        ("https://host.example/env.git", "https://host.example/env.git"),
    ] {
        assert_eq!(resolved(Path::new("/srv/pipelines"), url), expected);
    }
}

#[test]
fn settings_of_a_repository_are_found_under_either_address() {
    let local = format!("{LOCAL}repositories: [{{ url: ../env, atomic: false }}]\n");
    let folder = load(&[("towpath.yaml", &local), ("a.yaml", &plain("a", "a"))]).unwrap();
    assert!(!folder.repository(&folder.pipelines[0]).unwrap().atomic);
}

#[test]
fn a_gate_is_the_same_wherever_the_folder_is_and_another_when_its_command_changes() {
    let gated = pipeline("a", REPOSITORY, "a", ", verify: [{ qa: { template: smoke } }]");
    let hash = |local: &str| {
        let folder = load(&[("towpath.yaml", local), ("a.yaml", &gated)]).unwrap();
        folder.pipelines[0].environments[0].verify[0].hash()
    };
    assert_eq!(hash(LOCAL), hash(LOCAL), "each is loaded from a folder of its own");
    assert_ne!(hash(LOCAL), hash(&LOCAL.replace("./smoke", "./smoke, --fast")));
}

#[test]
fn doubts_name_what_can_never_work() {
    let gated = format!(
        "{}---\n{METRIC}",
        pipeline("a", REPOSITORY, "a", ", verify: [{ metrics: { template: errors } }]")
    );
    let doubts = load(&[("towpath.yaml", LOCAL), ("a.yaml", &gated)]).unwrap().doubts();
    assert!(doubts[0].contains("default/a dev: nothing says what runs there"), "{doubts:?}");
    assert!(doubts[1].contains("its metrics have no source"), "{doubts:?}");
    let tip = format!("{LOCAL}live: {{ default: {{ tip: true }} }}\n");
    let doubts = load(&[("towpath.yaml", &tip), ("a.yaml", &plain("a", "a"))]).unwrap().doubts();
    assert!(doubts.len() == 1 && doubts[0].contains("live is `tip`"), "{doubts:?}");
}

fn policy(name: &str, spec: &str) -> String {
    format!(
        "apiVersion: towpath.dev/v1alpha1\nkind: PromotionPolicy\nmetadata: {{ name: {name} }}\nspec: {spec}\n"
    )
}

#[test]
fn policies_of_the_folder_add_their_gates() {
    let two = format!(
        "{}---\n{}",
        policy("second", "{ verify: [{ qa: { template: smoke } }] }"),
        policy("first", "{ repositories: [{ urls: [../env.git], paths: [a] }] }")
    );
    let folder =
        load(&[("towpath.yaml", LOCAL), ("a.yaml", &plain("a", "a/dev")), ("p.yaml", &two)]).unwrap();
    let dev = &folder.pipelines[0].environments[0];
    let gates: Vec<&str> = dev.verify.iter().map(|gate| gate.name.as_str()).collect();
    assert_eq!(gates, ["policy-second-qa/smoke"]);
    let seen: Vec<(String, Vec<String>)> =
        folder.policies().map(|(policy, _, there)| (policy.name.to_string(), there)).collect();
    let there = vec!["default/a dev".to_owned()];
    assert_eq!(seen, [("first".to_owned(), there.clone()), ("second".to_owned(), there)]);
}

#[test]
fn mistakes_in_policies_are_told_with_their_file() {
    let named = |file: &str| format!("{LOCAL}policies: [{file}]\n");
    let twice =
        format!("{}---\n{}", policy("p", "{ overrides: [window] }"), policy("p", "{ overrides: [soak] }"));
    let cases = [
        (LOCAL.to_owned(), twice, "x.yaml: the PromotionPolicy p stands in this file already"),
        (
            LOCAL.to_owned(),
            policy("p", "{ verify: [{ qa: { template: nix } }] }"),
            "x.yaml: spec.verify[0].qa.template: no QA template is called \"nix\"",
        ),
        (
            LOCAL.to_owned(),
            policy("p", "{ entry: [{ expression: { cel: 'relase.version' } }] }"),
            "x.yaml: spec.entry policy-p-expression/1: it names relase",
        ),
        (LOCAL.to_owned(), policy("p", "{ gates: [] }"), "x.yaml: line 4 column 9: unknown field `gates`"),
        (
            LOCAL.to_owned(),
            policy("p", "{ repositories: [{ urls: [../other.git] }] }"),
            "a.yaml: spec.repository.url: PromotionPolicy p does not let namespace default use this repository",
        ),
        (named("nowhere.yaml"), policy("p", "{ overrides: [] }"), "nowhere.yaml: No such file or directory"),
        (named("a.yaml"), policy("p", "{ overrides: [] }"), "has only documents of kind PromotionPolicy"),
        (named("x.yaml, x.yaml"), policy("p", "{ overrides: [] }"), "expected each file once"),
    ];
    for (local, text, expected) in cases {
        let files = [("towpath.yaml", local.as_str()), ("a.yaml", &plain("a", "a")), ("x.yaml", &text)];
        let mistakes = load(&files).unwrap_err();
        assert!(mistakes.contains(expected), "{mistakes}");
    }
}
