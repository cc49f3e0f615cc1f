//! `/account/security` and the pages of the second step below it.

use std::fmt;

use askama::Template;
use askama::filters::HtmlSafe;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::service::{self, RecoveryCodes};
use crate::crypto::totp;
use crate::error::{Error, FieldError};
use crate::jobs;
use crate::mail::jobs::DELIVER;
use crate::members::accounts::{self, Account};
use crate::members::sessions;
use crate::members::sign_in::{again, with_next};
use crate::members::throttle::{self, Attempt, Guess};
use crate::web::{Access, Reply, Request, Route, cookie, ui};

const PAGE: &str = "/account/security/two-step";

pub const ROUTES: &[Route] = &[
    Route::get("/account/security", Access::Account, overview),
    Route::get(PAGE, Access::Account, show).step_up(),
    Route::post("/account/security/two-step/begin", Access::Account, begin).step_up(),
    Route::get("/account/security/two-step/enrol", Access::Account, enrol).step_up(),
    Route::post("/account/security/two-step/enrol", Access::Account, enable).step_up(),
    Route::post("/account/security/two-step/codes", Access::Account, renew_codes).step_up(),
    Route::post("/account/security/two-step/codes.txt", Access::Account, download).step_up(),
    Route::post("/account/security/two-step/disable", Access::Account, disable).step_up(),
];

const TITLE: &str = "Two-step sign-in";
const ABOVE: &[(&str, &str)] = &[("Security", "/account/security")];

#[derive(Template)]
#[template(path = "members/second_factor/overview.html")]
struct Overview {
    account: Account,
    codes_left: i64,
    sessions: usize,
}

#[derive(Template)]
#[template(path = "members/second_factor/show.html")]
struct Show {
    is_on: bool,
    has_begun: bool,
    codes_left: i64,
    next: String,
    /// Where an unfinished setup goes on.
    enrol: String,
}

#[derive(Template)]
#[template(path = "members/second_factor/enrol.html")]
struct Enrol {
    qr: QrCode,
    secret: Zeroizing<String>,
    /// Without the spaces, for the clipboard.
    compact: Zeroizing<String>,
    next: String,
    errors: Vec<FieldError>,
}

#[derive(Template)]
#[template(path = "members/second_factor/codes.html")]
struct Codes {
    codes: RecoveryCodes,
    /// All of them, a line each, for the clipboard and the file.
    text: Zeroizing<String>,
    /// Whose they are, where and from when: what the paper and the file say besides the codes.
    email: String,
    host: String,
    made_on: String,
    next: String,
    is_new: bool,
}

/// An SVG of ours, without a word that a person wrote but the label, which `qr_code` cleans.
struct QrCode(String);

impl fmt::Display for QrCode {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for QrCode {}

#[derive(Deserialize)]
struct Query {
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BeginForm {
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    #[serde(default)]
    code: String,
    #[serde(default)]
    next: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DownloadForm {
    #[serde(default)]
    codes: String,
}

fn overview(request: &Request) -> Result<Reply, Error> {
    let id = request.signed()?.account;
    let page = request.read_control(|db| {
        Ok(Overview {
            account: accounts::find(db, id)?,
            codes_left: service::codes_left(db, id)?,
            sessions: sessions::list(db, &request.app, id)?.len(),
        })
    })?;
    request.page("Security", &page)
}

fn show(request: &Request) -> Result<Reply, Error> {
    let Query { next } = request.query()?;
    let next = request.next_or(&next, "");
    let signed = request.signed()?;
    let (codes_left, has_begun) = request.read_control(|db| {
        let pending = service::pending(db, &request.app, signed.account)?;
        Ok((service::codes_left(db, signed.account)?, pending.is_some()))
    })?;
    let enrol = with_next("/account/security/two-step/enrol", &next);
    let page = Show { is_on: signed.has_second_factor, has_begun, codes_left, next, enrol };
    request.page_below(TITLE, ABOVE, &page)
}

fn begin(request: &Request) -> Result<Reply, Error> {
    let BeginForm { next } = request.form()?;
    let id = request.signed()?.account;
    request.write_control(|tx| service::begin(tx, &request.app, id))?;
    Ok(Reply::see_other(with_next("/account/security/two-step/enrol", &next)))
}

/// The page with the picture; `None` when nothing was begun.
fn enrol_page(request: &Request, next: String, errors: Vec<FieldError>) -> Result<Option<Enrol>, Error> {
    let signed = request.signed()?;
    let Some(seed) = request.read_control(|db| service::pending(db, &request.app, signed.account))? else {
        return Ok(None);
    };
    let uri = seed.uri(&format!("Holdfast {}", request.app.config.host_name()), &signed.email)?;
    let qr = QrCode(totp::qr_code(&uri, "QR code for your authenticator app")?);
    let secret = seed.text();
    let compact = Zeroizing::new(secret.replace(' ', ""));
    Ok(Some(Enrol { qr, secret, compact, next, errors }))
}

fn enrol(request: &Request) -> Result<Reply, Error> {
    let Query { next } = request.query()?;
    match enrol_page(request, request.next_or(&next, ""), Vec::new())? {
        Some(page) => request.page_below("Set up two-step sign-in", ABOVE, &page),
        None => Ok(Reply::see_other(PAGE)),
    }
}

fn enable(request: &Request) -> Result<Reply, Error> {
    let Form { code, next } = request.form()?;
    let next = request.next_or(&next, "");
    match try_enable(request, &code) {
        Ok((codes, fresh)) => {
            request.renew_cookie(fresh);
            request.page_below("Your recovery codes", ABOVE, &codes_page(request, codes, next, true)?)
        }
        Err(error) => {
            let Some(mut page) = enrol_page(request, next, Vec::new())? else { return Ok(Reply::see_other(PAGE)) };
            again(request, "Set up two-step sign-in", error, |errors| {
                page.errors = errors;
                page
            })
        }
    }
}

/// Puts the second step into force; gives the recovery codes and the session's new cookie (SES-2).
fn try_enable(request: &Request, code: &str) -> Result<(RecoveryCodes, String), Error> {
    let app = &request.app;
    let signed = request.signed()?;
    let name = signed.account.to_string();
    let attempt = Attempt { guess: Guess::Proof, name: &name, address: request.head.address, known: true };
    throttle::count(app, &request.origin(), &attempt)?;
    let fresh = cookie::fresh();
    let codes = request.write_control(|tx| {
        let Some(codes) = service::enable(tx, app, signed.account, signed.session, code)? else { return Ok(None) };
        throttle::take_back(tx, &app.control_keys.workspace.blind_index, &attempt)?;
        sessions::confirm(tx, signed.account, signed.session, &fresh, "app", true)?;
        let account = accounts::find(tx, signed.account)?;
        accounts::service::tell_of_change(tx, app, &account, &account.email, "Two-step sign-in was turned on.")?;
        Ok(Some(codes))
    })?;
    let wrong = "This code does not fit. Check that the clock of your phone is right, and type the code it shows now.";
    let codes = codes.ok_or_else(|| Error::field("code", "wrong", wrong))?;
    jobs::ask(app, &DELIVER, None)?;
    Ok((codes, fresh))
}

fn codes_page(request: &Request, codes: RecoveryCodes, next: String, is_new: bool) -> Result<Codes, Error> {
    let lines: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
    let text = Zeroizing::new(lines.join("\n"));
    let (email, host) = (request.signed()?.email.clone(), request.app.config.host_name());
    Ok(Codes { codes, text, email, host, made_on: today(request), next, is_new })
}

/// "21 November 2026", in the zone of whoever reads it: in full, since paper is read years later.
fn today(request: &Request) -> String {
    request.now().zoned(&request.reader().zone).strftime("%-d %B %Y").to_string()
}

fn renew_codes(request: &Request) -> Result<Reply, Error> {
    request.no_fields()?;
    let signed = request.signed()?;
    if !signed.has_second_factor {
        return Err(Error::Conflict("set up two-step sign-in first".into()));
    }
    let codes = request.write_control(|tx| service::new_recovery_codes(tx, &request.app, signed.account))?;
    request.page_below("Your recovery codes", ABOVE, &codes_page(request, codes, String::new(), false)?)
}

/// The codes as a file. The browser sends them back: here only their hashes are left.
fn download(request: &Request) -> Result<Reply, Error> {
    let DownloadForm { codes } = request.form()?;
    let signed = request.signed()?;
    let id = signed.account;
    let codes: Vec<String> = codes.lines().map(|line| line.trim().to_owned()).collect();
    let are_theirs = request.read_control(|db| {
        for code in &codes {
            if !service::has_recovery_code(db, &request.app, id, code)? {
                return Ok(false);
            }
        }
        Ok(!codes.is_empty())
    })?;
    if !are_theirs {
        return Err(Error::BadRequest("these are not your recovery codes; make new ones".into()));
    }
    let host = request.app.config.host_name();
    let text = format!(
        "Recovery codes of {}, at {host}\nSaved on {}\nEach works once, instead of the code of your app.\n\n{}\n",
        signed.email,
        today(request),
        codes.join("\n")
    );
    let write = Box::new(move |out: &mut dyn std::io::Write| Ok(out.write_all(text.as_bytes())?));
    Ok(Reply::download("holdfast-recovery-codes.txt", "text/plain; charset=utf-8", write))
}

fn disable(request: &Request) -> Result<Reply, Error> {
    request.no_fields()?;
    let app = &request.app;
    let signed = request.signed()?;
    let fresh = cookie::fresh();
    request.write_control(|tx| {
        service::disable(tx, signed.account, Some(signed.session))?;
        sessions::confirm(tx, signed.account, signed.session, &fresh, "second_factor_disabled", false)?;
        let account = accounts::find(tx, signed.account)?;
        accounts::service::tell_of_change(tx, app, &account, &account.email, "Two-step sign-in was turned off.")
    })?;
    jobs::ask(app, &DELIVER, None)?;
    Ok(Reply::see_other("/account/security").toast("two-step-off").with_cookie(cookie::set(&fresh)))
}
