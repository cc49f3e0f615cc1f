//! Small parts: icons, badges, people, empty places, pagers, secrets, questions before danger.

use std::fmt::{self, Write};

use askama::filters::HtmlSafe;
use askama::{FastWritable, Template, Values};

use crate::error::FieldError;
use crate::web::format;
use crate::web::reader::Reader;

use super::Plain;

/// A picture from the sprite. It is hidden from screen readers: the word beside it speaks.
#[derive(Template)]
#[template(path = "ui/icon.html")]
pub struct Icon<'a> {
    name: &'a str,
    class: &'a str,
}

impl<'a> Icon<'a> {
    /// More classes: `small`, `large`, `kept`, `risk`, `broken`, `accent`, `muted`.
    pub fn class(self, class: &'a str) -> Icon<'a> {
        Icon { class, ..self }
    }
}

impl HtmlSafe for Icon<'_> {}

/// The icon called `name` in `assets/icons.svg`. A test knows all names that templates use.
pub fn icon(name: &str) -> Icon<'_> {
    Icon { name, class: "" }
}

/// The hidden input that proves a form came from a page of ours.
pub struct Csrf;

/// Stands first in every form that posts. Takes the token from the [`Reader`].
pub fn csrf() -> Csrf {
    Csrf
}

impl FastWritable for Csrf {
    fn write_into(&self, dest: &mut dyn Write, values: &dyn Values) -> askama::Result<()> {
        let token = askama::filters::escape(&Reader::of(values)?.csrf, askama::filters::Html)?;
        write!(dest, r#"<input type="hidden" name="_csrf" value="{token}">"#)?;
        Ok(())
    }
}

/// Fails: a form without its token could not be sent.
impl fmt::Display for Csrf {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Err(fmt::Error)
    }
}

impl HtmlSafe for Csrf {}

/// All that is wrong with a form, first in the form; the script moves the focus here.
#[derive(Template)]
#[template(path = "ui/error_summary.html")]
pub struct ErrorSummary<'a> {
    errors: &'a [FieldError],
}

impl HtmlSafe for ErrorSummary<'_> {}

/// Prints nothing when there are no errors, so it can stand in every form.
pub fn error_summary(errors: &[FieldError]) -> ErrorSummary<'_> {
    ErrorSummary { errors }
}

/// A word on a tinted ground.
#[derive(Template)]
#[template(path = "ui/badge.html")]
pub struct Badge<'a> {
    kind: &'a str,
    word: &'a str,
    icon: &'a str,
}

impl<'a> Badge<'a> {
    pub fn icon(self, icon: &'a str) -> Badge<'a> {
        Badge { icon, ..self }
    }
}

impl HtmlSafe for Badge<'_> {}

/// `kind` is `kept`, `risk`, `broken`, `info`, `accent`, or empty for grey.
pub fn badge<'a>(kind: &'a str, word: &'a str) -> Badge<'a> {
    Badge { kind, word, icon: "" }
}

/// An icon and a word for the state of something: never colour alone.
#[derive(Template)]
#[template(path = "ui/status.html")]
pub struct Status<'a> {
    kind: &'a str,
    word: &'a str,
    icon: &'a str,
}

impl<'a> Status<'a> {
    /// Another icon than that of the kind.
    pub fn icon(self, icon: &'a str) -> Status<'a> {
        Status { icon, ..self }
    }
}

impl HtmlSafe for Status<'_> {}

/// `kind` is `kept`, `risk`, `broken`, `info`, or empty for "nothing to say yet".
pub fn status<'a>(kind: &'a str, word: &'a str) -> Status<'a> {
    let icon = match kind {
        "kept" => "circle-check",
        "risk" => "triangle-alert",
        "broken" => "octagon-x",
        "info" => "info",
        _ => "circle-dashed",
    };
    Status { kind, word, icon }
}

/// Two letters on a coloured disc.
#[derive(Template)]
#[template(path = "ui/avatar.html")]
pub struct Avatar<'a> {
    name: &'a str,
    class: &'a str,
}

impl<'a> Avatar<'a> {
    /// `small`, `large`, `huge`; `company` for a square.
    pub fn class(self, class: &'a str) -> Avatar<'a> {
        Avatar { class, ..self }
    }
}

impl HtmlSafe for Avatar<'_> {}

/// The avatar of whoever is called `name`. Hidden from screen readers: the name stands beside it.
pub fn avatar(name: &str) -> Avatar<'_> {
    Avatar { name, class: "" }
}

/// An avatar, a name and a line under it.
#[derive(Template)]
#[template(path = "ui/person.html")]
pub struct Person<'a> {
    name: &'a str,
    line: &'a str,
    href: &'a str,
    class: &'a str,
}

impl<'a> Person<'a> {
    /// Makes the name a link; `J` and `K` walk through such rows of a table.
    pub fn href(self, href: &'a str) -> Person<'a> {
        Person { href, ..self }
    }

    /// Draws a square avatar.
    pub fn company(self) -> Person<'a> {
        Person { class: "company", ..self }
    }

    /// A smaller avatar, for an owner in a table.
    pub fn small(self) -> Person<'a> {
        Person { class: "small", ..self }
    }
}

impl HtmlSafe for Person<'_> {}

/// `line` is the address or the role under the name; leave it empty for the name alone.
pub fn person<'a>(name: &'a str, line: &'a str) -> Person<'a> {
    Person { name, line, href: "", class: "" }
}

/// What a list says when it has nothing: what will be here, and the one thing to do.
#[derive(Template)]
#[template(path = "ui/empty.html")]
pub struct Empty<'a> {
    title: &'a str,
    text: &'a str,
    action: Option<(&'a str, &'a str)>,
}

impl<'a> Empty<'a> {
    /// The one thing to do, as a link with a verb.
    pub fn action(self, href: &'a str, label: &'a str) -> Empty<'a> {
        Empty { action: Some((href, label)), ..self }
    }
}

impl HtmlSafe for Empty<'_> {}

pub fn empty<'a>(title: &'a str, text: &'a str) -> Empty<'a> {
    Empty { title, text, action: None }
}

/// The foot of a list: what is shown, and the way to the rest.
#[derive(Template)]
#[template(path = "ui/pager.html")]
pub struct Pager<'a> {
    label: &'a str,
    shown: &'a str,
    previous: Option<&'a str>,
    next: Option<&'a str>,
}

impl HtmlSafe for Pager<'_> {}

/// `label` names the pages ("Pages of contacts"), `shown` says which these are ("1 to 50 of 1,284").
/// Pass the links as `previous.as_deref()`.
pub fn pager<'a>(label: &'a str, shown: &'a str, previous: Option<&'a str>, next: Option<&'a str>) -> Pager<'a> {
    Pager { label, shown, previous, next }
}

/// A value to be copied: shown in full, or covered until asked for.
#[derive(Template)]
#[template(path = "ui/secret.html")]
pub struct Secret<'a> {
    id: &'a str,
    value: &'a str,
    what: &'a str,
    covered: bool,
}

impl HtmlSafe for Secret<'_> {}

/// `what` names it in the labels of its buttons ("the token"). Without the script a covered value
/// could not be uncovered, so the server prints it and the script covers it.
pub fn secret<'a>(id: &'a str, what: &'a str, value: &'a str, covered: impl Plain<Value = bool>) -> Secret<'a> {
    Secret { id, value, what, covered: covered.plain() }
}

/// A question before something that cannot be undone. A button opens it:
/// `<button class="button danger" type="button" command="show-modal" commandfor="the-id">Erase…</button>`
#[derive(Template)]
#[template(path = "ui/confirm.html")]
pub struct Confirm<'a> {
    id: &'a str,
    title: &'a str,
    text: &'a str,
    action: &'a str,
    verb: &'a str,
    keep: &'a str,
    fields: Vec<(&'a str, &'a str)>,
}

impl<'a> Confirm<'a> {
    /// The words on the safe button; "Keep" unless said otherwise.
    pub fn keep(self, keep: &'a str) -> Confirm<'a> {
        Confirm { keep, ..self }
    }

    /// A hidden field that goes with the answer.
    pub fn field(mut self, name: &'a str, value: &'a str) -> Confirm<'a> {
        self.fields.push((name, value));
        self
    }
}

impl HtmlSafe for Confirm<'_> {}

/// `text` says what goes, what stays and why; `verb` is the dangerous button; `action` is where it posts.
pub fn confirm<'a>(id: &'a str, title: &'a str, text: &'a str, action: &'a str, verb: &'a str) -> Confirm<'a> {
    Confirm { id, title, text, action, verb, keep: "Keep", fields: Vec::new() }
}
