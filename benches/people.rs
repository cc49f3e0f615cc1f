//! People by number: the same number is always the same person, and no two share an address.

use holdfast::id::{CompanyId, MemberId};
use holdfast::people::companies::NewCompany;
use holdfast::people::contacts::NewContact;
use holdfast::people::identities::NewIdentity;
use holdfast::people::places::Address;

const GIVEN: [&str; 48] = [
    "Amara",
    "Anselm",
    "Beata",
    "Bruno",
    "Carla",
    "Casimir",
    "Clémence",
    "Daria",
    "Dorian",
    "Edda",
    "Elias",
    "Esther",
    "Fabian",
    "Farida",
    "Greta",
    "Gustav",
    "Hanna",
    "Henrik",
    "Ines",
    "Ivo",
    "Jana",
    "Jonas",
    "Kamila",
    "Karim",
    "Lena",
    "Lorenz",
    "Lucia",
    "Maren",
    "Mateo",
    "Mira",
    "Nadia",
    "Nils",
    "Olga",
    "Oskar",
    "Paula",
    "Pavel",
    "Quentin",
    "Rhea",
    "Ruben",
    "Selma",
    "Solène",
    "Tilda",
    "Tobias",
    "Ursula",
    "Viktor",
    "Wanda",
    "Yusuf",
    "Zoë",
];
const FAMILY_BEGINS: [&str; 40] = [
    "Ald", "Bar", "Ber", "Bran", "Cal", "Dor", "Eich", "Fal", "Fin", "Gar", "Grün", "Hal", "Har", "Hol", "Ing", "Jor",
    "Kal", "Ker", "Kol", "Lam", "Lind", "Mar", "Mor", "Nor", "Oster", "Pen", "Quill", "Ram", "Ros", "Sal", "Sten",
    "Strand", "Tal", "Thorn", "Ulm", "Var", "Vos", "Wal", "Wind", "Zeil",
];
const FAMILY_ENDS: [&str; 30] = [
    "berg", "bridge", "brook", "by", "crest", "dal", "den", "feld", "ford", "gard", "gate", "hagen", "ham", "hart",
    "heim", "horst", "ich", "ing", "land", "ler", "ley", "man", "mark", "mond", "ner", "rup", "sen", "son", "stad",
    "wick",
];
const TITLES: [&str; 12] = [
    "",
    "",
    "Buyer",
    "Head of Laboratory",
    "Technician",
    "Director",
    "Accountant",
    "Engineer",
    "Assistant",
    "Volunteer",
    "Press Officer",
    "Planner",
];
const TOWNS: [(&str, &str, &str); 10] = [
    ("Lübeck", "DE", "23552"),
    ("Gdańsk", "PL", "80-001"),
    ("Aarhus", "DK", "8000"),
    ("Leeds", "GB", "LS1 4AP"),
    ("Nantes", "FR", "44000"),
    ("Porto", "PT", "4000-001"),
    ("Graz", "AT", "8010"),
    ("Turku", "FI", "20100"),
    ("Ghent", "BE", "9000"),
    ("Bergen", "NO", "5003"),
];
pub const TAGS: [&str; 12] = [
    "customer",
    "prospect",
    "newsletter",
    "partner",
    "event 2025",
    "event 2026",
    "supplier",
    "press",
    "donor",
    "vip",
    "paused",
    "referral",
];
pub const SOURCES: [&str; 6] = ["trade fair", "website", "referral", "import", "manual", "campaign"];
/// So many people work at one company.
pub const PER_COMPANY: u64 = 50;

/// A person as far as numbers say.
pub struct Person {
    number: u64,
    pub given: &'static str,
    pub family: String,
}

/// Spreads numbers (splitmix64): the same person for the same number, without a pattern between neighbours.
pub fn scatter(number: u64) -> u64 {
    let mut x = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

fn pick<T: Copy>(list: &[T], number: u64) -> T {
    list[usize::try_from(number % list.len() as u64).unwrap_or(0)]
}

impl Person {
    pub fn new(number: u64) -> Person {
        let chance = scatter(number);
        let family = format!("{}{}", pick(&FAMILY_BEGINS, chance >> 8), pick(&FAMILY_ENDS, chance >> 16));
        Person { number, given: pick(&GIVEN, chance), family }
    }

    fn chance(&self, of: u64) -> u64 {
        scatter(self.number.wrapping_mul(31).wrapping_add(of))
    }

    pub fn email(&self) -> String {
        format!("{}.{}@firm{}.example", self.family.to_lowercase().replace('ü', "ue"), self.number, self.company())
    }

    /// Six in ten have one. The factor spreads the numbers as real ones are spread, each still once.
    pub fn phone(&self) -> Option<String> {
        (self.chance(1) % 10 < 6).then(|| format!("+4915{:09}", self.number * 387_420_489 % 1_000_000_000))
    }

    pub fn title(&self) -> &'static str {
        pick(&TITLES, self.chance(2))
    }

    pub fn company(&self) -> u64 {
        self.number / PER_COMPANY
    }

    pub fn town(&self) -> (&'static str, &'static str, &'static str) {
        pick(&TOWNS, self.chance(3))
    }

    /// Common tags are much more common than rare ones; four in ten people have none.
    pub fn tags(&self) -> Vec<&'static str> {
        let chance = self.chance(4);
        let count = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2][usize::try_from(chance % 10).unwrap_or(0)];
        let place = |of: u64| (self.chance(of) % 12).min(self.chance(of + 1) % 12).min(self.chance(of + 2) % 12);
        let mut tags: Vec<&'static str> = (0..count).map(|nth| pick(&TAGS, place(10 + nth * 3))).collect();
        tags.dedup();
        tags
    }

    /// As a member would enter it.
    pub fn contact(&self, company: Option<CompanyId>, members: &[MemberId]) -> NewContact {
        let (city, country, postal_code) = self.town();
        NewContact {
            given_name: self.given.to_owned(),
            family_name: self.family.clone(),
            job_title: self.title().to_owned(),
            company,
            emails: vec![NewIdentity::new(self.email())],
            phones: self.phone().map(NewIdentity::new).into_iter().collect(),
            address: Address {
                city: city.into(),
                country: country.into(),
                postal_code: postal_code.into(),
                ..Address::default()
            },
            owner: (!members.is_empty() && self.chance(5) % 10 < 9).then(|| pick(members, self.chance(6))),
            tags: self.tags().into_iter().map(str::to_owned).collect(),
            source: pick(&SOURCES, self.chance(7)).to_owned(),
            ..NewContact::default()
        }
    }

    /// As a program would send it.
    pub fn json(&self) -> String {
        serde_json::json!({
            "given_name": self.given, "family_name": self.family,
            "emails": [{ "value": self.email() }],
            "phones": self.phone().map(|phone| serde_json::json!({ "value": phone })).into_iter().collect::<Vec<_>>(),
            "job_title": self.title(),
        })
        .to_string()
    }

    /// The heading of [`Person::csv`].
    pub const CSV_HEADING: &'static str =
        "given_name,family_name,email,phone,job_title,company,postal_code,city,country,tags,source\n";

    /// A line of a file to import.
    pub fn csv(&self) -> String {
        let (city, country, postal_code) = self.town();
        format!(
            "{},{},{},{},{},{},{postal_code},{city},{country},{},{}\n",
            self.given,
            self.family,
            self.email(),
            self.phone().unwrap_or_default(),
            self.title(),
            company_name(self.company()),
            self.tags().join(";"),
            pick(&SOURCES, self.chance(7)),
        )
    }
}

pub fn company_name(number: u64) -> String {
    let chance = scatter(number ^ 0x0c0f_fee0);
    format!("{}{} Works {number}", pick(&FAMILY_BEGINS, chance), pick(&FAMILY_ENDS, chance >> 8))
}

/// The company of [`PER_COMPANY`] people.
pub fn company(number: u64, members: &[MemberId]) -> NewCompany {
    NewCompany {
        name: company_name(number),
        domain: format!("firm{number}.example"),
        owner: (!members.is_empty()).then(|| pick(members, number)),
        source: pick(&SOURCES, number).to_owned(),
        ..NewCompany::default()
    }
}

/// What members type into a search field: parts of names, whole names, two words, addresses, numbers and
/// their beginnings.
pub fn search(number: u64, people: u64) -> String {
    let person = Person::new(scatter(number) % people);
    let begin = |text: &str, length: usize| text.chars().take(length).collect::<String>();
    match number % 10 {
        0 => begin(&person.family, 3),
        1 => begin(person.given, 2),
        2 => person.family.clone(),
        3 => person.given.to_owned(),
        4 => format!("{} {}", person.given, person.family),
        5 => format!("{} {}", begin(person.given, 2), begin(&person.family, 4)),
        6 => person.email(),
        7 => begin(&person.family, 5),
        8 => begin(&person.phone().unwrap_or_else(|| "+49151".into()), 8),
        _ => person.phone().unwrap_or_else(|| format!("works {}", person.company())),
    }
}
