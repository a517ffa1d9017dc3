use drawstream_core::donation::RawText;
use drawstream_core::gate::{Field, Gate};

use super::*;
use crate::ledger::Work;

const PLAN: &str = r##"{"version":"1.0","canvas":{"w":8,"h":4,"bg":"#101010"},"caption":"","seed":77,"steps":[
    {"op":"rect","x":1,"y":1,"w":3,"h":2,"fill":"#c03030","animate":{"mode":"fill","duration_ms":400}}]}"##;

fn wall(id: u64, donor: &str, title: &str) -> Wall {
    let gate = Gate::default();
    let text = |text: &str, field| Some(gate.screen_text(&RawText::new(text), field));
    let work = Work {
        plan: Some(PLAN.to_owned()),
        ..Work::default()
    };
    Wall {
        id: DonationId(id),
        donor: text(donor, Field::Name),
        title: text(title, Field::Message),
        day: "2026-11-22".to_owned(),
        piece: Piece::of(&work).unwrap(),
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn pages_have_every_work_and_no_markup_of_a_viewer_and_lose_what_was_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let gallery = Gallery::new(folder.path().join("gallery"));
    let site = Site::open(&folder.path().join("site"), Locale::En, "All for you").unwrap();
    let walls = [
        wall(12, "Ann", "a <b onclick=x()>cat</b> & \"dog\""),
        wall(7, "<script>alert(1)</script>", "a boat"),
    ];
    site.build(&walls, &gallery).unwrap();
    let at = folder.path().join("site");
    assert_eq!(names(&at), ["index.html", "style.css", "works"]);
    let all =
        ["000007", "000012"].map(|id| ["gif", "html", "png"].map(|end| format!("{id}.{end}")));
    assert_eq!(names(&at.join("works")), all.concat());
    for page in ["index.html", "works/000012.html", "works/000007.html"] {
        let html = fs::read_to_string(at.join(page)).unwrap();
        assert!(
            !html.contains("<script") && !html.contains("<b onclick"),
            "{html}"
        );
        assert!(!html.contains("http"), "nothing of the network: {html}");
    }
    let page = fs::read_to_string(at.join("works/000012.html")).unwrap();
    assert!(
        page.contains("a &lt;b onclick=x()&gt;cat&lt;/b&gt; &amp; &quot;dog&quot;"),
        "{page}"
    );
    assert!(page.contains("<a href=\"000007.html\">Older</a>"), "{page}");

    site.build(&walls[1..], &gallery).unwrap();
    assert_eq!(names(&at.join("works")), all[0]);
    assert!(
        !fs::read_to_string(at.join("index.html"))
            .unwrap()
            .contains("Ann")
    );

    fs::write(at.join("index.html"), "<title>my own page</title>").unwrap();
    let refused = Site::open(&at, Locale::En, "").unwrap_err().to_string();
    assert!(refused.contains("not a gallery's"), "{refused}");
}

#[test]
fn a_picture_tells_how_it_was_made_and_not_for_whom() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.png");
    wall(1, "Ann", "a planted cat")
        .piece
        .write_picture(&path)
        .unwrap();
    let png = fs::read(&path).unwrap();
    let reader = png::Decoder::new(io::Cursor::new(&png))
        .read_info()
        .unwrap();
    let mut notes: Vec<_> = reader
        .info()
        .utf8_text
        .iter()
        .map(|note| (note.keyword.as_str(), note.get_text().unwrap()))
        .collect();
    notes.sort();
    assert_eq!(
        notes,
        [
            ("Plan version", "1.0".to_owned()),
            ("Seed", "77".to_owned()),
            ("Software", "drawstream".to_owned())
        ]
    );
    assert_eq!((reader.info().width, reader.info().height), (768, 384));
    assert!(!png.windows(7).any(|bytes| bytes == b"planted"));
}

#[test]
fn pictures_are_enlarged_by_whole_factors() {
    assert_eq!(fitted((96, 96), 288), (288, 288));
    assert_eq!(fitted((96, 96), 350), (288, 288));
    assert_eq!(fitted((100, 50), 288), (200, 100));
    assert_eq!(fitted((512, 256), 288), (288, 144));
}
