//! What one can do with a company, and the rules that hold when one does.

use super::{Checked, Company, NewCompany, store};
use crate::db::{Actor, Db, Tx};
use crate::error::Error;
use crate::id::{CompanyId, MemberId};
use crate::people::custom_fields::{self, Definitions};
use crate::people::identities::{self, Identity, Kind};
use crate::people::notifications::{self, Notice, kinds::ASSIGNED};
use crate::people::record::{Access, Object, Record, acting_member};
use crate::people::text::{Faults, sort_key};
use crate::people::timeline::NewEntry;
use crate::people::{contacts, email, settings, tags, timeline, trash};
use crate::privacy::audit::{self, Event};
use crate::visitor::Reach;

pub use super::store::{count, page, visible_among};

/// A company within `view`; fails with [`Error::NotFound`] for any other.
pub fn get(db: &Db, id: CompanyId, view: &Reach) -> Result<Company, Error> {
    store::find(db, id)?.filter(|company| view.covers(company.owner)).ok_or(Error::NotFound("company"))
}

/// Who owns a company; `None` when there is no such company.
pub fn owner(db: &Db, id: CompanyId) -> Result<Option<Option<MemberId>>, Error> {
    store::owner(db, id)
}

/// The company of this name, in any case and with or without accents.
pub fn find_by_name(db: &Db, name: &str) -> Result<Option<CompanyId>, Error> {
    let sort_name = sort_key(name);
    if sort_name.is_empty() { Ok(None) } else { store::find_by_sort_name(db, &sort_name) }
}

/// The company with this domain; takes a web address or an email address too.
pub fn find_by_domain(db: &Db, domain: &str) -> Result<Option<CompanyId>, Error> {
    match email::domain_of(domain) {
        Some(domain) => store::find_by_domain(db, &domain),
        None => Ok(None),
    }
}

/// The company of this name, made when there is none; a new one belongs to whoever acts.
///
/// Fails with [`Error::Invalid`] on the field `company`, because that is where such names are entered.
pub fn find_or_create_by_name(tx: &Tx, name: &str) -> Result<CompanyId, Error> {
    named(tx, name).map(|(id, _)| id)
}

/// The same, and whether it was made just now.
pub fn named(tx: &Tx, name: &str) -> Result<(CompanyId, bool), Error> {
    let mut faults = Faults::default();
    let name = faults.line("company", "The company", name, 200);
    if name.is_empty() {
        faults.add("company", "required", "Enter the name of the company.");
    }
    let name = faults.none_or(name).map_err(Error::Invalid)?;
    if let Some(id) = find_by_name(tx, &name)? {
        return Ok((id, false));
    }
    let source = match tx.origin.actor {
        Actor::Token(..) => "api",
        Actor::Job(_) => "import",
        _ => "manual",
    };
    let owner = acting_member(tx.origin);
    let id = create(tx, &NewCompany { name, source: source.into(), owner, ..NewCompany::default() })?;
    Ok((id, true))
}

/// Adds a company. Fails with [`Error::Invalid`] when a field breaks a rule.
pub fn create(tx: &Tx, new: &NewCompany) -> Result<CompanyId, Error> {
    let country = settings::service::default_country(tx)?;
    let checked = checked(tx, new, None, &Definitions::load(tx, Object::Company)?, &country)?;
    let id = insert(tx, &checked)?;
    if let Some(owner) = checked.owner {
        notifications::tell(tx, &Notice::new(owner, &ASSIGNED, Record::Company(id)))?;
    }
    let event = Event::new("people.company.created").on("company", id).detail("source", checked.source.as_str());
    audit::record(tx, event.personal("name", checked.name))?;
    Ok(id)
}

/// Adds a company without an audit entry: whoever imports records one for the whole batch.
pub fn create_silently(tx: &Tx, new: &NewCompany, country: &str) -> Result<CompanyId, Error> {
    let checked = checked(tx, new, None, &Definitions::load(tx, Object::Company)?, country)?;
    insert(tx, &checked)
}

/// Checks every field, those of the workspace's own too. `before` is the company as it is, if there is one.
pub(in crate::people) fn checked(
    db: &Db,
    new: &NewCompany,
    before: Option<&Company>,
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

fn insert(tx: &Tx, checked: &Checked) -> Result<CompanyId, Error> {
    let id = store::insert(tx, checked, &checked.words())?;
    identities::add(tx, Record::Company(id), &checked.identities)?;
    tags::service::attach(tx, Record::Company(id), &checked.tags)?;
    custom_fields::service::write(tx, Record::Company(id), &checked.custom)?;
    Ok(id)
}

/// Makes the company what `new` says and returns the names of the fields that changed, as the API calls them.
///
/// `version` is what the asker read: fails with [`Error::Stale`] when the company has another by now.
/// A new name reaches the search words of all its people in the same transaction.
pub fn update(
    tx: &Tx,
    id: CompanyId,
    version: Option<i64>,
    new: &NewCompany,
    access: &Access,
) -> Result<Vec<&'static str>, Error> {
    let before = get(tx, id, &access.view)?;
    access.demand_edit(before.owner, "company")?;
    demand_version(&before, version)?;
    let country = settings::service::default_country(tx)?;
    let definitions = Definitions::load(tx, Object::Company)?;
    let checked = checked(tx, new, Some(&before), &definitions, &country)?;
    if checked.owner != before.owner {
        access.demand_assign(before.owner, "company")?;
    }
    let changed = changed(&before, &checked);
    if changed.is_empty() {
        return Ok(changed);
    }
    if changed.contains(&"emails") || changed.contains(&"phones") {
        identities::replace(tx, Record::Company(id), &checked.identities)?;
    }
    if changed.contains(&"tags") {
        tags::service::replace(tx, Record::Company(id), &checked.tags)?;
    }
    custom_fields::service::write(tx, Record::Company(id), &checked.custom)?;
    store::update(tx, id, &checked, &checked.words())?;
    if changed.contains(&"name") {
        refresh_people(tx, id)?;
    }
    let fields = definitions.named(&changed, &checked.custom);
    let entry = NewEntry::new(timeline::kinds::of_change(tx, &changed)).fields(&fields).version(before.version + 1);
    timeline::add(tx, Record::Company(id), &entry)?;
    if let Some(owner) = checked.owner.filter(|owner| Some(*owner) != before.owner) {
        notifications::tell(tx, &Notice::new(owner, &ASSIGNED, Record::Company(id)))?;
    }
    let event = Event::new("people.company.changed").on("company", id).detail("fields", changed.clone());
    audit::record(tx, event.personal("before", old_values(&before, &checked, &changed)))?;
    Ok(changed)
}

/// Gives the company to a member, or to nobody.
pub fn assign(tx: &Tx, id: CompanyId, owner: Option<MemberId>, access: &Access) -> Result<(), Error> {
    let before = get(tx, id, &access.view)?;
    access.demand_assign(before.owner, "company")?;
    let new = NewCompany { owner, ..before.to_new() };
    // Assigning is a right of its own: whoever has it need not have the right to edit.
    let access = Access { edit: Reach::Everything, ..access.clone() };
    update(tx, id, None, &new, &access).map(drop)
}

/// Adds a tag to the company.
pub fn add_tag(tx: &Tx, id: CompanyId, tag: &str, access: &Access) -> Result<(), Error> {
    let mut new = get(tx, id, &access.view)?.to_new();
    new.tags.push(tag.to_owned());
    update(tx, id, None, &new, access).map(drop)
}

/// Takes a tag off the company.
pub fn remove_tag(tx: &Tx, id: CompanyId, tag: &str, access: &Access) -> Result<(), Error> {
    let mut new = get(tx, id, &access.view)?.to_new();
    new.tags.retain(|known| known.to_lowercase() != tag.to_lowercase());
    update(tx, id, None, &new, access).map(drop)
}

/// Puts a company out of the way, or back. Everything about it is kept.
pub fn set_archived(
    tx: &Tx,
    id: CompanyId,
    version: Option<i64>,
    archived: bool,
    access: &Access,
) -> Result<(), Error> {
    let before = get(tx, id, &access.view)?;
    access.demand_edit(before.owner, "company")?;
    demand_version(&before, version)?;
    if before.archived_at.is_some() == archived {
        return Ok(());
    }
    store::set_archived(tx, id, archived.then_some(tx.now))?;
    let (kind, action) = match archived {
        true => (&timeline::kinds::ARCHIVED, "people.company.archived"),
        false => (&timeline::kinds::UNARCHIVED, "people.company.unarchived"),
    };
    timeline::add(tx, Record::Company(id), &NewEntry::new(kind).fields(&["archived"]).version(before.version + 1))?;
    audit::record(tx, Event::new(action).on("company", id))
}

/// Puts the company into the trash with its notes, tags and history. Its people stay, without a company.
pub fn delete(tx: &Tx, id: CompanyId, version: Option<i64>, access: &Access) -> Result<(), Error> {
    let before = get(tx, id, &access.view)?;
    access.demand_delete(before.owner, "company")?;
    demand_version(&before, version)?;
    let people = contacts::service::ids_of_company(tx, id)?;
    trash::service::keep(tx, Record::Company(id), &before.name, before.owner)?;
    store::delete(tx, id)?;
    for person in &people {
        contacts::service::refresh_words(tx, *person)?;
    }
    let event = Event::new("people.company.deleted").on("company", id).detail("people", people.len());
    audit::record(tx, event.personal("name", before.name))
}

/// Takes the row away after its belongings went to another: the caller has asked everything and audits it.
pub(in crate::people) fn remove(tx: &Tx, id: CompanyId) -> Result<(), Error> {
    store::delete(tx, id)
}

/// Brings the search index up to date after a tag of the company got another name.
pub(in crate::people) fn refresh_words(tx: &Tx, id: CompanyId) -> Result<(), Error> {
    let Some(company) = store::find(tx, id)? else { return Ok(()) };
    let own = company.custom.iter().filter(|value| value.kind.is_searchable()).map(|value| value.value.as_str());
    let words = super::words(&company.name, &company.domain, &company.identities, &company.tags, own);
    store::set_words(tx, id, &words)
}

/// Brings the search index up to date for the people of a company.
pub(in crate::people) fn refresh_people(tx: &Tx, id: CompanyId) -> Result<(), Error> {
    for person in contacts::service::ids_of_company(tx, id)? {
        contacts::service::refresh_words(tx, person)?;
    }
    Ok(())
}

fn demand_version(company: &Company, version: Option<i64>) -> Result<(), Error> {
    match version {
        Some(version) if version != company.version => Err(Error::Stale(company.version)),
        _ => Ok(()),
    }
}

/// Which fields differ, by the names the API gives them.
fn changed(before: &Company, after: &Checked) -> Vec<&'static str> {
    let fields = [
        ("name", before.name != after.name),
        ("domain", before.domain != after.domain),
        ("emails", !identities::are_same(&before.identities, &after.identities, Kind::Email)),
        ("phones", !identities::are_same(&before.identities, &after.identities, Kind::Phone)),
        ("address", before.address != after.address),
        ("owner", before.owner != after.owner),
        ("tags", !tags::are_same(&before.tags, &after.tags)),
        ("custom", !after.custom.is_empty()),
        ("source", before.source != after.source),
    ];
    fields.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
}

/// What the changed fields held, for the erasable part of the audit entry.
fn old_values(before: &Company, after: &Checked, changed: &[&str]) -> serde_json::Map<String, serde_json::Value> {
    let identities = |list: Vec<&Identity>| -> Vec<String> { list.into_iter().map(|i| i.normalised.clone()).collect() };
    changed
        .iter()
        .map(|field| {
            let value = match *field {
                "name" => before.name.clone().into(),
                "domain" => before.domain.clone().into(),
                "emails" => identities(before.emails().collect()).into(),
                "phones" => identities(before.phones().collect()).into(),
                "address" => before.address.lines().into(),
                "owner" => before.owner.map(|owner| owner.0).into(),
                "tags" => before.tags.clone().into(),
                "custom" => after.custom.replaced(&before.custom),
                _ => before.source.clone().into(),
            };
            ((*field).to_owned(), value)
        })
        .collect()
}
