//! What is typed into the terminal: `donate 7.5 a cat`, `da 7.5 a cat`, `queue`, `skip`, `clear`, `pause`, `resume`,
//! `close`, `open`, `quit`.
//!
//! The end of the input does not end the program, and a line that cannot be read harms no other.

use std::io::{BufRead, Read as _};

use drawstream_core::donation::{Currency, Money, RawText};
use drawstream_core::house::Door;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use super::donation_alerts;
use crate::control::QueueView;
use crate::intake::{Intake, Trial};
use crate::stagehand::Order;

/// The source's name in the configuration and in the ledger.
pub const NAME: &str = "console";

/// The longest line that is read, in bytes.
const LONGEST: u64 = 64 * 1024;

/// What a typed line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Typed {
    /// A donation.
    Donate {
        /// Whether it shall look like one from Donation Alerts.
        as_donation_alerts: bool,
        /// How much.
        amount: Money,
        /// For what.
        message: RawText,
    },
    /// End what is on the stage.
    Skip,
    /// Empty the queue.
    Clear,
    /// Say what is on and what waits.
    Queue,
    /// Let time stand still.
    Pause,
    /// Let time go on.
    Resume,
    /// Take no more requests.
    Close,
    /// Take requests again.
    Open,
    /// End the program.
    Quit,
}

/// A line that asks for nothing that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TypedError {
    /// The first word is no command.
    #[error(
        "type `donate 7.5 a cat in a hat`, `da 7.5 …`, `queue`, `skip`, `clear`, `pause`, `resume`, `close`, `open` or `quit`"
    )]
    Unknown,
    /// The second word is no amount.
    #[error("the amount is not a number: type `donate 7.5 a cat in a hat`")]
    Amount,
    /// Nothing is asked for.
    #[error("say what is to be drawn: type `donate 7.5 a cat in a hat`")]
    Blank,
    /// The line is longer than a message can be.
    #[error("the line is too long")]
    TooLong,
}

/// Reads a line; `None` where it is empty. Amounts are in `currency`.
///
/// # Errors
/// What to type instead.
pub fn parse(line: &str, currency: &Currency) -> Result<Option<Typed>, TypedError> {
    let line = line.trim();
    let (command, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let typed = match command.to_lowercase().as_str() {
        "" => return Ok(None),
        "skip" => Typed::Skip,
        "clear" => Typed::Clear,
        "queue" => Typed::Queue,
        "pause" => Typed::Pause,
        "resume" => Typed::Resume,
        "close" => Typed::Close,
        "open" => Typed::Open,
        "quit" | "exit" => Typed::Quit,
        command @ ("donate" | "da") => {
            let rest = rest.trim_start();
            let (amount, message) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            let message = RawText::new(message.trim());
            let amount = Money::parse(amount, currency.clone()).ok_or(TypedError::Amount)?;
            if message.is_blank() {
                return Err(TypedError::Blank);
            }
            Typed::Donate {
                as_donation_alerts: command == "da",
                amount,
                message,
            }
        }
        _ => return Err(TypedError::Unknown),
    };
    Ok(Some(typed))
}

/// Reads lines on a thread of its own until the input ends or nobody listens. A broken byte harms its line alone.
///
/// The thread is not waited for: a read from a terminal cannot be ended from outside.
///
/// # Errors
/// Where the system has no thread left.
pub fn listen(
    input: impl BufRead + Send + 'static,
    currency: Currency,
) -> std::io::Result<mpsc::Receiver<Result<Typed, TypedError>>> {
    // Nobody types faster; what is pasted waits in the terminal.
    let (typed, receiver) = mpsc::channel(16);
    std::thread::Builder::new()
        .name("console".to_owned())
        .spawn(move || {
            let mut input = input;
            while let Ok(Some(line)) = next_line(&mut input) {
                let line = line.and_then(|line| parse(&line, &currency)).transpose();
                if line.is_some_and(|line| typed.blocking_send(line).is_err()) {
                    break;
                }
            }
        })?;
    Ok(receiver)
}

/// The next line with its broken bytes replaced; `None` at the end. A line that is too long is passed over.
fn next_line(input: &mut impl BufRead) -> std::io::Result<Option<Result<String, TypedError>>> {
    let mut bytes = Vec::new();
    input.by_ref().take(LONGEST).read_until(b'\n', &mut bytes)?;
    if bytes.is_empty() {
        return Ok(None);
    }
    if bytes.len() as u64 == LONGEST && !bytes.ends_with(b"\n") {
        input.skip_until(b'\n')?;
        return Ok(Some(Err(TypedError::TooLong)));
    }
    Ok(Some(Ok(String::from_utf8_lossy(&bytes).into_owned())))
}

/// What typed lines can reach.
#[derive(Debug)]
pub(crate) struct Reach {
    pub(crate) intake: Intake,
    pub(crate) orders: mpsc::Sender<Order>,
    pub(crate) view: watch::Receiver<QueueView>,
    pub(crate) stop: CancellationToken,
}

/// Does what is typed, and says what became of it, until the input or the program ends.
pub(crate) async fn attend(
    mut lines: mpsc::Receiver<Result<Typed, TypedError>>,
    reach: Reach,
    mut say: impl FnMut(&str),
) {
    loop {
        let line = tokio::select! {
            () = reach.stop.cancelled() => return,
            line = lines.recv() => line,
        };
        let answer = match line {
            None => return,
            Some(Ok(typed)) => reach.perform(typed).await,
            Some(Err(error)) => error.to_string(),
        };
        say(answer.trim_end());
    }
}

impl Reach {
    async fn perform(&self, typed: Typed) -> String {
        match typed {
            Typed::Donate {
                as_donation_alerts,
                amount,
                message,
            } => {
                let source = if as_donation_alerts {
                    donation_alerts::NAME
                } else {
                    NAME
                };
                self.donate(source, amount, &message).await
            }
            Typed::Skip => match self.order(Order::Skip).await {
                Some(Some(id)) => format!("skipped donation {id}"),
                Some(None) => "nothing is on that could be skipped".to_owned(),
                None => silent(),
            },
            Typed::Clear => match self.order(Order::Clear).await {
                Some(cleared) => format!("cleared {cleared} from the queue"),
                None => silent(),
            },
            Typed::Pause => self.done(Order::Pause, "paused").await,
            Typed::Resume => self.done(Order::Resume, "time goes on").await,
            Typed::Close => self.set_door(Door::Closed, "requests are closed").await,
            Typed::Open => self.set_door(Door::Open, "requests are open").await,
            Typed::Queue => crate::commands::steer::describe(&self.view.borrow()),
            Typed::Quit => {
                self.stop.cancel();
                "ending after the stroke under way".to_owned()
            }
        }
    }

    async fn donate(&self, source: &'static str, amount: Money, message: &RawText) -> String {
        let trial = Trial {
            currency: Some(amount.currency.code().to_owned()),
            amount: amount
                .to_string()
                .split_whitespace()
                .next()
                .unwrap_or_default()
                .to_owned(),
            message: message.expose().to_owned(),
            donor: None,
        };
        match self.intake.take_trial(source, trial).await {
            Ok(id) => format!("taken as donation {id}"),
            Err(error) => error.to_string(),
        }
    }

    async fn set_door(&self, door: Door, done: &str) -> String {
        match self.intake.set_door(door).await {
            Ok(()) => self.done(|answer| Order::Door(door, answer), done).await,
            Err(error) => error.to_string(),
        }
    }

    async fn done(&self, make: impl FnOnce(oneshot::Sender<()>) -> Order, done: &str) -> String {
        match self.order(make).await {
            Some(()) => done.to_owned(),
            None => silent(),
        }
    }

    async fn order<T>(&self, make: impl FnOnce(oneshot::Sender<T>) -> Order) -> Option<T> {
        let (answer, answered) = oneshot::channel();
        self.orders.send(make(answer)).await.ok()?;
        answered.await.ok()
    }
}

fn silent() -> String {
    "the stage does not answer".to_owned()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::ledger::{Clerk, Ledger, Origin};

    fn check(line: &str, expected: &Result<Option<Typed>, TypedError>) {
        let currency = Currency::parse("USD").unwrap();
        assert_eq!(&parse(line, &currency), expected, "{line:?}");
    }

    fn donate(amount: &str, message: &str) -> Typed {
        Typed::Donate {
            as_donation_alerts: false,
            amount: Money::parse(amount, Currency::parse("USD").unwrap()).unwrap(),
            message: RawText::new(message),
        }
    }

    #[test]
    fn lines_are_read_as_they_are_typed() {
        check(
            "donate 7.5 кот в шляпе\r\n",
            &Ok(Some(donate("7.5", "кот в шляпе"))),
        );
        check(
            "  DONATE   7,50   a  cat ",
            &Ok(Some(donate("7.5", "a  cat"))),
        );
        check("skip", &Ok(Some(Typed::Skip)));
        check("", &Ok(None));
        check("donate cat", &Err(TypedError::Amount));
        check("donate 5 \u{200b}", &Err(TypedError::Blank));
        check("draw a cat", &Err(TypedError::Unknown));
    }

    #[tokio::test]
    async fn a_broken_byte_and_an_endless_line_harm_one_line() {
        let mut input = b"donate 5 a \xff cat\n".to_vec();
        input.extend(vec![b'x'; 200_000]);
        input.extend(b"\nskip\n\nquit");
        let currency = Currency::parse("USD").unwrap();
        let mut typed = listen(Cursor::new(input), currency).unwrap();
        let mut all = Vec::new();
        while let Some(line) = typed.recv().await {
            all.push(line);
        }
        assert_eq!(
            all,
            [
                Ok(donate("5", "a \u{fffd} cat")),
                Err(TypedError::TooLong),
                Ok(Typed::Skip),
                Ok(Typed::Quit)
            ]
        );
    }
    #[tokio::test]
    async fn typed_donations_are_trials_in_the_ledger_and_the_end_of_the_input_ends_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (ledger, _) = Ledger::open(&folder.path().join("ledger.db")).unwrap();
        let (clerk, _) = Clerk::hire(ledger).unwrap();
        let currency = Currency::parse("USD").unwrap();
        let stop = CancellationToken::new();
        let (orders, mut orders_in) = mpsc::channel(4);
        let reach = Reach {
            intake: Intake::new(clerk.clone(), currency.clone()),
            orders,
            view: watch::channel(QueueView::default()).1,
            stop: stop.clone(),
        };
        tokio::spawn(async move {
            while let Some(order) = orders_in.recv().await {
                if let Order::Clear(answer) = order {
                    answer.send(3).unwrap();
                }
            }
        });
        let input = "donate 7.5 кот\nda 2 a dog\ndonate 0 nothing\nclear\nskip\nqueue\nдонат\n";
        let lines = listen(Cursor::new(input), currency).unwrap();
        let mut said = Vec::new();
        attend(lines, reach, |answer| {
            said.push(answer.lines().next().unwrap().to_owned());
        })
        .await;
        assert_eq!(
            said,
            [
                "taken as donation #1",
                "taken as donation #2",
                "amount: it is zero, the least is one cent",
                "cleared 3 from the queue",
                "the stage does not answer",
                "idle",
                &TypedError::Unknown.to_string(),
            ]
        );
        assert!(!stop.is_cancelled());
        let queue = clerk.ask(|ledger| ledger.queue(9)).await.unwrap();
        let sources: Vec<_> = queue
            .iter()
            .map(|q| q.donation.external.source.as_str())
            .collect();
        assert_eq!(sources, ["console", "donation_alerts"]);
        assert!(queue.iter().all(|q| q.origin == Origin::Trial));
    }
}
