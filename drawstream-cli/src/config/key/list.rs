//! Every setting.

use super::sources::SOURCES;
use super::{Key, joined, key, optional, secret};

/// Every setting there is, in the order in which `drawstream config` prints them.
pub(crate) const KEYS: &[Key] =
    &joined::<{ PROGRAM.len() + SOURCES.len() + SHOW.len() }>([PROGRAM, SOURCES, SHOW]);

/// The program itself.
const PROGRAM: &[Key] = &[
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
];

/// What becomes of donations.
const SHOW: &[Key] = &[
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
        "who decides where the model gives no verdict: builtin, or person (it waits on the dashboard)",
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
    key(
        "painter.previews",
        "PIXEL_PREVIEWS",
        "on",
        "whether the stage shows what painters show of their work before it is finished: on or off",
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
