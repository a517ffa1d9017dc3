//! What somebody paid for: a [`Donation`] and the words of [`Money`].

use std::fmt;
use std::time::Duration;

/// The ledger's number of a donation: grows by one with each that is taken, never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DonationId(pub u64);

impl fmt::Display for DonationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// Who a donation is to its source: the same donation heard twice has the same one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExternalId {
    /// Name of the source, as in the configuration: `donation_alerts`, `console`, `api`, …
    pub source: String,
    /// The source's own id of the donation.
    pub id: String,
}

/// Text of a viewer, as it came: hostile, and private. `Debug` never shows it.
///
/// It can be read by [`crate::gate`] and by the ledger, and by nothing that draws: screens take
/// [`crate::gate::ScreenText`] only.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct RawText(String);

impl RawText {
    /// Takes a text at the border.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the gate and the ledger.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is anything to read in it: not only white space, controls and invisible characters.
    pub fn is_blank(&self) -> bool {
        self.0
            .chars()
            .all(|c| c.is_whitespace() || c.is_control() || is_invisible(c))
    }
}

/// Zero-width and formatting characters that leave no mark on a screen.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}'
        | '\u{E0000}'..='\u{E0FFF}')
}

impl fmt::Debug for RawText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

/// A currency code: three to eight letters or digits, in capitals. Never a closed list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency(String);

impl Currency {
    /// Reads a code in any case; `None` where it is not letters and digits.
    pub fn parse(code: &str) -> Option<Self> {
        let code = code.trim();
        let fits = (1..=8).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric());
        fits.then(|| Self(code.to_ascii_uppercase()))
    }

    /// The code in capitals.
    pub fn code(&self) -> &str {
        &self.0
    }

    /// How many digits the minor unit has (ISO 4217; two where it is not known).
    pub fn minor_digits(&self) -> u32 {
        match self.0.as_str() {
            "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF"
            | "UGX" | "VND" | "VUV" | "XAF" | "XOF" | "XPF" => 0,
            // What services count in place of money is whole.
            "BITS" | "GIFT" | "KICKS" | "POINTS" => 0,
            "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
            _ => 2,
        }
    }
}

/// An amount in minor units (kopecks, cents) of its own currency. Money is never a float.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Money {
    /// How many minor units.
    pub minor_units: u64,
    /// Which currency's.
    pub currency: Currency,
}

impl Money {
    /// Reads a decimal as people and services write it: `7`, `7.5`, `1 000,50`, `1,000.50`.
    ///
    /// Digits past the minor unit are cut off (0.999 is 0.99). `None` for what is no amount.
    ///
    /// ```
    /// use drawstream_core::donation::{Currency, Money};
    /// let rub = Currency::parse("rub").unwrap();
    /// assert_eq!(Money::parse("1 000,50", rub).unwrap().to_string(), "1000.50 RUB");
    /// ```
    pub fn parse(text: &str, currency: Currency) -> Option<Self> {
        let compact: String = text
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '\'' | '_'))
            .collect();
        let point = decimal_point(&compact);
        let (whole, fraction) = point.map_or((compact.as_str(), ""), |at| {
            (&compact[..at], &compact[at + 1..])
        });
        let whole: String = whole.chars().filter(|c| !matches!(c, ',' | '.')).collect();
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let mut minor_units = 0u64;
        let digits = currency.minor_digits() as usize;
        let padded = fraction.bytes().chain(std::iter::repeat(b'0')).take(digits);
        if !fraction.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        for byte in whole.bytes().chain(padded) {
            if !byte.is_ascii_digit() {
                return None;
            }
            minor_units = minor_units
                .checked_mul(10)?
                .checked_add(u64::from(byte - b'0'))?;
        }
        Some(Self {
            minor_units,
            currency,
        })
    }
}

/// The last comma or point is the decimal one, unless it stands in front of three digits after other groups.
fn decimal_point(text: &str) -> Option<usize> {
    let at = text.rfind([',', '.'])?;
    let mark = text.as_bytes()[at];
    let repeated = text.bytes().filter(|&b| b == mark).count() > 1;
    let grouped_comma = mark == b',' && text.len() - at == 4 && at > 0;
    (!repeated && !grouped_comma).then_some(at)
}

/// Writes `7.50 EUR`, `900 JPY`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.currency.minor_digits();
        let unit = 10u64.pow(digits);
        let (whole, rest) = (self.minor_units / unit, self.minor_units % unit);
        if digits == 0 {
            write!(f, "{whole} {}", self.currency.code())
        } else {
            write!(
                f,
                "{whole}.{rest:0width$} {}",
                self.currency.code(),
                width = digits as usize
            )
        }
    }
}

/// Seconds since 1970-01-01 UTC, as services date their donations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnixTime(pub i64);

/// A donation as the ledger has taken it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Donation {
    /// The ledger's number.
    pub id: DonationId,
    /// Who it is to its source.
    pub external: ExternalId,
    /// The donor's name; `None` for an anonymous one.
    pub donor: Option<RawText>,
    /// What was asked for; `None` where nothing was written or it was spoken.
    pub message: Option<RawText>,
    /// What was paid, in the donor's own currency.
    pub amount: Money,
    /// When the source says it was made.
    pub created_at: UnixTime,
}

/// Time since the show began: what the core takes instead of a clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShowTime(pub Duration);

impl ShowTime {
    /// The beginning of the show.
    pub const ZERO: Self = Self(Duration::ZERO);

    /// So many seconds after the beginning.
    pub const fn from_secs(secs: u64) -> Self {
        Self(Duration::from_secs(secs))
    }

    /// So many milliseconds after the beginning.
    pub const fn from_millis(ms: u64) -> Self {
        Self(Duration::from_millis(ms))
    }

    /// How long after `earlier` this is; zero if it is not after.
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl std::ops::Add<Duration> for ShowTime {
    type Output = Self;
    fn add(self, by: Duration) -> Self {
        Self(self.0.saturating_add(by))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, code: &str, expected: Option<&str>) {
        let money = Money::parse(text, Currency::parse(code).unwrap());
        assert_eq!(
            money.map(|m| m.to_string()).as_deref(),
            expected,
            "{text:?} {code}"
        );
    }

    #[test]
    fn amounts_are_read_as_services_and_people_write_them() {
        check("7", "USD", Some("7.00 USD"));
        check("7.5", "usd", Some("7.50 USD"));
        check("9.999", "EUR", Some("9.99 EUR"));
        check("1 000,50", "RUB", Some("1000.50 RUB"));
        check("1\u{a0}000,5", "RUB", Some("1000.50 RUB"));
        check("1,000.50", "USD", Some("1000.50 USD"));
        check("1.000,50", "EUR", Some("1000.50 EUR"));
        check("1,000", "USD", Some("1000.00 USD"));
        check("1.000.000", "EUR", Some("1000000.00 EUR"));
        check(".5", "EUR", Some("0.50 EUR"));
        check("500", "JPY", Some("500 JPY"));
        check("1.2345", "KWD", Some("1.234 KWD"));
    }

    #[test]
    fn what_is_no_amount_is_none() {
        for bad in [
            "",
            ".",
            "-5",
            "abc",
            "1e9",
            "5 руб",
            "99999999999999999999",
            "1.-5",
            "٣",
        ] {
            check(bad, "USD", None);
        }
    }

    #[test]
    fn a_message_of_invisible_characters_is_blank_and_debug_hides_text() {
        for blank in [
            "",
            " \r\n",
            "\0",
            "\u{200b}",
            "\u{feff}\u{2060}",
            "\u{2800}",
        ] {
            assert!(RawText::new(blank).is_blank(), "{blank:?}");
        }
        assert!(!RawText::new("кот").is_blank());
        assert_eq!(format!("{:?}", RawText::new("secret words")), "…");
    }
}
