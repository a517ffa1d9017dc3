//! [`Key`]: the name of a setting in the file and in the environment, and what it is without either.

/// Who may read a setting's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Privacy {
    /// Anybody: it is printed.
    Open,
    /// Nobody: `…` is printed in its place.
    Secret,
}

/// A setting's names, default and meaning.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    /// In `drawstream.toml`: `section.name`, or `name` at the top.
    pub(crate) path: &'static str,
    /// In the environment and in `.env`.
    pub(crate) env: &'static str,
    /// What it is where nobody says; absent where there is no sensible value.
    pub(crate) default: Option<&'static str>,
    /// Whether it is printed.
    pub(crate) privacy: Privacy,
    /// What it means.
    pub(crate) meaning: &'static str,
}

const fn key(
    path: &'static str,
    env: &'static str,
    default: &'static str,
    meaning: &'static str,
) -> Key {
    Key {
        path,
        env,
        default: Some(default),
        privacy: Privacy::Open,
        meaning,
    }
}

const fn optional(path: &'static str, env: &'static str, meaning: &'static str) -> Key {
    Key {
        path,
        env,
        default: None,
        privacy: Privacy::Open,
        meaning,
    }
}

const fn secret(path: &'static str, env: &'static str, meaning: &'static str) -> Key {
    Key {
        path,
        env,
        default: None,
        privacy: Privacy::Secret,
        meaning,
    }
}

/// Every setting there is, in the order in which `drawstream config` prints them.
pub(crate) const KEYS: &[Key] = &[
    key("locale", "LOCALE", "en", "language of the stage: en or ru"),
    key(
        "currency",
        "DISPLAY_CURRENCY",
        "USD",
        "currency of test donations that name none",
    ),
    key(
        "data_dir",
        "DRAWSTREAM_DATA_DIR",
        "data",
        "folder of the ledger and the gallery",
    ),
    key(
        "ledger.keep_days",
        "LEDGER_KEEP_DAYS",
        "365",
        "days for which scenes, pictures and plans of what is over are kept; 0 is for ever",
    ),
    key(
        "log.level",
        "LOG_LEVEL",
        "INFO",
        "ERROR, WARN, INFO, DEBUG or TRACE",
    ),
    key("log.format", "LOG_FORMAT", "text", "text or json"),
    key(
        "donation_alerts.ws_url",
        "DA_WS_URL",
        "wss://centrifugo.donationalerts.com/connection/websocket",
        "Centrifugo endpoint; http and https are read as ws and wss",
    ),
    key(
        "donation_alerts.api_base",
        "DA_API_BASE",
        "https://www.donationalerts.com/api/v1",
        "REST base",
    ),
    secret(
        "donation_alerts.access_token",
        "DA_ACCESS_TOKEN",
        "OAuth access token",
    ),
    optional(
        "donation_alerts.client_id",
        "DA_CLIENT_ID",
        "OAuth application",
    ),
    secret(
        "donation_alerts.client_secret",
        "DA_CLIENT_SECRET",
        "OAuth application's secret",
    ),
    optional(
        "donation_alerts.user_id",
        "DA_USER_ID",
        "numeric user id; asked from the API where absent",
    ),
    key(
        "donation_alerts.poll_interval_sec",
        "DA_REST_POLL_INTERVAL_SEC",
        "30",
        "seconds between REST polls",
    ),
    key(
        "donation_alerts.enabled",
        "DA_ENABLED",
        "auto",
        "auto (on where there is a token), on or off",
    ),
    key(
        "donatepay.enabled",
        "DONATEPAY_ENABLED",
        "auto",
        "auto (on where there is a key), on or off",
    ),
    secret(
        "donatepay.access_token",
        "DONATEPAY_ACCESS_TOKEN",
        "DonatePay's API key",
    ),
    optional(
        "donatepay.user_id",
        "DONATEPAY_USER_ID",
        "numeric user id; asked from the API where absent",
    ),
    key(
        "donatepay.ws_url",
        "DONATEPAY_WS_URL",
        "wss://centrifugo.donatepay.ru/connection/websocket",
        "Centrifugo endpoint",
    ),
    key(
        "donatepay.api_base",
        "DONATEPAY_API_BASE",
        "https://donatepay.ru/api",
        "REST base",
    ),
    key(
        "donatepay.poll_interval_sec",
        "DONATEPAY_POLL_INTERVAL_SEC",
        "60",
        "time between REST polls; the service allows one call in 20 seconds",
    ),
    key(
        "twitch.enabled",
        "TWITCH_ENABLED",
        "auto",
        "auto (on where there is a token), on or off",
    ),
    secret(
        "twitch.access_token",
        "TWITCH_ACCESS_TOKEN",
        "user token with bits:read and channel:read:redemptions",
    ),
    optional(
        "twitch.rewards",
        "TWITCH_REWARDS",
        "titles of the rewards that are painted; every reward with a text where absent",
    ),
    key(
        "twitch.ws_url",
        "TWITCH_WS_URL",
        "wss://eventsub.wss.twitch.tv/ws",
        "EventSub endpoint",
    ),
    key(
        "twitch.api_base",
        "TWITCH_API_BASE",
        "https://api.twitch.tv/helix",
        "Helix base",
    ),
    key(
        "twitch.auth_base",
        "TWITCH_AUTH_BASE",
        "https://id.twitch.tv/oauth2",
        "where tokens are checked",
    ),
    key(
        "streamelements.enabled",
        "STREAMELEMENTS_ENABLED",
        "auto",
        "auto (on where there is a token), on or off",
    ),
    secret(
        "streamelements.token",
        "STREAMELEMENTS_TOKEN",
        "JWT, API key or OAuth token of the channel",
    ),
    key(
        "streamelements.token_type",
        "STREAMELEMENTS_TOKEN_TYPE",
        "jwt",
        "jwt, apikey or oauth",
    ),
    optional(
        "streamelements.channel",
        "STREAMELEMENTS_CHANNEL",
        "channel id; the token's own where absent",
    ),
    key(
        "streamelements.ws_url",
        "STREAMELEMENTS_WS_URL",
        "wss://astro.streamelements.com",
        "Astro endpoint",
    ),
    key(
        "webhook.enabled",
        "WEBHOOK_ENABLED",
        "auto",
        "auto (on where one of the keys below is set), on or off",
    ),
    key(
        "webhook.host",
        "WEBHOOK_HOST",
        "127.0.0.1",
        "address on which webhooks are taken",
    ),
    key(
        "webhook.port",
        "WEBHOOK_PORT",
        "8090",
        "its port: the only one that a tunnel should lead to",
    ),
    secret(
        "webhook.secret",
        "WEBHOOK_SECRET",
        "key of the signed webhook (HMAC-SHA256); opens /hook",
    ),
    secret(
        "webhook.kofi_token",
        "KOFI_VERIFICATION_TOKEN",
        "Ko-fi's verification token; opens /kofi",
    ),
    optional(
        "webhook.throne_creator",
        "THRONE_CREATOR_ID",
        "your creator id on Throne; opens /throne",
    ),
    optional(
        "webhook.kick_broadcaster",
        "KICK_BROADCASTER_ID",
        "your user id on Kick; opens /kick",
    ),
    key(
        "console.enabled",
        "CONSOLE_ENABLED",
        "auto",
        "lines typed into the terminal: auto (on where it is one), on or off",
    ),
    optional(
        "rules.least",
        "RULES_LEAST",
        "least amounts that are painted, as in USD=5,RUB=300; less is thanked for",
    ),
    key(
        "rules.order",
        "RULES_ORDER",
        "first",
        "first (come), or amount: larger ones get a head start",
    ),
    key(
        "rules.head_start_sec",
        "RULES_HEAD_START_SEC",
        "60",
        "head start for each further least amount (or unit of the currency)",
    ),
    key(
        "rules.head_start_most_sec",
        "RULES_HEAD_START_MOST_SEC",
        "1800",
        "longest head start: nobody is overtaken by who came later than this",
    ),
    key(
        "rules.donor_cooldown_sec",
        "RULES_DONOR_COOLDOWN_SEC",
        "0",
        "least time between two paintings of one donor; 0 for none",
    ),
    key(
        "rules.donor_daily_cap",
        "RULES_DONOR_DAILY_CAP",
        "0",
        "most paintings of one donor in 24 hours; 0 for no limit",
    ),
    optional(
        "rules.blocked",
        "RULES_BLOCKED",
        "names of donors who are neither painted nor shown, with commas between",
    ),
    key(
        "queue.max_size",
        "QUEUE_MAX_SIZE",
        "32",
        "paintings prepared and waiting; more wait in the ledger",
    ),
    key(
        "planner.backend",
        "LLM_BACKEND",
        "auto",
        "ollama, llamacpp, vllm, tgi, openai, builtin; auto is builtin until an endpoint or a model is named",
    ),
    key(
        "planner.endpoint",
        "LLM_ENDPOINT",
        "http://127.0.0.1:11434/v1/chat/completions",
        "where it answers",
    ),
    key(
        "planner.model",
        "LLM_MODEL_ID",
        "qwen2.5-coder:14b-instruct-q4_K_M",
        "the model asked for",
    ),
    secret(
        "planner.api_key",
        "LLM_API_KEY",
        "sent as a bearer token where the server wants one",
    ),
    key("planner.temperature", "LLM_TEMPERATURE", "0.1", "0 to 2"),
    key(
        "planner.max_tokens",
        "LLM_MAX_TOKENS",
        "1536",
        "longest answer",
    ),
    key(
        "planner.timeout_sec",
        "LLM_TIMEOUT_SEC",
        "30",
        "longest wait for one answer",
    ),
    key(
        "planner.retry_attempts",
        "LLM_RETRY_ATTEMPTS",
        "3",
        "tries before the built-in planner",
    ),
    key(
        "planner.num_ctx",
        "LLM_NUM_CTX",
        "8192",
        "tokens of question and answer together; only Ollama is told",
    ),
    key(
        "planner.keep_alive",
        "LLM_KEEP_ALIVE",
        "30m",
        "how long Ollama keeps the model loaded: 10m, 1h, -1 for ever",
    ),
    optional(
        "planner.policy_file",
        "LLM_POLICY_FILE",
        "a text that says what may be drawn, instead of the built-in one",
    ),
    key(
        "planner.unsure",
        "LLM_UNSURE",
        "builtin",
        "who decides where the model gives no verdict: builtin or person",
    ),
    key(
        "gpu.sharing",
        "GPU_SHARING",
        "keep",
        "keep: language and image model stay loaded; swap: only the one that works",
    ),
    key(
        "painters",
        "PAINTERS",
        "auto",
        "in order of preference, comma separated; auto takes those that are set up. `sketch` is always the last",
    ),
    key(
        "painter.model_base",
        "PIXEL_MODEL_BASE",
        "stabilityai/stable-diffusion-xl-base-1.0",
        "SDXL weights",
    ),
    key(
        "painter.lora_repo",
        "PIXEL_LORA_REPO",
        "nerijs/pixel-art-xl",
        "folder or name of the LoRA",
    ),
    key(
        "painter.lora_weight",
        "PIXEL_LORA_WEIGHT",
        "pixel-art-xl.safetensors",
        "the LoRA's file",
    ),
    key(
        "painter.lora_strength",
        "PIXEL_LORA_STRENGTH",
        "1.0",
        "how strongly the LoRA works, 0 to 4; 1.2 with lcm",
    ),
    key(
        "painter.timeout_sec",
        "PAINTER_TIMEOUT_SEC",
        "180",
        "longest wait for a picture of another program",
    ),
    optional(
        "webui.url",
        "WEBUI_URL",
        "a server that answers as AUTOMATIC1111's does: http://127.0.0.1:7860",
    ),
    secret(
        "webui.auth",
        "WEBUI_AUTH",
        "user:password of its --api-auth",
    ),
    optional(
        "webui.checkpoint",
        "WEBUI_CHECKPOINT",
        "the model it shall paint with; the loaded one where absent",
    ),
    optional(
        "comfyui.url",
        "COMFYUI_URL",
        "ComfyUI: http://127.0.0.1:8188",
    ),
    optional(
        "comfyui.checkpoint",
        "COMFYUI_CHECKPOINT",
        "the model it shall paint with; its first one where absent",
    ),
    key(
        "openai_images.url",
        "OPENAI_IMAGES_URL",
        "https://api.openai.com/v1",
        "a server that answers as OpenAI's image API does",
    ),
    key(
        "openai_images.model",
        "OPENAI_IMAGES_MODEL",
        "gpt-image-1",
        "the model asked for",
    ),
    secret("openai_images.api_key", "OPENAI_IMAGES_API_KEY", "its key"),
    key(
        "painter.device",
        "PIXEL_DEVICE",
        "cuda",
        "cuda, metal, cpu or auto",
    ),
    key(
        "painter.height",
        "PIXEL_HEIGHT",
        "768",
        "pixels that the model paints",
    ),
    key(
        "painter.width",
        "PIXEL_WIDTH",
        "768",
        "pixels that the model paints",
    ),
    key(
        "painter.inference_steps",
        "PIXEL_INFERENCE_STEPS",
        "40",
        "timesteps",
    ),
    key(
        "painter.guidance",
        "PIXEL_GUIDANCE",
        "5.0",
        "guidance scale, at least 1",
    ),
    key(
        "painter.models_dir",
        "PIXEL_MODELS_DIR",
        "models",
        "folder in which models given by name are looked for",
    ),
    key(
        "painter.preset",
        "PIXEL_PRESET",
        "plain",
        "of sdxl: plain, or lcm (8 timesteps, guidance 1.5, with the LCM LoRA)",
    ),
    key(
        "painter.lcm_lora",
        "PIXEL_LCM_LORA",
        "latent-consistency/lcm-lora-sdxl/pytorch_lora_weights.safetensors",
        "the LCM LoRA's file",
    ),
    key(
        "painter.trigger",
        "PIXEL_TRIGGER",
        "pixel art",
        "words at the beginning of every prompt",
    ),
    key(
        "painter.noise",
        "PIXEL_NOISE",
        "cuda",
        "whose random numbers SDXL starts from: cuda or cpu",
    ),
    key(
        "painter.precision",
        "PIXEL_PRECISION",
        "auto",
        "auto, f32, f16 or bf16",
    ),
    key(
        "painter.memory",
        "PIXEL_MEMORY",
        "roomy",
        "roomy, or low for a card of 8 GB",
    ),
    optional(
        "painter.preview_decoder",
        "PIXEL_PREVIEW_DECODER",
        "folder with TAESD for SDXL in diffusers' layout; without it previews are an eighth of the size",
    ),
    optional(
        "painter.keep_warm_sec",
        "PIXEL_KEEP_WARM_SEC",
        "how long sdxl stays loaded after a picture; by default 0 where GPU_SHARING=swap, else for ever",
    ),
    key(
        "pixel.output_size",
        "PIXEL_OUTPUT_SIZE",
        "96",
        "pixel art's side",
    ),
    key(
        "pixel.palette_colors",
        "PIXEL_PALETTE_COLORS",
        "12",
        "most colours, 2 to 256",
    ),
    key(
        "pixel.stroke_chunk",
        "PIXEL_STROKE_CHUNK",
        "220",
        "longest stroke in pixels",
    ),
    key(
        "pixel.animation_base_ms",
        "PIXEL_ANIMATION_BASE_MS",
        "450",
        "shortest stroke",
    ),
    key(
        "pixel.animation_per_px_ms",
        "PIXEL_ANIMATION_PER_PX_MS",
        "2",
        "added for each pixel",
    ),
    key(
        "pixel.animation_delay_ms",
        "PIXEL_ANIMATION_DELAY_MS",
        "70",
        "pause between strokes",
    ),
    optional(
        "pixel.duration_sec",
        "PIXEL_DURATION_SEC",
        "whole drawing time; instead of the three above",
    ),
    key("canvas.w", "CANVAS_W", "96", "built-in painter's canvas"),
    key("canvas.h", "CANVAS_H", "96", "built-in painter's canvas"),
    key(
        "canvas.window_scale",
        "WINDOW_SCALE",
        "8",
        "screen pixels for a canvas pixel in `play`",
    ),
    key("stage.width", "DISPLAY_WIDTH", "1920", "stage's width"),
    key("stage.height", "DISPLAY_HEIGHT", "1080", "stage's height"),
    key(
        "stage.frame_rate",
        "FRAME_RATE",
        "60",
        "frames a second, 1 to 240",
    ),
    key(
        "stage.theme",
        "STAGE_THEME",
        "atelier",
        "the stage's colours",
    ),
    key(
        "stage.caption",
        "STAGE_CAPTION",
        "All for you",
        "the line under the picture",
    ),
    key(
        "show.default_step_duration_ms",
        "DEFAULT_STEP_DURATION_MS",
        "700",
        "a step that names no time",
    ),
    key(
        "show.duration_sec",
        "SHOW_DURATION_SEC",
        "90",
        "how long a finished painting is held",
    ),
    optional(
        "gate.words",
        "GATE_WORDS",
        "a file of the streamer's own rules for the gate: `category | pattern # why`, or `allow | word`",
    ),
    optional(
        "gate.policy",
        "GATE_POLICY",
        "what is done about categories, as mild-insult.message=allow,gore.message=mask",
    ),
    optional(
        "show.refused_line",
        "REFUSED_LINE",
        "what a refused request's card says",
    ),
    key(
        "show.approval",
        "APPROVAL",
        "none",
        "which donations a person approves before they are seen: all, suspicious or none",
    ),
    key(
        "api.host",
        "API_HOST",
        "127.0.0.1",
        "address of the control API",
    ),
    key("api.port", "API_PORT", "8080", "its port"),
    secret(
        "api.token",
        "API_TOKEN",
        "bearer token; needed to listen wider than this machine",
    ),
];
