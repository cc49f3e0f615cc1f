//! A file that people put in, on its way out: named, of a known size, in parts when asked, and never a page of ours.

use std::io::Read;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::headers::SANDBOX;
use super::reply::Body;
use super::{Reply, Request};
use crate::error::Error;

/// What stands as it is in `filename*` (RFC 8187, section 3.2.1: attr-char).
const IN_NAME: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// Opens the content at a byte of it.
pub type Open<'a> = &'a dyn Fn(u64) -> Result<Box<dyn Read + Send>, Error>;

/// A stored file, as it is handed out.
pub struct StoredFile<'a> {
    /// What people call it.
    pub name: &'a str,
    /// One that no browser runs: who hands it out has chosen it from a list.
    pub media_type: &'static str,
    pub size: u64,
    /// Differs whenever the bytes do.
    pub tag: String,
    /// A picture for a page of ours; everything else is for the disk.
    pub is_shown: bool,
}

/// The whole file, or the part that `Range` asks for (RFC 9110, section 14). Authorising is the caller's.
pub fn reply(request: &Request, file: &StoredFile, open: Open) -> Result<Reply, Error> {
    let tag = format!("\"{}\"", file.tag);
    let header = |name: &str| request.head.header(name);
    // A part of another version would spoil what the client has.
    let is_same = header("if-range").is_none_or(|known| known == tag);
    let part = header("range").filter(|_| is_same).map_or(Part::Whole, |range| part(range, file.size));
    let (status, from, length) = match part {
        Part::Whole => (200, 0, file.size),
        Part::Of(from, length) => (206, from, length),
        Part::Nothing => {
            let reply = Reply::nothing().status(416).header("Content-Range", format!("bytes */{}", file.size));
            return Ok(reply.header("Accept-Ranges", "bytes").header("Content-Security-Policy", SANDBOX));
        }
    };
    let mut content = open(from)?;
    let body = Body::Sized(
        length,
        Box::new(move |out| {
            if status == 200 {
                // To the end, which is proven: a cut file is told from a whole one.
                std::io::copy(&mut content, out)?;
            } else {
                std::io::copy(&mut content.take(length), out)?;
            }
            Ok(())
        }),
    );
    let reply = Reply { status, content_type: file.media_type, headers: Vec::new(), cookie: None, body }
        .header("Content-Disposition", disposition(file.name, file.is_shown))
        .header("Content-Security-Policy", SANDBOX)
        .header("Accept-Ranges", "bytes")
        .header("ETag", tag);
    Ok(match status {
        206 => reply.header("Content-Range", format!("bytes {from}-{}/{}", from + length - 1, file.size)),
        _ => reply,
    })
}

#[derive(Debug, PartialEq, Eq)]
enum Part {
    Whole,
    /// From a byte, so many.
    Of(u64, u64),
    /// The file ends before it.
    Nothing,
}

/// Reads `bytes=0-99`, `bytes=100-` and `bytes=-100`. Several parts at once, and what cannot be read, mean the whole.
fn part(range: &str, size: u64) -> Part {
    let Some((first, last)) = range.trim().strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Part::Whole;
    };
    let number = |text: &str| -> Option<u64> {
        let text = text.trim();
        text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
    };
    let (from, until) = match (number(first), number(last)) {
        (Some(first), Some(last)) if first <= last => (first, last.saturating_add(1).min(size)),
        (Some(first), None) if last.trim().is_empty() => (first, size),
        (None, Some(last)) if first.trim().is_empty() => {
            (if last == 0 { size } else { size.saturating_sub(last) }, size)
        }
        _ => return Part::Whole,
    };
    if from < until { Part::Of(from, until - from) } else { Part::Nothing }
}

/// `Content-Disposition` (RFC 6266): the name in ASCII for old clients, and as it is for all others.
///
/// Nothing of the name can end the quotes or the line.
fn disposition(name: &str, is_shown: bool) -> String {
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || " !#$&+-.^_`|~()[]{},=@'".contains(c) { c } else { '_' })
        .collect();
    let exact = utf8_percent_encode(name, IN_NAME);
    let kind = if is_shown { "inline" } else { "attachment" };
    format!("{kind}; filename=\"{plain}\"; filename*=UTF-8''{exact}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_read_as_the_standard_says() {
        for (range, expected) in [
            ("bytes=0-0", Part::Of(0, 1)),
            ("bytes=0-99", Part::Of(0, 10)),
            ("bytes=3-", Part::Of(3, 7)),
            ("bytes=-4", Part::Of(6, 4)),
            ("bytes=-99", Part::Of(0, 10)),
            ("bytes=9-18446744073709551615", Part::Of(9, 1)),
            ("bytes=10-", Part::Nothing),
            ("bytes=10-12", Part::Nothing),
            ("bytes=-0", Part::Nothing),
            ("bytes=5-3", Part::Whole),
            ("bytes=-", Part::Whole),
            ("bytes=a-b", Part::Whole),
            ("bytes=0-1,4-5", Part::Whole),
            ("bytes=+1-2", Part::Whole),
            ("bytes=0-99999999999999999999999", Part::Whole),
            ("lines=0-1", Part::Whole),
            ("", Part::Whole),
        ] {
            assert_eq!(part(range, 10), expected, "{range}");
        }
        assert_eq!(part("bytes=0-", 0), Part::Nothing);
    }

    #[test]
    fn fil_5_no_name_leaves_its_quotes_or_its_line() {
        for (name, expected) in [
            ("letter.pdf", "attachment; filename=\"letter.pdf\"; filename*=UTF-8''letter.pdf"),
            ("a\"; x=\".exe", "attachment; filename=\"a__ x=_.exe\"; filename*=UTF-8''a%22%3B%20x%3D%22.exe"),
            (
                "a\r\nSet-Cookie: x",
                "attachment; filename=\"a__Set-Cookie_ x\"; filename*=UTF-8''a%0D%0ASet-Cookie%3A%20x",
            ),
            ("Straße\\%41.txt", "attachment; filename=\"Stra_e__41.txt\"; filename*=UTF-8''Stra%C3%9Fe%5C%2541.txt"),
        ] {
            assert_eq!(disposition(name, false), expected);
        }
        assert!(disposition("a.png", true).starts_with("inline; "));
    }
}
