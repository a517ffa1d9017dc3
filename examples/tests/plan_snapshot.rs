//! How to keep a plan under a snapshot test: its canonical JSON, and its picture as letters.

use drawstream_core::color::Rgb8;
use drawstream_core::plan::Version;
use drawstream_core::timeline::{Timeline, TimelineOptions};
use drawstream_examples::house;

#[test]
fn the_house_keeps_its_plan() {
    insta::assert_snapshot!(
        house()
            .expect("it is within every limit")
            .to_json(Version::V1_0)
    );
}

#[test]
fn the_house_keeps_its_picture() {
    let plan = house().expect("it is within every limit");
    let picture = Timeline::compile(&plan, &TimelineOptions::default()).finished();
    let letters: Vec<String> = (0..picture.height())
        .map(|y| {
            (0..picture.width())
                .map(|x| letter(picture.color_at(x, y).map(Rgb8::channels)))
                .collect()
        })
        .collect();
    insta::assert_snapshot!(letters.join("\n"));
}

fn letter(color: Option<[u8; 3]>) -> char {
    match color {
        Some([28, ..]) => '.',
        Some([150, ..]) => 'w',
        Some([170, ..]) => 'r',
        Some([255, 210, ..]) => 'L',
        Some([255, ..]) => '*',
        _ => ' ',
    }
}
