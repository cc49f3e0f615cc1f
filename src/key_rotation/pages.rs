//! `/operator/keys`: how old each key is, what was exchanged, and exchanging the key of a workspace.

use std::collections::HashMap;

use askama::Template;

use super::{Kind, Rotation, service, store};
use crate::clock::Timestamp;
use crate::db::Db;
use crate::error::Error;
use crate::id::WorkspaceId;
use crate::keys::keyring::State;
use crate::keys::{Keys, Version};
use crate::members::workspaces;
use crate::web::{Access, Reply, Request, Route, ui};

pub const ROUTES: &[Route] = &[
    Route::get("/operator/keys", Access::Operator, list),
    Route::post("/operator/keys/{id}/rotate", Access::Operator, rotate).step_up(),
];

/// Lines of the history.
const SHOWN: i64 = 50;

#[derive(Template)]
#[template(path = "key_rotation/list.html")]
struct List {
    master: Vec<MasterRow>,
    rows: Vec<KeyState>,
    history: Vec<Line>,
}

struct MasterRow {
    name: &'static str,
    state: String,
    changed_at: Option<Timestamp>,
}

/// The key of one workspace.
pub(super) struct KeyState {
    pub slug: String,
    pub name: String,
    pub version: u32,
    /// When this version came into use.
    pub since: Timestamp,
    /// Versions kept for older backups, in words.
    pub retired: String,
    pub retired_versions: Vec<u32>,
    pub may_rotate: bool,
    dialog: String,
    rotate: String,
}

struct Line {
    words: String,
    at: Timestamp,
    outcome: (&'static str, &'static str),
}

/// The key of every workspace that has one, by name.
pub(super) fn states(keys: &Keys, db: &Db) -> Result<Vec<KeyState>, Error> {
    let versions = keys.versions();
    let mut states = Vec::new();
    for workspace in workspaces::list(db)? {
        let of_it: Vec<&Version> = versions.iter().filter(|version| version.workspace == workspace.id).collect();
        let Some(active) = of_it.iter().find(|version| version.state == State::Active) else { continue };
        let retired = of_it.iter().filter(|version| version.state == State::Retired).map(|version| version.version);
        let mut retired_versions: Vec<u32> = retired.collect();
        retired_versions.sort_unstable();
        states.push(KeyState {
            since: store::last_done(db, Kind::Workspace, Some(workspace.id))?.unwrap_or(workspace.created_at),
            version: active.version,
            retired: retired_versions.iter().map(|version| format!("Version {version}")).collect::<Vec<_>>().join(", "),
            retired_versions,
            may_rotate: matches!(workspace.state.as_str(), "active" | "read_only"),
            dialog: format!("rotate-{}", workspace.slug),
            rotate: format!("/operator/keys/{}/rotate", workspace.id),
            slug: workspace.slug,
            name: workspace.name,
        });
    }
    Ok(states)
}

fn list(request: &Request) -> Result<Reply, Error> {
    let app = &request.app;
    let slots = Keys::slots(&app.config.data)?;
    let has_passphrase = slots.is_some_and(|slots| slots.has_passphrase());
    let page = request.read_control(|db| {
        let last = |kind| store::last_done(db, kind, None);
        let master_changed = last(Kind::Master)?;
        let names: HashMap<WorkspaceId, String> =
            workspaces::list(db)?.into_iter().map(|workspace| (workspace.id, workspace.name)).collect();
        Ok(List {
            master: vec![
                MasterRow {
                    name: "Master key",
                    state: format!("Version {}", app.keys.master_version()),
                    changed_at: master_changed,
                },
                MasterRow {
                    name: "Passphrase",
                    state: if has_passphrase { "Set" } else { "None" }.into(),
                    changed_at: last(Kind::Passphrase)?.max(master_changed.filter(|_| has_passphrase)),
                },
                MasterRow {
                    name: "Recovery code",
                    state: "On paper".into(),
                    changed_at: last(Kind::RecoveryCode)?.max(master_changed),
                },
            ],
            rows: states(&app.keys, db)?,
            history: store::newest(db, SHOWN)?.into_iter().map(|rotation| line(rotation, &names)).collect(),
        })
    })?;
    request.page("Keys", &page)
}

fn line(rotation: Rotation, names: &HashMap<WorkspaceId, String>) -> Line {
    let whose = rotation.workspace.map(|id| match names.get(&id) {
        Some(name) => name.clone(),
        None => "a workspace that is gone".to_owned(),
    });
    let whose = whose.unwrap_or_default();
    let version = rotation.to_version;
    let words = match Kind::from_word(&rotation.kind) {
        Some(Kind::Workspace) => format!("Key of {whose}, now version {version}"),
        Some(Kind::Destroyed) => format!("Version {version} of the key of {whose} was destroyed"),
        Some(Kind::Passphrase) => "Passphrase".to_owned(),
        Some(Kind::RecoveryCode) => "Recovery code".to_owned(),
        Some(Kind::Master) | None => format!("Master key, now version {version}"),
    };
    let outcome = match rotation.outcome.as_str() {
        "done" => ("kept", "Done"),
        "undone" => ("risk", "Broke off and was undone"),
        _ => ("info", "Under way"),
    };
    Line { words, at: rotation.ended_at.unwrap_or(rotation.begun_at), outcome }
}

fn rotate(request: &Request) -> Result<Reply, Error> {
    let id: WorkspaceId = request.param("id")?;
    service::rotate_workspace(&request.app, &request.origin(), id)?;
    Ok(Reply::see_other("/operator/keys").toast("key-exchanged"))
}
