//! Which column of a file goes into which field: what we guess from its heading, and what may be chosen.

use std::collections::BTreeMap;

use super::consents;
use super::fields::{self, FIELDS, Field, Fields};
use super::treatment::Treatments;
use crate::error::{Error, FieldError};
use crate::people::custom_fields::CustomField;
use crate::people::record::Object;
use crate::people::text::fold;

/// Column number → field. Columns that are not in it are left out of the import.
pub type Mapping = BTreeMap<usize, String>;

/// What the headings suggest. A field that takes one column gets the first that bears its name, else the first that fits.
pub fn guess(fields: &Fields, columns: &[String]) -> Mapping {
    let mut mapping = Mapping::new();
    let own = &fields.own;
    // Outlook writes "Title" for how somebody is addressed, before "Job Title": so names go first, in all columns.
    let all = || columns.iter().enumerate();
    for (is_by_name, (position, heading)) in
        all().map(|column| (true, column)).chain(all().map(|column| (false, column)))
    {
        if mapping.contains_key(&position) {
            continue;
        }
        let reduced = reduced(heading);
        let is_free = |key: &str| !mapping.values().any(|taken| taken == key);
        let usual = |is_meant: &dyn Fn(&Field) -> bool| {
            let found = FIELDS.iter().find(|field| {
                !reduced.is_empty() && field.of(fields.object) && is_meant(field) && (field.many || is_free(field.key))
            });
            found.map(|field| field.key.to_owned())
        };
        let own = |is_meant: &dyn Fn(&CustomField) -> bool| {
            own.live().find(|field| is_meant(field) && is_free(&field.place())).map(CustomField::place)
        };
        let of_company = || {
            let has_company = mapping.values().any(|taken| taken == "company");
            let found = fields.company.is_some().then(|| fields::beside(heading, has_company)).flatten();
            found.filter(|key| fields::takes_many(key) || is_free(key))
        };
        // A field of the workspace's own goes before the many words that may mean a usual one, not before its name.
        // Consents are never guessed: only a file that names them by their key says them.
        let consent = consents::field(&fields.purposes, heading.trim()).map(|_| heading.trim().to_owned());
        let found = consent
            .filter(|key| is_free(key))
            .or_else(|| own(&|field| heading.trim().eq_ignore_ascii_case(&field.place())))
            .or_else(|| usual(&|field| field.is_called(&reduced)))
            .or_else(|| own(&|field| is_called(field, heading, &reduced)))
            .or_else(|| kind_beside(heading))
            .or_else(|| {
                if is_by_name {
                    return None;
                }
                let same = fields::same_meaning(&fields.own, heading).filter(|field| is_free(&field.place()));
                same.map(CustomField::place).or_else(of_company).or_else(|| usual(&|field| field.is_meant(&reduced)))
            });
        if let Some(key) = found {
            mapping.insert(position, key);
        }
    }
    mapping
}

/// "E-mail 1 - Label", beside "E-mail 1 - Value". Outlook's "E-mail Type" is another thing.
fn kind_beside(heading: &str) -> Option<String> {
    let (what, kind) = heading.trim().rsplit_once(" - ")?;
    if !matches!(kind, "Label" | "Type") {
        return None;
    }
    match reduced(what).trim_end_matches(|c: char| c.is_ascii_digit()) {
        "email" => Some("email_label".to_owned()),
        "phone" => Some("phone_label".to_owned()),
        _ => None,
    }
}

/// A heading reduced to letters and digits.
pub fn reduced(heading: &str) -> String {
    heading.chars().flat_map(char::to_lowercase).map(plain).filter(char::is_ascii_alphanumeric).collect()
}

/// Whether a heading is the label or the key of a field, in any case.
fn is_called(field: &CustomField, heading: &str, reduced_heading: &str) -> bool {
    fold(heading.trim()) == fold(&field.label) || reduced(&field.key) == reduced_heading
}

/// The accents that headings carry, taken off.
fn plain(character: char) -> char {
    match character {
        'é' | 'è' | 'ê' | 'ë' | 'ę' => 'e',
        'á' | 'à' | 'â' | 'ä' | 'ą' | 'å' => 'a',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ó' | 'ò' | 'ô' | 'ö' => 'o',
        'ú' | 'ù' | 'û' | 'ü' => 'u',
        'ç' | 'ć' => 'c',
        'ñ' => 'n',
        'ł' => 'l',
        other => other,
    }
}

/// What a column is called: its heading, else its number.
pub fn column_name(columns: &[String], position: usize) -> String {
    match columns.get(position).map(|heading| heading.trim()) {
        Some(heading) if !heading.is_empty() => heading.to_owned(),
        _ => format!("Column {}", position + 1),
    }
}

/// Whether a mapping can work: known fields, single ones once, treatments that fit their fields, and something to
/// call the record by. Each error names the column.
pub fn check(fields: &Fields, columns: &[String], mapping: &Mapping, treatments: &Treatments) -> Result<(), Error> {
    let mut errors = Vec::new();
    for (position, key) in mapping {
        let name = column_name(columns, *position);
        let fault = if key.starts_with(fields::COMPANY) && fields.company.is_none() {
            Some(("not_allowed", format!("{name}: you may not import companies, so their fields cannot be filled.")))
        } else if key.starts_with(consents::PLACE) && fields.purposes.is_empty() {
            Some(("not_allowed", format!("{name}: you may not write down consents, so this column cannot be taken.")))
        } else if !fields.is_known(key) {
            Some(("unknown_field", format!("{name}: there is no field {key} to import into.")))
        } else if *position >= columns.len() {
            Some(("unknown_column", format!("{name}: the file has only {} columns.", columns.len())))
        } else if !fields::takes_many(key) && mapping.iter().any(|(other, taken)| other < position && taken == key) {
            let label = fields.label(key).unwrap_or_default();
            Some(("doubled", format!("{name}: {label} takes one column; choose which.")))
        } else {
            None
        };
        if let Some((code, message)) = fault {
            errors.push(FieldError::new(format!("mapping/{position}"), code, message));
        }
    }
    for (position, treatment) in treatments {
        let name = column_name(columns, *position);
        match mapping.get(position) {
            Some(key) => treatment.check(*position, &name, fields, key, &mut errors),
            None if *position >= columns.len() => {
                let message = format!("{name}: the file has only {} columns.", columns.len());
                errors.push(FieldError::new(format!("treatments/{position}"), "unknown_column", message));
            }
            // A column that is left out keeps what was said about it, in case it comes back.
            None => {}
        }
    }
    consents::check(&fields.purposes, columns, mapping, &mut errors);
    let names: &[&str] = match fields.object {
        Object::Contact => &["given_name", "family_name", "display_name", "email", "phone"],
        Object::Company => &["name"],
    };
    if !mapping.values().any(|key| names.contains(&key.as_str())) {
        let message = match fields.object {
            Object::Contact => {
                "Choose a column for a name, an email address or a phone number: a contact needs one of them."
            }
            Object::Company => "Choose the column with the company's name.",
        };
        errors.push(FieldError::new("mapping", "required", message));
    }
    if errors.is_empty() { Ok(()) } else { Err(Error::Invalid(errors)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::custom_fields::Definitions;

    fn columns(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn fields(object: Object, with_companies: bool) -> Fields {
        let none = || Definitions { fields: Vec::new() };
        Fields { object, own: none(), company: with_companies.then(none), purposes: Vec::new() }
    }

    fn found(mapping: &Mapping) -> Vec<(usize, &str)> {
        mapping.iter().map(|(position, key)| (*position, key.as_str())).collect()
    }

    #[test]
    fn headings_of_many_kinds_map_by_themselves() {
        let mapping = guess(
            &fields(Object::Contact, false),
            &columns(&[
                "First Name",
                "Last Name",
                "E-mail 1 - Value",
                "Mobile Phone",
                "Organization",
                "Prénom",
                "Owner",
            ]),
        );
        assert_eq!(
            found(&mapping),
            [(0, "given_name"), (1, "family_name"), (2, "email"), (3, "phone"), (4, "company")]
        );
        assert_eq!(guess(&fields(Object::Company, false), &columns(&["Name", "Website"])).len(), 2);
    }

    #[test]
    fn columns_of_the_company_beside_a_person_are_its_own() {
        let file = columns(&["Name", "Company", "Website", "Company Phone", "Company City", "Phone", "City"]);
        let both = guess(&fields(Object::Contact, true), &file);
        assert_eq!(
            found(&both),
            [
                (0, "display_name"),
                (1, "company"),
                (2, "company/domain"),
                (3, "company/phone"),
                (4, "company/city"),
                (5, "phone"),
                (6, "city")
            ]
        );
        let people = guess(&fields(Object::Contact, false), &file);
        assert!(!people.values().any(|key| key.starts_with("company/")), "{people:?}");
        let without = guess(&fields(Object::Contact, true), &columns(&["Name", "Website"]));
        assert_eq!(found(&without), [(0, "display_name")], "a website without a company may be the person's");
    }

    #[test]
    fn kinds_of_addresses_and_second_addresses_are_known() {
        let file =
            columns(&["E-mail 1 - Label", "E-mail 1 - Value", "E-mail Type", "Home City", "Other Street", "City"]);
        let mapping = guess(&fields(Object::Contact, false), &file);
        assert_eq!(
            found(&mapping),
            [(0, "email_label"), (1, "email"), (3, "home_city"), (4, "other_street"), (5, "city")]
        );
    }

    #[test]
    fn a_mapping_that_cannot_work_names_the_column() {
        let contact = fields(Object::Contact, false);
        let check = |mapping: &Mapping, count: usize| {
            super::check(&contact, &columns(&["A", "B", "C"][..count]), mapping, &Treatments::new())
        };
        let mapping = Mapping::from([
            (0, "given_name".into()),
            (1, "given_name".into()),
            (2, "shoe_size".into()),
            (7, "company/city".into()),
        ]);
        let Err(Error::Invalid(errors)) = check(&mapping, 3) else { panic!("accepted") };
        let places: Vec<&str> = errors.iter().map(|error| error.field.as_ref()).collect();
        assert_eq!(places, ["mapping/1", "mapping/2", "mapping/7"]);
        assert!(errors[0].message.starts_with("B: ") && errors[2].message.starts_with("Column 8: you may not"));
        assert!(check(&Mapping::from([(0, "city".into())]), 3).is_err());
        assert!(check(&Mapping::from([(0, "email".into())]), 1).is_ok());
    }
}
