//! Statement level: the same SQL on an encrypted file and on its plain twin. Aim: warm reads at 0.9 of plain.

use holdfast::db::open::Purpose;
use rusqlite::{Connection, named_params};

use crate::installation::Place;
use crate::people::{self, Person};
use crate::report::{Aim, Report};
use crate::timing::{Samples, in_turns, ms, speed};
use crate::twin::Twins;
use crate::{Options, Outcome};

const SECTION: &str = "Statements: encrypted beside plain";
/// What members look at within an hour fits into the page cache: so many contacts.
const WARM: u64 = 1_000;
/// Rows of a page.
const PAGE: i64 = 50;

// The statements of `people::list::query`, `people::contacts::store`, `identities` and `tags`.
const REST_OF_KEY: &str = "SELECT r.id, r.updated_at FROM contacts AS r INDEXED BY contacts_by_update
    WHERE NOT EXISTS (SELECT 1 FROM contacts INDEXED BY contacts_archived WHERE archived_at IS NOT NULL AND id = r.id)
      AND r.updated_at = :after AND r.id < :after_id ORDER BY r.updated_at DESC, r.id DESC LIMIT :limit";
const BEYOND_KEY: &str = "SELECT r.id, r.updated_at FROM contacts AS r INDEXED BY contacts_by_update
    WHERE NOT EXISTS (SELECT 1 FROM contacts INDEXED BY contacts_archived WHERE archived_at IS NOT NULL AND id = r.id)
      AND r.updated_at < :after ORDER BY r.updated_at DESC, r.id DESC LIMIT :limit";
const CONTACT: &str = "SELECT c.id, c.version, c.given_name, c.family_name, c.display_name, c.has_own_display, c.job_title,
        c.company_id, o.name AS company_name, c.street, c.postal_code, c.city, c.region, c.country, c.language, c.time_zone,
        c.owner_id, c.source, c.restricted, c.last_activity_at, c.created_by, c.created_at, c.updated_at, c.archived_at
     FROM contacts c LEFT JOIN companies o ON o.id = c.company_id WHERE c.id = :id";
const IDENTITIES: &str = "SELECT kind, value, normalised, label, is_primary, verified_at FROM contact_identities
     WHERE contact_id = :id ORDER BY kind, position";
const TAGS: &str =
    "SELECT t.name FROM contact_tags x JOIN tags t ON t.id = x.tag_id WHERE x.contact_id = :id ORDER BY t.name_key";
const SEARCH: &str = "SELECT c.id, c.display_name, c.company_id, ifnull(o.name, '')
     FROM contact_search CROSS JOIN contacts c ON c.id = contact_search.rowid LEFT JOIN companies o ON o.id = c.company_id
     WHERE contact_search MATCH :matching ORDER BY contact_search.rowid DESC LIMIT :limit";
const INSERT: &str = "INSERT INTO contacts (given_name, family_name, display_name, sort_name, job_title, company_sort, source, words,
        created_at, updated_at) VALUES (:given, :family, :name, :sort, :title, :company_sort, 'bench', :words, :now, :now)";
const ADD_IDENTITY: &str = "INSERT INTO contact_identities (contact_id, kind, value, normalised, is_primary, position)
     VALUES (:id, :kind, :value, :value, 1, 0)";

pub fn measure(options: &Options, place: &Place, report: &mut Report) -> Outcome<()> {
    eprintln!("statements: encrypted beside plain");
    let twins = Twins::make(place)?;
    let (encrypted, plain) = (twins.encrypted(Purpose::Read)?, twins.plain(Purpose::Read)?);
    let newest: (i64, i64) =
        plain.query_row("SELECT max(id), max(updated_at) FROM contacts", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let count = u64::try_from(newest.0)?;
    // The newest people are the ones that are looked at: they share pages, as in life.
    let warm = |number: usize| newest.0 - i64::try_from(people::scatter(number as u64) % WARM).unwrap_or(0);
    let anywhere = |number: usize| 1 + i64::try_from(people::scatter(number as u64) % count).unwrap_or(0);
    let words: Vec<String> = (0..64).filter_map(|number| matching(number, place.people)).collect();

    let mut reads = |name: &str, aim: Aim, batch: usize, read: &dyn Fn(&Connection, usize) -> rusqlite::Result<()>| {
        let (ours, theirs) = in_turns(options.rounds(), batch, &mut |n| read(&encrypted, n), &mut |n| read(&plain, n))?;
        ratio(report, name, aim, batch, &ours, &theirs);
        Outcome::Ok(())
    };
    let aim = Aim::AtLeast(0.9);
    reads("list of 50, warm", aim, 50, &|conn, n| list(conn, (newest.1 + 1, warm(n % 16))))?;
    reads("point read, warm", aim, 500, &|conn, n| contact(conn, warm(n)))?;
    reads("search, warm", aim, 60, &|conn, n| search(conn, &words[n % 10]))?;
    reads("list of 50, anywhere", Aim::None, 20, &|conn, n| {
        let id = anywhere(n);
        let at =
            conn.prepare_cached("SELECT updated_at FROM contacts WHERE id = ?1")?.query_row([id], |row| row.get(0));
        list(conn, (at.unwrap_or(newest.1), id))
    })?;
    reads("point read, anywhere", Aim::None, 200, &|conn, n| contact(conn, anywhere(n)))?;
    reads("search, any words", Aim::None, words.len(), &|conn, n| search(conn, &words[n % words.len()]))?;
    drop((encrypted, plain));

    let (mut encrypted, mut plain) = (twins.encrypted(Purpose::Write)?, twins.plain(Purpose::Write)?);
    let single = |conn: &mut Connection, n: usize| insert(conn, 20_000_000 + n as u64..20_000_001 + n as u64);
    let (ours, theirs) =
        in_turns(options.rounds(), 25, &mut |n| single(&mut encrypted, n), &mut |n| single(&mut plain, n))?;
    ratio(report, "insert of one, committed to disk", Aim::None, 25, &ours, &theirs);
    let many =
        |conn: &mut Connection, n: usize| insert(conn, 30_000_000 + n as u64 * 1_000..30_001_000 + n as u64 * 1_000);
    let (ours, theirs) = in_turns(options.rounds(), 1, &mut |n| many(&mut encrypted, n), &mut |n| many(&mut plain, n))?;
    ratio(report, "insert of 1,000, committed to disk", Aim::None, 1, &ours, &theirs);
    let sizes = twins.sizes()?;
    let detail = format!("{} MiB beside {} MiB", sizes.0 >> 20, sizes.1 >> 20);
    report.add(SECTION, "size of the file", sizes.0 as f64 / sizes.1 as f64, "of plain", Aim::None, detail);
    Ok(())
}

fn ratio(report: &mut Report, name: &str, aim: Aim, batch: usize, ours: &Samples, theirs: &Samples) {
    let detail = format!(
        "median {}, p99 {} beside {}, {}; {} runs each",
        ms(ours.median()),
        ms(ours.p99()),
        ms(theirs.median()),
        ms(theirs.p99()),
        ours.len()
    );
    report.add(SECTION, name, speed(ours, theirs, batch), "of plain speed", aim, detail);
}

/// A page as the product reads it: its ids from the index, then every record with what hangs on it.
fn list(conn: &Connection, before: (i64, i64)) -> rusqlite::Result<()> {
    conn.execute_batch("BEGIN")?;
    let (after, after_id) = before;
    let mut rest = conn.prepare_cached(REST_OF_KEY)?;
    let asked = named_params! { ":after": after, ":after_id": after_id, ":limit": PAGE + 1 };
    let mut ids: Vec<i64> = rest.query_map(asked, |row| row.get(0))?.collect::<Result<_, _>>()?;
    let left = PAGE + 1 - i64::try_from(ids.len()).unwrap_or(0);
    if left > 0 {
        let mut beyond = conn.prepare_cached(BEYOND_KEY)?;
        for id in beyond.query_map(named_params! { ":after": after, ":limit": left }, |row| row.get(0))? {
            ids.push(id?);
        }
    }
    ids.iter().take(PAGE as usize).try_for_each(|id| record(conn, *id))?;
    conn.execute_batch("COMMIT")
}

fn contact(conn: &Connection, id: i64) -> rusqlite::Result<()> {
    conn.execute_batch("BEGIN")?;
    record(conn, id)?;
    conn.execute_batch("COMMIT")
}

fn record(conn: &Connection, id: i64) -> rusqlite::Result<()> {
    for sql in [CONTACT, IDENTITIES, TAGS] {
        read_all(conn, sql, named_params! { ":id": id })?;
    }
    Ok(())
}

fn search(conn: &Connection, matching: &str) -> rusqlite::Result<()> {
    conn.execute_batch("BEGIN")?;
    read_all(conn, SEARCH, named_params! { ":matching": matching, ":limit": PAGE })?;
    conn.execute_batch("COMMIT")
}

/// Touches every value, as code that uses them would.
fn read_all(conn: &Connection, sql: &str, parameters: &[(&str, &dyn rusqlite::ToSql)]) -> rusqlite::Result<()> {
    let mut statement = conn.prepare_cached(sql)?;
    let columns = statement.column_count();
    let mut rows = statement.query(parameters)?;
    while let Some(row) = rows.next()? {
        for column in 0..columns {
            std::hint::black_box(row.get::<_, rusqlite::types::Value>(column)?);
        }
    }
    Ok(())
}

/// What the product would ask the index of words for.
fn matching(number: u64, people: u64) -> Option<String> {
    holdfast::people::search::words::records_matching(&people::search(number, people))
}

fn insert(conn: &mut Connection, numbers: std::ops::Range<u64>) -> rusqlite::Result<()> {
    let tx = conn.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    for number in numbers {
        let person = Person::new(number);
        let (name, email) = (format!("{} {}", person.given, person.family), person.email());
        tx.prepare_cached(INSERT)?.execute(named_params! {
            ":given": person.given, ":family": person.family, ":name": name, ":sort": name.to_lowercase(),
            ":title": person.title(), ":company_sort": "\u{10ffff}",
            ":words": format!("{} {}", name.to_lowercase(), email.replace(['.', '@'], " ")), ":now": 1_790_000_000_000_i64,
        })?;
        let id = tx.last_insert_rowid();
        let mut add = tx.prepare_cached(ADD_IDENTITY)?;
        add.execute(named_params! { ":id": id, ":kind": "email", ":value": email })?;
        if let Some(phone) = person.phone() {
            add.execute(named_params! { ":id": id, ":kind": "phone", ":value": format!("{phone}{number}") })?;
        }
    }
    tx.commit()
}
