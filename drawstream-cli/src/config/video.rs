//! The settings of videos and streams.

use std::path::PathBuf;

use super::error::ConfigError;
use super::value::Reader;
use crate::sinks::StreamUrl;

/// How the stage becomes a video, where one is asked for.
#[derive(Clone, Debug)]
pub struct VideoConfig {
    /// The program; the one on `PATH` where absent.
    pub ffmpeg: Option<PathBuf>,
    /// Frames a second.
    pub fps: u32,
    /// Thousands of bits a second of a stream at most.
    pub bitrate_kbps: u32,
    /// ffmpeg's name of an H.264 encoder.
    pub encoder: String,
    /// Where a stream goes, with its key.
    pub stream: Option<StreamUrl>,
}

pub(super) fn read(read: &Reader<'_>) -> Result<VideoConfig, ConfigError> {
    Ok(VideoConfig {
        ffmpeg: read.optional("video.ffmpeg").map(PathBuf::from),
        fps: read.number("video.fps", 10..=120)?,
        bitrate_kbps: read.number("video.bitrate_kbps", 100..=100_000)?,
        encoder: read.parsed(
            "video.encoder",
            "the name of an encoder such as libx264",
            |name| {
                let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
                (!name.is_empty() && name.chars().all(is_name)).then(|| name.to_owned())
            },
        )?,
        stream: read.optional_parsed(
            "stream.url",
            "rtmp://host/app/key, rtmps://host/app/key or srt://host:port?streamid=key",
            StreamUrl::parse,
        )?,
    })
}
