//! Hammers a running program's control API: `cargo run --release -p drawstream-benches --example hammer -- 127.0.0.1:8080
//! 64 10 /queue` asks for an address from 64 clients for 10 seconds and says how long the answers took. With a fifth
//! value, each client waits so many milliseconds between two questions, as people's pages do.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

fn main() -> std::io::Result<()> {
    let mut args = std::env::args().skip(1);
    let address = args.next().unwrap_or_else(|| "127.0.0.1:8080".to_owned());
    let mut number = |default| args.next().and_then(|n| n.parse().ok()).unwrap_or(default);
    let (clients, seconds): (usize, u64) = (number(64) as usize, number(10));
    let path = args.next().unwrap_or_else(|| "/queue".to_owned());
    let pause = args.next().and_then(|ms| ms.parse().ok()).unwrap_or(0);
    let end = Instant::now() + Duration::from_secs(seconds);
    let threads: Vec<_> = (0..clients)
        .map(|_| {
            let (address, path) = (address.clone(), path.clone());
            std::thread::spawn(move || ask(&address, &path, end, Duration::from_millis(pause)))
        })
        .collect();
    let mut times = Vec::new();
    for thread in threads {
        match thread.join() {
            Ok(asked) => times.extend(asked?),
            Err(_) => return Err(std::io::Error::other("a client panicked")),
        }
    }
    times.sort_unstable();
    let at = |part: f64| {
        let index = (times.len() as f64 * part) as usize;
        let time = times.get(index.min(times.len().saturating_sub(1)));
        time.map_or(0.0, |time| time.as_secs_f64() * 1e3)
    };
    let mut out = std::io::stdout();
    writeln!(
        out,
        "{clients} clients, {} answers, {:.0} a second; p50 {:.2} ms, p99 {:.2} ms, longest {:.2} ms",
        times.len(),
        times.len() as f64 / seconds as f64,
        at(0.5),
        at(0.99),
        at(1.0),
    )
}

fn ask(address: &str, path: &str, end: Instant, pause: Duration) -> std::io::Result<Vec<Duration>> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\n\r\n");
    let mut times = Vec::new();
    let mut body = Vec::new();
    while Instant::now() < end {
        let asked = Instant::now();
        stream.write_all(request.as_bytes())?;
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line)?;
            let line = line.trim_end().to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.parse().unwrap_or(0);
            }
            if line.is_empty() {
                break;
            }
        }
        body.resize(length, 0);
        reader.read_exact(&mut body)?;
        times.push(asked.elapsed());
        std::thread::sleep(pause);
    }
    Ok(times)
}
