//! The records that relations point at, as far as the reader may see them.

use std::collections::HashMap;

use super::{CustomValue, Kind};
use crate::db::Db;
use crate::error::Error;
use crate::people::record::{Object, Record};
use crate::permission::Action;
use crate::visitor::Reach;
use crate::web::Request;

/// How far a reader sees among each kind of record.
pub struct Sight(Vec<(Object, Reach)>);

impl Sight {
    pub fn of(request: &Request) -> Sight {
        Sight(Object::ALL.iter().map(|object| (*object, request.reach(Action::View, object.area()))).collect())
    }

    fn covers(&self, record: Record, owner: Option<crate::id::MemberId>) -> bool {
        self.0.iter().any(|(object, reach)| *object == record.object() && reach.covers(owner))
    }
}

/// Names of the related records in sight, by field and value.
#[derive(Default)]
pub struct Related(HashMap<(i64, String), (String, Record)>);

impl Related {
    /// Looks up what the relations among `values` point at.
    pub fn read(db: &Db, values: &[CustomValue], sight: &Sight) -> Result<Related, Error> {
        let mut related = Related::default();
        for value in values.iter().filter(|value| value.kind == Kind::Relation) {
            let Some(record) =
                value.target.zip(value.value.parse().ok()).and_then(|(target, id)| Record::new(target.word(), id))
            else {
                continue;
            };
            if let Some(found) = record.find(db)?
                && sight.covers(record, found.owner)
            {
                related.0.insert((value.field.0, value.value.clone()), (found.name, record));
            }
        }
        Ok(related)
    }

    /// The name and the record behind a value; `None` when the reader may not see it.
    pub fn find(&self, value: &CustomValue) -> Option<&(String, Record)> {
        self.0.get(&(value.field.0, value.value.clone()))
    }
}
