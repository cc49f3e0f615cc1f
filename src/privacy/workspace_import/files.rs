//! Takes in the files of an export while they are read: base64 in, sealed bytes out.

use std::io::BufRead;

use super::scan::Scanner;
use super::{Table, store};
use crate::app::App;
use crate::db::blobs::NewBlob;
use crate::db::{Filling, Workspace};
use crate::error::Error;
use crate::module::FileKind;

/// Files that lie in their places, and go again unless everything is committed.
#[derive(Default)]
pub struct Held {
    pub held: Vec<NewBlob>,
    /// Without their previews.
    pub files: u64,
}

/// Reads `files`; says how many of them were damaged when they were written.
pub fn take<R: BufRead>(
    app: &App,
    workspace: &Workspace,
    filling: &Filling,
    scanner: &mut Scanner<R>,
    tables: &[Table],
) -> Result<(Held, u64), Error> {
    let kinds: Vec<&'static FileKind> = app.modules.iter().flat_map(|module| module.files).copied().collect();
    let (mut all, mut damaged) = (Held::default(), 0);
    scanner.expect(b',')?;
    scanner.place = "the files".into();
    scanner.expect_key("files")?;
    scanner.expect(b'{')?;
    let mut seen: Vec<String> = Vec::new();
    while !scanner.is_next(b'}')? {
        if !seen.is_empty() {
            scanner.expect(b',')?;
        }
        let name = scanner.key()?;
        let kind = kinds.iter().find(|kind| kind.table == name && !seen.contains(&name));
        let kind = kind.ok_or_else(|| scanner.damaged(format!("this program knows no files of “{name}”")))?;
        seen.push(name.clone());
        let (mut count, mut last) = (0_u64, 0);
        scanner.expect(b'[')?;
        while !scanner.is_next(b']')? {
            if count > 0 {
                scanner.expect(b',')?;
            }
            count += 1;
            scanner.place = format!("file {count} of {name}");
            let (id, is_damaged) = one(app, workspace, filling, scanner, kind, last, &mut all)?;
            last = id;
            damaged += u64::from(is_damaged);
            filling.step()?;
        }
        if store::count(filling, kind.table)? != count {
            return Err(scanner.damaged(format!("{count} files do not belong to the rows of {name}")));
        }
    }
    let missing = tables.iter().find(|table| {
        table.rows > 0
            && kinds.iter().any(|kind| kind.table == table.name)
            && !seen.iter().any(|name| name == table.name)
    });
    match missing {
        Some(table) => Err(scanner.damaged(format!("the files of {} are missing", table.name))),
        None => Ok((all, damaged)),
    }
}

fn one<R: BufRead>(
    app: &App,
    workspace: &Workspace,
    filling: &Filling,
    scanner: &mut Scanner<R>,
    kind: &FileKind,
    last: i64,
    all: &mut Held,
) -> Result<(i64, bool), Error> {
    scanner.expect(b'{')?;
    scanner.expect_key("id")?;
    let id: i64 = scanner.typed()?;
    if id <= last {
        return Err(scanner.damaged("the files stand in the order of their numbers"));
    }
    scanner.expect(b',')?;
    let key = scanner.key()?;
    if key == "damaged" {
        if !scanner.typed::<bool>()? {
            return Err(scanner.damaged("a file that is not damaged has content"));
        }
        (kind.take)(app, workspace, filling, id, None)?;
        scanner.expect(b'}')?;
        return Ok((id, true));
    }
    if key != "bytes" {
        return Err(scanner.damaged(format!("“bytes” should stand here, not “{key}”")));
    }
    scanner.typed::<u64>()?;
    scanner.expect(b',')?;
    scanner.expect_key("base64")?;
    let mut content = scanner.base64()?;
    let taken = (kind.take)(app, workspace, filling, id, Some(&mut content));
    if let Some(fault) = content.fault() {
        return Err(fault);
    }
    all.held.extend(taken?);
    all.files += 1;
    scanner.expect(b'}')?;
    Ok((id, false))
}
