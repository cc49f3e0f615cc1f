//! Reads a JSON file of any size from front to back, one value at a time, and says where it stopped making sense.

use std::io::{self, BufRead, Read};

use data_encoding::BASE64;

use crate::error::Error;

/// The longest row, as text. A note has a mebibyte at most, an image of a record a few.
const LONGEST_VALUE: usize = 64 * 1024 * 1024;
/// Characters of base64 that are decoded at a time: a multiple of four.
const PIECE: usize = 64 * 1024;

/// Where a read is in its file.
pub struct Scanner<R> {
    input: R,
    at: u64,
    line: u64,
    /// What is being read, for people: `table contacts, row 7`.
    pub place: String,
}

impl<R: BufRead> Scanner<R> {
    pub fn new(input: R) -> Scanner<R> {
        Scanner { input, at: 0, line: 1, place: "the beginning".into() }
    }

    /// The refusal of what stands here.
    pub fn damaged(&self, why: impl std::fmt::Display) -> Error {
        let Scanner { at, line, place, .. } = self;
        Error::field("file", "damaged", format!("The file is damaged at byte {at} (line {line}, {place}): {why}."))
    }

    /// The refusal of what was read last, which is well-formed but breaks a rule.
    pub fn breaks_a_rule(&self, why: impl std::fmt::Display) -> Error {
        Error::field("file", "rule", format!("{} (line {} of the file): {why}.", self.place, self.line))
    }

    fn cut_short(&self) -> Error {
        let Scanner { at, place, .. } = self;
        Error::field("file", "cut_short", format!("The file ends at byte {at} ({place}): it was cut short."))
    }

    fn byte(&mut self) -> Result<Option<u8>, Error> {
        Ok(self.input.fill_buf()?.first().copied())
    }

    fn skip(&mut self, byte: u8) {
        self.input.consume(1);
        self.at += 1;
        self.line += u64::from(byte == b'\n');
    }

    /// The next byte that is no white space; stays unread.
    pub fn peek(&mut self) -> Result<u8, Error> {
        loop {
            match self.byte()? {
                Some(byte) if byte.is_ascii_whitespace() => self.skip(byte),
                Some(byte) => return Ok(byte),
                None => return Err(self.cut_short()),
            }
        }
    }

    pub fn expect(&mut self, wanted: u8) -> Result<(), Error> {
        let found = self.peek()?;
        if found != wanted {
            return Err(self.damaged(format!(
                "“{}” should stand here, not “{}”",
                wanted as char,
                found.escape_ascii()
            )));
        }
        self.skip(found);
        Ok(())
    }

    /// True, and read, when it stands here.
    pub fn is_next(&mut self, wanted: u8) -> Result<bool, Error> {
        let found = self.peek()? == wanted;
        if found {
            self.skip(wanted);
        }
        Ok(found)
    }

    /// `"name":`
    pub fn key(&mut self) -> Result<String, Error> {
        let text = self.value()?;
        let name = serde_json::from_slice(&text).map_err(|_| self.damaged("a name should stand here"))?;
        self.expect(b':')?;
        Ok(name)
    }

    /// The key that must stand here.
    pub fn expect_key(&mut self, wanted: &str) -> Result<(), Error> {
        let found = self.key()?;
        if found != wanted {
            return Err(self.damaged(format!("“{wanted}” should stand here, not “{found}”")));
        }
        Ok(())
    }

    /// A value as a type.
    pub fn typed<T: serde::de::DeserializeOwned>(&mut self) -> Result<T, Error> {
        let text = self.value()?;
        serde_json::from_slice(&text).map_err(|error| self.damaged(error))
    }

    /// The text of one value, without white space between its parts.
    pub fn value(&mut self) -> Result<Vec<u8>, Error> {
        let mut text = Vec::new();
        self.value_into(&mut text)?;
        Ok(text)
    }

    /// The same, in a buffer that is used again.
    pub fn value_into(&mut self, text: &mut Vec<u8>) -> Result<(), Error> {
        text.clear();
        self.peek()?;
        let (mut depth, mut in_string, mut is_escaped) = (0_usize, false, false);
        loop {
            let buffer = self.input.fill_buf()?;
            if buffer.is_empty() {
                return Err(self.cut_short());
            }
            let mut used = 0;
            let mut is_done = false;
            for &byte in buffer {
                if in_string {
                    text.push(byte);
                    used += 1;
                    match byte {
                        _ if is_escaped => is_escaped = false,
                        b'\\' => is_escaped = true,
                        b'"' => {
                            in_string = false;
                            is_done = depth == 0;
                        }
                        _ => {}
                    }
                } else {
                    match byte {
                        // What stands after a number belongs to whoever holds it.
                        b',' | b']' | b'}' | b':' if depth == 0 => is_done = true,
                        byte if byte.is_ascii_whitespace() => {
                            used += 1;
                            self.line += u64::from(byte == b'\n');
                            is_done = depth == 0;
                        }
                        byte => {
                            text.push(byte);
                            used += 1;
                            match byte {
                                b'"' => in_string = true,
                                b'[' | b'{' => depth += 1,
                                b']' | b'}' => {
                                    depth -= 1;
                                    is_done = depth == 0;
                                }
                                _ => {}
                            }
                        }
                    }
                }
                if is_done {
                    break;
                }
            }
            self.input.consume(used);
            self.at += used as u64;
            if text.len() > LONGEST_VALUE {
                return Err(self.damaged("a single value is larger than 64 MiB"));
            }
            if is_done {
                return Ok(());
            }
        }
    }

    /// A text in base64, decoded while it is read. Read it to its end.
    pub fn base64(&mut self) -> Result<Base64<'_, R>, Error> {
        self.expect(b'"')?;
        Ok(Base64 { scanner: self, ready: Vec::new(), taken: 0, is_over: false, fault: None })
    }

    /// Nothing but white space may follow.
    pub fn end(&mut self) -> Result<(), Error> {
        while let Some(byte) = self.byte()? {
            if !byte.is_ascii_whitespace() {
                return Err(self.damaged("something follows the end"));
            }
            self.skip(byte);
        }
        Ok(())
    }
}

/// See [`Scanner::base64`].
pub struct Base64<'a, R> {
    scanner: &'a mut Scanner<R>,
    ready: Vec<u8>,
    taken: usize,
    is_over: bool,
    fault: Option<Error>,
}

impl<R: BufRead> Base64<'_, R> {
    /// What was wrong with the text, which whoever read from it has only seen as a failed read.
    pub fn fault(&mut self) -> Option<Error> {
        self.fault.take()
    }

    fn refill(&mut self) -> Result<(), Error> {
        let mut text = Vec::with_capacity(PIECE);
        while text.len() < PIECE && !self.is_over {
            let buffer = self.scanner.input.fill_buf()?;
            if buffer.is_empty() {
                return Err(self.scanner.cut_short());
            }
            let room = &buffer[..buffer.len().min(PIECE - text.len())];
            let end = room.iter().position(|byte| *byte == b'"');
            let taken = &room[..end.unwrap_or(room.len())];
            text.extend_from_slice(taken);
            let used = taken.len() + usize::from(end.is_some());
            self.is_over = end.is_some();
            self.scanner.input.consume(used);
            self.scanner.at += used as u64;
        }
        self.ready = BASE64.decode(&text).map_err(|error| self.scanner.damaged(format!("no base64, {error}")))?;
        self.taken = 0;
        Ok(())
    }
}

impl<R: BufRead> Read for Base64<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.ready.len() && !self.is_over {
            if let Err(error) = self.refill() {
                let words = error.to_string();
                self.fault = Some(error);
                return Err(io::Error::new(io::ErrorKind::InvalidData, words));
            }
        }
        let count = into.len().min(self.ready.len() - self.taken);
        into[..count].copy_from_slice(&self.ready[self.taken..self.taken + count]);
        self.taken += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Read in pieces of every length, so that no value depends on where a buffer ends.
    fn read(text: &str, piece: usize) -> Result<Vec<String>, Error> {
        let mut scanner = Scanner::new(io::BufReader::with_capacity(piece, text.as_bytes()));
        let mut found = Vec::new();
        scanner.expect(b'[')?;
        while !scanner.is_next(b']')? {
            found.push(String::from_utf8(scanner.value()?).unwrap());
            if !scanner.is_next(b',')? {
                scanner.expect(b']')?;
                break;
            }
        }
        scanner.end()?;
        Ok(found)
    }

    #[test]
    fn values_lose_their_white_space_and_nothing_else() {
        let text = "[ 1 ,\n\"a \\\" ]\",[ 2, {\"b\": \" c\"}],null ]\n";
        for piece in 1..20 {
            assert_eq!(read(text, piece).unwrap(), ["1", "\"a \\\" ]\"", "[2,{\"b\":\" c\"}]", "null"]);
        }
    }

    #[test]
    fn what_ends_too_early_or_too_late_is_told_with_its_place() {
        for end in 1..10 {
            let text = &"[1,\"two\"]"[..end - 1];
            let error = read(text, 4).unwrap_err().to_string();
            assert!(error.contains(&format!("ends at byte {}", end - 1)), "{error}");
        }
        assert!(read("[1] x", 4).unwrap_err().to_string().contains("byte 4"));
        assert!(read("[1\n;2]", 4).unwrap_err().to_string().contains("line 2"));
    }

    #[test]
    fn base64_is_decoded_across_the_ends_of_buffers() {
        let bytes: Vec<u8> = (0..200_000_u32).map(|number| number.wrapping_mul(2_654_435_761) as u8).collect();
        let text = format!("\"{}\"", BASE64.encode(&bytes));
        for piece in [1, 7, 4096] {
            let mut scanner = Scanner::new(io::BufReader::with_capacity(piece, text.as_bytes()));
            let mut decoded = Vec::new();
            scanner.base64().unwrap().read_to_end(&mut decoded).unwrap();
            assert!(decoded == bytes);
            scanner.end().unwrap();
        }
        let mut scanner = Scanner::new(&b"\"AAAA"[..]);
        let mut broken = scanner.base64().unwrap();
        assert!(broken.read_to_end(&mut Vec::new()).is_err());
        assert!(broken.fault().unwrap().to_string().contains("cut short"));
    }
}
