//! A company as contacts name it: by its id or by its name.

use super::service;
use crate::db::Tx;
use crate::error::Error;
use crate::id::CompanyId;
use crate::people::wire::Reference;
use crate::permission::{Action, Area};
use crate::visitor;
use crate::web::Request;

/// How far somebody who names a company reaches among them.
pub struct Reach {
    view: visitor::Reach,
    may_add: bool,
}

impl Reach {
    pub fn of(request: &Request) -> Reach {
        Reach {
            view: request.reach(Action::View, Area::Companies),
            may_add: request.may(Action::Edit, Area::Companies),
        }
    }

    /// The company meant: one in sight by its id, or by its name, made when there is none and the asker may.
    ///
    /// Fails on `company` for any other.
    pub fn find(&self, tx: &Tx, reference: &Reference) -> Result<CompanyId, Error> {
        let unknown = |message: &str| Error::field("company", "unknown", message);
        match (reference.id, reference.name.as_deref()) {
            (Some(id), _) => match service::owner(tx, CompanyId(id))? {
                Some(owner) if self.view.covers(owner) => Ok(CompanyId(id)),
                _ => Err(unknown("There is no company of this id.")),
            },
            (None, Some(name)) => match service::find_by_name(tx, name)? {
                Some(id) => Ok(id),
                None if self.may_add => service::find_or_create_by_name(tx, name),
                None => Err(unknown("There is no company of this name, and you may not add one.")),
            },
            (None, None) => Err(Error::field("company", "required", "Name the company by its id or its name.")),
        }
    }
}
