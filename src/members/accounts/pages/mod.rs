//! The pages of one's own account.

pub mod age;
pub mod email;
pub mod password;
pub mod profile;
