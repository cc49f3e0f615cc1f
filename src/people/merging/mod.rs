//! Two records that are one: finding them, and making one of them.

pub mod data_map;
