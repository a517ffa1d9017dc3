//! The painters against servers that do everything wrong that such servers do.

use drawstream::config::{Config, PainterName};
use drawstream::health::Grade;
use drawstream::painters::{Painter, PainterError, Picture, Sitting, painter, roster};
use drawstream_core::gate::{ApprovedScene, Gate};
use drawstream_core::scene::Seed;
use drawstream_core::sketch;

use crate::fakes::images::{self, Manners, Picture as Painted};
use crate::fakes::language;
use crate::fakes::{Mishap, Served};
use crate::planner_servers::request;

const NAMES: [PainterName; 3] = [
    PainterName::WebUi,
    PainterName::ComfyUi,
    PainterName::OpenAiImages,
];

async fn server(name: PainterName, manners: Manners) -> Served {
    match name {
        PainterName::ComfyUi => images::comfyui(manners).await,
        PainterName::OpenAiImages => images::openai(manners).await,
        _ => images::webui(manners).await,
    }
}

fn settings(url: &str, more: &[(&str, &str)]) -> Config {
    let images = format!("{url}/v1");
    let own = [
        ("webui.url", url),
        ("comfyui.url", url),
        ("openai_images.url", images.as_str()),
        ("openai_images.model", "painter-1"),
        ("painter.timeout_sec", "2"),
        ("planner.endpoint", url),
        ("planner.model", language::MODEL),
    ];
    let flags = own.iter().chain(more);
    let flags: Vec<_> = flags
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect();
    Config::load(None, &flags).unwrap()
}

fn hired(name: PainterName, url: &str, more: &[(&str, &str)]) -> Box<dyn Painter> {
    painter(name, &settings(url, more)).unwrap()
}

fn scene() -> ApprovedScene {
    let request = request("a red fox in the snow").unwrap();
    let scene = sketch::plan(request.text(), Seed(1));
    Gate::default().judge_scene(&request, scene).unwrap()
}

async fn paint(painter: &dyn Painter) -> Result<Picture, PainterError> {
    painter.paint(&scene(), &Sitting::default()).await
}

#[tokio::test]
async fn a_picture_comes_from_each_kind_of_server() {
    for name in NAMES {
        let server = server(name, Manners::default()).await;
        let painter = hired(name, &server.url, &[]);
        assert_eq!(painter.check().await.grade, Grade::Good, "{name:?}");
        let sitting = Sitting::default();
        match painter.paint(&scene(), &sitting).await.unwrap() {
            Picture::Painted(picture) => assert!(picture.width() >= 768),
            Picture::Indexed(_) => panic!("{name:?} paints pixels"),
        }
        if name == PainterName::ComfyUi {
            assert!((*sitting.progress.borrow() - 0.5).abs() < 1e-6);
        }
    }
}

#[tokio::test]
async fn who_looks_at_previews_is_shown_them() {
    let server = images::webui(Manners {
        endless: true,
        ..Manners::default()
    })
    .await;
    let painter = hired(PainterName::WebUi, &server.url, &[]);
    let (scene, sitting) = (scene(), Sitting::default());
    let mut previews = sitting.preview.subscribe();
    tokio::select! {
        painted = painter.paint(&scene, &sitting) => panic!("{painted:?}"),
        shown = previews.changed() => shown.unwrap(),
    }
    let rough = previews.borrow().clone().unwrap();
    assert_eq!(
        (rough.dimensions(), *sitting.progress.borrow()),
        ((128, 128), 0.4)
    );

    let server = images::comfyui(Manners::default()).await;
    let painter = hired(PainterName::ComfyUi, &server.url, &[]);
    let sitting = Sitting::default();
    let previews = sitting.preview.subscribe();
    painter.paint(&scene, &sitting).await.unwrap();
    assert_eq!(previews.borrow().clone().unwrap().dimensions(), (128, 128));
}

#[tokio::test]
async fn the_lora_is_asked_for_in_the_way_that_the_server_reads() {
    let tagged = images::webui(Manners::default()).await;
    paint(&*hired(PainterName::WebUi, &tagged.url, &[]))
        .await
        .unwrap();
    let asked = &tagged.log.of("/sdapi/v1/txt2img")[0];
    assert!(
        asked["prompt"]
            .as_str()
            .unwrap()
            .ends_with("<lora:pixel-art-xl:1>")
    );
    assert!(asked["lora"].is_null());

    let structured = images::webui(Manners {
        is_cpp: true,
        ..Manners::default()
    })
    .await;
    paint(&*hired(PainterName::WebUi, &structured.url, &[]))
        .await
        .unwrap();
    let asked = &structured.log.of("/sdapi/v1/txt2img")[0];
    assert_eq!(asked["lora"][0]["path"], "sdxl/pixel-art-xl.safetensors");
    assert!(!asked["prompt"].as_str().unwrap().contains('<'));

    let graph = images::comfyui(Manners::default()).await;
    let strength = [("painter.lora_strength", "1.5")];
    paint(&*hired(PainterName::ComfyUi, &graph.url, &strength))
        .await
        .unwrap();
    let asked = &graph.log.of("/prompt")[0]["prompt"];
    assert_eq!(
        asked["2"]["inputs"]["lora_name"],
        "sdxl\\pixel-art-xl.safetensors"
    );
    assert_eq!(asked["2"]["inputs"]["strength_model"], 1.5);
    assert_eq!(asked["6"]["inputs"]["model"][0], "2");
}

#[tokio::test]
async fn a_lora_that_the_server_lacks_is_an_error_before_anything_is_painted() {
    for name in [PainterName::WebUi, PainterName::ComfyUi] {
        let server = server(
            name,
            Manners {
                lacks_lora: true,
                ..Manners::default()
            },
        )
        .await;
        let painter = hired(name, &server.url, &[]);
        let health = painter.check().await;
        assert_eq!(health.grade, Grade::Bad);
        assert!(
            health
                .state
                .contains("does not have the LoRA pixel-art-xl; it has other"),
            "{}",
            health.state
        );
        assert!(
            health
                .mend
                .unwrap()
                .contains("pixel-art-xl.safetensors into models/")
        );
        assert!(matches!(
            paint(&*painter).await,
            Err(PainterError::Broken(_))
        ));
        assert!(
            server.log.of("/sdapi/v1/txt2img").is_empty() && server.log.of("/prompt").is_empty()
        );
        let without = hired(name, &server.url, &[("painter.lora_weight", "none")]);
        assert!(paint(&*without).await.is_ok());
    }
}

#[tokio::test]
async fn no_mishap_of_a_server_is_a_picture() {
    for name in NAMES {
        for mishap in Mishap::ALL {
            let server = server(
                name,
                Manners {
                    mishap: Some(mishap),
                    ..Manners::default()
                },
            )
            .await;
            let painted = paint(&*hired(name, &server.url, &[("painter.timeout_sec", "1")])).await;
            match (mishap, painted) {
                (Mishap::Slow, Ok(_)) if name != PainterName::ComfyUi => {}
                (_, Err(error)) => assert!(!error.to_string().contains("fox"), "{error}"),
                (_, Ok(_)) => panic!("{name:?} took {mishap:?} for a picture"),
            }
        }
    }
}

#[tokio::test]
async fn a_picture_that_is_none_is_not_shown() {
    let wrong = [
        (Painted::Black, "it is black"),
        (Painted::Page, "it cannot be decoded"),
        (Painted::WrongSize, "was asked for"),
    ];
    for name in NAMES {
        for (picture, why) in wrong {
            if name == PainterName::OpenAiImages && picture == Painted::WrongSize {
                continue;
            }
            let server = server(
                name,
                Manners {
                    picture,
                    ..Manners::default()
                },
            )
            .await;
            let error = paint(&*hired(name, &server.url, &[])).await.unwrap_err();
            assert!(matches!(error, PainterError::Unusable(_)), "{error}");
            assert!(error.to_string().contains(why), "{name:?}: {error}");
        }
    }
}

#[tokio::test]
async fn another_try_takes_another_seed() {
    let server = images::webui(Manners::default()).await;
    let painter = hired(PainterName::WebUi, &server.url, &[]);
    for attempt in 0..2 {
        let sitting = Sitting {
            attempt,
            ..Sitting::default()
        };
        painter.paint(&scene(), &sitting).await.unwrap();
    }
    let asked = server.log.of("/sdapi/v1/txt2img");
    assert_ne!(asked[0]["seed"], asked[1]["seed"]);
}

#[tokio::test]
async fn a_painting_that_nobody_wants_any_more_is_stopped_on_the_server() {
    for (name, begun, stopped) in [
        (
            PainterName::WebUi,
            "/sdapi/v1/txt2img",
            "/sdapi/v1/interrupt",
        ),
        (PainterName::ComfyUi, "/prompt", "/interrupt"),
    ] {
        for is_dropped in [false, true] {
            let server = server(
                name,
                Manners {
                    endless: true,
                    ..Manners::default()
                },
            )
            .await;
            let painter = hired(name, &server.url, &[("painter.timeout_sec", "600")]);
            let sitting = Sitting::default();
            let scene = scene();
            let mut painting = painter.paint(&scene, &sitting);
            tokio::select! {
                _ = &mut painting => panic!("it never ends"),
                () = server.log.until(begun) => {}
            }
            if is_dropped {
                drop(painting);
            } else {
                sitting.cancel.cancel();
                assert!(matches!(painting.await, Err(PainterError::Cancelled)));
            }
            server.log.until(stopped).await;
        }
    }
}

#[tokio::test]
async fn a_broken_socket_costs_no_picture() {
    let server = images::comfyui(Manners {
        cuts_socket: true,
        ..Manners::default()
    })
    .await;
    let painter = hired(
        PainterName::ComfyUi,
        &server.url,
        &[("painter.timeout_sec", "20")],
    );
    assert!(paint(&*painter).await.is_ok());
}

#[tokio::test]
async fn the_card_is_given_back_and_taken_again() {
    let server = images::webui(Manners::default()).await;
    let painter = hired(PainterName::WebUi, &server.url, &[]);
    paint(&*painter).await.unwrap();
    painter.release().await;
    paint(&*painter).await.unwrap();
    let paths = server.log.paths();
    let at = |path: &str| paths.iter().position(|p| p == path).unwrap();
    assert!(at("/sdapi/v1/unload-checkpoint") < at("/sdapi/v1/reload-checkpoint"));
    let server = images::comfyui(Manners::default()).await;
    hired(PainterName::ComfyUi, &server.url, &[])
        .release()
        .await;
    assert_eq!(server.log.of("/free")[0]["unload_models"], true);
}

#[tokio::test]
async fn a_language_model_paints_with_steps_and_not_with_words() {
    let house = r##"{"background": "#203050", "steps": [
        {"op": "rect", "x": 0, "y": 60, "w": 96, "h": 36, "fill": "#2E7D32"},
        {"op": "rect", "x": 30, "y": 40, "w": 36, "h": 30, "fill": "#A86B3F"},
        {"op": "text", "x": 1, "y": 1, "value": "visit my site", "color": "#FFFFFF"},
        {"op": "polygon", "points": [[26, 40], [48, 20], [70, 40]], "fill": "#C62828"}]}"##;
    let server = language::start(move |_, _| house.into()).await;
    let painter = hired(PainterName::LlmDsl, &server.url, &[]);
    match paint(&*painter).await.unwrap() {
        Picture::Indexed(art) => assert_eq!((art.width(), art.height()), (96, 96)),
        Picture::Painted(_) => panic!("it is pixel art already"),
    }
    assert!(server.log.of("/v1/chat/completions")[0]["response_format"]["json_schema"]["schema"]["properties"]["steps"].is_object());
    let server = language::start(|_, _| "a house".into()).await;
    let painter = hired(PainterName::LlmDsl, &server.url, &[]);
    assert!(matches!(
        paint(&*painter).await,
        Err(PainterError::Unusable(_))
    ));
}

#[test]
fn the_order_is_as_configured_and_the_built_in_painter_is_always_there() {
    let names = |more: &[(&str, &str)]| -> Vec<&str> {
        let flags: Vec<_> = more
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect();
        let painters = roster(&Config::load(None, &flags).unwrap()).unwrap();
        painters.iter().map(|painter| painter.name()).collect()
    };
    assert_eq!(names(&[]), ["sketch"]);
    let both = [
        ("webui.url", "http://127.0.0.1:7860"),
        ("comfyui.url", "http://127.0.0.1:8188"),
    ];
    assert_eq!(names(&both), ["comfyui", "webui", "sketch"]);
    let order = [both[0], ("painters", "sketch,webui,webui")];
    assert_eq!(names(&order), ["webui", "sketch"]);
    let flags = [("painters".to_owned(), "webui".to_owned())];
    let error = roster(&Config::load(None, &flags).unwrap()).err().unwrap();
    assert!(format!("{error:?}").contains("nobody said where the painter webui is"));
}
