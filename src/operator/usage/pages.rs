//! `/operator/usage`: which pages are used, never by whom.

use askama::Template;

use super::FEWEST;
use super::store::{self, Used};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::web::{Access, Reply, Request, Route, ui};

pub const ROUTES: &[Route] = &[Route::get("/operator/usage", Access::Operator, show)];

#[derive(Template)]
#[template(path = "operator/usage/show.html")]
struct Show {
    recent: Vec<Used>,
    /// The name of the month, and what was used in it.
    months: Vec<(String, Vec<Used>)>,
}

fn show(request: &Request) -> Result<Reply, Error> {
    let since = request.now().plus(-30 * Timestamp::DAY);
    let (recent, totals) = request.read_control(|db| Ok((store::recent(db, since)?, store::totals(db)?)))?;
    let mut months: Vec<(String, Vec<Used>)> = Vec::new();
    for (month, used) in totals {
        let name = month_name(month);
        match months.last_mut() {
            Some((last, list)) if *last == name => list.push(used),
            _ => months.push((name, vec![used])),
        }
    }
    request.page("Usage", &Show { recent, months })
}

/// "November 2026" for months since January 1970.
fn month_name(month: i64) -> String {
    let (year, month) = (1970 + month.div_euclid(12), month.rem_euclid(12) + 1);
    let date = i16::try_from(year).ok().zip(i8::try_from(month).ok());
    let date = date.and_then(|(year, month)| jiff::civil::Date::new(year, month, 1).ok());
    date.map_or_else(String::new, |date| date.strftime("%B %Y").to_string())
}
