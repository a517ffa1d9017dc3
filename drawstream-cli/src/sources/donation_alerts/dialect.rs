//! What differs between the services that speak this protocol: a [`Dialect`] and a [`Service`].

use std::time::SystemTime;

use drawstream_core::donation::UnixTime;
use serde_json::Value;

use super::report::Alarm;
use super::request::RequestError;
use super::rest::{Page, Profile, Rest};
use super::row::{self, NoId};
use crate::ledger::NewDonation;
use crate::sources::donatepay;

/// How a service writes things.
#[derive(Debug)]
pub(in crate::sources) struct Dialect {
    /// The source's name in the configuration and in the ledger.
    pub(in crate::sources) name: &'static str,
    /// Its name for people.
    pub(in crate::sources) title: &'static str,
    /// What to do where it does not accept the token any more.
    pub(in crate::sources) mend: &'static str,
    /// The channel of a streamer's donations.
    pub(in crate::sources) channel: fn(u64) -> String,
    /// Reads what is published on it; `None` is something else than a donation.
    pub(in crate::sources) parse: fn(&Value, UnixTime) -> Result<Option<NewDonation>, NoId>,
}

/// Donation Alerts.
pub(super) static DONATION_ALERTS: Dialect = Dialect {
    name: super::NAME,
    title: "Donation Alerts",
    mend: "wants a new login: run `drawstream login`",
    channel: |user_id| format!("$alerts:donation_{user_id}"),
    parse: |row, heard_at| row::parse(row, heard_at).map(Some),
};

impl Dialect {
    /// What an operator is told.
    pub(super) fn words(&self, alarm: &Alarm) -> String {
        let title = self.title;
        match alarm {
            Alarm::LoginNeeded => format!("{title} {}", self.mend),
            Alarm::Refused(code) => format!(
                "{title} closed the connection with code {code} and asked not to come again; trying slowly"
            ),
            Alarm::LedgerUnwritable => {
                "the ledger cannot be written: donations wait in memory".to_owned()
            }
        }
    }
}

/// A service's HTTP.
#[derive(Debug)]
pub(in crate::sources) enum Service {
    /// Donation Alerts'.
    DonationAlerts(Rest),
    /// DonatePay's.
    DonatePay(donatepay::Rest),
}

impl Service {
    pub(super) async fn profile(&self) -> Result<Profile, RequestError> {
        match self {
            Self::DonationAlerts(rest) => rest.profile().await,
            Self::DonatePay(rest) => rest.profile().await,
        }
    }

    pub(super) async fn channel_token(
        &self,
        client: &str,
        channel: &str,
    ) -> Result<String, RequestError> {
        match self {
            Self::DonationAlerts(rest) => rest.channel_token(client, channel).await,
            Self::DonatePay(rest) => rest.channel_token(client, channel).await,
        }
    }

    pub(super) async fn page(&self, number: u32, heard_at: UnixTime) -> Result<Page, RequestError> {
        match self {
            Self::DonationAlerts(rest) => rest.page(number, heard_at).await,
            Self::DonatePay(rest) => rest.page(number, heard_at).await,
        }
    }

    /// When the token expires, where that can be read.
    pub(super) fn token_expires(&self) -> Option<SystemTime> {
        match self {
            Self::DonationAlerts(rest) => rest.tokens().load().ok()?.claims()?.expires,
            // Its keys do not tell, and do not expire by themselves.
            Self::DonatePay(_) => None,
        }
    }
}
