//! A route is a row in a table: method, path, what it demands, and the function that answers.

use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::upload::Allowance;
use super::{Reply, Request};
use crate::error::Error;
use crate::permission::{Action, Area, OperatorScope, Permission};

/// Answers one request. Runs on the blocking pool, so it may read a file and hash a password.
pub type Handler = fn(&Request) -> Result<Reply, Error>;

/// Says what files a request may bring, before any of them is taken. The body has not been read yet.
pub type Allow = fn(&Request) -> Result<Allowance, Error>;

/// Bodies larger than this are refused unless the route allows more.
pub const BODY_LIMIT: usize = 256 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Method {
    Get,
    Post,
    Patch,
    Put,
    Delete,
}

impl Method {
    pub const fn name(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Patch => "PATCH",
            Method::Put => "PUT",
            Method::Delete => "DELETE",
        }
    }

    /// Safe methods change nothing (RFC 9110, section 9.2.1).
    pub const fn is_safe(self) -> bool {
        matches!(self, Method::Get)
    }
}

/// Who a route answers. A permission, never a role: roles are sets of permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anyone. A test lists these by name.
    Public,
    /// Somebody who has shown the password but not yet the second factor, or is signed in.
    HalfSignedIn,
    /// Anyone who is signed in.
    Account,
    /// Any active member of the workspace in the path, or of the token.
    Member,
    /// A member whose role grants this at any level. The handler narrows to the level.
    May(Permission),
    /// Whoever hosts the installation, in the console. Opens no workspace.
    Operator,
    /// A program with an operator's token that has this scope. Opens no workspace.
    OperatorProgram(OperatorScope),
}

impl Access {
    pub const fn may(action: Action, area: Area) -> Access {
        Access::May(Permission::new(action, area))
    }
}

/// One row of the route table.
pub struct Route {
    pub method: Method,
    /// `/w/{slug}/people/contacts/{id}`; `{slug}` is the workspace. Under `/api/v1` the token names it.
    pub path: &'static str,
    pub access: Access,
    pub handler: Handler,
    /// Asks for a fresh proof of who acts when the last is older than ten minutes (AUT-7).
    pub step_up: bool,
    pub body_limit: usize,
    /// Largest file a multipart body may carry, in bytes; 0: none.
    pub upload_limit: u64,
    /// Takes several files that stay, as far as this says; without it, one file for a job to read.
    pub allow: Option<Allow>,
    /// Refuses a version in `If-Match` that is not the newest. Every `PATCH` does, and demands one.
    pub is_versioned: bool,
    /// May answer 409 although it only reads: what it reads is not made yet, or was taken.
    pub may_conflict: bool,
    /// What the API accepts and returns. Every route under `/api/v1` has one; `/metrics` has a format of its own.
    pub api: Option<&'static Operation>,
}

impl Route {
    pub const fn new(method: Method, path: &'static str, access: Access, handler: Handler) -> Route {
        Route {
            method,
            path,
            access,
            handler,
            step_up: false,
            body_limit: BODY_LIMIT,
            upload_limit: 0,
            allow: None,
            is_versioned: matches!(method, Method::Patch),
            may_conflict: !matches!(method, Method::Get),
            api: None,
        }
    }

    pub const fn get(path: &'static str, access: Access, handler: Handler) -> Route {
        Route::new(Method::Get, path, access, handler)
    }

    pub const fn post(path: &'static str, access: Access, handler: Handler) -> Route {
        Route::new(Method::Post, path, access, handler)
    }

    pub const fn patch(path: &'static str, access: Access, handler: Handler) -> Route {
        Route::new(Method::Patch, path, access, handler)
    }

    pub const fn put(path: &'static str, access: Access, handler: Handler) -> Route {
        Route::new(Method::Put, path, access, handler)
    }

    pub const fn delete(path: &'static str, access: Access, handler: Handler) -> Route {
        Route::new(Method::Delete, path, access, handler)
    }

    /// Demands a fresh proof of who acts.
    pub const fn step_up(mut self) -> Route {
        self.step_up = true;
        self
    }

    pub const fn body_limit(mut self, bytes: usize) -> Route {
        self.body_limit = bytes;
        self
    }

    /// Takes a multipart body with one file of up to `bytes`, streamed to disk sealed.
    pub const fn upload(mut self, bytes: u64) -> Route {
        self.upload_limit = bytes;
        self
    }

    /// Takes a multipart body with files that stay, each sealed under a key of its own. `allow` decides how
    /// many and how large, and `most` bytes is the largest it ever says.
    pub const fn attachments(mut self, most: u64, allow: Allow) -> Route {
        self.upload_limit = most;
        self.allow = Some(allow);
        self
    }

    /// Looks at `If-Match` where it is sent: for a `DELETE` of what several people change.
    pub const fn versioned(mut self) -> Route {
        self.is_versioned = true;
        self
    }

    /// For a `GET` of what may not be there yet, or no more.
    pub const fn conflicting(mut self) -> Route {
        self.may_conflict = true;
        self
    }

    /// Describes the route in the OpenAPI document.
    pub const fn api(mut self, operation: &'static Operation) -> Route {
        self.api = Some(operation);
        self
    }

    /// True for programs: a bearer token instead of a cookie, problem JSON instead of pages.
    pub fn is_api(&self) -> bool {
        self.path.starts_with("/api/v1") || matches!(self.access, Access::OperatorProgram(_))
    }

    /// True for routes inside one workspace.
    pub fn is_workspace(&self) -> bool {
        matches!(self.access, Access::Member | Access::May(_))
    }
}

/// What one API route accepts and returns, for the OpenAPI document.
pub struct Operation {
    /// One sentence, third person: "Lists contacts."
    pub summary: &'static str,
    pub query: &'static [QueryParameter],
    pub request: Option<SchemaOf>,
    /// The status of success, and its body.
    pub status: u16,
    pub response: Option<SchemaOf>,
}

/// A parameter after the `?`.
pub struct QueryParameter {
    pub name: &'static str,
    pub description: &'static str,
    pub kind: QueryKind,
}

#[derive(Debug, Clone, Copy)]
pub enum QueryKind {
    Text,
    /// Text that may hold JSON of this schema, and is as much longer than other text.
    Json {
        most: usize,
        schema: SchemaOf,
    },
    Integer {
        least: i64,
        most: i64,
    },
    Boolean,
    OneOf(&'static [&'static str]),
}

/// Gives the JSON Schema of a wire type.
pub type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// The schema of `T`, for tables of routes: `Some(schema::<Contact>)`.
pub fn schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}
