//! Fills a workspace with people by the product's own way for many: its services, with triggers and audit.

use std::sync::Arc;

use holdfast::app::App;
use holdfast::clock::Timestamp;
use holdfast::db::{Actor, Origin};
use holdfast::gate;
use holdfast::id::{CompanyId, MemberId, WorkspaceId};
use holdfast::people::companies;
use holdfast::people::contacts;
use holdfast::people::contacts::inserter::Inserter;
use holdfast::privacy::audit::{self, Event};
use holdfast::visitor::Reach;

use crate::Outcome;
use crate::people::{self, PER_COMPANY, Person};

/// People of one transaction.
const BATCH: u64 = 1_000;
/// One in so many has been heard of since.
const ACTIVE: u64 = 16;

/// Enters companies and people, the newest last, over the two years before now.
pub fn fill(app: &Arc<App>, workspace: WorkspaceId, members: &[MemberId], count: u64) -> Outcome<()> {
    let workspace = gate::for_job(app, workspace)?;
    let origin = Origin::local(Actor::CommandLine);
    let batches = count.div_ceil(BATCH);
    for batch in 0..batches {
        let ago = i64::try_from(batches - batch)? * (2 * 365 * Timestamp::DAY / i64::try_from(batches)?);
        let numbers = batch * BATCH..((batch + 1) * BATCH).min(count);
        workspace.file.write(app.now().plus(-ago), &origin, |tx| {
            let mut ids: Vec<CompanyId> = Vec::new();
            let first = numbers.start / PER_COMPANY;
            for number in first..=(numbers.end - 1) / PER_COMPANY {
                ids.push(companies::service::create_silently(tx, &people::company(number, members), "")?);
            }
            let mut inserter = Inserter::new(tx, Reach::Everything)?;
            for number in numbers.clone() {
                let person = Person::new(number);
                let company = usize::try_from(person.company() - first).ok().and_then(|at| ids.get(at)).copied();
                let id = inserter.insert(&person.contact(company, members))?;
                if number % ACTIVE == 0 {
                    contacts::service::touch(tx, id)?;
                }
            }
            audit::record(tx, Event::new("people.import.batch_written").detail("created", numbers.end - numbers.start))
        })?;
        if batch % 50 == 49 {
            eprintln!("  {} of {count} people", (batch + 1) * BATCH);
        }
    }
    Ok(())
}
