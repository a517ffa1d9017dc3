//! The program killed (`kill -9`) at random moments of an evening of donations, again and again: nothing is lost,
//! nothing is drawn twice to the end, nothing is stuck, and the database is whole.
//!
//! `benches/kill_nine.sh` runs it with 200 kills; `DRAWSTREAM_KILLS` and `DRAWSTREAM_SEED` say how many and which.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use drawstream::ledger::{Filter, History, State};
use drawstream::sources::simulator::{SimulatedDonation, Simulator, SimulatorOptions};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::program::Program;

/// Longest wait for the whole queue to be shown once nobody kills any more.
const PATIENCE: Duration = Duration::from_secs(600);

/// How often the ledger is asked whether all is over.
const LOOK: Duration = Duration::from_millis(200);

/// Longest wait for a line of the log.
const LONGEST_WAIT: Duration = Duration::from_secs(4);

/// What was on when the program was killed, as its log tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Starting,
    Waiting,
    Preparing,
    Drawing,
    Holding,
}

/// When a kill comes.
enum Moment {
    /// So long after the start.
    Passed(Duration),
    /// So long after somebody donated, which is so long after the start.
    Donated(Duration, Duration),
    /// So long after the log said this.
    Said(&'static str, Duration),
}

/// The evening: who donated, what the logs said of it, and when it was interrupted.
struct Evening {
    rng: ChaCha8Rng,
    simulator: Simulator,
    /// Few kills, a short time apart, for the normal run of the tests.
    is_short: bool,
    made: Vec<u64>,
    /// How many came off the stage, cards included.
    ended: usize,
    /// Ledger numbers in the order in which they came onto the stage for the first time.
    begun: Vec<u64>,
    drawn_to_the_end: BTreeMap<u64, u32>,
    phase: Phase,
    killed_in: BTreeMap<Phase, u32>,
}

impl Evening {
    fn millis(&mut self, most: u64) -> Duration {
        Duration::from_millis(self.rng.random_range(0..=most))
    }

    fn moment(&mut self) -> Moment {
        const LINES: [&str; 6] = [
            "took donation",
            "is ready",
            "drawing donation",
            "drew donation",
            "showed donation",
            "holding donation",
        ];
        let most = if self.is_short { 1_500 } else { 4_000 };
        match self.rng.random_range(0..10) {
            0..4 => Moment::Passed(self.millis(most)),
            // Long enough for a card to be seen to its end.
            4 if !self.is_short => Moment::Passed(Duration::from_secs(5) + self.millis(most)),
            4..7 => Moment::Donated(self.millis(most), self.millis(20)),
            _ => Moment::Said(
                LINES[self.rng.random_range(0..LINES.len())],
                self.millis(60),
            ),
        }
    }

    fn donate(&mut self) {
        let text = match self.rng.random_range(0..25) {
            0 if !self.is_short => "a naked woman on the beach",
            _ => "кот в шляпе на крыше",
        };
        let donation = SimulatedDonation::written(Some("Аня"), text, 5.0, "EUR");
        self.made.push(self.simulator.push(&donation));
    }

    /// Takes in what a line of the log says of the show.
    fn hear(&mut self, line: &str) {
        let number = |said: &str| -> Option<u64> {
            let (_, rest) = line.split_once(&format!(" {said} #"))?;
            rest.split(|c: char| !c.is_ascii_digit())
                .next()?
                .parse()
                .ok()
        };
        let begun = number("drawing donation").or_else(|| number("holding donation"));
        if let Some(id) = begun {
            self.phase = if line.contains("holding donation") {
                Phase::Holding
            } else {
                Phase::Drawing
            };
            if !self.begun.contains(&id) {
                self.begun.push(id);
            }
        } else if let Some(id) = number("drew donation") {
            *self.drawn_to_the_end.entry(id).or_default() += 1;
            self.phase = Phase::Holding;
        } else if number("showed donation").is_some()
            || number("showed the card of donation").is_some()
        {
            self.phase = Phase::Waiting;
            self.ended += 1;
        } else if line.contains("link=Live") && self.phase == Phase::Starting {
            self.phase = Phase::Waiting;
        } else if number("took donation").is_some() && self.phase == Phase::Waiting {
            self.phase = Phase::Preparing;
        }
    }

    /// One run of the program, to its violent end.
    async fn run_and_kill(&mut self, data: &Path) {
        let mut program = Program::start(&self.simulator, data, "1");
        self.phase = Phase::Starting;
        let started = Instant::now();
        if self.made.is_empty() {
            // What is listed before the very first start is not drawn.
            program.until("link=Live").await;
            self.donate();
        }
        let moment = self.moment();
        let (mut donates_at, mut dies_at, word) = match moment {
            Moment::Passed(after) => (None, started + after, None),
            Moment::Donated(after, then) => (Some(started + after), started + after + then, None),
            Moment::Said(word, then) => (None, started + LONGEST_WAIT, Some((word, then))),
        };
        // There is always something to draw.
        if self.made.len() < self.ended + 2 {
            donates_at.get_or_insert(started + self.millis(500));
        }
        let donors = self.rng.random_range(1..=2);
        loop {
            let donating = async {
                match donates_at {
                    Some(at) => tokio::time::sleep_until(at.into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                line = program.line() => {
                    let line = line.unwrap_or_else(|| panic!("it died by itself:\n{}", program.log));
                    self.hear(&line);
                    if let Some((word, then)) = word && line.contains(word) {
                        dies_at = dies_at.min(Instant::now() + then);
                    }
                }
                () = donating => {
                    (0..donors).for_each(|_| self.donate());
                    donates_at = None;
                }
                () = tokio::time::sleep_until(dies_at.into()) => break,
            }
        }
        program.child.kill().await.unwrap();
        // What it had said before it died.
        while let Some(line) = program.line().await {
            self.hear(&line);
        }
        *self.killed_in.entry(self.phase).or_default() += 1;
    }

    /// The last run: it has all the time it needs, and ends when it is asked to.
    async fn run_to_the_end(&mut self, data: &Path) {
        let mut program = Program::start(&self.simulator, data, "1");
        // Before that it cannot be asked to end.
        program.until("link=Live").await;
        let until = Instant::now() + PATIENCE;
        while over(data) < self.made.len() {
            assert!(
                Instant::now() < until,
                "something is stuck:\n{}",
                program.log
            );
            // A line comes a little before the disk has it, so that the end itself is not announced.
            if let Ok(None) = tokio::time::timeout(LOOK, program.line()).await {
                panic!("it ended by itself:\n{}", program.log);
            }
        }
        program.signal("-INT");
        assert_eq!(program.ended().await, Some(0), "{}", program.log);
        let log = std::mem::take(&mut program.log);
        log.lines().for_each(|line| self.hear(line));
    }

    fn judge(&self, data: &Path) {
        let path = data.join("ledger.db");
        let history = History::open(&path).unwrap();
        let mut entries = history.list(&Filter::default(), usize::MAX).unwrap();
        entries.reverse();
        let taken: Vec<u64> = entries
            .iter()
            .map(|entry| entry.donation.external.id.parse().unwrap())
            .collect();
        assert_eq!(
            taken, self.made,
            "each is in the ledger once, in order of creation"
        );
        for entry in &entries {
            let shown = matches!(entry.state, State::Shown | State::Refused);
            assert!(
                shown,
                "{} is {}: {:?}",
                entry.donation.id, entry.state, entry.reason
            );
        }
        for (id, times) in &self.drawn_to_the_end {
            assert_eq!(
                *times, 1,
                "donation {id} was drawn to the end {times} times"
            );
        }
        assert!(self.begun.is_sorted(), "out of order: {:?}", self.begun);
        let database = rusqlite::Connection::open(&path).unwrap();
        let answer: String = database
            .query_row("PRAGMA integrity_check", [], |row| row.get(0))
            .unwrap();
        assert_eq!(answer, "ok");
        let orphans =
            database.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| {
                row.get::<_, i64>(0)
            });
        assert_eq!(orphans.unwrap(), 0);
    }
}

/// How many donations are over, their cards included.
fn over(data: &Path) -> usize {
    let database = rusqlite::Connection::open(data.join("ledger.db")).unwrap();
    database.busy_timeout(Duration::from_secs(5)).unwrap();
    let over = "SELECT count(*) FROM donations
        WHERE state IN ('shown', 'refused', 'thanked', 'failed', 'skipped', 'cleared') AND card_due = 0";
    let over: i64 = database.query_row(over, [], |row| row.get(0)).unwrap();
    usize::try_from(over).unwrap()
}

fn number(variable: &str, default: u64) -> u64 {
    let said = std::env::var(variable).ok();
    said.and_then(|said| said.parse().ok()).unwrap_or(default)
}

#[tokio::test]
async fn killed_at_random_moments_the_program_loses_nothing_and_draws_nothing_twice() {
    let kills = number("DRAWSTREAM_KILLS", 5);
    let seed = number("DRAWSTREAM_SEED", 1);
    eprintln!("seed {seed}, {kills} kills");
    let options = SimulatorOptions {
        // Two hundred starts within minutes ask for more than the service allows to one.
        requests_per_minute: None,
        ..SimulatorOptions::default()
    };
    let data = tempfile::tempdir().unwrap();
    let began = Instant::now();
    let mut evening = Evening {
        rng: ChaCha8Rng::seed_from_u64(seed),
        simulator: Simulator::start(options).await.unwrap(),
        is_short: kills < 20,
        ended: 0,
        made: Vec::new(),
        begun: Vec::new(),
        drawn_to_the_end: BTreeMap::new(),
        phase: Phase::Starting,
        killed_in: BTreeMap::new(),
    };
    for _ in 0..kills {
        evening.run_and_kill(data.path()).await;
    }
    evening.run_to_the_end(data.path()).await;
    evening.judge(data.path());
    eprintln!(
        "seed {seed}: {kills} kills {:?}, {} donations, {} drawn to the end, {:.0} s",
        evening.killed_in,
        evening.made.len(),
        evening.drawn_to_the_end.len(),
        began.elapsed().as_secs_f64(),
    );
}
