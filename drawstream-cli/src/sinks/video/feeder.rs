//! The [`Feeder`]: keeps an ffmpeg fed with frames, and starts another when one dies.

use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdin, Command};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::destination::Destination;
use super::ffmpeg::Ffmpeg;
use super::film::Film;
use super::reel::Reel;
use crate::control::{OutputState, OutputView};

/// Who does not take a frame for so long stands still, and is ended.
const STALLED: Duration = Duration::from_secs(8);
/// How long until an encoder that died is started again; twice as long each time it dies soon after.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest such wait.
const MOST_PAUSE: Duration = Duration::from_secs(30);
/// One that lived for so long is started again after the first pause.
const CALM: Duration = Duration::from_secs(60);
/// A file is given up after so many encoders that died soon; a stream never is.
const MOST_IN_A_ROW: u32 = 6;
/// How long an encoder may take to end its file once there are no more frames.
const LAST_WORDS: Duration = Duration::from_secs(10);
/// How often the numbers are told.
const TELL: Duration = Duration::from_secs(2);

/// Feeds an encoder.
#[derive(Debug)]
pub(super) struct Feeder {
    pub(super) ffmpeg: Ffmpeg,
    pub(super) destination: Destination,
    pub(super) fps: u32,
    pub(super) size: (u32, u32),
    pub(super) film: Arc<Film>,
    pub(super) reel: Reel,
    pub(super) told: watch::Sender<OutputView>,
    pub(super) stop: CancellationToken,
}

/// How an encoder's work ended.
#[derive(Debug)]
enum Ended {
    /// There are no more frames.
    Finished,
    /// It died, or was ended because it stood still.
    Died(String),
}

/// What the encoder complained about last, without any key.
type Complaint = Arc<Mutex<Option<String>>>;

impl Feeder {
    pub(super) fn start(self) -> std::io::Result<JoinHandle<()>> {
        Builder::new().name("video".to_owned()).spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            match runtime {
                Ok(runtime) => runtime.block_on(self.run()),
                Err(error) => tracing::error!(%error, "the video cannot keep time"),
            }
        })
    }

    async fn run(mut self) {
        let began = tokio::select! {
            began = self.film.first() => began,
            () = self.stop.cancelled() => return,
        };
        let (mut pause, mut in_a_row) = (FIRST_PAUSE, 0);
        loop {
            let born = Instant::now();
            let why = match self.feed_one(began).await {
                Ended::Finished => {
                    self.tell(OutputState::Done, None);
                    tracing::info!(
                        frames.shown = self.reel.shown,
                        frames.dropped = self.reel.dropped,
                        "{} to {} has ended",
                        self.destination.name(),
                        self.destination
                    );
                    return;
                }
                Ended::Died(why) => why,
            };
            if born.elapsed() >= CALM {
                (pause, in_a_row) = (FIRST_PAUSE, 0);
            }
            in_a_row += 1;
            if matches!(self.destination, Destination::File(_)) && in_a_row >= MOST_IN_A_ROW {
                self.tell(OutputState::Failed, Some(why));
                return;
            }
            tracing::warn!(
                "{} to {} broke off: {why}; it is started again in {} s, the show goes on",
                self.destination.name(),
                self.destination,
                pause.as_secs()
            );
            self.tell(OutputState::Waiting, Some(why));
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = tokio::time::sleep(pause) => {}
            }
            pause = (pause * 2).min(MOST_PAUSE);
            self.told.send_modify(|view| view.restarts += 1);
        }
    }

    /// Starts an encoder and feeds it until there are no more frames or it dies.
    async fn feed_one(&mut self, began: Instant) -> Ended {
        let mut child = match self.spawn() {
            Ok(child) => child,
            Err(error) => return Ended::Died(format!("ffmpeg does not start: {error}")),
        };
        let complaint = Complaint::default();
        if let Some(said) = child.stderr.take() {
            tokio::spawn(listen(
                said,
                self.destination.clone(),
                Arc::clone(&complaint),
            ));
        }
        let Some(mut input) = child.stdin.take() else {
            return Ended::Died("ffmpeg has no standard input".to_owned());
        };
        let fed = self.feed(&mut child, &mut input, began).await;
        drop(input);
        // One that is done ends its file, one that broke off its last sentence; one that stands still does neither.
        let patience = match fed {
            Fed::All | Fed::Refused => LAST_WORDS,
            Fed::Stalled => Duration::ZERO,
        };
        let status = match tokio::time::timeout(patience, child.wait()).await {
            Ok(status) => status.ok(),
            Err(_) => {
                // It may have ended by itself in this moment.
                let _ = child.kill().await;
                None
            }
        };
        let said = complaint
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        match fed {
            Fed::All if status.is_some_and(|status| status.success()) => Ended::Finished,
            Fed::All => {
                tracing::warn!(
                    "{} may lack its end: {}",
                    self.destination.name(),
                    why(said, status)
                );
                Ended::Finished
            }
            Fed::Refused => Ended::Died(why(said, status)),
            Fed::Stalled => Ended::Died(format!("it took no frame for {} s", STALLED.as_secs())),
        }
    }

    fn spawn(&self) -> std::io::Result<Child> {
        let mut command = Command::new(self.ffmpeg.program());
        command
            .args(
                self.ffmpeg
                    .arguments(self.fps, self.size, &self.destination),
            )
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        // Ctrl+C is ours: an encoder that heard it too would end before the last stroke.
        #[cfg(unix)]
        command.process_group(0);
        #[cfg(windows)]
        command.creation_flags(0x0000_0200);
        command.spawn()
    }

    async fn feed(&mut self, child: &mut Child, input: &mut ChildStdin, began: Instant) -> Fed {
        self.reel.resume(began.elapsed());
        let mut fresh = 0;
        let mut told = Instant::now();
        let mut end: Option<Instant> = None;
        loop {
            let due = began + self.reel.due();
            if end.is_some_and(|end| due > end) {
                return Fed::All;
            }
            tokio::select! {
                biased;
                // What was due before the end belongs to it.
                () = self.stop.cancelled(), if end.is_none() => {
                    end = Some(Instant::now());
                    continue;
                }
                _ = child.wait() => return Fed::Refused,
                () = tokio::time::sleep_until(due.into()) => {}
            }
            self.reel.catch_up(began.elapsed());
            let frame = self.reel.frame(&self.film);
            let patience = if end.is_some() { LAST_WORDS } else { STALLED };
            tokio::select! {
                written = input.write_all(frame) => if written.is_err() { return Fed::Refused },
                () = tokio::time::sleep(patience) => return Fed::Stalled,
            }
            self.reel.advance();
            fresh += 1;
            // Encoders take some frames before they know whether anybody takes theirs.
            let state = if fresh >= self.fps {
                OutputState::Live
            } else {
                OutputState::Starting
            };
            if fresh == self.fps || told.elapsed() >= TELL {
                told = Instant::now();
                if fresh == self.fps {
                    tracing::info!(
                        "{} to {} is live",
                        self.destination.name(),
                        self.destination
                    );
                }
                self.tell(state, None);
            }
        }
    }

    fn tell(&self, state: OutputState, error: Option<String>) {
        self.told.send_modify(|view| {
            view.state = state;
            view.frames = self.reel.shown;
            view.dropped = self.reel.dropped;
            view.last_error = error.or(view.last_error.take());
        });
    }
}

/// Why no more frames are handed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fed {
    /// There are none.
    All,
    /// The encoder takes none.
    Refused,
    /// The encoder stands still.
    Stalled,
}

fn why(said: Option<String>, status: Option<ExitStatus>) -> String {
    match (said, status) {
        (Some(said), _) => said,
        (None, Some(status)) => format!("ffmpeg ended with {status}"),
        (None, None) => "ffmpeg had to be ended".to_owned(),
    }
}

/// Keeps the last line that the encoder says.
async fn listen(said: ChildStderr, destination: Destination, complaint: Complaint) {
    let mut lines = BufReader::new(said).split(b'\n');
    while let Ok(Some(line)) = lines.next_segment().await {
        let line = String::from_utf8_lossy(&line);
        let clean: String = destination
            .without_keys(line.trim())
            .chars()
            .take(300)
            .collect();
        if clean.is_empty() {
            continue;
        }
        tracing::debug!("ffmpeg: {clean}");
        *complaint.lock().unwrap_or_else(PoisonError::into_inner) = Some(clean);
    }
}
