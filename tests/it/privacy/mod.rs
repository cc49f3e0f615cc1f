//! The privacy core, from outside and from inside.

mod data_map;
