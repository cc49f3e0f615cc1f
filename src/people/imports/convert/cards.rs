//! vCards as a table: one row for each card, columns for what the cards have.

use std::io::{BufReader, Read, Write};

use super::table::{ROWS, Table, refused};
use super::vcard::{Properties, Property};
use crate::error::Error;
use crate::people::imports::encoding::{self, Utf8Reader};
use crate::people::imports::rows::ROW_BYTES;

/// The headings, all of which map by themselves where there is a field.
const COLUMNS: [&str; 18] = [
    "Given name",
    "Family name",
    "Full name",
    "Email",
    "Phone",
    "Company",
    "Job title",
    "Street",
    "Postal code",
    "City",
    "Region",
    "Country",
    // Of the person: what is called a website in other files is the company's.
    "Web address",
    "Language",
    "Time zone",
    "Tags",
    "Note",
    "Birthday",
];
const FULL_NAME: usize = 2;
const COMPANY: usize = 5;
const JOB_TITLE: usize = 6;

/// What the cards of a file have in all.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Census {
    pub cards: u64,
    pub photos: u64,
    /// Cards that only name the members of a group.
    pub groups: u64,
    used: [bool; COLUMNS.len()],
}

impl Census {
    /// For people: how many there are, and what is left out.
    pub fn remark(&self) -> String {
        let count = |number: u64, one: &str, many: &str| format!("{number} {}", if number == 1 { one } else { many });
        let mut remark = format!("{} in the file.", count(self.cards, "card is", "cards are"));
        if self.photos > 0 {
            remark.push_str(&format!(" {} left out.", count(self.photos, "photo was", "photos were")));
        }
        if self.groups > 0 {
            remark.push_str(&format!(" {} left out.", count(self.groups, "group was", "groups were")));
        }
        remark
    }
}

/// Counts what is in the cards.
pub fn count(input: impl Read, beginning: &[u8]) -> Result<Census, Error> {
    let mut census = Census::default();
    each(input, beginning, &mut |card| {
        census.cards += 1;
        census.photos += card.photos;
        census.groups += u64::from(card.is_group);
        if !card.is_group {
            for (used, cell) in census.used.iter_mut().zip(&card.cells) {
                *used |= !cell.is_empty();
            }
        }
        Ok(())
    })?;
    if census.cards == 0 || !census.used.contains(&true) {
        return Err(refused("empty", "No card of the file has anything in it. Export the cards again."));
    }
    Ok(census)
}

/// Writes the headings that any card fills, then one row for each card.
pub fn write(input: impl Read, beginning: &[u8], census: &Census, out: impl Write) -> Result<(), Error> {
    let used = || (0..COLUMNS.len()).filter(|column| census.used[*column]);
    let mut table = Table::new(out, "card");
    table.row(1, &used().map(|column| COLUMNS[column]).collect::<Vec<_>>())?;
    let mut number = 1;
    each(input, beginning, &mut |card| {
        number += 1;
        let cells: Vec<&str> = match card.is_group {
            true => Vec::new(),
            false => used().map(|column| card.cells[column].as_str()).collect(),
        };
        table.row(number, &cells)
    })
}

/// Goes through the cards in order.
fn each(input: impl Read, beginning: &[u8], take: &mut dyn FnMut(Card) -> Result<(), Error>) -> Result<(), Error> {
    let guess = encoding::detect(beginning, false);
    if guess == encoding_rs::UTF_16LE || guess == encoding_rs::UTF_16BE {
        let text = BufReader::new(Utf8Reader::new(input, guess));
        return walk(Properties::new(text, encoding_rs::UTF_8), take);
    }
    // Other encodings are judged property by property: in old files each may have its own.
    let fallback = if guess == encoding_rs::UTF_8 { encoding_rs::WINDOWS_1252 } else { guess };
    walk(Properties::new(BufReader::with_capacity(64 * 1024, input), fallback), take)
}

fn walk<R: std::io::BufRead>(
    mut properties: Properties<R>,
    take: &mut dyn FnMut(Card) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut number: u64 = 0;
    // Cards within cards (an agent's) are counted, so that they end where they should, and left out.
    let mut depth: u64 = 0;
    let mut draft = Draft::default();
    while let Some(property) = properties.next()? {
        let is_card = property.value.trim().eq_ignore_ascii_case("vcard");
        match property.name.as_str() {
            "BEGIN" if is_card => {
                depth += 1;
                if depth == 1 {
                    number += 1;
                    draft = Draft::default();
                    properties.keeps_fold = false;
                }
            }
            "END" if is_card && depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    if number >= ROWS {
                        return Err(refused(
                            "too_many_rows",
                            format!("The file has more than {} cards. Split it.", ROWS - 1),
                        ));
                    }
                    take(std::mem::take(&mut draft).card())?;
                }
            }
            _ if depth == 1 => {
                if property.name == "VERSION" {
                    properties.keeps_fold = property.value.trim() == "2.1";
                }
                draft.take(property, number)?;
            }
            _ => {}
        }
    }
    if depth > 0 {
        let message = format!("The file ends within card {number}: it may be cut off. Export the cards again.");
        return Err(refused("cut_off", message));
    }
    Ok(())
}

/// A card as a row.
struct Card {
    cells: [String; COLUMNS.len()],
    photos: u64,
    is_group: bool,
}

/// A card while it is read.
#[derive(Default)]
struct Draft {
    cells: [String; COLUMNS.len()],
    emails: Vec<Reach>,
    phones: Vec<Reach>,
    /// What an address book calls the properties of a group: `item1.X-ABLabel:Boat`.
    labels: Vec<(String, String)>,
    role: String,
    photos: u64,
    is_group: bool,
    bytes: usize,
}

/// An address or a number.
struct Reach {
    group: String,
    label: &'static str,
    is_preferred: bool,
    value: String,
}

impl Draft {
    fn take(&mut self, property: Property, number: u64) -> Result<(), Error> {
        match property.name.as_str() {
            "PHOTO" => {
                self.photos += 1;
                return Ok(());
            }
            "LOGO" | "SOUND" | "KEY" | "UID" => return Ok(()),
            _ => {}
        }
        self.bytes += property.value.len() + property.group.len();
        if property.is_cut || self.bytes > ROW_BYTES {
            return Err(refused(
                "row_too_long",
                format!("Card {number} is longer than a card can be. Take it out of the file."),
            ));
        }
        match property.name.as_str() {
            "N" => self.name(property.parts()),
            "FN" => self.first(FULL_NAME, property.text()),
            "EMAIL" => self.emails.extend(Reach::new(&property, property.text())),
            "TEL" => self.phones.extend(Reach::new(&property, number_of(&property.text()))),
            "ORG" => {
                self.first(COMPANY, property.parts().into_iter().find(|part| !part.is_empty()).unwrap_or_default())
            }
            "TITLE" => self.first(JOB_TITLE, property.text()),
            "ROLE" => self.role = property.text(),
            "ADR" => self.address(property.parts()),
            "URL" => self.first(12, property.text()),
            "LANG" => self.first(13, property.text()),
            "TZ" => {
                // An offset names no zone: nobody knows when its summer begins.
                let zone = property.text();
                if jiff::tz::TimeZone::get(&zone).is_ok() {
                    self.first(14, zone);
                }
            }
            "CATEGORIES" => add(&mut self.cells[15], "; ", &property.list().join("; ")),
            "NOTE" => add(&mut self.cells[16], "\n", &property.text()),
            "BDAY" => self.first(17, birthday(&property.text())),
            "X-ABLABEL" => {
                let label = property.text();
                let label = label.trim_start_matches("_$!<").trim_end_matches(">!$_").to_lowercase();
                self.labels.push((property.group, label));
            }
            "KIND" | "X-ADDRESSBOOKSERVER-KIND" => self.is_group = property.text().eq_ignore_ascii_case("group"),
            _ => {}
        }
        Ok(())
    }

    fn first(&mut self, column: usize, text: String) {
        if self.cells[column].is_empty() {
            self.cells[column] = text;
        }
    }

    /// Family name, given name, further names; what stands before and behind is in the full name.
    fn name(&mut self, parts: Vec<String>) {
        let part = |place: usize| parts.get(place).map(|part| part.replace(',', " ")).unwrap_or_default();
        self.first(1, part(0));
        self.first(0, format!("{} {}", part(1), part(2)).trim().to_owned());
    }

    /// The first address: box, rooms and street are one field here.
    fn address(&mut self, parts: Vec<String>) {
        if self.cells[7..=11].iter().any(|cell| !cell.is_empty()) {
            return;
        }
        let part = |place: usize| parts.get(place).cloned().unwrap_or_default();
        let street = [part(0), part(2), part(1)].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>();
        self.cells[7] = street.join("\n");
        for (column, place) in [(9, 3), (10, 4), (8, 5), (11, 6)] {
            self.cells[column] = part(place);
        }
    }

    fn card(mut self) -> Card {
        if self.cells[0].is_empty() && self.cells[1].is_empty() {
            // The rule for a whole name that has no parts: the last word is the family's.
            let name = self.cells[FULL_NAME].clone();
            let (given, family) = name.rsplit_once(char::is_whitespace).unwrap_or((&name, ""));
            (self.cells[0], self.cells[1]) = (given.trim().to_owned(), family.trim().to_owned());
        }
        if self.cells[JOB_TITLE].is_empty() {
            self.cells[JOB_TITLE] = std::mem::take(&mut self.role);
        }
        self.cells[3] = joined(std::mem::take(&mut self.emails), &self.labels);
        self.cells[4] = joined(std::mem::take(&mut self.phones), &self.labels);
        Card { cells: self.cells, photos: self.photos, is_group: self.is_group }
    }
}

impl Reach {
    fn new(property: &Property, value: String) -> Option<Reach> {
        let kinds: Vec<String> = property.types().collect();
        let is = |kind: &str| kinds.iter().any(|own| own == kind);
        let labels = [("fax", "fax"), ("pager", "pager"), ("cell", "mobile"), ("work", "work"), ("home", "home")];
        let label = labels.into_iter().find(|(kind, _)| is(kind)).map_or("", |(_, label)| label);
        let is_preferred = is("pref") || property.parameters.iter().any(|(name, value)| name == "PREF" && value == "1");
        // A semicolon would be taken for the end of the value.
        let value = value.replace([';', '|', '\n'], " ");
        (!value.is_empty()).then(|| Reach { group: property.group.clone(), label, is_preferred, value })
    }
}

/// `work: ana@example.com; bo@example.com`, the preferred one first.
fn joined(mut list: Vec<Reach>, labels: &[(String, String)]) -> String {
    list.sort_by_key(|reach| !reach.is_preferred);
    let one = |reach: &Reach| {
        let named = labels.iter().find(|(group, _)| !group.is_empty() && *group == reach.group);
        let label = named.map_or(reach.label, |(_, label)| label.as_str());
        if label.is_empty() { reach.value.clone() } else { format!("{label}: {}", reach.value) }
    };
    list.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// `19800317` or `1980-03-17T00:00:00Z` as a date; one without its year is none.
fn birthday(text: &str) -> String {
    let date = text.split('T').next().unwrap_or("").trim();
    match date.len() == 8 && date.bytes().all(|byte| byte.is_ascii_digit()) {
        true => format!("{}-{}-{}", &date[..4], &date[4..6], &date[6..]),
        false if date.starts_with("--") => String::new(),
        false => date.to_owned(),
    }
}

/// `tel:+44-20;ext=7` without what belongs to the address.
fn number_of(text: &str) -> String {
    let is_uri = text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("tel:"));
    let number = if is_uri { &text[4..] } else { text };
    match number.split_once(";ext=") {
        Some((number, extension)) => format!("{number} x{extension}"),
        None => number.split(';').next().unwrap_or_default().trim().to_owned(),
    }
}

fn add(cell: &mut String, divider: &str, text: &str) {
    if !cell.is_empty() && !text.is_empty() {
        cell.push_str(divider);
    }
    cell.push_str(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(file: &str) -> (String, Census) {
        let census = count(file.as_bytes(), file.as_bytes()).unwrap();
        let mut out = Vec::new();
        write(file.as_bytes(), file.as_bytes(), &census, &mut out).unwrap();
        (String::from_utf8(out).unwrap(), census)
    }

    #[test]
    fn cards_become_rows_with_the_columns_that_are_used() {
        let file = "BEGIN:VCARD\nVERSION:3.0\nN:Ruiz;Ana;María;Dr.;\nFN:Dr. Ana María Ruiz\n\
            EMAIL;TYPE=home:ana@home.example\nitem2.EMAIL;TYPE=pref:ana@boat.example\nitem2.X-ABLabel:_$!<Boat>!$_\n\
            TEL;TYPE=CELL:+44 1632 960111\nADR;TYPE=work:;;1 Quay;Oslo;;0150;Norway\nPHOTO;ENCODING=b:AAAA\n\
            AGENT:\nBEGIN:VCARD\nFN:Nobody\nEND:VCARD\nCATEGORIES:vip,north\nTZ:-05:00\nEND:VCARD\n\
            BEGIN:VCARD\nVERSION:4.0\nKIND:group\nFN:Friends\nEND:VCARD\n\
            BEGIN:VCARD\nVERSION:4.0\nFN:Bo Li\nTEL;VALUE=uri:tel:+44-1632-960112;ext=7\nEND:VCARD\n";
        let (text, census) = table(file);
        assert_eq!(
            text,
            "Given name,Family name,Full name,Email,Phone,Street,Postal code,City,Country,Tags\n\
             Ana María,Ruiz,Dr. Ana María Ruiz,boat: ana@boat.example; home: ana@home.example,\
             mobile: +44 1632 960111,1 Quay,0150,Oslo,Norway,vip; north\n\n\
             Bo,Li,Bo Li,,+44-1632-960112 x7,,,,,\n"
        );
        assert_eq!((census.cards, census.photos, census.groups), (3, 1, 1));
        assert_eq!(census.remark(), "3 cards are in the file. 1 photo was left out. 1 group was left out.");
    }

    #[test]
    fn a_card_that_does_not_end_is_told_by_its_number() {
        let file: &[u8] = b"BEGIN:VCARD\nFN:A\nEND:VCARD\nBEGIN:VCARD\nFN:B\n";
        let Err(Error::Invalid(errors)) = count(file, file) else { panic!("accepted") };
        assert!(errors[0].message.contains("card 2"));
        let long = format!("BEGIN:VCARD\nFN:A\n{}END:VCARD\n", "EMAIL:a@b.example\n".repeat(100_000));
        let Err(Error::Invalid(errors)) = count(long.as_bytes(), long.as_bytes()) else { panic!("accepted") };
        assert!(errors[0].message.contains("Card 1"));
    }
}
