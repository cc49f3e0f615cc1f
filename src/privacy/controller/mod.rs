//! Who answers for the data of a workspace, and its data protection officer (GDPR Art. 13(1)(a) and (b)).
//!
//! Chosen once in the settings; shown to people in the public notice, in the copy of their data and in letters.

pub mod api;
pub mod data_map;
pub mod pages;
pub mod service;
mod store;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Everything is optional: what is empty is not shown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Controller {
    /// Of the organisation, as the law knows it.
    pub name: String,
    /// Several lines.
    pub address: String,
    pub email: String,
    /// The data protection officer, when there is one.
    pub dpo_name: String,
    pub dpo_email: String,
}

impl Controller {
    pub fn is_empty(&self) -> bool {
        *self == Controller::default()
    }

    /// Where people write to about their data: the officer's address, else the organisation's.
    pub fn contact(&self) -> &str {
        if self.dpo_email.is_empty() { &self.email } else { &self.dpo_email }
    }
}
