//! The settings: a file, `.env`, the environment and flags become one typed [`Config`], once.

mod error;
mod image_gate;
mod key;
mod layers;
mod painter;
mod planner;
mod pool;
mod rules;
mod sdxl;
mod sources;
mod value;
mod video;

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use drawstream_core::donation::Currency;
use drawstream_core::gate::Gate;
use drawstream_core::stage::{Hud, Locale, Motion, SafeArea, ThemeName};
use url::Url;

use crate::control::Approval;
use crate::failure::Failure;
use crate::house_gate::{self, PolicyRule};
use crate::secret::Secret;

pub use self::error::ConfigError;
pub use self::image_gate::ImageGateConfig;
use self::key::{KEYS, Privacy};
use self::layers::Layers;
pub use self::layers::Origin;
pub use self::painter::{
    ComfyUiConfig, GpuSharing, OpenAiImagesConfig, PainterConfig, PainterName, Previews,
    WebUiConfig,
};
pub use self::planner::{PlannerBackend, PlannerConfig, Unsure};
pub(crate) use self::pool::{Login, is_name};
pub use self::pool::{PoolConfig, Servers};
pub use self::rules::RulesConfig;
pub use self::sdxl::{NoiseOrigin, Recipe, SdxlConfig, SdxlMemory, SdxlPrecision};
pub use self::sources::{
    ConsoleConfig, DonatePayConfig, Start, StreamElementsConfig, TwitchConfig, Use, WebhookConfig,
};
use self::value::Reader;
pub use self::video::VideoConfig;

/// How logs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// How the program logs.
#[derive(Clone, Copy, Debug)]
pub struct LogConfig {
    /// Least severe level that is written.
    pub level: tracing::Level,
    /// How it is written.
    pub format: LogFormat,
}

/// The Donation Alerts account.
#[derive(Clone, Debug)]
pub struct DonationAlertsConfig {
    /// Whether it is a source.
    pub enabled: Use,
    /// Centrifugo endpoint (`ws` or `wss`).
    pub ws_url: Url,
    /// REST base.
    pub api_base: Url,
    /// OAuth access token.
    pub access_token: Option<Secret>,
    /// OAuth application.
    pub client_id: Option<String>,
    /// OAuth application's secret.
    pub client_secret: Option<Secret>,
    /// Numeric user id.
    pub user_id: Option<u64>,
    /// Time between REST polls while the socket is up.
    pub poll_interval: Duration,
}

/// From picture to strokes.
#[derive(Clone, Debug)]
pub struct PixelConfig {
    /// Side of the pixel art.
    pub output_size: u32,
    /// Most colours.
    pub palette_colors: u16,
    /// Longest stroke in pixels.
    pub stroke_chunk: u32,
    /// Shortest stroke.
    pub animation_base: Duration,
    /// Added for each pixel.
    pub animation_per_px: Duration,
    /// Pause between strokes.
    pub animation_delay: Duration,
    /// Whole drawing time, instead of the three above.
    pub duration: Option<Duration>,
}

/// The built-in painter's canvas; no side is 0.
#[derive(Clone, Copy, Debug)]
pub struct CanvasConfig {
    /// Pixels across.
    pub w: u16,
    /// Pixels down.
    pub h: u16,
    /// Screen pixels for a canvas pixel in `drawstream play`.
    pub window_scale: u32,
}

/// The stage.
#[derive(Clone, Debug)]
pub struct StageConfig {
    /// Pixels across.
    pub width: u16,
    /// Pixels down.
    pub height: u16,
    /// What of its edges stays free.
    pub safe_area: SafeArea,
    /// What is around the canvas when the show begins.
    pub hud: Hud,
    /// What draws the window.
    pub renderer: Renderer,
    /// Frames a second.
    pub frame_rate: u32,
    /// Whether things move that need not.
    pub motion: Motion,
    /// Its colours.
    pub theme: ThemeName,
    /// The line under the picture.
    pub caption: String,
}

/// What draws a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Renderer {
    /// A GPU where there is a real one, else the CPU.
    #[default]
    Auto,
    /// Whatever answers as a GPU, software too.
    Gpu,
    /// The CPU.
    Cpu,
}

/// The show's timing and lines.
#[derive(Clone, Debug)]
pub struct ShowConfig {
    /// A step that names no time.
    pub default_step: Duration,
    /// How long a finished painting is held.
    pub hold: Duration,
    /// What a refused request's card says, where it is not the locale's own line.
    pub refused_line: Option<String>,
    /// Which donations a person has to approve before anything of them is seen.
    pub approval: Approval,
}

/// The control API.
#[derive(Clone, Debug)]
pub struct ApiConfig {
    /// Address it listens on.
    pub host: IpAddr,
    /// Port it listens on; 0 takes any that is free.
    pub port: u16,
    /// Bearer token.
    pub token: Option<Secret>,
}

/// Every setting, read and checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// Language of the stage.
    pub locale: Locale,
    /// Currency of test donations that name none.
    pub currency: Currency,
    /// Folder of the ledger and the gallery.
    pub data_dir: PathBuf,
    /// Where the pictures of what was shown are kept, and whether they are.
    pub gallery: GalleryConfig,
    /// How long scenes, pictures and plans of what is over are kept; `None` is for ever.
    pub keep_works: Option<Duration>,
    /// Logs.
    pub log: LogConfig,
    /// Donation Alerts.
    pub donation_alerts: DonationAlertsConfig,
    /// DonatePay.
    pub donatepay: DonatePayConfig,
    /// Twitch.
    pub twitch: TwitchConfig,
    /// StreamElements.
    pub streamelements: StreamElementsConfig,
    /// Webhooks.
    pub webhook: WebhookConfig,
    /// The terminal.
    pub console: ConsoleConfig,
    /// The rules of the house.
    pub rules: RulesConfig,
    /// What the gate knows and does besides what is built in.
    pub gate: GateConfig,
    /// What looks at pictures before they are used.
    pub image_gate: ImageGateConfig,
    /// Paintings that are prepared and wait.
    pub queue_max_size: usize,
    /// Planner.
    pub planner: PlannerConfig,
    /// Painters.
    pub painter: PainterConfig,
    /// A server that paints as AUTOMATIC1111's does.
    pub webui: WebUiConfig,
    /// ComfyUI.
    pub comfyui: ComfyUiConfig,
    /// A server that paints as OpenAI's does.
    pub openai_images: OpenAiImagesConfig,
    /// The painting pool: painters on other machines.
    pub pool: PoolConfig,
    /// Whether both models are loaded at the same time.
    pub gpu_sharing: GpuSharing,
    /// Picture to strokes.
    pub pixel: PixelConfig,
    /// Canvas.
    pub canvas: CanvasConfig,
    /// Stage.
    pub stage: StageConfig,
    /// Show.
    pub show: ShowConfig,
    /// Videos and streams.
    pub video: VideoConfig,
    /// Control API.
    pub api: ApiConfig,
}

/// A line of `drawstream config`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingLine {
    /// Its name in the file.
    pub key: &'static str,
    /// Its name in the environment.
    pub env: &'static str,
    /// What it is; `…` for a secret, nothing where it is not set.
    pub value: Option<String>,
    /// Where that was said.
    pub origin: Origin,
    /// What it means.
    pub meaning: &'static str,
}

/// The gallery of what was shown.
#[derive(Clone, Debug)]
pub struct GalleryConfig {
    /// Whether pictures are kept.
    pub keeping: Keeping,
    /// Where.
    pub folder: PathBuf,
}

/// Whether something is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeping {
    /// It is.
    On,
    /// It is not.
    Off,
}

/// The gate's settings.
#[derive(Clone, Debug)]
pub struct GateConfig {
    /// A file of the streamer's own rules.
    pub words: Option<PathBuf>,
    /// What is done about categories.
    pub policy: Vec<PolicyRule>,
}

impl GateConfig {
    /// The gate that is set up so.
    ///
    /// # Errors
    /// Where the file of words cannot be read.
    pub fn open(&self) -> Result<Gate, Failure> {
        house_gate::open(self.words.as_deref(), &self.policy)
    }
}

impl Config {
    /// Reads the settings: the file, `.env`, the environment, then `flags` (pairs of path and value).
    ///
    /// # Errors
    /// The first setting that cannot be used, and where it was said.
    pub fn load(file: Option<&Path>, flags: &[(String, String)]) -> Result<Self, ConfigError> {
        Self::from_layers(&Layers::gather(file, flags)?)
    }

    /// Every setting with its value and where it came from. Nothing is printed of settings that cannot be used.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn lines(
        file: Option<&Path>,
        flags: &[(String, String)],
    ) -> Result<Vec<SettingLine>, ConfigError> {
        let layers = Layers::gather(file, flags)?;
        Self::from_layers(&layers)?;
        let line = |key: &key::Key| {
            let said = layers.said(key);
            let origin = said
                .as_ref()
                .map_or(Origin::Default, |said| said.origin.clone());
            let value = said.map(|said| match key.privacy {
                Privacy::Open => said.text,
                Privacy::Secret => "…".to_owned(),
            });
            SettingLine {
                key: key.path,
                env: key.env,
                value,
                origin,
                meaning: key.meaning,
            }
        };
        Ok(KEYS.iter().map(line).collect())
    }

    fn from_layers(layers: &Layers) -> Result<Self, ConfigError> {
        let read = Reader::new(layers);
        let locale = read.one_of("locale", &Locale::ALL.map(|locale| (locale.name(), locale)))?;
        Ok(Self {
            locale,
            currency: read.parsed("currency", "a currency code", Currency::parse)?,
            data_dir: read.text("data_dir").into(),
            gallery: GalleryConfig {
                keeping: read.one_of(
                    "gallery.enabled",
                    &[("on", Keeping::On), ("off", Keeping::Off)],
                )?,
                folder: read.optional("gallery.dir").map_or_else(
                    || Path::new(&read.text("data_dir")).join("gallery"),
                    PathBuf::from,
                ),
            },
            keep_works: match read.number("ledger.keep_days", 0..=36_500)? {
                0 => None,
                days => Some(Duration::from_secs(days * 24 * 3600)),
            },
            log: LogConfig {
                level: read.parsed("log.level", "ERROR, WARN, INFO, DEBUG or TRACE", |t| {
                    t.parse().ok()
                })?,
                format: read.one_of(
                    "log.format",
                    &[("text", LogFormat::Text), ("json", LogFormat::Json)],
                )?,
            },
            donation_alerts: donation_alerts(&read)?,
            donatepay: sources::donatepay(&read)?,
            twitch: sources::twitch(&read)?,
            streamelements: sources::streamelements(&read)?,
            webhook: sources::webhook(&read)?,
            console: sources::console(&read)?,
            rules: rules::rules(&read)?,
            gate: GateConfig {
                words: read.optional("gate.words").map(PathBuf::from),
                policy: read
                    .optional_parsed(
                        "gate.policy",
                        "a list such as mild-insult.message=allow",
                        |text| {
                            text.split(',')
                                .map(|entry| house_gate::rule(entry).ok())
                                .collect()
                        },
                    )?
                    .unwrap_or_default(),
            },
            image_gate: image_gate::read(&read)?,
            queue_max_size: read.number("queue.max_size", 1..=10_000)?,
            planner: planner::read(&read)?,
            painter: painter::read(&read)?,
            webui: painter::webui(&read)?,
            comfyui: painter::comfyui(&read)?,
            openai_images: painter::openai_images(&read)?,
            pool: pool::read(&read)?,
            gpu_sharing: read.one_of(
                "gpu.sharing",
                &[("keep", GpuSharing::Keep), ("swap", GpuSharing::Swap)],
            )?,
            pixel: pixel(&read)?,
            canvas: CanvasConfig {
                w: read.number("canvas.w", 16..=512)?,
                h: read.number("canvas.h", 16..=512)?,
                window_scale: read.number("canvas.window_scale", 1..=64)?,
            },
            stage: StageConfig {
                width: read.number("stage.width", 320..=7680)?,
                height: read.number("stage.height", 320..=7680)?,
                safe_area: SafeArea::new(read.number("stage.safe_area", 0..=SafeArea::MOST)?)
                    .unwrap_or_default(),
                hud: read.one_of(
                    "stage.hud",
                    &[("shown", Hud::Shown), ("hidden", Hud::Hidden)],
                )?,
                renderer: read.one_of(
                    "stage.renderer",
                    &[
                        ("auto", Renderer::Auto),
                        ("gpu", Renderer::Gpu),
                        ("cpu", Renderer::Cpu),
                    ],
                )?,
                frame_rate: read.number("stage.frame_rate", 1..=240)?,
                motion: read.one_of(
                    "stage.motion",
                    &[("full", Motion::Full), ("reduced", Motion::Reduced)],
                )?,
                theme: read.one_of(
                    "stage.theme",
                    &ThemeName::ALL.map(|theme| (theme.name(), theme)),
                )?,
                caption: read
                    .optional("stage.caption")
                    .unwrap_or_else(|| locale.caption()),
            },
            show: ShowConfig {
                default_step: Duration::from_millis(
                    read.number("show.default_step_duration_ms", 1..=600_000)?,
                ),
                hold: read.seconds("show.duration_sec", 1.0..=86_400.0)?,
                refused_line: read.optional("show.refused_line"),
                approval: read.one_of(
                    "show.approval",
                    &[
                        ("none", Approval::None),
                        ("suspicious", Approval::Suspicious),
                        ("all", Approval::All),
                    ],
                )?,
            },
            video: video::read(&read)?,
            api: ApiConfig {
                host: read.parsed("api.host", IP_ADDRESS, ip_address)?,
                port: read.number("api.port", 0..=65_535)?,
                token: read.optional("api.token").map(Secret::new),
            },
        })
    }
}

fn donation_alerts(read: &Reader<'_>) -> Result<DonationAlertsConfig, ConfigError> {
    let user_id = read.optional_parsed("donation_alerts.user_id", "a whole number", |t| {
        t.parse().ok()
    })?;
    Ok(DonationAlertsConfig {
        enabled: sources::enabled(read, "donation_alerts.enabled")?,
        ws_url: read.parsed(
            "donation_alerts.ws_url",
            "a ws:// or wss:// address",
            websocket_url,
        )?,
        api_base: read.parsed(
            "donation_alerts.api_base",
            "an http:// or https:// address",
            http_url,
        )?,
        access_token: read
            .optional("donation_alerts.access_token")
            .map(Secret::new),
        client_id: read.optional("donation_alerts.client_id"),
        client_secret: read
            .optional("donation_alerts.client_secret")
            .map(Secret::new),
        user_id,
        poll_interval: read.seconds("donation_alerts.poll_interval_sec", 1.0..=86_400.0)?,
    })
}

fn pixel(read: &Reader<'_>) -> Result<PixelConfig, ConfigError> {
    let millis = |path, most| read.number(path, 0..=most).map(Duration::from_millis);
    Ok(PixelConfig {
        output_size: read.number("pixel.output_size", 16..=512)?,
        palette_colors: read.number("pixel.palette_colors", 2..=256)?,
        stroke_chunk: read.number("pixel.stroke_chunk", 1..=1_000_000)?,
        animation_base: millis("pixel.animation_base_ms", 600_000)?,
        animation_per_px: millis("pixel.animation_per_px_ms", 10_000)?,
        animation_delay: millis("pixel.animation_delay_ms", 600_000)?,
        duration: match read.optional("pixel.duration_sec") {
            Some(_) => Some(read.seconds("pixel.duration_sec", 1.0..=86_400.0)?),
            None => None,
        },
    })
}

/// What [`ip_address`] reads.
const IP_ADDRESS: &str = "an IP address such as 127.0.0.1 or 0.0.0.0";

fn ip_address(text: &str) -> Option<IpAddr> {
    if text == "localhost" {
        Some(IpAddr::from([127, 0, 0, 1]))
    } else {
        text.parse().ok()
    }
}

fn http_url(text: &str) -> Option<Url> {
    Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

/// People paste the address that they see; `http` and `https` mean the socket of the same host.
fn websocket_url(text: &str) -> Option<Url> {
    let swapped = match text.split_once("://")? {
        ("http" | "ws", rest) => format!("ws://{rest}"),
        ("https" | "wss", rest) => format!("wss://{rest}"),
        _ => return None,
    };
    Url::parse(&swapped).ok().filter(Url::has_host)
}

#[cfg(test)]
mod tests;
