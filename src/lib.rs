//! Holdfast: a customer workspace that keeps its privacy promises.
//!
//! The modules in reading order, in three bands. `ARCHITECTURE.md` tells how they work together.

// The frame: what any such appliance has.
pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod crypto;
pub mod db;
pub mod error;
pub mod failpoint;
pub mod gate;
pub mod id;
pub mod jobs;
pub mod logging;
pub mod mail;
pub mod memory;
pub mod meter;
pub mod module;
pub mod modules;
pub mod outbound;
pub mod permission;
pub mod usage;
pub mod visitor;
pub mod web;

// The privacy core: what this product is for.
pub mod key_rotation;
pub mod keys;
pub mod members;
pub mod privacy;

// The spine: who the workspace deals with.
pub mod people;

// Sealed copies of all of it, and the way back.
pub mod backup;

// The console of whoever hosts this.
pub mod operator;
// The reference for programs.
pub mod reference;

// Invented data to look at all of it.
pub mod demo;
