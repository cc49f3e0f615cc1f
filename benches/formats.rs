//! Imports of vCards and of a workbook by the API, beside a plain reader of the same file that keeps nothing.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::time::Instant;

use quick_xml::Reader;
use quick_xml::events::Event;
use zip::write::{SimpleFileOptions, ZipWriter};

use crate::import::{Took, run, upload, workspace};
use crate::people::{Person, company_name};
use crate::report::{Aim, Report};
use crate::server::Server;
use crate::{Options, Outcome};

const SECTION: &str = "Import of vCards and workbooks";
/// A workbook has room for about a million rows; a fifth of that shows what there is to see.
const MOST: u64 = 200_000;

/// A kind of file, and how it is written and read.
struct Format {
    name: &'static str,
    file: &'static str,
    write: fn(&Path, u64) -> Outcome<()>,
    read: fn(&Path) -> Outcome<u64>,
}

const FORMATS: [Format; 2] = [
    Format { name: "vCard 3.0", file: "people.vcf", write: write_cards, read: read_cards },
    Format { name: "workbook (.xlsx)", file: "people.xlsx", write: write_workbook, read: read_workbook },
];

pub fn measure(options: &Options, folder: &Path, report: &mut Report) -> Outcome<()> {
    let people = options.people().min(MOST);
    for format in &FORMATS {
        eprintln!("import of {people} people as {}", format.name);
        let file = folder.join(format.file);
        (format.write)(&file, people)?;
        let megabytes = std::fs::metadata(&file)?.len() as f64 / 1e6;
        let data = folder.join("formats");
        let _ = std::fs::remove_dir_all(&data);
        let (token, _) = workspace(&data)?;
        let plain = plainly(format, &file, people)?;
        let server = Server::product(&data)?;
        let (watch, before) = (Instant::now(), server.busy()?);
        let id = upload(&server, &token, &file, format.file)?;
        let converted = Took { seconds: watch.elapsed().as_secs_f64(), busy: server.busy()? - before };
        let done = run(&server, &token, id)?;
        let whole = Took { seconds: watch.elapsed().as_secs_f64(), busy: server.busy()? - before };
        let peak = server.peak()?;
        drop(server);
        if done["created"].as_u64() != Some(people) {
            return Err(format!("{people} people were in the file: {done}").into());
        }
        // The faster of two, since the machine is not ours alone.
        let plain = plain.min(plainly(format, &file, people)?);
        let detail = format!(
            "{} beside {plain:.2} s; {:.0} MB/s of {megabytes:.0} MB, {:.0} people/s",
            converted.text(),
            megabytes / converted.seconds,
            people as f64 / converted.seconds
        );
        let name = format!("{}: upload, look and conversion beside a plain reader", format.name);
        report.add(SECTION, name, converted.seconds / plain, "times as long", Aim::None, detail);
        let detail = format!("{}, {:.1} MB/s, {people} people", whole.text(), megabytes / whole.seconds);
        let name = format!("{}: whole import", format.name);
        report.add(SECTION, name, people as f64 / whole.seconds, "people/s", Aim::None, detail);
        let name = format!("{}: most resident memory of the server", format.name);
        report.add(SECTION, name, peak, "MiB", Aim::AtMost(256.0), "upload, conversion and import together");
        std::fs::remove_file(&file)?;
        std::fs::remove_dir_all(&data)?;
    }
    Ok(())
}

/// Seconds a plain reader takes for the file, which must find everybody.
fn plainly(format: &Format, file: &Path, people: u64) -> Outcome<f64> {
    let watch = Instant::now();
    let found = (format.read)(file)?;
    if found == people {
        Ok(watch.elapsed().as_secs_f64())
    } else {
        Err(format!("{found} of {people} were read").into())
    }
}

/// The cells of a person, in the order of [`HEADINGS`].
fn cells(person: &Person) -> [String; 8] {
    let (city, country, postal_code) = person.town();
    [
        person.given.to_owned(),
        person.family.clone(),
        person.email(),
        person.phone().unwrap_or_default(),
        person.title().to_owned(),
        company_name(person.company()),
        format!("{postal_code} {city}"),
        country.to_owned(),
    ]
}

const HEADINGS: [&str; 8] = ["Given name", "Family name", "Email", "Phone", "Job title", "Company", "City", "Country"];

fn write_cards(path: &Path, people: u64) -> Outcome<()> {
    let mut out = BufWriter::new(File::create(path)?);
    for number in 0..people {
        let [given, family, email, phone, title, company, city, country] = cells(&Person::new(number));
        write!(
            out,
            "BEGIN:VCARD\r\nVERSION:3.0\r\nN:{family};{given};;;\r\nFN:{given} {family}\r\nEMAIL;TYPE=WORK:{email}\r\n"
        )?;
        if !phone.is_empty() {
            write!(out, "TEL;TYPE=CELL:{phone}\r\n")?;
        }
        let company = company.replace(',', "\\,");
        write!(out, "TITLE:{title}\r\nORG:{company}\r\nADR;TYPE=WORK:;;;{city};;;{country}\r\nEND:VCARD\r\n")?;
    }
    Ok(out.flush()?)
}

/// Lines, unfolded, each cut into name and value; a card is a list of them.
fn read_cards(path: &Path) -> Outcome<u64> {
    let (mut cards, mut card) = (0, Vec::new());
    for line in BufReader::new(File::open(path)?).lines() {
        let line = line?;
        match line.split_once(':') {
            Some(("END", _)) => {
                cards += u64::from(!card.is_empty());
                card.clear();
            }
            Some((name, value)) => card.push((name.to_owned(), value.to_owned())),
            None => {}
        }
    }
    Ok(cards)
}

fn write_workbook(path: &Path, people: u64) -> Outcome<()> {
    let mut out = ZipWriter::new(File::create(path)?);
    let parts = [
        (
            "_rels/.rels",
            r#"<Relationships><Relationship Id="r1" Type="x/officeDocument" Target="xl/workbook.xml"/></Relationships>"#,
        ),
        (
            "xl/workbook.xml",
            r#"<workbook xmlns:r="r"><sheets><sheet name="People" sheetId="1" r:id="a"/></sheets></workbook>"#,
        ),
        (
            "xl/_rels/workbook.xml.rels",
            r#"<Relationships><Relationship Id="a" Type="x/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#,
        ),
    ];
    for (name, text) in parts {
        out.start_file(name, SimpleFileOptions::default())?;
        out.write_all(text.as_bytes())?;
    }
    out.start_file("xl/worksheets/sheet1.xml", SimpleFileOptions::default())?;
    let mut sheet = BufWriter::new(out);
    sheet.write_all(b"<worksheet><sheetData>")?;
    write_row(&mut sheet, &HEADINGS.map(str::to_owned))?;
    for number in 0..people {
        write_row(&mut sheet, &cells(&Person::new(number)))?;
    }
    sheet.write_all(b"</sheetData></worksheet>")?;
    sheet.into_inner().map_err(|error| error.into_error())?.finish()?;
    Ok(())
}

fn write_row(out: &mut impl Write, cells: &[String; 8]) -> Outcome<()> {
    out.write_all(b"<row>")?;
    for cell in cells {
        let text = quick_xml::escape::escape(cell.as_str());
        write!(out, r#"<c t="inlineStr"><is><t>{text}</t></is></c>"#)?;
    }
    Ok(out.write_all(b"</row>")?)
}

/// The texts of the sheet, row after row.
fn read_workbook(path: &Path) -> Outcome<u64> {
    let mut archive = zip::ZipArchive::new(BufReader::new(File::open(path)?))?;
    let mut reader = Reader::from_reader(BufReader::new(archive.by_name("xl/worksheets/sheet1.xml")?));
    let (mut buffer, mut row, mut rows) = (Vec::new(), Vec::new(), 0_u64);
    loop {
        match reader.read_event_into(&mut buffer)? {
            Event::Text(text) => row.push(String::from(text.as_ref())),
            Event::End(end) if end.name().as_ref() == "row" => {
                rows += u64::from(!row.is_empty());
                row.clear();
            }
            Event::Eof => break,
            _ => {}
        }
        buffer.clear();
    }
    // The headings are a row too.
    Ok(rows.saturating_sub(1))
}
