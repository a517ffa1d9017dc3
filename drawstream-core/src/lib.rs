//! From a donation's words to a painting, deterministically.
//!
//! Data flows one way:
//!
//! ```text
//! Donation ─▶ gate ─▶ planner ─▶ painter ─▶ pixelize ─▶ strokes ─▶ Plan ─▶ Timeline ─▶ Stage
//! ```
//!
//! Nothing here does I/O, reads a clock, starts a thread that outlives a call or opens a window. Time is an
//! argument, randomness is a seed, and the same input gives the same bytes on every machine.
//!
//! | module | holds |
//! |---|---|
//! | [`color`] | sRGB and OKLab colours |
//! | [`plan`] | Canvas-DSL documents: parse, limits, schema, writing |
//! | [`raster`] | the canvas's pixels: shapes, text, enlarging |
//! | [`timeline`] | a compiled plan and a playhead in it |
//! | [`pixelize`] | any picture → clean pixel art |
//! | [`strokes`] | pixel art → timed brush strokes |
//! | [`donation`] | what somebody paid for |
//! | [`gate`] | what may be drawn and what may be shown |
//! | [`image_gate`] | whether a finished picture may be used |
//! | [`house`] | which donations are painted, and in which order |
//! | [`scene`] | what is to be painted |
//! | [`show`] | what is on, what is next, and when |
//! | [`stage`] | the whole 1080p picture, and which of its pixels changed |
//! | [`sketch`] | the built-in planner and painter (feature `sketch`) |

pub mod color;
pub mod donation;
pub mod gate;
pub mod house;
pub mod image_gate;
pub mod pixelize;
pub mod plan;
pub mod raster;
pub mod scene;
pub mod show;
#[cfg(feature = "sketch")]
pub mod sketch;
#[cfg(feature = "stage")]
pub mod stage;
pub mod strokes;
pub mod timeline;
