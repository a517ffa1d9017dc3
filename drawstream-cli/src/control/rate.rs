//! [`Rate`]: how many commands one address may give, so that a stuck key or a wild script does not drown the others.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Problem;

/// Commands at once: a moderator who clears a long list by hand is slower.
const BURST: f64 = 60.0;
/// Commands a second in the long run.
const A_SECOND: f64 = 20.0;
/// Addresses that are remembered.
const ADDRESSES: usize = 1_024;

/// What each address has left.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rate(Arc<Mutex<BTreeMap<Option<IpAddr>, Purse>>>);

#[derive(Debug)]
struct Purse {
    left: f64,
    at: Instant,
}

impl Rate {
    fn spend(&self, who: Option<IpAddr>, now: Instant) -> bool {
        let mut purses = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if purses.len() >= ADDRESSES && !purses.contains_key(&who) {
            // Whoever has been quiet long enough has a full purse anyway.
            purses.retain(|_, purse| now.duration_since(purse.at).as_secs_f64() * A_SECOND < BURST);
        }
        let purse = purses.entry(who).or_insert(Purse {
            left: BURST,
            at: now,
        });
        let earned = now.duration_since(purse.at).as_secs_f64() * A_SECOND;
        purse.left = (purse.left + earned).min(BURST);
        purse.at = now;
        if purse.left < 1.0 {
            return false;
        }
        purse.left -= 1.0;
        true
    }
}

/// The layer before the routes that change something.
pub(crate) async fn limit(State(rate): State<Rate>, request: Request, next: Next) -> Response {
    let who = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map(|info| info.0.ip());
    let is_command = !matches!(*request.method(), Method::GET | Method::HEAD);
    if is_command && !rate.spend(who, Instant::now()) {
        let problem = Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too many commands at once; wait a second",
        );
        let mut response = problem.into_response();
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        return response;
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_flood_is_stopped_and_the_others_and_the_patient_are_not() {
        let rate = Rate::default();
        let start = Instant::now();
        let one = Some(IpAddr::from([10, 0, 0, 1]));
        let taken = (0..100).filter(|_| rate.spend(one, start)).count();
        assert_eq!(taken, 60);
        assert!(rate.spend(None, start));
        assert!(rate.spend(one, start + Duration::from_secs(1)));
    }
}
