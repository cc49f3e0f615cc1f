//! Looks for what an erasure left: in every row, and in the bytes on the disk.

use super::faults::{Step, is_left_out};
use super::keeping::Keeping;
use super::mentions;
use super::needles::{ByteNeedles, Needles};
use super::scan::{self, Scanned};
use super::values::Values;
use crate::app::App;
use crate::db::{DbFile, Workspace};
use crate::error::Error;
use crate::module::Module;
use crate::privacy::data_map::File;

/// What was found.
pub(super) struct Look {
    pub wal_emptied: bool,
    pub values: usize,
    pub forms: usize,
    /// Values that also stand in somebody else's, so that bytes cannot tell: every row was looked at instead. Those of
    /// `in_held_rows` are not among them.
    pub checked_by_row: usize,
    /// Of the values looked for, in their order: whether they stand in rows that a hold keeps.
    pub in_held_rows: Vec<bool>,
    /// Rows in which the person still stands.
    pub rows_left: usize,
    pub scanned: Vec<Scanned>,
    /// Values that the installation keeps on another ground: an account with the same address.
    pub kept_by_installation: usize,
}

impl Look {
    pub fn hits(&self) -> u64 {
        self.scanned.iter().map(|place| place.hits).sum::<u64>() + self.rows_left as u64
    }
}

/// Values, and which of them rightly stand in a text of a file: bytes cannot tell those from what is left.
pub(super) struct Standing<'a> {
    values: &'a Values,
    alone: Vec<ByteNeedles>,
    any: ByteNeedles,
    stands: Vec<bool>,
}

impl<'a> Standing<'a> {
    fn new(values: &'a Values) -> Result<Standing<'a>, Error> {
        let alone = values.all().map(|value| ByteNeedles::new([value].into_iter())).collect::<Result<Vec<_>, _>>()?;
        let stands = vec![false; alone.len()];
        // Nearly every text has none of them: one look says so.
        Ok(Standing { values, alone, any: ByteNeedles::new(values.all())?, stands })
    }

    /// Marks the values that stand in the texts of a file, unless `counts` says that the whole text was looked at.
    fn mark(
        &mut self,
        db: &crate::db::Db,
        modules: &'static [&'static Module],
        file: File,
        counts: &dyn Fn(&str) -> bool,
    ) -> Result<(), Error> {
        mentions::standing(db, modules, file, &mut |text| {
            if self.any.count(text.as_bytes()) == 0 || counts(text) {
                return;
            }
            for (place, needle) in self.alone.iter().enumerate() {
                self.stands[place] |= needle.count(text.as_bytes()) > 0;
            }
        })
    }

    /// What is looked for in the bytes.
    fn bytes(&self) -> Result<ByteNeedles, Error> {
        let chosen = self.values.all().zip(&self.stands).filter(|(_, stands)| !**stands).map(|(value, _)| value);
        ByteNeedles::new(chosen.collect::<Vec<_>>().into_iter())
    }
}

/// What the rows of a workspace's file still say.
struct Inside<'a> {
    standing: Standing<'a>,
    in_held_rows: Vec<bool>,
    rows_left: usize,
}

fn inside<'a>(app: &App, workspace: &Workspace, values: &'a Values) -> Result<Inside<'a>, Error> {
    let needles = Needles::new(values)?;
    let mut standing = Standing::new(values)?;
    let (held, left): (Vec<_>, Vec<_>) = workspace
        .file
        .read(app.now(), |db| mentions::search(db, app.modules, &needles, None, &Keeping::of(db, app.modules)?))?
        .into_iter()
        .partition(|place| place.is_held);
    // What a held row says stands in the bytes too, rightly.
    let is_held = |needle: &ByteNeedles| held.iter().any(|place| needle.count(place.text().as_bytes()) > 0);
    let in_held_rows: Vec<bool> = standing.alone.iter().map(is_held).collect();
    standing.stands.clone_from(&in_held_rows);
    // Where it stands by itself it was counted already, and must be found in the bytes too.
    workspace
        .file
        .read(app.now(), |db| standing.mark(db, app.modules, File::Workspace, &|text| needles.is_in(text)))?;
    Ok(Inside { standing, in_held_rows, rows_left: left.len() })
}

/// Looks through both databases and every other file of the data folder.
pub(super) fn look(app: &App, workspace: &Workspace, values: &Values) -> Result<Look, Error> {
    let folds = !is_left_out(Step::Checkpoint);
    let wal_emptied = folds && workspace.file.fold()? && app.control.fold()?;
    let Inside { standing, in_held_rows, rows_left } = inside(app, workspace, values)?;
    let bytes = standing.bytes()?;
    let mut of_control = Standing { stands: standing.stands.clone(), ..Standing::new(values)? };
    app.read(|db| of_control.mark(db, app.modules, File::Control, &|_| false))?;
    let control_bytes = of_control.bytes()?;
    let data = &app.config.data;
    let workspaces = data.join("workspaces");
    let keys = data.join("keys");
    let scanned = vec![
        scan::pages("workspace_database", &workspace.file, &bytes)?,
        scan::pages("installation_database", &app.control, &control_bytes)?,
        scan::files("workspace_files", &workspace.folder, &[], &bytes)?,
        scan::files("installation_files", data, &[&workspaces, &keys], &control_bytes)?,
    ];
    let by_row = standing.stands.iter().zip(&in_held_rows).filter(|(stands, held)| **stands && !**held).count();
    let by_installation = standing.stands.iter().zip(&of_control.stands).filter(|(here, there)| **there && !**here);
    Ok(Look {
        wal_emptied,
        values: bytes.values,
        forms: bytes.forms,
        checked_by_row: by_row,
        kept_by_installation: by_installation.count(),
        in_held_rows,
        rows_left,
        scanned,
    })
}

/// How often values still stand in a copy of a workspace's file, and whether a hold keeps some of them there.
pub(super) fn in_copy(app: &App, workspace: &Workspace, values: &Values) -> Result<(u64, bool), Error> {
    let Inside { standing, in_held_rows, rows_left } = inside(app, workspace, values)?;
    let scanned = scan::pages("copy", &workspace.file, &standing.bytes()?)?;
    Ok((scanned.hits + rows_left as u64, in_held_rows.contains(&true)))
}

/// How often values still stand in a copy of `control.db`, but for what it says on another ground.
pub(super) fn in_control_copy(app: &App, control: &DbFile, values: &Values) -> Result<u64, Error> {
    let mut standing = Standing::new(values)?;
    control.read(app.now(), |db| standing.mark(db, app.modules, File::Control, &|_| false))?;
    Ok(scan::pages("copy", control, &standing.bytes()?)?.hits)
}
