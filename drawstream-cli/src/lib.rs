//! The program drawstream: composes the core with the world (network, disk, window).
//!
//! It is a library too, so that tests and other programs can start its parts.

pub mod args;
pub mod commands;
pub mod failure;
pub mod ledger;
pub mod sources;
