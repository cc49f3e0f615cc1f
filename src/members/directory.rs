//! The names of a workspace's members, for owners of records and entries of the audit log.
//!
//! Workspace files hold member ids only: names change, and go with the account.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use crate::app::App;
use crate::db::Db;
use crate::error::Error;
use crate::id::{AccountId, MemberId, WorkspaceId};

/// Stands for somebody whose account is gone.
pub const GONE: &str = "A former member";

/// Somebody in the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub id: MemberId,
    pub account: AccountId,
    /// The display name, or the address when there is none.
    pub name: String,
    pub email: String,
    /// May enter the workspace today, so may be given records.
    pub is_active: bool,
    /// Was removed from the workspace; somebody suspended was not.
    pub has_left: bool,
}

/// Everybody who is or was a member, by name. A copy shares what it holds.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    people: Arc<Vec<Person>>,
    by_id: Arc<HashMap<MemberId, usize>>,
    /// What an import added to the numbers of members; see [`Directory::find`].
    moved: i64,
}

/// Directories as they were last read, each good for as long as nothing is written to `control.db`: nearly
/// every request needs one.
#[derive(Default)]
pub struct Kept(Mutex<HashMap<WorkspaceId, (i64, Directory)>>);

/// Workspaces whose directories are kept; with one more, all are forgotten.
const KEPT: usize = 256;

impl Kept {
    fn find(&self, workspace: WorkspaceId, generation: i64) -> Option<Directory> {
        let kept = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        kept.get(&workspace).filter(|(read_at, _)| *read_at == generation).map(|(_, directory)| directory.clone())
    }

    fn keep(&self, workspace: WorkspaceId, generation: i64, directory: &Directory) {
        let mut kept = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(workspace, (generation, directory.clone()));
    }
}

/// The directory of one workspace, removed members included.
pub fn directory(app: &App, workspace: WorkspaceId) -> Result<Directory, Error> {
    // Asked before reading: what is written meanwhile makes the copy stale, never the answer.
    let generation = app.control.generation();
    if let Some(directory) = app.directories.find(workspace, generation) {
        return Ok(directory);
    }
    let directory = app.read(|db| read(db, workspace))?;
    app.directories.keep(workspace, generation, &directory);
    Ok(directory)
}

/// Like [`directory`], for who reads `control.db` already.
pub fn read(db: &Db, workspace: WorkspaceId) -> Result<Directory, Error> {
    let mut people = db.rows(
        "SELECT m.id, m.account_id, a.display_name, a.email, m.state = 'active' AND a.state = 'active' AS is_active,
            m.state = 'removed' AS has_left
         FROM memberships m JOIN accounts a ON a.id = m.account_id WHERE m.workspace_id = :workspace",
        &[(":workspace", &workspace)],
        |row| {
            let (name, email): (String, String) = (row.get("display_name")?, row.get("email")?);
            let name = if name.is_empty() { email.clone() } else { name };
            Ok(Person {
                id: row.get("id")?,
                account: row.get("account_id")?,
                name,
                email,
                is_active: row.get("is_active")?,
                has_left: row.get("has_left")?,
            })
        },
    )?;
    people.sort_by_cached_key(|person| (person.name.to_lowercase(), person.id));
    let moved = "SELECT members_moved FROM workspaces WHERE id = :workspace";
    let moved = db.value(moved, &[(":workspace", &workspace)])?.unwrap_or(0);
    Ok(Directory { moved, ..Directory::new(people) })
}

/// The name of each member's role, for whoever must not name the member. Who was removed has none.
pub fn roles(db: &Db, workspace: WorkspaceId) -> Result<HashMap<MemberId, String>, Error> {
    let roles = db.rows(
        "SELECT m.id, r.name FROM memberships m JOIN roles r ON r.id = m.role_id
         WHERE m.workspace_id = :workspace AND m.state <> 'removed'",
        &[(":workspace", &workspace)],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok(roles.into_iter().collect())
}

impl Directory {
    pub(crate) fn new(people: Vec<Person>) -> Directory {
        let by_id = people.iter().enumerate().map(|(index, person)| (person.id, index)).collect();
        Directory { people: Arc::new(people), by_id: Arc::new(by_id), moved: 0 }
    }

    /// The name to show. Never fails: a record may outlive its owner's account.
    pub fn name(&self, id: MemberId) -> &str {
        self.find(id).map_or(GONE, |person| person.name.as_str())
    }

    /// Anybody, removed members included; also by the number that they had before the workspace was imported, which
    /// its audit log and the words of its notes still hold. No member here has such a number now.
    pub fn find(&self, id: MemberId) -> Option<&Person> {
        let before = || self.by_id.get(&MemberId(id.0.checked_add(self.moved)?)).filter(|_| id.0 <= self.moved);
        self.by_id.get(&id).or_else(before).and_then(|index| self.people.get(*index))
    }

    /// Those who may be given records, by name: for select boxes.
    pub fn active(&self) -> impl Iterator<Item = &Person> {
        self.people.iter().filter(|person| person.is_active)
    }

    /// The member, when they may be given records.
    pub fn find_active(&self, id: MemberId) -> Option<&Person> {
        self.find(id).filter(|person| person.is_active)
    }

    /// The active member with this address, in whatever case it is written.
    pub fn by_email(&self, email: &str) -> Option<&Person> {
        let email = email.trim().to_lowercase();
        self.active().find(|person| person.email == email)
    }

    /// The member that an account is here.
    pub fn by_account(&self, account: AccountId) -> Option<&Person> {
        self.people.iter().find(|person| person.account == account)
    }

    /// Everybody by name, removed members included.
    pub fn list(&self) -> &[Person] {
        &self.people
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(id: i64, name: &str, is_active: bool) -> Person {
        let email = format!("{}@saltmere.example", name.to_lowercase());
        Person { id: MemberId(id), account: AccountId(id), name: name.into(), email, is_active, has_left: !is_active }
    }

    #[test]
    fn removed_members_keep_their_name_but_get_nothing_new() {
        let directory = Directory::new(vec![person(1, "Maren", true), person(2, "Tobi", false)]);
        assert_eq!(directory.name(MemberId(2)), "Tobi");
        assert!(directory.find_active(MemberId(2)).is_none());
        assert!(directory.by_email("tobi@saltmere.example").is_none());
        assert_eq!(directory.by_email(" Maren@Saltmere.example ").map(|person| person.id), Some(MemberId(1)));
        assert_eq!(directory.active().count(), 1);
    }

    #[test]
    fn an_account_that_is_gone_has_a_name_still() {
        assert_eq!(Directory::default().name(MemberId(9)), "A former member");
    }
}
