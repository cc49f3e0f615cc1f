//! An export that is under way heeds a stop and an erasure, seen from inside, where the moment can be chosen.

use std::sync::Arc;

use holdfast::app::{App, Lock};
use holdfast::config::Config;
use holdfast::config::load::Values;
use holdfast::db::{Actor, Origin, Workspace};
use holdfast::gate;
use holdfast::id::WorkspaceId;
use holdfast::modules::MODULES;
use holdfast::privacy::audit::{self, Event};
use holdfast::privacy::parcel::State;
use holdfast::privacy::workspace_export::{WorkspaceExport, service};

use crate::support::{fixture, keys};

fn opened(data: &std::path::Path) -> Arc<App> {
    let config = Config::new(data, &Values::defaults(data)).expect("settings");
    let mailer = config.mailer().expect("a mailer");
    App::open(config, keys(data), mailer, Lock::take(data).expect("the lock"), MODULES).expect("it opens")
}

fn origin() -> Origin {
    Origin::local(Actor::CommandLine)
}

/// The one under way, as its row says now.
fn building(app: &App, workspace: &Workspace) -> Option<WorkspaceExport> {
    workspace.file.read(app.now(), service::building).expect("a row")
}

fn sealed_files(workspace: &Workspace) -> usize {
    let folder = workspace.folder.join("packages");
    let below = |folder| std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    below(folder).flat_map(below).count()
}

#[test]
fn an_export_under_way_heeds_a_stop_and_an_erasure() {
    let folder = fixture::copy();
    let data = folder.path().join("data");
    let app = opened(&data);
    let id: Vec<u8> = app
        .read(|db| db.value("SELECT id FROM workspaces WHERE slug = 'alpha'", &[]))
        .expect("a workspace")
        .expect("alpha");
    let workspace = gate::for_job(&app, WorkspaceId(id.try_into().expect("16 bytes"))).expect("it opens");
    let make = |export: &WorkspaceExport, look: &dyn Fn() -> bool| {
        service::make(&app, &workspace, &origin(), export, look).expect("nothing is wrong");
    };
    workspace.file.write(app.now(), &origin(), service::ask).expect("asked for");

    // The process stops: it stays to be made, and nothing lies there.
    let export = building(&app, &workspace).expect("it waits");
    make(&export, &|| true);
    assert!(building(&app, &workspace).is_some());
    assert_eq!(sealed_files(&workspace), 0);

    // Somebody is erased while it is written: what was gathered until then is not kept.
    let erase = || {
        let erased = workspace.file.write(app.now(), &origin(), |tx| {
            assert_eq!(service::forget_everybody(tx)?, 1);
            audit::record(tx, Event::new("privacy.erasure.executed"))
        });
        erased.expect("erased");
        false
    };
    make(&export, &erase);
    assert_eq!(sealed_files(&workspace), 0);
    let anew = building(&app, &workspace).expect("it is made anew");
    assert_eq!((anew.id, anew.state), (export.id, State::Building));

    // An owner stops it.
    let stop = || {
        workspace.file.write(app.now(), &origin(), |tx| service::remove(tx, anew.id)).expect("stopped");
        false
    };
    make(&anew, &stop);
    let stopped = workspace.file.read(app.now(), |db| service::get(db, anew.id)).expect("its row");
    assert_eq!((stopped.state, stopped.size), (State::Cancelled, 0));
    assert_eq!(sealed_files(&workspace), 0);

    // Left alone, it is made, whole.
    workspace.file.write(app.now(), &origin(), service::ask).expect("asked for again");
    let last = building(&app, &workspace).expect("it waits");
    make(&last, &|| false);
    let made = workspace.file.read(app.now(), |db| service::get(db, last.id)).expect("its row");
    assert_eq!(made.state, State::Ready);
    assert_eq!((made.step, sealed_files(&workspace)), (made.steps, 1));
}
