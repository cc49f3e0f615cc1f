//! `holdfast backup drill`: restore from the backups into a scratch file now, and compare with what is live.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::watched;
use crate::app::App;
use crate::backup::drill;
use crate::backup::run::living;
use crate::cli::answer::{Answer, Listener, table};
use crate::db::{Actor, Origin};
use crate::error::Error;
use crate::id::WorkspaceId;
use crate::web::format;

#[derive(Debug, Clone, clap::Args, Serialize, Deserialize)]
pub struct Drill {
    /// This workspace alone; without it the installation and every workspace, one after the other
    #[arg(long, value_name = "SLUG")]
    workspace: Option<String>,
}

pub fn run(app: &Arc<App>, asked: &Drill, listener: &mut dyn Listener) -> Result<Answer, Error> {
    let mut places = living(app)?;
    if let Some(slug) = &asked.workspace {
        places.retain(|(place, name)| *place != WorkspaceId::CONTROL && name == slug);
    }
    if places.is_empty() {
        return Err(Error::NotFound("workspace"));
    }
    let origin = Origin::local(Actor::CommandLine);
    let (mut facts, mut rows, mut faults) = (Vec::new(), Vec::new(), Vec::new());
    for (place, name) in &places {
        let done = watched(app, listener, |watch| drill::drill(app, &origin, *place, name, watch))?;
        facts.push(json!({
            "workspace": Some(name).filter(|_| *place != WorkspaceId::CONTROL),
            "verdict": done.verdict.word(), "fault": done.words, "backup": done.backup, "segment": done.segment,
            "moment": done.moment, "restore_ms": done.restore_ms, "bytes": done.bytes, "rows": done.rows,
            "files": done.files,
        }));
        rows.push(vec![
            name.clone(),
            done.status().1.to_lowercase(),
            done.took(),
            format::count(done.rows),
            format::count(done.files),
            format!("{} + {}", done.backup, done.segment),
        ]);
        if !done.is_good() {
            faults.push(format!("{name}: {}", done.words));
        }
    }
    let mut lines = vec![table(&["PLACE", "RESULT", "RESTORE TOOK", "ROWS", "FILES", "BACKUP + SEGMENT"], &rows)];
    lines.extend(faults.iter().cloned());
    Ok(Answer::new(json!({ "drills": facts }), lines.join("\n")).or_no(!faults.is_empty()))
}
