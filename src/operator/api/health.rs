//! `/api/v1/operator/health`: what the health page sees, for monitoring.

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::Error;
use crate::operator::health::{self, Check, Grade};
use crate::permission::OperatorScope;
use crate::web::{Access, Operation, Reply, Request, Route, schema};

const VIEW: Access = Access::OperatorProgram(OperatorScope::ViewHealth);

pub const ROUTES: &[Route] = &[Route::get("/api/v1/operator/health", VIEW, show).api(&SHOW)];

const SHOW: Operation = Operation {
    summary: "Looks at the installation and gives what was seen. The answer is 200 also when something is broken.",
    query: &[],
    request: None,
    status: 200,
    response: Some(schema::<Health>),
};

/// What was seen of the installation.
#[derive(Serialize, JsonSchema)]
struct Health {
    /// The worst of the checks: `well`, `warning` or `broken`.
    grade: &'static str,
    /// Of the program.
    version: &'static str,
    checks: Vec<HealthCheck>,
}

/// One thing that was looked at.
#[derive(Serialize, JsonSchema)]
struct HealthCheck {
    name: String,
    /// `well`, `warning` or `broken`.
    grade: &'static str,
    seen: String,
    /// What to do; empty when all is well.
    advice: String,
}

impl From<Check> for HealthCheck {
    fn from(check: Check) -> HealthCheck {
        HealthCheck { name: check.name.into(), grade: word(check.grade), seen: check.seen, advice: check.advice.into() }
    }
}

fn word(grade: Grade) -> &'static str {
    match grade {
        Grade::Well => "well",
        Grade::Warning => "warning",
        Grade::Broken => "broken",
    }
}

fn show(request: &Request) -> Result<Reply, Error> {
    let checks = health::checks(&request.app)?;
    let worst = checks.iter().map(|check| check.grade).max().unwrap_or(Grade::Well);
    let checks = checks.into_iter().map(HealthCheck::from).collect();
    Reply::json(&Health { grade: word(worst), version: env!("CARGO_PKG_VERSION"), checks })
}
