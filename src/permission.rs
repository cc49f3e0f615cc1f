//! What a member may do: an action in an area, to a level. Roles are sets of these.

use std::collections::BTreeMap;

/// Defines an enum of words that are stored, shown in the role editor and used as token scopes.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }
        impl $name {
            pub const ALL: &'static [$name] = &[$($name::$variant),+];
            /// The word in the database, in the API and in forms.
            pub const fn word(self) -> &'static str {
                match self { $($name::$variant => $word),+ }
            }
            pub fn from_word(word: &str) -> Option<$name> {
                match word { $($word => Some($name::$variant),)+ _ => None }
            }
        }
    };
}

pub(crate) use words;

words! {
    /// What one can do. View, reply, assign, export and delete are separate (P-033).
    Action {
        View = "view",
        /// Create and change.
        Edit = "edit",
        /// Answer the people on the other side of a conversation.
        Reply = "reply",
        /// Give a record to another member or team.
        Assign = "assign",
        /// Take data out as a file.
        Export = "export",
        /// Bring data in from a file.
        Import = "import",
        Delete = "delete",
        /// Change how the workspace itself is set up.
        Manage = "manage",
    }
}

words! {
    /// Where one can do it.
    Area {
        Contacts = "contacts",
        Companies = "companies",
        /// The shared inbox. Its permissions are set with the rest, before the first channel is connected.
        Conversations = "conversations",
        Members = "members",
        Roles = "roles",
        Tokens = "tokens",
        Settings = "settings",
        Audit = "audit",
        /// People's rights: requests, consent, restriction, erasure, retention, holds. View: read the registers;
        /// edit: work on requests and record consent; export: release what is held of a person; delete: erase;
        /// manage: rules, holds, purposes.
        Privacy = "privacy",
    }
}

words! {
    /// How far a permission reaches.
    Level {
        None = "none",
        /// Records the member owns.
        Own = "own",
        /// Records owned by anyone in the member's teams.
        Team = "team",
        All = "all",
    }
}

words! {
    /// What a program of the operator may do: the console's places, one by one. Nothing inside a workspace.
    OperatorScope {
        ViewWorkspaces = "workspaces.view",
        /// Make workspaces.
        ManageWorkspaces = "workspaces.manage",
        /// See whom the installation writes to; never the words of a mail.
        ViewMail = "mail.view",
        ManageMail = "mail.manage",
        ViewJobs = "jobs.view",
        ManageJobs = "jobs.manage",
        ViewTokens = "tokens.view",
        /// Revoke tokens. Making them is for people.
        ManageTokens = "tokens.manage",
        ViewBackups = "backups.view",
        ViewHealth = "health.view",
        ViewMetrics = "metrics.view",
    }
}

impl Area {
    /// The actions that mean something here. The role editor offers these and no others.
    pub const fn actions(self) -> &'static [Action] {
        use Action::*;
        match self {
            Area::Contacts | Area::Companies => &[View, Edit, Assign, Export, Import, Delete],
            Area::Conversations => &[View, Reply, Assign, Export, Delete],
            Area::Members | Area::Roles | Area::Tokens => &[View, Manage],
            Area::Settings => &[Manage],
            Area::Audit => &[View, Export],
            Area::Privacy => &[View, Edit, Export, Delete, Manage],
        }
    }

    /// True where records have an owner, so that own and team make a difference.
    pub const fn has_owners(self) -> bool {
        matches!(self, Area::Contacts | Area::Companies | Area::Conversations)
    }
}

/// One thing a route demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Permission {
    pub action: Action,
    pub area: Area,
}

impl Permission {
    pub const fn new(action: Action, area: Area) -> Permission {
        Permission { action, area }
    }

    /// Every permission that exists.
    pub fn all() -> impl Iterator<Item = Permission> {
        Area::ALL.iter().flat_map(|area| area.actions().iter().map(move |action| Permission::new(*action, *area)))
    }

    /// `contacts.view`: the word in roles and token scopes.
    pub fn word(self) -> String {
        format!("{}.{}", self.area.word(), self.action.word())
    }

    /// Reads `contacts.view`; `None` when the area or the action does not exist there.
    pub fn from_word(word: &str) -> Option<Permission> {
        let (area, action) = word.split_once('.')?;
        let (area, action) = (Area::from_word(area)?, Action::from_word(action)?);
        area.actions().contains(&action).then_some(Permission { action, area })
    }
}

/// What a role grants: a level for each permission; what is absent is [`Level::None`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Permissions(BTreeMap<Permission, Level>);

impl Permissions {
    pub fn of(&self, action: Action, area: Area) -> Level {
        self.0.get(&Permission::new(action, area)).copied().unwrap_or(Level::None)
    }

    /// Sets a level. Areas without owners know only none and all; own and team count as all there.
    pub fn set(&mut self, permission: Permission, level: Level) {
        let level = if permission.area.has_owners() || level == Level::None { level } else { Level::All };
        if level == Level::None {
            self.0.remove(&permission);
        } else {
            self.0.insert(permission, level);
        }
    }

    /// Every permission at [`Level::All`].
    pub fn everything() -> Permissions {
        Permissions(Permission::all().map(|permission| (permission, Level::All)).collect())
    }

    /// Only what both allow: a token never reaches further than its member.
    pub fn within(&self, scopes: &[Permission]) -> Permissions {
        Permissions(
            self.0.iter().filter(|(permission, _)| scopes.contains(permission)).map(|(p, l)| (*p, *l)).collect(),
        )
    }

    pub fn iter(&self) -> impl Iterator<Item = (Permission, Level)> + '_ {
        self.0.iter().map(|(permission, level)| (*permission, *level))
    }

    /// `{"contacts.view":"all"}`, as stored.
    pub fn to_json(&self) -> String {
        let map: serde_json::Map<String, serde_json::Value> =
            self.0.iter().map(|(permission, level)| (permission.word(), level.word().into())).collect();
        serde_json::Value::Object(map).to_string()
    }

    /// Reads what [`Permissions::to_json`] wrote. A word that no longer exists grants nothing.
    pub fn from_json(text: &str) -> Permissions {
        let Ok(serde_json::Value::Object(map)) = serde_json::from_str(text) else { return Permissions::default() };
        let mut permissions = Permissions::default();
        for (word, level) in map {
            if let (Some(permission), Some(level)) =
                (Permission::from_word(&word), level.as_str().and_then(Level::from_word))
            {
                permissions.set(permission, level);
            }
        }
        permissions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_survive_storage_and_unknown_words_grant_nothing() {
        let mut permissions = Permissions::default();
        permissions.set(Permission::new(Action::View, Area::Contacts), Level::Team);
        permissions.set(Permission::new(Action::Manage, Area::Roles), Level::Own);
        assert_eq!(Permissions::from_json(&permissions.to_json()), permissions);
        assert_eq!(permissions.of(Action::Manage, Area::Roles), Level::All);
        assert_eq!(Permissions::from_json(r#"{"contacts.fly":"all","view":"all"}"#), Permissions::default());
    }

    #[test]
    fn a_token_never_reaches_further_than_its_member() {
        let mut member = Permissions::default();
        member.set(Permission::new(Action::View, Area::Contacts), Level::Own);
        let token = member
            .within(&[Permission::new(Action::View, Area::Contacts), Permission::new(Action::Delete, Area::Contacts)]);
        assert_eq!(token.of(Action::View, Area::Contacts), Level::Own);
        assert_eq!(token.of(Action::Delete, Area::Contacts), Level::None);
    }
}
