//! What [`pixelize`](super::pixelize) promises, on pictures made here.

use image::{DynamicImage, Rgb, RgbImage, Rgba, RgbaImage};
use proptest::prelude::*;

use super::*;

/// A drawing of `side` cells: sky, a hill, a house with a one-pixel outline, and stars of one pixel.
fn drawing(side: u32) -> RgbImage {
    const SKY: [u8; 3] = [40, 60, 120];
    const HILL: [u8; 3] = [50, 120, 60];
    const WALL: [u8; 3] = [190, 120, 80];
    const LINE: [u8; 3] = [30, 20, 30];
    const STAR: [u8; 3] = [250, 240, 200];
    RgbImage::from_fn(side, side, |x, y| {
        let (fx, fy) = (x * 32 / side, y * 32 / side);
        let (left, right, top, low) = (side * 3 / 8, side * 5 / 8, side / 2, side * 3 / 4);
        let within = (left..=right).contains(&x) && (top..=low).contains(&y);
        let border = x == left || x == right || y == top || y == low;
        Rgb(match () {
            () if within && border => LINE,
            () if within => WALL,
            () if fy * 2 + fx > 52 => HILL,
            () if (x * 7 + y * 13) % 41 == 0 && fy < 10 => STAR,
            () => SKY,
        })
    })
}

/// The drawing as an image model shows it: shifted, soft, noisy, cells of `pitch` pixels.
fn shown(art: &RgbImage, size: u32, pitch: f32, shift: f32) -> RgbImage {
    let mut state = 1u32;
    let mut noise = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as f32 / 16.0 - 8.0
    };
    let last = art.width() - 1;
    let cell = |v: f32| (((v - shift) / pitch).max(0.0) as u32).min(last);
    RgbImage::from_fn(size, size, |x, y| {
        let mut sum = [0.0f32; 3];
        for dy in [-0.6, 0.0, 0.6] {
            for dx in [-0.6, 0.0, 0.6] {
                let px = art.get_pixel(cell(x as f32 + 0.5 + dx), cell(y as f32 + 0.5 + dy));
                for (s, v) in sum.iter_mut().zip(px.0) {
                    *s += f32::from(v) / 9.0;
                }
            }
        }
        let n = noise();
        Rgb(sum.map(|v| (v + n).clamp(0.0, 255.0) as u8))
    })
}

/// The share of pixels that have the drawing's colour, within what the score counts as exact.
fn exact(found: &IndexedImage, truth: &RgbImage) -> f32 {
    assert_eq!((found.width(), found.height()), truth.dimensions());
    let right = found
        .to_rgb()
        .pixels()
        .zip(truth.pixels())
        .filter(|(a, b)| lab::distance(lab::of_rgb(a.0.into()), lab::of_rgb(b.0.into())) < 0.04)
        .count();
    right as f32 / (truth.width() * truth.height()) as f32
}

fn options(size: Size, colors: u16) -> Options {
    Options {
        size,
        colors,
        ..Options::default()
    }
}

#[test]
fn clean_pixel_art_comes_back_exactly_at_any_whole_factor() {
    let truth = drawing(48);
    for factor in [1, 2, 8] {
        let large = image::imageops::resize(
            &truth,
            48 * factor,
            48 * factor,
            image::imageops::FilterType::Nearest,
        );
        let found = pixelize(&large, &options(Size::Cells(48), 12)).unwrap();
        assert_eq!(found.image.to_rgb(), truth, "enlarged {factor} times");
    }
}

#[test]
fn clean_pixel_art_comes_back_exactly_at_any_broken_factor_that_is_asked_for() {
    let truth = drawing(48);
    for side in [100, 340, 360, 371] {
        let large =
            image::imageops::resize(&truth, side, side, image::imageops::FilterType::Nearest);
        for colors in [5, 12, 256] {
            let found = pixelize(&large, &options(Size::Cells(48), colors)).unwrap();
            assert_eq!(found.image.to_rgb(), truth, "{side} px, {colors} colours");
        }
    }
}

#[test]
fn a_drawing_in_double_pixels_keeps_every_cell_of_the_asked_size() {
    let double =
        image::imageops::resize(&drawing(24), 48, 48, image::imageops::FilterType::Nearest);
    let picture = shown(&double, 384, 8.0, 0.0);
    for quality in [Quality::Best, Quality::Fast] {
        let options = Options {
            quality,
            ..options(Size::Cells(48), 8)
        };
        let share = exact(&pixelize(&picture, &options).unwrap().image, &double);
        assert!(share > 0.995, "{quality:?}: {share}");
    }
}

#[test]
fn thin_lines_on_a_plain_ground_make_no_colours_of_their_own() {
    // A soft picture of hardly anything but ground: what the lines mix into it is a thousandth of all cells.
    const GROUND: [u8; 3] = [248, 248, 240];
    const INKS: [[u8; 3]; 3] = [[15, 56, 15], [64, 80, 96], [155, 188, 15]];
    let truth = RgbImage::from_fn(48, 48, |x, y| {
        let ring = |left: u32, top: u32| {
            let (dx, dy) = (x.wrapping_sub(left), y.wrapping_sub(top));
            dx < 12 && dy < 12 && (dx == 0 || dy == 0 || dx == 11 || dy == 11)
        };
        let rings = [(5, 6), (27, 9), (16, 28)];
        let ink = rings.iter().position(|&(left, top)| ring(left, top));
        Rgb(ink.map_or(GROUND, |i| INKS[i]))
    });
    let found = pixelize(&shown(&truth, 384, 8.0, 0.7), &options(Size::Cells(48), 12)).unwrap();
    let share = exact(&found.image, &truth);
    assert!(share > 0.99, "{share}");
}

#[test]
fn a_soft_noisy_shifted_picture_gives_its_drawing_back() {
    let truth = drawing(48);
    for (pitch, shift) in [(8.0, 2.3), (7.31, -1.4), (11.6, 0.4)] {
        let picture = shown(&truth, (48.0 * pitch) as u32, pitch, shift);
        let found = pixelize(&picture, &options(Size::Auto, 8)).unwrap();
        let share = exact(&found.image, &truth);
        assert!(share > 0.995, "pitch {pitch}: {share}");
        let grid = found.grid.unwrap();
        assert!((grid.pitch[0] - pitch).abs() < 0.1, "{:?}", grid.pitch);
        assert_eq!(found.image.palette().len(), 5);
    }
}

#[test]
fn a_smooth_picture_has_no_grid_and_gets_the_asked_size() {
    let picture = RgbImage::from_fn(300, 200, |x, y| {
        Rgb([(x * 255 / 300) as u8, (y * 255 / 200) as u8, 128])
    });
    let found = pixelize(&picture, &options(Size::Cells(96), 12)).unwrap();
    assert_eq!(found.grid, None);
    assert_eq!((found.image.width(), found.image.height()), (96, 64));
    assert_eq!(found.image.palette().len(), 12);
}

#[test]
fn another_size_than_the_grids_keeps_its_cells_where_it_can() {
    let picture = shown(&drawing(48), 384, 8.0, 0.0);
    for side in [40, 48, 64, 100, 12] {
        let found = pixelize(&picture, &options(Size::Cells(side), 8)).unwrap();
        assert_eq!((found.image.width(), found.image.height()), (side, side));
    }
}

#[test]
fn given_colours_are_kept_to_the_letter() {
    let given = vec![
        Rgb8::new(41, 59, 121),
        Rgb8::new(200, 100, 90),
        Rgb8::new(1, 2, 3),
        Rgb8::new(255, 0, 255),
    ];
    let picture = shown(&drawing(48), 384, 8.0, 0.0);
    let found = pixelize(
        &picture,
        &Options {
            palette: PaletteChoice::Given(given.clone()),
            ..options(Size::Cells(48), 3)
        },
    )
    .unwrap();
    assert!(found.image.palette().len() <= 3);
    assert!(found.image.palette().iter().all(|c| given.contains(c)));
}

#[test]
fn transparent_parts_show_the_background_and_sixteen_bits_become_eight() {
    let clear = RgbaImage::from_pixel(2, 1, Rgba([255, 0, 0, 0]));
    let flat = flatten(&DynamicImage::from(clear), Rgb8::new(1, 2, 3));
    assert_eq!(flat.get_pixel(0, 0).0, [1, 2, 3]);
    let deep = image::ImageBuffer::from_pixel(1, 1, Rgb([65535u16, 0, 32896]));
    let flat = flatten(&DynamicImage::from(deep), Rgb8::BLACK);
    assert_eq!(flat.get_pixel(0, 0).0, [255, 0, 128]);
}

#[test]
fn odd_pictures_are_handled() {
    for (width, height) in [(1, 1), (1, 7), (10_000, 1), (3, 900), (6, 6)] {
        let picture = RgbImage::from_fn(width, height, |x, y| {
            Rgb([(x * 5) as u8, (y * 7) as u8, (x + y) as u8])
        });
        for size in [
            Size::Auto,
            Size::Cells(96),
            Size::Exact {
                width: 3,
                height: 5,
            },
        ] {
            let found = pixelize(&picture, &options(size, 4)).unwrap();
            assert!(found.image.palette().len() <= 4);
        }
    }
    let plain = RgbImage::from_pixel(640, 480, Rgb([9, 9, 9]));
    let found = pixelize(&plain, &Options::default()).unwrap();
    assert_eq!((found.image.width(), found.image.height()), (96, 72));
    assert_eq!(found.image.palette(), [Rgb8::new(9, 9, 9)]);
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    let picture = shown(&drawing(48), 384, 8.0, 2.3);
    let photo = RgbImage::from_fn(301, 203, |x, y| {
        Rgb([(x * 7 / 9) as u8, (x * y / 251) as u8, (y * 5 / 4) as u8])
    });
    let by = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap().install(|| {
            let mut found = Vec::new();
            for quality in [Quality::Best, Quality::Fast] {
                let options = Options {
                    quality,
                    ..options(Size::Cells(48), 8)
                };
                found.push(pixelize(&picture, &options).unwrap());
                found.push(pixelize(&photo, &options).unwrap());
            }
            found
        })
    };
    let alone = by(1);
    for threads in [2, 5] {
        assert_eq!(by(threads), alone, "{threads} threads");
    }
}

#[test]
fn a_colour_of_a_dozen_cells_beside_a_near_one_is_found() {
    // A window whose yellow is nearly the moon's, 0.06 away, in noise a third as large.
    const MOON: [u8; 3] = [255, 244, 200];
    const WINDOW: [u8; 3] = [255, 240, 150];
    let truth = RgbImage::from_fn(48, 48, |x, y| {
        let within = |x0, y0, w, h| (x0..x0 + w).contains(&x) && (y0..y0 + h).contains(&y);
        Rgb(match () {
            () if (x as i32 - 30).pow(2) + (y as i32 - 10).pow(2) < 60 => MOON,
            () if within(8, 30, 3, 4) => WINDOW,
            () if within(4, 26, 14, 14) => [120, 80, 50],
            () if y > 36 => [31, 77, 43],
            () => [20, 24, 60],
        })
    });
    let found = pixelize(&shown(&truth, 384, 8.0, 1.1), &options(Size::Cells(48), 12)).unwrap();
    let window = lab::of_rgb(WINDOW.into());
    let palette = found.image.palette().iter();
    let nearest = palette.map(|&c| lab::distance(lab::of_rgb(c), window));
    let nearest = nearest.fold(f32::MAX, f32::min);
    assert!(nearest < 0.02, "{nearest}");
}

#[test]
fn what_cannot_be_done_is_refused_in_words() {
    let picture = RgbImage::new(4, 4);
    let said =
        |picture: &RgbImage, options: &Options| pixelize(picture, options).unwrap_err().to_string();
    assert_eq!(
        said(&RgbImage::new(0, 3), &Options::default()),
        "the picture is 0×3 pixels: there is nothing to see"
    );
    assert_eq!(
        said(&picture, &options(Size::Cells(5000), 12)),
        "size: 5000 is not within 1 to 4096"
    );
    assert_eq!(
        said(&picture, &options(Size::Auto, 0)),
        "colors: 0 is not within 1 to 256"
    );
    let none = Options {
        palette: PaletteChoice::Given(Vec::new()),
        ..Options::default()
    };
    assert_eq!(said(&picture, &none), "palette: 0 is not within 1 to 256");
}

fn any_picture() -> impl Strategy<Value = RgbImage> {
    (1u32..18, 1u32..18, any::<u8>()).prop_flat_map(|(w, h, mask)| {
        let bytes = prop::collection::vec(any::<u8>(), (w * h * 3) as usize);
        bytes.prop_map(move |mut raw| {
            // Few bits set in the mask make pictures of few colours.
            raw.iter_mut().for_each(|v| *v &= mask);
            RgbImage::from_raw(w, h, raw).unwrap()
        })
    })
}

fn any_options() -> impl Strategy<Value = Options> {
    let size = prop_oneof![
        Just(Size::Auto),
        (1u32..20).prop_map(Size::Cells),
        (1u32..20, 1u32..20).prop_map(|(width, height)| Size::Exact { width, height }),
    ];
    let colour = any::<[u8; 3]>().prop_map(Rgb8::from);
    let palette = prop_oneof![
        Just(PaletteChoice::Found),
        (prop::collection::vec(colour.clone(), 0..4), 0.0f32..=1.0)
            .prop_map(|(colors, pull)| PaletteChoice::Wished { colors, pull }),
        prop::collection::vec(colour, 1..20).prop_map(PaletteChoice::Given),
    ];
    let dither = prop_oneof![
        Just(Dither::Off),
        (0.0f32..=1.0).prop_map(|strength| Dither::Ordered { strength }),
        (0.0f32..=1.0).prop_map(|strength| Dither::Diffusion { strength }),
    ];
    let quality = prop_oneof![Just(Quality::Best), Just(Quality::Fast)];
    (
        size,
        prop_oneof![1u16..=32, Just(256)],
        quality,
        palette,
        dither,
        any::<u64>(),
    )
        .prop_map(|(size, colors, quality, palette, dither, seed)| Options {
            size,
            colors,
            quality,
            palette,
            dither,
            seed,
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn any_picture_with_any_options_keeps_the_budget_and_repeats_itself(
        picture in any_picture(),
        options in any_options(),
    ) {
        let found = pixelize(&picture, &options).unwrap();
        prop_assert!(found.image.palette().len() <= usize::from(options.colors));
        match options.size {
            Size::Auto => {}
            Size::Cells(n) => prop_assert_eq!(found.image.width().max(found.image.height()), n),
            Size::Exact { width, height } => {
                prop_assert_eq!((found.image.width(), found.image.height()), (width, height));
            }
        }
        prop_assert_eq!(pixelize(&picture, &options).unwrap(), found);
    }
}
