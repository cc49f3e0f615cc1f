//! `holdfast workspace restore`: one workspace back to an earlier moment, for whoever has a shell.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::answer::Answer;
use crate::app::App;
use crate::backup::health;
use crate::backup::workspace::{self, Into, NewRestore, State, jobs};
use crate::clock::Timestamp;
use crate::db::{Actor, Origin};
use crate::error::Error;
use crate::jobs as runner;
use crate::members::memberships::{self, State as Standing};
use crate::members::workspaces;

#[derive(Debug, Clone, clap::Args, Serialize, Deserialize)]
pub struct Restore {
    slug: String,
    /// The moment that is wanted, in RFC 3339; the state of then or just before comes back
    #[arg(long, value_name = "TIME")]
    at: String,
    /// Make a workspace of its own under this address; what is there stays as it is
    #[arg(long = "as", value_name = "SLUG", required_unless_present = "in_place", conflicts_with = "in_place")]
    new: Option<String>,
    /// Replace what is there; it is put aside for seven days
    #[arg(long)]
    in_place: bool,
    /// The name of the new workspace; with --in-place the name as it stands, so that no wrong one is replaced
    #[arg(long)]
    name: String,
}

/// Asks for it in the name of the first owner, and waits for its end.
pub fn run(app: &Arc<App>, asked: &Restore) -> Result<Answer, Error> {
    let until = Timestamp::parse(&asked.at)
        .ok_or_else(|| Error::field("at", "no_moment", "--at takes a moment such as 2026-11-20T10:15:00Z"))?;
    let place = app.read(|db| workspaces::find_by_slug(db, &asked.slug))?;
    let chain = health::read(app)?;
    let oldest = chain.copies_of(place.id).filter(|(_, copy)| copy.verified.is_some()).map(|(_, copy)| copy.at).min();
    let new = NewRestore {
        into: if asked.in_place { Into::InPlace } else { Into::New },
        until,
        from_restore: None,
        name: asked.name.clone(),
        slug: asked.new.clone().unwrap_or_default(),
    };
    let id = app.write(&Origin::local(Actor::CommandLine), |tx| {
        let members = memberships::list(tx, place.id)?;
        let owner = members.iter().find(|one| one.is_owner() && one.state == Standing::Active);
        let owner = owner.ok_or_else(|| Error::Conflict("this workspace has no owner who can enter it".into()))?;
        workspace::ask(tx, place.id, owner.id, &new, oldest)
    })?;
    match runner::run_now(app, jobs::RESTORE.name, None) {
        // The server's own runner was quicker: what it does is looked at below.
        Ok(()) | Err(Error::Conflict(_)) => {}
        Err(error) => return Err(error),
    }
    let restore = loop {
        let restore = app.read(|db| workspace::find(db, place.id, id))?;
        if !restore.is_open() || app.wake.is_stopping() {
            break restore;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    };
    if restore.state != State::Done {
        return Err(Error::Refused(format!("{}: {}", asked.slug, restore.error)));
    }
    let report = restore.report.unwrap_or_default();
    let kept: usize = report.kept_again.values().sum();
    let words = format!(
        "{} holds the state of {}. {kept} promises since then were kept again. Mail and retention wait until an owner \
         confirms under Settings, Backups.",
        asked.new.as_ref().unwrap_or(&asked.slug),
        report.at
    );
    Ok(Answer::new(serde_json::to_value(&report)?, words))
}
