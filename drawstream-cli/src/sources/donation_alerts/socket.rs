//! The socket to Centrifugo: one task that only reads, answers pings and forwards.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_tungstenite::connect_async_with_config;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

/// Frames that may wait for the ledger. The reader never waits: when they are full the connection is given up,
/// since a socket that is not read answers no ping, and REST has what is lost.
const BACKLOG: usize = 4096;

/// The longest message, in bytes: a recovery of a long history takes some hundred thousand.
const LONGEST: usize = 8 << 20;

/// How long opening may take.
const OPEN_WITHIN: Duration = Duration::from_secs(15);

/// What the socket tells.
#[derive(Debug)]
pub(in crate::sources) enum Event {
    Opened,
    Frame(String),
    /// A ping or a pong: the server is there.
    Heard,
    Closed {
        code: Option<u16>,
        reason: String,
    },
}

/// A connection. Its task ends when this is dropped.
#[derive(Debug)]
pub(in crate::sources) struct Socket {
    events: mpsc::Receiver<Event>,
    frames: mpsc::Sender<Message>,
    task: JoinHandle<()>,
}

impl Socket {
    /// Begins to open a connection.
    pub(in crate::sources) fn open(url: String) -> Self {
        // Commands are few: a connect, a subscribe, a ping now and then.
        let (frames, outgoing) = mpsc::channel(16);
        let (incoming, events) = mpsc::channel(BACKLOG);
        let task = tokio::spawn(async move {
            let (code, reason) = serve(&url, &incoming, outgoing).await;
            // This one waits: it is the last, and the reading has ended.
            let _ = incoming.send(Event::Closed { code, reason }).await;
        });
        Self {
            events,
            frames,
            task,
        }
    }

    /// The next event.
    pub(in crate::sources) async fn next(&mut self) -> Event {
        self.events.recv().await.unwrap_or(Event::Closed {
            code: None,
            reason: String::new(),
        })
    }

    /// Sends a frame; one that is not taken belongs to a connection that is ending.
    pub(in crate::sources) fn send(&self, frame: String) {
        let _ = self.frames.try_send(Message::text(frame));
    }

    /// Asks the server whether it is there; its answer is [`Event::Heard`].
    pub(in crate::sources) fn ping(&self) {
        let _ = self.frames.try_send(Message::Ping(Vec::new().into()));
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    url: &str,
    incoming: &mpsc::Sender<Event>,
    mut outgoing: mpsc::Receiver<Message>,
) -> (Option<u16>, String) {
    let config = WebSocketConfig::default()
        .max_message_size(Some(LONGEST))
        .max_frame_size(Some(LONGEST));
    let opened = timeout(
        OPEN_WITHIN,
        connect_async_with_config(url, Some(config), true),
    );
    let Ok(Ok((mut socket, _))) = opened.await else {
        return (None, String::new());
    };
    if incoming.try_send(Event::Opened).is_err() {
        return (None, String::new());
    }
    loop {
        let event = tokio::select! {
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => Event::Frame(text.as_str().to_owned()),
                Some(Ok(Message::Close(frame))) => {
                    return frame.map_or((None, String::new()), |frame| {
                        (Some(frame.code.into()), frame.reason.as_str().to_owned())
                    });
                }
                Some(Ok(_)) => Event::Heard,
                Some(Err(_)) | None => return (None, String::new()),
            },
            frame = outgoing.recv() => {
                let Some(frame) = frame else {
                    return (None, String::new());
                };
                if socket.send(frame).await.is_err() {
                    return (None, String::new());
                }
                continue;
            }
        };
        if incoming.try_send(event).is_err() {
            return (None, String::new());
        }
    }
}
