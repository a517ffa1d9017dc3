//! What the image gate does to painters' pictures, in a studio at work.

use std::sync::Mutex;
use std::time::Duration;

use drawstream_core::gate::{ApprovedScene, Gate};
use drawstream_core::image_gate::{ImageClass, ImageGateError};
use drawstream_core::plan::CanvasSize;
use drawstream_core::scene::Seed;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use image::{Rgb, RgbImage};
use tokio::sync::{mpsc, watch};

use super::*;
use crate::config::Config;
use crate::control::LiveSettings;
use crate::health::Health;
use crate::image_gate::ImageCheck;
use crate::image_gate::tests::Told;
use crate::intake::{Intake, Trial};
use crate::ledger::{Clerk, History, Ledger, Outcome};
use crate::meters::Meters;
use crate::painters::Sketch;
use crate::planners::Builtin;
use crate::stagehand::Fps;
use crate::studio::{Crew, Studio, StudioLines};

const DONATION: DonationId = DonationId(1);

/// Who was asked, and for the how manieth time.
type Asked = Arc<Mutex<Vec<(&'static str, u32)>>>;

/// An image model that shows what it will be long before it is finished.
#[derive(Debug)]
struct Model {
    name: &'static str,
    asked: Asked,
}

impl Painter for Model {
    fn name(&self) -> &'static str {
        self.name
    }

    fn paint<'a>(
        &'a self,
        _: &'a ApprovedScene,
        sitting: &'a Sitting,
    ) -> BoxFuture<'a, Result<Picture, PainterError>> {
        async {
            self.asked
                .lock()
                .unwrap()
                .push((self.name, sitting.attempt));
            let picture = RgbImage::from_fn(96, 96, |x, y| {
                Rgb([(x * 2) as u8, (y / 32 * 80) as u8, (x / 24 * 60) as u8])
            });
            sitting.progress.send_replace(0.5);
            tokio::time::sleep(Duration::from_secs(1)).await;
            sitting
                .preview
                .send_replace(Some(Arc::new(picture.clone())));
            tokio::time::sleep(Duration::from_secs(20)).await;
            Ok(Picture::Painted(picture))
        }
        .boxed()
    }

    fn check(&self) -> BoxFuture<'_, Health> {
        async { Health::good("well") }.boxed()
    }
}

/// What came of a donation.
struct Came {
    asked: Vec<(&'static str, u32)>,
    /// What of it the stage was given to draw before it was ready.
    rough: usize,
    /// The painters' last errors, `first` before `second`.
    errors: Vec<Option<String>>,
    /// Why it failed, as the dashboard says it.
    reason: Option<String>,
}

/// As small as canvases are, so that strokes are found at once.
fn config() -> Config {
    let small = ["pixel.output_size", "canvas.w", "canvas.h"];
    let small = small.map(|side| (side.to_owned(), "16".to_owned()));
    Config::load(None, &small).unwrap()
}

/// A ledger with one donation in it.
async fn clerk(folder: &tempfile::TempDir, config: &Config) -> (Clerk, Intake) {
    let (ledger, _) = Ledger::open(&folder.path().join("ledger.db")).unwrap();
    let (clerk, _) = Clerk::hire(ledger).unwrap();
    let intake = Intake::new(clerk.clone(), config.currency.clone());
    let trial = Trial {
        amount: "5".to_owned(),
        currency: None,
        message: "a red fox".to_owned(),
        donor: None,
    };
    intake.take_trial("test", trial).await.unwrap();
    (clerk, intake)
}

/// Two image models, and the built-in painter where it is there.
async fn paint(
    (folder, intake): (&tempfile::TempDir, Intake),
    image_check: Option<ImageCheck>,
    last: Option<Sketch>,
) -> Came {
    tokio::time::pause();
    let config = config();
    let asked = Asked::default();
    let model = |name| -> Box<dyn Painter> {
        let asked = Arc::clone(&asked);
        Box::new(Model { name, asked })
    };
    let mut painters = vec![model("first"), model("second")];
    painters.extend(last.map(|sketch| -> Box<dyn Painter> { Box::new(sketch) }));
    let crew = Crew {
        gate: Arc::new(Gate::default()),
        planners: vec![Box::new(Builtin)],
        painters,
        image_check,
    };
    let names = ["first", "second"];
    let meters = Arc::new(Meters::new(["builtin"].into_iter(), names.into_iter()));
    let (floor, mut arrivals) = mpsc::channel(64);
    let settings = LiveSettings::new(&config, Fps::Hidden);
    let lines = StudioLines {
        floor,
        orders: mpsc::channel(1).0,
        errands: mpsc::channel(1).1,
        sources: watch::channel(Vec::new()).1,
        settings: watch::channel(settings).1,
        meters: Arc::clone(&meters),
    };
    let stop = CancellationToken::new();
    let mut studio = Studio::new(&config, intake, crew, lines, stop.clone());
    let working = tokio::spawn(async move { studio.run().await });
    let mut rough = 0;
    loop {
        match arrivals.recv().await.expect("the studio works") {
            Arrival::Ready { .. } | Arrival::Failed { .. } => break,
            Arrival::Underdrawing { .. } => rough += 1,
            _ => {}
        }
    }
    stop.cancel();
    working.await.unwrap().unwrap();
    // The clerk is a thread of its own: who waits for it needs a clock that does not jump.
    tokio::time::resume();
    let history = History::open(&folder.path().join("ledger.db")).unwrap();
    let reason = history.show(DONATION).unwrap().0.reason;
    let workers = meters.workers().into_iter().skip(1);
    let asked = asked.lock().unwrap().clone();
    Came {
        asked,
        rough,
        errors: workers.map(|worker| worker.last_error).collect(),
        reason,
    }
}

fn sketch() -> Option<Sketch> {
    let size = CanvasSize::new(16, 16).unwrap();
    Some(Sketch { size, colors: 12 })
}

async fn painted(check: Option<ImageCheck>, last: Option<Sketch>) -> Came {
    let folder = tempfile::tempdir().unwrap();
    let (_, intake) = clerk(&folder, &config()).await;
    paint((&folder, intake), check, last).await
}

#[tokio::test]
async fn an_unsafe_picture_is_painted_once_more_and_then_by_the_next_painter() {
    let sees = [
        Ok(ImageClass::Porn),
        Err(ImageGateError::NotScores),
        Ok(ImageClass::Hentai),
    ];
    let came = painted(Some(Told::check(sees)), sketch()).await;
    let asked = [("first", 0), ("first", 1), ("second", 0), ("second", 1)];
    assert_eq!(came.asked, asked);
    let said = came.errors[1].as_deref().unwrap();
    assert!(
        said.ends_with("the image gate sees hentai 0.95, from 0.7 on"),
        "{said}"
    );
    assert_eq!(came.reason, None);
}

#[tokio::test]
async fn where_every_picture_is_unsafe_the_built_in_painter_paints_and_needs_no_look() {
    let came = painted(Some(Told::check(vec![Ok(ImageClass::Sexy); 5])), sketch()).await;
    assert_eq!((came.asked.len(), came.reason), (4, None));
}

#[tokio::test]
async fn where_nobody_is_left_to_paint_the_reason_names_the_class() {
    let came = painted(Some(Told::check(vec![Ok(ImageClass::Sexy); 12])), None).await;
    let reason = came.reason.unwrap();
    assert!(
        reason.contains("no painter made a picture: the image gate sees sexy"),
        "{reason}"
    );
}

#[tokio::test]
async fn with_an_image_gate_nothing_is_shown_of_a_picture_before_it_is_finished() {
    // The first idea, which is the built-in painter's, and then the preview over it.
    assert_eq!(painted(None, sketch()).await.rough, 2);
    assert_eq!(painted(Some(Told::check([])), sketch()).await.rough, 1);
}

#[tokio::test]
async fn a_picture_that_an_earlier_run_left_is_looked_at_before_it_is_used() {
    for (sees, asked) in [(ImageClass::Neutral, 0), (ImageClass::Porn, 1)] {
        let folder = tempfile::tempdir().unwrap();
        let (clerk, intake) = clerk(&folder, &config()).await;
        let scene = crate::scene_doc::to_json(&sketch::plan("a red fox", Seed(1)));
        let mut png = Vec::new();
        RgbImage::from_fn(96, 96, |x, y| Rgb([x as u8, y as u8, 9]))
            .write_to(&mut std::io::Cursor::new(&mut png), ImageFormat::Png)
            .unwrap();
        let left = clerk.ask(move |ledger| {
            let _ = ledger.gated(DONATION, r#"{"call":"allow"}"#)?;
            let _ = ledger.planned(DONATION, &scene)?;
            ledger.painted(DONATION, &png)
        });
        assert_eq!(left.await.unwrap(), Outcome::Stored);
        let came = paint((&folder, intake), Some(Told::check([Ok(sees)])), sketch()).await;
        assert_eq!((came.asked.len(), came.reason), (asked, None), "{sees:?}");
    }
}
