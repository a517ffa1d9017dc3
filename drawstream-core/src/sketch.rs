//! The built-in planner and painter: no GPU, no network, the same picture from the same words on every machine.
//!
//! [`plan`] reads a request in English or Russian into a [`Scene`]; [`paint`] paints any scene, also one that
//! another planner wrote, straight at the canvas's resolution; [`underdrawing`] is its rough early version.
//!
//! ```
//! use drawstream_core::plan::CanvasSize;
//! use drawstream_core::scene::Seed;
//! use drawstream_core::sketch;
//!
//! let scene = sketch::plan("три лисы под деревом ночью", Seed(7));
//! assert_eq!((scene.subjects[0].name.as_str(), scene.subjects[0].count), ("fox", 3));
//! let picture = sketch::paint(&scene, CanvasSize::new(96, 96).unwrap(), 12);
//! assert!(picture.palette().len() <= 12);
//! ```

mod abstracts;
mod backdrop;
mod cast;
mod dice;
mod houses;
mod insides;
mod layout;
mod lexicon;
mod noise;
mod own;
mod painter;
mod places;
mod planner;
mod plants;
mod reading;
mod reduce;
mod rooms;
mod sheet;
mod sky;
mod sprite;
mod terrain;
mod tints;
mod towns;
mod view;
mod wardrobe;
mod waters;
mod wilds;
mod wording;

pub use painter::{paint, underdrawing};
pub use planner::plan;

#[cfg(test)]
mod test;

#[cfg(doc)]
use crate::scene::Scene;
