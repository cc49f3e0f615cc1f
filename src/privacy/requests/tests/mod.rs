//! The machine, the deadlines and the letters, by themselves.

mod deadlines;
mod letters;
mod machine;
