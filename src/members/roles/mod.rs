//! Roles: sets of permissions. Five are built in, owners add more.
//!
//! What the built-in roles may do (`all` unless said otherwise):
//!
//! | area | owner, admin | member | viewer | privacy officer |
//! | --- | --- | --- | --- | --- |
//! | contacts, companies | everything | view, edit; assign: team; delete: own | view | view, export, delete |
//! | conversations | everything | view, reply; assign: team | view | view, export, delete |
//! | members | view, manage | view | view | view |
//! | roles | view, manage | | | view |
//! | tokens | view, manage | | | view |
//! | settings | manage | | | |
//! | audit | view, export | | | view, export |
//! | privacy | everything | view | | everything |
//!
//! An owner and an admin hold the same permissions. Ownership is not one of them: only an owner makes
//! or unmakes an owner. Nobody but an owner gives, changes or takes a role that reaches further than
//! their own ([`Granter`]), so no permission leads to a larger one.

pub mod api;
pub mod data_map;
pub mod pages;
pub mod service;
mod store;
#[cfg(test)]
mod tests;

use crate::clock::Timestamp;
use crate::error::{Error, FieldError};
use crate::id::{MemberId, RoleId};
use crate::permission::{Action, Area, Level, Permission, Permissions};
use crate::visitor::{Member, Visitor};

pub use service::{by_key, create_builtin, find, list};

/// The key of the role that owns the workspace.
pub const OWNER: &str = "owner";
/// The key of the role that a former owner gets.
pub const ADMIN: &str = "admin";
/// Longest name of a role, in characters.
pub const LONGEST_NAME: usize = 40;

/// A role of one workspace.
#[derive(Debug, Clone)]
pub struct Role {
    pub id: RoleId,
    /// `owner`, `admin`, `member`, `viewer`, `privacy_officer`, or `custom-` and random letters.
    pub key: String,
    pub name: String,
    pub is_builtin: bool,
    pub permissions: Permissions,
    pub requires_second_factor: bool,
    /// Members who have it and were not removed.
    pub members: i64,
    pub updated_at: Timestamp,
    pub version: i64,
}

impl Role {
    pub fn is_owner(&self) -> bool {
        self.key == OWNER
    }
}

/// A role that every workspace has from its first day.
pub struct BuiltIn {
    pub key: &'static str,
    pub name: &'static str,
    /// What it is for, in one sentence.
    pub purpose: &'static str,
    grants: &'static [(Area, Action, Level)],
}

impl BuiltIn {
    pub fn permissions(&self) -> Permissions {
        if self.key == OWNER || self.key == ADMIN {
            return Permissions::everything();
        }
        let mut permissions = Permissions::default();
        for (area, action, level) in self.grants {
            permissions.set(Permission::new(*action, *area), *level);
        }
        permissions
    }
}

/// The built-in roles, the most powerful first.
pub const BUILT_IN: [BuiltIn; 5] = {
    use Action::{Assign, Delete, Edit, Export, Manage, Reply, View};
    use Area::{Audit, Companies, Contacts, Conversations, Members, Privacy, Roles, Tokens};
    use Level::{All, Own, Team};
    [
        BuiltIn { key: OWNER, name: "Owner", purpose: "Everything, and who else owns the workspace.", grants: &[] },
        BuiltIn { key: ADMIN, name: "Admin", purpose: "Everything but ownership.", grants: &[] },
        BuiltIn {
            key: "member",
            name: "Member",
            purpose: "Daily work: sees and changes everyone, deletes only what is theirs, takes nothing out.",
            grants: &[
                (Contacts, View, All),
                (Contacts, Edit, All),
                (Contacts, Assign, Team),
                (Contacts, Delete, Own),
                (Companies, View, All),
                (Companies, Edit, All),
                (Companies, Assign, Team),
                (Companies, Delete, Own),
                (Conversations, View, All),
                (Conversations, Reply, All),
                (Conversations, Assign, Team),
                (Members, View, All),
                (Privacy, View, All),
            ],
        },
        BuiltIn {
            key: "viewer",
            name: "Viewer",
            purpose: "Sees everything that members see and changes nothing.",
            grants: &[(Contacts, View, All), (Companies, View, All), (Conversations, View, All), (Members, View, All)],
        },
        BuiltIn {
            key: "privacy_officer",
            name: "Privacy officer",
            purpose: "Answers people's requests: sees, exports and deletes what is held, and reads the audit log.",
            grants: &[
                (Contacts, View, All),
                (Contacts, Export, All),
                (Contacts, Delete, All),
                (Companies, View, All),
                (Companies, Export, All),
                (Companies, Delete, All),
                (Conversations, View, All),
                (Conversations, Export, All),
                (Conversations, Delete, All),
                (Members, View, All),
                (Roles, View, All),
                (Tokens, View, All),
                (Audit, View, All),
                (Audit, Export, All),
                (Privacy, View, All),
                (Privacy, Edit, All),
                (Privacy, Export, All),
                (Privacy, Delete, All),
                (Privacy, Manage, All),
            ],
        },
    ]
};

/// Who gives or takes a role, and how far they may go.
#[derive(Debug, Clone)]
pub struct Granter {
    /// `None`: the installation itself, when it makes a workspace.
    pub member: Option<MemberId>,
    is_owner: bool,
    permissions: Permissions,
    /// Those in their teams, and themselves.
    team: Vec<MemberId>,
}

impl Granter {
    /// The member behind a request. A program is no owner, whoever made its token: it has scopes alone.
    pub fn of(visitor: &Visitor) -> Result<Granter, Error> {
        match visitor {
            Visitor::Member(_, member) => Ok(Granter::member(member, member.role_key == OWNER)),
            Visitor::Token(_, member) => Ok(Granter::member(member, false)),
            _ => Err(Error::Unauthenticated),
        }
    }

    fn member(member: &Member, is_owner: bool) -> Granter {
        Granter {
            member: Some(member.id),
            is_owner,
            permissions: member.permissions.clone(),
            team: member.team.clone(),
        }
    }

    /// The installation: names the first owner.
    pub fn installation() -> Granter {
        Granter { member: None, is_owner: true, permissions: Permissions::everything(), team: Vec::new() }
    }

    pub fn is_owner(&self) -> bool {
        self.is_owner
    }

    /// True when they may give, change and take this role.
    pub fn covers(&self, role: &Role) -> bool {
        self.is_owner || (!role.is_owner() && self.covers_permissions(&role.permissions))
    }

    /// True when every one of `wanted` reaches no further than what they have themselves.
    pub fn covers_permissions(&self, wanted: &Permissions) -> bool {
        self.is_owner || wanted.iter().all(|(permission, level)| level <= self.level(permission))
    }

    pub fn level(&self, permission: Permission) -> Level {
        self.permissions.of(permission.action, permission.area)
    }

    /// The first of `mates` whose records somebody with the permissions `theirs` would reach by being in a team with
    /// them, although the granter does not; `None` when the granter may put these together.
    ///
    /// The level "team" reaches the records of everyone in one's teams. So who sits in a team with whom is given like
    /// a permission: nobody gives what they do not have, to themselves least of all. Owners may; and so may whoever
    /// reaches everything that the team would open, as admins do.
    pub fn beyond(&self, theirs: &Permissions, mates: &[MemberId]) -> Option<MemberId> {
        let by_team: Vec<Permission> =
            theirs.iter().filter(|(_, level)| *level == Level::Team).map(|(permission, _)| permission).collect();
        mates.iter().copied().find(|mate| !by_team.iter().all(|permission| self.reaches(*permission, *mate)))
    }

    fn reaches(&self, permission: Permission, owner: MemberId) -> bool {
        self.is_owner
            || match self.level(permission) {
                Level::All => true,
                Level::Team => self.team.contains(&owner),
                Level::Own => self.member == Some(owner),
                Level::None => false,
            }
    }
}

/// A new role, or a role changed: what the form and its rules agree on.
#[derive(Debug, Clone, Default)]
pub struct RoleInput {
    pub name: String,
    pub permissions: Permissions,
    pub requires_second_factor: bool,
}

/// The name on one line, and whether it can stand.
pub(super) fn read_name(name: &str) -> Result<String, FieldError> {
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() {
        return Err(FieldError::new("name", "required", "Enter a name, such as Sales."));
    }
    if name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        let message = format!("Use at most {LONGEST_NAME} characters, all on one line.");
        return Err(FieldError::new("name", "too_long", message));
    }
    Ok(name)
}

/// An area as people read it.
pub const fn area_label(area: Area) -> &'static str {
    match area {
        Area::Contacts => "Contacts",
        Area::Companies => "Companies",
        Area::Conversations => "Conversations",
        Area::Members => "Members and teams",
        Area::Roles => "Roles",
        Area::Tokens => "API tokens",
        Area::Settings => "Settings",
        Area::Audit => "Audit log",
        Area::Privacy => "Privacy",
    }
}

/// An action as people read it.
pub const fn action_label(action: Action) -> &'static str {
    match action {
        Action::View => "See",
        Action::Edit => "Add and change",
        Action::Reply => "Reply",
        Action::Assign => "Assign",
        Action::Export => "Export",
        Action::Import => "Import",
        Action::Delete => "Delete",
        Action::Manage => "Manage",
    }
}

/// A level as people read it.
pub const fn level_label(level: Level, has_owners: bool) -> &'static str {
    match level {
        Level::None => "No",
        Level::Own => "Own",
        Level::Team => "Team",
        Level::All if has_owners => "All",
        Level::All => "Yes",
    }
}
