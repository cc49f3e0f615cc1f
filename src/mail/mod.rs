//! What the program itself sends: building a message, queueing it, handing it to a server or a folder.
//!
//! A mail is queued in the transaction that causes it and sent by a job later, so a rolled-back change
//! never mails anybody and a dead mail server never stops a change.

mod conversation;
pub mod data_map;
mod folder;
mod html;
pub mod jobs;
pub mod message;
pub mod queue;
pub mod smtp;
mod store;
pub mod templates;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use crate::clock::Timestamp;
use crate::error::Error;
use crate::outbound::Outbound;
use message::{OutgoingMail, Sender};
use smtp::SmtpTarget;

pub use store::{Backlog, Entry, State};

/// Where mail goes.
#[derive(Debug, Clone, Default)]
pub enum Delivery {
    /// Nowhere: it stays in the control database, and the operator console shows it. For first tries.
    #[default]
    Kept,
    /// As `.eml` files that another machine picks up. Plain text outside Holdfast's seal.
    Folder(PathBuf),
    Smtp(SmtpTarget),
}

/// Why a mail did not go. Every variant holds words for the operator, possibly with addresses in them:
/// they belong into the database, never into a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendError {
    /// The server will not take this mail, however often it is offered.
    Permanent(String),
    /// The server may take this mail later.
    Temporary(String),
    /// The server cannot be talked to at all, so the next mail need not be tried either.
    Unreachable(String),
}

impl SendError {
    pub fn words(&self) -> &str {
        match self {
            SendError::Permanent(words) | SendError::Temporary(words) | SendError::Unreachable(words) => words,
        }
    }
}

/// Everything needed to send, from the configuration. Built once.
#[derive(Debug, Clone)]
pub struct Mailer {
    pub sender: Sender,
    pub delivery: Delivery,
    pub outbound: Outbound,
}

impl Mailer {
    /// Sends one mail now. `written_at` becomes its `Date`, so that every attempt carries the same one.
    ///
    /// Blocks for as long as the server takes, up to its timeouts; never call it inside a transaction.
    pub fn send(&self, mail: &OutgoingMail, written_at: Timestamp) -> Result<(), SendError> {
        let message = message::build(&self.sender, mail, written_at)
            .map_err(|error: Error| SendError::Permanent(error.to_string()))?;
        match &self.delivery {
            Delivery::Kept => Err(SendError::Unreachable("no mail server is configured".to_owned())),
            Delivery::Folder(folder) => folder::put(folder, &mail.message_id, &message.formatted())
                .map_err(|error| SendError::Unreachable(format!("cannot write to {}: {error}", folder.display()))),
            Delivery::Smtp(target) => smtp::send(&self.outbound, target, &message),
        }
    }
}
