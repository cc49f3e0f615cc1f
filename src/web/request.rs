//! A request as handlers see it: who asks, for which workspace, what they sent.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use actix_web::http::header::HeaderMap;
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;

use super::route::{Method, Route};
use super::upload::Upload;
use super::{cookie, input};
use crate::app::App;
use crate::clock::Timestamp;
use crate::db::{Actor, Db, Origin, Tx};
use crate::error::Error;
use crate::permission::{Action, Area, Level};
use crate::visitor::{Member, Reach, Signed, Visitor};

/// Everything but the body. Enough for the gate to decide.
pub struct Head {
    pub method: Method,
    /// The decoded path. Never logged: it may name people (P-071).
    pub path: String,
    /// Without the `?`.
    pub query: String,
    pub params: HashMap<&'static str, String>,
    pub headers: HeaderMap,
    pub address: Option<IpAddr>,
    /// Given to every request, shown with errors, written to the log.
    pub id: String,
    pub now: Timestamp,
}

impl Head {
    /// Of a request whose real head was lost with the thread that held it.
    pub(super) fn empty() -> Head {
        Head {
            method: Method::Get,
            path: "/".into(),
            query: String::new(),
            params: HashMap::new(),
            headers: HeaderMap::new(),
            address: None,
            id: data_encoding::HEXLOWER.encode(&crate::crypto::random::<8>()),
            now: Timestamp::default(),
        }
    }

    /// A header as text; `None` when absent, doubled or not text.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name);
        let value = values.next()?;
        if values.next().is_some() { None } else { value.to_str().ok() }
    }

    pub fn cookie(&self) -> Option<&str> {
        self.header("cookie").and_then(cookie::find)
    }

    /// The bearer token of a program. Only from the header: never from the URL or a cookie (SES-6).
    pub fn bearer(&self) -> Option<&str> {
        self.header("authorization")?.strip_prefix("Bearer ")
    }

    /// Global Privacy Control or Do Not Track (P-103, P-130).
    pub fn asks_not_to_be_tracked(&self) -> bool {
        ["sec-gpc", "dnt"].iter().any(|name| self.header(name) == Some("1"))
    }

    pub fn user_agent(&self) -> Option<String> {
        self.header("user-agent").map(|agent| agent.chars().take(300).collect())
    }
}

pub struct Request {
    pub app: Arc<App>,
    pub route: &'static Route,
    pub head: Head,
    pub visitor: Visitor,
    pub(super) body: Vec<u8>,
    pub(super) uploads: Vec<Upload>,
    /// Given to a visitor without a cookie, so that the form on the page can carry a token.
    pub(super) fresh_cookie: OnceCell<String>,
}

impl Request {
    pub fn now(&self) -> Timestamp {
        self.head.now
    }

    /// A part of the path as what it must be. What does not fit is an address that does not exist: 404.
    pub fn param<T: std::str::FromStr>(&self, name: &str) -> Result<T, Error> {
        self.head.params.get(name).and_then(|text| text.parse().ok()).ok_or(Error::NotFound("page"))
    }

    /// The part after `?`, by the same rules as a form.
    pub fn query<T: DeserializeOwned>(&self) -> Result<T, Error> {
        if let Some(operation) = self.route.api {
            input::check_query(self.head.query.as_bytes(), operation.query)?;
        }
        input::form(self.head.query.as_bytes())
    }

    /// The fields of a form; unknown ones are refused, the CSRF token is taken out.
    pub fn form<T: DeserializeOwned>(&self) -> Result<T, Error> {
        input::form(&self.body)
    }

    /// For forms that are a button: refuses every field but the token.
    pub fn no_fields(&self) -> Result<(), Error> {
        match self.form_pairs()?.into_iter().next() {
            Some((name, _)) => {
                let message = format!("There is no field {name} here.");
                Err(Error::field(name, "unknown_field", message))
            }
            None => Ok(()),
        }
    }

    /// Every field of the form in order, doubled ones too: for forms whose fields are not known at build time.
    pub fn form_pairs(&self) -> Result<Vec<(String, String)>, Error> {
        input::pairs(&self.body)
    }

    /// A JSON body; unknown and doubled fields are refused, and the field at fault is named.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let kind = self.head.header("content-type").unwrap_or("");
        let is_json = kind.split(';').next().is_some_and(|kind| {
            let kind = kind.trim();
            kind.eq_ignore_ascii_case("application/json") || kind.eq_ignore_ascii_case("application/merge-patch+json")
        });
        if !is_json {
            return Err(Error::BadRequest("send the body as Content-Type: application/json".into()));
        }
        input::json(&self.body)
    }

    /// For API operations that take nothing: a body with anything in it is refused, not ignored.
    pub fn no_body(&self) -> Result<(), Error> {
        match self.body.trim_ascii() {
            b"" | b"{}" => Ok(()),
            _ => Err(Error::BadRequest("this operation takes no body: send none".into())),
        }
    }

    /// The raw bytes that came, for hashing.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The file of a multipart body, sealed on disk, and gone when the request ends unless it was kept.
    pub fn upload(&self) -> Option<&Upload> {
        self.uploads.first()
    }

    /// Every file of a multipart body, for routes that take several.
    pub fn uploads(&self) -> &[Upload] {
        &self.uploads
    }

    /// The version in `If-Match`, which every change through the API must carry (interfaces.md).
    pub fn if_match(&self) -> Result<i64, Error> {
        let header = self.head.header("if-match").ok_or(Error::PreconditionRequired)?;
        header
            .trim()
            .trim_matches('"')
            .parse()
            .map_err(|_| Error::BadRequest("If-Match carries the version you read, like \"3\"".into()))
    }

    /// The cookie of whoever asks; a stranger without one gets it with the page.
    ///
    /// Call it before drawing a public page with a form: without a cookie its token would be empty (WEB-2).
    pub fn cookie_or_fresh(&self) -> &str {
        self.head.cookie().unwrap_or_else(|| self.fresh_cookie.get_or_init(cookie::fresh))
    }

    /// The session goes on under another cookie: the page that is drawn next sets it and hangs its forms on it.
    pub fn renew_cookie(&self, value: String) {
        // One request renews at most once.
        let _ = self.fresh_cookie.set(value);
    }

    /// True when htmx asks for a part of a page.
    pub fn wants_fragment(&self) -> bool {
        self.head.header("hx-request") == Some("true") && self.head.header("hx-history-restore-request").is_none()
    }

    /// The person behind the request, in the browser.
    pub fn signed(&self) -> Result<&Signed, Error> {
        match &self.visitor {
            Visitor::HalfSignedIn(signed) | Visitor::Account(signed) | Visitor::Member(signed, _) => Ok(signed),
            Visitor::Stranger | Visitor::Token(..) | Visitor::OperatorProgram(..) => Err(Error::Unauthenticated),
        }
    }

    /// The member behind the request, in the browser or as a program.
    pub fn member(&self) -> Result<&Member, Error> {
        match &self.visitor {
            Visitor::Member(_, member) | Visitor::Token(_, member) => Ok(member),
            _ => Err(Error::Unauthenticated),
        }
    }

    /// How far the member may go with an action.
    pub fn level(&self, action: Action, area: Area) -> Level {
        self.member().map_or(Level::None, |member| member.level(action, area))
    }

    pub fn may(&self, action: Action, area: Area) -> bool {
        self.level(action, area) != Level::None
    }

    /// Whose records the member may touch with an action.
    pub fn reach(&self, action: Action, area: Area) -> Reach {
        self.member().map_or(Reach::Nothing, |member| member.reach(action, area))
    }

    /// Path of a page of this workspace: `request.url("/people/contacts")`.
    pub fn url(&self, path: &str) -> String {
        match self.member() {
            Ok(member) => format!("/w/{}{path}", member.workspace_slug),
            Err(_) => path.to_owned(),
        }
    }

    /// The audit origin of whatever this request changes.
    pub fn origin(&self) -> Origin {
        let actor = match &self.visitor {
            Visitor::Stranger => Actor::Visitor,
            Visitor::HalfSignedIn(signed) | Visitor::Account(signed) => match self.route.access {
                super::Access::Operator => Actor::Operator(signed.account),
                _ => Actor::Account(signed.account),
            },
            Visitor::Member(_, member) => Actor::Member(member.id),
            Visitor::Token(token, member) => Actor::Token(*token, member.id),
            Visitor::OperatorProgram(token, account) => Actor::OperatorProgram(*token, *account),
        };
        Origin { actor, address: self.head.address, user_agent: self.head.user_agent() }
    }

    /// Reads the workspace at one moment.
    pub fn read<T>(&self, work: impl FnOnce(&Db) -> Result<T, Error>) -> Result<T, Error> {
        self.member()?.workspace.file.read(self.now(), work)
    }

    /// Changes the workspace in one transaction, which must record an audit entry.
    pub fn write<T>(&self, work: impl FnOnce(&Tx) -> Result<T, Error>) -> Result<T, Error> {
        let member = self.member()?;
        if member.read_only {
            return Err(Error::Conflict("this workspace is being closed, so it can be read and exported only".into()));
        }
        member.workspace.file.write(self.now(), &self.origin(), work)
    }

    /// Reads `control.db`: accounts, memberships, sessions.
    pub fn read_control<T>(&self, work: impl FnOnce(&Db) -> Result<T, Error>) -> Result<T, Error> {
        self.app.control.read(self.now(), work)
    }

    /// Changes `control.db` in one transaction, which must record an audit entry.
    pub fn write_control<T>(&self, work: impl FnOnce(&Tx) -> Result<T, Error>) -> Result<T, Error> {
        self.app.control.write(self.now(), &self.origin(), work)
    }

    /// Counts that somebody looked at a page, unless their browser says that they do not want to be tracked (P-130).
    pub(super) fn count_use(&self) {
        if self.route.method == Method::Get
            && !self.wants_fragment()
            && !self.head.asks_not_to_be_tracked()
            && let Visitor::Account(signed) | Visitor::Member(signed, _) = &self.visitor
        {
            self.app.usage.count(signed.account, self.route.path);
        }
    }

    /// Where to go after signing in or confirming: only a path of ours (WEB-5).
    pub fn next_or(&self, next: &str, fallback: &str) -> String {
        if is_own_path(next) { next.to_owned() } else { fallback.to_owned() }
    }
}

/// True for a path on this host: one slash, no backslash, no control characters, decoded or not (WEB-5).
pub fn is_own_path(path: &str) -> bool {
    let decoded = percent_decode_str(path).decode_utf8_lossy();
    [path, decoded.as_ref()].iter().all(|text| {
        text.starts_with('/')
            && !text.starts_with("//")
            && !text.contains('\\')
            && !text.chars().any(char::is_control)
            && text.len() < 2_000
    })
}

#[cfg(test)]
mod tests {
    use super::is_own_path;

    #[test]
    fn web_5_only_own_paths_are_followed() {
        for own in ["/", "/w/harbour/people/contacts?q=a", "/account/security#codes"] {
            assert!(is_own_path(own), "{own}");
        }
        for foreign in [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/%2Fevil.example",
            "/%5cevil.example",
            "javascript:alert(1)",
            "/a\nb",
            "/%0d%0aSet-Cookie:x",
        ] {
            assert!(!is_own_path(foreign), "{foreign}");
        }
    }
}
