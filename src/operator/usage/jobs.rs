//! Writes down what was counted, and makes totals of it.

use super::store;
use crate::error::Error;
use crate::jobs::{Job, JobContext, Schedule, Work};

pub const WRITE: Job = Job {
    name: "operator.usage.write",
    purpose: "Writes down which pages were used, by those who did not switch it off.",
    schedule: Schedule::EveryMinutes(5),
    work: Work::Installation(write),
};

pub const TOTAL: Job = Job {
    name: "operator.usage.total",
    purpose: "Counts the use of pages by month, where five people or more stand behind a number.",
    schedule: Schedule::Cron("40 3 * * *"),
    work: Work::Installation(|cx| {
        // Counts of pages change nothing that anybody has; they stand for themselves.
        cx.app.control.write_unaudited(cx.now(), &cx.origin(), store::make_totals).map(|_| ())
    }),
};

fn write(cx: &JobContext) -> Result<(), Error> {
    let taken = cx.app.usage.take();
    if taken.is_empty() {
        return Ok(());
    }
    cx.app.control.write_unaudited(cx.now(), &cx.origin(), |tx| {
        taken.iter().try_for_each(|(account, page, views)| store::add(tx, *account, page, *views))
    })
}
