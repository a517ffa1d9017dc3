//! The [`Link`] to the pool's servers: who comes in, over TLS or not, and how it comes back after a break.

use std::path::Path;
use std::time::Duration;

use async_nats::connection::State;
use async_nats::jetstream::{self, Context};
use async_nats::{Client, ConnectErrorKind, ConnectOptions, Event, ServerAddr};

use serde_json::Value;

use crate::config::{Login, PoolConfig, Servers};
use crate::health::Health;

/// How long one server may take to answer at the start.
const CONNECT: Duration = Duration::from_secs(5);
/// How often the connection is tried, so that a cable that was pulled is noticed.
const PING: Duration = Duration::from_secs(10);
/// How long a server may take to answer a request.
const ANSWER: Duration = Duration::from_secs(5);
/// The longest wait between two tries to come back.
const MOST_PAUSE: Duration = Duration::from_secs(5);

/// Why there is no link.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum LinkError {
    /// Nobody said where the servers are.
    #[error("nobody said where the painting pool is")]
    Nowhere,
    /// A file with credentials or certificates cannot be used.
    #[error("{what} {path} cannot be used: {why}")]
    File {
        /// Whose file it is.
        what: &'static str,
        /// Where.
        path: String,
        /// Why.
        why: String,
    },
    /// Nobody answers there.
    #[error("nobody answers at {servers}")]
    Unreachable {
        /// Hosts and ports.
        servers: String,
    },
    /// The servers do not let us in.
    #[error("{servers} does not let us in")]
    Refused {
        /// Hosts and ports.
        servers: String,
    },
    /// TLS does not come about.
    #[error("no TLS with {servers}")]
    Tls {
        /// Hosts and ports.
        servers: String,
    },
}

impl LinkError {
    /// What the person can do.
    pub(crate) fn hint(&self) -> &'static str {
        match self {
            Self::Nowhere => "set NATS_URL=nats://host:4222",
            Self::File { .. } => "check the file's name, and that you may read it",
            Self::Unreachable { .. } => {
                "start it: nats-server -js, or set NATS_URL to where it answers"
            }
            Self::Refused { .. } => {
                "set NATS_CREDS, NATS_USER and NATS_PASSWORD, NATS_TOKEN or NATS_NKEY as the server wants it"
            }
            Self::Tls { .. } => {
                "set NATS_TLS_CA to the certificate that signs for the server (NATS_TLS_CERT and NATS_TLS_KEY where it asks for yours)"
            }
        }
    }

    pub(crate) fn health(&self) -> Health {
        Health::bad(self.to_string(), self.hint())
    }
}

/// A connection that comes back by itself.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub(crate) client: Client,
    pub(crate) jetstream: Context,
    servers: Servers,
}

impl Link {
    /// Connects; `name` is what the server calls us in its lists.
    pub(crate) async fn connect(config: &PoolConfig, name: &str) -> Result<Self, LinkError> {
        let servers = config.servers.clone().ok_or(LinkError::Nowhere)?;
        let options = options(config, &servers, name).await?;
        let addresses: Result<Vec<ServerAddr>, _> = servers
            .addresses()
            .iter()
            .map(|url| ServerAddr::from_url(url.clone()))
            .collect();
        let to = servers.to_string();
        let addresses = addresses.map_err(|_| LinkError::Nowhere)?;
        let client = options
            .connect(addresses)
            .await
            .map_err(|error| match error.kind() {
                ConnectErrorKind::Authentication | ConnectErrorKind::AuthorizationViolation => {
                    LinkError::Refused { servers: to }
                }
                ConnectErrorKind::Tls => LinkError::Tls { servers: to },
                // A server that wants TLS of another kind ends the connection in the middle of it.
                ConnectErrorKind::Io if is_about_tls(&error) => LinkError::Tls { servers: to },
                _ => LinkError::Unreachable { servers: to },
            })?;
        let jetstream = jetstream::new(client.clone());
        Ok(Self {
            client,
            jetstream,
            servers,
        })
    }

    /// How the server is; nothing is made there.
    pub(crate) async fn health(&self) -> Health {
        let at = format!("{} (NATS {})", self.address(), self.version());
        // Older servers leave out some of what the library's own type of this answer wants.
        let asked = self.jetstream.request::<_, _, Value>("INFO", &()).await;
        let account = asked.unwrap_or_default();
        let (Some(streams), Some(storage)) =
            (account["streams"].as_u64(), account["storage"].as_u64())
        else {
            return Health::bad(
                format!("{at} has no JetStream for this user"),
                "start it with -js, or write jetstream {} into its file and give the user's account its use",
            );
        };
        let how = if self.client.server_info().tls_required {
            "over TLS"
        } else {
            "without TLS"
        };
        Health::good(format!(
            "{at}, {how}; JetStream keeps {streams} queues and stores, {} MiB",
            storage >> 20
        ))
    }

    /// Whether it stands now.
    pub(crate) fn is_up(&self) -> bool {
        self.client.connection_state() == State::Connected
    }

    /// The server's version, as it says it.
    pub(crate) fn version(&self) -> String {
        let version = self.client.server_info().version;
        version
            .chars()
            .filter(char::is_ascii_graphic)
            .take(20)
            .collect()
    }

    /// Hosts and ports, for people.
    pub(crate) fn address(&self) -> String {
        self.servers.to_string()
    }
}

fn is_about_tls(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        let said = error.to_string().to_lowercase();
        if said.contains("certificate") || said.contains("tls") {
            return true;
        }
        cause = error.source();
    }
    false
}

async fn options(
    config: &PoolConfig,
    servers: &Servers,
    name: &str,
) -> Result<ConnectOptions, LinkError> {
    let mut options = ConnectOptions::new()
        .name(name)
        .connection_timeout(CONNECT)
        .request_timeout(Some(ANSWER))
        .ping_interval(PING)
        .reconnect_delay_callback(|tries| {
            let millis = 100_u64.saturating_mul(1 << tries.min(10));
            Duration::from_millis(millis).min(MOST_PAUSE)
        })
        .event_callback(tell);
    match servers.login() {
        Some(Login::User(user, password)) => {
            options = options.user_and_password(user.clone(), password.expose().to_owned());
        }
        Some(Login::Token(token)) => options = options.token(token.expose().to_owned()),
        None => {}
    }
    if let Some(user) = &config.user {
        let password = config.password.clone().unwrap_or_default();
        options = options.user_and_password(user.clone(), password.expose().to_owned());
    }
    if let Some(token) = &config.token {
        options = options.token(token.expose().to_owned());
    }
    if let Some(seed) = &config.nkey {
        let seed = seed.expose().trim();
        // A seed of a user begins so; everything else is a file.
        let seed = if seed.starts_with("SU") {
            seed.to_owned()
        } else {
            let text = read("the nkey's file", Path::new(seed)).await?;
            text.trim().to_owned()
        };
        options = options.nkey(seed);
    }
    if let Some(path) = &config.creds {
        let text = read("the credentials file", path).await?;
        // What the library says of it may quote it.
        options = options.credentials(&text).map_err(|_| LinkError::File {
            what: "the credentials file",
            path: path.display().to_string(),
            why: "it holds no JWT and key".to_owned(),
        })?;
    }
    if let Some(ca) = &config.tls_ca {
        read("the certificate", ca).await?;
        options = options.add_root_certificates(ca.clone()).require_tls(true);
    }
    if let (Some(cert), Some(key)) = (&config.tls_cert, &config.tls_key) {
        read("the certificate", cert).await?;
        read("the certificate's key", key).await?;
        options = options
            .add_client_certificate(cert.clone(), key.clone())
            .require_tls(true);
    }
    Ok(options)
}

async fn read(what: &'static str, path: &Path) -> Result<String, LinkError> {
    tokio::fs::read_to_string(path)
        .await
        .map_err(|error| LinkError::File {
            what,
            path: path.display().to_string(),
            why: error.to_string(),
        })
}

async fn tell(event: Event) {
    match event {
        Event::Connected => tracing::info!("the painting pool is connected"),
        Event::Disconnected => {
            tracing::warn!("the painting pool is disconnected; it is tried again");
        }
        Event::LameDuckMode => tracing::info!("the pool's server is about to end"),
        Event::SlowConsumer(_) => tracing::warn!("the pool's news come faster than they are read"),
        Event::ServerError(error) => tracing::warn!("the pool's server says: {error}"),
        Event::ClientError(error) => tracing::warn!("the pool's connection: {error}"),
        Event::Draining | Event::Closed => {}
    }
}
