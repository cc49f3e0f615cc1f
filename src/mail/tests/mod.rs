//! Messages, the conversation with a server, the queue and the texts.

mod message;
mod queue;
mod sink;
mod smtp;
mod templates;

use super::message::{OutgoingMail, Sender};
use crate::outbound::Outbound;
use crate::outbound::policy::{Mode, Policy};
use crate::outbound::resolve::NameServers;

fn sender() -> Sender {
    Sender::new("Holdfast", "holdfast@example.org", "crm.example.org").unwrap()
}

fn mail(to: &str) -> OutgoingMail {
    OutgoingMail {
        to: to.to_owned(),
        title: "Sign in to crm.example.org".to_owned(),
        text: "Hello\n\nhttps://crm.example.org/x\n".to_owned(),
        html: Some("<p>Hello</p>\n".to_owned()),
        reply_to: None,
        message_id: sender().new_message_id(),
    }
}

/// Asks no name server; `localhost` is known all the same.
fn outbound() -> Outbound {
    Outbound::new(Policy { mode: Mode::Open, allow: Vec::new(), name_servers: NameServers::These(Vec::new()) })
}
