//! The program drawstream: composes the core with the world (network, disk, window).
//!
//! It is a library too, so that tests and other programs can start its parts.

pub mod args;
pub mod commands;
pub mod config;
pub mod control;
pub mod failure;
mod feed;
pub mod fresh_file;
pub mod gallery;
pub mod health;
pub mod house_gate;
pub mod image_gate;
pub mod intake;
pub mod ledger;
pub mod live;
pub mod logging;
mod memory;
pub mod meters;
pub mod painters;
mod peer;
pub mod picture;
pub mod plan_file;
pub mod planners;
pub mod playbill;
pub mod pool;
mod scene_doc;
mod scribe;
pub mod secret;
pub mod sinks;
pub mod sources;
pub mod staff;
pub mod stagehand;
pub mod studio;
pub mod timelapse;
pub mod worker;

/// Cancels what nobody waits for any more; part of the painters' interface.
pub use tokio_util::sync::CancellationToken;
