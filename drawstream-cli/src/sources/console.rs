//! Donations typed into the terminal: `donate 7.5 a cat`, `skip`, `clear`, `quit`.

use std::io::{BufRead, Read as _};

use drawstream_core::donation::{Currency, ExternalId, Money, RawText, UnixTime};
use tokio::sync::mpsc;

use crate::ledger::{NewDonation, Origin};

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
    /// End the program.
    Quit,
}

/// A line that asks for nothing that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TypedError {
    /// The first word is no command.
    #[error("type `donate 7.5 a cat in a hat`, `da 7.5 …`, `skip`, `clear` or `quit`")]
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

/// A typed donation as the ledger takes it: a trial, since nobody paid.
///
/// `number` tells those of one run apart, and `run` the runs.
pub fn donation(
    amount: Money,
    message: RawText,
    created_at: UnixTime,
    run: &str,
    number: u64,
) -> NewDonation {
    NewDonation {
        external: ExternalId {
            source: NAME.to_owned(),
            id: format!("{run}-{number}"),
        },
        donor: None,
        message: Some(message),
        audio_url: None,
        amount,
        own_hundredths: None,
        created_at,
        origin: Origin::Trial,
    }
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

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

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
}
