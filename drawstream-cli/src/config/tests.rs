use std::path::Path;

use super::layers::Layers;
use super::*;

fn layers(toml: &str, env: &[(&str, &str)]) -> Result<Layers, ConfigError> {
    let mut layers = Layers::default();
    layers.add_toml(Path::new("drawstream.toml"), toml)?;
    layers.add_environment(
        env.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())),
        &Origin::Environment,
    );
    Ok(layers)
}

fn check_error(toml: &str, env: &[(&str, &str)], expected: &str) {
    let error = layers(toml, env)
        .and_then(|l| Config::from_layers(&l))
        .expect_err("must not be usable");
    let hint = error
        .hint()
        .map(|hint| format!(" ({hint})"))
        .unwrap_or_default();
    assert_eq!(format!("{error}{hint}"), expected);
}

#[test]
fn nothing_said_gives_a_usable_configuration_with_the_published_defaults() {
    let config = Config::from_layers(&Layers::default()).unwrap();
    assert_eq!(config.show.hold, Duration::from_secs(90));
    assert_eq!(
        (
            config.stage.width,
            config.stage.height,
            config.stage.frame_rate
        ),
        (1920, 1080, 60)
    );
    assert_eq!(
        (config.pixel.output_size, config.pixel.palette_colors),
        (96, 12)
    );
    assert_eq!(config.api.port, 8080);
    assert!(config.api.host.is_loopback());
}

#[test]
fn the_environment_is_stronger_than_the_file_and_an_empty_variable_says_nothing() {
    let toml = "painters = [\"webui\", \"sketch\"]\nlocale = \"ru\"\n[api]\nport = 9000\n[show]\nduration_sec = 2.5\n";
    let layers = layers(
        toml,
        &[
            ("API_PORT", "9001"),
            ("LOCALE", " "),
            ("DA_WS_URL", "https://example.org/ws"),
        ],
    )
    .unwrap();
    let config = Config::from_layers(&layers).unwrap();
    assert_eq!(config.api.port, 9001);
    assert_eq!(config.locale, Locale::Ru);
    assert_eq!(config.stage.caption, "Всё для вас");
    assert_eq!(config.show.hold, Duration::from_millis(2500));
    let order = config.painter.order.unwrap();
    assert_eq!(order, [PainterName::WebUi, PainterName::Sketch]);
    assert_eq!(
        config.donation_alerts.ws_url.as_str(),
        "wss://example.org/ws"
    );
}

#[test]
fn what_cannot_be_used_is_named_with_its_place_and_the_mend() {
    check_error(
        "[pixel]\npalette_color = 3",
        &[],
        "drawstream.toml: there is no setting pixel.palette_color (did you mean pixel.palette_colors?)",
    );
    check_error(
        "port = 3",
        &[],
        "drawstream.toml: there is no setting port (did you mean api.port?)",
    );
    check_error(
        "",
        &[("FRAME_RATE", "fast")],
        "environment: stage.frame_rate = \"fast\" is not a number from 1 to 240",
    );
    check_error(
        "",
        &[("PIXEL_WIDTH", "770")],
        "environment: painter.width = \"770\" is not a multiple of 8 from 64 to 4096",
    );
    check_error(
        "locale = \"de\"",
        &[],
        "drawstream.toml: locale = \"de\" is not one of en, ru",
    );
    check_error(
        "[stage]\ntheme = \"paper\"",
        &[],
        "drawstream.toml: stage.theme = \"paper\" is not one of atelier, aurora, gallery, contrast",
    );
    check_error(
        "",
        &[("STAGE_SAFE_AREA", "16")],
        "environment: stage.safe_area = \"16\" is not a number from 0 to 15",
    );
    check_error(
        "locale = [1]",
        &[],
        "drawstream.toml: locale is one value, not a table or list",
    );
    check_error(
        "",
        &[("PAINTERS", "sketch,dalle")],
        "environment: painters = \"sketch,dalle\" is not auto, or a list of sdxl, webui, comfyui, openai-images, remote, llm-dsl, sketch",
    );
}

#[test]
fn secrets_are_never_printed() {
    let layers = layers(
        "",
        &[
            ("DA_ACCESS_TOKEN", "tok-123"),
            ("API_TOKEN", "tok-456"),
            ("LLM_API_KEY", "tok-789"),
        ],
    )
    .unwrap();
    let config = Config::from_layers(&layers).unwrap();
    assert_eq!(
        config
            .donation_alerts
            .access_token
            .as_ref()
            .map(Secret::expose),
        Some("tok-123")
    );
    assert!(!format!("{config:?}").contains("tok-"));
}

#[test]
fn a_language_model_plans_only_where_one_was_named() {
    let backend = |env: &[(&str, &str)]| {
        let layers = layers("", env).unwrap();
        Config::from_layers(&layers).unwrap().planner.backend
    };
    assert_eq!(backend(&[]), PlannerBackend::Builtin);
    assert_eq!(
        backend(&[("LLM_MODEL_ID", "qwen3:8b")]),
        PlannerBackend::Ollama
    );
    let there = ("LLM_ENDPOINT", "http://127.0.0.1:8000/v1/chat/completions");
    assert_eq!(backend(&[there]), PlannerBackend::OpenAi);
    assert_eq!(
        backend(&[there, ("LLM_BACKEND", "vllm")]),
        PlannerBackend::Vllm
    );
    assert_eq!(
        backend(&[there, ("LLM_BACKEND", "builtin")]),
        PlannerBackend::Builtin
    );
}

#[test]
fn the_preset_lcm_changes_what_nobody_said_and_nothing_else() {
    let painter = |env: &[(&str, &str)]| {
        let layers = layers("", env).unwrap();
        Config::from_layers(&layers).unwrap().painter
    };
    let numbers = |painter: &PainterConfig| {
        (
            painter.inference_steps,
            painter.guidance,
            painter.lora_strength,
        )
    };
    assert_eq!(numbers(&painter(&[])), (40, 5.0, 1.0));
    let lcm = ("PIXEL_PRESET", "lcm");
    assert_eq!(numbers(&painter(&[lcm])), (8, 1.5, 1.2));
    let own = [
        lcm,
        ("PIXEL_INFERENCE_STEPS", "6"),
        ("PIXEL_LORA_STRENGTH", "0.9"),
    ];
    assert_eq!(numbers(&painter(&own)), (6, 1.5, 0.9));
    let warm = |env: &[(&str, &str)]| painter(env).sdxl.keep_warm;
    assert_eq!(warm(&[]), None);
    assert_eq!(warm(&[("GPU_SHARING", "swap")]), Some(Duration::ZERO));
    let minute = [("GPU_SHARING", "swap"), ("PIXEL_KEEP_WARM_SEC", "60")];
    assert_eq!(warm(&minute), Some(Duration::from_secs(60)));
}
