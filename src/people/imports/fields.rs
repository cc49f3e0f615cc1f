//! The fields an import can fill, and the words by which headings of files name them.

use crate::db::Db;
use crate::error::Error;
use crate::people::custom_fields::{CustomField, Definitions, Kind};
use crate::people::record::Object;
use crate::privacy::purposes::Purpose;

use super::Import;
use super::consents;
use super::mapping::reduced;

/// What stands before the fields of a company that comes beside a person.
pub const COMPANY: &str = "company/";
/// What the workspace's own fields begin with.
pub const OWN: &str = "custom/";

/// Every field that one import can fill.
pub struct Fields {
    pub object: Object,
    /// The workspace's own fields of the records that are imported.
    pub own: Definitions,
    /// Those of companies that come beside people; `None`: the member may not import companies.
    pub company: Option<Definitions>,
    /// Purposes of which a file can say what people said; none: the member may not write that down.
    pub purposes: Vec<Purpose>,
}

impl Fields {
    /// Those of records of a kind, with what the member may fill beside them.
    pub fn load(db: &Db, object: Object, may_companies: bool, may_consents: bool) -> Result<Fields, Error> {
        let has_companies = object == Object::Contact && may_companies;
        let company = has_companies.then(|| Definitions::load(db, Object::Company)).transpose()?;
        let has_consents = object == Object::Contact && may_consents;
        let purposes = if has_consents { consents::purposes(db)? } else { Vec::new() };
        Ok(Fields { object, own: Definitions::load(db, object)?, company, purposes })
    }

    /// Those that one import can fill.
    pub fn of(db: &Db, import: &Import) -> Result<Fields, Error> {
        Fields::load(db, import.object, import.company_reach.is_some(), import.may_consents)
    }

    /// Key and label, in the order they are offered. The workspace's own come after the usual ones, a company's last.
    pub fn all(&self) -> impl Iterator<Item = (String, String)> {
        let usual = FIELDS.iter().filter(|field| field.of(self.object));
        let usual = usual.map(|field| (field.key.to_owned(), field.label.to_owned()));
        let own = self.own.live().map(|field| (field.place(), field.label.clone()));
        let company = self.company.iter().flat_map(|definitions| {
            let usual = BESIDE.iter().map(|(key, label, _)| (format!("{COMPANY}{key}"), format!("Company: {label}")));
            let own = definitions.live();
            usual.chain(own.map(|field| (format!("{COMPANY}{}", field.place()), format!("Company: {}", field.label))))
        });
        usual.chain(own).chain(company).chain(consents::fields(&self.purposes))
    }

    /// The definition behind a key of a workspace's own field, also of a company beside a person.
    pub fn custom(&self, key: &str) -> Option<&CustomField> {
        let (definitions, key) = match key.strip_prefix(COMPANY) {
            Some(rest) => (self.company.as_ref()?, rest),
            None => (&self.own, key),
        };
        definitions.find(key.strip_prefix(OWN)?).filter(|field| field.archived_at.is_none())
    }

    pub fn is_known(&self, key: &str) -> bool {
        match (key.starts_with(OWN), key.strip_prefix(COMPANY)) {
            (true, _) => self.custom(key).is_some(),
            _ if key.starts_with(consents::PLACE) => consents::field(&self.purposes, key).is_some(),
            (_, Some(rest)) if rest.starts_with(OWN) => self.custom(key).is_some(),
            (_, Some(rest)) => self.company.is_some() && BESIDE.iter().any(|(known, ..)| *known == rest),
            _ => FIELDS.iter().any(|field| field.key == key && field.of(self.object)),
        }
    }

    /// A field of an error as people call it: `emails/0` is "Email address". `None` for the whole row.
    pub fn label(&self, field: &str) -> Option<String> {
        if field.starts_with(consents::PLACE) {
            return consents::fields(&self.purposes).find(|(key, _)| key == field).map(|(_, label)| label);
        }
        let (before, bare) = field.strip_prefix(COMPANY).map_or(("", field), |bare| (COMPANY, bare));
        let key = match bare.split('/').next().unwrap_or_default() {
            "emails" => "email",
            "phones" => "phone",
            "address" => bare.trim_start_matches("address/"),
            "custom" => bare,
            key => key,
        };
        let key = format!("{before}{key}");
        self.all().find(|(known, _)| *known == key).map(|(_, label)| label)
    }
}

/// Several columns may go into it.
pub fn takes_many(key: &str) -> bool {
    matches!(key.trim_start_matches(COMPANY), "email" | "phone" | "email_label" | "phone_label")
}

/// What a text becomes part of: decides what can be done to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Text,
    /// A whole name that is cut into its parts.
    Name,
    Phone,
    /// Several values in one cell.
    Many,
    Date,
    Number,
    YesNo,
    Choice,
    Choices,
}

impl Fields {
    pub fn shape(&self, key: &str) -> Shape {
        if let Some((_, part)) = consents::field(&self.purposes, key) {
            return part.shape();
        }
        match self.custom(key).map(|field| field.kind) {
            Some(Kind::Date | Kind::DateTime) => Shape::Date,
            Some(Kind::Number | Kind::Currency) => Shape::Number,
            Some(Kind::YesNo) => Shape::YesNo,
            Some(Kind::Choice) => Shape::Choice,
            Some(Kind::Choices) => Shape::Choices,
            Some(Kind::Phone) => Shape::Phone,
            Some(_) => Shape::Text,
            None => match key.trim_start_matches(COMPANY) {
                "display_name" => Shape::Name,
                "phone" => Shape::Phone,
                "email" | "tags" => Shape::Many,
                _ => Shape::Text,
            },
        }
    }
}

/// Columns for which a field of the workspace's own is proposed, and how it would be made.
pub struct Proposal {
    pub label: &'static str,
    pub kind: Kind,
    /// The category of personal data, as a word.
    pub category: &'static str,
    words: &'static str,
}

#[rustfmt::skip]
const PROPOSALS: &[Proposal] = &[
    Proposal { label: "Birthday", kind: Kind::Date, category: "identity",
        words: "birthday birthdate bday dateofbirth dob geburtstag geburtsdatum anniversaire datedenaissance cumpleanos \
            fechadenacimiento verjaardag fodselsdag" },
    Proposal { label: "Website", kind: Kind::Url, category: "contact",
        words: "website websiteurl websitevalue webaddress webpage personalwebsite personalwebpage homepage url webseite siteweb" },
];

/// What a heading would become a field of, if there were one.
pub fn proposal(heading: &str) -> Option<&'static Proposal> {
    let reduced: String = reduced(heading).chars().filter(|c| !c.is_ascii_digit()).collect();
    PROPOSALS.iter().find(|proposal| proposal.words.split(' ').any(|word| word == reduced))
}

/// A field of the workspace's own that holds what such a heading means, whatever it is called in which language.
pub fn same_meaning<'d>(definitions: &'d Definitions, heading: &str) -> Option<&'d CustomField> {
    let wanted = proposal(heading)?;
    let means = |text: &str| proposal(text).is_some_and(|found| found.label == wanted.label);
    definitions.live().find(|field| field.kind == wanted.kind && (means(&field.label) || means(&field.key)))
}

/// The field of a company beside a person that a heading names. `has_company`: a column holds its name.
pub fn beside(heading: &str, has_company: bool) -> Option<String> {
    let reduced = reduced(heading);
    let named = |words: &str| words.split(' ').any(|word| word == reduced);
    let plain = has_company && named("website websiteurl webpage url homepage webseite");
    let found = BESIDE.iter().find(|(key, _, words)| named(words) || (*key == "domain" && plain));
    found.map(|(key, ..)| format!("{COMPANY}{key}"))
}

/// What a company beside a person can have: key, label, headings. Its name is the field `company`.
#[rustfmt::skip]
const BESIDE: &[(&str, &str, &str)] = &[
    ("domain", "website or domain",
        "companydomain companydomainname companywebsite companywebsiteurl companyurl companywebpage accountwebsite \
         organizationwebsite organisationwebsite firmenwebsite"),
    ("email", "email address", "companyemail companyemailaddress accountemail organizationemail"),
    ("phone", "phone number",
        "companyphone companyphonenumber companymainphone accountphone organizationphone firmentelefon"),
    ("street", "street", "companystreet companystreetaddress companyaddress accountstreet accountaddress organizationaddress"),
    ("postal_code", "postal code", "companypostalcode companyzip companyzipcode companypostcode accountzip accountpostalcode"),
    ("city", "city", "companycity companytown accountcity"),
    ("region", "region", "companyregion companystate companystateregion accountstate"),
    ("country", "country", "companycountry companycountryregion accountcountry"),
    ("tags", "tags", "companytags companylabels"),
];

pub(super) struct Field {
    pub key: &'static str,
    label: &'static str,
    place: Place,
    /// Several columns may go into it.
    pub many: bool,
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
    pub fn of(&self, object: Object) -> bool {
        match self.place {
            Place::Contact => object == Object::Contact,
            Place::Company => object == Object::Company,
            Place::Both => true,
        }
    }
}

impl Field {
    /// Whether a reduced heading is one of the words for it. "E-mail 2 - Value" is one of several.
    pub fn is_meant(&self, heading: &str) -> bool {
        let unnumbered: String = heading.chars().filter(|c| !c.is_ascii_digit()).collect();
        let is_known = |word: &str| self.headings.split(' ').any(|known| known == word);
        !unnumbered.is_empty() && (is_known(heading) || is_known(&unnumbered))
    }

    /// Whether a reduced heading is its own name, one or several.
    pub fn is_called(&self, heading: &str) -> bool {
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
pub(super) const FIELDS: &[Field] = &[
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
    field("email_label", "Kind of the email address beside it", Place::Both, true, ""),
    field("phone", "Phone number", Place::Both, true,
        "phone phones phonenumber telephone tel mobile mobilephone cell cellphone workphone businessphone homephone \
         phone1value telefon telefono handy telefoonnummer phonework phonemobile phonevalue mobilephonenumber otherphone primaryphone \
         companymainphone personphone personphonework personphonehome personphonemobile personphoneother \
         organizationphone"),
    field("phone_label", "Kind of the phone number beside it", Place::Both, true, ""),
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
    field("home_street", "Street (home)", Place::Contact, false, "homestreet homeaddress address2street"),
    field("home_postal_code", "Postal code (home)", Place::Contact, false, "homepostalcode homezip address2postalcode"),
    field("home_city", "City (home)", Place::Contact, false, "homecity address2city"),
    field("home_region", "Region (home)", Place::Contact, false, "homestate homeregion address2region"),
    field("home_country", "Country (home)", Place::Contact, false, "homecountryregion homecountry address2country"),
    field("other_street", "Street (other)", Place::Contact, false, "otherstreet otheraddress address3street"),
    field("other_postal_code", "Postal code (other)", Place::Contact, false, "otherpostalcode otherzip address3postalcode"),
    field("other_city", "City (other)", Place::Contact, false, "othercity address3city"),
    field("other_region", "Region (other)", Place::Contact, false, "otherstate otherregion address3region"),
    field("other_country", "Country (other)", Place::Contact, false, "othercountryregion othercountry address3country"),
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
