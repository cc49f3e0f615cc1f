//! Who asks: what the gate found out, and what handlers may rely on.

use std::sync::Arc;

use crate::clock::Timestamp;
use crate::db::Workspace;
use crate::id::{AccountId, MemberId, OperatorTokenId, SessionId, TokenId, WorkspaceId};
use crate::permission::{Action, Area, Level, Permissions};

/// Who sent a request.
#[derive(Clone)]
pub enum Visitor {
    Stranger,
    /// Showed the first factor; the second is still missing.
    HalfSignedIn(Signed),
    /// Signed in, outside any workspace.
    Account(Signed),
    /// Inside a workspace, in the browser.
    Member(Signed, Member),
    /// Inside a workspace, as a program.
    Token(TokenId, Member),
    /// A program of the operator, outside any workspace.
    OperatorProgram(OperatorTokenId, AccountId),
}

/// A signed-in person.
#[derive(Debug, Clone)]
pub struct Signed {
    pub account: AccountId,
    pub session: SessionId,
    pub email: String,
    /// May be empty (P-005); see [`Signed::label`].
    pub display_name: String,
    pub is_operator: bool,
    /// The account has a confirmed second factor.
    pub has_second_factor: bool,
    /// When this session last proved who asks.
    pub confirmed_at: Timestamp,
    pub theme: String,
    pub time_zone: String,
    /// Single-key shortcuts are on (WCAG 2.1.4).
    pub shortcuts: bool,
}

impl Signed {
    /// The name to show: the display name, or the e-mail address.
    pub fn label(&self) -> &str {
        if self.display_name.is_empty() { &self.email } else { &self.display_name }
    }
}

/// Somebody inside a workspace, with the workspace. Made by the gate alone.
#[derive(Clone)]
pub struct Member {
    pub id: MemberId,
    pub account: AccountId,
    pub workspace: Arc<Workspace>,
    pub workspace_slug: String,
    pub workspace_name: String,
    /// Changes are refused: the workspace is being wound down.
    pub read_only: bool,
    pub role_key: String,
    pub role_name: String,
    pub permissions: Permissions,
    /// Every member of the teams this member is in, and the member itself: what [`Level::Team`] reaches.
    pub team: Vec<MemberId>,
}

impl Member {
    pub fn workspace_id(&self) -> WorkspaceId {
        self.workspace.id
    }

    pub fn level(&self, action: Action, area: Area) -> Level {
        self.permissions.of(action, area)
    }

    /// Whose records an action reaches.
    pub fn reach(&self, action: Action, area: Area) -> Reach {
        reach(self.level(action, area), self.id, &self.team)
    }
}

/// Whose records a level reaches for a member whose teams hold `team`.
pub fn reach(level: Level, member: MemberId, team: &[MemberId]) -> Reach {
    match level {
        Level::None => Reach::Nothing,
        Level::Own => Reach::OwnedBy(vec![member]),
        Level::Team => Reach::OwnedBy(team.to_vec()),
        Level::All => Reach::Everything,
    }
}

/// Which records somebody may touch. Stores turn it into a condition on the owner column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    Nothing,
    /// Records that one of these owns.
    OwnedBy(Vec<MemberId>),
    Everything,
}

impl Reach {
    /// True when a record of this owner is within reach.
    pub fn covers(&self, owner: Option<MemberId>) -> bool {
        match self {
            Reach::Nothing => false,
            Reach::OwnedBy(members) => owner.is_some_and(|owner| members.contains(&owner)),
            Reach::Everything => true,
        }
    }

    /// Reads what [`Reach::owners_json`] wrote; what cannot be read is nothing.
    pub fn from_owners_json(json: Option<&str>) -> Reach {
        match json {
            None => Reach::Everything,
            Some(json) => {
                let ids: Vec<i64> = serde_json::from_str(json).unwrap_or_default();
                Reach::OwnedBy(ids.into_iter().map(MemberId).collect())
            }
        }
    }

    /// A JSON array of member ids for `owner_id IN (SELECT value FROM json_each(:reach))`, or `None` for everything.
    ///
    /// Nothing is an empty array, which no row matches.
    pub fn owners_json(&self) -> Option<String> {
        match self {
            Reach::Everything => None,
            Reach::Nothing => Some("[]".into()),
            Reach::OwnedBy(members) => {
                Some(format!("[{}]", members.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")))
            }
        }
    }
}
