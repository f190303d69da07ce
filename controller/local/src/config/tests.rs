use super::*;

const HEAD: &str = "apiVersion: towpath.dev/v1alpha1\nkind: Local\nowner: shop-ci\n";

fn parse(text: &str) -> Result<LocalConfig, String> {
    LocalConfig::parse(Path::new("/shop/towpath.yaml"), text).map_err(|e| e.to_string())
}

fn with(rest: &str) -> Result<LocalConfig, String> {
    parse(&format!("{HEAD}{rest}"))
}

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

#[test]
fn the_whole_file() {
    let config = with(
        "commits: { name: Promoter, email: promoter@example.com }
repositories:
  - { url: https://git.example/environments.git, username: robot, tokenEnv: ENVIRONMENTS_TOKEN, atomic: false }
qa:
  smoke: { command: [./qa/smoke, --fast], timeout: 10m, junit: report.xml, environment: [SMOKE_KEY] }
  regression: { start: [qa/start], poll: [poller, now], timeout: 40m }
live:
  default: { url: \"http://127.0.0.1:9000/live/{{ environment }}\" }
  dev: { tip: true }
  staging: { command: [/usr/bin/seen], timeout: 5s }
metrics: { prometheus: { url: \"http://127.0.0.1:9090\", tokenEnv: PROM_TOKEN } }
",
    )
    .unwrap();
    assert_eq!(config.owner.as_str(), "shop-ci");
    assert_eq!(config.commits.email, "promoter@example.com");
    let repository = config.repository("https://git.example/environments").unwrap();
    assert_eq!((repository.username.as_str(), repository.atomic), ("robot", false));
    assert!(config.repository("https://git.example/other").is_none());

    let smoke = &config.qa[&name("smoke")];
    let QaMode::Waited { command } = &smoke.mode else { panic!("{smoke:?}") };
    assert_eq!(
        (command.program.as_str(), command.arguments.as_slice()),
        ("/shop/qa/smoke", &["--fast".into()][..])
    );
    assert_eq!((smoke.timeout, smoke.junit.as_deref()), (Span::seconds(600), Some("report.xml")));
    assert_eq!(smoke.revision, r#"[["./qa/smoke","--fast"],[],[],"report.xml"]"#);
    assert_eq!(smoke.environment[0].as_str(), "SMOKE_KEY");
    let QaMode::Polled { start, poll } = &config.qa[&name("regression")].mode else { panic!() };
    assert_eq!((start.program.as_str(), poll.program.as_str()), ("/shop/qa/start", "poller"));

    assert_eq!(config.live(&name("dev")), Some(&LiveSource::Tip));
    assert!(matches!(config.live(&name("elsewhere")), Some(LiveSource::Url { .. })));
    assert!(
        matches!(config.live(&name("staging")), Some(LiveSource::Command { timeout, .. }) if timeout.as_seconds() == 5)
    );
    let prometheus = config.prometheus.unwrap();
    assert_eq!(prometheus.url.as_str(), "http://127.0.0.1:9090");
    assert_eq!(
        prometheus.secret(&|name| Some(format!("of-{name}"))).unwrap().unwrap().expose(),
        "of-PROM_TOKEN"
    );
    assert!(repository_error().contains("repositories: https://git.example/a"));
}

fn repository_error() -> String {
    let config = with("repositories: [{ url: https://git.example/a, tokenEnv: T }]").unwrap();
    config.repositories[0].secret(&|_| None).unwrap_err().to_string()
}

#[test]
fn the_smallest_file() {
    let config = parse(HEAD).unwrap();
    assert_eq!(config.folder, Path::new("/shop"));
    assert_eq!((config.commits.name.as_str(), config.prometheus), ("Towpath", None));
    assert_eq!(
        with("repositories: [{ url: /srv/git/a }]").unwrap().repositories[0].username,
        "x-access-token"
    );
}

#[test]
fn what_is_wrong_is_said_with_the_place() {
    for (rest, expected) in [
        ("ownr: x", "ownr"),
        ("qa: { smoke: { command: [a], colour: red } }", "colour"),
        ("qa: { smoke: { command: [a], start: [b], poll: [c] } }", "either `command`, or `start` and `poll`"),
        ("qa: { smoke: { start: [b] } }", "either `command`, or `start` and `poll`"),
        ("qa: { smoke: { command: [] } }", "expected a program"),
        ("qa: { smoke: { command: a b } }", "towpath.yaml"),
        ("qa: { smoke: { command: [a], timeout: 10 } }", "timeout"),
        ("qa: { smoke: { command: [a], timeout: 0s } }", "longer than 0s"),
        ("qa: { smoke: { command: [a], junit: ../report.xml } }", "plain file name"),
        ("qa: { smoke: { command: [a], junit: output.log } }", "plain file name"),
        ("qa: { smoke: { command: [a], environment: [TOWPATH_HANDLE] } }", "set by Towpath itself"),
        ("qa: { smoke: { command: [a], environment: [\"A=B\"] } }", "letters, digits and _"),
        ("qa: { Smoke Test: { command: [a] } }", "DNS label"),
        ("qa: { smoke: { command: [a] }, smoke: { command: [b] } }", "smoke"),
        ("live: { dev: {} }", "either `command`"),
        ("live: { dev: { tip: false } }", "`tip: true`"),
        ("live: { dev: { tip: yes } }", "towpath.yaml"),
        ("live: { dev: { tip: true, url: \"http://a\" } }", "either `command`"),
        ("live: { dev: { url: \"http://a/{{ colour }}\" } }", "{{ environment }}"),
        ("live: { dev: { url: \"http://a/{{ environment\" } }", "{{ environment }}"),
        ("live: { dev: { url: \"ftp://a\" } }", "http:// or https://"),
        ("live: { dev: { url: \"/only/a/path\" } }", "http:// or https://"),
        ("metrics: { prometheus: { url: \"http://prom.example\", tokenEnv: T } }", "https only"),
        ("repositories: [{ url: http://git.example/a, tokenEnv: T }]", "https only"),
        ("repositories: [{ url: https://git.example/a }, { url: https://git.example/a.git/ }]", "twice"),
        ("repositories: [{ url: \"--upload-pack=x\" }]", "address of a repository"),
        ("repositories: [{ url: https://a/b, username: \"a:b\" }]", "colon"),
        ("commits: { name: \"A <a@b>\", email: a@b.example }", "without < and >"),
        ("---\nkind: Local", "towpath.yaml"),
        ("owner: again", "owner"),
    ] {
        let error = with(rest).expect_err(rest);
        assert!(error.contains(expected), "{rest}\n{error}");
        assert!(error.starts_with("failed to read /shop/towpath.yaml: "), "{error}");
    }
}

#[test]
fn the_head_is_mandatory() {
    for (text, expected) in [
        ("apiVersion: towpath.dev/v1alpha1\nkind: Local\n", "owner is missing: a ledger has one owner"),
        ("apiVersion: towpath.dev/v9\nkind: Local\nowner: a\n", "expected towpath.dev/v1alpha1"),
        ("apiVersion: towpath.dev/v1alpha1\nkind: Pipeline\nowner: a\n", "expected Local"),
        ("owner: a\n", "apiVersion is missing"),
        ("apiVersion: towpath.dev/v1alpha1\nkind: Local\nowner: two words\n", "without blanks"),
        ("", "towpath.yaml"),
    ] {
        let error = parse(text).expect_err(text);
        assert!(error.contains(expected), "{text}\n{error}");
    }
}

#[test]
fn a_mistake_is_shown_with_line_and_caret() {
    let error = with("qa:\n  smoke: { command: [a], colour: red }\n").unwrap_err();
    assert!(error.contains("colour: red") && error.contains('^') && error.contains("5:"), "{error}");
}

#[test]
fn passwords_are_not_shown() {
    for rest in [
        "repositories: [{ url: https://robot:hunter2@git.example/a }]",
        "repositories: [{ url: https://hunter2@git.example/a }]",
        "live: { dev: { url: \"http://robot:hunter2@a/b\" } }",
        "repositories:\n  - { url: https://robot:hunter2@git.example/a }\n  - { colour: red }",
        "repositories: [{ url: https://git.example/a?private_token=hunter2, colour: red }]",
        "metrics: { prometheus: { url: \"http://a/?access_token=hunter2\", colour: red } }",
        "metrics:\n  prometheus:\n    url: http://a/?hunter2#hunter2\n    colour: red",
        "metrics: { prometheus: { url: http://a, token: hunter2, colour: red } }",
        "repositories: [{ url: https://git.example/a, password: \"hunter2\" }]",
    ] {
        let error = with(rest).unwrap_err();
        assert!(!error.contains("hunter2"), "{error}");
    }
    assert!(with("repositories: [{ url: https://a:b@c/d }]").unwrap_err().contains("username and tokenEnv"));
    assert!(with("repositories: [{ url: ssh://git@git.example/a.git }]").is_ok());
}

#[test]
fn what_is_hidden_leaves_the_place_of_the_mistake() {
    let error =
        with("metrics: { prometheus: { url: \"http://a/?token=hunter2\", colour: red } }\n").unwrap_err();
    assert!(error.contains("/shop/towpath.yaml: line 4 column 58: unknown field `colour`"), "{error}");
    assert!(error.contains("--> towpath.yaml:4:") && error.contains("?token=*******\""), "{error}");
}

#[test]
fn a_missing_token_names_its_repository_without_secrets() {
    let repository = "repositories: [{ url: \"https://git.example/a?key=hunter2\", tokenEnv: T }]";
    let config = with(repository).unwrap();
    let error = config.repositories[0].secret(&|_| None).unwrap_err().to_string();
    assert!(error.contains("https://git.example/a?key=***"), "{error}");
    assert!(!format!("{config:?}").contains("hunter2"));
}

#[test]
fn files_that_are_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let load = || LocalConfig::load(folder.path()).unwrap_err().to_string();
    assert!(
        load().contains("there is no such file: name its folder with --local DIR, or create it"),
        "{}",
        load()
    );
    let path = folder.path().join(FILE_NAME);
    std::fs::write(&path, vec![b'#'; LARGEST as usize + 1]).unwrap();
    assert!(load().ends_with("the file is larger than 256 KiB"), "{}", load());
    std::fs::write(&path, b"owner: \xff").unwrap();
    assert!(load().contains("not UTF-8"), "{}", load());
    std::fs::write(&path, HEAD).unwrap();
    assert_eq!(LocalConfig::load(folder.path()).unwrap().folder, folder.path());
}

#[test]
fn the_documented_file_is_right() {
    let page = include_str!("../../../../docs/local.md");
    let blocks = page.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next());
    let example = blocks.into_iter().find(|block| block.contains("kind: Local")).unwrap();
    let config = parse(example).unwrap();
    assert_eq!((config.qa.len(), config.live.len(), config.prometheus.is_some()), (2, 2, true));
}
