//! Paints requests with the built-in planner and painter, and writes them as one contact sheet:
//!
//! ```sh
//! cargo run --release -p drawstream-examples --example sketch_sheet -- sheet.png requests.txt
//! ```
//!
//! `requests.txt` has one request a line; without it a few are built in. It needs no account, network or GPU.

use std::error::Error;

use drawstream_core::plan::CanvasSize;
use drawstream_core::scene::Seed;
use drawstream_core::sketch;
use image::{RgbImage, imageops};

const REQUESTS: &str = "кот в шляпе на крыше\nthree foxes under a tree at night\nуютный домик под северным сиянием\na red dragon\nмаяк на берегу моря, шторм\nsunflower field";
const COLUMNS: u32 = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let out = args.next().unwrap_or_else(|| "sheet.png".to_owned());
    let requests = match args.next() {
        Some(path) => std::fs::read_to_string(path)?,
        None => REQUESTS.to_owned(),
    };
    let scale: u32 = args.next().map_or(Ok(4), |text| text.parse())?;
    let size = CanvasSize::new(96, 96).ok_or("a canvas has no side of 0")?;
    let pictures: Vec<RgbImage> = requests
        .lines()
        .map(|request| {
            let scene = sketch::plan(request, Seed(1));
            sketch::paint(&scene, size, 12).to_rgb()
        })
        .collect();
    let cell = 96 * scale + 4;
    let rows = (pictures.len() as u32).div_ceil(COLUMNS).max(1);
    let mut sheet = RgbImage::new(COLUMNS * cell, rows * cell);
    for (i, picture) in pictures.iter().enumerate() {
        let large = imageops::resize(
            picture,
            96 * scale,
            96 * scale,
            imageops::FilterType::Nearest,
        );
        let (x, y) = (i as u32 % COLUMNS * cell, i as u32 / COLUMNS * cell);
        imageops::replace(&mut sheet, &large, i64::from(x) + 2, i64::from(y) + 2);
    }
    sheet.save(&out)?;
    Ok(())
}
