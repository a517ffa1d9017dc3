//! `drawstream pixelize`: clean pixel art from any picture.

use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context as _, anyhow};
use clap::ValueEnum;
use drawstream_core::color::Rgb8;
use drawstream_core::pixelize::{
    Dither, IndexedImage, Options, PALETTE_NAMES, PaletteChoice, Pixelized, Quality, Size, flatten,
    named_palette, parse_palette, pixelize,
};
use image::codecs::{gif::GifDecoder, png::PngDecoder, webp::WebPDecoder};
use image::{AnimationDecoder as _, ImageFormat, RgbImage};
use serde_json::json;

use crate::failure::Failure;

/// Makes clean pixel art of a picture: finds its grid of pseudo pixels and the colours it was painted with.
#[derive(Debug, clap::Args)]
pub struct PixelizeArgs {
    /// The picture: PNG, JPEG, WebP, GIF or BMP, not animated.
    input: PathBuf,
    /// Where the pixel art is written, as PNG.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Cells along the longer side, exactly WIDTHxHEIGHT, or `auto`: as many as the picture's own grid has.
    #[arg(long, default_value = "96", value_name = "N|WxH|auto")]
    size: SizeArg,
    /// The most colours, 1 to 256; by default 12, or as many as the given palette has.
    #[arg(long, value_name = "N")]
    colors: Option<u16>,
    /// How much time is spent.
    #[arg(long, value_enum, default_value_t = QualityArg::Best)]
    quality: QualityArg,
    /// Only these colours: pico8, gameboy, nes, or a .gpl or .hex file.
    #[arg(long, value_name = "NAME|FILE", conflicts_with = "wish")]
    palette: Option<String>,
    /// Colours that the found ones are drawn towards, as #RRGGBB separated by commas.
    #[arg(long, value_name = "COLOURS", value_delimiter = ',', value_parser = color)]
    wish: Vec<Rgb8>,
    /// How far found colours are drawn towards the wished ones, 0 to 1.
    #[arg(long, default_value_t = 0.5, value_name = "SHARE")]
    pull: f32,
    /// Imitate colours in between by patterns.
    #[arg(long, value_enum, default_value_t = DitherArg::Off)]
    dither: DitherArg,
    /// How strong the patterns are, 0 to 1.
    #[arg(long, default_value_t = 0.8, value_name = "SHARE")]
    dither_strength: f32,
    /// Write each cell as so many pixels square.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=64))]
    scale: u32,
    /// What shows through transparent parts.
    #[arg(long, default_value = "#202020", value_name = "COLOUR", value_parser = color)]
    background: Rgb8,
    /// Decides the starting points of clustering.
    #[arg(long, default_value_t = 0, value_name = "N")]
    seed: u64,
    /// Print what was found on standard output.
    #[arg(long, value_enum, value_name = "FORMAT")]
    report: Option<ReportArg>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct SizeArg(pub(super) Size);

impl FromStr for SizeArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = |text: &str| {
            let number: u32 = text.parse().ok()?;
            (1..=Options::MOST_CELLS)
                .contains(&number)
                .then_some(number)
        };
        let size = match text.split_once('x') {
            _ if text == "auto" => Some(Size::Auto),
            Some((width, height)) => number(width)
                .zip(number(height))
                .map(|(width, height)| Size::Exact { width, height }),
            None => number(text).map(Size::Cells),
        };
        let most = Options::MOST_CELLS;
        size.map(Self)
            .ok_or_else(|| format!("write a number from 1 to {most}, WIDTHxHEIGHT, or auto"))
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum QualityArg {
    /// Grid, colours and cells are refined together.
    Best,
    /// One pass: ten times faster.
    Fast,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum DitherArg {
    /// Clean areas.
    Off,
    /// A regular pattern.
    Ordered,
    /// Error diffusion.
    Diffusion,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum ReportArg {
    /// One JSON object.
    Json,
}

pub(super) fn color(text: &str) -> Result<Rgb8, String> {
    Rgb8::parse_hex(text).ok_or_else(|| "write #RGB or #RRGGBB".to_owned())
}

impl PixelizeArgs {
    /// Reads the picture, makes pixel art of it, writes that.
    ///
    /// # Errors
    /// A picture or palette that can't be read, an option out of its limits, or an output that can't be written.
    pub fn run(self) -> Result<(), Failure> {
        let options = self.options()?;
        let picture = read(&self.input, self.background)?;
        let art = pixelize(&picture, &options).map_err(Failure::input)?;
        write(&self.output, &enlarged(&art.image, self.scale))?;
        match self.report {
            Some(ReportArg::Json) => {
                let mut out = std::io::stdout().lock();
                writeln!(out, "{:#}", report(&art))?;
            }
            None => {}
        }
        Ok(())
    }

    fn options(&self) -> Result<Options, Failure> {
        let palette = match &self.palette {
            Some(name) => PaletteChoice::Given(given(name)?),
            None if self.wish.is_empty() => PaletteChoice::Found,
            None => PaletteChoice::Wished {
                colors: self.wish.clone(),
                pull: self.pull,
            },
        };
        let as_many = match &palette {
            PaletteChoice::Given(colors) => colors.len() as u16,
            PaletteChoice::Found | PaletteChoice::Wished { .. } => Options::default().colors,
        };
        let strength = self.dither_strength;
        Ok(Options {
            size: self.size.0,
            colors: self.colors.unwrap_or(as_many),
            quality: match self.quality {
                QualityArg::Best => Quality::Best,
                QualityArg::Fast => Quality::Fast,
            },
            palette,
            dither: match self.dither {
                DitherArg::Off => Dither::Off,
                DitherArg::Ordered => Dither::Ordered { strength },
                DitherArg::Diffusion => Dither::Diffusion { strength },
            },
            seed: self.seed,
        })
    }
}

/// A palette by name or from a file.
fn given(name: &str) -> Result<Vec<Rgb8>, Failure> {
    if let Some(colors) = named_palette(name) {
        return Ok(colors);
    }
    let hint = format!(
        "write {} or the path of a .gpl or .hex file",
        PALETTE_NAMES.join(", ")
    );
    let text = fs::read_to_string(name)
        .with_context(|| format!("read the palette {name}"))
        .map_err(|error| Failure::input(error).with_hint(hint))?;
    parse_palette(&text)
        .with_context(|| format!("{name} is no palette"))
        .map_err(Failure::input)
}

/// A picture from a file, flattened onto the background.
pub(super) fn read(path: &Path, background: Rgb8) -> Result<RgbImage, Failure> {
    let shown = path.display();
    let bytes = fs::read(path)
        .with_context(|| format!("read {shown}"))
        .map_err(Failure::input)?;
    let format = image::guess_format(&bytes)
        .with_context(|| format!("{shown} is no picture that can be read"))
        .map_err(|error| {
            Failure::input(error).with_hint("save it as PNG, JPEG, WebP, GIF or BMP")
        })?;
    let unreadable = || format!("{shown} is damaged");
    if is_animated(&bytes, format)
        .with_context(unreadable)
        .map_err(Failure::input)?
    {
        return Err(Failure::input(anyhow!("{shown} is animated"))
            .with_hint("save the frame that you want as a PNG of its own"));
    }
    if format == ImageFormat::Jpeg && is_cut_short(&bytes) {
        return Err(Failure::input(
            anyhow!("its end is missing").context(unreadable()),
        ));
    }
    let picture = image::load_from_memory_with_format(&bytes, format)
        .with_context(unreadable)
        .map_err(Failure::input)?;
    Ok(flatten(&picture, background))
}

fn is_animated(bytes: &[u8], format: ImageFormat) -> image::ImageResult<bool> {
    let cursor = Cursor::new(bytes);
    match format {
        ImageFormat::Gif => {
            let frames = GifDecoder::new(cursor)?.into_frames();
            Ok(frames.take(2).collect::<Result<Vec<_>, _>>()?.len() > 1)
        }
        ImageFormat::Png => PngDecoder::new(cursor)?.is_apng(),
        ImageFormat::WebP => Ok(WebPDecoder::new(cursor)?.has_animation()),
        _ => Ok(false),
    }
}

/// Whether a JPEG has no end marker: the decoder would paint what is missing grey and say nothing.
fn is_cut_short(jpeg: &[u8]) -> bool {
    const SCAN: u8 = 0xDA;
    // Thumbnails have end markers of their own; they lie in the segments before the first scan.
    let mut at = 2;
    while let Some(&[0xFF, marker, high, low]) = jpeg.get(at..at + 4)
        && marker != SCAN
    {
        at += 2 + usize::from(u16::from_be_bytes([high, low]));
    }
    let scans = jpeg.get(at..).unwrap_or_default();
    !scans.windows(2).any(|pair| pair == [0xFF, 0xD9])
}

fn enlarged(art: &IndexedImage, scale: u32) -> RgbImage {
    let (width, height) = (art.width() * scale, art.height() * scale);
    RgbImage::from_fn(width, height, |x, y| {
        image::Rgb(art.color_at(x / scale, y / scale).channels())
    })
}

/// Written beside the target, then renamed: nobody ever sees half a picture.
pub(super) fn write(path: &Path, picture: &RgbImage) -> Result<(), Failure> {
    let mut bytes = Vec::new();
    picture
        .write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png)
        .context("encode the PNG")?;
    write_bytes(path, &bytes)
}

/// Written beside the target, then renamed.
pub(super) fn write_bytes(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    fs::write(&beside, bytes)
        .and_then(|()| fs::rename(&beside, path))
        .with_context(|| format!("write {}", path.display()))?;
    Ok(())
}

fn report(art: &Pixelized) -> serde_json::Value {
    let mut cells = vec![0u64; art.image.palette().len()];
    for &i in art.image.indices() {
        cells[usize::from(i)] += 1;
    }
    let palette: Vec<_> = art
        .image
        .palette()
        .iter()
        .zip(cells)
        .map(|(color, cells)| json!({ "color": color.to_string(), "cells": cells }))
        .collect();
    let grid = art.grid.as_ref().map(|grid| {
        json!({
            "pitch_px": grid.pitch,
            "phase_px": grid.phase,
            "confidence": grid.confidence,
            "warp_px": grid.warp,
        })
    });
    json!({
        "width": art.image.width(),
        "height": art.image.height(),
        "colors": palette.len(),
        "palette": palette,
        "grid": grid,
        "noise": art.noise,
    })
}

#[cfg(test)]
mod tests {
    use std::process::ExitCode;

    use clap::Parser;
    use image::codecs::gif::GifEncoder;
    use image::{Delay, Frame, Rgb, RgbaImage};

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: PixelizeArgs,
    }

    fn run(words: &[&str]) -> Result<(), Failure> {
        let words = ["pixelize"].iter().chain(words);
        Line::try_parse_from(words)
            .map_err(Failure::input)?
            .args
            .run()
    }

    fn path(folder: &tempfile::TempDir, name: &str) -> String {
        folder.path().join(name).to_str().unwrap().to_owned()
    }

    #[test]
    fn a_picture_becomes_pixel_art_of_the_asked_size_in_the_asked_palette() {
        let folder = tempfile::tempdir().unwrap();
        let (input, output) = (path(&folder, "in.png"), path(&folder, "out.png"));
        let picture = RgbImage::from_fn(90, 60, |x, y| Rgb([x as u8 * 2, y as u8 * 3, 90]));
        picture.save(&input).unwrap();
        run(&[
            &input,
            "-o",
            &output,
            "--size",
            "30",
            "--palette",
            "gameboy",
            "--scale",
            "2",
        ])
        .unwrap();
        let art = image::open(&output).unwrap().to_rgb8();
        assert_eq!(art.dimensions(), (60, 40));
        let greens = named_palette("gameboy").unwrap();
        assert!(art.pixels().all(|p| greens.contains(&Rgb8::from(p.0))));
        assert!(!folder.path().join("out.png.part").exists());
    }

    #[test]
    fn an_animation_is_refused_and_nothing_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let (input, output) = (path(&folder, "in.gif"), path(&folder, "out.png"));
        let mut encoder = GifEncoder::new(fs::File::create(&input).unwrap());
        for shade in [0, 255] {
            let picture = RgbaImage::from_pixel(4, 4, image::Rgba([shade, shade, shade, 255]));
            let delay = Delay::from_numer_denom_ms(100, 1);
            encoder
                .encode_frame(Frame::from_parts(picture, 0, 0, delay))
                .unwrap();
        }
        drop(encoder);
        let failure = run(&[&input, "-o", &output]).unwrap_err();
        assert!(
            format!("{failure:?}").contains("in.gif is animated"),
            "{failure:?}"
        );
        assert!(!Path::new(&output).exists());
    }

    #[test]
    fn animated_png_and_webp_are_refused_too() {
        let folder = tempfile::tempdir().unwrap();
        let output = path(&folder, "out.png");
        for name in ["moving.png", "moving.webp"] {
            let failure = run(&[&fixture(name), "-o", &output]).unwrap_err();
            let said = format!("{name} is animated");
            assert!(format!("{failure:?}").contains(&said), "{failure:?}");
        }
        assert!(!Path::new(&output).exists());
    }

    #[test]
    fn a_picture_that_is_cut_short_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (input, output) = (path(&folder, "in"), path(&folder, "out.png"));
        let picture = RgbImage::from_fn(64, 64, |x, y| Rgb([x as u8 * 3, y as u8 * 3, 90]));
        for format in [
            ImageFormat::Png,
            ImageFormat::Jpeg,
            ImageFormat::WebP,
            ImageFormat::Gif,
            ImageFormat::Bmp,
        ] {
            let mut bytes = Cursor::new(Vec::new());
            picture.write_to(&mut bytes, format).unwrap();
            let bytes = bytes.into_inner();
            fs::write(&input, &bytes[..bytes.len() / 2]).unwrap();
            let failure = run(&[&input, "-o", &output]).unwrap_err();
            assert!(
                format!("{failure:?}").contains("in is damaged"),
                "{format:?}: {failure:?}"
            );
            assert_eq!(failure.report(), ExitCode::from(2));
            fs::write(&input, &bytes).unwrap();
            run(&[&input, "-o", &path(&folder, "whole.png")]).unwrap();
        }
        assert!(!Path::new(&output).exists());
    }

    /// What comes out of a picture in 8 × 8 cells of at most 4 colours, over green where it is transparent.
    fn cells_of(picture: &str) -> RgbImage {
        let folder = tempfile::tempdir().unwrap();
        let output = path(&folder, "out.png");
        let words = [
            picture,
            "-o",
            &output,
            "--size",
            "8x8",
            "--colors",
            "4",
            "--background",
            "#00FF00",
        ];
        run(&words).unwrap();
        image::open(&output).unwrap().to_rgb8()
    }

    fn fixture(name: &str) -> String {
        format!("{}/tests/data/pictures/{name}", env!("CARGO_MANIFEST_DIR"))
    }

    fn is_near(found: &RgbImage, (x, y): (u32, u32), [r, g, b]: [u8; 3]) {
        let pixel = found.get_pixel(x, y).0;
        let off = pixel
            .iter()
            .zip([r, g, b])
            .map(|(a, b)| a.abs_diff(b))
            .max();
        assert!(off <= Some(6), "{pixel:?} at {x}, {y}");
    }

    #[test]
    fn a_cmyk_jpeg_keeps_its_colours() {
        let found = cells_of(&fixture("cmyk.jpg"));
        is_near(&found, (1, 4), [230, 120, 20]);
        is_near(&found, (6, 4), [20, 60, 200]);
    }

    #[test]
    fn grey_deep_and_transparent_pictures_are_handled() {
        let folder = tempfile::tempdir().unwrap();
        let input = path(&folder, "in.png");
        let halves = |x: u32| if x < 8 { 0 } else { u8::MAX };

        image::GrayAlphaImage::from_fn(16, 16, |x, _| image::LumaA([200, halves(x)]))
            .save(&input)
            .unwrap();
        let found = cells_of(&input);
        assert_eq!(found.get_pixel(0, 0).0, [0, 255, 0]);
        assert_eq!(found.get_pixel(7, 7).0, [200; 3]);

        let deep = |x: u32| if x < 8 { 0x1234 } else { 0xFEDC };
        image::ImageBuffer::from_fn(16, 16, |x, _| Rgb([deep(x), 0x8000u16, 0]))
            .save(&input)
            .unwrap();
        let found = cells_of(&input);
        assert_eq!(found.get_pixel(0, 0).0, [0x12, 0x80, 0]);
        assert_eq!(found.get_pixel(7, 7).0, [0xFE, 0x80, 0]);

        RgbaImage::from_pixel(16, 16, image::Rgba([255, 0, 0, 0]))
            .save(&input)
            .unwrap();
        let found = cells_of(&input);
        assert!(found.pixels().all(|p| p.0 == [0, 255, 0]));
    }

    #[test]
    fn the_smallest_and_the_longest_picture_are_handled() {
        let folder = tempfile::tempdir().unwrap();
        let (input, output) = (path(&folder, "in.png"), path(&folder, "out.png"));
        for (width, height, size, cells) in [
            (1, 1, "96", (96, 96)),
            (1, 1, "auto", (1, 1)),
            (10_000, 1, "96", (96, 1)),
            (10_000, 1, "auto", (96, 1)),
            (1, 10_000, "96", (1, 96)),
        ] {
            let shade = |x: u32, y: u32| ((x + y) * 255 / 10_000) as u8;
            RgbImage::from_fn(width, height, |x, y| Rgb([shade(x, y); 3]))
                .save(&input)
                .unwrap();
            run(&[&input, "-o", &output, "--size", size]).unwrap();
            let art = image::open(&output).unwrap().to_rgb8();
            assert_eq!(art.dimensions(), cells, "{width}x{height}, {size}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let (input, output) = (path(&folder, "in.png"), path(&folder, "out.png"));
        fs::write(&input, b"not a picture").unwrap();
        for (words, said) in [
            (vec![&*input, "-o", &output], "in.png is no picture"),
            (vec!["nowhere.png", "-o", &output], "read nowhere.png"),
            (
                vec![&*input, "-o", &output, "--palette", "c64"],
                "read the palette c64",
            ),
            (vec![&*input, "-o", &output, "--size", "0"], "1 to 4096"),
            (vec![&*input, "-o", &output, "--wish", "red"], "#RRGGBB"),
        ] {
            let failure = run(&words).unwrap_err();
            assert!(format!("{failure:?}").contains(said), "{said}: {failure:?}");
        }
    }
}
