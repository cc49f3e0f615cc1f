//! A browser without a screen, and a program with a token: both speak HTTPS to the real server.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

/// The one cookie.
pub const COOKIE: &str = "__Host-holdfast";

/// Who speaks: a visitor with a cookie jar, or a program with a token.
#[derive(Clone)]
pub struct Client {
    agent: ureq::Agent,
    /// `https://localhost:41234`
    pub base: String,
    token: Option<String>,
    jar: Arc<Mutex<Jar>>,
}

/// The cookie, and the form token that belongs to it.
#[derive(Default, Clone)]
struct Jar {
    cookie: Option<String>,
    form_token: Option<String>,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub bytes: Vec<u8>,
}

impl Answer {
    /// The header, when it stands there exactly once.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let first = found.next();
        if found.next().is_some() { None } else { first }
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|error| panic!("no JSON ({error}): {self:?}"))
    }

    /// Where a redirect leads, without its query.
    pub fn location(&self) -> &str {
        let whole = self.header("location").unwrap_or("");
        whole.split('?').next().unwrap_or(whole)
    }

    /// Fails the test with the whole answer unless the status is this one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Answer {
        assert_eq!(self.status, status, "{} {:?}", self.text().chars().take(4_000).collect::<String>(), self.headers);
        self
    }
}

/// A request that is more than a path: other headers, another body, no form token.
pub struct Ask<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub headers: Vec<(&'a str, String)>,
    pub body: Option<(&'a str, Vec<u8>)>,
}

impl<'a> Ask<'a> {
    pub fn new(method: &'a str, path: &'a str) -> Ask<'a> {
        Ask { method, path, headers: Vec::new(), body: None }
    }

    pub fn header(mut self, name: &'a str, value: impl Into<String>) -> Ask<'a> {
        self.headers.push((name, value.into()));
        self
    }

    pub fn body(mut self, kind: &'a str, bytes: impl Into<Vec<u8>>) -> Ask<'a> {
        self.body = Some((kind, bytes.into()));
        self
    }

    pub fn form(self, fields: &[(String, String)]) -> Ask<'a> {
        self.body("application/x-www-form-urlencoded", encode(fields))
    }

    /// Fields, then one file.
    pub fn multipart(self, fields: &[(String, String)], file: (&str, &str, &[u8])) -> Ask<'a> {
        let boundary = "----holdfast-tests";
        let mut body = Vec::new();
        for (name, value) in fields {
            body.extend(
                format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes(),
            );
        }
        let (name, file_name, content) = file;
        body.extend(
            format!(
                "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file_name}\"\r\nContent-Type: text/csv\r\n\r\n"
            )
            .bytes(),
        );
        body.extend_from_slice(content);
        body.extend(format!("\r\n--{boundary}--\r\n").bytes());
        self.body("multipart/form-data; boundary=----holdfast-tests", body)
    }

    pub fn json(self, value: &serde_json::Value) -> Ask<'a> {
        self.body("application/json", value.to_string())
    }
}

impl Client {
    /// Trusts the authority of the installation, and nobody else.
    pub fn new(base: &str, authority: &[u8]) -> Client {
        let roots: Vec<Certificate<'static>> = parse_pem(authority)
            .filter_map(|item| match item {
                Ok(PemItem::Certificate(certificate)) => Some(certificate),
                _ => None,
            })
            .collect();
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::new_with_certs(&roots))
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .build();
        let agent = ureq::Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .allow_non_standard_methods(true)
            .ip_family(ureq::config::IpFamily::Ipv4Only)
            // A debug build on a busy machine seals some megabytes in a second.
            .timeout_global(Some(Duration::from_secs(180)))
            .user_agent("Mozilla/5.0 (X11; Linux x86_64) HoldfastTests/1")
            .build()
            .new_agent();
        Client { agent, base: base.into(), token: None, jar: Arc::default() }
    }

    /// The same connection as a program with this token.
    pub fn with_token(&self, token: &str) -> Client {
        Client { token: Some(token.into()), jar: Arc::default(), ..self.clone() }
    }

    /// The same connection with a cookie that was handed out before.
    pub fn with_cookie(&self, cookie: &str) -> Client {
        let jar = Jar { cookie: Some(cookie.into()), form_token: None };
        Client { token: None, jar: Arc::new(Mutex::new(jar)), ..self.clone() }
    }

    /// The same connection without any.
    pub fn with_no_cookie(&self) -> Client {
        Client { token: None, jar: Arc::default(), ..self.clone() }
    }

    pub fn cookie(&self) -> Option<String> {
        self.lock().cookie.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Jar> {
        self.jar.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send(Ask::new("GET", path))
    }

    /// Follows redirects, as a browser does, until a page comes.
    pub fn follow(&self, answer: Answer) -> Answer {
        let mut answer = answer;
        for _ in 0..8 {
            let Some(to) = answer.header("location").filter(|_| (300..400).contains(&answer.status)) else {
                return answer;
            };
            let to = to.strip_prefix(&self.base).unwrap_or(to).to_owned();
            answer = self.get(&to);
        }
        panic!("redirected in circles: {answer:?}");
    }

    /// Sends a form as a page of ours would: with the form token, from the same origin.
    pub fn submit(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let fields: Vec<(String, String)> =
            fields.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        self.submit_pairs("POST", path, &fields)
    }

    pub fn submit_pairs(&self, method: &str, path: &str, fields: &[(String, String)]) -> Answer {
        let mut fields = fields.to_vec();
        fields.retain(|(name, _)| name != "_csrf");
        fields.push(("_csrf".into(), self.form_token()));
        self.send(Ask::new(method, path).header("sec-fetch-site", "same-origin").form(&fields))
    }

    /// Sends a file with other fields, as a browser does.
    pub fn upload(&self, path: &str, fields: &[(&str, &str)], file: (&str, &str, &[u8])) -> Answer {
        let mut fields: Vec<(String, String)> =
            fields.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        if self.token.is_none() {
            fields.push(("_csrf".into(), self.form_token()));
        }
        self.send(Ask::new("POST", path).multipart(&fields, file))
    }

    /// Sends a file while it is read from `content`, so that it need not stand in memory, here or there.
    pub fn upload_stream(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        file_name: &str,
        content: impl std::io::Read + 'static,
    ) -> Result<Answer, ureq::Error> {
        let boundary = "holdfast-stream";
        let mut head = String::new();
        for (name, value) in fields {
            head += &format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        }
        head +=
            &format!("--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{file_name}\"\r\n\r\n");
        let end = std::io::Cursor::new(format!("\r\n--{boundary}--\r\n"));
        let body = std::io::Read::chain(std::io::Read::chain(std::io::Cursor::new(head), content), end);
        let mut request = ureq::http::Request::builder().method("POST").uri(format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = request
            .header("content-type", format!("multipart/form-data; boundary={boundary}"))
            .body(ureq::SendBody::from_owned_reader(body))?;
        let answer = self.agent.run(request)?;
        self.read(answer)
    }

    /// The token that forms of this cookie carry; a page is fetched when none was seen yet.
    pub fn form_token(&self) -> String {
        let known = self.lock().form_token.clone();
        known.unwrap_or_else(|| {
            let home = self.get("/");
            let _ = self.follow(home);
            self.lock().form_token.clone().expect("every page carries the form token")
        })
    }

    /// One API call with a JSON body.
    pub fn call(&self, method: &str, path: &str, body: &serde_json::Value) -> Answer {
        self.send(Ask::new(method, path).json(body))
    }

    /// A change of a record at the version that was read.
    pub fn change(&self, method: &str, path: &str, version: i64, body: &serde_json::Value) -> Answer {
        self.send(Ask::new(method, path).header("if-match", format!("\"{version}\"")).json(body))
    }

    pub fn send(&self, ask: Ask) -> Answer {
        self.try_send(ask).unwrap_or_else(|error| panic!("no answer: {error}"))
    }

    /// Like [`Client::send`], for servers that may be gone.
    pub fn try_send(&self, ask: Ask) -> Result<Answer, ureq::Error> {
        let answer = self.begin(ask)?;
        self.read(answer)
    }

    /// The head of an answer, its body still on the way: for clients that take their time.
    pub fn begin(&self, ask: Ask) -> Result<ureq::http::Response<ureq::Body>, ureq::Error> {
        let mut request = ureq::http::Request::builder().method(ask.method).uri(format!("{}{}", self.base, ask.path));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if let Some(cookie) = self.cookie() {
            request = request.header("cookie", format!("{COOKIE}={cookie}"));
        }
        for (name, value) in &ask.headers {
            request = request.header(*name, value);
        }
        match ask.body {
            Some((kind, bytes)) => self.agent.run(request.header("content-type", kind).body(bytes)?),
            None => self.agent.run(request.body(())?),
        }
    }

    fn read(&self, mut answer: ureq::http::Response<ureq::Body>) -> Result<Answer, ureq::Error> {
        let headers: Vec<(String, String)> = answer
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        let bytes = answer.body_mut().with_config().limit(512 * 1024 * 1024).read_to_vec()?;
        let answer = Answer { status: answer.status().as_u16(), headers, bytes };
        self.remember(&answer);
        Ok(answer)
    }

    fn remember(&self, answer: &Answer) {
        let mut jar = self.lock();
        for (_, line) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let Some(value) = line.strip_prefix(COOKIE).and_then(|rest| rest.strip_prefix('=')) else { continue };
            let value = value.split(';').next().unwrap_or("");
            let value = (!value.is_empty()).then(|| value.to_owned());
            if value != jar.cookie {
                *jar = Jar { cookie: value, form_token: None };
            }
        }
        let page = if answer.header("content-type").is_some_and(|kind| kind.starts_with("text/html")) {
            answer.text()
        } else {
            return;
        };
        // A page that answers no request of ours, such as the one for an unknown address, has none.
        if let Some(token) = between(&page, "name=\"csrf-token\" content=\"", "\"").filter(|token| !token.is_empty()) {
            jar.form_token = Some(token.to_owned());
        }
    }
}

/// What stands between two texts, the first time they stand so.
pub fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let rest = &text[text.find(before)? + before.len()..];
    rest.find(after).map(|end| &rest[..end])
}

/// `a=1&b=2`
pub fn encode(fields: &[(String, String)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}
