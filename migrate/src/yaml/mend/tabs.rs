//! Tabs in flow collections, which are white space for GitHub's parser (YamlDotNet, Scanner.CheckWhiteSpace).

use super::super::event::{Event, Events, ScalarStyle, Shape};
use super::super::granit::Granit;
use crate::span::Span;

/// The tabs at the start of lines of the flow collection around a place, from its line on; nothing if it is in none. A tab
/// that follows a plain text is not among them: there it is wrong for GitHub, too.
pub(super) fn in_flow_around(copy: &str, at: usize) -> Vec<Span> {
    let line = copy.get(..at).and_then(|before| before.rfind(['\n', '\r'])).map_or(0, |end| end + 1);
    // Where the collection ends does not depend on what its lines begin with, nor on what follows it.
    let mut tried = copy.to_owned();
    let tabs = leading(copy, line);
    for tab in &tabs {
        tried.replace_range(tab.start..tab.end, &" ".repeat(tab.end - tab.start));
    }
    let Some((end, plain)) = flow_around(&tried, at) else { return Vec::new() };
    let follows_plain = |tab: &Span| {
        let before = plain.partition_point(|text| text.start < tab.start);
        let text = before.checked_sub(1).and_then(|text| plain.get(text));
        text.is_some_and(|text| copy.get(text.end..tab.start).is_none_or(|between| between.trim().is_empty()))
    };
    tabs.into_iter().take_while(|tab| tab.start < end).filter(|tab| !follows_plain(tab)).collect()
}

/// The tabs that lines begin with, from a line on.
fn leading(copy: &str, from: usize) -> Vec<Span> {
    let (mut tabs, mut is_leading) = (Vec::new(), true);
    for (at, byte) in copy.bytes().enumerate().skip(from) {
        match byte {
            b'\n' | b'\r' => is_leading = true,
            b'\t' if is_leading => tabs.push(Span::new(at, at + 1)),
            b' ' => {}
            _ => is_leading = false,
        }
    }
    tabs
}

/// Where the outermost flow collection around a place ends, and the plain texts in it.
fn flow_around(copy: &str, at: usize) -> Option<(usize, Vec<Span>)> {
    let (mut events, mut open, mut outermost, mut plain) = (Granit::new(copy), Vec::new(), None, Vec::new());
    loop {
        match events.next() {
            Some(Ok(
                Event::SequenceStart { shape, start, .. } | Event::MappingStart { shape, start, .. },
            )) => {
                if shape == Shape::Flow && outermost.is_none() {
                    outermost = Some((open.len(), start));
                    plain.clear();
                }
                open.push(shape);
            }
            Some(Ok(Event::End(end))) => {
                open.pop();
                if let Some((_, start)) = outermost.filter(|(depth, _)| *depth == open.len()) {
                    outermost = None;
                    if (start..end).contains(&at) {
                        return Some((end, plain));
                    }
                }
            }
            Some(Ok(Event::Scalar { style: ScalarStyle::Plain, span, .. })) if !span.is_empty() => {
                plain.push(span)
            }
            Some(Ok(_)) => {}
            // One that is not closed.
            Some(Err(_)) | None => {
                return outermost.filter(|(_, start)| *start < at).map(|_| (copy.len(), plain));
            }
        }
    }
}
