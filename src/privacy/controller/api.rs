//! `/api/v1/controller`: who answers for the data, for programs.

use super::{Controller, service};
use crate::error::Error;
use crate::permission::{Action, Area};
use crate::web::{Access, Operation, Reply, Request, Route, schema};

pub const ROUTES: &[Route] = &[
    Route::get("/api/v1/controller", Access::may(Action::View, Area::Privacy), show).api(&Operation {
        summary: "Says who answers for the data of the workspace, and who its data protection officer is.",
        query: &[],
        request: None,
        status: 200,
        response: Some(schema::<Controller>),
    }),
    Route::put("/api/v1/controller", Access::may(Action::Manage, Area::Privacy), save).api(&Operation {
        summary: "Changes who answers for the data. What is left out becomes empty.",
        query: &[],
        request: Some(schema::<Controller>),
        status: 200,
        response: Some(schema::<Controller>),
    }),
];

fn show(request: &Request) -> Result<Reply, Error> {
    Reply::json(&request.read(service::read)?)
}

fn save(request: &Request) -> Result<Reply, Error> {
    let controller: Controller = request.json()?;
    Reply::json(&request.write(|tx| service::save(tx, &controller))?)
}
