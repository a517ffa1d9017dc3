//! The dashboard and the stage as people meet them: in a browser.

use std::sync::Arc;

use drawstream_core::plan::{Limits, Plan};
use drawstream_core::timeline::{Playhead, Timeline, TimelineOptions};
use serde_json::{Value, json};

use crate::chromium::{Page, installed};
use crate::control::Show;

/// The stage's canvas of the program itself.
async fn native(show: &Show) -> (u64, u64, Vec<u8>) {
    let png = show.bytes("/canvas.png").await;
    let image = image::load_from_memory(&png).unwrap().to_rgb8();
    (
        u64::from(image.width()),
        u64::from(image.height()),
        image.into_raw(),
    )
}

#[tokio::test]
async fn the_browsers_canvas_is_the_native_one_pixel_by_pixel() {
    let Some(chromium) = installed() else {
        eprintln!("no chromium: the browser's canvas is not compared with the native one");
        return;
    };
    let show = Show::start(&["pixel.duration_sec=12", "show.duration_sec=600"]).await;
    show.donate("a red house by a lake at night").await;
    show.until("/queue", |queue| queue["progress"].as_f64() > Some(0.2))
        .await;
    show.post("/queue/pause", &Value::Null).await;
    // It comes in the middle of the drawing, and hears the rest as changes.
    let url = format!("{}/stage?view=canvas", show.address);
    let mut page = Page::open(&chromium, &url, 960, 960).await;
    page.until("document.querySelector('.linen.painted.brushing')")
        .await;
    show.post("/queue/resume", &Value::Null).await;
    show.until("/queue", |queue| queue["progress"].as_f64() > Some(0.5))
        .await;
    show.post("/queue/pause", &Value::Null).await;
    page.until("document.body.dataset.curtain === 'paused'")
        .await;
    let truth = native(&show).await;
    // What was on the way when time stopped arrives within a few looks.
    let mut seen = page.pixels("#canvas").await;
    for _ in 0..20 {
        if seen == truth {
            break;
        }
        page.value("new Promise((done) => setTimeout(done, 50))")
            .await;
        seen = page.pixels("#canvas").await;
    }
    assert_eq!((seen.0, seen.1), (96, 96));
    assert!(
        seen == truth,
        "the browser shows other pixels than the stage"
    );
    page.photograph("stage-canvas").await;

    // And the finished picture is what the plan says.
    show.post("/queue/resume", &Value::Null).await;
    page.until("document.body.dataset.phase === 'holding' && !document.querySelector('.brushing')")
        .await;
    let plan = String::from_utf8(show.bytes("/donations/1/plan.json").await).unwrap();
    let plan = Plan::parse(&plan, &Limits::default()).unwrap();
    let timeline = Arc::new(Timeline::compile(&plan, &TimelineOptions::default()));
    let mut playhead = Playhead::new(Arc::clone(&timeline));
    playhead.seek(timeline.duration());
    let pixels = playhead.frame().pixels().chunks_exact(4);
    let planned: Vec<u8> = pixels
        .flat_map(|pixel| [pixel[0], pixel[1], pixel[2]])
        .collect();
    assert!(
        page.pixels("#canvas").await.2 == planned,
        "the picture is not the plan's"
    );

    // Covered, nothing of it is left on the page.
    show.post("/panic/on", &Value::Null).await;
    page.until("document.querySelector('#canvas').width === 1 && document.body.dataset.curtain === 'covered'").await;
}

#[tokio::test]
async fn a_person_approves_edits_skips_pauses_and_panics_with_clicks() {
    let Some(chromium) = installed() else {
        eprintln!("no chromium: the dashboard is not clicked");
        return;
    };
    let show = Show::start(&["show.approval=all", "pixel.duration_sec=60"]).await;
    for message in [
        "a red house by a lake",
        "<b>кот</b> в шляпе на крыше",
        "a green tree on a hill",
    ] {
        show.donate(message).await;
    }
    for id in 1..=3 {
        show.until_state(id, "held").await;
    }
    let mut page = Page::open(&chromium, &format!("{}/", show.address), 1440, 900).await;
    page.click("#tab-held").await;
    page.until("document.querySelectorAll('#list .item').length === 3")
        .await;
    let words = page
        .value("document.querySelectorAll('#list .words')[1].textContent")
        .await;
    assert_eq!(words, "<b>кот</b> в шляпе на крыше");
    page.photograph("dashboard-held").await;

    page.click("#list .item [data-act=approve]").await;
    page.until("document.querySelectorAll('#list .item').length === 2")
        .await;
    show.until("/queue", |queue| queue["active"]["id"] == 1)
        .await;
    page.click("#list .item [data-act=approve]").await;
    show.until_state(2, "ready").await;
    page.until("document.querySelectorAll('#list .item').length === 1")
        .await;

    page.click("#list .item [data-act=edit]").await;
    page.until("document.querySelector('#edit').open").await;
    page.fill("#edit-words", "a yellow boat at sea").await;
    page.photograph("dashboard-edit").await;
    page.click("#edit button[value=ok]").await;
    let edited = show
        .until("/donations/3", |d| {
            d["message"] == "a yellow boat at sea" && d["state"] == "held"
        })
        .await;
    assert_eq!(edited["marks"], json!(["test", "edited"]));

    page.click("#pause").await;
    show.until("/queue", |queue| queue["curtain"] == "paused")
        .await;
    page.until("document.querySelector('#air.paused')").await;
    page.click("#pause").await;
    show.until("/queue", |queue| queue["curtain"] == "up").await;

    page.click("#tab-waiting").await;
    page.until("document.querySelector('.linen.painted')").await;
    page.click("#skip").await;
    show.until("/queue", |queue| queue["active"]["id"] == 2)
        .await;
    page.until("document.querySelector('#donor').textContent === 'Ann'")
        .await;
    page.photograph("dashboard").await;

    page.click("#panic").await;
    show.until("/queue", |queue| queue["curtain"] == "covered")
        .await;
    page.until("!document.querySelector('#banner').hidden")
        .await;
    page.photograph("dashboard-panic").await;
    page.click("#panic").await;
    show.until("/queue", |queue| queue["curtain"] == "up").await;
    assert_eq!(
        page.value("document.querySelectorAll('#list b b').length")
            .await,
        0
    );

    let mut phone = Page::open(&chromium, &format!("{}/", show.address), 390, 844).await;
    phone
        .until("document.querySelector('.linen.painted') && document.querySelector('#list .item')")
        .await;
    let wide = phone.value("document.documentElement.scrollWidth").await;
    assert_eq!(wide, 390, "the dashboard is wider than the phone");
    phone.photograph("dashboard-phone").await;
    for view in ["", "?view=hud", "?view=queue", "?view=portrait"] {
        let (width, height) = if view.contains("portrait") {
            (1080, 1920)
        } else {
            (1920, 1080)
        };
        let url = format!("{}/stage{view}", show.address);
        let mut stage = Page::open(&chromium, &url, width, height).await;
        stage
            .until("document.querySelector('#donor').textContent === 'Ann'")
            .await;
        stage
            .until("document.querySelector('.linen.painted')")
            .await;
        let name = view.trim_start_matches("?view=");
        stage
            .photograph(&format!(
                "stage-page-{}",
                if name.is_empty() { "whole" } else { name }
            ))
            .await;
    }
}
