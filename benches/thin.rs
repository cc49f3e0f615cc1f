//! The thin server: actix, TLS and SQLCipher as in the product, and nothing but the statement.
//!
//! No token, no permission, no audit, no rules, no log. It reads and writes a copy of the workspace's
//! file through the same settings, with as many readers, and answers the same fields.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex};

use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpResponse, HttpServer};
use holdfast::db::open::{self, Purpose, RawKey};
use rusqlite::{Connection, named_params};
use serde::Deserialize;

use crate::Outcome;
use crate::installation::{self, Place};
use crate::server::Server;
use crate::twin::{READER_KIB, WRITER_KIB, remove};

/// The first argument that makes this program the thin server.
pub const COMMAND: &str = "thin-server";
const READERS: usize = 4;

const FIELDS: &str = "json_object('id', c.id, 'version', c.version, 'given_name', c.given_name, 'family_name', c.family_name,
    'display_name', c.display_name, 'job_title', c.job_title,
    'company', CASE WHEN o.id IS NOT NULL THEN json_object('id', o.id, 'name', o.name) END,
    'emails', (SELECT json_group_array(json_object('value', value, 'label', label, 'primary', is_primary, 'verified_at', verified_at))
        FROM contact_identities WHERE contact_id = c.id AND kind = 'email'),
    'phones', (SELECT json_group_array(json_object('value', value, 'label', label, 'primary', is_primary, 'verified_at', verified_at))
        FROM contact_identities WHERE contact_id = c.id AND kind = 'phone'),
    'address', json_object('street', c.street, 'postal_code', c.postal_code, 'city', c.city, 'region', c.region, 'country', c.country),
    'language', c.language, 'time_zone', c.time_zone, 'owner', c.owner_id, 'source', c.source, 'restricted', c.restricted,
    'tags', (SELECT json_group_array(t.name) FROM contact_tags x JOIN tags t ON t.id = x.tag_id WHERE x.contact_id = c.id),
    'created_by', c.created_by, 'created_at', strftime('%FT%TZ', c.created_at / 1000, 'unixepoch'),
    'updated_at', strftime('%FT%TZ', c.updated_at / 1000, 'unixepoch'), 'archived_at', c.archived_at)";

/// A server over a copy of the workspace, started.
pub struct Thin {
    pub server: Server,
    folder: PathBuf,
}

impl Thin {
    /// Copies the workspace and serves the copy.
    pub fn start(place: &Place) -> Outcome<Thin> {
        let folder = place.data.with_extension("thin");
        std::fs::create_dir_all(&folder)?;
        remove(&folder.join("data.db"));
        std::fs::copy(place.file(), folder.join("data.db"))?;
        let signed = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
        std::fs::write(folder.join("certificate.pem"), signed.cert.pem())?;
        std::fs::write(folder.join("key.pem"), signed.signing_key.serialize_pem())?;
        let data = place.data.to_string_lossy().into_owned();
        let workspace = place.workspace.to_string();
        let arguments = [COMMAND, &data, &workspace, &folder.to_string_lossy()];
        let server = Server::own(&arguments, &folder.join("certificate.pem"), folder.join("log"))?;
        Ok(Thin { server, folder })
    }
}

impl Drop for Thin {
    fn drop(&mut self) {
        remove(&self.folder.join("data.db"));
    }
}

/// The process of the thin server.
pub fn run(mut arguments: impl Iterator<Item = String>) -> Outcome<()> {
    let mut next = || arguments.next().ok_or("thin-server DATA WORKSPACE FOLDER ADDRESS");
    let (data, workspace, folder, address) = (next()?, next()?, PathBuf::from(next()?), next()?);
    let workspace = workspace.parse().map_err(|_| "that is no workspace")?;
    let key = installation::keys(Path::new(&data))?.workspace(workspace)?.database_key();
    let files = Data::new(Files::open(&folder.join("data.db"), &key)?);
    let listener = TcpListener::bind(address.parse::<SocketAddr>()?)?;
    let tls = tls(&folder)?;
    let server = HttpServer::new(move || {
        App::new()
            .app_data(files.clone())
            .route("/healthz", web::get().to(HttpResponse::Ok))
            .route("/api/v1/contacts", web::get().to(list))
            .route("/api/v1/contacts", web::post().to(create))
            .route("/api/v1/contacts/{id}", web::get().to(show))
    })
    .workers(2)
    .listen_rustls_0_23(listener, tls)?
    .run();
    Ok(actix_web::rt::System::new().block_on(server)?)
}

fn tls(folder: &Path) -> Outcome<rustls::ServerConfig> {
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};
    let chain = CertificateDer::pem_file_iter(folder.join("certificate.pem"))?.collect::<Result<Vec<_>, _>>()?;
    let key = PrivateKeyDer::from_pem_file(folder.join("key.pem"))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ServerConfig::builder_with_provider(provider);
    let builder = builder.with_protocol_versions(&[&rustls::version::TLS13])?;
    Ok(builder.with_no_client_auth().with_single_cert(chain, key)?)
}

/// A writer and a few readers, as the product has them.
struct Files {
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
    free: Condvar,
}

impl Files {
    fn open(path: &Path, key: &RawKey) -> Outcome<Files> {
        let open = |purpose: Purpose, kib: i64| -> Outcome<Connection> {
            let conn = open::open(path, key, purpose)?;
            conn.pragma_update(None, "cache_size", -kib)?;
            // The product folds its WAL at the same size.
            conn.pragma_update(None, "wal_autocheckpoint", 1_000)?;
            Ok(conn)
        };
        let writer = open(Purpose::Write, WRITER_KIB)?;
        let readers = (0..READERS).map(|_| open(Purpose::Read, READER_KIB)).collect::<Outcome<Vec<_>>>()?;
        Ok(Files { writer: Mutex::new(writer), readers: Mutex::new(readers), free: Condvar::new() })
    }

    /// The JSON objects a statement gives, in a list.
    fn read(&self, sql: &str, parameters: &[(&str, &dyn rusqlite::ToSql)]) -> rusqlite::Result<String> {
        let mut readers = self.readers.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let conn = loop {
            match readers.pop() {
                Some(conn) => break conn,
                None => readers = self.free.wait(readers).unwrap_or_else(|poisoned| poisoned.into_inner()),
            }
        };
        drop(readers);
        let answer = objects(&conn, sql, parameters);
        self.readers.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(conn);
        self.free.notify_one();
        answer
    }
}

fn objects(conn: &Connection, sql: &str, parameters: &[(&str, &dyn rusqlite::ToSql)]) -> rusqlite::Result<String> {
    let mut statement = conn.prepare_cached(sql)?;
    let mut rows = statement.query(parameters)?;
    let mut json = String::from("{\"data\":[");
    while let Some(row) = rows.next()? {
        if !json.ends_with('[') {
            json.push(',');
        }
        json.push_str(row.get_ref(0)?.as_str()?);
    }
    json.push_str("]}");
    Ok(json)
}

#[derive(Deserialize)]
struct Query {
    limit: Option<i64>,
    q: Option<String>,
}

async fn list(query: web::Query<Query>, files: Data<Files>) -> HttpResponse {
    let limit = query.limit.unwrap_or(50);
    let matching = query.q.as_deref().and_then(holdfast::people::search::words::records_matching);
    let answer = web::block(move || {
        match matching {
        Some(matching) => files.read(
            &format!(
                "SELECT {FIELDS} FROM contact_search CROSS JOIN contacts c ON c.id = contact_search.rowid
                 LEFT JOIN companies o ON o.id = c.company_id
                 WHERE contact_search MATCH :matching AND c.archived_at IS NULL ORDER BY contact_search.rowid DESC LIMIT :limit"
            ),
            named_params! { ":matching": matching, ":limit": limit },
        ),
        None => files.read(
            &format!(
                "SELECT {FIELDS} FROM contacts c INDEXED BY contacts_by_update LEFT JOIN companies o ON o.id = c.company_id
                 WHERE c.archived_at IS NULL ORDER BY c.updated_at DESC, c.id DESC LIMIT :limit"
            ),
            named_params! { ":limit": limit },
        ),
    }
    });
    json(200, answer.await)
}

async fn show(id: web::Path<i64>, files: Data<Files>) -> HttpResponse {
    let sql = format!("SELECT {FIELDS} FROM contacts c LEFT JOIN companies o ON o.id = c.company_id WHERE c.id = :id");
    json(200, web::block(move || files.read(&sql, named_params! { ":id": *id })).await)
}

#[derive(Deserialize)]
struct NewContact {
    given_name: String,
    family_name: String,
    job_title: String,
    emails: Vec<NewIdentity>,
    phones: Vec<NewIdentity>,
}

#[derive(Deserialize)]
struct NewIdentity {
    value: String,
}

async fn create(body: Bytes, files: Data<Files>) -> HttpResponse {
    let Ok(new) = serde_json::from_slice::<NewContact>(&body) else { return HttpResponse::BadRequest().finish() };
    json(201, web::block(move || insert(&files, &new)).await)
}

fn insert(files: &Files, new: &NewContact) -> rusqlite::Result<String> {
    let mut writer = files.writer.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let tx = writer.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    let name = format!("{} {}", new.given_name, new.family_name);
    let emails = new.emails.iter().map(|email| email.value.replace(['.', '@'], " ")).collect::<Vec<_>>().join(" ");
    tx.prepare_cached(
        "INSERT INTO contacts (given_name, family_name, display_name, sort_name, job_title, company_sort, source, words, created_at, updated_at)
         VALUES (:given, :family, :name, :sort, :title, :company, 'api', :words, unixepoch() * 1000, unixepoch() * 1000)",
    )?
    .execute(named_params! {
        ":given": new.given_name, ":family": new.family_name, ":name": name, ":sort": name.to_lowercase(),
        ":title": new.job_title, ":company": "\u{10ffff}", ":words": format!("{} {emails}", name.to_lowercase()),
    })?;
    let id = tx.last_insert_rowid();
    for (kind, identities) in [("email", &new.emails), ("phone", &new.phones)] {
        for identity in identities {
            tx.prepare_cached(
                "INSERT INTO contact_identities (contact_id, kind, value, normalised, is_primary, position)
                 VALUES (:id, :kind, :value, :value, 1, 0)",
            )?
            .execute(named_params! { ":id": id, ":kind": kind, ":value": identity.value })?;
        }
    }
    let sql = format!("SELECT {FIELDS} FROM contacts c LEFT JOIN companies o ON o.id = c.company_id WHERE c.id = :id");
    let answer = objects(&tx, &sql, named_params! { ":id": id })?;
    tx.commit()?;
    Ok(answer)
}

fn json(status: u16, answer: Result<rusqlite::Result<String>, actix_web::error::BlockingError>) -> HttpResponse {
    match answer {
        Ok(Ok(json)) => {
            let status = actix_web::http::StatusCode::from_u16(status).unwrap_or_default();
            HttpResponse::build(status).content_type("application/json").body(json)
        }
        Ok(Err(error)) => HttpResponse::InternalServerError().body(error.to_string()),
        Err(error) => HttpResponse::InternalServerError().body(error.to_string()),
    }
}
