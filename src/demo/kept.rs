//! What comes to its time soon in the demonstration, and what a legal hold keeps.

use crate::app::App;
use crate::clock::Timestamp;
use crate::db::{Actor, Origin};
use crate::error::Error;
use crate::gate;
use crate::id::{MemberId, WorkspaceId};
use crate::people::contacts;
use crate::people::list::{Filter, Sort, SortKey};
use crate::people::record::Access;
use crate::privacy::holds::{self, NewHold};
use crate::visitor::Reach;

/// How long ago each of the deleted contacts was deleted: the first goes tomorrow.
const DELETED_DAYS_AGO: [i64; 4] = [29, 24, 16, 3];

/// Deletes a few contacts on days past, and holds one that is still there.
pub fn keep(app: &App, workspace: WorkspaceId, members: &[MemberId]) -> Result<(), Error> {
    let workspace = gate::for_job(app, workspace)?;
    let Some(member) = members.first() else { return Ok(()) };
    let origin = Origin::local(Actor::Member(*member));
    let found = workspace.file.read(app.now(), |db| {
        let everybody = Filter::within(&Reach::Everything);
        Ok(contacts::service::page(
            db,
            &everybody,
            Sort::down(SortKey::Created),
            None,
            1 + DELETED_DAYS_AGO.len() as i64,
        )?
        .0)
    })?;
    for (contact, days) in found.iter().skip(1).zip(DELETED_DAYS_AGO) {
        workspace.file.write(app.now().plus(-days * Timestamp::DAY), &origin, |tx| {
            contacts::service::delete(tx, contact.id, None, &Access::everything())
        })?;
    }
    let Some(held) = found.first() else { return Ok(()) };
    workspace.file.write(app.now(), &origin, |tx| {
        let hold = NewHold {
            scope: "person".into(),
            on_type: "contact".into(),
            on_id: Some(held.id.0),
            matter: "Tide gauge claim 26-117".into(),
            reason: "The insurer asked us to keep everything about the delivery until the claim is settled.".into(),
            ..NewHold::default()
        };
        holds::service::place(tx, app.modules, hold).map(drop)
    })
}
