//! `/privacy/people/{id}/portal-code`: a code on paper for somebody without email.

use askama::Template;
use zeroize::Zeroizing;

use super::service;
use crate::error::Error;
use crate::permission::{Action, Area};
use crate::privacy::access_package::pages::kind;
use crate::privacy::subject::Person;
use crate::web::{Access, Reply, Request, Route, ui};

const EXPORT: Access = Access::may(Action::Export, Area::Privacy);

pub const ROUTES: &[Route] = &[Route::post("/w/{slug}/privacy/people/{id}/portal-code", EXPORT, print).step_up()];

#[derive(Template)]
#[template(path = "privacy/portal/printed.html")]
struct Printed {
    name: String,
    workspace: String,
    /// Where the code is typed in.
    address: String,
    code: Zeroizing<String>,
    back: String,
}

fn print(request: &Request) -> Result<Reply, Error> {
    request.no_fields()?;
    let id: i64 = request.param("id")?;
    let kind = kind(request)?;
    let member = request.member()?;
    let key = member.workspace.file.blind_index()?.clone();
    let (name, code) = request.write(|tx| {
        let name = (kind.name)(tx, id)?.ok_or(Error::NotFound(kind.word))?;
        let person = Person::of(tx, kind, id)?;
        Ok((name, service::print(tx, &key, &person)?))
    })?;
    let person = format!("/privacy/people/{id}");
    let page = Printed {
        workspace: member.workspace_name.clone(),
        address: request.app.public_url(&format!("/p/{}/your-data/paper", member.workspace_slug)),
        code: Zeroizing::new(code),
        back: request.url(&person),
        name,
    };
    request.page_below("A code on paper", &[(&page.name, &person)], &page)
}
