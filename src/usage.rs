//! Which pages are looked at, counted in memory until a job writes it down (P-003, P-016).
//!
//! What is counted is the route and the account: never what was looked at, from where, or with which device. A
//! browser that says no (Global Privacy Control, Do Not Track) is not counted at all (P-103, P-130).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::id::AccountId;

/// The counts since the last [`Usage::take`].
#[derive(Default)]
pub struct Usage(Mutex<HashMap<(AccountId, &'static str), i64>>);

impl Usage {
    /// Counts a look at the page of a route.
    pub fn count(&self, account: AccountId, page: &'static str) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry((account, page)).or_default() += 1;
    }

    /// What was counted since the last time: account, page, views.
    pub fn take(&self) -> Vec<(AccountId, &'static str, i64)> {
        let taken = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        taken.into_iter().map(|((account, page), views)| (account, page, views)).collect()
    }

    /// Forgets what was counted of somebody who switched it off.
    pub fn forget(&self, account: AccountId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|(other, _), _| *other != account);
    }
}
