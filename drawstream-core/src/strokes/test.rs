use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::plan::{Plan, Version};
use crate::timeline::{Playhead, Timeline, TimelineOptions};

/// A landscape with all that a picture can have: a dithered sky, hills, a house with outlines, a lit window, stars.
fn landscape() -> IndexedImage {
    let palette = [
        "#1B2A4A", "#2F4A7A", "#F4E8C1", "#2E5B3C", "#234430", "#8A5A33", "#2A1A10", "#FFD75E",
    ];
    let palette = palette
        .iter()
        .map(|hex| Rgb8::parse_hex(hex).expect("six digits"))
        .collect();
    let at = |x: i32, y: i32| -> u8 {
        let (dx, dy) = (x - 62, y - 60);
        let wall = dx.abs() <= 14 && dy.abs() <= 12;
        let window = (dx - 6).abs() <= 3 && (dy + 3).abs() <= 3;
        let edge = dx.abs() == 14 || dy.abs() == 12;
        let hill = y > 56 + (x - 30) * (x - 30) / 60;
        let (mx, my) = (x - 20, y - 16);
        match () {
            () if wall && edge => 6,
            () if window && (dx == 6 || dy == -3) => 6,
            () if window => 7,
            () if wall => 5,
            () if y > 78 => 4,
            () if hill => 3,
            () if mx * mx + my * my < 60 => 2,
            () if (x * 31 + y * 57) % 211 == 0 && y < 40 => 2,
            () if y > 40 && (x + y) % 2 == 0 => 1,
            () if y > 30 && x % 4 == 0 && y % 4 == 0 => 1,
            () => 0,
        }
    };
    let indices = (0..96 * 96).map(|i| at(i % 96, i / 96)).collect();
    IndexedImage::new(96, 96, palette, indices).expect("96 × 96 indices of eight colours")
}

fn minute(technique: Technique, seed: u64) -> Commission {
    Commission {
        technique,
        tempo: Tempo::Total(Duration::from_secs(60)),
        seed: Seed(seed),
        background: None,
    }
}

fn plan(picture: &IndexedImage, commission: &Commission) -> Plan {
    let painting = paint(picture, commission).expect("the picture fits on a canvas");
    painting.plan("").expect("a painting of it fits in a plan")
}

fn finished(plan: &Plan) -> Vec<u8> {
    let timeline = Timeline::compile(plan, &TimelineOptions::default());
    timeline.finished().pixels().to_vec()
}

/// The framebuffer's bytes of a picture.
fn bytes(picture: &IndexedImage) -> Vec<u8> {
    let canvas = Canvas::new(canvas_size(picture).expect("the picture fits on a canvas"));
    let frame = crate::raster::Framebuffer::new(canvas.size, canvas.background);
    let pixel = frame.pixels().len() / picture.indices().len();
    let colors = picture
        .indices()
        .iter()
        .map(|&i| picture.palette()[usize::from(i)]);
    colors
        .flat_map(|c| [c.r, c.g, c.b, 255].into_iter().take(pixel))
        .collect()
}

/// OKLab distance that is left to the finished picture at each hundredth of the time, as a share of the bare canvas's.
fn left(picture: &IndexedImage, painting: &Painting) -> Vec<f32> {
    let want: Vec<Oklab> = picture
        .indices()
        .iter()
        .map(|&i| picture.palette()[usize::from(i)].into())
        .collect();
    let mut on = vec![Oklab::from(painting.background()); want.len()];
    let far = |on: &[Oklab]| -> f32 { on.iter().zip(&want).map(|(a, b)| a.distance(*b)).sum() };
    let bare = far(&on);
    let total = painting.duration().as_secs_f32();
    let mut at = 0.0;
    let mut left = Vec::new();
    for stroke in painting.strokes() {
        at += (stroke.delay + stroke.duration).as_secs_f32();
        for p in &stroke.pixels {
            on[(p.y * picture.width() as i32 + p.x) as usize] = stroke.color.into();
        }
        while (left.len() as f32) < 100.0 * at / total {
            left.push(far(&on) / bare);
        }
    }
    left
}

#[test]
fn the_picture_is_recognisable_early_and_the_hand_calm() {
    let picture = landscape();
    for seed in 0..4 {
        let painting = paint(&picture, &minute(Technique::ALLA_PRIMA, seed)).unwrap();
        let left = left(&picture, &painting);
        assert!(left.iter().sum::<f32>() / 100.0 < 0.2, "{left:?}");
        assert!(left[55] < 0.1, "{}", left[55]);
        let strokes = painting.strokes();
        assert!(strokes.len() <= 400, "{} strokes", strokes.len());
        let painted: usize = strokes.iter().map(|s| s.pixels.len()).sum();
        assert!(painted < 96 * 96 * 8 / 5, "{painted} pixels painted");
        let steps = strokes.iter().flat_map(|s| s.pixels.windows(2));
        let far = |a: CanvasPoint, b: CanvasPoint| ((a.x - b.x) as f32).hypot((a.y - b.y) as f32);
        let travel: f32 = steps.map(|pair| far(pair[0], pair[1])).sum::<f32>() / painted as f32;
        assert!(travel < 1.6, "{travel} pixels from one to the next");
        let hops = strokes
            .windows(2)
            .map(|pair| far(pair[0].pixels[pair[0].pixels.len() - 1], pair[1].pixels[0]));
        let hop = hops.sum::<f32>() / strokes.len() as f32;
        assert!(hop < 12.0, "{hop} pixels between strokes");
    }
}

#[test]
fn broad_work_comes_before_fine_work() {
    let painting = paint(&landscape(), &minute(Technique::ALLA_PRIMA, 1)).unwrap();
    let stages: Vec<Stage> = painting
        .layers()
        .into_iter()
        .map(|(stage, _)| stage)
        .collect();
    assert_eq!(stages.first(), Some(&Stage::Ground));
    assert!(stages.is_sorted(), "{stages:?}");
    let mean = |stage: Stage| {
        let these = painting.strokes().iter().filter(|s| s.stage == stage);
        let (pixels, count) = these.fold((0, 0), |(p, n), s| (p + s.pixels.len(), n + 1));
        pixels / count
    };
    assert!(mean(Stage::Ground) > 4 * mean(Stage::Details));
}

#[test]
fn ink_draws_its_lines_before_it_washes() {
    let painting = paint(&landscape(), &minute(Technique::INK_AND_WASH, 1)).unwrap();
    let lines = painting
        .strokes()
        .iter()
        .take_while(|s| s.stage == Stage::Outlines);
    let walls = lines.filter(|s| s.color == Rgb8::parse_hex("#2A1A10").unwrap());
    assert_eq!(walls.map(|s| s.pixels.len()).max(), Some(104));
}

#[test]
fn layers_over_each_other_are_the_picture() {
    let picture = landscape();
    for technique in Technique::ALL {
        let painting = paint(&picture, &minute(technique, 3)).unwrap();
        let mut canvas =
            image::RgbImage::from_pixel(96, 96, image::Rgb(painting.background().channels()));
        for (_, layer) in painting.layers() {
            for (below, over) in canvas.pixels_mut().zip(layer.pixels()) {
                if over.0[3] == 255 {
                    below.0.copy_from_slice(&over.0[..3]);
                }
            }
        }
        assert_eq!(canvas, picture.to_rgb(), "{}", technique.name);
    }
}

#[test]
fn the_classic_tempo_counts_every_delay_once() {
    let commission = Commission {
        tempo: Tempo::Classic {
            base: Duration::from_millis(450),
            per_px: Duration::from_millis(2),
            delay: Duration::from_millis(70),
            chunk: 220,
        },
        ..Commission::default()
    };
    let painting = paint(&landscape(), &commission).unwrap();
    let (mut total, mut most) = (Duration::ZERO, 0);
    for stroke in painting.strokes() {
        let pixels = stroke.pixels.len();
        assert_eq!(stroke.delay, Duration::from_millis(70));
        assert_eq!(
            stroke.duration,
            Duration::from_millis(450 + 2 * pixels as u64)
        );
        total += stroke.delay + stroke.duration;
        most = most.max(pixels);
    }
    assert!((200..=220).contains(&most), "{most} pixels in a stroke");
    assert_eq!(painting.duration(), total);
    let plan = painting.plan("").unwrap();
    let timeline = Timeline::compile(&plan, &TimelineOptions::default());
    assert_eq!(timeline.duration(), total);
}

#[test]
fn the_hand_lingers_over_the_last_touches() {
    let painting = paint(&landscape(), &minute(Technique::ALLA_PRIMA, 1)).unwrap();
    let strokes = painting.strokes();
    let mean = |part: &[Stroke]| {
        part.iter().map(|s| s.delay).sum::<Duration>() / u32::try_from(part.len()).unwrap()
    };
    let third = strokes.len() / 3;
    assert!(mean(&strokes[2 * third..]) > mean(&strokes[..third]));
    assert!(strokes.iter().all(|s| s.delay < Duration::from_secs(3)));
}

#[test]
fn what_runs_out_of_the_picture_is_painted_before_what_stands_in_it() {
    let palette = ["#88AAEE", "#335522", "#DD3322"]
        .map(|hex| Rgb8::parse_hex(hex).unwrap())
        .to_vec();
    let at = |x: i32, y: i32| -> u8 {
        match () {
            () if (x - 48).abs() < 20 && (y - 40).abs() < 25 => 2,
            () if y > 60 => 1,
            () => 0,
        }
    };
    let indices = (0..96 * 96).map(|i| at(i % 96, i / 96)).collect();
    let picture = IndexedImage::new(96, 96, palette.clone(), indices).unwrap();
    for seed in 0..4 {
        let painting = paint(&picture, &minute(Technique::ALLA_PRIMA, seed)).unwrap();
        let order: Vec<Rgb8> = painting.strokes().iter().map(|s| s.color).collect();
        let first = |color: Rgb8| order.iter().position(|&c| c == color).unwrap();
        assert!(first(palette[0]) < first(palette[2]), "{order:?}");
        assert!(first(palette[1]) < first(palette[2]), "{order:?}");
    }
}

#[test]
fn noise_is_painted_by_a_bearable_number_of_strokes() {
    let palette = (0..=255u8).map(|i| Rgb8::new(i, 255 - i, i / 2)).collect();
    let indices = (0..96 * 96u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    let noise = IndexedImage::new(96, 96, palette, indices).unwrap();
    for technique in Technique::ALL {
        let painting = paint(&noise, &minute(technique, 0)).unwrap();
        let strokes = painting.strokes().len();
        // Each of the 256 colours takes at least one.
        assert!(strokes <= 600, "{}: {strokes} strokes", technique.name);
    }
}

#[test]
fn a_seed_varies_the_painting_and_decides_it_wholly() {
    let picture = landscape();
    let one = plan(&picture, &minute(Technique::ALLA_PRIMA, 1));
    assert_eq!(one, plan(&picture, &minute(Technique::ALLA_PRIMA, 1)));
    assert_ne!(one, plan(&picture, &minute(Technique::ALLA_PRIMA, 2)));
}

/// The written plans as numbers: debug and release builds on every machine must come to the same ones.
#[test]
fn plans_have_the_same_bytes_everywhere() {
    let picture = landscape();
    let sums = Technique::ALL.map(|technique| {
        let json = plan(&picture, &minute(technique, 7)).to_json(Version::V1_1);
        json.bytes().fold(0xCBF2_9CE4_8422_2325u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
        })
    });
    insta::assert_debug_snapshot!(sums, @r"
    [
        17874887767076198156,
        13514183103819809167,
        3092264813631804092,
        7411827847529249714,
    ]
    ");
}

#[test]
fn the_smallest_and_the_plainest_pictures_are_painted() {
    for (width, height) in [(1, 1), (1, 7), (2048, 1), (5, 5)] {
        for color in [Canvas::DEFAULT_BACKGROUND, Rgb8::WHITE] {
            let area = (width * height) as usize;
            let picture = IndexedImage::new(width, height, vec![color], vec![0; area]).unwrap();
            for technique in Technique::ALL {
                let plan = plan(&picture, &minute(technique, 0));
                assert_eq!(finished(&plan), bytes(&picture));
                assert_eq!(
                    Timeline::compile(&plan, &TimelineOptions::default()).duration(),
                    Duration::from_secs(60)
                );
            }
        }
    }
}

#[test]
fn the_most_unlike_pictures_end_as_they_are() {
    type Index = fn(u32) -> u8;
    let color = |i: u32| Rgb8::new((i * 7) as u8, (i * 59) as u8, (255 - i) as u8);
    let checkers = |i: u32| ((i % 31 + i / 31) % 2) as u8;
    let noise = |i: u32| (i.wrapping_mul(2_654_435_761) >> 11) as u8 % 255;
    let pictures: [(u32, u32, u32, Index); 6] = [
        (1, 1, 1, |_| 0),
        (1, 300, 3, |i| (i / 7 % 3) as u8),
        (300, 1, 2, |i| (i % 2) as u8),
        (31, 31, 2, checkers),
        (64, 64, 255, noise),
        (40, 40, 255, |i| (i % 255) as u8),
    ];
    for (width, height, colors, index) in pictures {
        let indices = (0..width * height).map(index).collect();
        let palette = (0..colors).map(color).collect();
        let picture = IndexedImage::new(width, height, palette, indices).unwrap();
        for technique in Technique::ALL {
            for tempo in [Tempo::Total(Duration::from_secs(10)), Tempo::default()] {
                let commission = Commission {
                    tempo,
                    ..minute(technique, 5)
                };
                assert_eq!(finished(&plan(&picture, &commission)), bytes(&picture));
            }
        }
    }
}

#[test]
fn a_picture_larger_than_any_canvas_is_refused_in_words() {
    let ribbon = IndexedImage::new(10_000, 1, vec![Rgb8::WHITE], vec![0; 10_000]).unwrap();
    let error = paint(&ribbon, &Commission::default()).unwrap_err();
    insta::assert_snapshot!(error, @"the picture is 10000×1 pixels, a canvas has at most 2048 a side");
}

/// Blobs of colours, with noise over them.
fn any_picture() -> impl Strategy<Value = IndexedImage> {
    (
        1..40u32,
        1..40u32,
        prop_oneof![4 => 1..=12usize, 1 => 13..=255usize],
        any::<u64>(),
        1..9u32,
        0..100u32,
    )
        .prop_map(|(width, height, colors, seed, blob, noise)| {
            let mix = |n: u64| {
                let n = (n ^ seed).wrapping_mul(0x9E37_79B9_7F4A_7C15);
                (n ^ (n >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 32
            };
            let palette = (0..colors as u64)
                .map(|i| mix(i + 1).to_le_bytes())
                .map(|b| Rgb8::new(b[0], b[1], b[2]))
                .collect();
            let indices = (0..u64::from(width * height)).map(|i| {
                let (x, y) = (i % u64::from(width), i / u64::from(width));
                let place = if mix(i << 8) % 100 < u64::from(noise) {
                    i << 16
                } else {
                    (x / u64::from(blob)) << 40 | (y / u64::from(blob)) << 50
                };
                (mix(place) % colors as u64) as u8
            });
            IndexedImage::new(width, height, palette, indices.collect()).unwrap()
        })
}

fn any_commission() -> impl Strategy<Value = Commission> {
    let tempo = prop_oneof![
        (0..120_000u64).prop_map(|ms| Tempo::Total(Duration::from_millis(ms))),
        (0..900u64, 0..9u64, 0..200u64, 0..300usize).prop_map(|(base, px, delay, chunk)| {
            Tempo::Classic {
                base: Duration::from_millis(base),
                per_px: Duration::from_millis(px),
                delay: Duration::from_millis(delay),
                chunk,
            }
        }),
    ];
    let background = proptest::option::of(any::<[u8; 3]>().prop_map(Rgb8::from));
    (0..Technique::ALL.len(), tempo, any::<u64>(), background).prop_map(
        |(technique, tempo, seed, background)| Commission {
            technique: Technique::ALL[technique],
            tempo,
            seed: Seed(seed),
            background,
        },
    )
}

proptest! {
    #[test]
    fn any_painting_ends_in_its_picture_and_in_time(
        picture in any_picture(),
        commission in any_commission(),
    ) {
        let painting = paint(&picture, &commission).unwrap();
        let plan = painting.plan("").unwrap();
        prop_assert_eq!(finished(&plan), bytes(&picture));
        let timeline = Timeline::compile(&plan, &TimelineOptions::default());
        prop_assert_eq!(timeline.duration(), painting.duration());
        if let Tempo::Total(total) = commission.tempo {
            let least = Duration::from_millis(painting.strokes().len() as u64);
            prop_assert_eq!(painting.duration(), total.max(least));
        }
    }

    #[test]
    fn the_older_version_has_the_same_frames(
        picture in any_picture(),
        commission in any_commission(),
        moments in proptest::collection::vec(0.0..1.0f64, 8),
    ) {
        let new = plan(&picture, &commission);
        let old = new.clone().with_pixel_lists();
        let head = |plan: &Plan| {
            Playhead::new(Arc::new(Timeline::compile(plan, &TimelineOptions::default())))
        };
        let (mut new, mut old) = (head(&new), head(&old));
        for moment in moments {
            let at = new.timeline().duration().mul_f64(moment);
            new.seek(at);
            old.seek(at);
            prop_assert_eq!(new.frame().pixels(), old.frame().pixels());
        }
    }
}
