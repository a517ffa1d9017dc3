//! The [`Intake`]: where donations enter the program, whatever their source. They are on the disk before it answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use drawstream_core::donation::{Currency, DonationId, ExternalId, Money, RawText, UnixTime};
use drawstream_core::house::Door;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::ledger::{Clerk, LedgerError, NewDonation, Origin, Taken};

/// Longest message of a test donation, in characters.
const LONGEST_MESSAGE: usize = 2_000;
/// Longest donor's name of a test donation, in characters.
const LONGEST_NAME: usize = 200;
/// Test donations a minute: enough for any test by hand, too few to bury the paid ones.
const TRIALS_A_MINUTE: u64 = 60;

/// A test donation as a person or a program typed it.
#[derive(Clone, Debug)]
pub struct Trial {
    /// An amount such as `7.50`.
    pub amount: String,
    /// Its currency; the configured one where absent.
    pub currency: Option<String>,
    /// What is asked for.
    pub message: String,
    /// Who gives; anonymous where absent.
    pub donor: Option<String>,
}

/// Why a donation was not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IntakeError {
    /// The amount is not one.
    #[error("amount: this is not an amount; write 7 or 7.50")]
    NotAnAmount,
    /// Nothing was given.
    #[error("amount: it is zero, the least is one cent")]
    NothingGiven,
    /// The currency is not a code.
    #[error("currency: this is not a currency code; write USD or RUB")]
    NotACurrency,
    /// Nothing was asked for.
    #[error("message: it is blank; say what shall be painted")]
    Blank,
    /// A text is too long.
    #[error("{field}: {found} characters are too many, the most is {most}")]
    TooLong {
        /// Which.
        field: &'static str,
        /// How long it is.
        found: usize,
        /// How long it may be.
        most: usize,
    },
    /// Too many test donations.
    #[error("too many test donations: at most {most} a minute")]
    TooMany {
        /// The most.
        most: u64,
    },
    /// It could not be written down.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// The door; clones are the same door.
#[derive(Clone, Debug)]
pub struct Intake {
    clerk: Clerk,
    currency: Currency,
    arrived: Arc<Notify>,
    /// The stage has begun anew and knows of nothing.
    retell: Arc<AtomicBool>,
    trials: Arc<Trials>,
}

#[derive(Debug)]
struct Trials {
    /// Makes the ids of one run differ from each other; the start time makes runs differ.
    serial: AtomicU64,
    started: u128,
    window: tokio::sync::Mutex<(Instant, u64)>,
}

impl Intake {
    /// A door to this ledger. Test donations that name no currency are in `currency`.
    pub fn new(clerk: Clerk, currency: Currency) -> Self {
        let started = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_nanos();
        let window = tokio::sync::Mutex::new((Instant::now(), 0));
        let trials = Arc::new(Trials {
            serial: AtomicU64::new(0),
            started,
            window,
        });
        Self {
            clerk,
            currency,
            arrived: Arc::new(Notify::new()),
            retell: Arc::default(),
            trials,
        }
    }

    /// The currency of what names none.
    pub fn currency(&self) -> &Currency {
        &self.currency
    }

    /// Wakes the one who waits in [`Intake::arrival`].
    pub fn announce(&self) {
        self.arrived.notify_one();
    }

    /// Has the stage told of everything once more.
    pub fn retell(&self) {
        self.retell.store(true, Ordering::Release);
        self.announce();
    }

    /// Whether the stage is to be told of everything once more; asked once.
    pub fn is_to_be_retold(&self) -> bool {
        self.retell.swap(false, Ordering::AcqRel)
    }

    /// Waits until something was taken since the last call.
    pub async fn arrival(&self) {
        self.arrived.notified().await;
    }

    /// The ledger behind the door.
    pub fn clerk(&self) -> &Clerk {
        &self.clerk
    }

    /// To be rung by whoever has taken donations into the ledger itself.
    pub fn bell(&self) -> Arc<Notify> {
        Arc::clone(&self.arrived)
    }

    /// Whether the ledger still answers.
    pub fn is_open(&self) -> bool {
        self.clerk.is_open()
    }

    /// Takes donations of a source in one go, each once, and says how many were new.
    ///
    /// # Errors
    /// That they could not be written down; then none was taken.
    pub async fn take(
        &self,
        source: &'static str,
        donations: Vec<NewDonation>,
    ) -> Result<u64, LedgerError> {
        let taken = self
            .clerk
            .ask(move |ledger| ledger.take(&donations))
            .await?;
        let mut new = 0;
        for taken in taken {
            if let Taken::New(id) = taken {
                tracing::info!(donation.id = id.0, source, "took donation {id}");
                new += 1;
            }
        }
        if new > 0 {
            self.announce();
        }
        Ok(new)
    }

    /// Takes requests from now on, or only thanks for them; remembered over a restart.
    ///
    /// # Errors
    /// That it could not be written down.
    pub async fn set_door(&self, door: Door) -> Result<(), LedgerError> {
        self.clerk.ask(move |ledger| ledger.set_door(door)).await
    }

    /// Takes a test donation.
    ///
    /// # Errors
    /// Which field is not usable and why, or that it could not be written down.
    pub async fn take_trial(&self, source: &str, trial: Trial) -> Result<DonationId, IntakeError> {
        let new = self.read_trial(source, trial)?;
        self.count_trial().await?;
        let taken = self.clerk.ask(move |ledger| ledger.take(&[new])).await?;
        match taken.first() {
            Some(&Taken::New(id)) => {
                self.announce();
                Ok(id)
            }
            // The id was made a moment ago from the time and a serial number.
            Some(Taken::Known) | None => Err(IntakeError::Ledger(LedgerError::Closed)),
        }
    }

    fn read_trial(&self, source: &str, trial: Trial) -> Result<NewDonation, IntakeError> {
        let currency = match trial.currency {
            Some(code) => Currency::parse(&code).ok_or(IntakeError::NotACurrency)?,
            None => self.currency.clone(),
        };
        let amount = Money::parse(&trial.amount, currency).ok_or(IntakeError::NotAnAmount)?;
        if amount.minor_units == 0 {
            return Err(IntakeError::NothingGiven);
        }
        let bounded = |field, text: String, most| match text.chars().count() {
            found if found > most => Err(IntakeError::TooLong { field, found, most }),
            _ => Ok(RawText::new(text)),
        };
        let message = bounded("message", trial.message, LONGEST_MESSAGE)?;
        if message.is_blank() {
            return Err(IntakeError::Blank);
        }
        let donor = trial
            .donor
            .map(|name| bounded("donor", name, LONGEST_NAME))
            .transpose()?;
        let serial = self.trials.serial.fetch_add(1, Ordering::Relaxed);
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs();
        Ok(NewDonation {
            external: ExternalId {
                source: source.to_owned(),
                id: format!("{}-{serial}", self.trials.started),
            },
            donor: donor.filter(|name| !name.is_blank()),
            message: Some(message),
            audio_url: None,
            amount,
            own_hundredths: None,
            created_at: UnixTime(i64::try_from(now).unwrap_or(i64::MAX)),
            origin: Origin::Trial,
        })
    }

    async fn count_trial(&self) -> Result<(), IntakeError> {
        let mut window = self.trials.window.lock().await;
        if window.0.elapsed() >= Duration::from_secs(60) {
            *window = (Instant::now(), 0);
        }
        if window.1 >= TRIALS_A_MINUTE {
            return Err(IntakeError::TooMany {
                most: TRIALS_A_MINUTE,
            });
        }
        window.1 += 1;
        Ok(())
    }
}
