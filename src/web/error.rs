//! Turns an error into what the asker can use: a page for people, problem JSON for programs (RFC 9457).

use serde::Serialize;

use super::layout::ErrorPage;
use super::reply::PROBLEM;
use super::{Head, Reply, Request, Route};
use crate::error::{Error, FieldError};
use crate::visitor::Visitor;

/// The body of an API error.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Problem {
    /// A stable name for the kind of problem, as a relative reference.
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    pub detail: String,
    /// The request's id: it stands in the server's log too.
    pub instance: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub errors: Vec<ProblemField>,
    /// With status 412: the version the record has now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// With status 412: what others changed since the version that was sent, where the record's history tells.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub changes: Vec<ProblemChange>,
}

/// A field that somebody else changed.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct ProblemChange {
    /// A JSON pointer (RFC 6901) into the record.
    pub pointer: String,
    /// What stands there now; null when there is nothing.
    pub value: serde_json::Value,
    /// Who changed it last; null when nobody is known, or Holdfast did.
    pub by: Option<ProblemMember>,
    /// When that was; null when it is not known.
    pub at: Option<String>,
}

/// A member of the workspace.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct ProblemMember {
    pub id: i64,
    pub name: String,
}

/// One field at fault.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct ProblemField {
    /// A JSON pointer (RFC 6901) into the body that was sent.
    pub pointer: String,
    pub code: String,
    pub detail: String,
}

/// The status, and a short title, of each kind of failure.
fn status(error: &Error) -> (u16, &'static str) {
    match error {
        Error::Invalid(_) => (422, "Some fields need attention"),
        Error::BadRequest(_) => (400, "The request could not be read"),
        Error::NotFound(_) => (404, "There is nothing here"),
        Error::Conflict(_) => (409, "This is not possible now"),
        Error::Stale(_) => (412, "Somebody else changed this"),
        Error::PreconditionRequired => (428, "The version is missing"),
        Error::Unauthenticated => (401, "Sign in first"),
        Error::StepUp => (403, "Confirm that it is you"),
        Error::EnrolSecondFactor => (403, "Set up two-step sign-in first"),
        Error::Forbidden => (403, "You may not do this"),
        Error::TooLarge(_) => (413, "This is too large"),
        Error::TooMany(_) => (429, "Too many attempts"),
        Error::Unavailable(_) | Error::Refused(_) => (503, "Not available now"),
        Error::DiskFull => (507, "The disk is full"),
        Error::QuotaReached(_) => (507, "There is no room left"),
        Error::Internal(_) => (500, "Something broke"),
    }
}

/// Logs what only we may know, once, with the request's id.
fn log(error: &Error, route: &Route, head: &Head) {
    match error {
        Error::Internal(source) => {
            tracing::error!(request = %head.id, route = route.path, error = %source, "a request failed");
        }
        // It names folders and files: for whoever hosts, not for whoever asks.
        Error::Refused(reason) => {
            tracing::error!(request = %head.id, route = route.path, %reason, "a file is not served");
        }
        _ => {}
    }
}

/// What people and programs are told of a file that is not served. The log says which and why.
const UNAVAILABLE: &str = "what this needs cannot be opened now: tell whoever runs this installation";

/// The answer to a failed request.
pub fn reply(error: Error, route: &Route, head: &Head, request: Option<&Request>) -> Reply {
    log(&error, route, head);
    let (status, title) = status(&error);
    let reply =
        if route.is_api() { problem(&error, status, title, head) } else { page(&error, status, title, head, request) };
    match error {
        Error::TooMany(seconds) => reply.header("Retry-After", seconds.to_string()),
        Error::Unavailable(_) => reply.header("Retry-After", "30"),
        Error::Unauthenticated if route.is_api() => reply.header("WWW-Authenticate", "Bearer"),
        _ => reply,
    }
}

/// The answer to a method that an address does not take: it says which ones it does.
pub fn wrong_method(path: &str, allowed: &str, id: &str) -> Reply {
    let (status, title) = (405, "This address does not take this method");
    let detail = format!("It takes {allowed}.");
    let reply = if path.starts_with("/api/v1") {
        told(Problem::new(status, title, detail, id))
    } else {
        Reply::bytes(status, "text/plain; charset=utf-8", format!("{title}. {detail}\n").into_bytes())
    };
    reply.header("Allow", allowed)
}

/// The answer to a program that has an older version of a record: what others changed since. Carries the `ETag` of
/// the version to try again with.
pub fn stale(request: &Request, version: i64, changes: Vec<ProblemChange>) -> Reply {
    let error = Error::Stale(version);
    let (status, title) = status(&error);
    let problem = Problem::new(status, title, sentence(&error.to_string()), &request.head.id);
    told(Problem { version: Some(version), changes, ..problem }).header("ETag", format!("\"{version}\""))
}

impl Problem {
    fn new(status: u16, title: &str, detail: String, id: &str) -> Problem {
        Problem {
            kind: format!("/api/docs#problem-{}", title.to_lowercase().replace(' ', "-")),
            title: title.into(),
            status,
            detail,
            instance: format!("/requests/{id}"),
            errors: Vec::new(),
            version: None,
            changes: Vec::new(),
        }
    }
}

fn told(problem: Problem) -> Reply {
    Reply::bytes(problem.status, PROBLEM, serde_json::to_vec(&problem).unwrap_or_default())
}

fn problem(error: &Error, status: u16, title: &str, head: &Head) -> Reply {
    let fields: &[FieldError] = if let Error::Invalid(fields) = error { fields } else { &[] };
    let detail = match error {
        Error::Invalid(fields) => fields.first().map_or_else(String::new, |first| first.message.clone()),
        Error::Refused(_) => sentence(UNAVAILABLE),
        error => sentence(&error.to_string()),
    };
    let errors = fields.iter().map(|field| ProblemField {
        pointer: if field.field.is_empty() { String::new() } else { format!("/{}", field.field) },
        code: field.code.into(),
        detail: field.message.clone(),
    });
    let version = if let Error::Stale(version) = error { Some(*version) } else { None };
    told(Problem { errors: errors.collect(), version, ..Problem::new(status, title, detail, &head.id) })
}

/// A page, or a way on: to sign in, to confirm, to set up the second factor.
fn page(error: &Error, status: u16, title: &str, head: &Head, request: Option<&Request>) -> Reply {
    let back = if head.query.is_empty() { head.path.clone() } else { format!("{}?{}", head.path, head.query) };
    // An unsafe request cannot be repeated by a redirect: those go back to where the form was.
    let next = if head.method.is_safe() { back } else { referring_path(head).unwrap_or_else(|| "/".into()) };
    let next: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
    match error {
        Error::Unauthenticated => {
            let to = match request.map(|request| &request.visitor) {
                Some(Visitor::HalfSignedIn(_)) => "/sign-in/second-step",
                _ => "/sign-in",
            };
            return redirect(head, format!("{to}?next={next}"));
        }
        Error::StepUp => return redirect(head, format!("/account/confirm?next={next}")),
        Error::EnrolSecondFactor => return redirect(head, format!("/account/security/two-step?next={next}")),
        _ => {}
    }
    // Whoever filled in a form wants it back.
    let way_out = match referring_path(head).filter(|_| matches!(status, 400 | 409 | 412 | 422)) {
        Some(form) if !head.method.is_safe() => (form, "Back to the form".into()),
        _ => ("/".into(), "Go to the home page".into()),
    };
    let body = ErrorPage {
        title: title.into(),
        what_happened: sentence(&match error {
            Error::Invalid(fields) => fields.iter().map(|field| sentence(&field.message)).collect::<Vec<_>>().join(" "),
            Error::NotFound(_) => "The address is wrong, or what was here is gone, or it is not yours to see".into(),
            Error::Internal(_) => "Something in Holdfast failed. Nothing was changed".into(),
            Error::Refused(_) => UNAVAILABLE.into(),
            other => other.to_string(),
        }),
        what_to_do: match status {
            403 => "Ask an owner of the workspace to give your role this permission.",
            404 => "Check the address, or start again from the home page.",
            413 => "Send a smaller file, or split it.",
            429 => "Wait a little, then try again.",
            500 => "Try again. If it happens again, tell whoever runs this installation the number below.",
            507 if matches!(error, Error::QuotaReached(_)) => {
                "Delete files that nobody needs, or ask whoever runs this installation for more room."
            }
            503 => {
                "Try again in a little while. If it stays like this, give whoever runs this installation the number below."
            }
            507 => "Reading still works. Tell whoever runs this installation that the disk needs room.",
            _ => "Go back, change what is named above, and try again.",
        }
        .into(),
        request_id: head.id.clone(),
        way_out,
    };
    super::page::error_page(title, &body, head, request)
        .unwrap_or_else(|_| Reply::bytes(status, "text/plain; charset=utf-8", title.as_bytes().to_vec()))
        .status(status)
}

/// htmx follows a redirect inside the page; it must be told to leave it.
fn redirect(head: &Head, to: String) -> Reply {
    if head.header("hx-request").is_some() {
        Reply::nothing().status(200).header("HX-Redirect", to)
    } else {
        Reply::see_other(to)
    }
}

/// The path of the page a form was on, when it was one of ours.
fn referring_path(head: &Head) -> Option<String> {
    let path = head.header("hx-current-url").or_else(|| head.header("referer"))?;
    let (_, rest) = path.split_once("://")?;
    let path = rest.find('/').map(|slash| rest[slash..].to_owned())?;
    super::is_own_path(&path).then_some(path)
}

fn sentence(words: &str) -> String {
    let mut characters = words.chars();
    let first = characters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    let dot = if words.ends_with(['.', '?']) { "" } else { "." };
    format!("{first}{}{dot}", characters.as_str())
}
