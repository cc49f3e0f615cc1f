//! `holdfast init`: the master key, the recovery code on paper, the first operator.

use std::path::Path;

use serde_json::json;
use zeroize::Zeroizing;

use super::answer::{Answer, Failure};
use super::installation::{self, Place};
use super::{terminal, user};
use crate::app::Lock;
use crate::clock::Clock;
use crate::config::Config;
use crate::crypto::{file, hardening, password, random};
use crate::error::Error;
use crate::keys::{Keys, RecoveryCode, SlotCost, Source};
use crate::logging;

/// How often one group may be typed wrongly.
const TRIES: usize = 3;

#[derive(Debug, Clone, clap::Args)]
pub struct Init {
    /// Protect the master key with a passphrase, asked for now and at every start
    #[arg(long)]
    pub passphrase: bool,
    /// Make the first operator's account now; their password is asked for
    #[arg(long, value_name = "EMAIL")]
    pub operator_email: Option<String>,
}

pub fn run(place: &Place, init: &Init) -> Result<Answer, Failure> {
    let (config, _) = place.settings(&[])?;
    logging::start("warn", false);
    hardening::no_core_dumps()?;
    let source = choose_source(&config, init)?;
    installation::make_folder(&config.data)?;
    let lock = Lock::take(&config.data)?;
    if Keys::exist(&config.data) {
        return Err(Failure::refused(format!(
            "{} already holds an installation; its keys are left alone",
            config.data.display()
        )));
    }
    let source = with_passphrase(source)?;
    let operator = init.operator_email.as_deref().map(user::ask_operator).transpose()?;
    let recovery = RecoveryCode::generate();
    have_it_written_down(&recovery)?;
    let keys = installation::with_folders(&config.data, |folders| {
        Keys::create(folders, &source, &recovery, SlotCost::STANDARD, Clock.now())
    })?;
    let data = config.data.clone();
    let app = installation::open(config, keys, lock)?;
    let email = operator.as_ref().map(|operator| operator.email.clone());
    if let Some(operator) = operator {
        user::create_operator(&app, operator)?;
    }
    let kind = kind(&source);
    let settings = remember_source(&data, &source)?;
    let next = match &email {
        Some(email) => format!("{email} can sign in once holdfast serve runs."),
        None => "holdfast serve prints a link that makes the first account.".to_owned(),
    };
    let words = format!("The installation in {} is ready; its master key is {kind}.\n{settings}{next}", data.display());
    Ok(Answer::new(json!({ "data": data, "master_key": kind, "operator": email }), words))
}

/// What is meant by the flags and settings; a passphrase is asked for later.
fn choose_source(config: &Config, init: &Init) -> Result<Source, Failure> {
    match (&config.keys.master_key_file, init.passphrase) {
        (Some(_), true) => Err(Failure::usage("use --master-key-file or --passphrase, not both")),
        (Some(path), false) => Ok(Source::File { path: path.clone(), may_lie_in_data: false }),
        (None, true) => Ok(Source::Passphrase(Zeroizing::default())),
        (None, false) if installation::has_credential() => Ok(Source::Systemd),
        (None, false) => Err(Failure::usage(
            "say where the master key is to be: --master-key-file FILE on another disk, or --passphrase",
        )),
    }
}

fn with_passphrase(source: Source) -> Result<Source, Failure> {
    if !matches!(source, Source::Passphrase(_)) {
        return Ok(source);
    }
    let passphrase = terminal::read_new_secret("New passphrase for the master key")?;
    password::check("passphrase", &passphrase, false, &[]).map_err(|broken| Error::Invalid(vec![broken]))?;
    Ok(Source::Passphrase(passphrase))
}

/// Writes where the key file is into `holdfast.toml`, so that the next start finds it. Leaves a file that is
/// there alone, and says what belongs into it.
fn remember_source(data: &Path, source: &Source) -> Result<String, Failure> {
    let Source::File { path, .. } = source else { return Ok(String::new()) };
    let settings = data.join("holdfast.toml");
    let line = format!("master_key_file = {}", toml::Value::from(path.to_string_lossy().as_ref()));
    if settings.exists() {
        return Ok(format!(
            "Put this into section [keys] of {}, if it is not there:\n    {line}\n",
            settings.display()
        ));
    }
    let text = format!("# The example in packaging/holdfast.toml shows every option.\n[keys]\n{line}\n");
    file::replace(&settings, text.as_bytes(), 0o600)?;
    Ok(String::new())
}

fn kind(source: &Source) -> String {
    match source {
        Source::File { path, .. } => format!("in {}", path.display()),
        Source::Systemd => "a systemd credential".into(),
        Source::Passphrase(_) => "behind a passphrase".into(),
        Source::RecoveryCode(_) => "behind the recovery code".into(),
    }
}

/// Shows the code once and goes on only when two of its groups came back: nobody retypes what they
/// did not write down.
pub fn have_it_written_down(recovery: &RecoveryCode) -> Result<(), Failure> {
    terminal::say(&format!(
        "Recovery code. It opens this installation when the master key is lost, and it is not shown again.\n\
         Write it on paper and keep it away from this machine:\n\n    {}\n",
        *recovery.text()
    ));
    for number in two_groups() {
        let is_right = (0..TRIES).try_fold(false, |right, _| {
            if right {
                return Ok::<bool, Failure>(true);
            }
            let question = format!("Group {number} of the code (HFRC1 is not counted): ");
            let right = recovery.is_group(number, &terminal::read_line(&question)?);
            if !right {
                terminal::note(&format!("That is not group {number}."));
            }
            Ok(right)
        })?;
        if !is_right {
            return Err(Failure::refused(
                "the code was not written down, so nothing was changed; run the command again",
            ));
        }
    }
    Ok(())
}

/// Two different groups, in the order they stand in the code.
fn two_groups() -> [usize; 2] {
    let [first, second] = random::<2>().map(usize::from);
    let first = first % RecoveryCode::GROUPS;
    let second = (first + 1 + second % (RecoveryCode::GROUPS - 1)) % RecoveryCode::GROUPS;
    [first.min(second) + 1, first.max(second) + 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_different_groups_are_asked_for_in_order() {
        for _ in 0..200 {
            let [first, second] = two_groups();
            assert!(1 <= first && first < second && second <= RecoveryCode::GROUPS);
        }
    }
}
