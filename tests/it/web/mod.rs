//! Rules that hold for every route, walked over the real route table: a new route is covered the day it is written.

mod access;
mod burden;
mod csrf;
mod errors;
mod foreign_ids;
mod headers;
mod idempotency;
mod pages;
mod requested;
mod step_up;
mod tenants;
mod wire;

use holdfast::web::{Access, Route};

use crate::support::{Answer, Ask, Client, TestApp, sample};

/// Addresses that a route's parameters get, unless a test says otherwise: an id that nothing has.
pub const NOBODY: &str = "777777";

/// The route's path with `slug` for the workspace and `id` for everything else.
pub fn path(route: &Route, slug: &str, id: &str) -> String {
    let parts: Vec<&str> = route
        .path
        .split('/')
        .map(|part| match part {
            "{slug}" => slug,
            part if part.starts_with('{') => id,
            part => part,
        })
        .collect();
    parts.join("/")
}

pub fn name(route: &Route) -> String {
    format!("{} {}", route.method.name(), route.path)
}

/// A program of a workspace's owner and one of the operator: each route answers one of the two.
pub struct Programs {
    owner: Client,
    operator: Client,
}

impl Programs {
    pub fn of(app: &TestApp) -> Programs {
        Programs { owner: app.program_of("owner@alpha.example", "alpha"), operator: app.operator_program() }
    }

    /// The one that the route admits.
    pub fn of_route(&self, route: &Route) -> &Client {
        if matches!(route.access, Access::OperatorProgram(_)) { &self.operator } else { &self.owner }
    }
}

/// Calls a route as its own pages or programs would, with as good a body as can be made without knowing it.
pub fn call(client: &Client, route: &Route, path: &str) -> Answer {
    let method = route.method.name();
    if route.method.is_safe() {
        return client.get(path);
    }
    if route.is_api() {
        let mut ask = Ask::new(method, path).header("if-match", "\"1\"");
        if route.upload_limit > 0 {
            return client.upload(path, &[], ("file", "people.csv", b"name\nQuill\n"));
        }
        if let Some(body) = sample::body(sample::document(), method, route.path) {
            ask = ask.json(&body);
        }
        return client.send(ask);
    }
    if route.upload_limit > 0 {
        return client.upload(path, &[], ("file", "people.csv", b"name\nQuill\n"));
    }
    client.submit_pairs(method, path, &[])
}
