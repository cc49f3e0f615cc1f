//! The second step of signing in: codes of an authenticator app, and recovery codes (AUT-6, P-064 to P-067).

pub mod data_map;
pub mod jobs;
pub mod pages;
pub mod service;
mod store;

pub use service::{
    begin, codes_left, disable, enable, new_recovery_codes, pending, reset, use_code, use_recovery_code,
};
