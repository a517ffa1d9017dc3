//! A stage that breaks over one painting: it begins anew, that donation has two more tries and then its card, and the
//! next one is drawn.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use drawstream::config::Config;
use drawstream::ledger::{Filter, History, State};
use drawstream::live::{Live, LiveOptions, Occasion};
use drawstream::sinks::{Frame, Sink};
use drawstream::stagehand::Fps;

/// Breaks when it is told to.
struct Fragile {
    breaks: Arc<AtomicBool>,
    broke: Arc<AtomicU32>,
}

impl Sink for Fragile {
    fn name(&self) -> &'static str {
        "fragile"
    }

    fn present(&mut self, _frame: &Frame<'_>) -> anyhow::Result<()> {
        if self.breaks.swap(false, Ordering::Relaxed) {
            self.broke.fetch_add(1, Ordering::Relaxed);
            panic!("planted");
        }
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_painting_that_breaks_the_stage_three_times_becomes_a_card_and_the_next_is_drawn() {
    let data = tempfile::tempdir().unwrap();
    let flags = [
        ("data_dir", data.path().display().to_string()),
        ("api.port", "0".to_owned()),
        ("pixel.duration_sec", "1".to_owned()),
        ("show.duration_sec", "1".to_owned()),
    ];
    let flags = flags.map(|(name, value)| (name.to_owned(), value));
    let config = Config::load(None, &flags).unwrap();
    let options = LiveOptions {
        occasion: Occasion::Stream,
        exit_after: None,
        backfill_since: None,
        fps: Fps::Hidden,
        utc_offset: time::UtcOffset::UTC,
    };
    let (breaks, broke) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicU32::new(0)),
    );
    let fragile = Fragile {
        breaks: Arc::clone(&breaks),
        broke: Arc::clone(&broke),
    };
    let live = Live::start(config, options, vec![Box::new(fragile)])
        .await
        .unwrap();
    for message in ["a poisoned apple tree", "a red fox"] {
        let trial = drawstream::intake::Trial {
            amount: "5".to_owned(),
            currency: None,
            message: message.to_owned(),
            donor: None,
        };
        live.intake().take_trial("test", trial).await.unwrap();
    }
    let history = History::open(&data.path().join("ledger.db")).unwrap();
    let states = || {
        let mut all = history.list(&Filter::default(), 9).unwrap();
        all.reverse();
        all.iter().map(|entry| entry.state).collect::<Vec<_>>()
    };
    let until = std::time::Instant::now() + Duration::from_secs(60);
    while states() != [State::Failed, State::Shown] {
        assert!(std::time::Instant::now() < until, "{:?}", states());
        if states()[0] == State::Drawing {
            breaks.store(true, Ordering::Relaxed);
            let before = broke.load(Ordering::Relaxed);
            while broke.load(Ordering::Relaxed) == before {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            while states()[0] == State::Drawing {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(broke.load(Ordering::Relaxed), 3);
    live.stop().cancel();
    live.finish().await.unwrap();
}
