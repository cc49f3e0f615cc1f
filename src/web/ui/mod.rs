//! The parts that pages are made of: fields, badges, people, dates, pagers, dialogs.
//!
//! Each is a small template of its own under `templates/ui/`, compiled once, and a function that
//! fills it in. A page's Rust file says `use crate::web::ui;` and its template then writes
//!
//! ```html
//! <form class="fields" method="post" action="/account/profile" novalidate>
//!   {{ ui::csrf() }}
//!   {{ ui::error_summary(errors) }}
//!   {{ ui::text("name", "Name", name, errors).autocomplete("name") }}
//!   {{ ui::text("email", "Email address", email, errors).kind("email").hint("Where we write to you.") }}
//!   {{ ui::select("zone", "Time zone", zone, zones, errors) }}
//!   {{ ui::area("about", "About you", about, errors).optional() }}
//!   {{ ui::check("weekly", "Send me a summary every Monday", weekly) }}
//!   <button class="button primary" type="submit">{{ ui::icon("save") }}Save</button>
//! </form>
//! ```
//!
//! where `errors: Vec<FieldError>` is empty at first. What carries a body of its own (cards, tables,
//! page heads) stays plain HTML with the classes of the stylesheet. The arguments are `&str`, so a
//! `String` or `&str` field of the page can be named as it is.

mod bell;
mod field;
mod part;
mod plain;
mod when;

pub use bell::BellLink;
pub use field::{Check, Choice, Choices, Field, area, check, checks, file, password, radios, select, switch, text};
pub use part::{
    Avatar, Badge, Confirm, Csrf, Empty, ErrorSummary, Icon, Pager, Person, Secret, Status, avatar, badge, confirm,
    csrf, empty, error_summary, icon, pager, person, secret, status,
};
pub use plain::Plain;
pub use when::{When, ago, day, moment};

use crate::web::{assets, format};

/// The address of a file in `assets/`.
pub fn asset(path: &str) -> String {
    assets::asset_url(path)
}

/// A whole number with commas: "1,284".
pub fn count(number: impl Plain<Value = i64>) -> String {
    format::count(number.plain())
}

/// A count with its noun: "1 contact", "1,284 contacts".
pub fn plural(number: impl Plain<Value = i64>, one: &str, many: &str) -> String {
    format::plural(number.plain(), one, many)
}

/// Bytes in a readable unit: "1.2 MB".
pub fn size(bytes: impl Plain<Value = i64>) -> String {
    format::size(bytes.plain().unsigned_abs())
}

#[cfg(test)]
mod tests;
