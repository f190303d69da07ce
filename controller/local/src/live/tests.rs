use super::*;
use crate::testing::{FixedClock, Server, script};
use towpath_core::id::{CommitId, Digest, ImageName, PipelineId};

const TIP: &str = "1111111111111111111111111111111111111111";
const NOW: i64 = 1_800_000_000;

fn query(environment: &str) -> LivenessQuery {
    let digest = Digest::parse(&format!("sha256:{}", "a".repeat(64))).unwrap();
    LivenessQuery {
        pipeline: PipelineId::parse("shop/web").unwrap(),
        environment: Name::parse(environment).unwrap(),
        applications: ["web-dev", "api-dev"].map(|n| Name::parse(n).unwrap()).to_vec(),
        tip: CommitId::parse(TIP).unwrap(),
        digests: vec![(ImageName::parse("ghcr.io/acme/web").unwrap(), digest)],
    }
}

fn liveness(folder: &Path, live: &str) -> LocalLiveness {
    let text = format!("apiVersion: towpath.dev/v1alpha1\nkind: Local\nowner: ci\nlive: {{ {live} }}\n");
    let config = LocalConfig::parse(&folder.join("towpath.yaml"), &text).unwrap();
    LocalLiveness::new(&config, Arc::new(FixedClock(NOW)))
}

fn by_server(server: &Server) -> Result<Vec<Application>, LivenessError> {
    let url = format!("{}{{{{ environment }}}}", server.url("/live/"));
    liveness(Path::new("/"), &format!("default: {{ url: \"{url}\", timeout: 1s }}")).observe(&query("dev"))
}

fn answer() -> String {
    let digest = "b".repeat(64);
    format!(
        r#"{{"applications":[{{"name":"web-dev","revision":"{TIP}","images":["ghcr.io/acme/web:1@sha256:{digest}","sidecar:2"],
        "health":"Healthy","healthySince":"2026-11-21T10:02:11Z","reconciledAt":"2026-11-21T11:02:12+01:00","more":1}},
        {{"name":"somebody-else"}}],"more":[]}}"#
    )
}

fn unavailable(result: Result<Vec<Application>, LivenessError>) -> String {
    match result {
        Err(LivenessError::Unavailable(why)) => why,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_address_answers() {
    let server = Server::answering(200, "", &answer());
    let seen = by_server(&server).unwrap();
    assert!(server.requests()[0].starts_with("GET /live/dev HTTP/1.1\r\n"));
    let [web] = seen.as_slice() else { panic!("{seen:?}") };
    assert_eq!((web.name.as_str(), web.health), ("web-dev", Health::Healthy));
    assert_eq!(web.revision.as_ref().unwrap().as_str(), TIP);
    assert_eq!(web.digests.len(), 1);
    assert_eq!(web.health_since, Some(Time::parse("2026-11-21T10:02:11Z").unwrap()));
    assert_eq!(web.reconciled_at, Some(Time::parse("2026-11-21T10:02:12Z").unwrap()));
}

#[test]
fn what_is_not_said_is_unknown() {
    let seen = by_server(&Server::answering(200, "", r#"{"applications":[{"name":"api-dev"}]}"#)).unwrap();
    let expected = Application {
        name: Name::parse("api-dev").unwrap(),
        revision: None,
        digests: vec![],
        health: Health::Unknown,
        health_since: None,
        reconciled_at: None,
    };
    assert_eq!(seen, [expected]);
    assert_eq!(by_server(&Server::answering(200, "", r#"{"applications":[]}"#)), Ok(vec![]));
}

#[test]
fn answers_that_cannot_be_trusted() {
    for (status, body, expected) in [
        (500, answer(), "it answers 500"),
        (204, String::new(), "it answers 204"),
        (200, String::new(), "not the JSON expected"),
        (200, "{}".into(), "not the JSON expected"),
        (200, answer().replace(TIP, "main"), "not the JSON expected"),
        (200, answer().replace("11:02:12", "now"), "not the JSON expected"),
        (200, answer().replace(&"b".repeat(64), "b"), "application web-dev: failed to parse image digest"),
        (200, answer().replace("somebody-else", "web-dev"), "the application web-dev twice"),
        (200, " ".repeat(LARGEST + 1), "larger than 1024 KiB"),
    ] {
        let why = unavailable(by_server(&Server::answering(status, "", &body)));
        assert!(why.starts_with("http://127.0.0.1:") && why.contains(expected), "{expected}\n{why}");
    }
    assert!(unavailable(by_server(&Server::sending(b"", false))).contains("no whole answer within 1s"));
}

#[test]
fn a_command_answers() {
    let folder = tempfile::tempdir().unwrap();
    script(
        folder.path(),
        "seen",
        "[ \"$1\" = now ] && env | grep TOWPATH_ | sort > env.txt; cat answer.json",
    );
    std::fs::write(folder.path().join("answer.json"), answer()).unwrap();
    let seen =
        liveness(folder.path(), "dev: { command: [./shell, seen, now] }").observe(&query("dev")).unwrap();
    assert_eq!(seen.len(), 1);
    assert_eq!(
        std::fs::read_to_string(folder.path().join("env.txt")).unwrap(),
        format!(
            "TOWPATH_APPLICATIONS=web-dev api-dev\nTOWPATH_COMMIT={TIP}\nTOWPATH_ENVIRONMENT=dev\nTOWPATH_PIPELINE=shop/web\n"
        )
    );
}

#[test]
fn commands_that_do_not_answer() {
    let folder = tempfile::tempdir().unwrap();
    for (name, body, expected) in [
        ("fails", "echo '{\"applications\":[]}'; exit 3", "exit code 3"),
        ("dies", "kill -9 $$", "signal 9"),
        ("hangs", "sleep 600", "did not end within 1s"),
        ("babbles", "head -c 1100000 /dev/zero | tr '\\0' ' '", "more than 1024 KiB"),
        ("rubbish", "echo all is well", "not the JSON expected"),
    ] {
        script(folder.path(), name, body);
        let live =
            liveness(folder.path(), &format!("default: {{ command: [./shell, {name}], timeout: 1s }}"));
        let why = unavailable(live.observe(&query("dev")));
        assert!(why.contains(expected) && why.starts_with("the command for dev (/"), "{name}: {why}");
    }
    let live = liveness(folder.path(), "default: { command: [./nobody] }");
    assert!(unavailable(live.observe(&query("dev"))).contains("failed to find the program"));
}

#[test]
fn the_branch_is_taken_at_its_word() {
    let seen = liveness(Path::new("/"), "default: { tip: true }").observe(&query("dev")).unwrap();
    assert_eq!(seen.len(), 2);
    for application in seen {
        assert_eq!(application.revision.unwrap().as_str(), TIP);
        assert_eq!(application.digests, query("dev").digests);
        assert_eq!(application.health, Health::Healthy);
        assert_eq!(application.health_since, Some(Time::from_unix(0)));
        assert_eq!(application.reconciled_at, Some(Time::from_unix(NOW)));
    }
}

#[test]
fn an_environment_without_a_source() {
    let live = liveness(Path::new("/"), "dev: { tip: true }");
    let why = unavailable(live.observe(&query("staging")));
    assert_eq!(why, "nothing says what runs in staging: add live.staging or live.default to towpath.yaml");
}
