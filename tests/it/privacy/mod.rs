//! The privacy core, from outside and from inside.

mod audit;
mod data_map;
mod log;
