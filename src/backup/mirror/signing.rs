//! Signs requests to a storage that speaks S3: AWS Signature Version 4, in the head of the request.

use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::backup::hex;
use crate::backup::manifest::hash_of;
use crate::clock::Timestamp;

/// What stands in a query as it is (RFC 3986, section 2.3).
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const PATH: &AsciiSet = &QUERY.remove(b'/');

/// Who asks.
pub(super) struct Signer {
    pub access_key: String,
    pub secret_key: Zeroizing<String>,
    pub region: String,
}

/// A request before it is signed.
pub(super) struct Unsigned<'a> {
    pub method: &'a str,
    pub host: &'a str,
    /// Not encoded yet; begins with a slash.
    pub path: &'a str,
    pub query: &'a [(&'a str, &'a str)],
    /// Names in lower case.
    pub headers: &'a [(&'a str, String)],
    /// SHA-256 of the body, in hex.
    pub payload: &'a str,
}

/// Path and query as they are signed and sent.
pub(super) fn target(path: &str, query: &[(&str, &str)]) -> (String, String) {
    let encoded = |text: &str| utf8_percent_encode(text, QUERY).to_string();
    let mut pairs: Vec<(String, String)> = query.iter().map(|(name, value)| (encoded(name), encoded(value))).collect();
    pairs.sort();
    let query: Vec<String> = pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    (utf8_percent_encode(path, PATH).to_string(), query.join("&"))
}

impl Signer {
    /// The headers to send: those of the request and those that say who asks. `Host` is sent by the client.
    pub fn sign(&self, request: &Unsigned, now: Timestamp) -> Vec<(String, String)> {
        let moment: String = now.rfc3339().chars().take(19).filter(|c| !matches!(c, '-' | ':')).collect();
        let (moment, day) = (format!("{moment}Z"), moment[..8].to_owned());
        let mut headers: Vec<(String, String)> =
            request.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        headers.push(("host".into(), request.host.into()));
        headers.push(("x-amz-content-sha256".into(), request.payload.into()));
        headers.push(("x-amz-date".into(), moment.clone()));
        headers.sort();
        let signed = headers.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(";");
        let lines: String = headers.iter().map(|(name, value)| format!("{name}:{}\n", value.trim())).collect();
        let (path, query) = target(request.path, request.query);
        let canonical = format!("{}\n{path}\n{query}\n{lines}\n{signed}\n{}", request.method, request.payload);
        let scope = format!("{day}/{}/s3/aws4_request", self.region);
        let text = format!("AWS4-HMAC-SHA256\n{moment}\n{scope}\n{}", hash_of(canonical.as_bytes()));
        let secret = Zeroizing::new(format!("AWS4{}", self.secret_key.as_str()));
        let parts = [day.as_str(), &self.region, "s3", "aws4_request", &text];
        let mut key = Zeroizing::new(secret.as_bytes().to_vec());
        for part in parts {
            key = Zeroizing::new(mac(&key, part.as_bytes()).to_vec());
        }
        let signature = hex(&key);
        headers.retain(|(name, _)| name != "host");
        let credential = format!("{}/{scope}", self.access_key);
        headers.push((
            "authorization".into(),
            format!("AWS4-HMAC-SHA256 Credential={credential},SignedHeaders={signed},Signature={signature}"),
        ));
        headers
    }
}

fn mac(key: &[u8], text: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes any key");
    mac.update(text);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked examples of the manual, "Authenticating Requests (AWS Signature Version 4)".
    #[test]
    fn the_examples_of_the_manual_are_signed_as_they_stand_there() {
        let signer = Signer {
            access_key: "AKIAIOSFODNN7EXAMPLE".into(),
            secret_key: Zeroizing::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".into()),
            region: "us-east-1".into(),
        };
        let now = Timestamp::parse("2013-05-24T00:00:00Z").unwrap();
        let empty = hash_of(b"");
        let signature = |method, path, query: &[(&str, &str)], headers: &[(&str, String)], payload: &str| {
            let host = "examplebucket.s3.amazonaws.com";
            let signed = signer.sign(&Unsigned { method, host, path, query, headers, payload }, now);
            let header = signed.iter().find(|(name, _)| name == "authorization").unwrap().1.clone();
            header.rsplit('=').next().unwrap().to_owned()
        };
        assert_eq!(
            signature("GET", "/test.txt", &[], &[("range", "bytes=0-9".into())], &empty),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
        );
        let put = [
            ("date", "Fri, 24 May 2013 00:00:00 GMT".to_owned()),
            ("x-amz-storage-class", "REDUCED_REDUNDANCY".to_owned()),
        ];
        assert_eq!(
            signature("PUT", "/test$file.text", &[], &put, &hash_of(b"Welcome to Amazon S3.")),
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
        );
        assert_eq!(
            signature("GET", "/", &[("lifecycle", "")], &[], &empty),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
        );
        assert_eq!(
            signature("GET", "/", &[("prefix", "J"), ("max-keys", "2")], &[], &empty),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
        );
    }
}
