//! Reads and changes who answers for the data.

use super::{Controller, store};
use crate::db::{Db, Tx};
use crate::error::Error;
use crate::mail::message::address;
use crate::privacy::audit::{self, Event};
use crate::privacy::purposes::service::acting_member;
use crate::privacy::text::Checks;

const LONGEST_NAME: usize = 200;
const LONGEST_ADDRESS: usize = 500;
const LONGEST_EMAIL: usize = 254;

/// As it was chosen; empty before that.
pub fn read(db: &Db) -> Result<Controller, Error> {
    Ok(store::find(db)?.unwrap_or_default())
}

/// Fails with everything that breaks a rule, by field.
pub fn save(tx: &Tx, typed: &Controller) -> Result<Controller, Error> {
    let mut checks = Checks::default();
    let controller = Controller {
        name: checks.line("name", "The name", &typed.name, LONGEST_NAME),
        address: checks.paragraphs("address", "The address", &typed.address, LONGEST_ADDRESS),
        email: email(&mut checks, "email", &typed.email),
        dpo_name: checks.line("dpo_name", "The officer's name", &typed.dpo_name, LONGEST_NAME),
        dpo_email: email(&mut checks, "dpo_email", &typed.dpo_email),
    };
    if !controller.is_empty() {
        checks.required("name", &controller.name, "Enter the name of the organisation that answers for the data.");
    }
    if !controller.dpo_name.is_empty() {
        checks.required("dpo_email", &controller.dpo_email, "Enter where people reach the officer by email.");
    }
    checks.done()?;
    let before = read(tx)?;
    if before == controller {
        return Ok(controller);
    }
    let pairs = [
        ("name", before.name == controller.name),
        ("address", before.address == controller.address),
        ("email", before.email == controller.email),
        ("dpo_name", before.dpo_name == controller.dpo_name),
        ("dpo_email", before.dpo_email == controller.dpo_email),
    ];
    let changed: Vec<&str> = pairs.iter().filter(|(_, is_same)| !is_same).map(|(name, _)| *name).collect();
    store::set(tx, &controller, acting_member(tx.origin))?;
    audit::record(tx, Event::new("privacy.controller.changed").detail("fields", changed))?;
    Ok(controller)
}

fn email(checks: &mut Checks, field: &'static str, text: &str) -> String {
    let text = checks.line(field, "The address", text, LONGEST_EMAIL);
    if !text.is_empty() && address(field, &text).is_err() {
        checks.add(field, "invalid_email", "Enter an email address, like privacy@example.com.");
    }
    text
}
