//! A mirror in a storage that speaks S3. Large objects go in parts, and a copy that was cut short goes on with the
//! part it was at.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::s3::{Ask, No, S3, elements};
use super::source::is_left_out;
use super::verify::Reading;
use super::{Account, From, MARK, PART, Place, Put, Seen, Store};
use crate::backup::{STOPPED, hex};
use crate::crypto::file::{read_if_there, replace};
use crate::error::Error;
use crate::outbound::Outbound;
use crate::outbound::http::{Body, Response};

/// A storage takes no more parts of one object.
const MOST_PARTS: u64 = 9_000;
/// Marks and heads are smaller.
const SMALL: u64 = 64 * 1024 * 1024;
/// The header with an object's SHA-256, in Base64.
const CHECKSUM: &str = "x-amz-checksum-sha256";

pub(super) struct Bucket {
    s3: S3,
    /// Empty, or with a slash at its end.
    prefix: String,
    /// Where the copy under way is written down; `None` for somebody who only reads.
    notes: Option<PathBuf>,
}

/// A large object that is on its way.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Upload {
    name: String,
    id: String,
    /// Of the file, which is another one when this differs.
    stamp: String,
    /// ETag and SHA-256 of each part that arrived.
    parts: Vec<(String, String)>,
}

impl Bucket {
    pub fn new(account: &Account, outbound: &Outbound, notes: Option<PathBuf>) -> Result<Bucket, Error> {
        let shown = Place::Bucket(Box::new(account.clone())).shown();
        let prefix = if account.prefix.is_empty() { String::new() } else { format!("{}/", account.prefix) };
        Ok(Bucket { s3: S3::new(account, outbound, shown)?, prefix, notes })
    }

    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// An object's head; `None` when it is not there.
    fn head(&self, name: &str) -> Result<Option<Response>, Error> {
        let (key, does) = (self.key(name), "read an object");
        let mode = [("x-amz-checksum-mode", "ENABLED".to_owned())];
        match self.s3.ask(Ask { headers: &mode, ..Ask::new("HEAD", Some(&key), does) })? {
            Ok(head) => Ok(Some(head)),
            Err(No { status: 404, .. }) => Ok(None),
            Err(no) => Err(self.s3.refused(&no, does)),
        }
    }

    fn get(&self, name: &str) -> Result<Option<Response>, Error> {
        let (key, does) = (self.key(name), "read an object");
        match self.s3.ask(Ask::new("GET", Some(&key), does))? {
            Ok(response) => Ok(Some(response)),
            Err(no) if no.code == "NoSuchKey" => Ok(None),
            Err(no) => Err(self.s3.refused(&no, does)),
        }
    }

    /// All pages of a list.
    fn pages(&self, first: &[(&str, &str)], next: [(&str, &str); 2], does: &'static str) -> Result<Vec<String>, Error> {
        let mut pages = Vec::new();
        let mut marks: Vec<(String, String)> = Vec::new();
        loop {
            let query: Vec<(&str, &str)> =
                first.iter().copied().chain(marks.iter().map(|(name, mark)| (name.as_str(), mark.as_str()))).collect();
            let page = self.s3.text(Ask { query: &query, ..Ask::new("GET", None, does) })?;
            let root = ["ListBucketResult", "ListMultipartUploadsResult"].iter().flat_map(|name| elements(&page, name));
            let root = root.last().ok_or_else(|| self.s3.nonsense())?;
            pages.push(page);
            if root.get("IsTruncated").is_none_or(|word| word != "true") {
                return Ok(pages);
            }
            marks =
                next.iter().filter_map(|(name, from)| Some(((*name).to_owned(), root.get(*from)?.clone()))).collect();
            if marks.is_empty() {
                return Err(self.s3.nonsense());
            }
        }
    }

    /// Sends bytes that the storage holds against their hash; gives the answer.
    fn send(&self, key: &str, query: &[(&str, &str)], bytes: &[u8], sha256: &[u8]) -> Result<Response, Error> {
        let headers = [(CHECKSUM, BASE64.encode(sha256)), ("x-amz-sdk-checksum-algorithm", "SHA256".to_owned())];
        self.s3.get(Ask {
            query,
            headers: &headers,
            body: Body::Bytes(bytes),
            ..Ask::new("PUT", Some(key), "write an object")
        })
    }

    /// The upload of this very file that was cut short, if the storage still has it.
    fn begun(&self, name: &str, stamp: &str) -> Option<Upload> {
        self.noted().filter(|upload| upload.name == name && upload.stamp == stamp)
    }

    fn noted(&self) -> Option<Upload> {
        serde_json::from_slice(&read_if_there(self.notes.as_ref()?).ok()??).ok()
    }

    fn note(&self, upload: Option<&Upload>) -> Result<(), Error> {
        let Some(path) = &self.notes else { return Ok(()) };
        match upload {
            Some(upload) => replace(path, &serde_json::to_vec(upload)?, 0o600)?,
            None => match std::fs::remove_file(path) {
                Err(source) if source.kind() != ErrorKind::NotFound => return Err(source.into()),
                _ => {}
            },
        }
        Ok(())
    }

    fn begin(&self, name: &str, stamp: &str) -> Result<Upload, Error> {
        let key = self.key(name);
        let answer = self.s3.text(Ask {
            query: &[("uploads", "")],
            headers: &[("x-amz-checksum-algorithm", "SHA256".to_owned())],
            body: Body::Bytes(b""),
            ..Ask::new("POST", Some(&key), "write an object")
        })?;
        let said = elements(&answer, "InitiateMultipartUploadResult").pop().unwrap_or_default();
        let id = said.get("UploadId").cloned().ok_or_else(|| self.s3.nonsense())?;
        Ok(Upload { name: name.to_owned(), id, stamp: stamp.to_owned(), parts: Vec::new() })
    }

    /// A large file, part by part. What arrived is written down, so that a crash costs one part.
    fn put_parts(&self, name: &str, path: &Path, stamp: &str, is_stopping: &dyn Fn() -> bool) -> Result<Put, Error> {
        let file = match File::open(path) {
            Err(source) if source.kind() == ErrorKind::NotFound => return Err(Error::NotFound("file")),
            file => file?,
        };
        let (size, key) = (file.metadata()?.len(), self.key(name));
        let mut upload = match self.begun(name, stamp) {
            Some(upload) => upload,
            None => self.begin(name, stamp)?,
        };
        self.note(Some(&upload))?;
        let (mut whole, mut sums) = (Sha256::new(), Sha256::new());
        let (length, mut number) = (part_of(size), 0);
        while number * length < size {
            if is_stopping() {
                return Err(Error::Unavailable(STOPPED.into()));
            }
            let mut bytes = vec![0; usize::try_from(length.min(size - number * length)).unwrap_or(usize::MAX)];
            file.read_exact_at(&mut bytes, number * length)?;
            whole.update(&bytes);
            let sum = Sha256::digest(&bytes);
            sums.update(sum);
            let known = usize::try_from(number).ok().and_then(|number| upload.parts.get(number));
            number += 1;
            if known.is_some_and(|(_, sha256)| *sha256 == hex(&sum)) {
                continue;
            }
            upload.parts.truncate(usize::try_from(number - 1).unwrap_or(usize::MAX));
            let query = [("partNumber", number.to_string()), ("uploadId", upload.id.clone())];
            let query = query.each_ref().map(|(name, value)| (*name, value.as_str()));
            let answer = self.send(&key, &query, &bytes, &sum)?;
            let tag = answer.header("etag").ok_or_else(|| self.s3.nonsense())?.to_owned();
            upload.parts.push((tag, hex(&sum)));
            self.note(Some(&upload))?;
            crate::failpoint::reach("mirror.part");
        }
        let tag = self.complete(&key, &upload)?;
        self.note(None)?;
        let composite = format!("{}-{}", BASE64.encode(&sums.finalize()), upload.parts.len());
        let put = Put { size, sha256: hex(&whole.finalize()), tag };
        self.compare(name, None, &composite, &put)?;
        Ok(put)
    }

    fn complete(&self, key: &str, upload: &Upload) -> Result<String, Error> {
        let part = |(number, (tag, sha256)): (usize, &(String, String))| {
            let sum = data_encoding::HEXLOWER.decode(sha256.as_bytes()).unwrap_or_default();
            format!(
                "<Part><PartNumber>{}</PartNumber><ETag>{}</ETag><ChecksumSHA256>{}</ChecksumSHA256></Part>",
                number + 1,
                tag.replace('"', "&quot;"),
                BASE64.encode(&sum)
            )
        };
        let parts: String = upload.parts.iter().enumerate().map(part).collect();
        let body = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
        let answer = self.s3.text(Ask {
            query: &[("uploadId", &upload.id)],
            body: Body::Bytes(body.as_bytes()),
            ..Ask::new("POST", Some(key), "write an object")
        })?;
        // A storage may say 200 first and find out later that it cannot.
        let said = elements(&answer, "CompleteMultipartUploadResult").pop().ok_or_else(|| self.s3.nonsense())?;
        Ok(bare(said.get("ETag").map_or("", String::as_str)))
    }

    /// Holds what the storage says arrived against what was sent. One that says nothing, or says it in another way, is
    /// read back.
    fn compare(&self, name: &str, said: Option<&str>, expected: &str, put: &Put) -> Result<(), Error> {
        let said = match said {
            Some(said) => Some(said.to_owned()),
            None => self.head(name)?.and_then(|head| head.header(CHECKSUM).map(str::to_owned)),
        };
        let is_right = said.is_some_and(|said| said == expected);
        match is_right || self.read(name, &mut std::io::sink())? == (put.size, put.sha256.clone()) {
            true => Ok(()),
            false => Err(Error::Refused(format!(
                "{}: {name} arrived as something else than was sent; nothing counts on it",
                self.s3.shown()
            ))),
        }
    }
}

/// How large the parts of an object are.
fn part_of(size: u64) -> u64 {
    PART.max(size.div_ceil(MOST_PARTS))
}

fn bare(tag: &str) -> String {
    tag.trim_matches('"').to_owned()
}

impl Store for Bucket {
    fn shown(&self) -> &str {
        self.s3.shown()
    }

    fn list(&self) -> Result<BTreeMap<String, Seen>, Error> {
        let first = [("list-type", "2"), ("prefix", self.prefix.as_str())];
        let pages = self.pages(&first, [("continuation-token", "NextContinuationToken"); 2], "list the bucket")?;
        let mut seen = BTreeMap::new();
        for one in pages.iter().flat_map(|page| elements(page, "Contents")) {
            let part = |name: &str| one.get(name).map_or("", String::as_str);
            let Some(name) = part("Key").strip_prefix(&self.prefix) else { return Err(self.s3.nonsense()) };
            let size = part("Size").parse().map_err(|_| self.s3.nonsense())?;
            if name != MARK && !is_left_out(name) {
                seen.insert(name.to_owned(), Seen { size, tag: bare(part("ETag")) });
            }
        }
        Ok(seen)
    }

    fn tidy(&self) -> Result<(), Error> {
        let kept = self.noted().map(|upload| upload.id);
        let first = [("uploads", ""), ("prefix", self.prefix.as_str())];
        let next = [("key-marker", "NextKeyMarker"), ("upload-id-marker", "NextUploadIdMarker")];
        let mut is_there = false;
        for one in self.pages(&first, next, "list the bucket")?.iter().flat_map(|page| elements(page, "Upload")) {
            let (Some(key), Some(id)) = (one.get("Key"), one.get("UploadId")) else { continue };
            if kept.as_ref() == Some(id) {
                is_there = true;
            } else if key.starts_with(&self.prefix) {
                let query = [("uploadId", id.as_str())];
                self.s3.get(Ask { query: &query, ..Ask::new("DELETE", Some(key), "end an upload") })?;
            }
        }
        if is_there { Ok(()) } else { self.note(None) }
    }

    fn small(&self, name: &str) -> Result<Option<Vec<u8>>, Error> {
        let found = self.get(name)?;
        found.map(|response| response.bytes(SMALL).map_err(|error| self.s3.unreachable(&error))).transpose()
    }

    fn put(&self, name: &str, from: From, is_stopping: &dyn Fn() -> bool) -> Result<Put, Error> {
        let bytes = match from {
            From::File(path, stamp) => return self.put_parts(name, path, stamp, is_stopping),
            From::Bytes(bytes) => bytes,
        };
        let sum = Sha256::digest(bytes);
        let answer = self.send(&self.key(name), &[], bytes, &sum)?;
        let tag = bare(answer.header("etag").unwrap_or_default());
        let put = Put { size: bytes.len() as u64, sha256: hex(&sum), tag };
        self.compare(name, answer.header(CHECKSUM), &BASE64.encode(&sum), &put)?;
        Ok(put)
    }

    fn has(&self, name: &str, path: &Path, sha256: &str) -> Result<bool, Error> {
        let Some(head) = self.head(name)? else { return Ok(false) };
        // Of an object in parts it is the hash of their hashes.
        let is_said = match head.header(CHECKSUM) {
            Some(said) if said.contains('-') => said == composite(path)?,
            Some(said) => BASE64.decode(said.as_bytes()).is_ok_and(|sum| hex(&sum) == sha256),
            None => false,
        };
        Ok(is_said || self.read(name, &mut std::io::sink())?.1 == sha256)
    }

    fn read(&self, name: &str, into: &mut dyn Write) -> Result<(u64, String), Error> {
        let found = self.get(name)?;
        let response = found.ok_or_else(|| Error::Refused(format!("{}: {name} is missing", self.s3.shown())))?;
        let (mut reading, mut body) = (Reading::new(into), response.reader());
        let mut buffer = vec![0; 256 * 1024];
        loop {
            let count = body
                .read(&mut buffer)
                .map_err(|error| self.s3.unreachable(&Error::Unavailable(crate::outbound::http::slow(&error))))?;
            if count == 0 {
                return Ok(reading.end());
            }
            reading.write_all(&buffer[..count])?;
        }
    }

    fn delete(&self, name: &str) -> Result<(), Error> {
        let (key, does) = (self.key(name), "delete an object");
        match self.s3.ask(Ask::new("DELETE", Some(&key), does))? {
            Ok(_) => Ok(()),
            Err(No { status: 404, code, .. }) if code != "NoSuchBucket" => Ok(()),
            Err(no) => Err(self.s3.refused(&no, does)),
        }
    }

    fn remark(&self) -> Result<Option<String>, Error> {
        // Whoever may not ask is told nothing.
        let Ok(answer) = self.s3.text(Ask { query: &[("versioning", "")], ..Ask::new("GET", None, "look") }) else {
            return Ok(None);
        };
        let is_on = elements(&answer, "")
            .pop()
            .is_some_and(|said| said.get("Status").is_some_and(|status| status == "Enabled"));
        Ok(is_on.then(|| {
            "The bucket keeps versions, so what is deleted stays readable there. Give it a rule that lets versions go \
             that are not current, after 14 days at most."
                .to_owned()
        }))
    }
}

/// The hash of the hashes of a file's parts, as a storage says it.
fn composite(path: &Path) -> Result<String, Error> {
    let file = File::open(path)?;
    let size = file.metadata()?.len();
    let (mut sums, length, mut number) = (Sha256::new(), part_of(size), 0);
    while number * length < size {
        let mut bytes = vec![0; usize::try_from(length.min(size - number * length)).unwrap_or(usize::MAX)];
        file.read_exact_at(&mut bytes, number * length)?;
        sums.update(Sha256::digest(&bytes));
        number += 1;
    }
    Ok(format!("{}-{number}", BASE64.encode(&sums.finalize())))
}
