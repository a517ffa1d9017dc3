//! Where donations come from, and the service that pretends to be one of them.
//!
//! A source writes each donation into the [`crate::ledger`] before it counts as taken, and shows its state.
//!
//! | source | how donations come | what was missed |
//! |---|---|---|
//! | `donation_alerts` | Centrifugo | listed by REST |
//! | `donatepay` | the same, in another dialect | listed by REST |
//! | `twitch` | EventSub | not told afterwards |
//! | `streamelements` | Astro | not told afterwards |
//! | `webhook` | the service calls | the service calls again |
//! | `console` | the terminal | |

pub mod console;
pub mod donatepay;
pub mod donation_alerts;
mod field;
mod line;
mod relay;
pub mod simulator;
pub mod status;
pub mod streamelements;
mod taker;
pub mod twitch;
pub mod webhook;
