//! The properties of vCards 2.1, 3.0 and 4.0, one at a time as the file streams by.

use std::io::{self, BufRead};

use encoding_rs::Encoding;

/// Bytes of a property that are kept. Longer ones are pictures, or no vCard at all.
const KEPT: usize = 256 * 1024;

/// `item1.EMAIL;TYPE=work:ana@example.com`, unfolded, with its encoding undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Property {
    /// Lower case; empty without one.
    pub group: String,
    /// Upper case.
    pub name: String,
    /// Names in upper case. A word of version 2.1 without a name is a `TYPE`.
    pub parameters: Vec<(String, String)>,
    /// Still with the backslashes that mark commas, semicolons and line ends.
    pub value: String,
    /// More came than is kept.
    pub is_cut: bool,
}

impl Property {
    /// The kinds it says of itself (`work`, `cell`, …), in lower case.
    pub fn types(&self) -> impl Iterator<Item = String> {
        let types = self.parameters.iter().filter(|(name, _)| name == "TYPE");
        types.flat_map(|(_, value)| value.split(',')).map(|kind| kind.trim().to_ascii_lowercase())
    }

    /// The whole value as text.
    pub fn text(&self) -> String {
        unescaped(&self.value)
    }

    /// The parts of a value such as a name or an address, which semicolons divide.
    pub fn parts(&self) -> Vec<String> {
        split(&self.value, b';').map(unescaped).collect()
    }

    /// The members of a list, which commas divide.
    pub fn list(&self) -> Vec<String> {
        split(&self.value, b',').map(unescaped).collect()
    }
}

/// Reads properties in order.
pub struct Properties<R> {
    input: R,
    /// What text is written in that does not say so and is no UTF-8.
    fallback: &'static Encoding,
    /// The line behind the last property.
    ahead: Option<Line>,
    after_return: bool,
    /// Folds of version 2.1 keep the space that they begin with.
    pub keeps_fold: bool,
}

struct Line {
    bytes: Vec<u8>,
    is_cut: bool,
}

impl<R: BufRead> Properties<R> {
    pub fn new(input: R, fallback: &'static Encoding) -> Properties<R> {
        Properties { input, fallback, ahead: None, after_return: false, keeps_fold: false }
    }

    /// The next property; `None` at the end. What is no property is passed over.
    pub fn next(&mut self) -> io::Result<Option<Property>> {
        while let Some(mut line) = self.take_line()? {
            let is_quoted = head_of(&line.bytes)
                .is_some_and(|head| head.to_ascii_uppercase().windows(QUOTED.len()).any(|part| part == QUOTED));
            self.unfold(&mut line, is_quoted)?;
            if let Some(property) = self.parse(&line, is_quoted) {
                return Ok(Some(property));
            }
        }
        Ok(None)
    }

    /// Adds the lines that go on with this one.
    fn unfold(&mut self, line: &mut Line, is_quoted: bool) -> io::Result<()> {
        loop {
            let Some(next) = self.take_line()? else { return Ok(()) };
            if is_quoted && line.bytes.last() == Some(&b'=') {
                line.bytes.pop();
                append(line, &next.bytes, next.is_cut);
            } else if next.bytes.first().is_some_and(|first| matches!(first, b' ' | b'\t')) {
                let from = if self.keeps_fold { 0 } else { 1 };
                append(line, &next.bytes[from..], next.is_cut);
            } else {
                self.ahead = Some(next);
                return Ok(());
            }
        }
    }

    /// A line as it stands in the file, without its end.
    fn take_line(&mut self) -> io::Result<Option<Line>> {
        if let Some(line) = self.ahead.take() {
            return Ok(Some(line));
        }
        let mut line = Line { bytes: Vec::new(), is_cut: false };
        let mut has_any = false;
        loop {
            let piece = self.input.fill_buf()?;
            if piece.is_empty() {
                return Ok(has_any.then_some(line));
            }
            // The second half of a line's end.
            if std::mem::take(&mut self.after_return) && piece[0] == b'\n' {
                self.input.consume(1);
                continue;
            }
            has_any = true;
            let end = piece.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            append(&mut line, &piece[..end.unwrap_or(piece.len())], false);
            let taken = match end {
                Some(end) => {
                    self.after_return = piece[end] == b'\r';
                    end + 1
                }
                None => piece.len(),
            };
            self.input.consume(taken);
            if end.is_some() {
                return Ok(Some(line));
            }
        }
    }

    fn parse(&self, line: &Line, is_quoted: bool) -> Option<Property> {
        let head = head_of(&line.bytes)?;
        let value = &line.bytes[head.len() + 1..];
        let head = self.decoded(head, None);
        let mut words = split_outside_quotes(&head, ';');
        let name = words.next()?.trim().to_owned();
        let (group, name) = name.rsplit_once('.').unwrap_or(("", &name));
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return None;
        }
        let parameters: Vec<(String, String)> = words
            .map(|word| match word.split_once('=') {
                Some((name, value)) => (name.trim().to_ascii_uppercase(), value.trim().replace('"', "")),
                None => ("TYPE".to_owned(), word.trim().to_owned()),
            })
            .collect();
        let charset = parameters.iter().find(|(name, _)| name == "CHARSET").map(|(_, value)| value.as_str());
        let value = if is_quoted { self.decoded(&unquoted(value), charset) } else { self.decoded(value, charset) };
        let (group, name) = (group.to_ascii_lowercase(), name.to_ascii_uppercase());
        Some(Property { group, name, parameters, value, is_cut: line.is_cut })
    }

    fn decoded(&self, bytes: &[u8], charset: Option<&str>) -> String {
        let named = charset.and_then(|name| Encoding::for_label(name.as_bytes()));
        let encoding = match (named, std::str::from_utf8(bytes)) {
            (Some(encoding), _) => encoding,
            (None, Ok(text)) => return text.trim_start_matches('\u{feff}').to_owned(),
            (None, Err(_)) => self.fallback,
        };
        encoding.decode(bytes).0.into_owned()
    }
}

const QUOTED: &[u8] = b"QUOTED-PRINTABLE";

fn append(line: &mut Line, bytes: &[u8], is_cut: bool) {
    let taken = bytes.len().min(KEPT.saturating_sub(line.bytes.len()));
    line.bytes.extend_from_slice(&bytes[..taken]);
    line.is_cut |= is_cut || taken < bytes.len();
}

/// What stands before the colon that is not within quotation marks.
fn head_of(line: &[u8]) -> Option<&[u8]> {
    let mut is_within = false;
    let colon = line.iter().position(|byte| {
        is_within ^= *byte == b'"';
        *byte == b':' && !is_within
    });
    // A quotation mark that never closes is no reason to lose the line.
    colon.or_else(|| line.iter().position(|byte| *byte == b':')).map(|colon| &line[..colon])
}

fn split_outside_quotes(text: &str, divider: char) -> impl Iterator<Item = &str> {
    let mut is_within = false;
    text.split(move |c| {
        is_within ^= c == '"';
        c == divider && !is_within
    })
}

/// Splits where `divider` stands without a backslash before it.
fn split(text: &str, divider: u8) -> impl Iterator<Item = &str> {
    let mut is_escaped = false;
    text.split(move |c: char| {
        let found = c == char::from(divider) && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        found
    })
}

/// Takes the backslashes off.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            plain.push(character);
            continue;
        }
        match characters.next() {
            Some('n' | 'N') => plain.push('\n'),
            Some(marked @ (',' | ';' | ':' | '\\')) => plain.push(marked),
            Some(other) => plain.extend(['\\', other]),
            None => plain.push('\\'),
        }
    }
    plain.trim().to_owned()
}

/// Quoted-printable: `=C3=A9` is two bytes. What is written wrongly stays as it is.
fn unquoted(text: &[u8]) -> Vec<u8> {
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    let mut plain = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        match (text[at], digit(text.get(at + 1)), digit(text.get(at + 2))) {
            (b'=', Some(high), Some(low)) => {
                plain.push((high * 16 + low) as u8);
                at += 3;
            }
            (byte, ..) => {
                plain.push(byte);
                at += 1;
            }
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8]) -> Vec<Property> {
        let mut properties = Properties::new(io::BufReader::with_capacity(7, bytes), encoding_rs::WINDOWS_1252);
        let mut found = Vec::new();
        while let Some(property) = properties.next().unwrap() {
            found.push(property);
        }
        found
    }

    #[test]
    fn folds_groups_and_encodings_are_undone() {
        let file = b"N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BC=\r\nller;J=C3=BC\\;rgen\r\n\
            item1.EMAIL;type=\"work,pref\":a\r\n  na@x.example\r\nTEL;CELL;VOICE:1\nNOTE:one\\ntwo\\, three\r\
            ORG:M\xfcller\nno property\nX;Y";
        let found = read(file);
        assert_eq!(found[0].parts(), ["Müller", "Jü;rgen"]);
        assert_eq!((found[1].group.as_str(), found[1].name.as_str()), ("item1", "EMAIL"));
        assert_eq!(found[1].value, "a na@x.example");
        assert_eq!(found[1].types().collect::<Vec<_>>(), ["work", "pref"]);
        assert_eq!(found[2].types().collect::<Vec<_>>(), ["cell", "voice"]);
        assert_eq!(found[3].text(), "one\ntwo, three");
        assert_eq!(found[4].text(), "Müller");
        assert_eq!(found.len(), 5);
    }

    #[test]
    fn a_property_without_end_is_cut() {
        let file = format!("PHOTO:{}\r\n {}\nFN:Ana\n", "A".repeat(KEPT), "B".repeat(KEPT));
        let found = read(file.as_bytes());
        assert!(found[0].is_cut && found[0].value.len() <= KEPT);
        assert_eq!(found[1].text(), "Ana");
    }

    proptest! {
        #[test]
        fn any_bytes_can_be_read(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let length = bytes.len();
            for property in read(&bytes) {
                prop_assert!(!property.name.is_empty() && property.value.len() <= length * 3);
            }
        }

        #[test]
        fn what_is_folded_and_escaped_comes_back(text in "[a-zäß株 ,;:\\\\\"=\n]{0,200}", width in 1..40_usize) {
            let escaped = text.replace('\\', "\\\\").replace('\n', "\\n").replace(',', "\\,").replace(';', "\\;");
            let characters: Vec<char> = escaped.chars().collect();
            let folded: Vec<String> = characters.chunks(width).map(|piece| piece.iter().collect()).collect();
            let found = read(format!("NOTE:{}\r\nFN:x\r\n", folded.join("\r\n ")).as_bytes());
            prop_assert_eq!(found.len(), 2);
            prop_assert_eq!(found[0].text(), text.trim());
            prop_assert_eq!(found[0].parts().len(), 1);
        }

        #[test]
        fn quoted_printable_comes_back(text in "[a-zäß株=\\. ]{0,100}") {
            let quoted: String = text.bytes().map(|byte| format!("={byte:02X}")).collect();
            let found = read(format!("NOTE;ENCODING=QUOTED-PRINTABLE:{quoted}\n").as_bytes());
            prop_assert_eq!(found[0].text(), text.trim());
        }
    }
}
