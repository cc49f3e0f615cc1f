//! `/api/v1/operator/keys`: how old each key is, and exchanging the key of a workspace.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Kind, pages, service, store};
use crate::error::Error;
use crate::keys::Keys;
use crate::members::workspaces;
use crate::permission::OperatorScope;
use crate::web::{Access, Operation, Reply, Request, Route, idempotency, schema};

const VIEW: Access = Access::OperatorProgram(OperatorScope::ViewWorkspaces);
const MANAGE: Access = Access::OperatorProgram(OperatorScope::ManageWorkspaces);

pub const ROUTES: &[Route] = &[
    Route::get("/api/v1/operator/keys", VIEW, show).api(&SHOW),
    Route::post("/api/v1/operator/keys/{slug}/rotate", MANAGE, rotate).api(&ROTATE),
];

const SHOW: Operation = Operation {
    summary: "Gives the versions and ages of the master key and of every workspace's key. No key is in it.",
    query: &[],
    request: None,
    status: 200,
    response: Some(schema::<KeysWire>),
};
const ROTATE: Operation = Operation {
    summary: "Moves a workspace to a new key. It answers 503 meanwhile, about four seconds for each 100 MB.",
    query: &[],
    request: None,
    status: 200,
    response: Some(schema::<WorkspaceKey>),
};

/// The keys of the installation.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Keys")]
struct KeysWire {
    /// Counted from 1.
    master_version: u32,
    master_rotated_at: Option<String>,
    has_passphrase: bool,
    /// Rises with every change of the keyring.
    keyring_generation: u64,
    workspaces: Vec<WorkspaceKey>,
}

/// The key of one workspace.
#[derive(Serialize, JsonSchema)]
struct WorkspaceKey {
    slug: String,
    version: u32,
    /// When this version came into use.
    since: String,
    /// Versions that are kept for older backups.
    retired: Vec<u32>,
}

impl From<pages::KeyState> for WorkspaceKey {
    fn from(state: pages::KeyState) -> WorkspaceKey {
        WorkspaceKey {
            slug: state.slug,
            version: state.version,
            since: state.since.rfc3339(),
            retired: state.retired_versions,
        }
    }
}

fn show(request: &Request) -> Result<Reply, Error> {
    let app = &request.app;
    let has_passphrase = Keys::slots(&app.config.data)?.is_some_and(|slots| slots.has_passphrase());
    let (states, rotated_at) =
        request.read_control(|db| Ok((pages::states(&app.keys, db)?, store::last_done(db, Kind::Master, None)?)))?;
    Reply::json(&KeysWire {
        master_version: app.keys.master_version(),
        master_rotated_at: rotated_at.map(|at| at.rfc3339()),
        has_passphrase,
        keyring_generation: app.keys.ring_seq(),
        workspaces: states.into_iter().map(WorkspaceKey::from).collect(),
    })
}

fn rotate(request: &Request) -> Result<Reply, Error> {
    request.no_body()?;
    let slug: String = request.param("slug")?;
    let id = request.read_control(|db| workspaces::find_by_slug(db, &slug))?.id;
    idempotency::once(request, || {
        service::rotate_workspace(&request.app, &request.origin(), id)?;
        let states = request.read_control(|db| pages::states(&request.app.keys, db))?;
        let state = states.into_iter().find(|state| state.slug == slug).ok_or(Error::NotFound("workspace"))?;
        Reply::json(&WorkspaceKey::from(state))
    })
}
