//! The HTTP side: the route table, requests, replies, and the one async function that joins them.

pub mod assets;
pub mod cell;
pub mod cookie;
pub mod csrf;
mod error;
pub mod file;
pub mod format;
pub mod headers;
pub mod idempotency;
mod incoming;
pub mod input;
pub mod layout;
pub mod limit;
pub mod openapi;
mod page;
pub mod reader;
mod reply;
mod request;
mod route;
pub mod server;
mod stream;
mod strict;
pub mod toast;
pub mod ui;
pub mod upload;

pub use error::{Problem, ProblemChange, ProblemMember, stale};
pub use reply::{Body, BodyWriter, CSV, HTML, JSON, PROBLEM, Reply, ZIP};
pub use request::{Head, Request, is_own_path};
pub use route::{
    Access, Allow, BODY_LIMIT, Handler, Method, Operation, QueryKind, QueryParameter, Route, SchemaOf, schema,
};
