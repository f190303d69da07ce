//! Repositories and folders that are not as they should be.

use crate::support::{Bench, Ran, closed_port};

#[test]
fn a_path_without_a_repository_is_a_mistake_of_its_file() {
    let bench = Bench::new();
    std::fs::remove_dir_all(bench.path("environments.git")).unwrap();
    let commands = [&["reconcile"][..], &["status"], &["why"], &["history"], &["hold", "--reason", "x"]];
    for arguments in commands {
        bench
            .towpath(arguments)
            .code(1)
            .err("failed to open /")
            .err("environments.git: there is no such folder")
            .err("  next: correct spec.repository.url in pipelines/web.yaml");
    }
    std::fs::create_dir(bench.path("environments.git")).unwrap();
    for arguments in commands {
        bench.towpath(arguments).code(1).err("environments.git: it is no git repository");
    }
}

#[test]
fn without_git_it_says_what_to_install() {
    let bench = Bench::new();
    let mut command = bench.command(&["reconcile"]);
    let nothing = bench.path("nothing");
    let ran = Ran::new(command.env("PATH", nothing).output().unwrap());
    let line = "error: shop/web: failed to find the program \"git\": install it or correct PATH\n";
    assert_eq!((ran.code, ran.err.as_str(), ran.out.as_str()), (1, line, ""));
}

#[test]
fn a_host_that_does_not_answer_is_an_error_to_try_again() {
    let bench = Bench::new();
    let url = format!("http://127.0.0.1:{}/environments.git", closed_port());
    bench.replace("pipelines/web.yaml", "../environments.git", &url);
    bench
        .towpath(&["reconcile"])
        .code(1)
        .err("error: shop/web: failed to reach ")
        .err("then try again; nothing is lost");
    bench.towpath(&["reconcile", "--wait"]).code(1).err("failed to reach ");
    let text = std::fs::read_to_string(bench.path("pipelines/web.yaml")).unwrap();
    bench
        .write("pipelines/api.yaml", &text.replace("name: web,", "name: api,").replace("overlays", "others"));
    bench
        .towpath(&["status"])
        .code(1)
        .err("error: shop/api: failed to reach ")
        .err("error: shop/web: failed");
}

#[test]
fn an_empty_repository_waits_for_its_branch() {
    let bench = Bench::empty();
    bench
        .towpath(&["reconcile"])
        .code(6)
        .err("the branch refs/heads/main does not exist in ")
        .err("create it, or correct spec.repository");
    assert_eq!(bench.host(&["for-each-ref"]), "", "nothing is pushed before the branch is there");
    bench.towpath(&["status"]).code(0).out("no ledger yet").out("the branch refs/heads/main does not exist");
}

#[test]
fn a_missing_folder_of_an_environment_is_named() {
    let bench = Bench::new();
    bench.replace("pipelines/web.yaml", "overlays/dev", "overlays/nix");
    bench.towpath(&["reconcile"]).code(6).err("dev waits: ").err("overlays/nix");
}

#[test]
fn acts_before_the_first_pass_name_it() {
    let bench = Bench::new();
    for arguments in [&["hold", "--reason", "x"][..], &["history"], &["ledger", "show"]] {
        bench
            .towpath(arguments)
            .code(1)
            .err("error: shop/web has no ledger yet; its first pass makes one: towpath reconcile --once");
    }
}

#[test]
fn a_push_that_the_host_refuses_is_not_allowed() {
    use std::os::unix::fs::PermissionsExt as _;
    let bench = Bench::new();
    let hook = bench.path("environments.git/hooks/pre-receive");
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    std::fs::write(&hook, "#!/bin/sh\necho protected by policy >&2\nexit 1\n").unwrap();
    std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755)).unwrap();
    bench.towpath(&["reconcile"]).code(4).err("failed to push refs/towpath/ledger/shop/web: the host says: ");
}

#[test]
fn several_pipelines_are_told_apart() {
    let bench = Bench::new();
    let text = std::fs::read_to_string(bench.path("pipelines/web.yaml")).unwrap();
    let other = text
        .replace("name: web,", "name: api,")
        .replace("overlays/production", "base")
        .replace("overlays/dev", "base/dev");
    bench.write("pipelines/api.yaml", &other);
    let hold = ["hold", "--reason", "x"];
    bench.towpath(&hold).code(2).err("the folder has several pipelines; name one of shop/api, shop/web");
    bench.towpath(&["why", "nix"]).code(2).err("name one of shop/api, shop/web");
    bench
        .towpath(&["status", "nix"])
        .code(2)
        .err("no pipeline is called \"nix\"; the folder has shop/api, shop/web");
    bench.towpath(&["reconcile", "web"]).code(0).out("shop/web 1 Claimed");
    bench.towpath(&["why", "web", "dev"]).code(0).out("shop/web dev runs 1.0.0");
    bench
        .towpath(&["approve", "web", "nix", "1"])
        .code(2)
        .err("no environment of shop/web is called \"nix\"");
}

#[test]
fn two_pipelines_that_write_one_field_are_told_with_both_places() {
    let bench = Bench::new();
    let text = std::fs::read_to_string(bench.path("pipelines/web.yaml")).unwrap();
    let other = format!("file://{}/", bench.path("environments").display());
    let other = text.replace("name: web,", "name: api,").replace("../environments.git", &other);
    bench.write("pipelines/api.yaml", &other.replace("overlays/production", "base"));
    let line = |name: &str| {
        let text = std::fs::read_to_string(bench.path(name)).unwrap();
        1 + text.lines().position(|line| line.contains("name: dev")).unwrap()
    };
    let (api, web) = (line("pipelines/api.yaml"), line("pipelines/web.yaml"));
    let clash =
        format!("shop/api dev (pipelines/api.yaml:{api}) and shop/web dev (pipelines/web.yaml:{web})");
    let ran = bench
        .towpath(&["lint"])
        .code(2)
        .err(&clash)
        .err("both write ghcr.io/acme/web in apps/web/overlays/dev");
    assert!(!ran.err.contains("production and"), "{ran:#?}");
    bench.towpath(&["reconcile", "web"]).code(6).err("dev waits: ").err("shop/api");
}

#[test]
fn nobody_listening_is_no_failure() {
    let bench = Bench::new();
    let mut child = bench.command(&["reconcile"]).stdout(std::process::Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    bench.towpath(&["status"]).code(0).out("event 4");
}
