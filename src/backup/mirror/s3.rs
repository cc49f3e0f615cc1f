//! Requests to one bucket, and what its refusals mean for people.

use std::collections::BTreeMap;
use std::time::Duration;

use quick_xml::events::Event;
use quick_xml::reader::Reader;

use super::Account;
use super::signing::{Signer, Unsigned, target};
use crate::backup::manifest::hash_of;
use crate::clock::Clock;
use crate::error::Error;
use crate::outbound::Outbound;
use crate::outbound::call::Patience;
use crate::outbound::connect::trust;
use crate::outbound::http::{Body, Http, Response};
use crate::outbound::policy::{NamedBy, Purpose};

/// One connection carries a part within this, however slow the line.
#[cfg(not(feature = "test-clock"))]
const PATIENCE: Patience = Patience { step: Duration::from_secs(60), whole: Duration::from_secs(30 * 60) };
/// A test does not wait.
#[cfg(feature = "test-clock")]
const PATIENCE: Patience = Patience { step: Duration::from_secs(2), whole: Duration::from_secs(60) };
/// What comes and goes on the way is tried again after these pauses.
#[cfg(not(feature = "test-clock"))]
const PAUSES: [Duration; 3] = [Duration::from_millis(500), Duration::from_secs(5), Duration::from_secs(30)];
#[cfg(feature = "test-clock")]
const PAUSES: [Duration; 1] = [Duration::from_millis(20)];
/// No list or refusal is longer.
const LONGEST: u64 = 16 * 1024 * 1024;

pub(super) struct S3 {
    http: Http,
    signer: Signer,
    endpoint: String,
    host: String,
    bucket: String,
    shown: String,
}

/// What a request is about.
#[derive(Clone, Copy)]
pub(super) struct Ask<'a> {
    pub method: &'a str,
    /// `None` asks the bucket itself.
    pub key: Option<&'a str>,
    pub query: &'a [(&'a str, &'a str)],
    pub headers: &'a [(&'a str, String)],
    pub body: Body<'a>,
    /// What it does, after "may not": `list the bucket`.
    pub does: &'static str,
}

impl<'a> Ask<'a> {
    pub fn new(method: &'a str, key: Option<&'a str>, does: &'static str) -> Ask<'a> {
        Ask { method, key, query: &[], headers: &[], body: Body::None, does }
    }
}

/// An answer that says no.
pub(super) struct No {
    pub status: u16,
    /// The storage's own word, such as `NoSuchKey`; empty when it has none.
    pub code: String,
    message: String,
}

impl S3 {
    pub fn new(account: &Account, outbound: &Outbound, shown: String) -> Result<S3, Error> {
        let host = account.endpoint.split_once("://").map_or("", |(_, host)| host);
        let trust = trust(account.ca_file.as_deref())?;
        Ok(S3 {
            http: Http::new(outbound, Purpose::Mirror, NamedBy::Operator, trust, PATIENCE),
            signer: Signer {
                access_key: account.access_key.clone(),
                secret_key: account.secret_key.clone(),
                region: account.region.clone(),
            },
            endpoint: account.endpoint.clone(),
            host: host.to_owned(),
            bucket: account.bucket.clone(),
            shown,
        })
    }

    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// Asks, and again when the line or the storage stumbles. A refusal is an answer too.
    pub fn ask(&self, ask: Ask) -> Result<Result<Response, No>, Error> {
        let mut pauses = PAUSES.iter();
        loop {
            let answered = self.once(ask);
            let stumbles = match &answered {
                Err(Error::Unavailable(_)) => true,
                Ok(Err(no)) => matches!(no.status, 429 | 500..),
                _ => false,
            };
            match pauses.next().filter(|_| stumbles) {
                Some(pause) => std::thread::sleep(*pause),
                None => return answered,
            }
        }
    }

    /// The same, with a refusal in words.
    pub fn get(&self, ask: Ask) -> Result<Response, Error> {
        self.ask(ask)?.map_err(|no| self.refused(&no, ask.does))
    }

    /// The body of an answer, as text.
    pub fn text(&self, ask: Ask) -> Result<String, Error> {
        let bytes = self.get(ask)?.bytes(LONGEST).map_err(|error| self.unreachable(&error))?;
        String::from_utf8(bytes).map_err(|_| self.nonsense())
    }

    fn once(&self, ask: Ask) -> Result<Result<Response, No>, Error> {
        let path = match ask.key {
            Some(key) => format!("/{}/{key}", self.bucket),
            None => format!("/{}", self.bucket),
        };
        let payload = match ask.body {
            Body::Bytes(bytes) => hash_of(bytes),
            Body::None => hash_of(b""),
        };
        let request = Unsigned {
            method: ask.method,
            host: &self.host,
            path: &path,
            query: ask.query,
            headers: ask.headers,
            payload: &payload,
        };
        let headers = self.signer.sign(&request, Clock.now());
        let (path, query) = target(&path, ask.query);
        let mark = if query.is_empty() { "" } else { "?" };
        let url = format!("{}{path}{mark}{query}", self.endpoint);
        let response =
            self.http.send(ask.method, &url, &headers, ask.body).map_err(|error| self.unreachable(&error))?;
        let status = response.status();
        if (200..300).contains(&status) {
            return Ok(Ok(response));
        }
        // A refusal that cannot be read is one all the same.
        let text =
            response.bytes(LONGEST).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
        let said = elements(&text, "Error").into_iter().next().unwrap_or_default();
        let part = |name: &str| said.get(name).cloned().unwrap_or_default();
        Ok(Err(No { status, code: part("Code"), message: part("Message") }))
    }

    pub fn unreachable(&self, error: &Error) -> Error {
        Error::Unavailable(format!("{}: {error}", self.shown))
    }

    /// What came back is not what a storage says.
    pub fn nonsense(&self) -> Error {
        Error::Refused(format!(
            "{}: what answers there is no storage that speaks S3: look at mirror.endpoint",
            self.shown
        ))
    }

    /// In words that say what to do. What passes by itself is [`Error::Unavailable`].
    pub fn refused(&self, no: &No, does: &str) -> Error {
        let words = match (no.code.as_str(), no.status) {
            ("NoSuchBucket", _) => format!("there is no bucket {}: look at mirror.bucket", self.bucket),
            ("SignatureDoesNotMatch", _) => {
                "the secret key does not belong to the access key: look at mirror.secret_key_file".into()
            }
            ("InvalidAccessKeyId", _) => "it does not know the access key: look at mirror.access_key".into(),
            ("RequestTimeTooSkewed", _) => {
                "its clock and the one of this machine are too far apart: set this machine's clock".into()
            }
            ("PermanentRedirect" | "AuthorizationHeaderMalformed", _) | (_, 300..=399) => {
                "the bucket lies in another region: look at mirror.region and mirror.endpoint".into()
            }
            (_, 401 | 403) => format!(
                "the access key may not {does}: it has to list the bucket, and read, write and delete what is in it"
            ),
            (_, 429 | 500..) => {
                let words = format!("{}: it cannot do that now ({} {})", self.shown, no.status, no.code);
                return Error::Unavailable(words.trim_end().to_owned());
            }
            // A word that no storage would say comes from a web server.
            ("", _) => return self.nonsense(),
            (code, status) => format!("it refused to {does} ({status} {code}): {}", no.message),
        };
        Error::Refused(format!("{}: {words}", self.shown))
    }
}

/// What stands in each element of this name, by the names of the elements in it. An empty name is the outermost one's,
/// which not every storage calls the same.
pub(super) fn elements(xml: &str, name: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = Reader::from_str(xml);
    let (mut found, mut path): (Vec<BTreeMap<String, String>>, Vec<String>) = (Vec::new(), Vec::new());
    let mut inside = None;
    loop {
        let piece = match reader.read_event() {
            Ok(Event::Start(tag)) => {
                path.push(tag.local_name().as_ref().to_owned());
                let is_wanted = path.last().is_some_and(|last| last == name) || name.is_empty();
                if inside.is_none() && is_wanted {
                    inside = Some(path.len());
                    found.push(BTreeMap::new());
                }
                continue;
            }
            Ok(Event::End(_)) => {
                if inside == Some(path.len()) {
                    inside = None;
                }
                path.pop();
                continue;
            }
            Ok(Event::Text(text)) => text.to_string(),
            Ok(Event::CData(text)) => text.to_string(),
            Ok(Event::GeneralRef(reference)) => match &*reference {
                "amp" => "&".into(),
                "lt" => "<".into(),
                "gt" => ">".into(),
                "quot" => "\"".into(),
                "apos" => "'".into(),
                _ => reference.resolve_char_ref().ok().flatten().map(String::from).unwrap_or_default(),
            },
            Ok(Event::Eof) | Err(_) => return found,
            Ok(_) => continue,
        };
        if let (Some(depth), Some(fields)) = (inside, found.last_mut())
            && path.len() == depth + 1
        {
            fields.entry(path[depth].clone()).or_default().push_str(&piece);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_read_with_what_stands_in_them() {
        let xml = "<?xml version=\"1.0\"?><R xmlns=\"x\"><IsTruncated>false</IsTruncated>\
                   <Contents><Key>a&amp;b&#47;c</Key><Size>3</Size><Owner><ID>9</ID></Owner></Contents>\
                   <Contents><Key>d</Key></Contents></R>";
        let found = elements(xml, "Contents");
        assert_eq!(found.len(), 2);
        assert_eq!((found[0]["Key"].as_str(), found[0]["Size"].as_str()), ("a&b/c", "3"));
        assert!(!found[0].contains_key("ID"));
        assert_eq!(found[1]["Key"], "d");
        assert_eq!(elements(xml, "R")[0]["IsTruncated"], "false");
        assert_eq!(elements(xml, "").len(), 1);
        assert_eq!(elements(xml, "")[0]["IsTruncated"], "false");
        assert!(elements("no xml <at all", "R").is_empty());
    }
}
