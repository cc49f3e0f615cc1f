//! The listener, and the one async function: where the asynchronous world ends.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::Arc;

use actix_web::body::SizedStream;
use actix_web::dev::Service;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::web::{self, Payload};
use actix_web::{App as Actix, HttpRequest, HttpResponse, HttpServer};

use super::limit::Program;
use super::upload::{self, Allowance, Spool};
use super::{Body, Head, Method, Reply, Request, Route, assets, csrf, error, headers, incoming, limit, stream};
use crate::app::App;
use crate::clock::Stopwatch;
use crate::error::Error;
use crate::gate;
use crate::visitor::Visitor;

/// A slow client gets this long for its headers (LIM-1).
const HEADER_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(10);
/// Work under way gets this long after a signal to stop (OPS-5).
const DRAIN_SECONDS: u64 = 25;

/// Serves on `listeners` until `stop` comes to an end, then lets work under way finish. `ready` is called once
/// with the bound addresses, when requests are answered.
pub async fn serve(
    app: Arc<App>,
    listeners: Vec<TcpListener>,
    tls: rustls::ServerConfig,
    ready: impl FnOnce(&[SocketAddr]),
    stop: impl Future<Output = ()> + 'static,
) -> Result<(), Error> {
    let shared = web::Data::from(app);
    let mut server = HttpServer::new(move || {
        let routes = shared.modules.iter().flat_map(|module| module.routes).copied().flatten();
        let mut actix = Actix::new().app_data(shared.clone()).wrap_fn(|mut request, next| {
            incoming::detach_headers(&mut request);
            next.call(request)
        });
        for (path, group) in grouped(routes) {
            actix = actix.service(resource(path, group));
        }
        actix.route("/assets/{hash}/{path:.*}", web::get().to(asset)).default_service(web::to(nothing_here))
    })
    .workers(2)
    .client_request_timeout(HEADER_TIMEOUT)
    .max_connections(10_000)
    .shutdown_timeout(DRAIN_SECONDS)
    // Signals are the caller's: two handlers for one signal would race.
    .disable_signals();
    for listener in listeners {
        server = server.listen_rustls_0_23(listener, tls.clone())?;
    }
    let bound = server.addrs();
    let running = server.run();
    let handle = running.handle();
    actix_web::rt::spawn(async move {
        stop.await;
        handle.stop(true).await;
    });
    ready(&bound);
    running.await?;
    Ok(())
}

/// Routes of one path together, so that a wrong method answers 405.
fn grouped(routes: impl Iterator<Item = &'static Route>) -> Vec<(&'static str, Vec<&'static Route>)> {
    let mut groups: Vec<(&'static str, Vec<&'static Route>)> = Vec::new();
    for route in routes {
        match groups.iter_mut().find(|(path, _)| *path == route.path) {
            Some((_, group)) => group.push(route),
            None => groups.push((route.path, vec![route])),
        }
    }
    // actix takes the first that fits, so literal paths come before patterns.
    groups.sort_by_key(|(path, _)| path.matches('{').count());
    groups
}

fn resource(path: &'static str, group: Vec<&'static Route>) -> actix_web::Resource {
    let mut resource = web::resource(path);
    let allowed: Vec<&str> = group.iter().map(|route| route.method.name()).collect();
    let allowed = allowed.join(", ");
    for route in group {
        let method = match route.method {
            Method::Get => {
                web::route().guard(actix_web::guard::Any(actix_web::guard::Get()).or(actix_web::guard::Head()))
            }
            Method::Post => web::post(),
            Method::Patch => web::patch(),
            Method::Put => web::put(),
            Method::Delete => web::delete(),
        };
        resource = resource.route(method.to(move |http, payload, app| answer(route, http, payload, app)));
    }
    resource.default_service(web::to(move |http: HttpRequest, app: web::Data<App>| {
        let allowed = allowed.clone();
        async move {
            let (watch, id) = (Stopwatch::start(), request_id());
            let is_head = http.method() == actix_web::http::Method::HEAD;
            let response = response(error::wrong_method(path, &allowed, &id), is_head);
            log_answer(&app, &id, &http, path, client_address(&http, &app), &response, watch);
            response
        }
    }))
}

/// Admits, reads the body, runs the handler on the blocking pool, and sends what it says.
async fn answer(route: &'static Route, http: HttpRequest, payload: Payload, app: web::Data<App>) -> HttpResponse {
    let watch = Stopwatch::start();
    let app = app.into_inner();
    let _under_way = app.meter.enter();
    let is_head = http.method() == actix_web::http::Method::HEAD;
    let head = head(route, &http, &app);
    let (id, address) = (head.id.clone(), head.address);
    let reply = match process(route, &http, payload, app.clone(), head).await {
        Ok(reply) => reply,
        Err(failure) => {
            let (error, head) = *failure;
            error::reply(error, route, &head, None)
        }
    };
    let response = response(reply, is_head);
    log_answer(&app, &id, &http, route.path, address, &response, watch);
    response
}

/// One line and one count for each request: by the template of its route, never its path, which may hold a name (P-071).
fn log_answer(
    app: &App,
    id: &str,
    http: &HttpRequest,
    template: &'static str,
    address: Option<IpAddr>,
    response: &HttpResponse,
    watch: Stopwatch,
) {
    // A method may be any word a stranger likes.
    let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    let method = known.into_iter().find(|method| http.method().as_str() == *method).unwrap_or("other");
    app.meter.answered(method, template, response.status().as_u16(), watch.elapsed());
    tracing::info!(
        request = %id,
        method,
        route = template,
        status = response.status().as_u16(),
        ms = watch.elapsed().as_micros() as f64 / 1_000.0,
        from = address.map(|a| if a.is_loopback() { "local" } else { "network" }),
        "answered"
    );
}

type Failure = Box<(Error, Head)>;

async fn process(
    route: &'static Route,
    http: &HttpRequest,
    payload: Payload,
    app: Arc<App>,
    head: Head,
) -> Result<Reply, Failure> {
    if !route.method.is_safe()
        && !route.is_api()
        && let Err(error) = csrf::check_origin(&head)
    {
        return Err(Box::new((error, head)));
    }
    if route.upload_limit > 0 {
        return process_upload(route, http, payload, app, head).await;
    }
    let body = match incoming::read(payload, route.body_limit).await {
        Ok(body) => body,
        Err(error) => return Err(Box::new((error, head))),
    };
    blocking(move || {
        let visitor = match admit(&app, route, &head) {
            Ok(visitor) => visitor,
            Err(error) => return Ok(refuse(app, route, head, error)),
        };
        let request =
            Request { app, route, head, visitor, body, uploads: Vec::new(), fresh_cookie: Default::default() };
        let token =
            || form_urlencoded::parse(&request.body).find(|(name, _)| name == csrf::FIELD).map(|(_, v)| v.into_owned());
        run(request_checked(&request, token), request)
    })
    .await
}

/// Uploads are admitted, and measured against what is allowed, before the first byte of a file is taken.
async fn process_upload(
    route: &'static Route,
    http: &HttpRequest,
    payload: Payload,
    app: Arc<App>,
    head: Head,
) -> Result<Reply, Failure> {
    let gate_app = app.clone();
    let admitted = blocking(move || {
        let visitor = match admit(&gate_app, route, &head) {
            Ok(visitor) => visitor,
            Err(error) => return Err(Box::new((error, head))),
        };
        let fresh_cookie = Default::default();
        let request =
            Request { app: gate_app, route, head, visitor, body: Vec::new(), uploads: Vec::new(), fresh_cookie };
        match expected(&request) {
            Ok((allowance, spool)) => Ok(Ok((request.visitor, request.head, allowance, spool))),
            Err(error) => Ok(Err(error::reply(error, route, &request.head, Some(&request)))),
        }
    })
    .await?;
    let (visitor, head, allowance, spool) = match admitted {
        Ok(admitted) => admitted,
        Err(refused) => return Ok(refused),
    };
    let received = upload::receive(&incoming::headers(http), payload, allowance, spool).await;
    blocking(move || {
        let (fields, uploads, failed) = match received {
            Ok((fields, uploads)) => (fields, uploads, None),
            Err(error) => (Vec::new(), Vec::new(), Some(error)),
        };
        let form_token = fields.iter().find(|(name, _)| name == csrf::FIELD).map(|(_, value)| value.clone());
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish().into_bytes();
        let request = Request { app, route, head, visitor, body, uploads, fresh_cookie: Default::default() };
        match failed {
            Some(error) => run(Err(error), request),
            None => run(request_checked(&request, || form_token), request),
        }
    })
    .await
}

/// What files the request may bring, and where they go.
fn expected(request: &Request) -> Result<(Allowance, Spool), Error> {
    let (Visitor::Member(_, member) | Visitor::Token(_, member)) = &request.visitor else {
        return Err(Error::internal("an upload outside a workspace"));
    };
    let keys = request.app.keys.workspace(member.workspace_id())?;
    Ok(match request.route.allow {
        Some(allow) => (allow(request)?, upload::spool_apart(&member.workspace, &keys)),
        None => (Allowance::one(request.route.upload_limit), upload::spool_for_jobs(&member.workspace, &keys)),
    })
}

fn admit(app: &App, route: &'static Route, head: &Head) -> Result<Visitor, Error> {
    let visitor = gate::admit(app, route, head)?;
    match &visitor {
        Visitor::Token(token, _) => app.api_limit.admit(Program::OfMember(*token), head.now)?,
        Visitor::OperatorProgram(token, _) => app.api_limit.admit(Program::OfOperator(*token), head.now)?,
        _ => {}
    }
    Ok(visitor)
}

/// Says no to somebody the gate did not let in, on a page drawn for whom the cookie says it is.
fn refuse(app: Arc<App>, route: &'static Route, head: Head, error: Error) -> Reply {
    match gate::recognise(&app, &head) {
        Ok(visitor) if !route.is_api() => {
            let fresh_cookie = Default::default();
            let request = Request { app, route, head, visitor, body: Vec::new(), uploads: Vec::new(), fresh_cookie };
            error::reply(error, route, &request.head, Some(&request))
        }
        _ => error::reply(error, route, &head, None),
    }
}

/// The form token, on every unsafe request that a browser could be made to send.
fn request_checked(request: &Request, form_token: impl FnOnce() -> Option<String>) -> Result<(), Error> {
    if request.route.method.is_safe() || request.route.is_api() {
        return Ok(());
    }
    csrf::check_token(&request.app.control_keys.csrf, &request.head, form_token().as_deref())
}

fn run(checked: Result<(), Error>, request: Request) -> Result<Reply, Failure> {
    match checked.and_then(|()| (request.route.handler)(&request)) {
        Ok(reply) => {
            request.count_use();
            Ok(reply)
        }
        Err(error) => Ok(error::reply(error, request.route, &request.head, Some(&request))),
    }
}

/// A handler that panics becomes a 500; the server lives on.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, Failure> + Send + 'static) -> Result<T, Failure> {
    match web::block(work).await {
        Ok(result) => result,
        Err(_) => Err(Box::new((Error::internal("a handler panicked"), Head::empty()))),
    }
}

fn head(route: &'static Route, http: &HttpRequest, app: &App) -> Head {
    let params: HashMap<&'static str, String> = parameter_names(route.path)
        .filter_map(|name| http.match_info().get(name).map(|value| (name, value.to_owned())))
        .collect();
    Head {
        method: route.method,
        path: http.path().to_owned(),
        query: http.query_string().to_owned(),
        params,
        headers: headers::of(http),
        address: client_address(http, app),
        id: request_id(),
        now: app.now(),
    }
}

fn client_address(http: &HttpRequest, app: &App) -> Option<IpAddr> {
    let peer = http.peer_addr().map(|peer| peer.ip());
    // Some proxies add a line of their own below the one that came: only the last line is theirs.
    let headers = incoming::headers(http);
    let forwarded = headers.get_all("x-forwarded-for").last().and_then(|value| value.to_str().ok());
    limit::client_address(peer, forwarded, &app.config.server.trusted_proxies)
}

fn request_id() -> String {
    data_encoding::HEXLOWER.encode(&crate::crypto::random::<8>())
}

/// `{id}` of `/w/{slug}/people/contacts/{id}`.
fn parameter_names(path: &'static str) -> impl Iterator<Item = &'static str> {
    path.split('{').skip(1).filter_map(|rest| rest.split(['}', ':']).next())
}

/// A piece of a streamed body.
type Chunk = Result<web::Bytes, std::io::Error>;

fn response(reply: Reply, is_head: bool) -> HttpResponse {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut builder = HttpResponse::build(status);
    if !reply.content_type.is_empty() {
        builder.insert_header(("content-type", reply.content_type));
    }
    for (name, value) in &reply.headers {
        // A value that cannot stand in a header is dropped whole: it can never start a new line.
        if let Ok(value) = HeaderValue::from_str(value) {
            builder.insert_header((
                HeaderName::from_bytes(name.as_bytes()).unwrap_or(HeaderName::from_static("x-odd")),
                value,
            ));
        }
    }
    if let Some(cookie) = &reply.cookie {
        builder.append_header(("set-cookie", cookie.as_str()));
    }
    let mut response = match reply.body {
        Body::Sized(size, _) if is_head => builder.body(SizedStream::new(size, futures_util::stream::empty::<Chunk>())),
        _ if is_head => builder.finish(),
        Body::Empty => builder.finish(),
        Body::Bytes(bytes) => builder.body(bytes),
        Body::Stream(write) => builder.streaming(stream::stream(write)),
        Body::Sized(size, write) => builder.body(SizedStream::new(size, stream::stream(write))),
    };
    headers::complete(response.headers_mut());
    response
}

async fn asset(path: web::Path<(String, String)>) -> HttpResponse {
    let mut response = match assets::find(&path.1) {
        Some((bytes, content_type)) => HttpResponse::Ok()
            .insert_header(("content-type", content_type))
            .insert_header(("cache-control", assets::cache_control(&path.0)))
            .body(bytes.into_owned()),
        None => HttpResponse::NotFound().content_type("text/plain; charset=utf-8").body("There is nothing here."),
    };
    headers::complete(response.headers_mut());
    response
}

/// Every address that is no route: the same 404 as for a page that is not the asker's.
async fn nothing_here(http: HttpRequest, app: web::Data<App>) -> HttpResponse {
    let watch = Stopwatch::start();
    let route = if http.path().starts_with("/api/") { &NO_API_ROUTE } else { &NO_PAGE_ROUTE };
    let head = head(route, &http, &app);
    let (id, address) = (head.id.clone(), head.address);
    let is_head = http.method() == actix_web::http::Method::HEAD;
    let inner = app.clone().into_inner();
    let refused = blocking(move || Ok(refuse(inner, route, head, Error::NotFound("page")))).await;
    let reply = refused.unwrap_or_else(|failure| error::reply(failure.0, route, &failure.1, None));
    let response = response(reply, is_head);
    log_answer(&app, &id, &http, "-", address, &response, watch);
    response
}

static NO_PAGE_ROUTE: Route = Route::get("/", super::Access::Public, |_| Err(Error::NotFound("page")));
static NO_API_ROUTE: Route = Route::get("/api/v1", super::Access::Public, |_| Err(Error::NotFound("page")));
