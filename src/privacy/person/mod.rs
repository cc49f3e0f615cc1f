//! Everything that concerns one person's rights, on one page: may we use their data, what they said, what is restricted,
//! and the ways to what others do for them.

pub mod api;
pub mod card;
pub mod lines;
pub mod pages;
pub mod saying;
pub mod tabs;

use crate::error::Error;
use crate::id::MemberId;
use crate::module::{PersonKind, RecordKind, record_kind};
use crate::permission::{Action, Area};
use crate::privacy::subject::{self, Person};
use crate::web::Request;

/// The kind of person that pages of the core are about: addresses name them by their id alone.
const KIND: &str = "contact";

/// A person whom the asker may see.
pub struct Seen {
    pub person: Person,
    pub kind: &'static PersonKind,
    pub record: &'static RecordKind,
    pub name: String,
    /// `None` also for somebody in the trash.
    pub owner: Option<MemberId>,
}

impl Seen {
    /// Their record's page below `/w/{slug}`.
    pub fn path(&self) -> String {
        (self.record.path)(self.person.id())
    }

    /// The page of their rights below `/w/{slug}`.
    pub fn privacy_path(&self) -> String {
        path(self.person.id())
    }

    /// Whether the asker may write down what this person said. Who works on people's rights may; and whoever may change
    /// their record may write down a no, so that it never waits for somebody.
    pub fn may_say(&self, request: &Request, opens: bool) -> bool {
        request.may(Action::Edit, Area::Privacy)
            || !opens && request.reach(Action::Edit, self.record.needs.area).covers(self.owner)
    }
}

/// The page of a person's rights below `/w/{slug}`.
pub fn path(id: i64) -> String {
    format!("/privacy/people/{id}")
}

/// The person of a kind with this id, when the asker may see them: by the level of their role, or because they work
/// on people's rights. Anybody else is not found.
pub fn seen(request: &Request, word: &str, id: i64) -> Result<Seen, Error> {
    let not_found = || Error::NotFound("person");
    let kind = subject::kind(request.app.modules, word).ok_or_else(not_found)?;
    let record = record_kind(request.app.modules, kind.word).ok_or_else(not_found)?;
    let reach = request.reach(record.needs.action, record.needs.area);
    let sees_all = request.may(Action::Edit, Area::Privacy);
    request.read(|db| {
        let name = (kind.name)(db, id)?.ok_or_else(not_found)?;
        let owner = (record.find)(db, id)?.map(|found| found.owner);
        if !sees_all && !owner.is_some_and(|owner| reach.covers(owner)) {
            return Err(not_found());
        }
        let person = Person::of(db, kind, id)?;
        Ok(Seen { person, kind, record, name, owner: owner.flatten() })
    })
}

/// The person that the address of a page names.
pub(in crate::privacy) fn of_page(request: &Request) -> Result<Seen, Error> {
    seen(request, KIND, request.param("id")?)
}
