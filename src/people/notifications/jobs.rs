//! What happens by itself: mails to those who asked for them.

use super::mails;
use crate::jobs::{Job, Schedule, Work};

pub const MAIL: Job = Job {
    name: "people.notifications.mail",
    purpose: "Mails members what they asked to hear of: counts and a link, no names.",
    schedule: Schedule::EveryMinutes(5),
    work: Work::Workspace(mails::send),
};
