//! The account that the simulator serves: its donations, its tokens and its channel.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{Dialect, SimulatorOptions};

/// The scopes that drawstream asks for.
pub(super) const SCOPES: [&str; 3] = [
    "oauth-user-show",
    "oauth-donation-subscribe",
    "oauth-donation-index",
];

/// A donation that somebody makes to the simulated streamer.
#[derive(Clone, Debug, PartialEq)]
pub struct SimulatedDonation {
    /// The donor's name; `None` is anonymous.
    pub donor: Option<String>,
    /// What is written; for `message_type` audio the address of the recording.
    pub message: Option<String>,
    /// `text` or `audio`.
    pub message_type: &'static str,
    /// A number or a text, as the service would write it.
    pub amount: Value,
    /// Currency code.
    pub currency: String,
    /// The amount in the streamer's currency, where the service says it.
    pub amount_in_user_currency: Option<Value>,
    /// When it was made, in seconds since 1970; now where absent.
    pub created_at: Option<i64>,
}

impl SimulatedDonation {
    /// A written donation of `amount` (a decimal) in `currency`.
    pub fn written(donor: Option<&str>, message: &str, amount: f64, currency: &str) -> Self {
        Self {
            donor: donor.map(str::to_owned),
            message: Some(message.to_owned()),
            message_type: "text",
            amount: number(amount),
            currency: currency.to_owned(),
            amount_in_user_currency: None,
            created_at: None,
        }
    }
}

/// The service writes whole amounts without a point.
fn number(amount: f64) -> Value {
    if amount.fract() == 0.0 && amount.abs() < 1e15 {
        json!(amount as i64)
    } else {
        json!(amount)
    }
}

/// Which parts of the service tell of a donation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Announce {
    /// Socket and REST, as it should be.
    Everywhere,
    /// The socket alone: REST has not caught up.
    SocketOnly,
    /// REST alone: the push was lost.
    RestOnly,
}

/// A way in which a REST request fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestFault {
    /// 429, with so many seconds to wait.
    TooMany(u64),
    /// 500 with a page of HTML.
    Broken,
    /// 200 with a page of HTML, as a proxy in front of the service answers.
    Html,
    /// 401.
    Unauthorized,
}

/// What has happened so far; tests wait for these numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Sockets that were opened, ever.
    pub opened: u64,
    /// Sockets that are open.
    pub open: usize,
    /// Subscriptions that were granted, ever.
    pub subscriptions: u64,
    /// Connections that are subscribed to donations now.
    pub subscribed: usize,
    /// REST requests, ever.
    pub requests: u64,
    /// REST requests answered by 429.
    pub too_many: u64,
    /// Tokens given out by `/oauth/token`.
    pub tokens_granted: u64,
    /// Answers to pings.
    pub pongs: u64,
    /// Donations made.
    pub donations: u64,
}

/// What a connection is told to do.
#[derive(Clone, Debug)]
pub(super) enum Out {
    /// Send a document.
    Document(String),
    /// Close with this code.
    Close(u16),
    /// End without a word.
    Cut,
}

/// A pair of tokens.
#[derive(Clone, Debug)]
pub(super) struct Grant {
    pub(super) access: String,
    pub(super) refresh: String,
}

struct Client {
    out: mpsc::Sender<Out>,
    connected: bool,
    channels: BTreeSet<String>,
}

struct Publication {
    position: u64,
    data: Value,
}

pub(super) struct Service {
    pub(super) options: SimulatorOptions,
    pub(super) address: SocketAddr,
    pub(super) silent: bool,
    pub(super) faults: VecDeque<RestFault>,
    rng: ChaCha8Rng,
    stats: Stats,
    clients: BTreeMap<String, Client>,
    access: BTreeMap<String, SystemTime>,
    refresh: BTreeSet<String>,
    codes: BTreeMap<String, String>,
    socket_tokens: BTreeMap<String, bool>,
    channel_tokens: BTreeMap<String, (String, String)>,
    pub(super) rows: BTreeMap<u64, Value>,
    /// Ids in the order in which REST lists them, oldest first.
    pub(super) listed: Vec<u64>,
    /// When REST first told of each.
    pub(super) told: BTreeMap<u64, SystemTime>,
    next_id: u64,
    epoch: String,
    top: u64,
    history: VecDeque<Publication>,
    recent_requests: VecDeque<Instant>,
}

impl Service {
    pub(super) fn new(options: SimulatorOptions, address: SocketAddr) -> Self {
        let mut service = Self {
            rng: ChaCha8Rng::seed_from_u64(options.seed),
            next_id: options.first_id,
            options,
            address,
            silent: false,
            faults: VecDeque::new(),
            stats: Stats::default(),
            clients: BTreeMap::new(),
            access: BTreeMap::new(),
            refresh: BTreeSet::new(),
            codes: BTreeMap::new(),
            socket_tokens: BTreeMap::new(),
            channel_tokens: BTreeMap::new(),
            rows: BTreeMap::new(),
            listed: Vec::new(),
            told: BTreeMap::new(),
            epoch: String::new(),
            top: 0,
            history: VecDeque::new(),
            recent_requests: VecDeque::new(),
        };
        service.new_epoch();
        service
    }

    pub(super) fn stats(&self) -> Stats {
        let alerts = self.alerts_channel();
        Stats {
            open: self.clients.len(),
            subscribed: self
                .clients
                .values()
                .filter(|client| client.channels.contains(&alerts))
                .count(),
            ..self.stats.clone()
        }
    }

    pub(super) fn alerts_channel(&self) -> String {
        format!("$alerts:donation_{}", self.options.user_id)
    }

    fn is_own_channel(&self, channel: &str) -> bool {
        let user = self.options.user_id;
        channel == self.alerts_channel()
            || channel == format!("$goals:goal_{user}")
            || channel == format!("$polls:poll_{user}")
    }

    fn word(&mut self, bytes: usize) -> String {
        let word: Vec<u8> = (0..bytes).map(|_| self.rng.random()).collect();
        word.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub(super) fn grant(&mut self) -> Grant {
        let expires = SystemTime::now() + self.options.token_lifetime;
        let payload = json!({
            "aud": super::CLIENT.0,
            "jti": self.word(8),
            "exp": seconds(expires),
            "sub": self.options.user_id.to_string(),
            "scopes": SCOPES,
        });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let access = format!(
            "{}.{}.{}",
            part(&json!({"typ": "JWT", "alg": "none"})),
            part(&payload),
            self.word(12)
        );
        let refresh = format!("def50200{}", self.word(12));
        self.access.insert(access.clone(), expires);
        self.refresh.insert(refresh.clone());
        Grant { access, refresh }
    }

    pub(super) fn is_valid(&self, access: &str) -> bool {
        self.access
            .get(access)
            .is_some_and(|expires| *expires > SystemTime::now())
    }

    /// A code that is exchanged once, and only with the same redirect address.
    pub(super) fn approve(&mut self, redirect_uri: &str) -> String {
        let code = self.word(16);
        self.codes.insert(code.clone(), redirect_uri.to_owned());
        code
    }

    pub(super) fn exchange(&mut self, code: &str, redirect_uri: &str) -> Option<Grant> {
        (self.codes.remove(code)? == redirect_uri).then(|| self.granted())
    }

    pub(super) fn renew(&mut self, refresh: &str) -> Option<Grant> {
        self.refresh.remove(refresh).then(|| self.granted())
    }

    fn granted(&mut self) -> Grant {
        self.stats.tokens_granted += 1;
        self.grant()
    }

    pub(super) fn expire_tokens(&mut self) {
        self.access.clear();
        self.socket_tokens
            .values_mut()
            .for_each(|valid| *valid = false);
        self.channel_tokens.clear();
    }

    pub(super) fn socket_token(&mut self) -> String {
        let token = self.word(16);
        self.socket_tokens.insert(token.clone(), true);
        token
    }

    pub(super) fn channel_token(&mut self, client: &str, channel: &str) -> Option<String> {
        if !self.is_own_channel(channel) {
            return None;
        }
        let token = self.word(16);
        let bound = (client.to_owned(), channel.to_owned());
        self.channel_tokens.insert(token.clone(), bound);
        Some(token)
    }

    /// Counts a request and says how it fails, if it does.
    pub(super) fn admit(&mut self) -> Option<RestFault> {
        self.stats.requests += 1;
        let now = Instant::now();
        let minute = Duration::from_secs(60);
        while let Some(oldest) = self.recent_requests.front()
            && now.duration_since(*oldest) >= minute
        {
            self.recent_requests.pop_front();
        }
        let fault = self.faults.pop_front().or_else(|| {
            let most = self.options.requests_per_minute? as usize;
            let wait = minute.saturating_sub(now.duration_since(*self.recent_requests.front()?));
            (self.recent_requests.len() >= most).then(|| RestFault::TooMany(wait.as_secs() + 1))
        });
        if matches!(fault, Some(RestFault::TooMany(_))) {
            self.stats.too_many += 1;
        } else {
            self.recent_requests.push_back(now);
        }
        fault
    }

    pub(super) fn donate(&mut self, donation: &SimulatedDonation, how: Announce) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        self.stats.donations += 1;
        self.rows.insert(id, self.row(id, donation));
        if how != Announce::SocketOnly {
            let back = self.rng.random_range(0..=self.options.listing_jitter);
            self.listed
                .insert(self.listed.len().saturating_sub(back), id);
        }
        if how != Announce::RestOnly {
            self.repeat(id);
        }
        id
    }

    /// Publishes a donation on the channel, whether or not that was done before.
    pub(super) fn repeat(&mut self, id: u64) {
        let Some(row) = self.rows.get(&id) else {
            return;
        };
        let mut data = row.clone();
        if let Some(fields) = data.as_object_mut() {
            fields.remove("created_at_ts");
            fields.remove("shown_at_ts");
            fields.insert("reason".to_owned(), json!("default"));
        }
        self.top += 1;
        let publication = Publication {
            position: self.top,
            data,
        };
        let mut document = json!({"channel": self.alerts_channel(), "data": {}});
        document["data"] = self.written_push(&publication);
        self.history.push_back(publication);
        while self.history.len() > self.options.history_size {
            self.history.pop_front();
        }
        let channel = self.alerts_channel();
        self.tell(&channel, &json!({"result": document}));
    }

    /// A publication as it is pushed: version 2.7 leaves `offset` out of pushes, though not out of replies.
    fn written_push(&self, publication: &Publication) -> Value {
        let position = publication.position;
        match self.options.dialect {
            Dialect::V27 | Dialect::V28Seq => json!({"seq": position, "data": publication.data}),
            Dialect::V28Offset => json!({"data": publication.data, "offset": position}),
        }
    }

    fn written_recovered(&self, publication: &Publication) -> Value {
        let position = publication.position;
        match self.options.dialect {
            Dialect::V27 => json!({"seq": position, "data": publication.data, "offset": position}),
            Dialect::V28Seq | Dialect::V28Offset => self.written_push(publication),
        }
    }

    pub(super) fn open(&mut self, out: mpsc::Sender<Out>) -> String {
        let word = self.word(16);
        let client = format!(
            "{}-{}-{}-{}-{}",
            &word[..8],
            &word[8..12],
            &word[12..16],
            &word[16..20],
            &word[20..]
        );
        self.stats.opened += 1;
        let entry = Client {
            out,
            connected: false,
            channels: BTreeSet::new(),
        };
        self.clients.insert(client.clone(), entry);
        client
    }

    pub(super) fn gone(&mut self, client: &str) {
        if let Some(entry) = self.clients.remove(client) {
            for channel in entry.channels {
                self.tell_passage(2, &channel, client);
            }
        }
    }

    pub(super) fn is_connected(&self, client: &str) -> bool {
        self.clients
            .get(client)
            .is_some_and(|entry| entry.connected)
    }

    pub(super) fn set_connected(&mut self, client: &str) {
        if let Some(entry) = self.clients.get_mut(client) {
            entry.connected = true;
        }
    }

    /// `Some(true)` is valid, `Some(false)` has expired, `None` was never given out.
    pub(super) fn socket_token_state(&self, token: &str) -> Option<bool> {
        self.socket_tokens.get(token).copied()
    }

    pub(super) fn is_subscribed(&self, client: &str, channel: &str) -> bool {
        self.clients
            .get(client)
            .is_some_and(|entry| entry.channels.contains(channel))
    }

    pub(super) fn may_subscribe(&self, client: &str, channel: &str, token: &str) -> bool {
        self.channel_tokens
            .get(token)
            .is_some_and(|(whose, which)| whose == client && which == channel)
    }

    pub(super) fn subscribe(&mut self, client: &str, channel: &str) {
        if let Some(entry) = self.clients.get_mut(client) {
            entry.channels.insert(channel.to_owned());
            self.stats.subscriptions += 1;
        }
        self.tell_passage(1, channel, client);
    }

    pub(super) fn unsubscribe(&mut self, client: &str, channel: &str) {
        let left = self
            .clients
            .get_mut(client)
            .is_some_and(|entry| entry.channels.remove(channel));
        if left {
            self.tell_passage(2, channel, client);
        }
    }

    pub(super) fn unsubscribe_all(&mut self) {
        let channel = self.alerts_channel();
        let push =
            json!({"result": {"type": 3, "channel": channel, "data": {"resubscribe": true}}});
        self.tell(&channel, &push);
        for entry in self.clients.values_mut() {
            entry.channels.remove(&channel);
        }
    }

    pub(super) fn ponged(&mut self) {
        self.stats.pongs += 1;
    }

    /// The result of a subscription: where the stream is, and what was missed if that was asked for.
    pub(super) fn stream_state(
        &self,
        channel: &str,
        since: Option<(u64, &str)>,
    ) -> serde_json::Map<String, Value> {
        let mut result = serde_json::Map::new();
        if channel != self.alerts_channel() {
            return result;
        }
        let dialect = self.options.dialect;
        result.insert("recoverable".to_owned(), json!(true));
        if self.top > 0 && dialect != Dialect::V28Offset {
            result.insert("seq".to_owned(), json!(self.top));
        }
        result.insert("epoch".to_owned(), json!(self.epoch));
        if let Some((position, epoch)) = since {
            let missed = self.history.iter().filter(|p| p.position > position);
            let mut missed: Vec<Value> = missed.map(|p| self.written_recovered(p)).collect();
            let whole =
                epoch == self.epoch && missed.len() as u64 == self.top.saturating_sub(position);
            if dialect != Dialect::V28Offset {
                missed.reverse();
            }
            if !missed.is_empty() {
                result.insert("publications".to_owned(), Value::Array(missed));
            }
            if whole {
                result.insert("recovered".to_owned(), json!(true));
            }
        }
        if self.top > 0 && dialect != Dialect::V28Seq {
            result.insert("offset".to_owned(), json!(self.top));
        }
        result
    }

    pub(super) fn new_epoch(&mut self) {
        self.epoch = self.word(2);
        self.top = 0;
        self.history.clear();
    }

    pub(super) fn send_raw(&mut self, text: &str) {
        let channel = self.alerts_channel();
        self.send_to(&channel, text);
    }

    pub(super) fn close_all(&mut self, how: &Out) {
        for entry in self.clients.values() {
            // A full queue belongs to a connection that is being closed for it.
            let _ = entry.out.try_send(how.clone());
        }
    }

    /// Joins (1) and leaves (2) are told to all of the channel, the one in question included.
    fn tell_passage(&mut self, kind: u8, channel: &str, client: &str) {
        let info = json!({"info": {"user": self.options.user_id.to_string(), "client": client}});
        let push = json!({"result": {"type": kind, "channel": channel, "data": info}});
        self.tell(channel, &push);
    }

    fn tell(&mut self, channel: &str, document: &Value) {
        self.send_to(channel, &written(document));
    }

    fn send_to(&mut self, channel: &str, text: &str) {
        for entry in self.clients.values() {
            if entry.channels.contains(channel)
                && entry.out.try_send(Out::Document(text.to_owned())).is_err()
            {
                tracing::debug!("a simulated connection reads too slowly: it loses a document");
            }
        }
    }
}

/// Seconds since 1970.
pub(super) fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs()
}

/// JSON the way PHP writes it: everything outside of ASCII and every slash escaped.
pub(super) fn written(value: &Value) -> String {
    let mut text = String::new();
    for c in value.to_string().chars() {
        match c {
            '/' => text.push_str("\\/"),
            c if c.is_ascii() => text.push(c),
            c => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    text.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    text
}
