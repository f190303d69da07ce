//! Transcripts of help and of mistakes that need no repository; `TRYCMD=overwrite cargo test` writes them anew.

#[test]
fn transcripts() {
    trycmd::TestCases::new()
        .register_bin("towpath", std::path::Path::new(env!("CARGO_BIN_EXE_towpath")))
        .env("TOWPATH_ACTOR", "alice")
        .env("NO_COLOR", "1")
        .case("tests/cmd/*.trycmd");
}
