//! Rights of one person with a thousand records in a large workspace: the copy of their data, and their erasure.

use std::time::Instant;

use holdfast::db::Tx;
use holdfast::gate;
use holdfast::id::ContactId;
use holdfast::people::contacts::NewContact;
use holdfast::people::contacts::inserter::Inserter;
use holdfast::people::identities::NewIdentity;
use holdfast::people::person::CONTACT;
use holdfast::privacy::audit::{self, Event};
use holdfast::privacy::subject::Person;
use holdfast::privacy::{access_package, erasure};
use holdfast::visitor::Reach;

use crate::Outcome;
use crate::edits::memory;
use crate::installation::{self, Place, origin};
use crate::report::{Aim, Report};

const SECTION: &str = "Rights of one person";
/// Records that hang on them: half of them notes, the others lines of their history.
const RECORDS: i64 = 1_000;

/// Makes the person anew for each run, and leaves the workspace without them.
pub fn measure(place: &Place, report: &mut Report) -> Outcome<()> {
    let app = installation::open(&place.data)?;
    let workspace = gate::for_job(&app, place.workspace)?;
    let id = workspace.file.write(app.now(), &origin(), add_person)?;
    let many = format!("one of {} people, with {RECORDS} records", place.people);

    std::fs::write("/proc/self/clear_refs", "5")?;
    let before = memory("VmRSS:")?;
    let begun = Instant::now();
    let package = workspace.file.write(app.now(), &origin(), |tx| {
        let asked = access_package::build(tx, &Person::of(tx, &CONTACT, id.0)?, None)?;
        access_package::service::get(tx, asked)
    })?;
    access_package::service::make(&app, &workspace, &origin(), &package)?;
    let seconds = begun.elapsed().as_secs_f64();
    let made = workspace.file.read(app.now(), |db| access_package::service::get(db, package.id))?;
    if made.items < RECORDS {
        return Err(format!("the copy holds {} items", made.items).into());
    }
    let detail = format!("{} items, {:.1} MiB of memory more", made.items, memory("VmHWM:")? - before);
    report.add(SECTION, format!("copy of the data of {many}"), seconds, "s", Aim::None, detail);

    std::fs::write("/proc/self/clear_refs", "5")?;
    let before = memory("VmRSS:")?;
    let begun = Instant::now();
    let asked = workspace
        .file
        .write(app.now(), &origin(), |tx| erasure::service::begin(tx, &Person::of(tx, &CONTACT, id.0)?, None))?;
    let done = erasure::service::execute(&app, &workspace, &origin(), asked)?;
    let seconds = begun.elapsed().as_secs_f64();
    let certificate = done.certificate.ok_or("the erasure did not come to its end")?;
    if !certificate.contains("\"clean\": true") {
        return Err(format!("something was left: {certificate}").into());
    }
    let size = workspace.file.size() as f64 / 1024.0 / 1024.0;
    let detail = format!(
        "every text and every page of {size:.0} MiB looked at, {:.1} MiB of memory more",
        memory("VmHWM:")? - before
    );
    report.add(SECTION, format!("erasure of {many}, to the signed certificate"), seconds, "s", Aim::None, detail);
    drop(workspace);
    installation::close(app)
}

fn add_person(tx: &Tx) -> Result<ContactId, holdfast::error::Error> {
    let contact = NewContact {
        given_name: "Quillon".into(),
        family_name: "Vexworth".into(),
        emails: vec![NewIdentity::new("quillon.vexworth@bench.example")],
        came_back: true,
        ..NewContact::default()
    };
    let id = Inserter::new(tx, Reach::Everything)?.insert(&contact)?;
    for number in 0..RECORDS {
        let params: &[(&str, &dyn rusqlite::ToSql)] = &[(":id", &id), (":now", &tx.now), (":number", &number)];
        if number % 2 == 0 {
            tx.execute(
                "INSERT INTO notes (on_type, on_id, body, created_at, updated_at)
                 VALUES ('contact', :id, 'Called about order ' || :number || ' and asked for Quillon Vexworth.', :now, :now)",
                params,
            )?;
        } else {
            tx.execute(
                "INSERT INTO timeline_entries (on_type, on_id, at, kind, version)
                 SELECT 'contact', :id, :now, 'changed', :number + 1",
                params,
            )?;
        }
    }
    audit::record(tx, Event::new("people.contact.created").on("contact", id))?;
    Ok(id)
}
