//! One connection to the simulated socket.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use tokio::sync::mpsc;
use tokio::time::{Instant, interval_at, sleep_until};

use super::Shared;
use super::command;
use super::service::Out;

/// Documents that may wait for a slow reader; beyond that it loses them, as from the real server, which closes.
const BACKLOG: usize = 4096;

/// How many documents travel in one frame at most.
const PER_FRAME: usize = 4;

/// Who has not connected after so long is sent away.
const STALE_AFTER: Duration = Duration::from_secs(25);

/// Serves a connection to its end.
pub(super) async fn serve(mut socket: WebSocket, desk: Shared) {
    let (out, mut outgoing) = mpsc::channel(BACKLOG);
    let client = desk.with(|service| service.open(out));
    let ping_every = desk.lock().options.ping_every;
    let mut pings = interval_at(Instant::now() + ping_every, ping_every);
    let stale_at = Instant::now() + STALE_AFTER;
    let mut pong_by: Option<Instant> = None;
    loop {
        let connected = desk.lock().is_connected(&client);
        let deadline = pong_by.unwrap_or_else(|| Instant::now() + ping_every * 2);
        let served = tokio::select! {
            frame = socket.recv() => match frame {
                Some(Ok(Message::Text(text))) => answer(&mut socket, &desk, &client, &text).await,
                Some(Ok(Message::Pong(_))) => {
                    pong_by = None;
                    desk.with(super::service::Service::ponged);
                    Ok(())
                }
                Some(Ok(Message::Ping(_))) => Ok(()),
                Some(Ok(Message::Binary(_))) => Err(Some(3003)),
                Some(Ok(Message::Close(_)) | Err(_)) | None => Err(None),
            },
            Some(first) = outgoing.recv() => deliver(&mut socket, &desk, first, &mut outgoing).await,
            _ = pings.tick() => {
                let silent = desk.lock().silent;
                if !silent {
                    pong_by = Some(Instant::now() + ping_every / 9);
                    send(&mut socket, Message::Ping("ping".into())).await
                } else {
                    Ok(())
                }
            }
            () = sleep_until(stale_at), if !connected => Err(Some(3007)),
            () = sleep_until(deadline), if pong_by.is_some() => Err(None),
        };
        if let Err(code) = served {
            if let Some(code) = code {
                close(&mut socket, code).await;
            }
            break;
        }
    }
    desk.with(|service| service.gone(&client));
}

/// What ends a connection: a code to close with, or nothing.
type Ended = Option<u16>;

async fn answer(
    socket: &mut WebSocket,
    desk: &Shared,
    client: &str,
    frame: &str,
) -> Result<(), Ended> {
    let mut documents = Vec::new();
    let mut end = None;
    for line in frame.lines().filter(|line| !line.trim().is_empty()) {
        match desk.with(|service| command::answer(service, client, line)) {
            Ok(replies) => documents.extend(replies),
            Err(code) => {
                end = Some(code);
                break;
            }
        }
    }
    if !desk.lock().silent {
        for frame in documents.chunks(PER_FRAME) {
            send(socket, Message::Text((frame.join("\n") + "\n").into())).await?;
        }
    }
    end.map_or(Ok(()), |code| Err(Some(code)))
}

async fn deliver(
    socket: &mut WebSocket,
    desk: &Shared,
    first: Out,
    outgoing: &mut mpsc::Receiver<Out>,
) -> Result<(), Ended> {
    let mut frame = String::new();
    let mut next = Some(first);
    let mut end = None;
    for _ in 0..PER_FRAME {
        match next.take().or_else(|| outgoing.try_recv().ok()) {
            Some(Out::Document(document)) => {
                frame.push_str(&document);
                frame.push('\n');
            }
            Some(Out::Close(code)) => end = Some(Some(code)),
            Some(Out::Cut) => end = Some(None),
            None => break,
        }
        if end.is_some() {
            break;
        }
    }
    if !frame.is_empty() && !desk.lock().silent {
        send(socket, Message::Text(frame.into())).await?;
    }
    end.map_or(Ok(()), Err)
}

async fn send(socket: &mut WebSocket, message: Message) -> Result<(), Ended> {
    socket.send(message).await.map_err(|_| None)
}

async fn close(socket: &mut WebSocket, code: u16) {
    let frame = CloseFrame {
        code,
        reason: command::close_reason(code).into(),
    };
    // The other side may be gone already.
    let _ = socket.send(Message::Close(Some(frame))).await;
}
