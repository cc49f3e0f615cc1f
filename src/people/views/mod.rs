//! Lists that members saved under a name, for themselves, for their team or for everybody.

pub mod api;
pub mod columns;
pub mod data_map;
pub mod pages;
pub mod service;
mod store;
pub mod tabs;

use crate::clock::Timestamp;
use crate::error::Error;
use crate::id::{MemberId, ViewId};
use crate::module::NamedMembers;
use crate::permission::{Action, Area, words};
use crate::web::Request;

use super::companies;
use super::contacts;
use super::list::shape::Shape;
use super::list::tree::{Asking, Group, moving};
use super::record::Object;

/// Filters name members by their numbers.
pub const NAMED: NamedMembers = NamedMembers { table: "saved_views", column: "filter", moved: moving::moved };

/// Views of one member for one kind of record.
pub const MOST: usize = 100;

words! {
    /// Who sees a view.
    Sharing {
        Own = "own",
        /// Whoever shares a team with its owner.
        Team = "team",
        Everybody = "everybody",
    }
}

impl Sharing {
    pub fn label(self) -> &'static str {
        match self {
            Sharing::Own => "Only you",
            Sharing::Team => "Your teams",
            Sharing::Everybody => "Everybody here",
        }
    }
}

/// A saved list.
#[derive(Debug, Clone)]
pub struct SavedView {
    pub id: ViewId,
    pub version: i64,
    pub object: Object,
    pub name: String,
    /// As it was asked, whether or not it can be answered any more.
    pub filter: Group,
    /// Empty: those that each reader chose.
    pub columns: Vec<String>,
    /// As in the address of the list; empty: by name.
    pub sort: String,
    pub sharing: Sharing,
    pub owner: Option<MemberId>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Everything about a view that somebody can enter.
#[derive(Debug, Clone)]
pub struct NewView {
    pub object: Object,
    pub name: String,
    pub filter: Group,
    pub columns: Vec<String>,
    pub sort: String,
    pub sharing: Sharing,
}

impl NewView {
    /// The view as what would make it.
    pub fn of(view: &SavedView) -> NewView {
        NewView {
            object: view.object,
            name: view.name.clone(),
            filter: view.filter.clone(),
            columns: view.columns.clone(),
            sort: view.sort.clone(),
            sharing: view.sharing,
        }
    }
}

/// The views that need something which somebody thinks about taking away.
pub struct Using {
    /// Names of the shared ones; those of others alone are nobody's to read.
    pub shared: Vec<String>,
    /// All of them.
    pub count: usize,
}

impl Using {
    fn of(views: Vec<SavedView>) -> Using {
        let count = views.len();
        let shared = views.into_iter().filter(|view| view.sharing != Sharing::Own).map(|view| view.name).collect();
        Using { shared, count }
    }
}

/// Who looks at lists and views, and what they may do with those of others.
#[derive(Debug, Clone)]
pub struct Looker {
    pub asking: Asking,
    /// Those who share a team with the member, and the member.
    pub team: Vec<MemberId>,
    /// May change what others share.
    pub may_manage: bool,
}

impl Looker {
    /// Whoever sent the request: in a browser in their time zone, as a program in UTC.
    pub fn of(request: &Request) -> Result<Looker, Error> {
        let member = request.member()?;
        let zone = if request.route.is_api() { jiff::tz::TimeZone::UTC } else { request.reader().zone };
        Ok(Looker {
            asking: Asking { me: member.id, zone },
            team: member.team.clone(),
            may_manage: request.may(Action::Manage, Area::Settings),
        })
    }

    pub fn me(&self) -> MemberId {
        self.asking.me
    }

    /// Whether this member may change the view, or take it away.
    pub fn may_change(&self, view: &SavedView) -> bool {
        view.owner == Some(self.me()) || (self.may_manage && view.sharing != Sharing::Own)
    }

    fn sees(&self, view: &SavedView) -> bool {
        match (view.sharing, view.owner) {
            (_, Some(owner)) if owner == self.me() => true,
            (Sharing::Everybody, _) => true,
            (Sharing::Team, Some(owner)) => self.may_manage || self.team.contains(&owner),
            _ => false,
        }
    }
}

/// The list of this kind of record.
pub fn shape(object: Object) -> &'static Shape {
    match object {
        Object::Contact => &contacts::pages::SHAPE,
        Object::Company => &companies::pages::SHAPE,
    }
}
