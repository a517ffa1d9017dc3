//! Watches a running program as browser sources do: `cargo run --release -p drawstream-benches --example watch --
//! 127.0.0.1:8080 10 30` opens the canvas and the events ten times for 30 seconds and says how much each was told.

use std::io::{Error, ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

fn main() -> std::io::Result<()> {
    let mut args = std::env::args().skip(1);
    let address = args.next().unwrap_or_else(|| "127.0.0.1:8080".to_owned());
    let mut number = |default| args.next().and_then(|n| n.parse().ok()).unwrap_or(default);
    let (watchers, seconds): (u64, u64) = (number(10), number(30));
    let end = Instant::now() + Duration::from_secs(seconds);
    let threads: Vec<_> = (0..watchers)
        .flat_map(|_| ["/canvas/ws", "/events/ws"])
        .map(|path| {
            let address = address.clone();
            (path, std::thread::spawn(move || watch(&address, path, end)))
        })
        .collect();
    let mut told = std::collections::BTreeMap::<_, u64>::new();
    for (path, thread) in threads {
        let bytes = thread
            .join()
            .map_err(|_| Error::other("a watcher panicked"))??;
        *told.entry(path).or_default() += bytes;
    }
    for (path, bytes) in told {
        let each = bytes as f64 / 1000.0 / watchers.max(1) as f64 / seconds.max(1) as f64;
        writeln!(
            std::io::stdout(),
            "{path}: {each:.2} kB a second for each of {watchers}"
        )?;
    }
    Ok(())
}

/// Opens a WebSocket and counts what comes; what it says is not read.
fn watch(address: &str, path: &str, end: Instant) -> std::io::Result<u64> {
    let mut stream = TcpStream::connect(address)?;
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-version: 13\r\nsec-websocket-key: d2F0Y2ggdGhlIGNhbnZhcw==\r\n\r\n"
    );
    stream.write_all(request.as_bytes())?;
    let mut buffer = vec![0; 1 << 16];
    let (mut bytes, mut greeted) = (0, false);
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(bytes);
        }
        stream.set_read_timeout(Some(left.max(Duration::from_millis(1))))?;
        match stream.read(&mut buffer) {
            Ok(0) => return Err(Error::new(ErrorKind::UnexpectedEof, "the program hung up")),
            Ok(_) if !greeted && !buffer.starts_with(b"HTTP/1.1 101") => {
                return Err(Error::other("the program does not let watchers in"));
            }
            Ok(read) => bytes += read as u64,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) => return Err(error),
        }
        greeted = true;
    }
}
