//! [`LiveSettings`]: what people may change while the show goes on, until the program ends.

use std::time::Duration;

use axum::http::StatusCode;
use drawstream_core::stage::{Hud, StageOptions, ThemeName};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Problem;
use crate::config::Config;
use crate::stagehand::Fps;

/// Which donations a person has to approve before anything of them is seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Approval {
    /// None: the gate decides.
    #[default]
    None,
    /// Those in which the gate found something that it hides or lets pass.
    Suspicious,
    /// All.
    All,
}

/// What people may change while the show goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveSettings {
    /// How long a finished painting stays; from the next one on.
    pub hold: Duration,
    /// How long a drawing takes in all; strokes have their configured times where absent.
    pub drawing: Option<Duration>,
    /// Which donations wait for a person.
    pub approval: Approval,
    /// The stage's colours.
    pub theme: ThemeName,
    /// The line under the picture.
    pub caption: String,
    /// Whether frames per second are shown.
    pub fps: Fps,
    /// What is around the canvas.
    pub hud: Hud,
}

impl LiveSettings {
    /// As the program was started.
    pub fn new(config: &Config, fps: Fps) -> Self {
        Self {
            hold: config.show.hold,
            drawing: config.pixel.duration,
            approval: config.show.approval,
            theme: config.stage.theme,
            caption: config.stage.caption.clone(),
            fps,
            hud: config.stage.hud,
        }
    }

    /// The stage's options as they shall be now.
    pub(crate) fn dress(&self, options: &StageOptions) -> StageOptions {
        StageOptions {
            theme: self.theme,
            caption: Some(self.caption.clone()),
            ..options.clone()
        }
    }

    pub(crate) fn view(&self) -> SettingsView {
        SettingsView {
            hold_sec: self.hold.as_secs_f64(),
            drawing_sec: self.drawing.map_or(0.0, |time| time.as_secs_f64()),
            approval: self.approval,
            theme: self.theme.name().to_owned(),
            themes: ThemeName::ALL
                .iter()
                .map(|theme| theme.name().to_owned())
                .collect(),
            caption: self.caption.clone(),
            fps_shown: self.fps == Fps::Shown,
            hud_shown: self.hud == Hud::Shown,
        }
    }

    /// Changes what the patch names, or says which value cannot be used; then nothing was changed.
    pub(crate) fn patched(&self, patch: SettingsPatch) -> Result<Self, Problem> {
        let wrong = |detail: String| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail);
        let seconds = |name: &str, value: f64| {
            Duration::try_from_secs_f64(value)
                .ok()
                .filter(|time| (1..=86_400).contains(&time.as_secs()))
                .ok_or_else(|| wrong(format!("{name}: {value} is not from 1 to 86400")))
        };
        let mut changed = self.clone();
        if let Some(value) = patch.hold_sec {
            changed.hold = seconds("hold_sec", value)?;
        }
        if let Some(value) = patch.drawing_sec {
            changed.drawing = if value == 0.0 {
                None
            } else {
                Some(seconds("drawing_sec", value)?)
            };
        }
        if let Some(approval) = patch.approval {
            changed.approval = approval;
        }
        if let Some(name) = patch.theme {
            changed.theme = ThemeName::parse(&name)
                .ok_or_else(|| wrong("theme: there is no theme of that name".to_owned()))?;
        }
        if let Some(caption) = patch.caption {
            let found = caption.chars().count();
            if found > 120 {
                return Err(wrong(format!(
                    "caption: {found} characters are too many, the most is 120"
                )));
            }
            changed.caption = caption.chars().filter(|c| !c.is_control()).collect();
        }
        if let Some(shown) = patch.fps_shown {
            changed.fps = if shown { Fps::Shown } else { Fps::Hidden };
        }
        if let Some(shown) = patch.hud_shown {
            changed.hud = if shown { Hud::Shown } else { Hud::Hidden };
        }
        Ok(changed)
    }
}

/// The settings that can be changed while the show goes on.
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are told to programs under these names, and are independent of each other"
)]
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SettingsView {
    /// Seconds that a finished painting stays.
    pub hold_sec: f64,
    /// Seconds that a drawing takes; 0 where each stroke has its configured time.
    pub drawing_sec: f64,
    /// Which donations a person has to approve.
    pub approval: Approval,
    /// The stage's colours.
    pub theme: String,
    /// All the themes that there are.
    pub themes: Vec<String>,
    /// The line under the picture.
    pub caption: String,
    /// Whether frames per second are shown on the stage.
    pub fps_shown: bool,
    /// Whether the panels beside the canvas are shown on the stage.
    pub hud_shown: bool,
}

/// What of the settings shall change; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SettingsPatch {
    /// Seconds that a finished painting stays, 1 to 86400; from the next one on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold_sec: Option<f64>,
    /// Seconds that a drawing takes, 1 to 86400, or 0 for the configured time of each stroke.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drawing_sec: Option<f64>,
    /// Which donations a person has to approve.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approval>,
    /// The stage's colours, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub theme: Option<String>,
    /// The line under the picture, at most 120 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
    /// Whether frames per second are shown on the stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fps_shown: Option<bool>,
    /// Whether the panels beside the canvas are shown on the stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hud_shown: Option<bool>,
}
