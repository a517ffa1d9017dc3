//! The whole program with a language model's and an image model's server at once.

use std::io::{Read as _, Write as _};

use drawstream_core::donation::DonationId;
use serde_json::Value;

use crate::control::Show;
use crate::fakes::images::{self, Manners};
use crate::fakes::language::{self, GOOD};
use crate::fakes::{Log, Served};

fn settings(llm: &Served, painter: &Served, more: &[&str]) -> Vec<String> {
    let mut all = vec![
        format!("planner.endpoint={}", llm.url),
        format!("planner.model={}", language::MODEL),
        "planner.backend=ollama".to_owned(),
        "planner.retry_attempts=0".to_owned(),
        format!("webui.url={}", painter.url),
        "pixel.duration_sec=1".to_owned(),
        "show.duration_sec=1".to_owned(),
    ];
    all.extend(more.iter().map(|&setting| setting.to_owned()));
    all
}

async fn show(settings: &[String]) -> Show {
    let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
    Show::start(&settings).await
}

/// When a donation came into this state, in milliseconds since 1970.
fn since(show: &Show, id: u64, state: &str) -> i64 {
    let history = drawstream::ledger::History::open(&show.data().join("ledger.db")).unwrap();
    let (_, changes) = history.show(DonationId(id)).unwrap();
    let change = changes.iter().find(|change| change.state.name() == state);
    change
        .unwrap_or_else(|| panic!("#{id} never was {state}: {changes:?}"))
        .at_ms
}

#[tokio::test]
async fn on_one_card_each_model_leaves_before_the_other_works_and_the_next_one_is_made_meanwhile() {
    let log = Log::default();
    let llm = language::start_with(log.clone(), |_, _| GOOD.into()).await;
    let painter = images::webui_with(log.clone(), Manners::default()).await;
    let more = [
        "gpu.sharing=swap",
        "pixel.duration_sec=4",
        "show.duration_sec=3",
    ];
    let show = show(&settings(&llm, &painter, &more)).await;
    show.donate("a red fox").await;
    show.until_state(1, "drawing").await;
    show.donate("a blue whale").await;
    show.until_state(2, "shown").await;
    let calls: Vec<String> = log.paths();
    let calls: Vec<&str> = calls
        .iter()
        .map(String::as_str)
        .filter(|path| *path != "/sdapi/v1/progress")
        .collect();
    let one = [
        "/api/chat",
        "/api/generate",
        "/api/ps",
        "/api/ps",
        "/api/ps",
    ];
    let expected = [
        &one[..],
        &["/sdapi/v1/txt2img", "/sdapi/v1/unload-checkpoint"],
        &one[..],
        &["/sdapi/v1/reload-checkpoint", "/sdapi/v1/txt2img"],
    ]
    .concat();
    assert_eq!(calls, expected);
    assert!(
        log.of("/api/generate")
            .iter()
            .all(|asked| asked["keep_alive"] == 0)
    );
    assert!(since(&show, 2, "planned") < since(&show, 1, "shown"));
    assert!(since(&show, 2, "ready") < since(&show, 2, "drawing"));
}

#[tokio::test]
async fn what_no_model_gives_a_verdict_about_waits_for_a_person_and_for_the_gate() {
    let llm = language::start(|_, _| "I like foxes.".into()).await;
    let painter = images::webui(Manners::default()).await;
    let first = settings(&llm, &painter, &["planner.unsure=person"]);
    let program = show(&first).await;
    program.donate("a red fox").await;
    program.donate("a blue whale").await;
    let held = program.until_state(1, "held").await;
    assert_eq!(
        held["reason"],
        "no planner gave a verdict: a person decides"
    );
    assert_eq!(held["picture"], Value::Null);
    program.until_state(2, "held").await;
    program
        .until("/queue", |queue| {
            queue["phase"] == "idle" && queue["size"] == 0
        })
        .await;

    // It waits over a restart; and by then the streamer has a word of their own against whales.
    let mut words = tempfile::NamedTempFile::new().unwrap();
    writeln!(words, "harassment | whale").unwrap();
    let own = format!("gate.words={}", words.path().display());
    let second = settings(&llm, &painter, &["planner.unsure=person", &own]);
    let second: Vec<&str> = second.iter().map(String::as_str).collect();
    let program = program.again(&second).await;
    for id in [1, 2] {
        assert_eq!(
            program.get(&format!("/donations/{id}")).await["state"],
            "held"
        );
    }
    assert!(painter.log.of("/sdapi/v1/txt2img").is_empty());
    for id in [1, 2] {
        let path = format!("/donations/{id}/approve");
        assert_eq!(program.post(&path, &Value::Null).await.0, 202);
    }
    program.until_state(1, "shown").await;
    program.until_state(2, "refused").await;
    assert_eq!(painter.log.of("/sdapi/v1/txt2img").len(), 1);
}

#[tokio::test]
async fn a_lora_that_is_missing_is_said_before_anybody_has_given_and_the_next_painter_paints() {
    let llm = language::start(|_, _| GOOD.into()).await;
    let manners = Manners {
        lacks_lora: true,
        ..Manners::default()
    };
    let painter = images::webui(manners).await;
    let program = show(&settings(&llm, &painter, &[])).await;
    let missing = "the server does not have the LoRA pixel-art-xl; it has other";
    let said = program.log().lines().find(|line| line.contains(missing));
    let said = said.unwrap_or_else(|| panic!("{}", program.log()));
    assert!(
        said.contains("ERROR") && said.contains("put pixel-art-xl.safetensors into models/Lora")
    );
    let workers = program.everything().await["workers"].clone();
    let webui = workers
        .as_array()
        .unwrap()
        .iter()
        .find(|worker| worker["name"] == "webui");
    let webui = webui.unwrap();
    assert_eq!(
        (&webui["up"], &webui["health"]["grade"]),
        (&Value::Bool(false), &"bad".into())
    );
    assert_eq!(webui["health"]["state"], missing);
    program.donate("a red fox").await;
    program.until_state(1, "shown").await;
    assert!(painter.log.of("/sdapi/v1/txt2img").is_empty());
}

#[tokio::test]
async fn every_painter_paints_from_the_command_line_and_the_samples_fill_their_folders() {
    let llm = language::start(|_, asked| {
        if asked.to_string().contains("background") {
            r##"{"background": "#203050", "steps": [
                {"op": "rect", "x": 0, "y": 60, "w": 96, "h": 36, "fill": "#2E7D32"},
                {"op": "rect", "x": 30, "y": 40, "w": 36, "h": 30, "fill": "#A86B3F"},
                {"op": "circle", "cx": 80, "cy": 14, "r": 8, "fill": "#FFEE99"},
                {"op": "polygon", "points": [[26, 60], [48, 20], [70, 60]], "fill": "#C62828"}]}"##
                .into()
        } else {
            GOOD.into()
        }
    })
    .await;
    let webui = images::webui(Manners::default()).await;
    let comfyui = images::comfyui(Manners::default()).await;
    let openai = images::openai(Manners::default()).await;
    let folder = tempfile::tempdir().unwrap();
    let settings = [
        format!("planner.endpoint={}", llm.url),
        format!("planner.model={}", language::MODEL),
        "planner.backend=ollama".to_owned(),
        format!("webui.url={}", webui.url),
        format!("comfyui.url={}", comfyui.url),
        format!("openai_images.url={}/v1", openai.url),
        "openai_images.model=painter-1".to_owned(),
    ];
    let run = |words: &[&str]| {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_drawstream"));
        command.current_dir(folder.path()).arg("paint").args(words);
        for setting in &settings {
            command.args(["--set", setting]);
        }
        command.output()
    };
    for name in ["sketch", "webui", "comfyui", "openai-images", "llm-dsl"] {
        let file = format!("{name}.png");
        let done = run(&["a red fox", "-o", &file, "--painter", name])
            .await
            .unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{name}: {said}");
        assert!(image::open(folder.path().join(file)).unwrap().width() >= 96);
    }
    // With the quickest painter: what the others paint goes the same way.
    let done = run(&["--samples", "all", "--painter", "sketch"])
        .await
        .unwrap();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    let all = folder.path().join("all");
    let mut report = String::new();
    std::fs::File::open(all.join("report.json"))
        .unwrap()
        .read_to_string(&mut report)
        .unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    let drawn = report.as_array().unwrap().iter().zip(1..);
    let drawn: Vec<i32> = drawn
        .filter(|(row, _)| row["painting"]["painter"] == "sketch" && row["rung"] == "strict")
        .map(|(_, number)| number)
        .collect();
    assert!(drawn.len() >= 8, "{report}");
    for number in drawn {
        let place = all.join(format!("{number:02}"));
        for file in [
            "scene.json",
            "picture.png",
            "art.png",
            "plan.json",
            "frames/100.png",
        ] {
            assert!(place.join(file).exists(), "{number}: {file}");
        }
        assert!(std::fs::read_dir(place.join("layers")).unwrap().count() > 0);
        let art = image::open(place.join("art.png")).unwrap();
        let last = image::open(place.join("frames/100.png")).unwrap();
        assert_eq!((art.width(), last.width()), (96, 4 * 96));
    }
    assert!(image::open(all.join("sheet.png")).unwrap().height() > 1000);
}
