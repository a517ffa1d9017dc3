//! What the stage shows and what it redraws, and its golden pictures.

use std::sync::Arc;

use super::*;
use crate::color::Rgb8;
use crate::donation::{Currency, Money};
use crate::raster::Framebuffer;
use crate::timeline::{Playhead, Timeline, TimelineOptions};

mod crossfading;
mod goldens;
mod painting;
mod redrawing;

/// Everything that a view borrows.
struct Props {
    donor: ScreenText,
    message: ScreenText,
    amount: Money,
    waiting: Vec<(Option<ScreenText>, Money, Option<Duration>)>,
    frame: Framebuffer,
    brush: Option<BrushView>,
    palette: Vec<Dab>,
}

fn money(text: &str, code: &str) -> Money {
    let currency = Currency::parse(code).expect("a currency");
    Money::parse(text, currency).expect("an amount")
}

fn words(text: &str) -> ScreenText {
    ScreenText::unchecked(text)
}

impl Props {
    /// A donation of Anna's whose painting has been drawn for so many seconds, and five that wait.
    fn new(donor: &str, message: &str, drawn: f64) -> Self {
        Self::on_canvas(donor, message, drawn, (96, 96))
    }

    fn on_canvas(donor: &str, message: &str, drawn: f64, canvas: (u16, u16)) -> Self {
        let plan = painting::plan(canvas.0, canvas.1);
        let timeline = Timeline::compile(&plan, &TimelineOptions::default());
        let mut playhead = Playhead::new(Arc::new(timeline));
        playhead.seek(Duration::from_secs_f64(drawn));
        let used = (drawn / 17.0 * 12.0) as usize;
        let row = |name: &str, amount: &str, code: &str, secs: Option<u64>| {
            let donor = (!name.is_empty()).then(|| words(name));
            (donor, money(amount, code), secs.map(Duration::from_secs))
        };
        Self {
            donor: words(donor),
            message: words(message),
            amount: money("7.50", "EUR"),
            waiting: vec![
                row("Иван Петров", "500", "RUB", Some(52)),
                row("pixel_fan_2000", "12", "USD", Some(190)),
                row("", "3.20", "EUR", Some(330)),
                row("Søren Ångström", "1500", "JPY", Some(520)),
                row(
                    "Очень Длинное Имя Которое Никогда Не Кончается",
                    "100000",
                    "KZT",
                    None,
                ),
            ],
            frame: playhead.frame().clone(),
            brush: playhead.brush().map(|(at, color)| BrushView { at, color }),
            palette: painting::palette()
                .into_iter()
                .enumerate()
                .map(|(n, color)| Dab {
                    color,
                    touched: if n < used {
                        Touched::Yes
                    } else {
                        Touched::NotYet
                    },
                })
                .collect(),
        }
    }

    fn queue(&self) -> Vec<QueueRow<'_>> {
        self.waiting
            .iter()
            .map(|(donor, amount, wait)| QueueRow {
                donor: donor.as_ref(),
                amount: Some(amount),
                wait: *wait,
            })
            .collect()
    }

    fn view<'a>(&'a self, act: Act<'a>, queue: &'a [QueueRow<'a>]) -> StageView<'a> {
        StageView {
            act,
            request: Some(RequestView {
                donor: Some(&self.donor),
                amount: Some(&self.amount),
                message: Some(&self.message),
            }),
            canvas: Some(CanvasView {
                frame: &self.frame,
                damage: CanvasDamage::All,
            }),
            brush: self.brush,
            palette: &self.palette,
            queue,
            waiting: 12,
            source: Some(SourceView {
                name: "Donation Alerts",
                state: SourceState::Live,
            }),
            clock: "21:34",
            ..StageView::default()
        }
    }
}

const DRAWING: Act<'static> = Act::Drawing {
    elapsed: Duration::from_secs(48),
    duration: Duration::from_secs(75),
};
