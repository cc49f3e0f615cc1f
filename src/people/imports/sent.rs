//! What pages and API share: taking a file that was sent, and finding the imports that the asker may deal with.

use super::convert::{self, Readable};
use super::service::{self, Power, Uploaded};
use super::store::{self, Sight};
use super::{Import, Mode, Object, deciding};
use crate::db::Tx;
use crate::error::Error;
use crate::id::ImportId;
use crate::permission::{Action, Area, Level};
use crate::web::Request;
use crate::web::upload::{self, Upload};

/// A file that came, and what is to be done with it.
pub struct Sent<'a> {
    request: &'a Request,
    file: &'a Upload,
    readable: Readable,
    object: Object,
    mode: Mode,
}

/// Reads what was sent. Fails with [`Error::Invalid`] on the field at fault.
pub fn sent<'a>(request: &'a Request, object: &str, mode: &str) -> Result<Sent<'a>, Error> {
    let object =
        Object::from_word(object).ok_or_else(|| Error::field("object", "unknown", "Choose contacts or companies."))?;
    let mode = Mode::from_word(mode)
        .ok_or_else(|| Error::field("mode", "unknown", "Choose what becomes of known records."))?;
    if !request.may(Action::Import, object.area()) {
        return Err(Error::Forbidden);
    }
    // A browser whose reader chose nothing sends a nameless file without content.
    let chosen = request.upload().filter(|file| file.size() > 0 || !file.file_name.is_empty());
    let file = chosen.ok_or_else(|| Error::field("file", "required", "Choose a file."))?;
    if file.size() == 0 {
        return Err(Error::field("file", "empty", "The file is empty. Choose another one."));
    }
    let member = request.member()?;
    let keys = request.app.keys.workspace(member.workspace_id())?;
    let readable = convert::readable(file, &member.workspace, &keys)?;
    Ok(Sent { request, file, readable, object, mode })
}

impl Sent<'_> {
    /// Makes an import of it. The file goes with the request unless [`Sent::keep`] is called after the commit.
    pub fn take(&self, tx: &Tx) -> Result<ImportId, Error> {
        let (member, area) = (self.request.member()?, self.object.area());
        let keys = self.request.app.keys.workspace(member.workspace_id())?;
        let (file, size) = match self.readable.converted() {
            Some(converted) => (converted.path(), converted.size),
            None => (self.file.path(), self.file.size()),
        };
        let input = upload::open(file, &keys)?;
        let uploaded = Uploaded {
            file_name: &self.file.file_name,
            file: file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
            size: i64::try_from(size).unwrap_or(i64::MAX),
            format: self.readable.format(),
            remark: self.readable.remark.clone(),
        };
        let power = Power {
            member: member.id,
            reach: self.request.reach(Action::Edit, area).owners_json(),
            may_assign: self.request.may(Action::Assign, area),
            company_reach: company_reach(self.request),
            may_consents: self.request.may(Action::Edit, Area::Privacy),
        };
        service::create(tx, self.object, self.mode, uploaded, input, power)
    }

    /// The file stays after the request; of one that was converted only what it became.
    pub fn keep(&self) {
        match self.readable.converted() {
            Some(converted) => converted.keep(),
            None => self.file.keep(),
        }
    }
}

/// The import in the path, when the asker may deal with it.
///
/// Its rows are people's data, and a run of it changes what its maker may change: so it is for its maker, and for
/// whoever sees and changes every record anyway.
pub fn find(request: &Request) -> Result<Import, Error> {
    let id: ImportId = request.param("id")?;
    let import = request.read(|db| service::get(db, id))?;
    let is_own = import.created_by == Some(request.member()?.id) && may_import(request, import.object);
    if is_own || reaches_all(request, import.object) { Ok(import) } else { Err(Error::NotFound("import")) }
}

/// A run that adds choices to fields is for who may change fields, whoever decided on the choices.
pub fn demand_fields(request: &Request, import: &Import) -> Result<(), Error> {
    let adds = deciding::service::adds_choices(import);
    if adds && !request.may(Action::Manage, Area::Settings) { Err(Error::Forbidden) } else { Ok(()) }
}

/// The imports that [`find`] would find, newest first.
pub fn list(request: &Request, before: Option<ImportId>, limit: i64) -> Result<Vec<Import>, Error> {
    let words = |covers: fn(&Request, Object) -> bool| {
        let objects = Object::ALL.iter().copied().filter(|object| covers(request, *object)).map(Object::word);
        serde_json::to_string(&objects.collect::<Vec<_>>())
    };
    let sight = Sight { me: request.member()?.id, own: words(may_import)?, all: words(reaches_all)? };
    request.read(|db| store::list(db, &sight, before, limit))
}

/// Whose companies may be changed by an import of people; `None` for who may not import companies.
fn company_reach(request: &Request) -> Option<Option<String>> {
    may_import(request, Object::Company).then(|| request.reach(Action::Edit, Object::Company.area()).owners_json())
}

pub fn may_import(request: &Request, object: Object) -> bool {
    request.may(Action::Import, object.area())
}

fn reaches_all(request: &Request, object: Object) -> bool {
    let is_all = |action| request.level(action, object.area()) == Level::All;
    may_import(request, object) && is_all(Action::View) && is_all(Action::Edit)
}
