//! Credentials, outages, damaged mirrors, tidying.

use std::fs;
use std::path::Path;

use towpath_engine::ports::{Edit, Repository as _, RepositoryError, Since};
use towpath_git::testing::Fault;
use towpath_git::{Clutter, GitRepository, Token};

use crate::support::{
    Bed, JOURNAL, MAIN, SOON, Way, change, child, files, id, path, push, query, refresh_error, shallow, tip,
};

/// A way to damage a mirror, with its name.
type Wreck = (&'static str, fn(&Path));

fn token(secret: &str) -> Token {
    Token { username: "bot".into(), secret: secret.into() }
}

#[test]
fn a_token_opens_a_host() {
    let mut bed = Bed::http();
    let old = bed.write(MAIN, "1");
    bed.server().require(token("hush"));
    let mut options = bed.options();
    options.credentials = Some(token("hush"));
    let client = GitRepository::open(&options).unwrap();
    assert_eq!(tip(&client, MAIN), old);
    push(&client, MAIN, &old, &child(&client, Some(&old), "2"));
    for file in files(&options.mirror) {
        let bytes = fs::read(&file).unwrap();
        assert!(!String::from_utf8_lossy(&bytes).contains("hush"), "{file:?}");
    }
}

#[test]
fn a_token_in_the_address_is_taken_out_of_it() {
    let mut bed = Bed::http();
    let old = bed.write(MAIN, "1");
    bed.server().require(token("hu@sh"));
    let mut options = bed.options();
    options.url = options.url.replace("http://", "http://bot:hu%40sh@");
    assert_eq!(tip(&GitRepository::open(&options).unwrap(), MAIN), old);
    options.url = options.url.replace("hu%40sh", "other");
    let error = refresh_error(&options);
    assert!(matches!(error, RepositoryError::Denied { .. }), "{error}");
    assert!(!format!("{error} {error:?}").contains("other"), "{error}");
}

#[test]
fn a_wrong_or_missing_token_is_for_a_person() {
    let mut bed = Bed::http();
    bed.write(MAIN, "1");
    bed.server().require(token("hush"));
    let asked = bed.folder.path().join("asked");
    let helper = format!("[credential]\n\thelper = \"!touch {}; :\"\n", asked.display());
    fs::write(bed.folder.path().join(".gitconfig"), helper).unwrap();
    for credentials in [None, Some(token("wrong-secret"))] {
        let mut options = bed.options();
        let own = credentials.is_some();
        options.credentials = credentials;
        let error = refresh_error(&options);
        assert!(matches!(error, RepositoryError::Denied { .. }), "{error}");
        assert!(!own || !asked.exists(), "a helper is not asked beside a configured token");
        fs::remove_file(&asked).unwrap_or_default();
        assert!(!error.to_string().contains("wrong-secret"), "{error}");
    }
}

#[test]
fn a_token_is_not_carried_elsewhere() {
    let (mut bed, other) = (Bed::http(), Bed::http());
    let there = other.write(MAIN, "1");
    bed.server().redirect_to(other.server());
    let mut options = bed.options();
    assert_eq!(tip(&GitRepository::open(&options).unwrap(), MAIN), there, "without a token it is followed");
    other.server().take_requests();
    options.credentials = Some(token("hush"));
    let error = refresh_error(&options);
    assert!(matches!(&error, RepositoryError::Denied { reason, .. } if reason.contains("moved")), "{error}");
    assert_eq!(other.server().take_requests(), Vec::<String>::new());
}

#[test]
fn a_token_is_not_sent_in_the_clear() {
    let mut bed = Bed::http();
    let mut options = bed.options();
    options.url = "http://host.example/x.git".into();
    options.credentials = Some(token("hush"));
    let error = GitRepository::open(&options).err().unwrap();
    assert!(matches!(&error, RepositoryError::Denied { reason, .. } if reason.contains("https")), "{error}");
}

#[test]
fn a_repository_that_is_not_there_is_for_a_person() {
    let mut bed = Bed::http();
    let mut options = bed.options();
    options.url = bed.server().url("nothing.git");
    let missing_path = bed.folder.path().join("nothing").to_str().unwrap().to_owned();
    for url in [options.url.clone(), missing_path.clone(), format!("file://{missing_path}")] {
        options.url.clone_from(&url);
        let error = refresh_error(&options);
        assert!(matches!(error, RepositoryError::Denied { .. }), "{url}: {error}");
    }
    options.url = "ext::sh -c id".into();
    assert!(matches!(GitRepository::open(&options), Err(RepositoryError::Denied { .. })));
}

#[test]
fn a_ref_that_leads_to_no_commit_says_so_and_costs_no_mirror() {
    let mut bed = Bed::http();
    let good = bed.write(MAIN, "1");
    let tree = git2::Repository::open_bare(bed.host_path()).unwrap();
    let tree = tree.find_reference(MAIN).unwrap().peel_to_tree().unwrap().id().to_string();
    let options = bed.options();
    let client = GitRepository::open(&options).unwrap();
    tip(&client, MAIN);
    let keepsake = options.mirror.join("keepsake");
    fs::write(&keepsake, "").unwrap();
    bed.host.set(JOURNAL, Some(&tree)).unwrap();
    for _ in 0..2 {
        let error = client.refresh(&[query(JOURNAL, Since::Tip)]).unwrap_err();
        assert_eq!(error, RepositoryError::NotACommit { commit: id(&tree) });
    }
    bed.host.set(JOURNAL, Some(good.as_str())).unwrap();
    assert_eq!((tip(&client, JOURNAL), tip(&client, MAIN)), (good.clone(), good));
    assert!(keepsake.exists(), "it was not made anew");
}

#[test]
fn a_host_that_is_down_or_hangs_is_for_later() {
    let mut bed = Bed::http();
    bed.write(MAIN, "1");
    let mut options = bed.options();
    options.deadline = SOON;
    for fault in [Fault::Status(500), Fault::Status(429), Fault::Hang] {
        bed.server().set_fault(fault);
        let error = refresh_error(&options);
        assert!(matches!(error, RepositoryError::Unreachable { .. }), "{fault:?}: {error}");
    }
    bed.server = None;
    let error = refresh_error(&options);
    assert!(matches!(error, RepositoryError::Unreachable { .. }), "{error}");
}

#[test]
fn a_damaged_mirror_is_made_anew() {
    let wreck: [Wreck; 6] = [
        ("no head", |m| fs::remove_file(m.join("HEAD")).unwrap()),
        ("a broken configuration", |m| fs::write(m.join("config"), "[[[").unwrap()),
        ("no objects", |m| fs::remove_dir_all(m.join("objects")).unwrap()),
        ("broken packs", |m| {
            for file in files(&m.join("objects/pack")) {
                fs::remove_file(&file).unwrap();
                fs::write(&file, "nonsense").unwrap();
            }
        }),
        ("cut packs", |m| {
            for file in
                files(&m.join("objects/pack")).iter().filter(|f| f.extension().is_some_and(|e| e == "pack"))
            {
                let start = fs::read(file).unwrap()[..20].to_vec();
                fs::remove_file(file).unwrap();
                fs::write(file, start).unwrap();
            }
        }),
        ("an empty index", |m| {
            for file in
                files(&m.join("objects/pack")).iter().filter(|f| f.extension().is_some_and(|e| e == "idx"))
            {
                fs::remove_file(file).unwrap();
                fs::write(file, "").unwrap();
            }
        }),
    ];
    for (what, wreck) in wreck {
        let mut bed = Bed::new(Way::FileUrl, shallow(2));
        bed.grow(MAIN, 3);
        let options = bed.options();
        tip(&GitRepository::open(&options).unwrap(), MAIN);
        wreck(&options.mirror);
        let last = bed.write(MAIN, "more");
        let client = GitRepository::open(&options).unwrap();
        assert_eq!(tip(&client, MAIN), last, "{what}");
        assert_eq!(client.read(&last, &path("file"), 9).unwrap(), Some(b"more".to_vec()), "{what}");
    }
}

#[test]
fn damage_found_by_a_read_is_mended_by_the_next_refresh() {
    let mut bed = Bed::new(Way::FileUrl, shallow(2));
    let last = bed.write(MAIN, "1");
    let options = bed.options();
    let client = GitRepository::open(&options).unwrap();
    let old = tip(&client, MAIN);
    // A commit written here, whose file was lost with the power.
    let lost = child(&client, Some(&old), "not yet on disk");
    for file in
        files(&options.mirror.join("objects")).iter().filter(|f| !f.to_string_lossy().contains("pack"))
    {
        fs::remove_file(file).unwrap();
        fs::write(file, "").unwrap();
    }
    let client = GitRepository::open(&options).unwrap();
    let error = client.read(&lost, &path("file"), 99).unwrap_err();
    assert!(matches!(error, RepositoryError::Mirror { .. }), "{error}");
    assert_eq!(tip(&client, MAIN), last);
    assert_eq!(client.read(&last, &path("file"), 9).unwrap(), Some(b"1".to_vec()));
    assert_eq!(child(&client, Some(&old), "not yet on disk"), lost, "and it can be written again");
}

#[test]
fn damage_that_stops_a_fetch_is_mended_at_once() {
    let mut bed = Bed::new(Way::FileUrl, shallow(2));
    bed.write(MAIN, "1");
    let options = bed.options();
    let client = GitRepository::open(&options).unwrap();
    let old = tip(&client, MAIN);
    // Pushed, and then lost here with the power: the host has it, the mirror's ref leads to an empty file.
    push(&client, MAIN, &old, &child(&client, Some(&old), "2"));
    for file in
        files(&options.mirror.join("objects")).iter().filter(|f| !f.to_string_lossy().contains("pack"))
    {
        fs::remove_file(file).unwrap();
        fs::write(file, "").unwrap();
    }
    let last = bed.write(MAIN, "3");
    let client = GitRepository::open(&options).unwrap();
    assert_eq!(tip(&client, MAIN), last);
    assert_eq!(client.read(&last, &path("file"), 9).unwrap(), Some(b"3".to_vec()));
}

#[test]
fn a_commit_that_is_not_here_is_no_damage() {
    let mut bed = Bed::new(Way::FileUrl, shallow(2));
    bed.write(MAIN, "1");
    let client = bed.open();
    let old = tip(&client, MAIN);
    let ours = child(&client, Some(&old), "ours");
    assert!(client.read(&id(&"7".repeat(40)), &path("file"), 9).is_err());
    tip(&client, MAIN);
    assert!(client.read(&ours, &path("file"), 9).is_ok(), "the mirror was kept");
}

#[test]
fn a_folder_that_is_not_ours_is_left_alone() {
    let mut bed = Bed::new(Way::FileUrl, shallow(2));
    let options = bed.options();
    fs::create_dir_all(&options.mirror).unwrap();
    fs::write(options.mirror.join("thesis.txt"), "years of work").unwrap();
    let error = GitRepository::open(&options).err().unwrap();
    assert!(
        matches!(&error, RepositoryError::Mirror { reason } if reason.contains("choose another")),
        "{error}"
    );
    assert!(options.mirror.join("thesis.txt").is_file());
}

#[test]
fn stale_locks_of_a_killed_fetch_do_not_stop_the_next() {
    let mut bed = Bed::new(Way::FileUrl, shallow(2));
    bed.grow(MAIN, 9);
    let options = bed.options();
    let client = GitRepository::open(&options).unwrap();
    fs::write(options.mirror.join("shallow.lock"), "").unwrap();
    fs::write(options.mirror.join("packed-refs.lock"), "").unwrap();
    tip(&client, MAIN);
}

#[test]
fn tidying_keeps_what_is_needed() {
    let mut bed = Bed::http();
    bed.grow(MAIN, 3);
    let client = bed.open();
    let mut last = tip(&client, MAIN);
    for n in 0..4 {
        let next = child(&client, Some(&last), &n.to_string());
        push(&client, MAIN, &last, &next);
        bed.write(MAIN, "theirs");
        last = tip(&client, MAIN);
    }
    let unpushed = child(&client, Some(&last), "unpushed");
    let before = client.clutter();
    assert!(before.loose >= 12 && before.packs >= 5, "{before:?}");
    assert!(!client.compact(Clutter { loose: 1000, packs: 1000 }).unwrap(), "not worth it");
    assert!(client.compact(Clutter { loose: 1000, packs: 4 }).unwrap());
    assert_eq!(client.clutter().packs, 1);
    for commit in [&last, &unpushed] {
        assert!(client.read(commit, &path("file"), 99).unwrap().is_some());
    }
    push(&client, MAIN, &last, &unpushed);
    let other = GitRepository::open(&bed.options()).unwrap();
    assert_eq!(tip(&other, MAIN), unpushed);
}

#[test]
fn an_author_that_git_cannot_write_is_for_a_person() {
    let mut bed = Bed::new(Way::Path, shallow(2));
    let client = bed.open();
    let mut new = change(None, vec![Edit { path: path("a"), bytes: vec![] }]);
    new.signature.name = "<".into();
    let error = client.commit(&new).unwrap_err();
    assert!(matches!(&error, RepositoryError::Denied { reason, .. } if reason.contains("author")), "{error}");
}
