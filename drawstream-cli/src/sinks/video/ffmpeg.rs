//! [`Ffmpeg`]: the encoder on this machine, which is a program of its own: where it is, and what it can.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::destination::{Destination, Protocol};
use crate::config::VideoConfig;

/// The oldest that does what is asked of it.
const LEAST: (u32, u32) = (4, 2);
/// How to get it, by the machine's own means.
const INSTALL: &str = if cfg!(target_os = "windows") {
    "install it with: winget install Gyan.FFmpeg"
} else if cfg!(target_os = "macos") {
    "install it with: brew install ffmpeg"
} else {
    "install it with: sudo apt-get install ffmpeg"
};

/// Why there can be no video.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FfmpegError {
    /// It is not there.
    #[error("video needs ffmpeg, and {} is not found", program.display())]
    NotFound {
        /// What was looked for.
        program: PathBuf,
        /// Why it did not run.
        source: std::io::Error,
    },
    /// Something of that name runs, and does not say that it is ffmpeg.
    #[error("{} is no ffmpeg that could be asked for its version", program.display())]
    Stranger {
        /// What was asked.
        program: PathBuf,
    },
    /// It is too old.
    #[error("ffmpeg {found} is too old, the oldest that works is {}.{}", LEAST.0, LEAST.1)]
    TooOld {
        /// Its version.
        found: String,
    },
    /// It was built without the encoder.
    #[error("this ffmpeg ({version}) has no encoder {encoder}")]
    NoEncoder {
        /// Its version.
        version: String,
        /// The encoder that is set.
        encoder: String,
    },
    /// It was built without the protocol of the stream.
    #[error("this ffmpeg ({version}) cannot send {protocol}")]
    NoProtocol {
        /// Its version.
        version: String,
        /// The protocol.
        protocol: &'static str,
    },
}

impl FfmpegError {
    /// What the person can do.
    pub fn hint(&self) -> String {
        match self {
            Self::NotFound { .. } | Self::Stranger { .. } => {
                format!("{INSTALL}; or name the program with FFMPEG")
            }
            Self::TooOld { .. } => format!("{INSTALL}; or name a newer one with FFMPEG"),
            Self::NoEncoder { .. } => {
                "set VIDEO_ENCODER to an H.264 encoder that `ffmpeg -encoders` lists, or install a full build".to_owned()
            }
            Self::NoProtocol { .. } => {
                "`ffmpeg -protocols` lists what it can; install a full build".to_owned()
            }
        }
    }
}

/// An ffmpeg that can do what is asked of it.
#[derive(Clone, Debug)]
pub(crate) struct Ffmpeg {
    program: PathBuf,
    /// As it names it itself.
    pub(crate) version: String,
    encoder: String,
    bitrate_kbps: u32,
}

impl Ffmpeg {
    /// Finds it on `PATH`, or where the settings say, and asks what it can.
    pub(crate) fn find(
        config: &VideoConfig,
        destination: &Destination,
    ) -> Result<Self, FfmpegError> {
        let program = config
            .ffmpeg
            .clone()
            .unwrap_or_else(|| PathBuf::from("ffmpeg"));
        let said = ask(&program, &["-version"])?;
        let version = said
            .lines()
            .find_map(|line| line.strip_prefix("ffmpeg version ")?.split(' ').next())
            .ok_or_else(|| FfmpegError::Stranger {
                program: program.clone(),
            })?
            .to_owned();
        if number(&version).is_some_and(|number| number < LEAST) {
            return Err(FfmpegError::TooOld { found: version });
        }
        let encoders = ask(&program, &["-hide_banner", "-encoders"])?;
        let encoder = config.encoder.clone();
        if !lists(&encoders, 1, &encoder) {
            return Err(FfmpegError::NoEncoder { version, encoder });
        }
        if let Destination::Stream(url) = destination {
            let protocol = Protocol::name(url.protocol());
            let protocols = ask(&program, &["-hide_banner", "-protocols"])?;
            if !lists(&protocols, 0, protocol) {
                return Err(FfmpegError::NoProtocol { version, protocol });
            }
        }
        Ok(Self {
            program,
            version,
            encoder,
            bitrate_kbps: config.bitrate_kbps,
        })
    }

    pub(super) fn program(&self) -> &Path {
        &self.program
    }

    /// What it is told: raw frames come in at standard input, silence is its own, both go to the destination.
    pub(super) fn arguments(
        &self,
        fps: u32,
        (width, height): (u32, u32),
        destination: &Destination,
    ) -> Vec<OsString> {
        let kbps = |factor: u32| format!("{}k", self.bitrate_kbps.saturating_mul(factor));
        let (container, place) = destination.output();
        let mut arguments: Vec<OsString> = Vec::new();
        let mut tell = |words: &[&str]| arguments.extend(words.iter().map(OsString::from));
        tell(&["-hide_banner", "-nostats", "-loglevel", "error"]);
        let size = format!("{width}x{height}");
        let (rate, keyframes) = (fps.to_string(), (fps * 2).to_string());
        tell(&[
            "-f",
            "rawvideo",
            "-pixel_format",
            "yuv420p",
            "-video_size",
            &size,
        ]);
        tell(&["-framerate", &rate, "-i", "pipe:0"]);
        tell(&[
            "-f",
            "lavfi",
            "-i",
            "anullsrc=sample_rate=48000:channel_layout=stereo",
        ]);
        tell(&["-map", "0:v", "-map", "1:a", "-shortest"]);
        tell(&[
            "-c:v",
            &self.encoder,
            "-pix_fmt",
            "yuv420p",
            "-g",
            &keyframes,
        ]);
        for of in ["-color_primaries", "-color_trc", "-colorspace"] {
            tell(&[of, "bt709"]);
        }
        tell(&["-color_range", "tv"]);
        let is_x264 = self.encoder == "libx264";
        if is_x264 {
            tell(&["-preset", "veryfast"]);
        }
        match destination {
            // A file is kept: the same quality throughout. x264 alone has this scale.
            Destination::File(_) if is_x264 => tell(&["-crf", "18"]),
            Destination::File(_) => tell(&["-b:v", &kbps(1)]),
            Destination::Stream(_) => {
                tell(&["-b:v", &kbps(1), "-maxrate", &kbps(1), "-bufsize", &kbps(2)]);
            }
        }
        tell(&["-c:a", "aac", "-b:a", "128k"]);
        if container == "flv" {
            // A stream has no end that its header could tell.
            tell(&["-flvflags", "no_duration_filesize"]);
        }
        tell(&["-f", container]);
        arguments.push(place);
        arguments
    }
}

/// `5.1` of `5.1.9-0+deb12u1` or of `n5.1`; `None` for a build between versions, which is taken for new.
fn number(version: &str) -> Option<(u32, u32)> {
    let mut parts = version
        .trim_start_matches('n')
        .split(|c: char| !c.is_ascii_digit());
    let major = parts.next()?.parse().ok()?;
    Some((
        major,
        parts
            .next()
            .and_then(|minor| minor.parse().ok())
            .unwrap_or(0),
    ))
}

/// Whether a list has a line with this word at this place.
fn lists(list: &str, place: usize, word: &str) -> bool {
    list.lines()
        .any(|line| line.split_whitespace().nth(place) == Some(word))
}

fn ask(program: &Path, arguments: &[&str]) -> Result<String, FfmpegError> {
    let output = Command::new(program)
        .args(arguments.iter().map(OsStr::new))
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .map_err(|source| FfmpegError::NotFound {
            program: program.to_owned(),
            source,
        })?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sinks::video::destination::{StreamUrl, VideoFile};

    fn config(program: &Path, encoder: &str) -> VideoConfig {
        VideoConfig {
            ffmpeg: Some(program.to_owned()),
            fps: 30,
            bitrate_kbps: 6_000,
            encoder: encoder.to_owned(),
            stream: None,
        }
    }

    #[test]
    fn versions_are_read_as_every_build_writes_them() {
        let check = |version: &str, expected| assert_eq!(number(version), expected, "{version}");
        check("5.1.9-0+deb12u1", Some((5, 1)));
        check("n7.1", Some((7, 1)));
        check("4.1.11-0+deb10u1", Some((4, 1)));
        check("7.0.2-full_build-www.gyan.dev", Some((7, 0)));
        check("2025-03-31-git-35c091f4b7-full_build", Some((2025, 3)));
        check("N-118448-g1f57e46e43", None);
        check("8", Some((8, 0)));
    }

    #[cfg(unix)]
    #[test]
    fn what_is_missing_is_said_with_its_mend_before_the_show_begins() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("ffmpeg");
        let play = |version: &str| {
            let script = format!(
                "#!/bin/sh\ncase \"$*\" in\n*-version) echo 'ffmpeg version {version} Copyright';;\n\
                 *-encoders) echo ' V..... libx264 H.264';;\n*-protocols) printf 'Output:\\n  file\\n  rtmp\\n';;\nesac\n"
            );
            // Written beside and renamed: a program that is being written cannot be run.
            let fresh = folder.path().join("fresh");
            std::fs::write(&fresh, script).unwrap();
            std::fs::set_permissions(&fresh, std::fs::Permissions::from_mode(0o755)).unwrap();
            std::fs::rename(fresh, &program).unwrap();
        };
        let stream = |url| Destination::Stream(StreamUrl::parse(url).unwrap());
        let file = Destination::File(VideoFile::new(Path::new("a.mp4")).unwrap());
        let said = |encoder: &str, destination: &Destination| match Ffmpeg::find(
            &config(&program, encoder),
            destination,
        ) {
            Ok(found) => found.version,
            Err(error) => format!("{error} | {}", error.hint()),
        };
        assert!(said("libx264", &file).contains("is not found | install it with"));
        play("4.1.3");
        assert!(
            said("libx264", &file)
                .contains("ffmpeg 4.1.3 is too old, the oldest that works is 4.2")
        );
        play("5.1.9-0+deb12u1");
        assert_eq!(said("libx264", &file), "5.1.9-0+deb12u1");
        assert_eq!(
            said("libx264", &stream("rtmp://host/app/key")),
            "5.1.9-0+deb12u1"
        );
        assert!(
            said("h264_nvenc", &file).contains("has no encoder h264_nvenc | set VIDEO_ENCODER")
        );
        assert!(said("libx264", &stream("srt://host:1?streamid=key")).contains("cannot send srt"));
    }
}
