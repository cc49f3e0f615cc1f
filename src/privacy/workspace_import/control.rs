//! The rows of the installation that an export brings: who was a member, in which role and team. The rest of them is
//! the history of another installation; it is read, held against its fingerprint, and stays in the file.

use std::io::BufRead;

use rusqlite::types::Value as Stored;

use super::scan::Scanner;
use super::table;
use crate::error::Error;
use crate::members::moving::{Household, MovedMember, MovedRole, MovedTeam};

/// Members, roles and teams that one workspace may have; they are held in memory.
const MOST: usize = 100_000;

/// Reads everything up to the end of `control`.
pub fn read<R: BufRead>(scanner: &mut Scanner<R>) -> Result<Household, Error> {
    let mut household = Household::default();
    let mut accounts: Vec<(i64, String, String)> = Vec::new();
    scanner.expect(b'{')?;
    let mut is_first = true;
    while !scanner.is_next(b'}')? {
        if !is_first {
            scanner.expect(b',')?;
        }
        is_first = false;
        scanner.place = "the rows of the installation".into();
        let name = scanner.key()?;
        table::read(scanner, &name, &mut |_| Ok(()), &mut |scanner, columns, cells| {
            let row = Row { columns, cells: &cells };
            let kept = match name.as_str() {
                "accounts" => row.account().map(|account| accounts.push(account)),
                "roles" => row.role().map(|role| household.roles.push(role)),
                "memberships" => row.member().map(|member| household.members.push(member)),
                "teams" => row.team().map(|team| household.teams.push(team)),
                "team_members" => row.pair("team_id", "member_id").map(|pair| household.in_teams.push(pair)),
                _ => Some(()),
            };
            let many = accounts.len() + household.members.len() + household.teams.len() + household.in_teams.len();
            if many > MOST {
                return Err(scanner.breaks_a_rule(format!("a workspace has at most {MOST} members and teams")));
            }
            kept.ok_or_else(|| scanner.damaged("a value is missing or of another kind"))
        })?;
    }
    for member in &mut household.members {
        let account = accounts.iter().find(|(id, _, _)| *id == member.account);
        let (_, email, name) = account.ok_or_else(|| {
            Error::field("file", "rule", format!("Table memberships, number {}: nobody has its account.", member.id))
        })?;
        (member.email, member.name) = (email.clone(), name.clone());
    }
    Ok(household)
}

struct Row<'a> {
    columns: &'a [String],
    cells: &'a [Stored],
}

impl Row<'_> {
    fn cell(&self, name: &str) -> Option<&Stored> {
        self.columns.iter().position(|column| column == name).and_then(|place| self.cells.get(place))
    }

    fn number(&self, name: &str) -> Option<i64> {
        if let Stored::Integer(number) = self.cell(name)? { Some(*number) } else { None }
    }

    fn text(&self, name: &str) -> Option<String> {
        if let Stored::Text(text) = self.cell(name)? { Some(text.clone()) } else { None }
    }

    fn account(&self) -> Option<(i64, String, String)> {
        Some((self.number("id")?, self.text("email")?, self.text("display_name")?))
    }

    fn role(&self) -> Option<MovedRole> {
        Some(MovedRole {
            id: self.number("id")?,
            key: self.text("key")?,
            name: self.text("name")?,
            is_builtin: self.number("is_builtin")? != 0,
            permissions: self.text("permissions")?,
            requires_second_factor: self.number("requires_second_factor")? != 0,
        })
    }

    fn member(&self) -> Option<MovedMember> {
        Some(MovedMember {
            id: self.number("id")?,
            account: self.number("account_id")?,
            role: self.number("role_id")?,
            state: self.text("state")?,
            email: String::new(),
            name: String::new(),
        })
    }

    fn team(&self) -> Option<MovedTeam> {
        Some(MovedTeam { id: self.number("id")?, name: self.text("name")? })
    }

    fn pair(&self, one: &str, other: &str) -> Option<(i64, i64)> {
        Some((self.number(one)?, self.number(other)?))
    }
}
