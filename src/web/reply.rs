//! What a handler answers: a page, JSON, a redirect, a download.

use std::io::Write;

use serde::Serialize;

use crate::error::Error;

/// Writes a body of any size while it is sent, on a thread of its own.
pub type BodyWriter = Box<dyn FnOnce(&mut dyn Write) -> Result<(), Error> + Send>;

pub enum Body {
    Empty,
    Bytes(Vec<u8>),
    Stream(BodyWriter),
    /// Like `Stream`, of so many bytes; the client learns how many before the first.
    Sized(u64, BodyWriter),
}

pub struct Reply {
    pub status: u16,
    pub content_type: &'static str,
    pub headers: Vec<(&'static str, String)>,
    /// Each is one `Set-Cookie` line; only `web::cookie` makes them.
    pub cookie: Option<String>,
    pub body: Body,
}

pub const HTML: &str = "text/html; charset=utf-8";
pub const JSON: &str = "application/json; charset=utf-8";
pub const PROBLEM: &str = "application/problem+json; charset=utf-8";
pub const CSV: &str = "text/csv; charset=utf-8";
pub const ZIP: &str = "application/zip";

impl Reply {
    pub fn bytes(status: u16, content_type: &'static str, body: Vec<u8>) -> Reply {
        Reply { status, content_type, headers: Vec::new(), cookie: None, body: Body::Bytes(body) }
    }

    pub fn html(html: String) -> Reply {
        Reply::bytes(200, HTML, html.into_bytes())
    }

    pub fn json<T: Serialize>(value: &T) -> Result<Reply, Error> {
        Ok(Reply::bytes(200, JSON, serde_json::to_vec(value)?))
    }

    /// 201 with the place of what was made.
    pub fn created<T: Serialize>(location: String, value: &T) -> Result<Reply, Error> {
        Ok(Reply::json(value)?.status(201).header("Location", location))
    }

    /// 204.
    pub fn nothing() -> Reply {
        Reply { status: 204, content_type: "", headers: Vec::new(), cookie: None, body: Body::Empty }
    }

    /// 303: the answer to a form that worked. `to` is always a path of ours.
    pub fn see_other(to: impl Into<String>) -> Reply {
        Reply { status: 303, content_type: "", headers: vec![("Location", to.into())], cookie: None, body: Body::Empty }
    }

    /// A file to keep, of any size. The name is ours, never a person's input.
    pub fn download(file_name: &str, content_type: &'static str, write: BodyWriter) -> Reply {
        Reply {
            status: 200,
            content_type,
            headers: vec![("Content-Disposition", format!("attachment; filename=\"{file_name}\""))],
            cookie: None,
            body: Body::Stream(write),
        }
    }

    pub fn status(mut self, status: u16) -> Reply {
        self.status = status;
        self
    }

    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Reply {
        self.headers.push((name, value.into()));
        self
    }

    /// Sets the one cookie (`web::cookie`).
    pub fn with_cookie(mut self, cookie: String) -> Reply {
        self.cookie = Some(cookie);
        self
    }

    /// Shows a message on the next page: a redirect carries a word that the page looks up, never free text.
    ///
    /// The words stand in `web/toast.rs`.
    pub fn toast(mut self, word: &'static str) -> Reply {
        for (name, value) in &mut self.headers {
            if *name == "Location" {
                let join = if value.contains('?') { '&' } else { '?' };
                value.push(join);
                value.push_str("done=");
                value.push_str(word);
            }
        }
        self
    }
}
