//! Numbers within ranges.

use std::time::Duration;

use super::Reader;
use super::scalar::Scalar;
use crate::plan::PlanError;

/// Above this not every whole number is a decimal of 64 bits, so such a decimal is nobody's whole number.
const MOST_WHOLE_DECIMAL: f64 = 9_007_199_254_740_992.0;

impl Scalar<'_> {
    /// The whole number that this is; `1.0` and `1e3` are whole too. Beyond `i64` it is the nearest `i64`.
    fn as_whole(&self) -> Option<i64> {
        match self {
            Self::Whole(value) => Some(*value),
            Self::Large(_) => Some(i64::MAX),
            Self::Decimal(value) if value.fract() == 0.0 || value.abs() > MOST_WHOLE_DECIMAL => {
                Some(*value as i64)
            }
            Self::Null
            | Self::Bool(_)
            | Self::Decimal(_)
            | Self::Text(_)
            | Self::List
            | Self::Object => None,
        }
    }

    fn as_decimal(&self) -> Option<f64> {
        match self {
            Self::Whole(value) => Some(*value as f64),
            Self::Large(value) => Some(*value as f64),
            Self::Decimal(value) => Some(*value),
            Self::Null | Self::Bool(_) | Self::Text(_) | Self::List | Self::Object => None,
        }
    }
}

impl Reader<'_> {
    /// A whole number within `least ..= most`, which is noted otherwise.
    pub(super) fn whole(&mut self, found: &Scalar<'_>, least: i64, most: i64) -> Option<i64> {
        let Some(value) = found.as_whole() else {
            self.wrong_kind(found, "a whole number");
            return None;
        };
        let at = || self.here();
        let error = if value < least {
            PlanError::TooSmall {
                at: at(),
                found: found.described(),
                least,
            }
        } else if value > most || matches!(found, Scalar::Large(_)) {
            PlanError::TooLarge {
                at: at(),
                found: found.described(),
                most,
            }
        } else {
            return Some(value);
        };
        self.note(error);
        None
    }

    pub(super) fn whole_or_null(
        &mut self,
        found: &Scalar<'_>,
        least: i64,
        most: i64,
    ) -> Option<i64> {
        match found {
            Scalar::Null => None,
            other => self.whole(other, least, most),
        }
    }

    pub(super) fn coordinate(&mut self, found: &Scalar<'_>) -> Option<i32> {
        let value = self.whole(found, i64::from(i32::MIN), i64::from(i32::MAX))?;
        i32::try_from(value).ok()
    }

    /// Milliseconds, at least so many.
    pub(super) fn millis(&mut self, found: &Scalar<'_>, least: i64) -> Option<Duration> {
        let value = self.whole_or_null(found, least, i64::MAX)?;
        Some(Duration::from_millis(value.unsigned_abs()))
    }

    /// Seconds, at least one; kept to the millisecond.
    pub(super) fn seconds(&mut self, found: &Scalar<'_>) -> Option<Duration> {
        let value = self.decimal(found, 1)?;
        let exact = Duration::try_from_secs_f64(value).unwrap_or(Duration::MAX);
        let millis = (exact.as_nanos() + 500_000) / 1_000_000;
        // A thousandth of the range, so that it is written and read as the same number.
        let most = u64::MAX / 2_000_000;
        Some(Duration::from_millis(
            u64::try_from(millis).unwrap_or(most).min(most),
        ))
    }

    /// A number of at least so many, `None` for `null`.
    pub(super) fn decimal(&mut self, found: &Scalar<'_>, least: i64) -> Option<f64> {
        if *found == Scalar::Null {
            return None;
        }
        let Some(value) = found.as_decimal() else {
            self.wrong_kind(found, "a number");
            return None;
        };
        if value < least as f64 {
            let at = self.here();
            self.note(PlanError::TooSmall {
                at,
                found: found.described(),
                least,
            });
            return None;
        }
        Some(value)
    }
}
