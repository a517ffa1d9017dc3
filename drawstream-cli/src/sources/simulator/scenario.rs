//! Troubles, scripted: what a bot must live with, one kind at a time.

use std::time::Duration;

use clap::ValueEnum;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::donors::DemoDonors;
use super::{Announce, RestFault, SimulatedDonation, Simulator};

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Scenario {
    /// People donate, one after another.
    Demo,
    /// Fifty donations at once.
    Burst,
    /// Connections end between donations: each close code, and cuts without a word.
    Drops,
    /// Each donation is pushed twice.
    Duplicates,
    /// Donations dated and listed out of order.
    OutOfOrder,
    /// The socket falls silent while people donate, and hangs up on nobody.
    Silence,
    /// All tokens expire, and connections end.
    ExpiredTokens,
    /// REST answers 429.
    #[value(name = "429")]
    TooMany,
    /// Documents that cannot be read stand among those that can.
    Malformed,
    /// Spoken messages: an address instead of words.
    Audio,
    /// Fields that may be null are; amounts that may be texts are.
    Nulls,
}

/// All close codes of Centrifugo v1.
pub const CLOSE_CODES: std::ops::RangeInclusive<u16> = 3000..=3013;

impl Scenario {
    /// Plays it once, with `pace` between its steps. Says the ids of the donations that were made.
    pub async fn play(
        self,
        simulator: &Simulator,
        donors: &mut DemoDonors,
        pace: Duration,
    ) -> Vec<u64> {
        let mut made = Vec::new();
        match self {
            Self::Demo => made.extend(next(simulator, donors)),
            Self::Burst => {
                for _ in 0..50 {
                    made.extend(next(simulator, donors));
                }
            }
            Self::Drops => {
                for code in CLOSE_CODES {
                    made.extend(next(simulator, donors));
                    simulator.disconnect(code);
                    made.extend(next(simulator, donors));
                    sleep(pace).await;
                }
                simulator.cut();
                made.extend(next(simulator, donors));
            }
            Self::Duplicates => {
                for _ in 0..5 {
                    let id = next(simulator, donors);
                    id.into_iter().for_each(|id| simulator.repeat(id));
                    made.extend(id);
                    sleep(pace).await;
                }
            }
            Self::OutOfOrder => made.extend(out_of_order(simulator, donors)),
            Self::Silence => {
                simulator.fall_silent();
                made.extend(next(simulator, donors));
                sleep(pace * 4).await;
                simulator.speak();
            }
            Self::ExpiredTokens => {
                simulator.expire_tokens();
                simulator.disconnect(3005);
                made.extend(next(simulator, donors));
            }
            Self::TooMany => {
                simulator.fail_next([RestFault::TooMany(2), RestFault::TooMany(1)]);
                simulator.disconnect(3011);
                made.extend(next(simulator, donors));
            }
            Self::Malformed => {
                for text in MALFORMED {
                    simulator.send_raw(text);
                    made.extend(next(simulator, donors));
                }
            }
            Self::Audio => made.push(simulator.push(&SimulatedDonation {
                message: Some("https://static.example/audiodonations/abc.wav".to_owned()),
                message_type: "audio",
                ..SimulatedDonation::written(Some("Bob"), "", 100.0, "RUB")
            })),
            Self::Nulls => {
                let odd: [(Option<&str>, Option<&str>, Value); 4] = [
                    (None, None, json!(50)),
                    (Some(""), Some(""), json!("22.00")),
                    (None, Some("null"), json!(9.99)),
                    (Some("Ann"), Some("\u{200b}\r\n"), json!("1 000,50")),
                ];
                made.extend(odd.map(|(donor, message, amount)| {
                    simulator.push(&SimulatedDonation {
                        message: message.map(str::to_owned),
                        amount,
                        ..SimulatedDonation::written(donor, "", 1.0, "UZS")
                    })
                }));
            }
        }
        sleep(pace).await;
        made
    }
}

/// Documents that a bot must survive.
const MALFORMED: [&str; 6] = [
    "not json at all",
    "{\"result\":{\"channel\":7,\"data\":[]}}",
    "{\"result\":{\"channel\":\"$alerts:donation_13900001\",\"data\":{\"seq\":-1,\"data\":{\"name\":\"no id\"}}}}",
    "{\"result\":{\"type\":99,\"channel\":\"x\",\"data\":null}}",
    "{\"id\":77,\"result\":{}}",
    "[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]",
];

fn next(simulator: &Simulator, donors: &mut DemoDonors) -> Option<u64> {
    donors.next().map(|donation| simulator.push(&donation))
}

/// A late one that is dated before those already told, and ones whose push or listing is missing.
fn out_of_order(simulator: &Simulator, donors: &mut DemoDonors) -> Vec<u64> {
    let now = time::OffsetDateTime::now_utc().unix_timestamp();
    let ways = [
        (0, Announce::Everywhere),
        (-30, Announce::Everywhere),
        (-10, Announce::RestOnly),
        (-20, Announce::Everywhere),
    ];
    let late = ways
        .into_iter()
        .zip(donors)
        .map(|((shift, how), donation)| {
            let created_at = Some(now + shift);
            simulator.announce(
                &SimulatedDonation {
                    created_at,
                    ..donation
                },
                how,
            )
        });
    late.collect()
}
