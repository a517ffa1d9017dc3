//! The [`Destination`] of a video: a file, or a service that takes streams.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use url::Url;

use crate::secret::Secret;

/// Files that hold H.264 and AAC: their endings, and ffmpeg's names for them.
const CONTAINERS: [(&str, &str); 6] = [
    ("mp4", "mp4"),
    ("m4v", "mp4"),
    ("mov", "mov"),
    ("mkv", "matroska"),
    ("ts", "mpegts"),
    ("flv", "flv"),
];
/// A piece of an address that is shorter is no key, and would be found in every second word.
const SHORTEST_KEY: usize = 4;

/// Where a video goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// Into a file.
    File(VideoFile),
    /// To a service.
    Stream(StreamUrl),
}

/// A file for a video, and further ones beside it: no file that is there already is ever written over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VideoFile {
    path: PathBuf,
    container: &'static str,
}

/// Where a video cannot go.
#[derive(Debug, thiserror::Error)]
#[error("a video cannot be written to {}: its name must end in .mp4, .mkv, .mov, .m4v, .ts or .flv", path.display())]
pub struct UnknownContainer {
    path: PathBuf,
}

impl VideoFile {
    /// A file of this name; its ending says what kind it is.
    ///
    /// # Errors
    /// [`UnknownContainer`].
    pub fn new(path: &Path) -> Result<Self, UnknownContainer> {
        let ending = path.extension().and_then(|ending| ending.to_str());
        let known = CONTAINERS
            .iter()
            .find(|(name, _)| ending.is_some_and(|ending| ending.eq_ignore_ascii_case(name)));
        match known {
            Some((_, container)) => Ok(Self {
                path: path.to_owned(),
                container,
            }),
            None => Err(UnknownContainer {
                path: path.to_owned(),
            }),
        }
    }

    /// The first name that is free: `show.mp4`, `show-2.mp4`, `show-3.mp4`, …
    fn free(&self) -> PathBuf {
        let stem = self.path.file_stem().unwrap_or_default();
        let ending = self.path.extension().unwrap_or_default();
        let numbered = (2u32..).map(|number| {
            let mut name = stem.to_owned();
            name.push(format!("-{number}."));
            name.push(ending);
            self.path.with_file_name(name)
        });
        std::iter::once(self.path.clone())
            .chain(numbered)
            .find(|path| !path.exists())
            .unwrap_or_else(|| self.path.clone())
    }
}

/// How a service takes streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// Over TCP.
    Rtmp,
    /// Over TLS.
    Rtmps,
    /// Over UDP.
    Srt,
}

impl Protocol {
    /// Its name, as addresses begin with it and as ffmpeg lists it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rtmp => "rtmp",
            Self::Rtmps => "rtmps",
            Self::Srt => "srt",
        }
    }
}

/// The address of a service, with the key that lets us in: only the host of it is ever shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamUrl {
    whole: Secret,
    /// What of it must not be read anywhere, as it is written and as it is meant.
    keys: Vec<Secret>,
    shown: String,
    protocol: Protocol,
}

impl StreamUrl {
    /// Reads an address such as `rtmp://host/app/key` or `srt://host:9000?streamid=key`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let url = Url::parse(text).ok()?;
        let protocol = match url.scheme() {
            "rtmp" => Protocol::Rtmp,
            "rtmps" => Protocol::Rtmps,
            "srt" => Protocol::Srt,
            _ => return None,
        };
        let host = url.host_str().filter(|host| !host.is_empty())?;
        let port = url
            .port()
            .map_or_else(String::new, |port| format!(":{port}"));
        if protocol == Protocol::Srt && port.is_empty() {
            return None;
        }
        Some(Self {
            keys: keys(&url),
            shown: format!("{}://{host}{port}/…", protocol.name()),
            whole: Secret::new(text),
            protocol,
        })
    }

    /// How the service takes it.
    pub const fn protocol(&self) -> Protocol {
        self.protocol
    }
}

/// Everything of an address that lets somebody in.
fn keys(url: &Url) -> Vec<Secret> {
    let mut pieces: Vec<String> = vec![
        url.username().into(),
        url.password().unwrap_or_default().into(),
    ];
    // The first part of the path is the service's own name for its door, unless there is no other.
    let path: Vec<&str> = url.path_segments().map_or_else(Vec::new, Iterator::collect);
    pieces.extend(
        path.iter()
            .skip(usize::from(path.len() > 1))
            .map(|part| (*part).to_owned()),
    );
    pieces.extend(url.query().map(str::to_owned));
    pieces.extend(url.fragment().map(str::to_owned));
    let meant: Vec<String> = url
        .query_pairs()
        .map(|(_, value)| value.into_owned())
        .collect();
    let raw = url.query().unwrap_or_default().split('&');
    pieces.extend(raw.filter_map(|pair| Some(pair.split_once('=')?.1.to_owned())));
    let decoded: Vec<String> = pieces.iter().map(|piece| decode(piece)).collect();
    pieces.extend(decoded);
    pieces.extend(meant);
    // The longest first, so that what is left of one is no part of another.
    pieces.sort_by_key(|piece| std::cmp::Reverse(piece.len()));
    pieces.dedup();
    pieces.retain(|piece| piece.len() >= SHORTEST_KEY);
    pieces.into_iter().map(Secret::new).collect()
}

/// Text with its `%41` read.
fn decode(text: &str) -> String {
    let pairs = format!("x={}", text.replace('&', "%26").replace('+', "%2B"));
    let url = Url::parse(&format!("x:?{pairs}"));
    url.ok()
        .and_then(|url| Some(url.query_pairs().next()?.1.into_owned()))
        .unwrap_or_default()
}

impl Destination {
    /// What it is called in a log.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::File(_) => "the video",
            Self::Stream(_) => "the stream",
        }
    }

    /// ffmpeg's name of the container, and where it writes now.
    pub(super) fn output(&self) -> (&'static str, OsString) {
        match self {
            Self::File(file) => {
                // A name such as `-y` or `a:b` is a file's too.
                let mut name = OsString::from("file:");
                name.push(file.free());
                (file.container, name)
            }
            Self::Stream(url) => {
                let container = match url.protocol {
                    Protocol::Rtmp | Protocol::Rtmps => "flv",
                    Protocol::Srt => "mpegts",
                };
                (container, url.whole.expose().into())
            }
        }
    }

    /// What another program said about it, without any key.
    pub(super) fn without_keys(&self, said: &str) -> String {
        let Self::Stream(url) = self else {
            return said.to_owned();
        };
        let mut clean = said.replace(url.whole.expose(), "…");
        for key in &url.keys {
            clean = clean.replace(key.expose(), "…");
        }
        // However it has written the address: nothing that looks like one is told.
        let words = clean
            .split(' ')
            .map(|word| if word.contains("://") { "…" } else { word });
        words.collect::<Vec<_>>().join(" ")
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file) => file.path.display().fmt(f),
            Self::Stream(url) => f.write_str(&url.shown),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_neither_shown_nor_told_whatever_an_error_quotes() {
        let check = |text: &str, shown: &str, secrets: &[&str]| {
            let url = StreamUrl::parse(text).unwrap();
            let whole = format!("{url:?}");
            let destination = Destination::Stream(url);
            assert_eq!(destination.to_string(), shown);
            let said = format!(
                "{text}: Connection refused; [rtmp @ 0x1] {} {}",
                secrets.join(" "),
                text.replace("://", "://other.")
            );
            let clean = destination.without_keys(&said);
            assert!(clean.contains("Connection refused"), "{clean}");
            for secret in secrets {
                assert!(!clean.contains(secret), "{secret} in {clean}");
                assert!(!whole.contains(secret), "{secret} in {whole}");
                assert!(!destination.to_string().contains(secret));
            }
        };
        check(
            "rtmp://live.example/app/live_1_abc",
            "rtmp://live.example/…",
            &["live_1_abc"],
        );
        check(
            "rtmps://me:word@live.example:443/rtmp/?key=a%2Fbcd&x=1",
            "rtmps://live.example:443/…",
            &["word", "a/bcd", "a%2Fbcd"],
        );
        check(
            "srt://live.example:9000?streamid=publish:secret&passphrase=longer%20word",
            "srt://live.example:9000/…",
            &["publish:secret", "longer word"],
        );
        check(
            "rtmp://live.example/onlykey",
            "rtmp://live.example/…",
            &["onlykey"],
        );
        for wrong in [
            "https://live.example/x",
            "live.example/app",
            "srt://live.example",
            "rtmp:///x",
        ] {
            assert_eq!(StreamUrl::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_video_is_never_written_over_another_one() {
        let folder = tempfile::tempdir().unwrap();
        let file = VideoFile::new(&folder.path().join("show.MP4")).unwrap();
        assert_eq!(file.container, "mp4");
        for expected in ["show.MP4", "show-2.MP4", "show-3.MP4"] {
            let free = file.free();
            assert_eq!(free, folder.path().join(expected));
            std::fs::write(free, "").unwrap();
        }
        let wrong = VideoFile::new(Path::new("show.gif"))
            .unwrap_err()
            .to_string();
        assert!(wrong.contains("must end in .mp4"), "{wrong}");
    }
}
