//! What is fetched, how often, and what cut histories answer.

use std::num::NonZeroU32;

use towpath_engine::ports::{PushMode, PushOutcome, RefQuery, Repository as _, RepositoryError, Since};
use towpath_git::testing::{Fault, GitServer};
use towpath_git::{GitRepository, HistoryDepth};

use crate::support::{
    Bed, JOURNAL, MAIN, Way, child, held, id, name, path, push, query, shallow, tip, update,
    update_server_info,
};

fn kinds(server: &GitServer) -> Vec<&'static str> {
    let kind = |request: String| match request {
        r if r.contains("info/refs") => "refs",
        r if r.contains("upload-pack") => "fetch or list",
        r if r.contains("receive-pack") => "push",
        _ => "other",
    };
    server.take_requests().into_iter().map(kind).collect()
}

#[test]
fn nothing_is_fetched_when_nothing_moved() {
    let mut bed = Bed::http();
    bed.grow(MAIN, 3);
    bed.grow(JOURNAL, 3);
    let queries = [query(MAIN, Since::Tip), query(JOURNAL, Since::Tip)];
    let client = bed.open();
    let heads = client.refresh(&queries).unwrap();
    kinds(bed.server());
    assert_eq!(client.refresh(&queries).unwrap(), heads);
    assert_eq!(
        kinds(bed.server()),
        ["refs", "fetch or list"],
        "one advertisement, in protocol 2 two requests"
    );
}

#[test]
fn a_round_is_one_advertisement_until_we_push() {
    let mut bed = Bed::http();
    let first = bed.write(MAIN, "1");
    let journals: Vec<String> = (0..20).map(|n| format!("refs/towpath/ledger/shop/web-{n:02}")).collect();
    journals.iter().for_each(|journal| drop(bed.write(journal, "1")));
    let client = bed.open();
    let look = || {
        for journal in &journals {
            let heads = client.refresh(&[query(MAIN, Since::Tip), query(journal, Since::Tip)]).unwrap();
            assert_eq!(heads.keys().map(|name| name.as_str()).collect::<Vec<_>>(), [MAIN, journal]);
        }
    };
    look();
    kinds(bed.server());
    look();
    assert_eq!(kinds(bed.server()).len(), 2 * 20, "without a round each asks for itself");

    client.begin_round(&journals.iter().map(|journal| name(journal)).chain([name(MAIN)]).collect());
    look();
    assert_eq!(kinds(bed.server()), ["refs", "fetch or list"]);
    let ours = child(&client, Some(&first), "ours");
    assert_eq!(push(&client, MAIN, &first, &ours), PushOutcome::Accepted);
    kinds(bed.server());
    look();
    assert_eq!(kinds(bed.server()), ["refs", "fetch or list"], "one for what we pushed");

    let theirs = bed.write(MAIN, "theirs");
    assert_eq!(tip(&client, MAIN), ours, "the round does not see it");
    let late = child(&client, Some(&ours), "late");
    assert_eq!(push(&client, MAIN, &ours, &late), PushOutcome::Lost);
    assert_eq!(tip(&client, MAIN), theirs, "whoever loses a race does");
    bed.server().set_fault(Fault::Status(503));
    assert!(client.push(&[update(MAIN, Some(&theirs), Some(&late))], PushMode::PerRef).is_err());
    assert!(client.refresh(&[query(MAIN, Since::Tip)]).is_err(), "nothing is left that could be shared");
    bed.server().set_fault(Fault::None);
    look();
    kinds(bed.server());
    client.end_round();
    look();
    assert_eq!(kinds(bed.server()).len(), 2 * 20);
}

#[test]
fn our_own_commits_are_not_fetched_back() {
    let mut bed = Bed::http();
    bed.grow(MAIN, 1);
    let client = bed.open();
    let old = tip(&client, MAIN);
    let new = child(&client, Some(&old), "ours");
    push(&client, MAIN, &old, &new);
    kinds(bed.server());
    assert_eq!(tip(&client, MAIN), new);
    assert_eq!(kinds(bed.server()), ["refs", "fetch or list"]);
}

#[test]
fn a_tip_alone_is_one_commit() {
    let mut bed = Bed::http();
    bed.grow(MAIN, 10);
    let client = bed.open();
    let last = tip(&client, MAIN);
    assert_eq!(held(&client, &last), (1, false), "cut");
    let next = bed.write(MAIN, "next");
    assert_eq!(tip(&client, MAIN), next);
    assert_eq!(held(&client, &next), (2, false), "only what is new");
}

#[test]
fn history_is_deepened_until_the_commit_is_found() {
    let mut bed = Bed::http();
    let ids = bed.grow(MAIN, 60);
    let client = bed.open();
    let since = |at: usize| [query(MAIN, Since::Commit(ids[at].clone()))];
    client.refresh(&since(57)).unwrap();
    let (count, complete) = held(&client, &ids[59]);
    assert!((2..=10).contains(&count) && !complete, "{count} {complete}");
    client.refresh(&since(40)).unwrap();
    let (count, complete) = held(&client, &ids[59]);
    assert!((20..60).contains(&count) && !complete, "{count} {complete}");
    assert_eq!(client.history(&ids[59], Some(&ids[40]), 100).unwrap().commits.len(), 19);
    let unknown = id(&"9".repeat(40));
    client.refresh(&[query(MAIN, Since::Commit(unknown.clone()))]).unwrap();
    assert_eq!(held(&client, &ids[59]), (60, true), "all of it");
    assert!(!client.contains(&ids[59], &unknown).unwrap());
    kinds(bed.server());
    client.refresh(&[query(MAIN, Since::Commit(unknown))]).unwrap();
    assert_eq!(kinds(bed.server()).len(), 2, "it is not asked for again");
}

#[test]
fn containment_deepens_by_itself() {
    let mut bed = Bed::http();
    let ids = bed.grow(MAIN, 40);
    let stranger = bed.write("refs/heads/stranger", "x");
    let client = bed.open();
    let last = tip(&client, MAIN);
    kinds(bed.server());
    assert!(client.contains(&last, &last).unwrap());
    assert_eq!(kinds(bed.server()).len(), 0);
    assert!(client.contains(&last, &ids[30]).unwrap());
    let (count, complete) = held(&client, &last);
    assert!((9..40).contains(&count) && !complete, "{count} {complete}");
    assert!(!client.contains(&last, &stranger).unwrap());
    assert_eq!(held(&client, &last), (40, true));
    let child = child(&client, Some(&last), "ours, never pushed");
    assert!(client.contains(&child, &ids[0]).unwrap());
}

#[test]
fn a_full_mirror_is_never_cut() {
    let mut bed = Bed::new(Way::Http, HistoryDepth::Full);
    bed.grow(MAIN, 10);
    let client = bed.open();
    let last = tip(&client, MAIN);
    assert_eq!(held(&client, &last), (10, true));
}

#[test]
fn a_cut_mirror_can_become_full() {
    let mut bed = Bed::http();
    let ids = bed.grow(MAIN, 10);
    let mut options = bed.options();
    tip(&GitRepository::open(&options).unwrap(), MAIN);
    options.depth = HistoryDepth::Full;
    let client = GitRepository::open(&options).unwrap();
    client.refresh(&[query(MAIN, Since::Commit(ids[0].clone()))]).unwrap();
    assert_eq!(held(&client, &ids[9]).0, 10);
}

#[test]
fn a_host_of_files_gets_no_depth() {
    let mut bed = Bed::http();
    let ids = bed.grow(MAIN, 10);
    bed.server().set_fault(Fault::Dumb);
    update_server_info(&bed);
    let client = bed.open();
    let last = tip(&client, MAIN);
    assert_eq!(held(&client, &last), (10, true));
    let next = bed.write(MAIN, "next");
    update_server_info(&bed);
    kinds(bed.server());
    client.refresh(&[query(MAIN, Since::Commit(ids[1].clone()))]).unwrap();
    assert_eq!(held(&client, &next), (11, true));
}

#[test]
fn merges_are_walked_in_order() {
    let mut bed = Bed::http();
    let base = bed.grow(MAIN, 5);
    let side = bed.host.branch("refs/heads/side", base[1].as_str(), 6).unwrap();
    let merge = id(&bed.host.merge(MAIN, &side).unwrap());
    let client = bed.open();
    client.refresh(&[query(MAIN, Since::Commit(base[3].clone()))]).unwrap();
    let history = client.history(&merge, Some(&base[3]), 100).unwrap();
    assert!(history.complete);
    assert_eq!(history.commits.len(), 1 + 6 + 1, "the merge, the side, and the one on main");
    for (at, info) in history.commits.iter().enumerate() {
        let later = &history.commits[..at];
        assert!(later.iter().all(|child| !info.parents.contains(&child.id)), "a parent before its child");
    }
}

#[test]
fn refs_that_are_each_others_folders_do_no_harm() {
    let mut bed = Bed::http();
    let first = bed.write("refs/heads/a", "1");
    let client = bed.open();
    assert_eq!(tip(&client, "refs/heads/a"), first);
    bed.host.set("refs/heads/a", None).unwrap();
    let second = bed.write("refs/heads/a/b", "2");
    let queries = [query("refs/heads/a", Since::Tip), query("refs/heads/a/b", Since::Tip)];
    let heads = client.refresh(&queries).unwrap();
    assert_eq!(heads.into_iter().collect::<Vec<_>>(), [(name("refs/heads/a/b"), second)]);
}

#[test]
fn a_host_that_was_rewound_is_seen_as_it_is() {
    let mut bed = Bed::http();
    let ids = bed.grow(MAIN, 4);
    let client = bed.open();
    client.refresh(&[query(MAIN, Since::Commit(ids[0].clone()))]).unwrap();
    bed.host.set(MAIN, Some(ids[1].as_str())).unwrap();
    let other = bed.write(MAIN, "another way");
    let heads = client.refresh(&[query(MAIN, Since::Commit(ids[3].clone()))]).unwrap();
    assert_eq!(heads[&name(MAIN)], other);
    assert!(!client.contains(&other, &ids[3]).unwrap());
    assert_eq!(client.history(&other, Some(&ids[3]), 9).unwrap().commits.len(), 1, "down to the fork");
}

#[test]
fn a_mirror_of_one_host_serves_another() {
    let (mut bed, mut other) = (Bed::http(), Bed::http());
    bed.grow(MAIN, 3);
    let mut options = bed.options();
    let first = tip(&GitRepository::open(&options).unwrap(), MAIN);
    let elsewhere = other.write(MAIN, "elsewhere");
    options.url = other.options().url;
    let client = GitRepository::open(&options).unwrap();
    assert_eq!(tip(&client, MAIN), elsewhere);
    assert!(client.read(&first, &path("file"), 9).is_ok(), "nothing is thrown away");
}

#[test]
fn several_clients_share_one_mirror() {
    let mut bed = Bed::http();
    bed.grow(MAIN, 8);
    let options = bed.options();
    let names: Vec<String> = (0..4).map(|n| format!("refs/heads/topic-{n}")).collect();
    for at in &names {
        bed.grow(at, 5);
    }
    std::thread::scope(|scope| {
        for at in &names {
            let options = options.clone();
            scope.spawn(move || {
                let client = GitRepository::open(&options).unwrap();
                let queries: Vec<RefQuery> = [MAIN, at].map(|at| query(at, Since::Tip)).into();
                let heads = client.refresh(&queries).unwrap();
                let new = child(&client, Some(&heads[&name(at)]), "new");
                push(&client, at, &heads[&name(at)], &new);
                let unknown = id(&"9".repeat(40));
                assert!(!client.contains(&new, &unknown).unwrap());
            });
        }
    });
    let client = GitRepository::open(&options).unwrap();
    for at in &names {
        assert_eq!(held(&client, &tip(&client, at)), (6, true));
    }
}

#[test]
fn a_limit_of_history_is_told() {
    let mut bed = Bed::new(Way::Path, shallow(NonZeroU32::MIN.get()));
    let ids = bed.grow(MAIN, 3);
    let client = bed.open();
    client.refresh(&[query(MAIN, Since::Commit(ids[0].clone()))]).unwrap();
    let history = client.history(&ids[2], None, 2).unwrap();
    assert_eq!((history.commits.len(), history.complete), (2, false));
    let missing = id(&"8".repeat(40));
    let error = client.history(&missing, None, 2).unwrap_err();
    assert!(matches!(&error, RepositoryError::Mirror { reason } if reason.contains("8888")), "{error}");
}
