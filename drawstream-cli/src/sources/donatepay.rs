//! DonatePay as a source: the protocol of Donation Alerts in another dialect.
//!
//! Tokens for the socket and for the channel come from one address, the channel is `$public:<user id>`, and what was
//! missed is read from the list of notifications, whose ids are those that are pushed. The list of transactions
//! counts otherwise, so that it cannot be merged with the socket.
//!
//! There is no public document of it; this follows the clients that others wrote (`api/v2/socket/token`,
//! `api/v1/user`, `api/v1/notifications`), and reads whatever is odd as well as can be.

mod rest;
mod row;
#[cfg(test)]
mod test;

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::donation_alerts::dialect::{Dialect, Service};
use super::donation_alerts::request::RequestError;
use super::donation_alerts::{Backfill, Books, Pace, start_dialect};
use super::status::Running;
use crate::health::Health;
use crate::intake::Intake;
use crate::secret::Secret;

pub(super) use rest::Rest;

/// The source's name in the configuration and in the ledger.
pub const NAME: &str = "donatepay";

static DIALECT: Dialect = Dialect {
    name: NAME,
    title: "DonatePay",
    mend: "does not accept the key: set a new DONATEPAY_ACCESS_TOKEN",
    channel: |user_id| format!("$public:{user_id}"),
    parse: row::parse,
};

/// What the source needs to know.
#[derive(Debug)]
pub struct DonatePaySettings {
    /// The account's API key.
    pub access_token: Secret,
    /// Base of REST, ending in `/api`.
    pub api_base: String,
    /// The socket.
    pub ws_url: String,
    /// What is known and wished at a first start.
    pub backfill: Backfill,
    /// Lengths of time.
    pub pace: Pace,
    /// Seed of the waits between connections.
    pub seed: u64,
}

/// The source's own pace: one call in twenty seconds is allowed to each address.
pub fn pace(poll_interval: Duration) -> Pace {
    Pace {
        least_wait: Duration::from_secs(5),
        most_wait: Duration::from_secs(60),
        poll_up: poll_interval,
        poll_down: Duration::from_secs(50),
        requests_per_minute: 6,
        ..Pace::default()
    }
}

/// Whether DonatePay takes the key. It allows a question in twenty seconds, so that this is one.
pub(crate) async fn check(api_base: &str, key: Secret, user_id: Option<u64>) -> Health {
    let Ok(rest) = Rest::new(api_base, key, user_id) else {
        return Health::bad("HTTP cannot be set up", "update the system's certificates");
    };
    match rest.is_accepted().await {
        Ok(()) => Health::good("logged in"),
        Err(RequestError::LoginNeeded) => Health::bad(
            "DonatePay does not accept the key",
            "set DONATEPAY_ACCESS_TOKEN to the API key of your account",
        ),
        Err(RequestError::TooMany { .. }) => Health::fair(
            "DonatePay was asked too often to answer",
            "wait twenty seconds and run `drawstream doctor` again",
        ),
        Err(RequestError::Trouble(why)) => {
            Health::bad(why, "check the network: curl -I https://donatepay.ru")
        }
    }
}

/// Starts the source.
///
/// # Errors
/// Where HTTP cannot be set up, or the ledger not be read.
pub async fn start(
    settings: DonatePaySettings,
    intake: &Intake,
    stop: CancellationToken,
) -> anyhow::Result<Running> {
    let DonatePaySettings {
        access_token,
        api_base,
        ws_url,
        backfill,
        pace,
        seed,
    } = settings;
    let rest = Rest::new(&api_base, access_token, backfill.user_id)?;
    let service = Service::DonatePay(rest);
    let books = Books {
        clerk: intake.clerk().clone(),
        news: intake.bell(),
    };
    start_dialect(
        &DIALECT,
        service,
        &ws_url,
        backfill,
        (pace, seed),
        books,
        stop,
    )
    .await
}
