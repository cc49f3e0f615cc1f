//! Writes entries. Every change calls this in its own transaction (AUD-1).

use std::net::IpAddr;

use serde_json::{Map, Value};

use super::chain::{self, Sealed};
use super::store;
use crate::db::{Actor, Tx};
use crate::error::Error;
use crate::id::WorkspaceId;

/// What happened. Built up where it happens: `Event::new("people.contact.created").on("contact", id)`.
pub struct Event {
    action: &'static str,
    object: String,
    workspace: Option<WorkspaceId>,
    detail: Map<String, Value>,
    personal: Map<String, Value>,
}

impl Event {
    /// `action` is `module.noun.past_tense`.
    pub fn new(action: &'static str) -> Event {
        Event { action, object: String::new(), workspace: None, detail: Map::new(), personal: Map::new() }
    }

    /// The record it happened to.
    pub fn on(mut self, kind: &str, id: impl std::fmt::Display) -> Event {
        self.object = format!("{kind}:{id}");
        self
    }

    /// The workspace an entry of `control.db` is about, so that its owners see it.
    pub fn in_workspace(mut self, workspace: WorkspaceId) -> Event {
        self.workspace = Some(workspace);
        self
    }

    /// A fact that names nobody: counts, field names, states, ids. Kept for the life of the entry.
    pub fn detail(mut self, key: &str, value: impl Into<Value>) -> Event {
        self.detail.insert(key.into(), value.into());
        self
    }

    /// A fact about a person: a name, an address, an old value. Erased with the person.
    pub fn personal(mut self, key: &str, value: impl Into<Value>) -> Event {
        self.personal.insert(key.into(), value.into());
        self
    }
}

/// Appends the entry to the chain of the file that `tx` writes.
pub fn record(tx: &Tx, event: Event) -> Result<(), Error> {
    let mut personal = event.personal;
    if let Some(agent) = &tx.origin.user_agent {
        personal.insert("user_agent".into(), agent.as_str().into());
    }
    if let Some(address) = tx.origin.address {
        personal.insert("address".into(), address.to_string().into());
    }
    let personal = (!personal.is_empty()).then(|| Value::Object(personal).to_string());
    let detail = if event.detail.is_empty() { String::new() } else { Value::Object(event.detail).to_string() };
    let (sequence, previous) = store::head(tx)?;
    let salt: [u8; 16] = crate::crypto::random();
    let entry = Sealed {
        sequence: sequence + 1,
        at: tx.now,
        actor: actor_word(tx.origin.actor),
        action: event.action.to_owned(),
        object: event.object,
        workspace: event.workspace,
        network: tx.origin.address.map(network).unwrap_or_default(),
        detail,
        commitment: chain::commit(&salt, personal.as_deref().unwrap_or("")),
        previous,
    };
    store::insert(tx, &entry, personal.as_deref(), &salt)?;
    tx.mark_audited();
    Ok(())
}

/// `member:5`, `token:3/5`, `operator-token:2/1`, `job:mail.outgoing.deliver`.
fn actor_word(actor: Actor) -> String {
    match actor {
        Actor::Member(id) => format!("member:{id}"),
        Actor::Token(token, member) => format!("token:{token}/{member}"),
        Actor::Account(id) => format!("account:{id}"),
        Actor::Operator(id) => format!("operator:{id}"),
        Actor::OperatorProgram(token, account) => format!("operator-token:{token}/{account}"),
        Actor::Visitor => "visitor".into(),
        Actor::Job(name) => format!("job:{name}"),
        Actor::CommandLine => "command-line".into(),
    }
}

/// The address cut to its network, which names nobody: /24 or /48.
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            format!("{a}.{b}.{c}.0/24")
        }
        IpAddr::V6(v6) => {
            let [a, b, c, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}::/48")
        }
    }
}
