//! Ids that cannot be mistaken for one another.

use std::fmt;
use std::str::FromStr;

use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};

/// Row ids: integers that a file never hands out twice (`AUTOINCREMENT`).
macro_rules! row_ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(ToSqlOutput::from(self.0))
            }
        }
        impl FromSql for $name {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<$name> {
                value.as_i64().map($name)
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
        impl FromStr for $name {
            type Err = std::num::ParseIntError;
            fn from_str(text: &str) -> Result<$name, Self::Err> {
                text.parse().map($name)
            }
        }
    )+};
}

row_ids! {
    /// A person's sign-in to the installation, in `control.db`.
    AccountId,
    /// An account's membership of one workspace, in `control.db`. Owners of records are members.
    MemberId,
    TeamId,
    SessionId,
    TokenId,
    /// A token of an operator, in `control.db`. Counted apart from the tokens of workspaces.
    OperatorTokenId,
    RoleId,
    InvitationId,
    ContactId,
    CompanyId,
    NoteId,
    AttachmentId,
    TagId,
    ImportId,
    /// A mapping that was used and is remembered.
    ImportMappingId,
    ExportId,
    /// A copy of all that is held of one person.
    AccessPackageId,
    /// A file with everything in a workspace.
    WorkspaceExportId,
    ChangeId,
    /// An edit of many records.
    BulkEditId,
    TrashId,
    /// Two records that may be the same.
    CandidateId,
    CustomFieldId,
    /// One of the choices of a custom field.
    ChoiceId,
    /// What people's data is used for.
    PurposeId,
    /// Something that somebody said about the use of their data.
    ConsentEventId,
    /// A mail that asks somebody to confirm what they said.
    ConfirmationId,
    /// A person whose data is kept and not used.
    RestrictionId,
    /// A legal hold.
    HoldId,
    /// An erasure of a person.
    ErasureId,
    /// One run of the rules of retention.
    RetentionRunId,
    /// A list that somebody saved under a name.
    ViewId,
    /// What a person asked of us about their data.
    SubjectRequestId,
    /// A letter to whoever asked.
    SubjectLetterId,
}

/// A workspace: 16 random bytes, printed as 32 hex digits. Names its folder and binds its keys.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkspaceId(pub [u8; 16]);

impl WorkspaceId {
    /// The control file: keys of the installation itself are derived under this id.
    pub const CONTROL: WorkspaceId = WorkspaceId([0; 16]);
}

impl fmt::Display for WorkspaceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for WorkspaceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WorkspaceId({self})")
    }
}

impl FromStr for WorkspaceId {
    type Err = ();
    fn from_str(text: &str) -> Result<WorkspaceId, ()> {
        let bytes = data_encoding::HEXLOWER.decode(text.as_bytes()).map_err(|_| ())?;
        bytes.try_into().map(WorkspaceId).map_err(|_| ())
    }
}

impl ToSql for WorkspaceId {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.0.to_vec()))
    }
}

impl FromSql for WorkspaceId {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<WorkspaceId> {
        let bytes = value.as_blob()?;
        bytes.try_into().map(WorkspaceId).map_err(|_| FromSqlError::InvalidType)
    }
}
