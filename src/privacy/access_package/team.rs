//! The members of a workspace as the copy of a person's data shows them: by their role, never by their name.

use std::collections::HashMap;

use crate::app::App;
use crate::db::functions::fold;
use crate::error::Error;
use crate::id::{MemberId, WorkspaceId};
use crate::members::directory;

/// Stands for somebody who has left.
const FORMER: &str = "A former member";

/// Who is or was a member, and in which role.
#[derive(Default)]
pub struct Team {
    roles: HashMap<MemberId, String>,
    /// Names and addresses of members, folded, each with the role that stands in its place.
    known: HashMap<String, String>,
}

impl Team {
    pub fn of(app: &App, workspace: WorkspaceId) -> Result<Team, Error> {
        let people = directory::directory(app, workspace)?;
        let roles: HashMap<MemberId, String> = app.read(|db| directory::roles(db, workspace))?;
        let known = people.list().iter().flat_map(|person| {
            let role = roles.get(&person.id).map_or(FORMER, String::as_str).to_owned();
            [(fold(&person.name), role.clone()), (fold(&person.email), role)]
        });
        let known = known.filter(|(name, _)| !name.is_empty()).collect();
        Ok(Team { roles, known })
    }

    /// "Owner", "Member"; who has left has none any more.
    pub fn role(&self, id: MemberId) -> &str {
        self.roles.get(&id).map_or(FORMER, String::as_str)
    }

    /// The role of whoever has this name or address, folded.
    pub fn role_of_name(&self, folded: &str) -> Option<&str> {
        self.known.get(folded).map(String::as_str)
    }

    /// Who did something, from the word in the audit log: `member:5`, `token:3/5`, `job:…`.
    pub fn role_of_actor(&self, actor: &str) -> String {
        let (kind, rest) = actor.split_once(':').unwrap_or((actor, ""));
        let member = rest.rsplit('/').next().and_then(|id| id.parse().ok()).map(MemberId);
        match (kind, member) {
            ("member", Some(id)) => self.role(id).to_owned(),
            ("token", Some(id)) => format!("A program ({})", self.role(id)),
            ("job", _) => "Holdfast, by itself".to_owned(),
            ("visitor", _) => "Somebody without an account".to_owned(),
            ("account", _) => "Somebody with an account".to_owned(),
            _ => "Whoever hosts this workspace".to_owned(),
        }
    }
}
