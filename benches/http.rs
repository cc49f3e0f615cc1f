//! HTTP level: the API beside a thin server that does nothing but the statement. Aim: half of its throughput.

use crate::client::{escape, program};
use crate::installation::{self, Place};
use crate::load::{Load, Make, compare};
use crate::people::{self, Person};
use crate::report::{Aim, Report};
use crate::server::Server;
use crate::thin::Thin;
use crate::timing::ms;
use crate::{Options, Outcome};

const SECTION: &str = "API: beside actix and SQLCipher that do nothing but the statement";
/// Contacts that are asked for: what members look at within an hour.
const WARM: u64 = 1_000;

pub fn measure(options: &Options, place: &Place, report: &mut Report) -> Outcome<()> {
    eprintln!("the API beside a thin server");
    let (_, newest) = installation::ids(place)?;
    let thin = Thin::start(place)?;
    let product = Server::product(&place.data)?;
    let token = |number: usize| place.tokens[number % place.tokens.len()].as_str();
    let get = |number: usize, path: &str| program("GET", path, token(number), "");
    let list = |number: usize| get(number, "/api/v1/contacts?limit=50&sort=-updated_at");
    let read = |number: usize| {
        let id = newest - i64::try_from(people::scatter(number as u64) % WARM).unwrap_or(0);
        get(number, &format!("/api/v1/contacts/{id}"))
    };
    let search = |number: usize| {
        let words = people::search((number % 64) as u64, place.people);
        get(number, &format!("/api/v1/contacts?limit=50&q={}", escape(&words)))
    };
    // Numbers nobody else uses, so that every address is new, also in a folder that was kept.
    let first = 100_000_000 + 1_000_000 * (u64::try_from(newest)? % 1_000);
    let create =
        |number: usize| program("POST", "/api/v1/contacts", token(number), &Person::new(first + number as u64).json());
    let rounds = options.rounds() / 2;
    let mut ratio = |name: &str, make: Make, status: u16| -> Outcome<()> {
        let (ours, theirs) = compare(rounds, (&product, make), (&thin.server, make), status)?;
        report.add(
            SECTION,
            name,
            ours.beside(&theirs),
            "of thin throughput",
            Aim::AtLeast(0.5),
            detail(&ours, &theirs),
        );
        Ok(())
    };
    ratio("GET /api/v1/contacts, list of 50", &list, 200)?;
    ratio("GET /api/v1/contacts/{id}", &read, 200)?;
    ratio("GET /api/v1/contacts?q=, search", &search, 200)?;
    ratio("POST /api/v1/contacts", &create, 201)?;
    Ok(())
}

fn detail(ours: &Load, theirs: &Load) -> String {
    let of = |load: &Load| {
        let size = load.bytes / load.answers.max(1);
        format!("{:.0}/s, p50 {}, p99 {}, {size} bytes", load.rate(), ms(load.times.median()), ms(load.times.p99()))
    };
    format!("{} beside {}; 8 connections", of(ours), of(theirs))
}
