//! What one can do with a contact, and the rules that hold when one does.

use super::store::{self, NO_COMPANY};
use super::{Checked, Contact, NewContact};
use crate::db::{Db, Tx, Workspace};
use crate::error::{Error, FieldError};
use crate::id::{CompanyId, ContactId, MemberId};
use crate::people::custom_fields::{self, Definitions};
use crate::people::identities::{self, Identity, Kind};
use crate::people::list::{Filter, Sort, SortKey};
use crate::people::notifications::{self, Notice, kinds::ASSIGNED};
use crate::people::record::{Access, Object, Record};
use crate::people::text::Faults;
use crate::people::timeline::NewEntry;
use crate::people::{email, erasing, phone, settings, tags, timeline, trash};
use crate::privacy::audit::{self, Event};
use crate::privacy::erasure::MARK;
use crate::visitor::Reach;

pub use super::duplicates::{Similar, similar};
pub use super::store::{Candidate, called, count, page, visible_among};

/// A contact within `view`; fails with [`Error::NotFound`] for any other.
pub fn get(db: &Db, id: ContactId, view: &Reach) -> Result<Contact, Error> {
    store::find(db, id)?.filter(|contact| view.covers(contact.owner)).ok_or(Error::NotFound("contact"))
}

/// Who owns a contact; `None` when there is no such contact.
pub fn owner(db: &Db, id: ContactId) -> Result<Option<Option<MemberId>>, Error> {
    store::owner(db, id)
}

/// The contact with this email address, in any spelling.
pub fn find_by_email(db: &Db, address: &str) -> Result<Option<ContactId>, Error> {
    let Some(normalised) = email::normalise(address) else { return Ok(None) };
    Ok(identities::holder(db, Kind::Email, &normalised)?.map(|holder| holder.id))
}

/// The contact with this phone number. Numbers without `+` are read in the way of the workspace's country.
pub fn find_by_phone(db: &Db, number: &str) -> Result<Option<ContactId>, Error> {
    let country = settings::service::default_country(db)?;
    let Some(normalised) = phone::normalise(number, &country) else { return Ok(None) };
    Ok(identities::holder(db, Kind::Phone, &normalised)?.map(|holder| holder.id))
}

/// Adds a contact.
///
/// Fails with [`Error::Invalid`] when a field breaks a rule, or when an address or number belongs to
/// somebody else; that one is named only when `view` covers them.
pub fn create(tx: &Tx, new: &NewContact, view: &Reach) -> Result<ContactId, Error> {
    let country = settings::service::default_country(tx)?;
    let checked = checked(tx, new, None, &Definitions::load(tx, Object::Contact)?, &country)?;
    refuse_duplicates(tx, &checked.identities, None, view)?;
    erasing::demand_welcome(tx, &checked.identities, new.came_back)?;
    let (company_sort, company_name) = company(tx, checked.company)?;
    let id = insert(tx, &checked, &company_sort, &company_name)?;
    if let Some(owner) = checked.owner {
        notifications::tell(tx, &Notice::new(owner, &ASSIGNED, Record::Contact(id)))?;
    }
    let event = Event::new("people.contact.created").on("contact", id).detail("source", checked.source.as_str());
    audit::record(tx, event.personal("name", checked.display_name))?;
    Ok(id)
}

/// Checks every field, those of the workspace's own too. `before` is the contact as it is, if there is one.
pub(in crate::people) fn checked(
    db: &Db,
    new: &NewContact,
    before: Option<&Contact>,
    definitions: &Definitions,
    country: &str,
) -> Result<Checked, Error> {
    let mut faults = Faults::default();
    let custom = match before {
        None => definitions.check_new(db, &new.custom, country, &mut faults)?,
        Some(before) => definitions.check(db, &new.custom, &before.custom, country, &mut faults)?,
    };
    match (new.checked(country), faults.none_or(custom)) {
        (Ok(checked), Ok(custom)) => Ok(Checked { custom, ..checked }),
        (usual, own) => Err(Error::Invalid([usual.err(), own.err()].into_iter().flatten().flatten().collect())),
    }
}

/// Writes a contact that has passed every check, with all that hangs on it.
pub(super) fn insert(tx: &Tx, checked: &Checked, company_sort: &str, company_name: &str) -> Result<ContactId, Error> {
    let id = store::insert(tx, checked, company_sort, &checked.words(company_name))?;
    identities::add(tx, Record::Contact(id), &checked.identities)?;
    tags::service::attach(tx, Record::Contact(id), &checked.tags)?;
    custom_fields::service::write(tx, Record::Contact(id), &checked.custom)?;
    Ok(id)
}

/// Makes the contact what `new` says and returns the names of the fields that changed, as the API calls them.
///
/// `version` is what the asker read: fails with [`Error::Stale`] when the contact has another by now.
/// Without one the last writer wins, which only an import may want. Who gives the contact to another
/// owner needs `access.assign`.
pub fn update(
    tx: &Tx,
    id: ContactId,
    version: Option<i64>,
    new: &NewContact,
    access: &Access,
) -> Result<Vec<&'static str>, Error> {
    let before = get(tx, id, &access.view)?;
    access.demand_edit(before.owner, "contact")?;
    demand_version(&before, version)?;
    let country = settings::service::default_country(tx)?;
    let definitions = Definitions::load(tx, Object::Contact)?;
    let checked = checked(tx, new, Some(&before), &definitions, &country)?;
    if checked.owner != before.owner {
        access.demand_assign(before.owner, "contact")?;
    }
    let changed = changed(&before, &checked);
    if changed.is_empty() {
        return Ok(changed);
    }
    if changed.contains(&"emails") || changed.contains(&"phones") {
        refuse_duplicates(tx, &checked.identities, Some(id), &access.view)?;
        erasing::demand_welcome(tx, &checked.identities, new.came_back)?;
        identities::replace(tx, Record::Contact(id), &checked.identities)?;
    }
    if changed.contains(&"tags") {
        tags::service::replace(tx, Record::Contact(id), &checked.tags)?;
    }
    custom_fields::service::write(tx, Record::Contact(id), &checked.custom)?;
    let (company_sort, company_name) = company(tx, checked.company)?;
    store::update(tx, id, &checked, &company_sort, &checked.words(&company_name))?;
    let fields = definitions.named(&changed, &checked.custom);
    let entry = NewEntry::new(timeline::kinds::of_change(tx, &changed)).fields(&fields).version(before.version + 1);
    timeline::add(tx, Record::Contact(id), &entry)?;
    if let Some(owner) = checked.owner.filter(|owner| Some(*owner) != before.owner) {
        notifications::tell(tx, &Notice::new(owner, &ASSIGNED, Record::Contact(id)))?;
    }
    let event = Event::new("people.contact.changed").on("contact", id).detail("fields", changed.clone());
    audit::record(tx, event.personal("before", old_values(&before, &checked, &changed)))?;
    Ok(changed)
}

/// Gives the contact to a member, or to nobody.
pub fn assign(tx: &Tx, id: ContactId, owner: Option<MemberId>, access: &Access) -> Result<(), Error> {
    let before = get(tx, id, &access.view)?;
    access.demand_assign(before.owner, "contact")?;
    let new = NewContact { owner, ..before.to_new() };
    // Assigning is a right of its own: whoever has it need not have the right to edit.
    let access = Access { edit: Reach::Everything, ..access.clone() };
    update(tx, id, None, &new, &access).map(drop)
}

/// Adds a tag to the contact.
pub fn add_tag(tx: &Tx, id: ContactId, tag: &str, access: &Access) -> Result<(), Error> {
    let before = get(tx, id, &access.view)?;
    let mut new = before.to_new();
    new.tags.push(tag.to_owned());
    update(tx, id, None, &new, access).map(drop)
}

/// Takes a tag off the contact.
pub fn remove_tag(tx: &Tx, id: ContactId, tag: &str, access: &Access) -> Result<(), Error> {
    let before = get(tx, id, &access.view)?;
    let mut new = before.to_new();
    new.tags.retain(|known| known.to_lowercase() != tag.to_lowercase());
    update(tx, id, None, &new, access).map(drop)
}

/// Puts a contact out of the way, or back. Everything about it is kept.
pub fn set_archived(
    tx: &Tx,
    id: ContactId,
    version: Option<i64>,
    archived: bool,
    access: &Access,
) -> Result<(), Error> {
    let before = get(tx, id, &access.view)?;
    access.demand_edit(before.owner, "contact")?;
    demand_version(&before, version)?;
    if before.archived_at.is_some() == archived {
        return Ok(());
    }
    store::set_archived(tx, id, archived.then_some(tx.now))?;
    let (kind, action) = match archived {
        true => (&timeline::kinds::ARCHIVED, "people.contact.archived"),
        false => (&timeline::kinds::UNARCHIVED, "people.contact.unarchived"),
    };
    timeline::add(tx, Record::Contact(id), &NewEntry::new(kind).fields(&["archived"]).version(before.version + 1))?;
    audit::record(tx, Event::new(action).on("contact", id))
}

/// Keeps what is held of the person from being used, or lets it be used again (Art. 18). Nothing when it is so
/// already. The caller writes the audit entry: it knows on what ground.
pub(in crate::people) fn set_restricted(tx: &Tx, id: ContactId, is_restricted: bool) -> Result<(), Error> {
    let before = get(tx, id, &Reach::Everything)?;
    if before.restricted == is_restricted {
        return Ok(());
    }
    store::set_restricted(tx, id, is_restricted)?;
    let entry = NewEntry::new(&timeline::kinds::CHANGED).fields(&["restricted"]).version(before.version + 1);
    timeline::add(tx, Record::Contact(id), &entry)
}

/// Takes everything out of the row that says who they are: they were erased, and something that is held hangs on it.
pub(in crate::people) fn empty(tx: &Tx, id: ContactId) -> Result<(), Error> {
    let before = get(tx, id, &Reach::Everything)?;
    store::empty(tx, id, MARK)?;
    let entry = NewEntry::new(&timeline::kinds::ERASED).version(before.version + 1);
    timeline::add(tx, Record::Contact(id), &entry)?;
    timeline::add_of_notes(tx, Record::Contact(id))?;
    refresh_words(tx, id)
}

/// Takes the contact out of every list, search and export, and puts it into the trash with all that hangs on it.
///
/// The audit log keeps that there was one; backups keep it until they expire. Erasing on a person's demand is
/// another thing: it reaches the trash and those too.
pub fn delete(tx: &Tx, id: ContactId, version: Option<i64>, access: &Access) -> Result<(), Error> {
    let before = get(tx, id, &access.view)?;
    access.demand_delete(before.owner, "contact")?;
    demand_version(&before, version)?;
    trash::service::keep(tx, Record::Contact(id), &before.display_name, before.owner)?;
    store::delete(tx, id)?;
    audit::record(tx, Event::new("people.contact.deleted").on("contact", id).personal("name", before.display_name))
}

/// Lets contacts go whose time is over; says how many went. Triggers take what hangs on them, and the run of the rules
/// has the audit entry.
pub fn let_go(tx: &Tx, _: &Workspace, ids: &[i64]) -> Result<usize, Error> {
    ids.iter().try_for_each(|id| store::delete(tx, ContactId(*id)))?;
    Ok(ids.len())
}

/// Takes the row away after its belongings went to another: the caller has asked everything and audits it.
pub(in crate::people) fn remove(tx: &Tx, id: ContactId) -> Result<(), Error> {
    store::delete(tx, id)
}

/// What a contact gets from one that went into it beyond the fields: the restriction that the person asked for
/// holds for both, and the last activity is that of either.
pub(in crate::people) fn inherit(tx: &Tx, id: ContactId, from: &Contact) -> Result<(), Error> {
    store::inherit(tx, id, from.restricted, from.last_activity_at.unwrap_or_default())
}

/// Notes that something happened with the contact just now.
pub fn touch(tx: &Tx, id: ContactId) -> Result<(), Error> {
    store::touch(tx, id)
}

/// Brings the search index up to date after a change of something the contact only points at: the name of
/// its company, or of a tag. Nothing of the contact itself changes, so neither does its version.
pub(in crate::people) fn refresh_words(tx: &Tx, id: ContactId) -> Result<(), Error> {
    let Some(contact) = store::find(tx, id)? else { return Ok(()) };
    let (company_sort, company_name) = company(tx, contact.company.as_ref().map(|(id, _)| *id))?;
    let names = [&*contact.display_name, &*contact.given_name, &*contact.family_name];
    let own = contact.custom.iter().filter(|value| value.kind.is_searchable()).map(|value| value.value.as_str());
    let words = super::words(names, &contact.identities, &company_name, &contact.job_title, &contact.tags, own);
    store::set_words(tx, id, &company_sort, &words)
}

/// The first people of a company in sight, by name, the archived ones aside.
pub fn people_of(db: &Db, company: CompanyId, view: &Reach, limit: i64) -> Result<Vec<Contact>, Error> {
    let mut filter = Filter::within(view);
    filter.company = Some(company);
    Ok(store::page(db, &filter, Sort::up(SortKey::Name), None, limit)?.0)
}

/// Every contact of a company, whoever owns it: for changes of the company itself.
pub(in crate::people) fn ids_of_company(db: &Db, company: CompanyId) -> Result<Vec<ContactId>, Error> {
    store::ids_of_company(db, company)
}

/// How the contact's company sorts, and its name. Fails when there is no such company.
pub(super) fn company(db: &Db, company: Option<CompanyId>) -> Result<(String, String), Error> {
    match company {
        None => Ok((NO_COMPANY.to_owned(), String::new())),
        Some(id) => store::company_names(db, id)?.ok_or_else(|| {
            Error::field("company", "unknown", "There is no such company. Choose another, or leave it empty.")
        }),
    }
}

/// An address or number belongs to one person only.
pub(super) fn refuse_duplicates(
    db: &Db,
    list: &[Identity],
    this: Option<ContactId>,
    view: &Reach,
) -> Result<(), Error> {
    let mut errors = Vec::new();
    let mut index = [0_usize; 2];
    for identity in list {
        let place = &mut index[usize::from(identity.kind == Kind::Phone)];
        if let Some(holder) = identities::holder(db, identity.kind, &identity.normalised)?
            && Some(holder.id) != this
        {
            let message = if view.covers(holder.owner) {
                format!("{} has this already. Open that contact, or enter something else.", holder.name)
            } else {
                "Another contact has this already, one you may not see. Ask its owner.".to_owned()
            };
            errors.push(FieldError::new(format!("{}/{place}", identity.kind.field()), "duplicate", message));
        }
        *place += 1;
    }
    if errors.is_empty() { Ok(()) } else { Err(Error::Invalid(errors)) }
}

fn demand_version(contact: &Contact, version: Option<i64>) -> Result<(), Error> {
    match version {
        Some(version) if version != contact.version => Err(Error::Stale(contact.version)),
        _ => Ok(()),
    }
}

/// Which fields differ, by the names the API gives them.
fn changed(before: &Contact, after: &Checked) -> Vec<&'static str> {
    let fields = [
        ("given_name", before.given_name != after.given_name),
        ("family_name", before.family_name != after.family_name),
        (
            "display_name",
            before.has_own_display != after.has_own_display
                || (after.has_own_display && before.display_name != after.display_name),
        ),
        ("job_title", before.job_title != after.job_title),
        ("company", before.company.as_ref().map(|(id, _)| *id) != after.company),
        ("emails", !identities::are_same(&before.identities, &after.identities, Kind::Email)),
        ("phones", !identities::are_same(&before.identities, &after.identities, Kind::Phone)),
        ("address", before.address != after.address),
        ("language", before.language != after.language),
        ("time_zone", before.time_zone != after.time_zone),
        ("owner", before.owner != after.owner),
        ("tags", !tags::are_same(&before.tags, &after.tags)),
        ("custom", !after.custom.is_empty()),
        ("source", before.source != after.source),
    ];
    fields.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
}

/// What the changed fields held, for the erasable part of the audit entry.
fn old_values(before: &Contact, after: &Checked, changed: &[&str]) -> serde_json::Map<String, serde_json::Value> {
    let identities = |kind: Kind| -> Vec<String> {
        before.identities.iter().filter(|i| i.kind == kind).map(|i| i.normalised.clone()).collect()
    };
    changed
        .iter()
        .map(|field| {
            let value = match *field {
                "given_name" => before.given_name.clone().into(),
                "family_name" => before.family_name.clone().into(),
                "display_name" => before.display_name.clone().into(),
                "job_title" => before.job_title.clone().into(),
                "company" => before.company.as_ref().map(|(id, _)| id.0).into(),
                "emails" => identities(Kind::Email).into(),
                "phones" => identities(Kind::Phone).into(),
                "address" => before.address.lines().into(),
                "language" => before.language.clone().into(),
                "time_zone" => before.time_zone.clone().into(),
                "owner" => before.owner.map(|owner| owner.0).into(),
                "tags" => before.tags.clone().into(),
                "custom" => after.custom.replaced(&before.custom),
                _ => before.source.clone().into(),
            };
            ((*field).to_owned(), value)
        })
        .collect()
}
