//! What the built-in planner understands and what the painter makes of it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::{paint, plan, underdrawing};
use crate::pixelize::IndexedImage;
use crate::plan::CanvasSize;
use crate::scene::{Place, Scene, Seed};

fn size(w: u16, h: u16) -> CanvasSize {
    CanvasSize::new(w, h).unwrap()
}

/// One line a scene: its subjects, then its setting.
fn told(scene: &Scene) -> String {
    let mut line = String::new();
    for subject in &scene.subjects {
        let _ = write!(line, "{}×{}", subject.count, subject.name);
        if let Some(color) = subject.color {
            let _ = write!(line, " {color}");
        }
        if subject.place != Place::Ground {
            let _ = write!(line, " {:?}", subject.place);
        }
        line.push_str("; ");
    }
    let setting = scene.setting.as_deref().unwrap_or("-");
    let _ = write!(line, "@ {setting}");
    line
}

#[test]
fn requests_are_understood_in_both_languages() {
    let requests = include_str!("../../../fixtures/sketch/requests.txt");
    let mut table = String::new();
    for request in requests.lines() {
        let scene = plan(request, Seed(1));
        let _ = writeln!(table, "{request}\n    {}", told(&scene));
    }
    insta::assert_snapshot!(table);
}

#[test]
fn the_same_words_say_the_same_in_both_languages() {
    for (english, russian) in [
        (
            "three foxes under a tree at night",
            "три лисы под деревом ночью",
        ),
        ("a cat in a hat on a roof", "кот в шляпе на крыше"),
        ("red dragon", "красный дракон"),
        (
            "two dogs on the beach at sunset",
            "две собаки на пляже на закате",
        ),
        ("five cats", "5 котов"),
        (
            "a white rabbit in the snowy forest",
            "белый кролик в заснеженном лесу",
        ),
        ("underwater shark", "акула под водой"),
        ("lighthouse by the sea in a storm", "маяк у моря в шторм"),
    ] {
        let (a, b) = (plan(english, Seed(1)), plan(russian, Seed(1)));
        let facts = |scene: &Scene| -> Vec<String> {
            scene
                .subjects
                .iter()
                .map(|s| format!("{} {} {:?} {:?}", s.name, s.count, s.color, s.place))
                .collect()
        };
        assert_eq!(facts(&a), facts(&b), "{english} / {russian}");
    }
}

#[test]
fn what_nothing_is_known_of_is_an_abstract_picture_of_its_words() {
    let scenes: Vec<Scene> = ["", "фывапролдж ячсмить", "qwrtp zxcvb", "☰☱☲", "\u{200b}"]
        .iter()
        .map(|text| plan(text, Seed(5)))
        .collect();
    for scene in &scenes {
        assert!(scene.subjects.is_empty());
        assert_eq!(scene.setting, None);
        assert!(scene.prompt.contains("abstract"));
    }
    let pictures: Vec<IndexedImage> = scenes.iter().map(|s| paint(s, size(48, 48), 12)).collect();
    assert!(pictures.windows(2).all(|pair| pair[0] != pair[1]));
}

#[test]
fn prompts_stay_within_their_limits_however_long_a_request_is() {
    let long = "три красные лисы и зеленый дракон под деревом, ".repeat(400);
    let dense = "x".repeat(10_000);
    let english = "seven golden unicorns riding a purple rocket ".repeat(300);
    for request in [&long, &dense, &english] {
        let scene = plan(request, Seed(1));
        let words = scene.prompt.split_whitespace().count();
        assert!(words <= Scene::MAX_PROMPT_WORDS, "{words} words");
        assert!(scene.prompt.len() <= 2 * Scene::MAX_PROMPT_LETTERS);
        assert!(scene.style_notes.split_whitespace().count() <= Scene::MAX_STYLE_WORDS);
        assert!(scene.subjects.len() <= 9 && scene.palette.len() <= 6);
        assert!(scene.subjects.iter().all(|s| (1..=12).contains(&s.count)));
    }
}

#[test]
fn every_size_and_number_of_colours_is_kept_to() {
    for request in ["кот в шляпе на крыше", "корабль в море ночью", "???"]
    {
        let scene = plan(request, Seed(3));
        for (w, h, colors) in [
            (32, 32, 4),
            (96, 96, 12),
            (256, 144, 16),
            (64, 128, 8),
            (1, 1, 2),
            (700, 20, 12),
        ] {
            let picture = paint(&scene, size(w, h), colors);
            assert_eq!(
                (picture.width(), picture.height()),
                (u32::from(w), u32::from(h))
            );
            assert!(picture.palette().len() <= usize::from(colors));
        }
    }
}

#[test]
fn an_underdrawing_has_few_flat_masses_of_the_same_picture() {
    let scene = plan("маяк у моря на закате", Seed(2));
    let (rough, full) = (
        underdrawing(&scene, size(96, 96)),
        paint(&scene, size(96, 96), 12),
    );
    assert!((3..=5).contains(&rough.palette().len()));
    let changes =
        |image: &IndexedImage| image.indices().windows(2).filter(|p| p[0] != p[1]).count();
    assert!(
        changes(&rough) * 2 < changes(&full),
        "{} of {}",
        changes(&rough),
        changes(&full)
    );
}

#[test]
fn a_wished_colour_is_seen_on_the_subject() {
    let count = |request: &str, is: fn(u8, u8, u8) -> bool| {
        let picture = paint(&plan(request, Seed(1)), size(96, 96), 12).to_rgb();
        picture.pixels().filter(|p| is(p[0], p[1], p[2])).count()
    };
    let red = |r: u8, g: u8, b: u8| r > 150 && g < 110 && b < 110;
    let blue = |r: u8, g: u8, b: u8| b > 130 && r < 90 && g < 130;
    assert!(count("красный дракон днем", red) > 250);
    assert!(count("a blue dragon, daytime, meadow", blue) > 200);
}

#[test]
fn a_scene_from_another_planner_is_painted_too() {
    let scene = Scene {
        prompt: String::new(),
        negative_prompt: String::new(),
        style_notes: String::new(),
        palette: Vec::new(),
        subjects: vec![crate::scene::Subject {
            name: "a sleepy orange kitten".to_owned(),
            emoji: None,
            count: 2,
            color: None,
            place: Place::On(7),
        }],
        setting: Some("a quiet mountain lake at dawn, mist".to_owned()),
        seed: Seed(1),
    };
    let with = paint(&scene, size(96, 96), 12);
    let empty = Scene {
        subjects: Vec::new(),
        ..scene
    };
    let changed = with
        .to_rgb()
        .pixels()
        .zip(paint(&empty, size(96, 96), 12).to_rgb().pixels())
        .filter(|(a, b)| a != b)
        .count();
    assert!(changed > 600, "{changed} pixels of kittens");
}

fn golden_path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fixtures/sketch")
        .join(name)
}

/// Compares exactly; a failure leaves the picture that was made in the target folder.
fn fault_of_golden(name: &str, request: &str, (w, h): (u16, u16)) -> Option<String> {
    let actual = paint(&plan(request, Seed(1)), size(w, h), 12).to_rgb();
    let expected = image::open(golden_path(name))
        .map(|image| image.to_rgb8())
        .unwrap_or_default();
    if actual == expected {
        return None;
    }
    let left = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/sketch-actual");
    std::fs::create_dir_all(&left).unwrap();
    actual.save(left.join(name)).unwrap();
    let differing = actual
        .enumerate_pixels()
        .find(|(x, y, p)| expected.get_pixel_checked(*x, *y) != Some(p))
        .map(|(x, y, p)| (x, y, *p));
    Some(format!(
        "{name}: first differing pixel {differing:?}; the picture made lies in {}",
        left.display()
    ))
}

#[test]
fn the_same_words_give_the_same_bytes_everywhere() {
    let faults: Vec<String> = [
        ("cat-hat-roof.png", "кот в шляпе на крыше", (96, 96)),
        (
            "foxes-tree-night.png",
            "three foxes under a tree at night",
            (96, 96),
        ),
        (
            "aurora-cabin.png",
            "уютный домик под северным сиянием",
            (128, 96),
        ),
        (
            "lighthouse-storm.png",
            "маяк на берегу моря, шторм",
            (96, 96),
        ),
        ("pirate-ship.png", "пират на корабле", (96, 96)),
        ("abstract.png", "фывапр олдж", (96, 96)),
    ]
    .into_iter()
    .filter_map(|(name, request, size)| fault_of_golden(name, request, size))
    .collect();
    assert_eq!(faults, Vec::<String>::new());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_planned_and_painted(text in "\\PC{0,120}", seed: u64) {
        let scene = plan(&text, Seed(seed));
        prop_assert!(scene.prompt.split_whitespace().count() <= Scene::MAX_PROMPT_WORDS);
        let picture = paint(&scene, size(33, 40), 12);
        prop_assert!(picture.palette().len() <= 12);
    }

    #[test]
    fn any_mix_of_known_words_is_planned_and_painted(
        words in proptest::collection::vec(
            prop::sample::select(vec![
                "кот", "лиса", "дом", "шляпа", "на", "в", "под", "с", "и", "над", "лодка", "море", "ночь", "три", "красный",
                "tree", "under", "on", "with", "dragon", "space", "12", "giant", "tiny", "flying", "room", "umbrella", "🐱", "🚀",
                "лес", "снег", "за", "рядом", "маяк", "рыцарь", "корона", "цветы", "clouds",
            ]),
            0..12,
        ),
        seed: u64,
    ) {
        let scene = plan(&words.join(" "), Seed(seed));
        let picture = paint(&scene, size(40, 33), 12);
        prop_assert!(picture.palette().len() <= 12);
        prop_assert_eq!(&picture, &paint(&scene, size(40, 33), 12));
    }
}
