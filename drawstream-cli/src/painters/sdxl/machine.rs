//! The [`Machine`]: the thread that owns the engine.
//!
//! A thread of its own rather than the runtime's: the program can end while a timestep runs, and a card's context
//! stays in one thread.

use std::error::Error;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;

use drawstream_core::scene::Scene;
use drawstream_sdxl::{Engine, PaintError, Progress, Weights};
use image::RgbImage;
use tokio::sync::oneshot;

use super::{Orders, Unready};
use crate::painters::{PainterError, Picture, Sitting};

/// Hands work to the thread. Dropping it ends the thread after the work under way.
#[derive(Debug)]
pub(super) struct Machine {
    jobs: Sender<Job>,
}

enum Job {
    Paint(Box<Errand>),
    Release(oneshot::Sender<()>),
}

/// One picture to paint. Nobody wants it any more where `reply` is closed.
struct Errand {
    scene: Scene,
    sitting: Sitting,
    reply: oneshot::Sender<Result<Picture, PainterError>>,
}

impl Errand {
    fn is_wanted(&self) -> bool {
        !self.sitting.cancel.is_cancelled() && !self.reply.is_closed()
    }
}

impl Machine {
    pub(super) fn hire(orders: Orders) -> Self {
        let (jobs, work) = channel();
        let hired = thread::Builder::new()
            .name("sdxl".to_owned())
            .spawn(move || {
                Shop {
                    orders,
                    engine: None,
                }
                .run(&work);
            });
        if let Err(error) = hired {
            // Each picture then says that the thread is not there.
            tracing::error!(%error, "the thread of the painter sdxl could not be started");
        }
        Self { jobs }
    }

    pub(super) async fn paint(
        &self,
        scene: Scene,
        sitting: &Sitting,
    ) -> Result<Picture, PainterError> {
        let (reply, answer) = oneshot::channel();
        let errand = Errand {
            scene,
            sitting: sitting.clone(),
            reply,
        };
        let gone = || PainterError::Broken("its thread has ended".to_owned());
        self.jobs
            .send(Job::Paint(Box::new(errand)))
            .map_err(|_| gone())?;
        answer.await.unwrap_or_else(|_| Err(gone()))
    }

    pub(super) async fn release(&self) {
        let (done, released) = oneshot::channel();
        if self.jobs.send(Job::Release(done)).is_ok() {
            // Where the thread has ended, its memory is released too.
            let _ = released.await;
        }
    }
}

/// What the thread holds.
struct Shop {
    orders: Orders,
    engine: Option<Engine>,
}

impl Shop {
    fn run(mut self, work: &Receiver<Job>) {
        loop {
            let is_warm = self.engine.as_ref().is_some_and(|e| e.weight_bytes() > 0);
            let job = match self.orders.keep_warm.filter(|_| is_warm) {
                Some(wait) => work.recv_timeout(wait),
                None => work.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match job {
                Ok(Job::Paint(errand)) => self.work(*errand),
                Ok(Job::Release(done)) => {
                    self.release();
                    // Whoever asked may have gone.
                    let _ = done.send(());
                }
                Err(RecvTimeoutError::Timeout) => self.release(),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn release(&mut self) {
        if let Some(engine) = &mut self.engine {
            engine.release();
            tracing::info!("the painter sdxl gave its memory back");
        }
    }

    fn work(&mut self, errand: Errand) {
        if !errand.is_wanted() {
            let _ = errand.reply.send(Err(PainterError::Cancelled));
            return;
        }
        let painted = catch_unwind(AssertUnwindSafe(|| self.paint(&errand)));
        let painted = painted.unwrap_or_else(|_| {
            // What a panic left half changed is not used again.
            self.engine = None;
            Err(PainterError::Broken("a defect of the program".to_owned()))
        });
        // Nobody waits for a picture that was given up meanwhile.
        let _ = errand.reply.send(painted);
    }

    fn paint(&mut self, errand: &Errand) -> Result<Picture, PainterError> {
        let engine = match &mut self.engine {
            Some(engine) => engine,
            none => none.insert(load(&self.orders)?),
        };
        let sitting = &errand.sitting;
        let request = self
            .orders
            .request(&errand.scene, engine.weights(), sitting.attempt);
        let begun = std::time::Instant::now();
        let picture = engine.paint(&request, &mut |progress| {
            tell(sitting, &progress);
            if errand.is_wanted() {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        });
        let picture = picture.map_err(|error| unpainted(&error))?;
        tracing::info!(
            paint.duration_ms = begun.elapsed().as_millis() as u64,
            "SDXL painted {} × {} in {} timesteps",
            picture.width,
            picture.height,
            request.steps,
        );
        rgb(picture).map(Picture::Painted)
    }
}

fn load(orders: &Orders) -> Result<Engine, PainterError> {
    let unready = |error: Unready| PainterError::Broken(format!("{error}; {}", error.mend()));
    let (base, options) = orders.ready().map_err(unready)?;
    tracing::info!("loading SDXL from {}", base.display());
    let begun = std::time::Instant::now();
    let weights = Weights::open(&base).map_err(|error| unpainted(&error.into()))?;
    let engine = Engine::load(&weights, &options).map_err(|error| unpainted(&error))?;
    tracing::info!(
        load.duration_ms = begun.elapsed().as_millis() as u64,
        load.bytes = engine.weight_bytes() as u64,
        "SDXL is loaded",
    );
    Ok(engine)
}

/// How far it is, as a share; the decoder counts as one timestep.
fn tell(sitting: &Sitting, progress: &Progress<'_>) {
    let share = |done: usize, total: usize| done as f32 / total.max(1) as f32;
    let done = match *progress {
        Progress::Timestep {
            done,
            total,
            ref preview,
            ..
        } => {
            if sitting.is_watched() {
                match preview.picture().map(rgb) {
                    Ok(Ok(rough)) => {
                        sitting.preview.send_replace(Some(Arc::new(rough)));
                    }
                    Ok(Err(_)) | Err(_) => tracing::debug!("a preview could not be made"),
                }
            }
            share(done, total + 1)
        }
        Progress::Decoding { done, total } => 0.95 + 0.05 * share(done, total),
        Progress::Retrying => {
            tracing::warn!(
                "half precision gave numbers that are not finite; painting again in f32"
            );
            0.0
        }
        _ => 0.0,
    };
    sitting.progress.send_replace(done);
}

fn rgb(picture: drawstream_sdxl::Picture) -> Result<RgbImage, PainterError> {
    let side = |pixels: usize| u32::try_from(pixels).unwrap_or(0);
    RgbImage::from_raw(side(picture.width), side(picture.height), picture.rgb)
        .ok_or_else(|| PainterError::Unusable("its size and its pixels disagree".to_owned()))
}

fn unpainted(error: &PaintError) -> PainterError {
    let said = match error.hint() {
        Some(hint) => format!("{}; {hint}", chain(error)),
        None => chain(error),
    };
    match error {
        PaintError::Cancelled => PainterError::Cancelled,
        PaintError::NotFinite { .. } => PainterError::Unusable(said),
        _ => PainterError::Broken(said),
    }
}

/// An error with its causes in one line.
pub(super) fn chain(error: &dyn Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", chain(cause)),
        None => error.to_string(),
    }
}
