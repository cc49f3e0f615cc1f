//! What pages and API share: taking a file that was sent, and finding the imports that the asker may deal with.

use super::service::{self, Power, Uploaded};
use super::store::{self, Sight};
use super::{Import, Mode, Object};
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
    object: Object,
    mode: Mode,
}

/// Reads what was sent. Fails with [`Error::Invalid`] on the field at fault.
pub fn sent<'a>(request: &'a Request, object: &str, mode: &str) -> Result<Sent<'a>, Error> {
    let object =
        Object::from_word(object).ok_or_else(|| Error::field("object", "unknown", "Choose contacts or companies."))?;
    let mode = Mode::from_word(mode)
        .ok_or_else(|| Error::field("mode", "unknown", "Choose what becomes of known records."))?;
    if !request.may(Action::Import, area(object)) {
        return Err(Error::Forbidden);
    }
    // A browser whose reader chose nothing sends a nameless file without content.
    let chosen = request.upload().filter(|file| file.size() > 0 || !file.file_name.is_empty());
    let file = chosen.ok_or_else(|| Error::field("file", "required", "Choose a file."))?;
    if file.size() == 0 {
        return Err(Error::field("file", "empty", "The file is empty. Choose another one."));
    }
    Ok(Sent { request, file, object, mode })
}

impl Sent<'_> {
    /// Makes an import of it. The file goes with the request unless [`Sent::keep`] is called after the commit.
    pub fn take(&self, tx: &Tx) -> Result<ImportId, Error> {
        let (member, area) = (self.request.member()?, area(self.object));
        let keys = self.request.app.keys.workspace(member.workspace_id())?;
        let input = upload::open(self.file.path(), &keys)?;
        let size = i64::try_from(self.file.size()).unwrap_or(i64::MAX);
        let uploaded = Uploaded { file_name: &self.file.file_name, file: self.file.stored_name(), size };
        let power = Power {
            member: member.id,
            reach: self.request.reach(Action::Edit, area).owners_json(),
            may_assign: self.request.may(Action::Assign, area),
        };
        service::create(tx, self.object, self.mode, uploaded, input, power)
    }

    /// The file stays after the request.
    pub fn keep(&self) {
        self.file.keep();
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

/// The imports that [`find`] would find, newest first.
pub fn list(request: &Request, before: Option<ImportId>, limit: i64) -> Result<Vec<Import>, Error> {
    let words = |covers: fn(&Request, Object) -> bool| {
        let objects = Object::ALL.into_iter().filter(|object| covers(request, *object)).map(Object::word);
        serde_json::to_string(&objects.collect::<Vec<_>>())
    };
    let sight = Sight { me: request.member()?.id, own: words(may_import)?, all: words(reaches_all)? };
    request.read(|db| store::list(db, &sight, before, limit))
}

fn may_import(request: &Request, object: Object) -> bool {
    request.may(Action::Import, area(object))
}

fn reaches_all(request: &Request, object: Object) -> bool {
    let is_all = |action| request.level(action, area(object)) == Level::All;
    may_import(request, object) && is_all(Action::View) && is_all(Action::Edit)
}

/// Where the right to import is asked for.
fn area(object: Object) -> Area {
    match object {
        Object::Contact => Area::Contacts,
        Object::Company => Area::Companies,
    }
}
