//! From text to sets, refusing what GitHub refuses.

use super::Cron;
use crate::span::Span;
use crate::values::finding::{Finding, Part, whole};

const MESSAGE: &str = "Invalid cron expression. Expected format: '* * * * *' (minute hour day month weekday)";

/// One of the five fields.
struct Field {
    first: u32,
    last: u32,
    /// Names from `first` on.
    names: &'static [&'static str],
    range: &'static str,
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

const FIELDS: [Field; 5] = [
    Field { first: 0, last: 59, names: &[], range: "a minute is 0 to 59" },
    Field { first: 0, last: 23, names: &[], range: "an hour is 0 to 23" },
    Field { first: 1, last: 31, names: &[], range: "a day of the month is 1 to 31" },
    Field { first: 1, last: 12, names: &MONTHS, range: "a month is 1 to 12 or jan to dec" },
    Field { first: 0, last: 6, names: &DAYS, range: "a weekday is 0 (Sunday) to 6 or sun to sat" },
];

/// Reads a schedule. White space around it is left away; see [`padding`].
///
/// # Errors
///
/// With GitHub's text, at the part that is wrong.
pub fn parse(text: &str) -> Result<Cron, Finding> {
    if text.is_empty() {
        return Err(Finding::unexpected(text, "the fields are minute, hour, day, month and weekday"));
    }
    let mut parts = Parts { text: text.trim_end(), at: text.len() - text.trim_start().len() };
    let mut sets = [0; 5];
    let mut starred = [false; 5];
    for (index, field) in FIELDS.iter().enumerate() {
        let Some(part) = parts.next() else { return Err(refused(whole(text), count(text))) };
        let set = field.set(part).map_err(|(span, hint)| refused(span, hint))?;
        if let (Some(slot), Some(star)) = (sets.get_mut(index), starred.get_mut(index)) {
            (*slot, *star) = (set, part.text.starts_with('*'));
        }
    }
    if let Some(extra) = parts.next() {
        return Err(refused(Span::new(extra.span.start, text.len()), count(text)));
    }
    let [minutes, hours, days, months, weekdays] = sets;
    let [_, _, any_day, _, any_weekday] = starred;
    Ok(Cron { minutes, hours, days, months, weekdays, any_day, any_weekday })
}

/// What GitHub's editor says of white space around a schedule. What starts workflows takes it: schedules that are written as block
/// scalars, with a line feed at their end, run (apache/arrow, `cuda_extra.yml`).
#[must_use]
pub fn padding(text: &str) -> Option<Finding> {
    let is_padded = text.trim() != text;
    is_padded.then(|| refused(whole(text), "take the white space before and behind it away").warning())
}

fn refused(span: Span, hint: &'static str) -> Finding {
    Finding::github(span, MESSAGE, hint)
}

fn count(text: &str) -> &'static str {
    if text.starts_with('@') {
        "GitHub knows no @daily and the like: write the five fields"
    } else if text.contains('\t') {
        "write spaces between the fields, not tabs"
    } else {
        "there are five fields: minute, hour, day, month and weekday; no seconds and no year"
    }
}

/// What stands between runs of spaces; empty before and behind leading and trailing ones.
struct Parts<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Iterator for Parts<'a> {
    type Item = Part<'a>;

    fn next(&mut self) -> Option<Part<'a>> {
        let rest = self.text.get(self.at..)?;
        let length = rest.find(' ').unwrap_or(rest.len());
        let part = Part::new(rest.get(..length)?, self.at);
        let behind = rest.get(length..)?;
        let spaces = behind.len() - behind.trim_start_matches(' ').len();
        // Past the end when nothing separates this part from it.
        self.at += length + if behind.is_empty() { 1 } else { spaces };
        Some(part)
    }
}

type Wrong = (Span, &'static str);

impl Field {
    /// `,` binds least, then `/`, then `-`, as in GitHub's parser.
    fn set(&self, part: Part<'_>) -> Result<u64, Wrong> {
        part.split(&[',']).try_fold(0, |set, item| Ok(set | self.item(item)?))
    }

    fn item(&self, item: Part<'_>) -> Result<u64, Wrong> {
        let Some((start, step)) = item.cut('/') else {
            let (first, last) = self.range(item)?;
            return Ok(bits(first, last, 1));
        };
        if step.text.contains('/') {
            return Err((item.span, "one / may stand in an item"));
        }
        let (first, last) = self.range(start)?;
        let step = self
            .number(step)
            .filter(|step| *step > 0)
            .ok_or((step.span, "a step is a number within the range of its field, not 0"))?;
        // From a single number on, steps go to the end of the field.
        let last = if first == last && !start.text.contains('-') { self.last } else { last };
        Ok(bits(first, last, step))
    }

    fn range(&self, item: Part<'_>) -> Result<(u32, u32), Wrong> {
        if item.text == "*" {
            return Ok((self.first, self.last));
        }
        let Some((first, last)) = item.cut('-') else {
            let number = self.name_or_number(item)?;
            return Ok((number, number));
        };
        let (start, end) = (self.name_or_number(first)?, self.name_or_number(last)?);
        if start > end {
            return Err((item.span, "a range does not run backwards: write two with a comma between them"));
        }
        Ok((start, end))
    }

    fn name_or_number(&self, item: Part<'_>) -> Result<u32, Wrong> {
        let named = (self.first..).zip(self.names).find(|(_, name)| item.text.eq_ignore_ascii_case(name));
        let number = named.map(|(number, _)| number).or_else(|| self.number(item));
        number.ok_or_else(|| (item.span, self.hint(item.text)))
    }

    fn number(&self, item: Part<'_>) -> Option<u32> {
        let digits = !item.text.is_empty() && item.text.bytes().all(|byte| byte.is_ascii_digit());
        let number = item.text.parse().ok().filter(|_| digits)?;
        (self.first..=self.last).contains(&number).then_some(number)
    }

    fn hint(&self, text: &str) -> &'static str {
        match text {
            "" => "something is missing here",
            "?" => "? is not known here: write *",
            "7" if self.last == 6 => "Sunday is 0 here",
            _ if text.starts_with('@') => count(text),
            _ if text.contains(['L', 'W', '#']) && self.names.is_empty() => "L, W and # are not known here",
            _ => self.range,
        }
    }
}

fn bits(first: u32, last: u32, step: u32) -> u64 {
    (first..=last).step_by(step as usize).fold(0, |set, number| set | 1 << number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::cron::numbers;

    /// The lists of languageservices, `cron.test.ts`, and around them.
    #[test]
    fn valid() {
        for text in [
            "0 0 * * *",
            "0 000 001 * *",
            "15 * * * *",
            "2,10 4,5 * * *",
            "30 4-6 * * *",
            "0 4-4 * * *",
            "20/15 * * * *",
            "30 5,17 * * *",
            "28 */4 * * *",
            "28 5,*/4 * * *",
            "28 5,*/4,6-8 * * *",
            "0 0 * * SUN",
            "0 0 * * SUN-TUE",
            "0 0 * * SUN-2",
            "0 2-4/5 * * *",
            "0   0  *  *               *",
            "0 0 1 jan-DEC *",
            "0 0 1 jan/2 *",
        ] {
            assert!(parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn refused_at_the_part_that_is_wrong() {
        for (text, at) in [
            ("0 0 * *", "0 0 * *"),
            ("0 0 * * * * *", "* *"),
            ("0 -1 * * *", ""),
            ("0 1- * * *", ""),
            ("0 /1 * * *", ""),
            ("0 1/ * * *", ""),
            ("0 ,1 * * *", ""),
            ("0 1, * * *", ""),
            ("0 5--5 * * *", "-5"),
            ("0 *//5 * * *", "*//5"),
            ("0 */* * * *", "*"),
            ("0 5/* * * *", "*"),
            ("0 *-4 5-* *-* *", "*"),
            ("0 ,, * * *", ""),
            (", , , , ,", ""),
            ("0 ** * * *", "**"),
            ("0 0 * * BUN", "BUN"),
            ("0 0 * SUN JAN", "SUN"),
            ("0 0 * * FRI-TUE", "FRI-TUE"),
            ("0 12-4 * * *", "12-4"),
            ("0 */0 * * *", "0"),
            ("0 2/4-5 * * *", "4-5"),
            ("0 2-4-6 * * *", "4-6"),
            ("0 2/4/6 * * *", "2/4/6"),
            ("0 * * */FEB */TUE", "FEB"),
            ("@daily", "@daily"),
            ("$cron-weekly", "$cron"),
            ("60 * * * *", "60"),
            ("*/60 * * * *", "60"),
            ("0 24 * * *", "24"),
            ("0 0 0 * *", "0"),
            ("0 0 * 13 *", "13"),
            ("0 0 * * 7", "7"),
            ("0 0 ? * *", "?"),
            ("0 0 L * *", "L"),
            ("0 0 * * MON#1", "MON#1"),
            ("0\t0 * * *", "0\t0"),
            ("1.5 * * * *", "1.5"),
            ("0x5 * * * *", "0x5"),
            ("+5 * * * *", "+5"),
            ("٣ * * * *", "٣"),
        ] {
            let finding = parse(text).unwrap_err();
            assert_eq!((finding.message.as_str(), finding.span.of(text)), (MESSAGE, at), "{text}");
        }
        assert_eq!(parse("").unwrap_err().message, "Unexpected value ''");
        assert!(parse("0 0 * * 7").unwrap_err().hint.contains("Sunday is 0"));
        assert!(parse("@daily").unwrap_err().hint.contains("@daily"));
    }

    #[test]
    fn white_space_around_is_the_editors_matter() {
        for text in [" 0 6 * * *", "0 6 * * * ", "0 6 * * *\n", "\t0 6 * * *\r\n"] {
            assert_eq!(parse(text), parse("0 6 * * *"), "{text:?}");
            let told = padding(text).unwrap();
            assert_eq!((told.message.as_str(), told.span.of(text)), (MESSAGE, text));
        }
        assert_eq!(padding("0 6 * * *"), None);
        for (text, at) in [(" ", " "), (" 0 6 * *\n", " 0 6 * *\n"), (" 60 6 * * *", "60")] {
            assert_eq!(parse(text).unwrap_err().span.of(text), at, "{text:?}");
        }
    }

    #[test]
    fn sets() {
        let minutes =
            |text: &str| numbers(parse(&format!("{text} * * * *")).unwrap().minutes).collect::<Vec<_>>();
        for (text, expected) in [
            ("5", &[5][..]),
            ("*/20", &[0, 20, 40]),
            ("20/15", &[20, 35, 50]),
            ("2-4", &[2, 3, 4]),
            ("2-9/3", &[2, 5, 8]),
            ("4-4/3", &[4]),
            ("50,1-2,*/30", &[0, 1, 2, 30, 50]),
        ] {
            assert_eq!(minutes(text), expected, "{text}");
        }
        assert_eq!(minutes("*").len(), 60);
        let cron = parse("0 0 31 feb,DEC sun-2").unwrap();
        assert_eq!(numbers(cron.months).collect::<Vec<_>>(), [2, 12]);
        assert_eq!(numbers(cron.weekdays).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!((cron.any_day, cron.any_weekday), (false, false));
        let cron = parse("0 0 */2 * *").unwrap();
        assert_eq!((cron.any_day, cron.any_weekday), (true, true));
    }
}
