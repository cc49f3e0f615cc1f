//! `/metrics`: the installation in numbers, for Prometheus and what speaks its format.
//!
//! Labels are words of the program: states, job names, route templates. No workspace and no person has a name here.

mod process;
mod store;
mod text;

use crate::app::App;
use crate::error::Error;
use crate::outbound::policy::Purpose;
use crate::permission::OperatorScope;
use crate::web::{Access, Reply, Request, Route};
use text::Exposition;

pub const ROUTES: &[Route] = &[Route::get("/metrics", Access::OperatorProgram(OperatorScope::ViewMetrics), show)];

fn show(request: &Request) -> Result<Reply, Error> {
    let app = &request.app;
    let mut text = Exposition::default();
    program(&mut text);
    process::describe(&mut text);
    let numbers = request.read_control(|db| store::read(db, app.config.session.idle_minutes))?;
    workspaces(app, &numbers, &mut text);
    disk(app, &mut text);
    segments(app, &mut text);
    mail(app, &numbers, &mut text);
    outbound(app, &mut text);
    jobs(app, &numbers, &mut text);
    requests(app, &mut text);
    Ok(Reply::bytes(200, text::CONTENT_TYPE, text.into_bytes()))
}

fn program(text: &mut Exposition) {
    let labels = [
        ("version", env!("CARGO_PKG_VERSION")),
        ("sqlite", crate::db::sqlite_version()),
        ("sqlcipher", crate::db::open::CIPHER_VERSION),
    ];
    text.gauge("holdfast_build_info", "The program and what is built in; always 1.").sample(&labels, 1.0);
}

fn workspaces(app: &App, numbers: &store::Numbers, text: &mut Exposition) {
    let mut family = text.gauge("holdfast_workspaces", "Workspaces by state.");
    for (state, count) in &numbers.workspaces {
        family.sample(&[("state", state)], *count as f64);
    }
    let bytes: u64 = numbers.workspace_ids.iter().map(|id| app.workspaces.size_of(*id)).sum();
    text.gauge("holdfast_workspaces_open", "Workspaces whose file is open.")
        .value(Some(app.workspaces.open_count() as f64));
    text.gauge("holdfast_workspaces_bytes", "What the folders of all workspaces take on disk.")
        .value(Some(bytes as f64));
    let late = crate::operator::health::late_ends(app).ok().map(|late| late as f64);
    text.gauge("holdfast_workspace_ends_late", "Workspaces whose deletion is later than promised.").value(late);
    let drilled = crate::backup::drill::last_good(app).ok().flatten().map(|at| at.0 as f64 / 1_000.0);
    text.gauge(
        "holdfast_backup_drill_last_success_timestamp_seconds",
        "End of the last good restore drill, in the place where that is longest ago; absent while one has had none.",
    )
    .value(drilled);
    text.gauge("holdfast_control_bytes", "What control.db and its write-ahead log take on disk.")
        .value(Some(app.control.size() as f64));
    text.gauge("holdfast_accounts", "Accounts that may sign in.").value(Some(numbers.accounts as f64));
    text.gauge("holdfast_sessions", "Sessions in which somebody is signed in.").value(Some(numbers.sessions as f64));
    text.gauge("holdfast_audit_entries", "Entries of the log of the installation.")
        .value(Some(numbers.audit_entries as f64));
}

fn disk(app: &App, text: &mut Exposition) {
    let stat = rustix::fs::statvfs(&app.config.data).ok();
    text.gauge("holdfast_disk_free_bytes", "Room on the disk of the data folder.")
        .value(stat.as_ref().map(|stat| (stat.f_bavail * stat.f_frsize) as f64));
    text.gauge("holdfast_disk_size_bytes", "Size of the disk of the data folder.")
        .value(stat.as_ref().map(|stat| (stat.f_blocks * stat.f_frsize) as f64));
    text.gauge("holdfast_disk_full", "1 while the disk is full and changes are refused.")
        .value(Some(f64::from(u8::from(app.control.is_full()))));
}

fn segments(app: &App, text: &mut Exposition) {
    let standing = app.shipments.standing();
    text.gauge("holdfast_segments_files", "Open files whose changes are carried to the backups as they come.")
        .value(Some(standing.lines as f64));
    text.gauge("holdfast_segments_files_without", "Open files of which only whole copies are made, and should not.")
        .value(Some(standing.on_none as f64));
    text.gauge("holdfast_segments_behind_seconds", "Age of the oldest change that was not carried over.")
        .value(Some(standing.behind_ms as f64 / 1_000.0));
    text.counter("holdfast_segments_lines_ended_total", "Histories of a file that ended in doubt.")
        .value(Some(app.shipments.ended() as f64));
}

fn mail(app: &App, numbers: &store::Numbers, text: &mut Exposition) {
    let mut family = text.gauge("holdfast_mail", "Mails of the installation by state.");
    for state in crate::mail::State::ALL {
        let count = numbers.mail.iter().find(|(known, _)| *known == state).map_or(0, |(_, count)| *count);
        family.sample(&[("state", state.word())], count as f64);
    }
    let oldest = numbers.oldest_mail.map_or(0, |oldest| app.now().since(oldest).max(0));
    text.gauge("holdfast_mail_oldest_waiting_seconds", "Age of the mail that waits longest; 0 when none waits.")
        .value(Some(oldest as f64 / 1_000.0));
}

fn outbound(app: &App, text: &mut Exposition) {
    let counts: Vec<_> =
        Purpose::ALL.iter().map(|purpose| (purpose.word(), app.mailer.outbound.traffic(*purpose))).collect();
    let mut family = text.counter("holdfast_outbound_calls_total", "Connections to other machines that have ended.");
    for (purpose, counts) in &counts {
        family.sample(&[("purpose", purpose)], counts.calls as f64);
    }
    let mut family = text.counter("holdfast_outbound_bytes_total", "Bytes that went over them, encryption included.");
    for (purpose, counts) in &counts {
        family.sample(&[("purpose", purpose), ("direction", "sent")], counts.sent as f64);
        family.sample(&[("purpose", purpose), ("direction", "received")], counts.received as f64);
    }
}

fn jobs(app: &App, numbers: &store::Numbers, text: &mut Exposition) {
    let now = app.now();
    let running = numbers.jobs.iter().filter(|job| job.is_running).count();
    let due = numbers.jobs.iter().filter(|job| !job.is_running && job.next_run_at.is_some_and(|at| at <= now)).count();
    text.gauge("holdfast_jobs_running", "Jobs that run now.").value(Some(running as f64));
    text.gauge("holdfast_jobs_due", "Jobs that are due and wait for a free place.").value(Some(due as f64));
    let mut family = text.gauge("holdfast_job_failures", "Failed runs in a row of each job, where it is worst.");
    let mut worst: std::collections::BTreeMap<&str, i64> = Default::default();
    for job in &numbers.jobs {
        let failures = worst.entry(&job.name).or_default();
        *failures = job.failures.max(*failures);
    }
    for (name, failures) in worst {
        family.sample(&[("job", name)], failures as f64);
    }
    let mut family = text.gauge(
        "holdfast_job_last_success_timestamp_seconds",
        "End of the last good run of each job, in the workspace where that is longest ago.",
    );
    for (name, at) in &numbers.last_successes {
        family.sample(&[("job", name)], at.0 as f64 / 1_000.0);
    }
    let runs = app.meter.runs();
    let mut family = text.counter("holdfast_job_runs_total", "Runs that ended since the process began.");
    for (job, seen) in &runs {
        for (outcome, count) in &seen.by_outcome {
            family.sample(&[("job", job), ("outcome", outcome)], *count as f64);
        }
    }
    let mut family = text.summary("holdfast_job_duration_seconds", "How long runs took since the process began.");
    for (job, seen) in &runs {
        family.sum_and_count(&[("job", job)], seen.took.as_secs_f64(), seen.by_outcome.values().sum());
    }
}

fn requests(app: &App, text: &mut Exposition) {
    text.gauge("holdfast_http_requests_in_flight", "Requests that are being answered, this one too.")
        .value(Some(app.meter.under_way() as f64));
    let requests = app.meter.requests();
    let mut family = text.counter("holdfast_http_requests_total", "Answers by route template and status.");
    for ((method, route), seen) in &requests {
        for (status, count) in &seen.by_status {
            let status = status.to_string();
            family.sample(&[("method", method), ("route", route), ("status", &status)], *count as f64);
        }
    }
    let mut family =
        text.histogram("holdfast_http_request_duration_seconds", "Time until the answer began, by route template.");
    for ((method, route), seen) in &requests {
        family.buckets(&[("method", method), ("route", route)], &seen.took);
    }
}
