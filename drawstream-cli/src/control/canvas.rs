//! The canvas for browsers: what changed of it, as runs of palette numbers.
//!
//! One [`Scribbler`] looks at the canvas some twenty times a second and writes a message of what differs; all who
//! watch get the same bytes. Whoever comes new, or was too slow for the messages, gets the whole canvas as it is then.
//!
//! A message, numbers as LEB128 unless said otherwise:
//!
//! ```text
//! kind           one byte: 1 the whole canvas, 2 what changed
//! width, height  only of a whole canvas; 0 and 0 where none is shown
//! colours        how many, then r g b of each: appended to the numbered colours (a whole canvas begins anew)
//! runs           how many, then (pixels passed by, pixels painted, number of their colour) of each
//! dabs           how many, then r g b and 0 or 1 (whether the brush was in it) of each; 0 means as before
//! brush          one byte 0 or 1, and where 1: x, y, r g b
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use drawstream_core::color::Rgb8;
use drawstream_core::raster::Framebuffer;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use crate::stagehand::CanvasShot;

/// How often the canvas is looked at.
const LOOK: Duration = Duration::from_millis(50);
/// Messages that may wait for a slow watcher, who then gets the whole canvas instead: some three seconds of them.
const WAITING: usize = 64;
/// Numbered colours; more come up only in long fades, and then the numbering begins anew.
const MOST_COLORS: usize = 4_096;

/// What a new watcher gets: the whole canvas, and what follows it.
pub(crate) type Seat = (Bytes, broadcast::Receiver<Bytes>);

/// Where watchers take their seats.
#[derive(Clone, Debug)]
pub(crate) struct CanvasFeed {
    seats: mpsc::Sender<oneshot::Sender<Seat>>,
    shot: watch::Receiver<CanvasShot>,
}

impl CanvasFeed {
    /// Starts to watch the canvas; ends with `stop`.
    pub(crate) fn start(shot: watch::Receiver<CanvasShot>, stop: CancellationToken) -> Self {
        let (seats, asked) = mpsc::channel(16);
        let scribbler = Scribbler::new(shot.clone());
        tokio::spawn(async move {
            tokio::select! {
                () = scribbler.run(asked) => {}
                () = stop.cancelled() => {}
            }
        });
        Self { seats, shot }
    }

    /// Takes a seat; `None` when the program ends.
    pub(crate) async fn sit(&self) -> Option<Seat> {
        let (seat, seated) = oneshot::channel();
        self.seats.send(seat).await.ok()?;
        seated.await.ok()
    }

    /// The canvas as it is now.
    pub(crate) fn now(&self) -> Option<Framebuffer> {
        self.shot.borrow().frame.clone()
    }
}

struct Scribbler {
    shot: watch::Receiver<CanvasShot>,
    out: broadcast::Sender<Bytes>,
    told: Canvas,
}

impl Scribbler {
    fn new(shot: watch::Receiver<CanvasShot>) -> Self {
        Self {
            shot,
            out: broadcast::channel(WAITING).0,
            told: Canvas::default(),
        }
    }

    async fn run(mut self, mut asked: mpsc::Receiver<oneshot::Sender<Seat>>) {
        loop {
            let watched = self.out.receiver_count() > 0;
            tokio::select! {
                seat = asked.recv() => {
                    let Some(seat) = seat else { return };
                    // What the others have not been told yet comes first, so that all know the same.
                    self.look();
                    let _ = seat.send((self.told.whole(), self.out.subscribe()));
                }
                changed = self.shot.changed(), if watched => {
                    if changed.is_err() {
                        return;
                    }
                    self.look();
                    tokio::time::sleep(LOOK).await;
                }
            }
        }
    }

    fn look(&mut self) {
        let message = {
            let shot = self.shot.borrow_and_update();
            self.told.follow(&shot)
        };
        // Nobody may be there to hear it.
        drop(message.map(|message| self.out.send(message)));
    }
}

/// The canvas as the watchers know it.
#[derive(Debug, Default)]
pub(crate) struct Canvas {
    frame: Option<Framebuffer>,
    numbers: BTreeMap<Rgb8, u32>,
    colors: Vec<Rgb8>,
    brush: Option<(u32, u32, Rgb8)>,
    dabs: Arc<[(Rgb8, bool)]>,
}

impl Canvas {
    /// Takes over what is there now; says what differs, `None` where nothing does.
    pub(crate) fn follow(&mut self, shot: &CanvasShot) -> Option<Bytes> {
        let brush = shot.brush.map(|(at, color)| {
            let side = |at: i32| u32::try_from(at).unwrap_or(0);
            (side(at.x), side(at.y), color)
        });
        let moved = self.brush != brush;
        self.brush = brush;
        let dabs_differ = *self.dabs != *shot.dabs;
        if dabs_differ {
            self.dabs = shot.dabs.as_slice().into();
        }
        let size = |frame: &Option<Framebuffer>| frame.as_ref().map(Framebuffer::size);
        if size(&self.frame) != size(&shot.frame) || self.colors.len() > MOST_COLORS {
            self.frame.clone_from(&shot.frame);
            self.numbers.clear();
            self.colors.clear();
            return Some(self.whole());
        }
        let known = self.colors.len();
        let mut runs = Runs::default();
        if let (Some(before), Some(now)) = (&mut self.frame, &shot.frame)
            && before != now
        {
            for (old, new) in pixels(before).zip(pixels(now)) {
                if old == new {
                    runs.pass();
                } else {
                    runs.paint(number(&mut self.numbers, &mut self.colors, new));
                }
            }
            before.clone_from(now);
        }
        if runs.count == 0 && !moved && !dabs_differ {
            return None;
        }
        let dabs: &[_] = if dabs_differ { &self.dabs } else { &[] };
        let mut message = vec![2];
        self.write(&mut message, &self.colors[known..], runs, dabs);
        Some(message.into())
    }

    /// The whole canvas as the watchers know it.
    pub(crate) fn whole(&mut self) -> Bytes {
        let mut message = vec![1];
        let mut runs = Runs::default();
        match &self.frame {
            None => message.extend([0, 0]),
            Some(frame) => {
                leb128(&mut message, frame.width());
                leb128(&mut message, frame.height());
                for color in pixels(frame) {
                    runs.paint(number(&mut self.numbers, &mut self.colors, color));
                }
            }
        }
        self.write(&mut message, &self.colors, runs, &self.dabs);
        message.into()
    }

    fn write(&self, out: &mut Vec<u8>, colors: &[Rgb8], runs: Runs, dabs: &[(Rgb8, bool)]) {
        leb128(out, colors.len() as u32);
        for color in colors {
            out.extend([color.r, color.g, color.b]);
        }
        let (count, bytes) = runs.finish();
        leb128(out, count);
        out.extend(bytes);
        leb128(out, dabs.len() as u32);
        for (color, touched) in dabs {
            out.extend([color.r, color.g, color.b, u8::from(*touched)]);
        }
        match self.brush {
            None => out.push(0),
            Some((x, y, color)) => {
                out.push(1);
                leb128(out, x);
                leb128(out, y);
                out.extend([color.r, color.g, color.b]);
            }
        }
    }
}

fn pixels(frame: &Framebuffer) -> impl Iterator<Item = Rgb8> + '_ {
    let pixels = frame.pixels().chunks_exact(4);
    pixels.map(|pixel| Rgb8::new(pixel[0], pixel[1], pixel[2]))
}

/// A colour's number; a new colour gets the next one.
fn number(numbers: &mut BTreeMap<Rgb8, u32>, colors: &mut Vec<Rgb8>, color: Rgb8) -> u32 {
    *numbers.entry(color).or_insert_with(|| {
        colors.push(color);
        colors.len() as u32 - 1
    })
}

/// Runs of pixels, as they are gathered.
#[derive(Debug, Default)]
struct Runs {
    bytes: Vec<u8>,
    count: u32,
    passed: u32,
    open: Option<(u32, u32)>,
}

impl Runs {
    fn pass(&mut self) {
        self.close();
        self.passed += 1;
    }

    fn paint(&mut self, color: u32) {
        match &mut self.open {
            Some((length, of)) if *of == color => *length += 1,
            Some(_) | None => {
                self.close();
                self.open = Some((1, color));
            }
        }
    }

    fn close(&mut self) {
        if let Some((length, color)) = self.open.take() {
            self.count += 1;
            for number in [self.passed, length, color] {
                leb128(&mut self.bytes, number);
            }
            self.passed = 0;
        }
    }

    fn finish(mut self) -> (u32, Vec<u8>) {
        self.close();
        (self.count, self.bytes)
    }
}

fn leb128(out: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        out.push((number & 0x7F) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

#[cfg(test)]
mod tests {
    use drawstream_core::plan::{CanvasSize, Limits, Plan};
    use drawstream_core::timeline::{Playhead, Timeline, TimelineOptions};

    use super::*;

    /// What a page makes of the messages, written after the format's description alone.
    #[derive(Default)]
    struct Page {
        size: (u32, u32),
        colors: Vec<[u8; 3]>,
        pixels: Vec<[u8; 3]>,
    }

    impl Page {
        fn hear(&mut self, message: &[u8]) {
            let mut rest = message.iter().copied();
            let whole = rest.next() == Some(1);
            if whole {
                self.size = (read(&mut rest), read(&mut rest));
                self.colors.clear();
                self.pixels = vec![[0; 3]; (self.size.0 * self.size.1) as usize];
            }
            for _ in 0..read(&mut rest) {
                self.colors.push(rgb(&mut rest));
            }
            let mut at = 0;
            for _ in 0..read(&mut rest) {
                at += read(&mut rest) as usize;
                let length = read(&mut rest) as usize;
                let color = self.colors[read(&mut rest) as usize];
                self.pixels[at..at + length].fill(color);
                at += length;
            }
        }
    }

    fn read(bytes: &mut impl Iterator<Item = u8>) -> u32 {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = bytes.next().unwrap();
            number |= u32::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return number;
            }
            shift += 7;
        }
    }

    fn rgb(bytes: &mut impl Iterator<Item = u8>) -> [u8; 3] {
        std::array::from_fn(|_| bytes.next().unwrap())
    }

    #[test]
    fn a_page_that_hears_everything_and_one_that_comes_late_see_the_canvas_at_every_moment() {
        let json = include_str!("../../../fixtures/plans/aurora_cabin.json");
        let plan = Plan::parse(json, &Limits::default()).unwrap();
        let timeline = Arc::new(Timeline::compile(&plan, &TimelineOptions::default()));
        let mut playhead = Playhead::new(Arc::clone(&timeline));
        let (mut canvas, mut faithful) = (Canvas::default(), Page::default());
        let mut bytes = 0;
        for step in 0..=200u32 {
            playhead.seek(timeline.duration() * step / 200);
            let shot = CanvasShot {
                frame: Some(playhead.frame().clone()),
                brush: playhead.brush(),
                dabs: Vec::new(),
            };
            if let Some(message) = canvas.follow(&shot) {
                bytes += message.len();
                faithful.hear(&message);
            }
            let mut late = Page::default();
            late.hear(&canvas.whole());
            let truth: Vec<[u8; 3]> = pixels(playhead.frame()).map(|c| [c.r, c.g, c.b]).collect();
            assert_eq!(faithful.pixels, truth, "step {step}");
            assert_eq!(late.pixels, truth, "late at step {step}");
        }
        // All the pixels of 200 whole pictures would be some 100 times as much.
        assert!(bytes < playhead.frame().pixels().len() * 4, "{bytes}");
    }

    #[test]
    fn a_canvas_that_is_taken_away_leaves_nothing_to_see() {
        let size = CanvasSize::new(4, 2).unwrap();
        let mut canvas = Canvas::default();
        let mut page = Page::default();
        let shot = CanvasShot {
            frame: Some(Framebuffer::new(size, Rgb8::new(1, 2, 3))),
            ..CanvasShot::default()
        };
        page.hear(&canvas.follow(&shot).unwrap());
        assert_eq!(page.pixels, [[1, 2, 3]; 8]);
        assert_eq!(canvas.follow(&shot), None);
        page.hear(&canvas.follow(&CanvasShot::default()).unwrap());
        assert!(page.pixels.is_empty());
    }
}
