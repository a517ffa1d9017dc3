//! A whole evening of the painting pool: a show with its ledger, workers that are killed, a server that starts again.
//! `benches/workers.sh` runs it at length; the normal run has a few donations.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use drawstream::sources::simulator::{SimulatedDonation, Simulator, SimulatorOptions};
use tokio::process::Command;

use crate::fakes::atelier::{self, Painted, picture};
use crate::fakes::nats::Nats;
use crate::pool::Worker;
use crate::program::Program;

fn number(variable: &str, default: u64) -> u64 {
    let said = std::env::var(variable).ok();
    said.and_then(|said| said.parse().ok()).unwrap_or(default)
}

/// What is run, as the environment says it.
struct Evening {
    jobs: u64,
    workers: u64,
    latency: Duration,
    /// Seconds between two kills of a worker; 0 for none.
    kill_every: u64,
    restarts: u64,
}

/// Workers by number, each with the painter that takes its time.
struct Pool {
    nats: Nats,
    settings: Vec<String>,
    workers: Vec<Worker>,
    started: u64,
}

impl Pool {
    async fn hire(&mut self) {
        self.started += 1;
        let name = format!("w{}", self.started);
        let worker = Worker::ready(&self.nats, &name, &self.settings).await;
        self.workers.push(worker);
    }

    /// kill -9 for the one that has worked longest, and another in its place.
    async fn kill_one(&mut self) {
        self.workers.remove(0).kill_nine().await;
        self.hire().await;
    }
}

fn ledger(data: &Path) -> rusqlite::Connection {
    let database = rusqlite::Connection::open(data.join("ledger.db")).unwrap();
    database.busy_timeout(Duration::from_secs(5)).unwrap();
    database
}

/// How often a picture was written into the ledger.
fn deliveries(data: &Path) -> u64 {
    let count = "SELECT count(*) FROM changes WHERE state = 'painted'";
    let count: i64 = ledger(data).query_row(count, [], |row| row.get(0)).unwrap();
    count.unsigned_abs()
}

/// Each donation's picture must be that of its own scene's seed, and be there once.
fn judge(data: &Path, jobs: u64) {
    let database = ledger(data);
    let mut statement = database
        .prepare(
            "SELECT d.id, d.state, w.scene, w.picture,
                (SELECT count(*) FROM changes c WHERE c.donation = d.id AND c.state = 'painted')
             FROM donations d JOIN works w ON w.donation = d.id ORDER BY d.id",
        )
        .unwrap();
    let mut rows = statement.query([]).unwrap();
    let mut count = 0;
    while let Some(row) = rows.next().unwrap() {
        let (id, state): (i64, String) = (row.get(0).unwrap(), row.get(1).unwrap());
        let (scene, png): (String, Vec<u8>) = (row.get(2).unwrap(), row.get(3).unwrap());
        let deliveries: i64 = row.get(4).unwrap();
        assert_eq!(
            deliveries, 1,
            "donation {id} was painted {deliveries} times"
        );
        let over = ["painted", "ready", "drawing", "shown"];
        assert!(over.contains(&state.as_str()), "donation {id} is {state}");
        let scene: serde_json::Value = serde_json::from_str(&scene).unwrap();
        let seed: u64 = scene["seed"].as_str().unwrap().parse().unwrap();
        let painted = image::load_from_memory(&png).unwrap().to_rgb8();
        // As painters fold seeds to what servers take.
        assert!(
            painted == picture((seed ^ (seed >> 32)) as u32),
            "donation {id} has another's"
        );
        count += 1;
    }
    assert_eq!(count, jobs);
}

/// How many more pictures were begun than delivered.
fn begun_again(painted: &Painted) -> usize {
    let mut times: BTreeMap<u32, usize> = BTreeMap::new();
    for seed in painted.seeds() {
        *times.entry(seed).or_default() += 1;
    }
    times.values().map(|times| times - 1).sum()
}

impl Evening {
    async fn spend(&self, nats: Nats) {
        let (server, painted) = atelier::start(self.latency).await;
        let mut pool = Pool {
            nats,
            settings: atelier::settings(&server.url),
            workers: Vec::new(),
            started: 0,
        };
        for _ in 0..self.workers {
            pool.hire().await;
        }
        let simulator = Simulator::start(SimulatorOptions::default()).await.unwrap();
        let data = tempfile::tempdir().unwrap();
        let at_once = self.workers + 2;
        let mut command = Command::new(env!("CARGO_BIN_EXE_drawstream"));
        command
            .env("NATS_URL", pool.nats.url())
            .env("NATS_AT_ONCE", at_once.to_string())
            .env("NATS_SILENCE_SEC", "3")
            .env("QUEUE_MAX_SIZE", "10000")
            .env("PIXEL_OUTPUT_SIZE", "16")
            .env("LOG_LEVEL", "INFO")
            .env("FRAME_RATE", "5")
            .env("PAINTERS", "remote");
        let program = Program::start_as(command, &simulator, data.path(), "1");
        let mut program = program.await_live().await;
        let begun = Instant::now();
        for _ in 0..self.jobs {
            simulator.push(&SimulatedDonation::written(
                Some("Аня"),
                "кот в шляпе на крыше",
                5.0,
                "EUR",
            ));
        }
        let kills = self
            .troubles(&mut pool, &mut program, data.path(), begun)
            .await;
        let seconds = begun.elapsed().as_secs_f64();
        program.signal("-INT");
        assert_eq!(program.ended().await, Some(0), "{}", program.log);
        judge(data.path(), self.jobs);
        let again = begun_again(&painted);
        eprintln!(
            "{} workers, {} jobs of {} ms: {seconds:.1} s, {:.0} an hour; {kills} kills, {} restarts of the server, \
             {again} begun again, each delivered once",
            self.workers,
            self.jobs,
            self.latency.as_millis(),
            self.jobs as f64 / seconds * 3600.0,
            self.restarts,
        );
        // Only what a killed worker had in hand may be begun again, and what was on its way when the server died: a
        // place at each worker.
        let on_their_way = self.restarts * self.workers;
        assert!(
            again as u64 <= kills + on_their_way,
            "{again} were begun again after {kills} kills and {} restarts",
            self.restarts
        );
        for mut worker in pool.workers {
            assert_eq!(worker.end().await, Some(0));
        }
    }

    /// Kills and restarts until everything is delivered; says how many workers were killed.
    async fn troubles(
        &self,
        pool: &mut Pool,
        program: &mut Program,
        data: &Path,
        begun: Instant,
    ) -> u64 {
        let (mut kills, mut restarts) = (0, 0);
        loop {
            let delivered = deliveries(data);
            if delivered >= self.jobs {
                return kills;
            }
            if restarts < self.restarts && delivered * 2 > self.jobs {
                restarts += 1;
                pool.nats.kill();
                pool.nats.begin().await;
            }
            if self.kill_every > 0 && begun.elapsed().as_secs() >= (kills + 1) * self.kill_every {
                kills += 1;
                pool.kill_one().await;
            }
            assert!(
                begun.elapsed() < Duration::from_secs(1_800),
                "{}",
                program.log
            );
            // The log is read on, so that the program is not held up by it.
            let _ = tokio::time::timeout(Duration::from_millis(200), async {
                while program.line().await.is_some() {}
            })
            .await;
        }
    }
}

#[tokio::test]
async fn each_donation_is_painted_by_the_pool_and_in_the_ledger_once_whatever_dies() {
    let Some(nats) = Nats::start("").await else {
        return;
    };
    let evening = Evening {
        jobs: number("DRAWSTREAM_POOL_JOBS", 24),
        workers: number("DRAWSTREAM_POOL_WORKERS", 2),
        latency: Duration::from_millis(number("DRAWSTREAM_POOL_LATENCY_MS", 150)),
        kill_every: number("DRAWSTREAM_POOL_KILL_SEC", 2),
        restarts: number("DRAWSTREAM_POOL_RESTARTS", 1),
    };
    evening.spend(nats).await;
}
