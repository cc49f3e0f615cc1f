//! `/w/{slug}/privacy/retention`: the rules, what each holds to, and what the runs did.

use askama::Template;
use serde::Deserialize;

use super::service::{self, RunRow, Tally};
use super::tabs::{self, Tabs};
use super::{Rule, Setting, guard, jobs, rules};
use crate::clock::Timestamp;
use crate::error::{Error, FieldError};
use crate::permission::{Action, Area};
use crate::privacy::data_map::{File, Table};
use crate::web::ui;
use crate::web::{Access, Reply, Request, Route};

pub(super) const VIEW: Access = Access::may(Action::View, Area::Privacy);
const MANAGE: Access = Access::may(Action::Manage, Area::Privacy);
pub(super) const PATH: &str = "/privacy/retention";
pub(super) const ABOVE: &[(&str, &str)] = &[("Retention", PATH)];
/// Runs that one page shows: four days and a bit.
const SHOWN: i64 = 100;

pub const ROUTES: &[Route] = &[
    Route::get("/w/{slug}/privacy/retention", VIEW, list),
    Route::get("/w/{slug}/privacy/retention/runs", VIEW, runs),
    Route::post("/w/{slug}/privacy/retention/run", MANAGE, run),
    Route::post("/w/{slug}/privacy/retention/clock", MANAGE, confirm_clock),
    Route::get("/w/{slug}/privacy/retention/rules/{id}", MANAGE, edit),
    Route::post("/w/{slug}/privacy/retention/rules/{id}", MANAGE, save),
];

#[derive(Template)]
#[template(path = "privacy/retention/list.html")]
struct List {
    tabs: Tabs,
    base: String,
    holds: String,
    may_manage: bool,
    may_see_holds: bool,
    /// Why nothing is deleted now.
    doubt: Option<String>,
    last: Option<RunRow>,
    holds_in_force: i64,
    own: Vec<Line>,
    others: Vec<Line>,
}

/// One rule as the table shows it.
pub(super) struct Line {
    pub table: &'static Table,
    pub rule: &'static Rule,
    pub setting: Setting,
    pub last: Option<(Tally, Timestamp)>,
}

impl Line {
    pub fn is_on(&self) -> bool {
        self.setting.is_on || !self.rule.may_be_off
    }

    /// The days that hold: a floor that came later than the choice counts.
    pub fn days(&self) -> u32 {
        self.setting.days.clamp(self.rule.least, self.rule.most)
    }

    fn term(&self) -> String {
        match self.days() {
            0 => "At once".into(),
            days => ui::plural(i64::from(days), "day", "days"),
        }
    }
}

fn list(request: &Request) -> Result<Reply, Error> {
    let modules = request.app.modules;
    let (own, doubt, last, holds_in_force) = request.read(|db| {
        let settings = service::settings(db)?;
        let done = service::last_by_rule(db)?;
        let own = rules(modules, File::Workspace).map(|(table, rule)| Line {
            table,
            rule,
            setting: settings.get(rule.key).copied().unwrap_or(Setting::of(rule)),
            last: done.iter().find(|(tally, _)| tally.rule == rule.key).cloned(),
        });
        let last = service::runs(db, None, 1)?.pop();
        let holds = crate::privacy::holds::service::count_in_force(db)?;
        Ok((own.collect(), guard::doubt(db)?, last, holds))
    })?;
    let others = rules(modules, File::Control)
        .map(|(table, rule)| Line { table, rule, setting: Setting::of(rule), last: None })
        .collect();
    let page = List {
        tabs: tabs::tabs(request, PATH),
        base: request.url(PATH),
        holds: request.url("/privacy/holds"),
        may_manage: request.may(Action::Manage, Area::Privacy),
        may_see_holds: request.may(Action::Edit, Area::Privacy),
        doubt,
        last,
        holds_in_force,
        own,
        others,
    };
    request.page("Retention", &page)
}

#[derive(Template)]
#[template(path = "privacy/retention/runs.html")]
struct Runs {
    tabs: Tabs,
    runs: Vec<(RunRow, Vec<(String, Tally)>)>,
    older: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Page {
    before: Option<i64>,
}

fn runs(request: &Request) -> Result<Reply, Error> {
    let page: Page = request.query()?;
    let label = |key: &str| {
        let known = super::find(request.app.modules, key).map(|(_, rule)| rule.label);
        known.unwrap_or(key).to_owned()
    };
    let mut runs = request.read(|db| {
        let mut found = Vec::new();
        for run in service::runs(db, page.before, SHOWN + 1)? {
            let tallies = service::tallies(db, run.id)?;
            found.push((run, tallies.into_iter().map(|tally| (label(&tally.rule), tally)).collect::<Vec<_>>()));
        }
        Ok(found)
    })?;
    let most = usize::try_from(SHOWN).unwrap_or(0);
    let has_more = runs.len() > most;
    runs.truncate(most);
    let last = runs.last().filter(|_| has_more).map(|(run, _)| run.id);
    let older = last.map(|id| request.url(&format!("{PATH}/runs?before={id}")));
    let page = Runs { tabs: tabs::tabs(request, "/privacy/retention/runs"), runs, older };
    request.page_below("Runs", ABOVE, &page)
}

fn run(request: &Request) -> Result<Reply, Error> {
    request.no_fields()?;
    request.write(service::ask)?;
    crate::jobs::ask(&request.app, &jobs::RUN, Some(request.member()?.workspace_id()))?;
    Ok(Reply::see_other(request.url(PATH)).toast("retention-asked"))
}

fn confirm_clock(request: &Request) -> Result<Reply, Error> {
    request.no_fields()?;
    request.write(service::confirm_clock)?;
    crate::jobs::ask(&request.app, &jobs::RUN, Some(request.member()?.workspace_id()))?;
    Ok(Reply::see_other(request.url(PATH)).toast("retention-asked"))
}

#[derive(Template)]
#[template(path = "privacy/retention/edit.html")]
struct Edit {
    line: Line,
    form: RuleForm,
    back: String,
    /// Asked to be confirmed: how many rows go with the next run, and how many stay because they are held.
    consequence: Option<(i64, i64)>,
    errors: Vec<FieldError>,
}

/// The form, as it was typed.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RuleForm {
    version: i64,
    days: String,
    is_on: bool,
    /// The consequences were shown and accepted.
    confirmed: bool,
}

/// A rule of the address in which there is something to choose.
fn line(request: &Request) -> Result<Line, Error> {
    let key: String = request.param("id")?;
    let found = super::find(request.app.modules, &key).filter(|(_, rule)| rule.is_editable());
    let (table, rule) = found.ok_or(Error::NotFound("rule"))?;
    Ok(Line { table, rule, setting: request.read(|db| service::setting(db, rule))?, last: None })
}

fn page(request: &Request, line: Line, form: RuleForm, errors: Vec<FieldError>) -> Edit {
    Edit { line, form, back: request.url(PATH), consequence: None, errors }
}

fn edit(request: &Request) -> Result<Reply, Error> {
    let line = line(request)?;
    let form = RuleForm {
        version: line.setting.version,
        days: line.days().to_string(),
        is_on: line.is_on(),
        confirmed: false,
    };
    let title = line.rule.label;
    request.page_below(title, ABOVE, &page(request, line, form, Vec::new()))
}

fn save(request: &Request) -> Result<Reply, Error> {
    let line = line(request)?;
    let form: RuleForm = request.form()?;
    let rule = line.rule;
    let is_on = form.is_on || !rule.may_be_off;
    let days = form.days.trim().parse::<u32>().map_err(|_| {
        Error::field("days", "not_a_number", format!("Enter a number of days from {} to {}.", rule.least, rule.most))
    });
    let days = match days.and_then(|days| service::check(rule, days, is_on).map(|()| days)) {
        Ok(days) => days,
        Err(Error::Invalid(errors)) => {
            return request.page_with_errors(rule.label, ABOVE, &page(request, line, form, errors));
        }
        Err(error) => return Err(error),
    };
    if is_on && !form.confirmed {
        let consequence = request.read(|db| service::consequence(db, request.app.modules, line.table, rule, days))?;
        if consequence.0 > 0 {
            let page = Edit { consequence: Some(consequence), ..page(request, line, form, Vec::new()) };
            return request.page_below(rule.label, ABOVE, &page);
        }
    }
    match request.write(|tx| service::choose(tx, rule, days, is_on, Some(form.version))) {
        Ok(_) => Ok(Reply::see_other(request.url(PATH)).toast("saved")),
        Err(Error::Invalid(errors)) => request.page_with_errors(rule.label, ABOVE, &page(request, line, form, errors)),
        Err(error) => Err(error),
    }
}
