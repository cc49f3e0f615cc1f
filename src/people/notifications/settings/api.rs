//! `/api/v1/notification-settings`: of the member whose token it is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Settings;
use crate::error::Error;
use crate::module::MailChoice;
use crate::web::{Access, Operation, Reply, Request, Route, schema};

pub const ROUTES: &[Route] = &[
    Route::get("/api/v1/notification-settings", Access::Member, show).api(&Operation {
        summary: "Gives what the member of the token hears of, and how.",
        query: &[],
        request: None,
        status: 200,
        response: Some(schema::<SettingsWire>),
    }),
    Route::put("/api/v1/notification-settings", Access::Member, save).api(&Operation {
        summary: "Sets what the member of the token hears of. Kinds that are not sent stay as they are.",
        query: &[],
        request: Some(schema::<SettingsBody>),
        status: 200,
        response: Some(schema::<SettingsWire>),
    }),
];

/// What a member hears of.
#[derive(Serialize, JsonSchema)]
struct SettingsWire {
    kinds: Vec<KindWire>,
    /// Of the daily mail, on the member's own clock: 0 to 23.
    hour: i8,
}

/// How a member hears of one kind.
#[derive(Serialize, JsonSchema)]
struct KindWire {
    /// Such as `mentioned`.
    kind: String,
    label: String,
    in_app: bool,
    /// `never`, `soon` or `daily`.
    mail: String,
}

/// What to set.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SettingsBody {
    #[serde(default)]
    kinds: Vec<KindBody>,
    /// Absent: as it is.
    #[serde(default)]
    hour: Option<i64>,
}

/// How to hear of one kind.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct KindBody {
    kind: String,
    in_app: bool,
    /// `never`, `soon` or `daily`.
    mail: String,
}

impl From<&Settings> for SettingsWire {
    fn from(settings: &Settings) -> SettingsWire {
        let kinds = settings.kinds.iter().map(|(kind, wanted)| KindWire {
            kind: kind.word.to_owned(),
            label: kind.label.to_owned(),
            in_app: wanted.in_app,
            mail: wanted.mail.word().to_owned(),
        });
        SettingsWire { kinds: kinds.collect(), hour: settings.hour }
    }
}

fn show(request: &Request) -> Result<Reply, Error> {
    let me = request.member()?.id;
    let settings = request.read(|db| super::of(db, me, request.app.modules))?;
    Reply::json(&SettingsWire::from(&settings))
}

fn save(request: &Request) -> Result<Reply, Error> {
    let body: SettingsBody = request.json()?;
    let me = request.member()?.id;
    let modules = request.app.modules;
    let settings = request.write(|tx| {
        let mut settings = super::of(tx, me, modules)?;
        for (index, sent) in body.kinds.iter().enumerate() {
            let found = settings.kinds.iter_mut().find(|(kind, _)| kind.word == sent.kind);
            let (_, wanted) = found.ok_or_else(|| {
                let known: Vec<&str> = super::kinds(modules).map(|kind| kind.word).collect();
                let message = format!("Choose one of {}.", known.join(", "));
                Error::field(format!("kinds/{index}/kind"), "unknown", message)
            })?;
            wanted.in_app = sent.in_app;
            wanted.mail = MailChoice::from_word(&sent.mail).ok_or_else(|| {
                Error::field(format!("kinds/{index}/mail"), "unknown", "Choose never, soon or daily.")
            })?;
        }
        if let Some(hour) = body.hour {
            settings.hour = i8::try_from(hour).unwrap_or(-1);
        }
        super::set(tx, me, &settings, modules)?;
        Ok(settings)
    })?;
    Reply::json(&SettingsWire::from(&settings))
}
