//! Invented files on records: minutes, prices, a drawing of a tide and a sheet to print. Small, and nobody's.

use std::io::Write;
use std::sync::Arc;

use image::{ImageFormat, Rgb, RgbImage};

use super::random::Random;
use crate::app::App;
use crate::clock::Timestamp;
use crate::crypto::random_key;
use crate::db::{Actor, Origin};
use crate::error::Error;
use crate::gate;
use crate::id::{MemberId, WorkspaceId};
use crate::people::list::{Filter, Sort, SortKey};
use crate::people::record::{Access, Record};
use crate::people::{attachments, companies, contacts};
use crate::visitor::Reach;

/// Records that get files: the newest ones, which a visitor sees first.
const CONTACTS: i64 = 10;
const COMPANIES: i64 = 4;
/// From one file to the next.
const PAUSE_MS: i64 = 5 * Timestamp::HOUR;

/// Attaches one to three files to each of a few records, over the last days.
pub fn attach(app: &Arc<App>, workspace: WorkspaceId, members: &[MemberId], seed: u64) -> Result<(), Error> {
    let workspace = gate::for_job(app, workspace)?;
    let keys = app.keys.workspace(workspace.id)?;
    let mut random = Random::new(seed);
    let (newest, everybody) = (Sort::down(SortKey::Created), Filter::within(&Reach::Everything));
    let records: Vec<Record> = workspace.file.read(app.now(), |db| {
        let people = contacts::service::page(db, &everybody, newest, None, CONTACTS)?.0;
        let firms = companies::service::page(db, &everybody, newest, None, COMPANIES)?.0;
        let people = people.into_iter().map(|contact| Record::Contact(contact.id));
        Ok(people.chain(firms.into_iter().map(|company| Record::Company(company.id))).collect())
    })?;
    let count = i64::try_from(records.len()).unwrap_or(0);
    for (at, on) in (0..count).zip(records) {
        let moment = app.now().plus(-PAUSE_MS * (count - at));
        let mut files = Vec::new();
        for _ in 0..=random.below(3) {
            let (name, bytes) = invent(&mut random)?;
            let mut writer = workspace.blobs().create(&random_key(), keys.version)?;
            writer.write_all(&bytes)?;
            files.push((name, writer.finish()?));
        }
        let taken = files.iter().map(|(name, blob)| attachments::service::take(&workspace, &keys, name, blob));
        let taken = taken.collect::<Result<Vec<_>, _>>()?;
        let origin = Origin::local(Actor::Member(members[random.below(members.len())]));
        workspace.file.write(moment, &origin, |tx| {
            let limits = &app.config.attachments;
            attachments::service::add(tx, on, &taken, &keys, limits, &Access::everything()).map(drop)
        })?;
        taken.iter().for_each(attachments::service::Taken::keep);
    }
    Ok(())
}

fn invent(random: &mut Random) -> Result<(String, Vec<u8>), Error> {
    let number = random.between(100, 999);
    Ok(match random.below(4) {
        0 => (format!("Minutes {number}.txt"), minutes(random).into_bytes()),
        1 => (format!("Prices {number}.csv"), prices(random).into_bytes()),
        2 => (format!("Tide at gauge {number}.png"), tide(random)?),
        _ => (format!("Calibration sheet {number}.pdf"), sheet(number).into_bytes()),
    })
}

fn minutes(random: &mut Random) -> String {
    let points = [
        "The gauge at the inner pier reads low at springs.",
        "Delivery before the season, not in it.",
        "Training for two people on site.",
        "They want the old and the new probe side by side for a month.",
        "Next call after the holidays.",
    ];
    let mut text = String::from("Minutes\n=======\n\n");
    for point in points.iter().skip(random.below(3)) {
        text.push_str(&format!("- {point}\n"));
    }
    text
}

fn prices(random: &mut Random) -> String {
    let mut text = String::from("Item,Pieces,Price EUR\n");
    for item in ["Tide gauge", "Salinity probe", "Mooring line", "Service day"] {
        text.push_str(&format!("{item},{},{}.00\n", random.between(1, 12), random.between(4, 90) * 10));
    }
    text
}

/// A rise and fall of the water, drawn as a curve on a grid.
fn tide(random: &mut Random) -> Result<Vec<u8>, Error> {
    let (width, height) = (720_u32, 400_u32);
    let (range, shift) = (random.between(60, 150) as f64, random.between(0, 300) as f64);
    let water = |x: u32| 200.0 - range * ((f64::from(x) + shift) / 115.0).sin();
    let picture = RgbImage::from_fn(width, height, |x, y| match f64::from(y) - water(x) {
        apart if apart.abs() < 3.0 => Rgb([18, 92, 104]),
        apart if apart > 0.0 => Rgb([206, 228, 229]),
        _ if x % 60 == 0 || y % 50 == 0 => Rgb([222, 219, 211]),
        _ => Rgb([250, 248, 243]),
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).map_err(|error| Error::Internal(Box::new(error)))?;
    Ok(bytes.into_inner())
}

/// One page with two lines, as small as a PDF can be.
fn sheet(number: i64) -> String {
    let drawn = format!("BT /F 22 Tf 60 760 Td (Calibration sheet {number}) Tj 0 -40 Td (Nothing to report.) Tj ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{drawn}\nendstream", drawn.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut file = String::from("%PDF-1.4\n");
    let mut table = String::from("0000000000 65535 f \n");
    for (at, object) in objects.iter().enumerate() {
        table.push_str(&format!("{:010} 00000 n \n", file.len()));
        file.push_str(&format!("{} 0 obj\n{object}\nendobj\n", at + 1));
    }
    let start = file.len();
    let count = objects.len() + 1;
    file.push_str(&format!(
        "xref\n0 {count}\n{table}trailer\n<< /Size {count} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
    ));
    file
}
