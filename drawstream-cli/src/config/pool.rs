//! Settings of the painting pool: where its NATS servers are, and who comes in there.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use super::error::ConfigError;
use super::value::Reader;
use crate::secret::Secret;

/// Letters that a name in the pool has at most: it is a part of subjects.
const LONGEST_NAME: usize = 48;

/// Servers of one NATS system, without what the addresses had of users and passwords.
#[derive(Clone, PartialEq, Eq)]
pub struct Servers {
    addresses: Vec<Url>,
    login: Option<Login>,
}

/// Who comes in, as the address says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Login {
    /// `user:password@`
    User(String, Secret),
    /// `token@`
    Token(Secret),
}

impl Servers {
    /// Reads `nats://user:password@host:4222`, `tls://host` or `host:4222`, with commas between.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut servers = Self {
            addresses: Vec::new(),
            login: None,
        };
        for part in text.split(',').map(str::trim) {
            let full = if part.contains("://") {
                part.to_owned()
            } else {
                format!("nats://{part}")
            };
            let mut url = Url::parse(&full).ok()?;
            if !matches!(url.scheme(), "nats" | "tls") || !url.has_host() {
                return None;
            }
            if !url.username().is_empty() {
                let user = plain(url.username())?;
                servers.login = Some(match url.password() {
                    Some(password) => Login::User(user, Secret::new(plain(password)?)),
                    None => Login::Token(Secret::new(user)),
                });
            }
            url.set_username("").ok()?;
            url.set_password(None).ok()?;
            servers.addresses.push(url);
        }
        Some(servers)
    }

    /// Each with its scheme, host and port.
    pub(crate) fn addresses(&self) -> &[Url] {
        &self.addresses
    }

    /// The user and the password, or the token, that one of the addresses had.
    pub(crate) fn login(&self) -> Option<&Login> {
        self.login.as_ref()
    }
}

/// Hosts and ports, for people.
impl fmt::Display for Servers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, url) in self.addresses.iter().enumerate() {
            let comma = if n == 0 { "" } else { ", " };
            let host = url.host_str().unwrap_or_default();
            write!(f, "{comma}{host}:{}", url.port().unwrap_or(4222))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Servers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// What stands percent-encoded in an address.
fn plain(text: &str) -> Option<String> {
    let query = format!("a={}", text.replace('+', "%2B"));
    let (_, value) = url::form_urlencoded::parse(query.as_bytes()).next()?;
    Some(value.into_owned())
}

/// The painting pool.
#[derive(Clone, Debug)]
pub struct PoolConfig {
    /// The servers; absent where there is no pool.
    pub servers: Option<Servers>,
    /// A credentials file, as `nsc` writes it.
    pub creds: Option<PathBuf>,
    /// The user, where it does not stand in the address.
    pub user: Option<String>,
    /// The user's password.
    pub password: Option<Secret>,
    /// A token that stands for a user.
    pub token: Option<Secret>,
    /// The seed of an nkey.
    pub nkey: Option<Secret>,
    /// Certificates of those who sign for the servers.
    pub tls_ca: Option<PathBuf>,
    /// The own certificate.
    pub tls_cert: Option<PathBuf>,
    /// The own certificate's key.
    pub tls_key: Option<PathBuf>,
    /// The show's name in the pool.
    pub show: String,
    /// Paintings of this show that workers may have in hand at once.
    pub at_once: usize,
    /// How long a worker may be silent before its job goes to another.
    pub silence: Duration,
    /// A worker's name; the machine's where absent.
    pub worker: Option<String>,
}

pub(super) fn read(read: &Reader<'_>) -> Result<PoolConfig, ConfigError> {
    let expected = "addresses such as nats://host:4222 or tls://host:4222, with commas between";
    let path = |key| read.optional(key).map(PathBuf::from);
    let secret = |key| read.optional(key).map(Secret::new);
    let name = "a name of letters, digits, - and _, 48 at most";
    Ok(PoolConfig {
        servers: read.optional_parsed("nats.url", expected, Servers::parse)?,
        creds: path("nats.creds"),
        user: read.optional("nats.user"),
        password: secret("nats.password"),
        token: secret("nats.token"),
        nkey: secret("nats.nkey"),
        tls_ca: path("nats.tls_ca"),
        tls_cert: path("nats.tls_cert"),
        tls_key: path("nats.tls_key"),
        show: read.parsed("nats.show", name, pool_name)?,
        at_once: read.number("nats.at_once", 1..=64)?,
        silence: read.seconds("nats.silence_sec", 1.0..=600.0)?,
        worker: read.optional_parsed("nats.worker", name, pool_name)?,
    })
}

fn pool_name(text: &str) -> Option<String> {
    is_name(text).then(|| text.to_owned())
}

/// Whether a text can be one part of a subject.
pub(crate) fn is_name(text: &str) -> bool {
    (1..=LONGEST_NAME).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_without_their_passwords() {
        let servers =
            Servers::parse("nats://bob:p%40ss+word@a.example:4333, tls://b.example").unwrap();
        let bob = Login::User("bob".to_owned(), Secret::new("p@ss+word"));
        assert_eq!(servers.login(), Some(&bob));
        assert_eq!(servers.to_string(), "a.example:4333, b.example:4222");
        assert!(!format!("{servers:?} {:?}", servers.addresses()).contains("p%40ss"));
        for wrong in ["http://a", "nats://", "", "a,,b"] {
            assert_eq!(Servers::parse(wrong), None, "{wrong:?}");
        }
        let token = Login::Token(Secret::new("t0k"));
        assert_eq!(
            Servers::parse("nats://t0k@a").unwrap().login(),
            Some(&token)
        );
        assert_eq!(
            Servers::parse("localhost").unwrap().to_string(),
            "localhost:4222"
        );
    }

    #[test]
    fn a_name_is_one_part_of_a_subject() {
        assert!(is_name("gpu-1_a"));
        for wrong in ["", "a.b", "a b", "*", "кот", &"x".repeat(49)] {
            assert!(!is_name(wrong), "{wrong:?}");
        }
    }
}
