//! Who sent a request, as the services want to know it.

use super::record::{Access, Record};
use crate::error::Error;
use crate::id::MemberId;
use crate::members::directory::{self, Directory};
use crate::permission::{Action, Area};
use crate::web::Request;

/// How far the asker reaches among the records of an area.
pub fn access(request: &Request, area: Area) -> Access {
    Access {
        view: request.reach(Action::View, area),
        edit: request.reach(Action::Edit, area),
        assign: request.reach(Action::Assign, area),
        delete: request.reach(Action::Delete, area),
    }
}

/// The same, for whatever record a note or a tag is on.
pub fn access_to(request: &Request) -> impl Fn(Record) -> Access + '_ {
    |record| access(request, record.area())
}

/// The names of the workspace's members.
pub fn directory(request: &Request) -> Result<Directory, Error> {
    directory::directory(&request.app, request.member()?.workspace_id())
}

/// The owner of a new record: the asker, unless they chose somebody and may.
///
/// Fails on the field `owner` for somebody who is no member today, or when the asker may not give
/// records away.
pub fn new_owner(request: &Request, area: Area, chosen: Option<MemberId>) -> Result<Option<MemberId>, Error> {
    let me = request.member()?.id;
    match chosen {
        None => Ok(Some(me)),
        Some(owner) if owner == me => Ok(Some(me)),
        Some(_) if !request.may(Action::Assign, area) => {
            Err(Error::field("owner", "forbidden", "You may not give records to others. Leave it with yourself."))
        }
        Some(owner) => demand_active(request, owner).map(Some),
    }
}

/// The owner of a new record from a form: who may give records away may also choose nobody.
pub fn owner_from_form(request: &Request, area: Area, chosen: Option<MemberId>) -> Result<Option<MemberId>, Error> {
    match chosen {
        None if request.may(Action::Assign, area) => Ok(None),
        chosen => new_owner(request, area, chosen),
    }
}

/// Fails on the field `owner` when records cannot be given to this member.
pub fn demand_active(request: &Request, owner: MemberId) -> Result<MemberId, Error> {
    match directory(request)?.find_active(owner) {
        Some(_) => Ok(owner),
        None => Err(Error::field("owner", "unknown", "There is no such member. Choose somebody from the list.")),
    }
}
