//! Small programs that embed drawstream; each file under `examples/` is one. What two of them share is here.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use drawstream_core::color::Rgb8;
use drawstream_core::donation::{
    Currency, Donation, DonationId, ExternalId, Money, RawText, UnixTime,
};
use drawstream_core::gate::{ApprovedRequest, Gate, Judgement};
use drawstream_core::plan::{
    Animation, Canvas, CanvasPoint, CanvasSize, Ease, Mode, Op, Paint, Plan, Step,
};
use drawstream_core::timeline::{Playhead, Timeline, TimelineOptions};
use image::codecs::gif::{GifEncoder, Repeat};
use image::{Delay, Frame, RgbaImage};

/// A chat line as a request, if the gate lets it through.
///
/// # Errors
/// Where it does not: what the line is about, for a moderator's eyes.
pub fn request(gate: &Gate, line: &str) -> anyhow::Result<Box<ApprovedRequest>> {
    let donation = Donation {
        id: DonationId(1),
        external: ExternalId {
            source: "chat".to_owned(),
            id: "1".to_owned(),
        },
        donor: None,
        message: Some(RawText::new(line)),
        amount: Money {
            minor_units: 0,
            currency: Currency::parse("USD").context("a currency")?,
        },
        created_at: UnixTime(0),
    };
    match gate.judge(donation) {
        Judgement::Approved(request) => Ok(request),
        Judgement::Refused(refusal) => Err(anyhow!("refused: {:?}", refusal.category)),
    }
}

/// Writes the time-lapse of a plan, `frames` of them and every pixel `scale` times as large.
///
/// # Errors
/// Where the file cannot be written.
pub fn write_gif(plan: &Plan, path: &Path, frames: u32, scale: u32) -> anyhow::Result<()> {
    let timeline = Arc::new(Timeline::compile(plan, &TimelineOptions::default()));
    let mut playhead = Playhead::new(Arc::clone(&timeline));
    let file = File::create(path).with_context(|| format!("write {}", path.display()))?;
    let mut gif = GifEncoder::new_with_speed(BufWriter::new(file), 30);
    gif.set_repeat(Repeat::Infinite)?;
    for number in 1..=frames {
        playhead.seek(timeline.duration() * number / frames);
        let canvas = playhead.frame();
        let (width, height) = (canvas.width() * scale, canvas.height() * scale);
        let picture = RgbaImage::from_raw(width, height, canvas.enlarged(scale))
            .context("a frame of that size")?;
        let stays = if number == frames {
            Duration::from_secs(3)
        } else {
            timeline.duration() / frames
        };
        gif.encode_frame(Frame::from_parts(
            picture,
            0,
            0,
            Delay::from_saturating_duration(stays),
        ))?;
    }
    Ok(())
}

/// A house with a lit window, as a plan built in code.
///
/// # Errors
/// None: its numbers are within every limit.
pub fn house() -> anyhow::Result<Plan> {
    let canvas = Canvas::new(CanvasSize::new(32, 32).context("a canvas")?);
    let filled = |fill| Paint {
        fill: Some(fill),
        outline: None,
    };
    let night = Op::Rect {
        at: CanvasPoint::new(0, 0),
        w: 32,
        h: 22,
        paint: filled(Rgb8::new(28, 32, 72)),
    };
    let wall = Op::Rect {
        at: CanvasPoint::new(9, 14),
        w: 14,
        h: 11,
        paint: filled(Rgb8::new(150, 90, 60)),
    };
    let roof = Op::Polygon {
        points: vec![
            CanvasPoint::new(6, 14),
            CanvasPoint::new(16, 5),
            CanvasPoint::new(25, 14),
        ],
        paint: filled(Rgb8::new(170, 50, 50)),
    };
    let window = Op::Rect {
        at: CanvasPoint::new(13, 17),
        w: 4,
        h: 4,
        paint: filled(Rgb8::new(255, 210, 90)),
    };
    let stars = Op::Pixels {
        points: [(3, 4), (27, 3), (22, 8), (5, 11)]
            .map(|(x, y)| CanvasPoint::new(x, y))
            .to_vec(),
        color: Rgb8::WHITE,
    };
    let slowly = Animation {
        mode: Mode::Stroke,
        duration: Some(Duration::from_secs(2)),
        ease: Ease::InOut,
        ..Animation::default()
    };
    let twinkling = Animation {
        mode: Mode::PixelReveal,
        duration: Some(Duration::from_secs(1)),
        ..Animation::default()
    };
    let steps = vec![
        Step::animated(night, slowly),
        Step::from(wall),
        Step::from(roof),
        Step::from(window),
        Step::animated(stars, twinkling),
    ];
    Ok(Plan::from_steps(canvas, "a house at night", steps)?)
}
