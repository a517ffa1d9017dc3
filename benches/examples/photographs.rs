//! Photographs as pixel art of 96 × 96: how near `pixelize` comes to what they look like from afar, beside the best
//! k-means there is (crate `quantette`, in OKLab) on the same area average.
//!
//! `photographs FOLDER PHOTO...` prints a table and writes each picture to the folder: `truth` (the area average of
//! the photo's middle square), `pixelize-12`, `kmeans-12`, and so on. `benches/photographs.sh` fetches photographs.
//!
//! ΔE is the mean distance in OKLab × 1000, SSIM that of luma over 7 × 7 pixels.

use std::error::Error;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use drawstream_core::color::{Oklab, Rgb8};
use drawstream_core::pixelize::{Options, Size, pixelize};
use image::{Rgb, RgbImage};
use quantette::deps::palette::Srgb;
use quantette::kmeans::KmeansOptions;
use quantette::{ImageBuf, Pipeline};

const SIDE: u32 = 96;
const BUDGETS: [u16; 2] = [12, 32];

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args_os().skip(1).map(PathBuf::from);
    let folder = args.next().ok_or("usage: photographs FOLDER PHOTO...")?;
    let photos: Vec<PathBuf> = args.collect();
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{:<22}{:>8}{:>10}{:>10}{:>9}{:>10}{:>10}{:>9}",
        "photograph", "colours", "ΔE ours", "k-means", "less", "SSIM ours", "k-means", "more"
    )?;
    for colors in BUDGETS {
        let mut sums = [0.0; 4];
        for photo in &photos {
            let name = photo.file_stem().unwrap_or_default().to_string_lossy();
            let picture = middle_square(&image::open(photo)?.to_rgb8());
            let truth = area_average(&picture);
            let options = Options {
                size: Size::Cells(SIDE),
                colors,
                ..Options::default()
            };
            let ours = pixelize(&picture, &options)?.image.to_rgb();
            let theirs = k_means(&truth, colors)?;
            let scores =
                [&ours, &theirs].map(|image| (distance(image, &truth), ssim(image, &truth)));
            let row = [scores[0].0, scores[1].0, scores[0].1, scores[1].1];
            write_row(&mut out, &name, colors, row)?;
            for (sum, value) in sums.iter_mut().zip(row) {
                *sum += value / photos.len() as f64;
            }
            for (kind, image) in [
                ("truth".to_owned(), &truth),
                (format!("pixelize-{colors}"), &ours),
                (format!("kmeans-{colors}"), &theirs),
            ] {
                save(&folder.join(kind), &name, image)?;
            }
        }
        write_row(&mut out, "mean", colors, sums)?;
    }
    Ok(())
}

fn write_row(
    out: &mut impl std::io::Write,
    name: &str,
    colors: u16,
    [d_ours, d_theirs, s_ours, s_theirs]: [f64; 4],
) -> std::io::Result<()> {
    let less = 100.0 * (1.0 - d_ours / d_theirs);
    let more = s_ours - s_theirs;
    writeln!(
        out,
        "{name:<22}{colors:>8}{d_ours:>10.2}{d_theirs:>10.2}{less:>7.1} %{s_ours:>10.4}{s_theirs:>10.4}{more:>+9.4}"
    )
}

fn save(folder: &Path, name: &str, image: &RgbImage) -> Result<(), Box<dyn Error>> {
    std::fs::create_dir_all(folder)?;
    image.save(folder.join(format!("{name}.png")))?;
    Ok(())
}

fn middle_square(picture: &RgbImage) -> RgbImage {
    let side = picture.width().min(picture.height());
    let (x, y) = ((picture.width() - side) / 2, (picture.height() - side) / 2);
    image::imageops::crop_imm(picture, x, y, side, side).to_image()
}

/// The mean light of each cell's area, as sRGB.
fn area_average(picture: &RgbImage) -> RgbImage {
    let side = picture.width();
    // In units of 1/96 of a pixel everything is whole.
    let covered = |cell: u32| {
        let (from, to) = (cell * side, (cell + 1) * side);
        (from / SIDE..to.div_ceil(SIDE)).map(move |pixel| {
            let share = to.min((pixel + 1) * SIDE) - from.max(pixel * SIDE);
            (pixel, f64::from(share) / f64::from(side))
        })
    };
    RgbImage::from_fn(SIDE, SIDE, |column, row| {
        let mut sum = [0.0; 3];
        for (y, down) in covered(row) {
            for (x, across) in covered(column) {
                for (sum, value) in sum.iter_mut().zip(picture.get_pixel(x, y).0) {
                    *sum += down * across * linear(value);
                }
            }
        }
        Rgb(sum.map(|light| (encoded(light) * 255.0).round() as u8))
    })
}

fn k_means(truth: &RgbImage, colors: u16) -> Result<RgbImage, Box<dyn Error>> {
    let pixels: Vec<Srgb<u8>> = truth
        .pixels()
        .map(|p| Srgb::new(p[0], p[1], p[2]))
        .collect();
    let image = ImageBuf::new(SIDE, SIDE, pixels)?;
    // Ten times the samples of its default: no better one has been seen with more.
    let method = KmeansOptions::new().sampling_factor(10.0);
    let quantized = Pipeline::new()
        .palette_size(colors.try_into()?)
        .ditherer(None)
        .quantize_method(method)
        .input_image(image.as_ref())
        .output_srgb8_image();
    let pixels = quantized.as_slice();
    Ok(RgbImage::from_fn(SIDE, SIDE, |x, y| {
        let p = pixels[(y * SIDE + x) as usize];
        Rgb([p.red, p.green, p.blue])
    }))
}

/// Mean OKLab distance, × 1000.
fn distance(image: &RgbImage, truth: &RgbImage) -> f64 {
    let lab = |p: &Rgb<u8>| Oklab::from(Rgb8::from(p.0));
    let pairs = image.pixels().zip(truth.pixels());
    let sum: f64 = pairs.map(|(p, q)| f64::from(lab(p).distance(lab(q)))).sum();
    1000.0 * sum / f64::from(SIDE * SIDE)
}

/// Mean structural similarity of luma; beyond a border the picture is mirrored.
fn ssim(image: &RgbImage, truth: &RgbImage) -> f64 {
    const REACH: i64 = 3;
    let luma = |p: &Rgb<u8>| {
        let [r, g, b] = p.0.map(linear);
        encoded(0.2126 * r + 0.7152 * g + 0.0722 * b)
    };
    let [x, y]: [Vec<f64>; 2] = [image, truth].map(|image| image.pixels().map(luma).collect());
    let last = i64::from(SIDE) - 1;
    let mirrored = |i: i64| (last - (last - i.abs()).abs()) as usize;
    let mut sum = 0.0;
    for row in 0..=last {
        for column in 0..=last {
            let mut m = [0.0; 5];
            for v in row - REACH..=row + REACH {
                for u in column - REACH..=column + REACH {
                    let at = mirrored(v) * SIDE as usize + mirrored(u);
                    let (x, y) = (x[at], y[at]);
                    for (m, v) in m.iter_mut().zip([x, y, x * x, y * y, x * y]) {
                        *m += v / 49.0;
                    }
                }
            }
            let [mx, my, xx, yy, xy] = m;
            let (vx, vy, cov) = (xx - mx * mx, yy - my * my, xy - mx * my);
            sum += (2.0 * mx * my + 1e-4) * (2.0 * cov + 9e-4)
                / ((mx * mx + my * my + 1e-4) * (vx + vy + 9e-4));
        }
    }
    sum / f64::from(SIDE * SIDE)
}

fn linear(value: u8) -> f64 {
    let c = f64::from(value) / 255.0;
    if c <= 0.04045 {
        c / 12.92
    } else {
        ((c + 0.055) / 1.055).powf(2.4)
    }
}

fn encoded(light: f64) -> f64 {
    if light <= 0.003_130_8 {
        light * 12.92
    } else {
        1.055 * light.powf(1.0 / 2.4) - 0.055
    }
}
