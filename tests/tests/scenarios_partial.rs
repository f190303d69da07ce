//! Releases of some images on the base of another release, in pipelines with several images.

use towpath_core::decide::WaitCode;
use towpath_core::journal::state::Phase;
use towpath_core::release::version_of;
use towpath_engine::EngineError;
use towpath_engine::people::{Base, Based, NewRelease};
use towpath_tests::bed::{
    Bed, Replica, Wiring, digest_of, image_of, name, new_release, on_both_with, person, two_images, waits,
};

/// `bob` releases a web; the api is taken from the base.
fn web_on(replica: &Replica<'_>, base: Base, version: &str) -> Result<Based, EngineError> {
    let new = NewRelease { authors: vec![person("bob")], ..new_release(vec![image_of("web", version)]) };
    replica.engine(|e| e.create_release_on(&person("ci"), &base, &new)).map(|(based, _)| based)
}

fn in_environment(environment: &str) -> Base {
    Base::Environment(name(environment))
}

fn refusal(result: Result<Based, EngineError>) -> String {
    match result {
        Err(EngineError::Impossible(why)) => why,
        other => panic!("expected a refusal, found {other:?}"),
    }
}

fn play(play: fn(&Bed)) {
    on_both_with(&Wiring::two_images(), play);
}

#[test]
fn an_environment_or_the_newest_release_gives_the_other_images() {
    play(|bed| {
        let mut replica = bed.adopted();
        let settled = replica.release_both("1.1", "1.1");
        replica.until_settled("staging", &settled);
        let newest = replica.release_both("1.2", "1.2");

        let on_staging = web_on(&replica, in_environment("staging"), "1.3").unwrap();
        assert_eq!(
            (&on_staging.base, version_of(&on_staging.images)),
            (&settled, "api 1.1, web 1.3".to_owned())
        );
        // By then the one before is the newest.
        let on_newest = web_on(&replica, Base::Newest, "1.4").unwrap();
        assert_eq!(
            (&on_newest.base, version_of(&on_newest.images)),
            (&on_staging.r, "api 1.1, web 1.4".to_owned())
        );
        assert_ne!(newest, on_newest.r);

        let state = replica.state();
        let release = state.release(&on_staging.r).unwrap();
        assert_eq!(release.labels["towpath.dev/base"], settled.to_string());
        let authors: Vec<&str> = release.authors.iter().map(|author| author.as_str()).collect();
        assert_eq!(authors, ["bob", "alice"], "who wrote the base wrote this one too");
        replica.until_settled("staging", &on_newest.r);
    });
}

#[test]
fn what_was_there_before_towpath_is_a_base() {
    play(|bed| {
        let mut replica = bed.adopted();
        let based = web_on(&replica, in_environment("dev"), "1.1").unwrap();
        assert_eq!(version_of(&based.images), "api 1.0.0, web 1.1");
        replica.until_settled("staging", &based.r);
    });
}

#[test]
fn the_same_set_is_the_same_release() {
    play(|bed| {
        let replica = bed.adopted();
        let whole = replica.release_both("1.1", "1.1");
        assert_eq!(web_on(&replica, Base::Newest, "1.1").unwrap().r, whole);
        assert!(!replica.state().release(&whole).unwrap().labels.contains_key("towpath.dev/base"));
    });
}

#[test]
fn nothing_is_built_on_what_failed_or_was_put_there_by_hand() {
    play(|bed| {
        let mut replica = bed.adopted();
        replica.release_both("1.1", "1.1");
        replica.until_phase("staging", Phase::Settled);
        bed.edit("staging", &two_images("0.9"), "by hand");
        replica.pass();
        let why = refusal(web_on(&replica, in_environment("staging"), "1.2"));
        assert!(why.contains("which is no release"), "{why}");
        let why = refusal(web_on(&replica, in_environment("nowhere"), "1.2"));
        assert!(why.contains("no environment is called nowhere"), "{why}");
    });
}

#[test]
fn a_base_has_to_be_there_and_to_have_every_image() {
    play(|bed| {
        let replica = bed.adopted();
        let why = refusal(web_on(&replica, Base::Newest, "1.2"));
        assert!(why.contains("no release yet") && why.contains("name all images"), "{why}");
    });
    const TAGS: &str =
        "images: [{ name: ghcr.io/acme/api, newTag: \"1\" }, { name: ghcr.io/acme/web, newTag: \"1\" }]\n";
    on_both_with(&Wiring::two_images().folders(|_| TAGS.to_owned()), |bed| {
        let replica = bed.adopted();
        let why = refusal(web_on(&replica, in_environment("dev"), "1.2"));
        assert!(why.contains("no image ghcr.io/acme/api with a digest; name it too"), "{why}");
    });
}

#[test]
fn authors_of_the_base_do_not_approve_it_and_have_to_be_known() {
    let guarded =
        Wiring::two_images().with("staging", "entry: [{ approval: { count: 1, notAuthor: true } }]");
    on_both_with(&guarded, |bed| {
        let mut replica = bed.adopted();
        let nobodys = replica.release_by(&[], vec![image_of("api", "1.1"), image_of("web", "1.1")]);
        let why = refusal(web_on(&replica, Base::Newest, "1.2"));
        assert!(why.contains(nobodys.as_str()) && why.contains("--author"), "{why}");

        replica.release_both("1.1", "1.1");
        let based = web_on(&replica, Base::Newest, "1.2").unwrap();
        replica.until_verified("dev", &based.r);
        replica.approve_as("alice", "staging", based.r.as_str()).unwrap();
        assert!(waits(&replica.pass(), "staging", WaitCode::ApprovalNeeded));
        replica.approve_as("carol", "staging", based.r.as_str()).unwrap();
        replica.until_settled("staging", &based.r);
    });
}

#[test]
fn a_lost_race_takes_the_base_of_the_newer_state() {
    play(|bed| {
        let replica = bed.adopted();
        let before = replica.release_both("1.1", "1.1");
        let other = bed.clone();
        replica.between.before_push(0, move || drop(other.replica("here").release_both("1.2", "1.2")));
        let based = web_on(&replica, Base::Newest, "1.9").unwrap();
        assert_ne!(based.base, before);
        assert!(based.images.iter().any(|image| image.digest == digest_of("api", "1.2")));
    });
}
