//! The one test binary: the house rules, and the program driven from outside as people and programs drive it.

// Tests measure how long things take, and open files beside the server to see what it wrote.
#![allow(clippy::disallowed_methods)]

mod backup;
mod cli;
mod durability;
mod keys;
mod mail;
mod members;
mod operator;
mod people;
mod privacy;
mod support;
mod tidy;
mod web;
