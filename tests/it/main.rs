//! The one test binary: the house rules, and the program driven from outside as people and programs drive it.

mod privacy;
mod tidy;
