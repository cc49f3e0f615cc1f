//! Which column of a file goes into which field: what we guess from its heading, and what may be chosen.

use std::collections::BTreeMap;

use crate::error::{Error, FieldError};
use crate::people::custom_fields::{CustomField, Definitions};
use crate::people::record::Object;
use crate::people::text::fold;

struct Field {
    key: &'static str,
    label: &'static str,
    place: Place,
    /// Several columns may go into it.
    many: bool,
    /// Headings that mean this, reduced to letters and digits, divided by spaces. Owner has none: it is never taken unasked (FIL-4).
    headings: &'static str,
}

/// What has the field.
enum Place {
    Contact,
    Company,
    Both,
}

impl Field {
    fn of(&self, object: Object) -> bool {
        match self.place {
            Place::Contact => object == Object::Contact,
            Place::Company => object == Object::Company,
            Place::Both => true,
        }
    }
}

impl Field {
    /// Whether a reduced heading is one of the words for it. "E-mail 2 - Value" is one of several.
    fn is_meant(&self, heading: &str) -> bool {
        let unnumbered: String = heading.chars().filter(|c| !c.is_ascii_digit()).collect();
        let is_known = |word: &str| self.headings.split(' ').any(|known| known == word);
        !unnumbered.is_empty() && (is_known(heading) || is_known(&unnumbered))
    }

    /// Whether a reduced heading is its own name, one or several.
    fn is_called(&self, heading: &str) -> bool {
        let key = reduced(self.key);
        // The owner's column is taken only when somebody says so.
        !self.headings.is_empty()
            && (heading == key || heading.strip_suffix('s') == Some(&*key) || heading == reduced(self.label))
    }
}

const fn field(key: &'static str, label: &'static str, place: Place, many: bool, headings: &'static str) -> Field {
    Field { key, label, place, many, headings }
}

/// The headings are words that exports of other products and spreadsheets in several languages use.
#[rustfmt::skip]
const FIELDS: &[Field] = &[
    field("given_name", "Given name", Place::Contact, false,
        "givenname firstname personfirstname first forename vorname prenom nombre voornaam imie etunimi fornavn"),
    field("family_name", "Family name", Place::Contact, false,
        "familyname lastname personlastname last surname nachname nomdefamille apellido apellidos achternaam nazwisko sukunimi \
         etternavn"),
    field("display_name", "Full name", Place::Contact, false,
        "name fullname displayname contactname personname nom navn naam"),
    field("name", "Name", Place::Company, false,
        "name company companyname organisation organization organizationname account accountname firma firmenname \
         societe empresa bedrijf"),
    field("domain", "Website or domain", Place::Company, false,
        "domain website websiteurl websitevalue web webpage url homepage companydomainname organizationwebsite webseite"),
    field("email", "Email address", Place::Both, true,
        "email emails emailaddress mail email1value primaryemail workemail emailwork email2 email3 homeemail otheremail \
         emailadresse courriel correo secondaryemail emailvalue email2address email3address personemail personemailwork \
         personemailhome personemailother organizationemail"),
    field("phone", "Phone number", Place::Both, true,
        "phone phones phonenumber telephone tel mobile mobilephone cell cellphone workphone businessphone homephone \
         phone1value telefon telefono handy telefoonnummer phonework phonemobile phonevalue mobilephonenumber otherphone primaryphone \
         companymainphone personphone personphonework personphonehome personphonemobile personphoneother \
         organizationphone"),
    field("job_title", "Job title", Place::Contact, false,
        "jobtitle title personjobtitle organizationtitle position role funktion poste cargo functie"),
    field("company", "Company", Place::Contact, false,
        "company companyname organisation organization organizationname employer account accountname firma \
         societe empresa bedrijf associatedcompany primaryassociatedcompany personorganization"),
    field("street", "Street", Place::Both, false,
        "street streetaddress address address1 mailingstreet strasse strae adresse rue calle straat \
         businessstreet homestreet otherstreet billingstreet shippingstreet addressstreet billingaddressstreet \
         personpostaladdress organizationaddress"),
    field("postal_code", "Postal code", Place::Both, false,
        "postalcode postcode zip zipcode plz codepostal mailingzip mailingpostalcode businesspostalcode \
         homepostalcode mailingzippostalcode billingzip billingcode billingzippostalcode billingpostalcode addresspostalcode \
         billingaddresspostalcode personzippostalcodeofpostaladdress organizationzippostalcodeofaddress"),
    field("city", "City", Place::Both, false,
        "city town ort stadt ville ciudad plaats mailingcity businesscity homecity billingcity addresscity billingaddresscity \
         personcitytownvillagelocalityofpostaladdress organizationcitytownvillagelocalityofaddress"),
    field("region", "Region", Place::Both, false,
        "region state province county bundesland stateregion mailingstate businessstate homestate \
         mailingstateprovince billingstate billingstateprovince addressstate addressregion billingaddressstate \
         personstatecountyofpostaladdress organizationstatecountyofaddress"),
    field("country", "Country", Place::Both, false,
        "country countrycode countryregion land pays pais mailingcountry businesscountryregion homecountryregion \
         billingcountry addresscountry billingaddresscountry personcountryofpostaladdress organizationcountryofaddress"),
    field("language", "Language", Place::Contact, false,
        "language preferredlanguage lang locale sprache langue"),
    field("time_zone", "Time zone", Place::Contact, false,
        "timezone zeitzone"),
    field("tags", "Tags", Place::Both, false,
        "tags tag labels label categories groups groupmembership personlabel personlabels organizationlabel organizationlabels"),
    field("note", "Note", Place::Both, false,
        "note notes personnotes comment comments description bemerkung notiz"),
    field("source", "Source", Place::Both, false,
        "source leadsource origin quelle"),
    field("owner", "Owner (email address of a member)", Place::Both, false, ""),
];

/// Column number → field. Columns that are not in it are left out of the import.
pub type Mapping = BTreeMap<usize, String>;

/// The fields a column may go into, in the order they are offered: key and label. The workspace's own come last.
pub fn fields(object: Object, definitions: &Definitions) -> impl Iterator<Item = (String, &str)> {
    let usual = FIELDS.iter().filter(move |field| field.of(object)).map(|field| (field.key.to_owned(), field.label));
    usual.chain(definitions.live().map(|field| (field.place(), field.label.as_str())))
}

/// A field of an error as people call it: `emails/0` is "Email address". `None` for the whole row.
pub fn label<'d>(object: Object, definitions: &'d Definitions, field: &str) -> Option<&'d str> {
    let key = match field.split('/').next().unwrap_or_default() {
        "emails" => "email",
        "phones" => "phone",
        "address" => field.trim_start_matches("address/"),
        "custom" => field,
        key => key,
    };
    fields(object, definitions).find(|(known, _)| known == key).map(|(_, label)| label)
}

/// What the headings suggest. A field that takes one column gets the first that bears its name, else the first that fits.
pub fn guess(object: Object, definitions: &Definitions, columns: &[String]) -> Mapping {
    let mut mapping = Mapping::new();
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
                !reduced.is_empty() && field.of(object) && is_meant(field) && (field.many || is_free(field.key))
            });
            found.map(|field| field.key.to_owned())
        };
        let own = |is_meant: &dyn Fn(&CustomField) -> bool| {
            definitions.live().find(|field| is_meant(field) && is_free(&field.place())).map(CustomField::place)
        };
        // A field of the workspace's own goes before the many words that may mean a usual one, not before its name.
        let found = own(&|field| heading.trim().eq_ignore_ascii_case(&field.place()))
            .or_else(|| usual(&|field| field.is_called(&reduced)))
            .or_else(|| own(&|field| is_called(field, heading, &reduced)))
            .or_else(|| if is_by_name { None } else { usual(&|field| field.is_meant(&reduced)) });
        if let Some(key) = found {
            mapping.insert(position, key);
        }
    }
    mapping
}

/// A heading reduced to letters and digits.
fn reduced(heading: &str) -> String {
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

/// Whether a mapping can work: known fields, single ones once, and something to call the record by.
pub fn check(object: Object, definitions: &Definitions, columns: usize, mapping: &Mapping) -> Result<(), Error> {
    let mut errors = Vec::new();
    for (position, key) in mapping {
        let field = fields(object, definitions).find(|(known, _)| known == key);
        let takes_many = FIELDS.iter().any(|field| field.key == key && field.many);
        let pointer = format!("mapping/{position}");
        match field {
            None => errors.push(FieldError::new(
                pointer,
                "unknown_field",
                format!("There is no field {key} to import into."),
            )),
            Some(_) if *position >= columns => {
                errors.push(FieldError::new(
                    pointer,
                    "unknown_column",
                    format!("The file has only {columns} columns."),
                ));
            }
            Some((_, label))
                if !takes_many && mapping.iter().any(|(other, taken)| other < position && taken == key) =>
            {
                errors.push(FieldError::new(pointer, "doubled", format!("{label} takes one column; choose which.")));
            }
            Some(_) => {}
        }
    }
    let names: &[&str] = match object {
        Object::Contact => &["given_name", "family_name", "display_name", "email", "phone"],
        Object::Company => &["name"],
    };
    if !mapping.values().any(|key| names.contains(&key.as_str())) {
        let message = match object {
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

    fn columns(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn none() -> Definitions {
        Definitions { fields: Vec::new() }
    }

    #[test]
    fn headings_of_many_kinds_map_by_themselves() {
        let mapping = guess(
            Object::Contact,
            &none(),
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
        let found: Vec<(usize, &str)> = mapping.iter().map(|(position, key)| (*position, key.as_str())).collect();
        assert_eq!(found, [(0, "given_name"), (1, "family_name"), (2, "email"), (3, "phone"), (4, "company")]);
        assert_eq!(guess(Object::Company, &none(), &columns(&["Name", "Website"])).len(), 2);
    }

    #[test]
    fn a_mapping_that_cannot_work_names_the_column() {
        let mapping = Mapping::from([(0, "given_name".into()), (1, "given_name".into()), (2, "shoe_size".into())]);
        let Err(Error::Invalid(errors)) = check(Object::Contact, &none(), 3, &mapping) else { panic!("accepted") };
        assert_eq!(errors.iter().map(|error| error.field.as_ref()).collect::<Vec<_>>(), ["mapping/1", "mapping/2"]);
        assert!(check(Object::Contact, &none(), 3, &Mapping::from([(0, "city".into())])).is_err());
        assert!(check(Object::Contact, &none(), 1, &Mapping::from([(0, "email".into())])).is_ok());
    }
}
