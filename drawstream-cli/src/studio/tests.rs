//! What the studio does for people who wait.

use drawstream_core::gate::{ApprovedScene, Judgement};
use drawstream_core::plan::CanvasSize;
use drawstream_core::timeline::Playhead;
use futures_util::future::BoxFuture;

use super::*;
use crate::commands::plan_scene::{self, SAMPLES};
use crate::health::Health;
use crate::intake::Trial;
use crate::ledger::Ledger;
use crate::painters::{PainterError, Picture, Sitting, Sketch};
use crate::planners::Builtin;
use crate::stagehand::Fps;

/// Paints like the built-in one, but not everything.
#[derive(Debug)]
struct Clumsy(Sketch);

impl Painter for Clumsy {
    fn name(&self) -> &'static str {
        "clumsy"
    }

    fn paint<'a>(
        &'a self,
        scene: &'a ApprovedScene,
        sitting: &'a Sitting,
    ) -> BoxFuture<'a, Result<Picture, PainterError>> {
        assert!(
            !format!("{:?}", scene.scene()).contains("dragon"),
            "planted"
        );
        self.0.paint(scene, sitting)
    }

    fn check(&self) -> BoxFuture<'_, Health> {
        self.0.check()
    }
}

fn lines(config: &Config, floor: mpsc::Sender<Arrival>) -> StudioLines {
    let settings = LiveSettings::new(config, Fps::Hidden);
    StudioLines {
        floor,
        orders: mpsc::channel(1).0,
        errands: mpsc::channel(1).1,
        sources: watch::channel(Vec::new()).1,
        settings: watch::channel(settings).1,
        meters: Arc::new(Meters::new(["builtin"].into_iter(), ["clumsy"].into_iter())),
    }
}

#[tokio::test]
async fn a_donation_that_breaks_its_painter_has_three_tries_and_the_next_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (ledger, _) = Ledger::open(&folder.path().join("ledger.db")).unwrap();
    let (clerk, _) = Clerk::hire(ledger).unwrap();
    let config = Config::load(None, &[]).unwrap();
    let intake = Intake::new(clerk.clone(), config.currency.clone());
    for message in ["a dragon in the sky", "a red fox"] {
        let trial = Trial {
            amount: "5".to_owned(),
            currency: None,
            message: message.to_owned(),
            donor: None,
        };
        intake.take_trial("test", trial).await.unwrap();
    }
    tokio::time::pause();
    let size = CanvasSize::new(96, 96).unwrap();
    let crew = Crew {
        gate: Arc::new(Gate::default()),
        planners: vec![Box::new(Builtin)],
        painters: vec![Box::new(Clumsy(Sketch { size, colors: 12 }))],
        image_check: None,
    };
    let (floor, mut arrivals) = mpsc::channel(64);
    let lines = lines(&config, floor);
    let stop = CancellationToken::new();
    let mut studio = Studio::new(&config, intake, crew, lines, stop.clone());
    let working = tokio::spawn(async move { studio.run().await });
    let (mut ready, mut failed) = (None, None);
    while ready.is_none() || failed.is_none() {
        match arrivals.recv().await.expect("the studio works") {
            Arrival::Ready { id, .. } => ready = Some(id),
            Arrival::Failed { id, .. } => failed = Some(id),
            _ => {}
        }
    }
    assert_eq!((failed, ready), (Some(DonationId(1)), Some(DonationId(2))));
    let again = clerk
        .ask(|ledger| ledger.retry(DonationId(1), "the painter was mended"))
        .await;
    assert_eq!(again.unwrap(), Outcome::Stored);
    stop.cancel();
    working.await.unwrap().unwrap();
}

/// Three tenths of a second of waiting, whatever the painter; and a first stroke within what is left of the
/// second.
#[tokio::test(start_paused = true)]
async fn there_is_a_stroke_within_a_second_of_whatever_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let (ledger, _) = Ledger::open(&folder.path().join("ledger.db")).unwrap();
    let (clerk, _) = Clerk::hire(ledger).unwrap();
    let config = Config::load(None, &[]).unwrap();
    let intake = Intake::new(clerk, config.currency.clone());
    let crew = Crew {
        gate: Arc::new(Gate::default()),
        planners: Vec::new(),
        painters: Vec::new(),
        image_check: None,
    };
    let (floor, mut arrivals) = mpsc::channel(64);
    let lines = lines(&config, floor.clone());
    let studio = Studio::new(&config, intake, crew, lines, CancellationToken::new());
    let mut drawn = 0;
    for (number, text) in SAMPLES.into_iter().enumerate() {
        let donation = plan_scene::donation(number, text);
        let Judgement::Approved(request) = studio.craft.gate.judge(donation.clone()) else {
            continue;
        };
        let asked = Instant::now();
        let arrival = tokio::select! {
            never = studio.craft.first_idea(&donation, &request, &floor) => match never {},
            arrival = arrivals.recv() => arrival.unwrap(),
        };
        assert!(asked.elapsed() < Duration::from_millis(400), "{text}");
        let Arrival::Underdrawing { timeline, .. } = arrival else {
            panic!("{arrival:?}");
        };
        let mut head = Playhead::new(timeline);
        let blank = head.frame().clone();
        head.seek(Duration::from_millis(400));
        assert_ne!(*head.frame(), blank, "{text}");
        drawn += 1;
    }
    assert!(drawn >= 8, "{drawn}");
}
