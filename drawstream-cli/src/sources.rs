//! Where donations come from, and the service that pretends to be one of them.
//!
//! A source writes each donation into the [`crate::ledger`] before it counts as taken, and shows its state.

pub mod console;
pub mod donation_alerts;
pub mod simulator;
pub mod status;
