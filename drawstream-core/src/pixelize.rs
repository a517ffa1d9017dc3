//! Any picture → clean pixel art: an [`IndexedImage`].

mod indexed_image;

pub use indexed_image::IndexedImage;
