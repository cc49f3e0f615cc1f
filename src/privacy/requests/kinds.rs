//! The words of a request: what is asked, how it came, what is checked, and the grounds of a refusal.

use crate::permission::{Action, words};

words! {
    /// Which right somebody uses (P-083).
    Kind {
        Access = "access",
        Portability = "portability",
        Rectification = "rectification",
        Erasure = "erasure",
        Restriction = "restriction",
        Objection = "objection",
        Withdrawal = "withdrawal",
    }
}

impl Kind {
    pub fn label(self) -> &'static str {
        match self {
            Kind::Access => "Access",
            Kind::Portability => "Portability",
            Kind::Rectification => "Correction",
            Kind::Erasure => "Erasure",
            Kind::Restriction => "Restriction",
            Kind::Objection => "Objection",
            Kind::Withdrawal => "Withdrawal of consent",
        }
    }

    pub fn icon(self) -> &'static str {
        match self {
            Kind::Access => "file-search",
            Kind::Portability => "download",
            Kind::Rectification => "pencil",
            Kind::Erasure => "eraser",
            Kind::Restriction => "snowflake",
            Kind::Objection => "hand",
            Kind::Withdrawal => "undo-2",
        }
    }

    /// After the name of whoever asks.
    pub fn sentence(self) -> &'static str {
        match self {
            Kind::Access => "asks what we hold about them",
            Kind::Portability => "asks for their data in a form programs can read",
            Kind::Rectification => "asks us to correct their data",
            Kind::Erasure => "asks us to erase their data",
            Kind::Restriction => "asks us to keep their data, but not to use it",
            Kind::Objection => "objects to the use of their data",
            Kind::Withdrawal => "withdraws their consent",
        }
    }

    /// In a letter: "your request for ...".
    pub fn in_a_letter(self) -> &'static str {
        match self {
            Kind::Access => "a copy of the data we hold about you",
            Kind::Portability => "your data in a form that programs can read",
            Kind::Rectification => "the correction of your data",
            Kind::Erasure => "the erasure of your data",
            Kind::Restriction => "the restriction of the use of your data",
            Kind::Objection => "an end to a use of your data that you object to",
            Kind::Withdrawal => "the withdrawal of your consent",
        }
    }

    pub fn article(self) -> &'static str {
        match self {
            Kind::Access => "GDPR Art. 15",
            Kind::Portability => "GDPR Art. 20",
            Kind::Rectification => "GDPR Art. 16",
            Kind::Erasure => "GDPR Art. 17",
            Kind::Restriction => "GDPR Art. 18",
            Kind::Objection => "GDPR Art. 21",
            Kind::Withdrawal => "GDPR Art. 7(3)",
        }
    }

    /// What will happen once it is approved.
    pub fn what_happens(self) -> &'static str {
        match self {
            Kind::Access => {
                "The person gets a copy of everything held about them, with purposes, sources, recipients and how long it stays. Other people’s data is blacked out."
            }
            Kind::Portability => "The person gets what they gave us as JSON and CSV, to take elsewhere.",
            Kind::Rectification => {
                "Each field below takes its new value at once. Whoever has received the old one is told."
            }
            Kind::Erasure => {
                "Everything held about the person goes, but for what a law or a hold keeps, with its ground and its end. Whoever has received the data is told."
            }
            Kind::Restriction => {
                "The data stays and is not used: no mails, no exports to others, no automation. The person is told before this ends."
            }
            Kind::Objection => {
                "The purpose that the person objects to ends for them. For direct marketing there is nothing to weigh: it ends at once."
            }
            Kind::Withdrawal => "The consent ends for each purpose named. What was done before stays lawful.",
        }
    }

    /// The right that the step which executes it demands, beside that to work on requests.
    pub fn execution_needs(self) -> Action {
        match self {
            Kind::Access | Kind::Portability => Action::Export,
            Kind::Erasure => Action::Delete,
            _ => Action::Edit,
        }
    }

    /// Whoever received the data hears of it (Art. 19).
    pub fn has_recipients(self) -> bool {
        matches!(self, Kind::Rectification | Kind::Erasure | Kind::Restriction)
    }
}

words! {
    /// How a request came in.
    Channel {
        Email = "email",
        Phone = "phone",
        Letter = "letter",
        InPerson = "in_person",
        Portal = "portal",
        Api = "api",
    }
}

impl Channel {
    pub fn label(self) -> &'static str {
        match self {
            Channel::Email => "by email",
            Channel::Phone => "by phone",
            Channel::Letter => "by letter",
            Channel::InPerson => "in person",
            Channel::Portal => "through the portal",
            Channel::Api => "through a program",
        }
    }
}

words! {
    /// What must be checked before anything is changed or released (P-095).
    Check {
        Identity = "identity",
        Ownership = "ownership",
        Scope = "scope",
    }
}

impl Check {
    pub fn label(self) -> &'static str {
        match self {
            Check::Identity => "Identity",
            Check::Ownership => "Ownership",
            Check::Scope => "Scope",
        }
    }

    pub fn question(self) -> &'static str {
        match self {
            Check::Identity => "Whoever asks is who they say they are.",
            Check::Ownership => "The data is theirs, or they may speak for whose it is.",
            Check::Scope => "It is clear what is asked for, and what is not.",
        }
    }

    /// How it can be found out: the word, and what people read.
    pub fn methods(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Check::Identity => &[
                ("known_address", "Answered from an address we know"),
                ("signed_in", "Signed in to the portal"),
                ("phone_back", "Called back on a number we know"),
                ("document", "Showed a document, no copy was kept"),
                ("in_person", "Known in person"),
                ("not_shown", "Could not be shown"),
            ],
            Check::Ownership => &[
                ("own_data", "Asks about their own data"),
                ("authorised", "Showed an authority to act"),
                ("parent", "Has parental responsibility"),
                ("not_theirs", "Is not theirs"),
            ],
            Check::Scope => &[
                ("everything", "Everything held about the person"),
                ("part", "A part, named in the note"),
                ("asked_back", "Asked the person, answer in the note"),
                ("unclear", "Still unclear"),
            ],
        }
    }
}

words! {
    /// Why a request is refused.
    Ground {
        NotIdentified = "not_identified",
        NotTheirs = "not_theirs",
        Unfounded = "unfounded",
        Excessive = "excessive",
        LegalObligation = "legal_obligation",
        LegalClaims = "legal_claims",
        RightsOfOthers = "rights_of_others",
        NothingHeld = "nothing_held",
        Other = "other",
    }
}

impl Ground {
    pub fn label(self) -> &'static str {
        match self {
            Ground::NotIdentified => "The person cannot be identified (Art. 11, 12(6))",
            Ground::NotTheirs => "The data is not theirs",
            Ground::Unfounded => "Manifestly unfounded (Art. 12(5))",
            Ground::Excessive => "Excessive, asked again and again (Art. 12(5))",
            Ground::LegalObligation => "A law demands that it is kept (Art. 17(3)(b))",
            Ground::LegalClaims => "Needed for legal claims (Art. 17(3)(e))",
            Ground::RightsOfOthers => "It would harm the rights of others (Art. 15(4))",
            Ground::NothingHeld => "Nothing is held about the person",
            Ground::Other => "Another ground, in the words below",
        }
    }
}

words! {
    /// Why a part is kept although it was asked to go (P-096).
    KeepGround {
        Security = "security",
        Fraud = "fraud",
        Tax = "tax",
        Billing = "billing",
        Dispute = "dispute",
        Provider = "provider",
        Backups = "backups",
        Law = "law",
    }
}

impl KeepGround {
    pub fn label(self) -> &'static str {
        match self {
            KeepGround::Security => "Security",
            KeepGround::Fraud => "Prevention of fraud",
            KeepGround::Tax => "Tax law",
            KeepGround::Billing => "Billing",
            KeepGround::Dispute => "A dispute or legal claim",
            KeepGround::Provider => "Duties towards a provider",
            KeepGround::Backups => "Backups until they expire",
            KeepGround::Law => "Another law",
        }
    }
}

words! {
    /// How a recipient of the data was told (Art. 19).
    ToldBy {
        Mail = "mail",
        Phone = "phone",
        Letter = "letter",
        Webhook = "webhook",
        /// It was impossible or out of proportion, which Art. 19 allows.
        Impossible = "impossible",
    }
}

impl ToldBy {
    pub fn label(self) -> &'static str {
        match self {
            ToldBy::Mail => "By mail",
            ToldBy::Phone => "By phone",
            ToldBy::Letter => "By letter",
            ToldBy::Webhook => "By a program",
            ToldBy::Impossible => "Not possible, or out of proportion",
        }
    }
}
