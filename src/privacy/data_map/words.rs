//! What the vocabulary says to people: labels of tables and columns, sentences about bases, terms and erasure.

use std::borrow::Cow;

use super::{Column, Erasure, Holds, LawfulBasis, Part, Recipient, Retention, Role, Table};

impl Column {
    /// What people call it.
    pub fn label(&self) -> Cow<'static, str> {
        if let Some(label) = self.label {
            return label.into();
        }
        let name = self.export.unwrap_or(self.name).replace('_', " ");
        let name = name.strip_suffix(" id").unwrap_or(&name);
        let mut letters = name.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default().into()
    }

    /// The categories of processors that may receive it.
    pub fn recipients(&self) -> &'static [Recipient] {
        self.recipients.unwrap_or(self.holds.recipients())
    }

    /// What erasing the person does to it, in its table.
    pub fn erased(&self, table: &Table) -> Erasure {
        self.erasure.unwrap_or(table.erasure)
    }

    /// True when it can say something about a person.
    pub fn is_personal(&self) -> bool {
        self.holds != Holds::Nothing
    }

    /// Its part of the inventory.
    pub fn part(&self, table: &Table) -> Part {
        if self.holds == Holds::Device { Part::DeviceMetadata } else { table.part }
    }

    /// True for moments: every one of them is named like `created_at`.
    pub fn is_moment(&self) -> bool {
        self.name == "at" || self.name.ends_with("_at")
    }

    /// True for yes and no.
    pub fn is_flag(&self) -> bool {
        self.name.starts_with("is_") || ["restricted", "shortcuts", "usage_counted", "passed"].contains(&self.name)
    }
}

impl Table {
    /// Every category of processors that may receive something of a row that is about a person.
    pub fn recipients(&self) -> Vec<Recipient> {
        let personal = || self.columns.iter().filter(|column| column.is_personal());
        let may = |recipient: &Recipient| personal().any(|column| column.recipients().contains(recipient));
        Recipient::ALL.iter().copied().filter(may).collect()
    }

    /// The categories of what its columns hold about people, each once.
    pub fn categories(&self) -> Vec<Holds> {
        Holds::ALL
            .iter()
            .copied()
            .filter(|holds| *holds != Holds::Nothing && self.columns.iter().any(|column| column.holds == *holds))
            .collect()
    }
}

impl Holds {
    pub const ALL: &'static [Holds] = &[
        Holds::Nothing,
        Holds::Identity,
        Holds::Contact,
        Holds::Content,
        Holds::Behaviour,
        Holds::Device,
        Holds::Credential,
        Holds::Preference,
        Holds::AsDefined,
    ];

    /// The word in the API and in files.
    pub const fn word(self) -> &'static str {
        match self {
            Holds::Nothing => "nothing",
            Holds::Identity => "identity",
            Holds::Contact => "contact",
            Holds::Content => "content",
            Holds::Behaviour => "behaviour",
            Holds::Device => "device",
            Holds::Credential => "credential",
            Holds::Preference => "preference",
            Holds::AsDefined => "as_defined",
        }
    }

    pub const fn label(self) -> &'static str {
        match self {
            Holds::Nothing => "Nothing about a person",
            Holds::Identity => "Who somebody is",
            Holds::Contact => "How somebody is reached",
            Holds::Content => "What was said or written",
            Holds::Behaviour => "What somebody did, and when",
            Holds::Device => "Device and network",
            Holds::Credential => "Secrets that prove who somebody is",
            Holds::Preference => "What somebody prefers",
            Holds::AsDefined => "As the field says",
        }
    }

    /// Who may receive a column of this category when it says nothing else (P-038, P-042). Nothing that can be
    /// traced to a person goes to analytics, payment or AI unless a column says so itself.
    pub const fn recipients(self) -> &'static [Recipient] {
        use Recipient::*;
        match self {
            Holds::Identity | Holds::Contact | Holds::Content => &[Infrastructure, Messaging, Email, Storage, Support],
            Holds::Behaviour | Holds::Preference | Holds::AsDefined => &[Infrastructure, Storage, Support],
            Holds::Nothing | Holds::Device | Holds::Credential => &[Infrastructure, Storage],
        }
    }
}

impl Part {
    pub const fn label(self) -> &'static str {
        match self {
            Part::AccountProfiles => "Account profiles",
            Part::CompanyDetails => "Company details",
            Part::WorkspaceSettings => "Workspace settings",
            Part::LoginEvents => "Login events",
            Part::DeviceMetadata => "Device metadata",
            Part::SupportMessages => "Support messages",
            Part::UsageTelemetry => "Usage telemetry",
            Part::ConnectedChannels => "Connected channel identifiers",
            Part::OperationalRecords => "Operational records",
        }
    }
}

impl Recipient {
    pub const fn label(self) -> &'static str {
        match self {
            Recipient::Infrastructure => "Infrastructure",
            Recipient::Messaging => "Messaging",
            Recipient::Analytics => "Analytics",
            Recipient::Email => "Email",
            Recipient::Storage => "Storage",
            Recipient::Ai => "AI",
            Recipient::Payment => "Payment",
            Recipient::Support => "Support",
        }
    }

    /// "Infrastructure, Email and Storage"; empty for none.
    pub fn list(recipients: &[Recipient]) -> String {
        recipients.iter().map(|recipient| recipient.label()).collect::<Vec<_>>().join(", ")
    }
}

impl LawfulBasis {
    pub const fn word(self) -> &'static str {
        match self {
            LawfulBasis::Consent => "consent",
            LawfulBasis::Contract => "contract",
            LawfulBasis::LegalObligation => "legal_obligation",
            LawfulBasis::LegitimateInterests => "legitimate_interests",
        }
    }

    /// In plain words, then by number.
    pub const fn label(self) -> &'static str {
        match self {
            LawfulBasis::Consent => "The person agreed (Art. 6(1)(a))",
            LawfulBasis::Contract => "Needed for a contract (Art. 6(1)(b))",
            LawfulBasis::LegalObligation => "The law demands it (Art. 6(1)(c))",
            LawfulBasis::LegitimateInterests => "A legitimate interest (Art. 6(1)(f))",
        }
    }
}

impl Role {
    pub const fn word(self) -> &'static str {
        match self {
            Role::Processor => "processor",
            Role::Controller => "controller",
        }
    }

    pub const fn label(self) -> &'static str {
        match self {
            Role::Processor => "The workspace decides; whoever hosts it processes for it",
            Role::Controller => "Whoever hosts it decides",
        }
    }
}

impl Retention {
    /// How long, as a sentence without its full stop.
    pub fn label(self) -> String {
        match self {
            Retention::WithParent => "As long as the record it belongs to".into(),
            Retention::WhileActive => "While it is in use; goes when it is deleted or erased".into(),
            Retention::Rules(rules) => {
                let taking = rules.iter().find(|rule| rule.takes_rows()).or(rules.first());
                taking.map_or_else(String::new, |rule| match rule.days {
                    days if !rule.is_on => format!(
                        "While it is in use; goes when it is deleted or erased, or, where the workspace chose so, {days} days \
                         after {}",
                        rule.from
                    ),
                    0 => format!("Until {}", rule.from),
                    1 => format!("1 day after {}", rule.from),
                    days => format!("{days} days after {}", rule.from),
                })
            }
        }
    }
}

impl Erasure {
    pub const fn word(self) -> &'static str {
        match self {
            Erasure::DeleteRow => "delete",
            Erasure::Redact => "redact",
            Erasure::NothingToErase => "nothing",
            Erasure::Keep { .. } => "keep",
        }
    }

    pub fn label(self) -> String {
        match self {
            Erasure::DeleteRow => "Deleted".into(),
            Erasure::Redact => "Emptied; the row stays and names nobody".into(),
            Erasure::NothingToErase => "Names nobody, so it stays".into(),
            Erasure::Keep { because, days } => format!("Kept for {days} days: {because}"),
        }
    }
}
