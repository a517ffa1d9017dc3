//! A real NATS server, with its file store, that can be killed and started again.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A server on a port of its own.
#[derive(Debug)]
pub(crate) struct Nats {
    binary: PathBuf,
    folder: tempfile::TempDir,
    /// What its file says beside the port and the store.
    more: String,
    port: u16,
    child: Option<Child>,
}

impl Nats {
    /// `None` where it is not installed: the test that wants one says that it is left out.
    pub(crate) async fn start(more: &str) -> Option<Self> {
        let places = ["/usr/sbin/nats-server", "/usr/local/bin/nats-server"];
        let path = std::env::var_os("PATH").unwrap_or_default();
        let named = std::env::split_paths(&path).map(|folder| folder.join("nats-server"));
        let binary = named
            .chain(places.map(PathBuf::from))
            .find(|place| place.exists());
        let Some(binary) = binary else {
            eprintln!("left out: there is no nats-server here");
            return None;
        };
        // A port that was free a moment ago.
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let mut server = Self {
            binary,
            folder: tempfile::tempdir().unwrap(),
            more: more.to_owned(),
            port,
            child: None,
        };
        server.begin().await;
        Some(server)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Starts it, with the store that it had before, and waits until it answers.
    pub(crate) async fn begin(&mut self) {
        let file = self.folder.path().join("nats.conf");
        let store = self.folder.path().join("store");
        let text = format!(
            "listen: 127.0.0.1:{}\njetstream {{ store_dir: {:?} }}\n{}\n",
            self.port, store, self.more
        );
        std::fs::write(&file, text).unwrap();
        let child = Command::new(&self.binary)
            .arg("-c")
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.child = Some(child);
        while tokio::net::TcpStream::connect(("127.0.0.1", self.port))
            .await
            .is_err()
        {
            let ended = self.child.as_mut().unwrap().try_wait().unwrap();
            assert_eq!(ended, None, "nats-server ended by itself");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// kill -9.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        self.kill();
    }
}
