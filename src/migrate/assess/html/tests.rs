//! Pages of sheets that are made here.

use towpath_migrate::assess::{Cited, Elsewhere, Facts, Mark, Meta, NameSet, Rolled, Sheet, Verdict, rules};
use towpath_migrate::yaml::Place;

use super::columns::Extra;
use super::page::{Page, Part, Rows};
use super::*;

fn rule(id: &str) -> &'static Meta {
    rules::ALL.iter().map(|rule| rule.meta()).find(|meta| meta.id == id).unwrap()
}

fn reason(id: &str, target: &str, line: usize) -> Cited {
    Cited {
        rule: rule(id),
        target: target.to_owned(),
        mark: Mark { start: Place { line, column: 7 }, ..Mark::default() },
        legs: (2, 1),
        movable: 1,
        allowed: None,
        is_listed: false,
    }
}

fn sheet(unit: &str, file: &str, verdict: Verdict, reasons: Vec<Cited>) -> Sheet {
    Sheet {
        path: format!("{unit}/{file}"),
        unit: unit.to_owned(),
        name: "CI".to_owned(),
        rolled: Rolled::Whole(verdict),
        legs: [0, 0, 0, 0, 0, 0, 1],
        edits: 0,
        reasons,
        facts: Facts { secrets: ["TOKEN"].into_iter().collect(), ..Facts::default() },
        ..Sheet::default()
    }
}

/// Four workflows of two repositories: one waits for two things, one for one of them, one is free, and one stays.
fn estate() -> Estate {
    let docker = || reason("docker-daemon", "docker", 3);
    let sheets = vec![
        sheet(
            "r/shop",
            "a.yml",
            Verdict::Undetermined,
            vec![reason("unknown-action", "o/r@v1", 9), docker()],
        ),
        sheet("r/shop", "b.yml", Verdict::Redesign, vec![docker(), docker()]),
        sheet("r/Shop", "c.yml", Verdict::Automatic, vec![]),
        sheet("r/Shop", "d.yml", Verdict::Keep, vec![reason("keep-os", "macos-15", 4), docker()]),
    ];
    Estate { sheets, repositories: 2, ..Estate::default() }
}

fn large(count: usize) -> Estate {
    let one = |number: usize| {
        let target = format!("owner/action-{number}@v1");
        let reasons = vec![reason("unknown-action", &target, number), reason("docker-daemon", "docker", 1)];
        sheet(&format!("r/{}", number % 7), &format!("{number:06}.yml"), Verdict::Undetermined, reasons)
    };
    Estate { sheets: (0..count).map(one).collect(), repositories: 7, ..Estate::default() }
}

#[test]
fn rows_have_the_blockers_that_they_wait_for_in_the_order_of_the_list() {
    let estate = estate();
    let page = Page::workflows(&Part::whole(&estate));
    let list: Vec<_> = page.ladder.steps.iter().map(|step| (step.blocker, step.blocks, step.free)).collect();
    assert_eq!(list, [(("docker-daemon", ""), 2, 2), (("unknown-action", "o/r"), 1, 3)]);
    assert_eq!((page.ladder.free, page.ladder.all), (1, 3));
    // What stays on GitHub waits for nothing.
    assert_eq!(page.table.blockers, [vec![0, 1], vec![0], vec![], vec![]]);
}

#[test]
fn what_was_not_seen_is_counted_by_what_waits_for_it() {
    let estate = estate();
    let page = Page::workflows(&Part::whole(&estate));
    let unseen: Vec<_> = page.unseen.iter().map(|row| (row.rule.id, row.workflows, row.things)).collect();
    assert_eq!(unseen, [("unknown-action", 1, 1)]);
    let shares: Vec<_> = page.shares.iter().map(|share| (share.verdict, share.count)).collect();
    assert_eq!(shares, [("automatic", 1), ("redesign", 1), ("undetermined", 1), ("keep", 1)]);
}

#[test]
fn a_row_says_what_to_deal_with_or_why_it_stays() {
    let text = one(&estate());
    assert!(
        text.contains(r#"<span class="rule">docker-daemon</span> <span class="more">+1</span>"#),
        "{text}"
    );
    assert!(text.contains(r#"<span class="stays">keep-os</span>"#), "{text}");
    assert!(text.contains("<li><b>docker-daemon</b> docker, line 3, 3</li>"), "{text}");
}

#[test]
fn a_column_is_there_where_a_workflow_has_something_for_it() {
    const HEALTH: Extra = Extra {
        title: "Health",
        is_number: true,
        value: |sheet| (sheet.edits > 0).then(|| "9.5".to_owned()),
    };
    const OWNER: Extra = Extra { title: "Owner", is_number: false, value: |_| None };
    let mut estate = estate();
    let titles = |estate: &Estate| {
        let page = Page::with_extras(&Part::whole(estate), &[HEALTH, OWNER]);
        let Rows::Workflows { extras, .. } = &page.table.rows else { return Vec::new() };
        let titles: Vec<_> = extras.iter().map(|extra| extra.title).collect();
        assert_eq!(document::document(&page).contains(r#"data-key="health""#), !titles.is_empty());
        titles
    };
    assert_eq!(titles(&estate), Vec::<&str>::new());
    estate.sheets[1].edits = 1;
    assert_eq!(titles(&estate), ["Health"]);
}

#[test]
fn what_fits_is_one_page_and_what_does_not_has_an_index() {
    let estate = estate();
    let names = |most| pages_of(&estate, most).map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names(4), ["index.html"]);
    assert_eq!(names(3), ["index.html", "shop.html", "shop-2.html"]);
    let (_, index) = pages_of(&estate, 3).next().unwrap();
    for (name, content) in pages_of(&estate, 3).skip(1) {
        assert!(index.contains(&format!(r#"href="./{name}""#)), "{name}");
        assert!(content.contains("2 workflows"), "{name}");
        assert!(content.contains(r#"href="index.html""#), "{name}");
    }
}

#[test]
fn more_than_fit_on_a_page_are_refused_with_the_way_out() {
    assert!(page(&large(MOST)).is_some());
    let estate = large(MOST + 1);
    assert!(page(&estate).is_none());
    assert!(
        matches!(too_many(&estate), Failure::Usage(why) if why.contains("2001") && why.contains("--out"))
    );
}

#[test]
fn an_estate_that_nobody_could_read_has_a_page() {
    let text = one(&Estate::default());
    assert!(text.contains("0 workflows"), "{text}");
    assert!(!text.contains("What to deal with first"));
}

#[test]
fn a_page_is_the_same_each_time_and_grows_as_its_estate_does() {
    let (small, double) = (one(&large(200)), one(&large(400)));
    assert_eq!(small, one(&large(200)));
    assert!(double.len() < small.len() * 2, "{} {}", small.len(), double.len());
}

#[test]
fn texts_of_files_are_texts_wherever_they_stand() {
    let nasty = "</script><script>alert(1)</script><img src=x onerror=\"alert(2)\">\u{202e}\u{2028}";
    let mut estate = Estate::default();
    let mut made = sheet(nasty, nasty, Verdict::Undetermined, vec![reason("unknown-action", nasty, 1)]);
    made.name = nasty.to_owned();
    let elsewhere = Elsewhere { file: nasty.to_owned(), ..Elsewhere::default() };
    made.reasons[0].mark.elsewhere = Some(Box::new(elsewhere));
    let all: NameSet = [nasty].into_iter().collect();
    made.facts = Facts {
        uses: all.clone(),
        secrets: all.clone(),
        variables: all.clone(),
        environments: all.clone(),
        labels: all.clone(),
        tools: all.clone(),
        rights: all.clone(),
        events: all.clone(),
        checks: all,
        ..Facts::default()
    };
    estate.sheets.push(made);
    for (name, text) in pages_of(&estate, 1).chain(pages_of(&estate, 0)) {
        assert_eq!(text.matches("</script").count(), 2, "{name}");
        assert!(!text.contains("<img"), "{name}");
        assert!(!text.contains(['\u{202e}', '\u{2028}']), "{name}");
        assert!(text.contains("\\u{202e}"), "{name}");
    }
}

#[test]
fn counts_have_their_things() {
    let texts = [many(1, "workflow"), many(2, "workflow"), many(1, "repository"), many(0, "repository")];
    assert_eq!(texts, ["1 workflow", "2 workflows", "1 repository", "0 repositories"]);
}
