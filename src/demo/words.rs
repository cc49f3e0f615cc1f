//! What invented companies are called, what people do there, and what is noted about them.

/// Kept for examples: none of these domains exists anywhere (RFC 2606).
pub const PRIVATE_MAIL: [&str; 5] =
    ["postfach.example", "mailbox.example", "inbox.example", "correo.example", "brev.example"];

/// First parts of company names.
pub const STEMS: &str = "Skelwick Vantar Halcyra Mareval Greywater Holmgard Kestrelsound Fenmark Ostrander Terntidal Brinefield Lagune \
    Northreach Silverness Calder Eddystone Wrackline Pellow Marram Oystercatch Solent Fathomwell Currach Dunlin Estuary Foreland \
    Gannet Havenport Isobar Jettyman Keelson Lodestar Mistral Neaptide Orrery Plimsoll Quillion Ravenscar Saltgrass Thalweg \
    Undertow Vellmar Whimbrel Yarrow Zephyrine Anchorage Barnacle Capstan Drumlin Elver";

/// Second parts, with the words for what such a company does.
pub const TRADES: &[(&str, &str)] = &[
    ("Harbour Trust", "port authority"),
    ("Hydrology", "water"),
    ("Ferries", "shipping"),
    ("University", "research"),
    ("Coast Watch", "public"),
    ("Aquaculture", "aquaculture"),
    ("Locks", "water"),
    ("Offshore", "energy"),
    ("Survey", "survey"),
    ("Marine Labs", "research"),
    ("Dredging", "construction"),
    ("Water Board", "water"),
    ("Wind", "energy"),
    ("Pilotage", "port authority"),
    ("Fisheries", "aquaculture"),
    ("Weather", "research"),
    ("Canals", "water"),
    ("Yachts", "shipping"),
    ("Subsea", "energy"),
    ("District Council", "public"),
];

pub const JOB_TITLES: [&str; 30] = [
    "Harbour master",
    "Hydrologist",
    "Head of procurement",
    "Survey engineer",
    "Chief engineer",
    "Operations manager",
    "Field technician",
    "Director of research",
    "Buyer",
    "Data analyst",
    "Project lead",
    "Head of maintenance",
    "Calibration technician",
    "Finance manager",
    "Professor of oceanography",
    "Pilot",
    "Site manager",
    "Postdoctoral researcher",
    "IT administrator",
    "Environmental officer",
    "Managing director",
    "Office manager",
    "Quality manager",
    "Instrument maker",
    "Deputy director",
    "Grant officer",
    "Teacher",
    "Volunteer coordinator",
    "Chair of the board",
    "Press officer",
];

/// What the instrument maker marks people with.
pub const TRADE_TAGS: [&str; 12] = [
    "Customer",
    "Prospect",
    "Reseller",
    "Calibration 2026",
    "Trade fair Bremen",
    "Service contract",
    "Newsletter",
    "Press",
    "Pilot site",
    "University",
    "Tide gauges",
    "Speaks German",
];
/// What the foundation marks people with.
pub const CHARITY_TAGS: [&str; 10] = [
    "Donor",
    "Regular donor",
    "Volunteer",
    "Grant holder",
    "Board",
    "School",
    "Beach clean-up",
    "Newsletter",
    "Legacy",
    "Press",
];

pub const TRADE_SOURCES: [&str; 6] =
    ["Trade fair", "Website form", "Referral", "Imported from spreadsheet", "Phone call", "Service desk"];
pub const CHARITY_SOURCES: [&str; 5] =
    ["Donation form", "Event sign-up", "Imported from spreadsheet", "School programme", "Referral"];

/// Notes; `%g` is the given name, `%c` the company.
pub const TRADE_NOTES: [&str; 22] = [
    "Rang about drift after the firmware update. Asked for the log of the last 30 days; %g sends it tomorrow.",
    "%g wants two spare pressure sensors before the spring tides. Offer is out, valid until the end of the month.",
    "Calibration certificate sent by post, as %g prefers paper.",
    "Met at the fair. %c replaces all tide gauges next year and compares three makers.",
    "Prefers to be called after 14:00, in the morning %g is on the water.",
    "Asked whether the logger survives six weeks without sun. Sent the battery sheet.",
    "Complained that the last delivery came without mounting plates. Sent four, no charge.",
    "Long talk about salinity probes. Interested, but the budget for this year is gone.",
    "%g moves to another department in autumn. Ask then who takes over at %c.",
    "Contract renewed for two years. %g was glad that the price stayed.",
    "Station 7 is back online. It was the antenna cable, chewed through.",
    "Wants a quote for 12 stations, with installation and without.",
    "Sent the manual in their language. %g reads it and comes back with questions.",
    "Visited the site. Access only at low water; bring boots next time.",
    "%g asked for the data format. They want to read the files without our software.",
    "Reminder: purchase orders at %c need a second signature above 5,000.",
    "Loan unit is back, in good order.",
    "Asked to be left out of the newsletter, calls about service are fine.",
    "Good reference customer. %g agreed to be called by others once a month.",
    "Invoice was paid twice. Money goes back this week.",
    "The buoy was hit by a trawler. Insurance asks for a report; drafted it with %g.",
    "Training for three people booked in March.",
];
pub const CHARITY_NOTES: [&str; 14] = [
    "Called to say thank you. %g had not expected it and was happy.",
    "Brings the whole class to the spring clean-up: 24 children, two teachers.",
    "%g would rather give once a year, in December, than every month.",
    "Sent the receipt for last year again; the first one went to the old address.",
    "Offers a van for the transport of the exhibition.",
    "Report for the second grant period came in time. Figures checked.",
    "Wants no photographs of the children published. Noted for the event team.",
    "%g speaks at the annual meeting, about seagrass.",
    "Asked how much of a donation reaches the projects. Sent the annual report, page 14.",
    "Left the board in June, stays a friend of the house.",
    "%c pays the rent of the boat shed for another year.",
    "Volunteers on Saturdays only. Has a licence for the small boat.",
    "Moved. New address entered; the old one was taken out.",
    "Would like to remember the foundation in the will. Sent the leaflet, no pressure.",
];
