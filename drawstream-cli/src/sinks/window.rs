//! The window: the stage on a desktop, by a GPU where there is a real one, else drawn by the CPU.
//!
//! The window owns the main thread, the show its own. Between them stands a [`Glass`]: the last frame, and a wake-up.

mod ending;
mod help;
mod surface;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use drawstream_core::stage::HelpSheet;
use tokio_util::sync::CancellationToken;
use winit::application::ApplicationHandler;
use winit::dpi::LogicalSize;
use winit::event::{ElementState, KeyEvent, WindowEvent};
use winit::event_loop::{ActiveEventLoop, EventLoop, EventLoopProxy};
use winit::keyboard::{Key, NamedKey};
use winit::window::{Fullscreen, Window, WindowId};

pub use self::ending::Ending;
use self::help::HelpWindow;
use self::surface::Surface;
pub(crate) use self::surface::adapter;
use super::{Frame, Sink};
use crate::config::Renderer;

/// The window's title: OBS finds the window by it, so it never changes.
const TITLE: &str = "drawstream";

/// What is said where the display dies.
pub const GONE: &str =
    "the display went away; the show goes on without its window: press Ctrl+C to end it";

/// Why there is no window.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WindowError {
    /// There is no display.
    #[error("there is no display to open a window on")]
    NoDisplay(#[source] winit::error::EventLoopError),
    /// The display went away while the window was open.
    #[error("the display went away")]
    Lost(#[source] winit::error::EventLoopError),
    /// The display went away, and the window's library fell over it.
    #[error("the display went away")]
    Gone,
    /// A window cannot be made or drawn on.
    #[error("cannot draw in a window: {0}")]
    Surface(String),
}

/// How a window ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// By the person in front of it.
    ByPerson,
    /// Because the program stops.
    ByProgram,
}

/// What a key asks of the show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyCommand {
    /// Pause, or go on.
    TogglePause,
    /// End what is on.
    Skip,
    /// Show or hide the panels.
    ToggleHud,
}

/// How a window looks and what draws it.
pub struct WindowOptions {
    /// Screen pixels across, or fewer where the screen is smaller.
    pub width: u32,
    /// Screen pixels down.
    pub height: u32,
    /// What draws it.
    pub renderer: Renderer,
    /// The sheet of its keys, drawn for a screen of this scale.
    pub help: Box<dyn Fn(f32) -> HelpSheet>,
}

impl fmt::Debug for WindowOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WindowOptions")
            .field("width", &self.width)
            .field("height", &self.height)
            .field("renderer", &self.renderer)
            .finish_non_exhaustive()
    }
}

/// What wakes the window.
#[derive(Clone, Copy, Debug)]
enum Wake {
    Frame,
    Close,
}

#[derive(Debug, Default)]
struct LastFrame {
    width: u32,
    height: u32,
    rgba: Vec<u8>,
}

/// The show's side of a window: the newest frame, and a wake-up for the window.
pub struct Glass {
    frame: Arc<Mutex<LastFrame>>,
    proxy: EventLoopProxy<Wake>,
}

impl fmt::Debug for Glass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Glass").finish_non_exhaustive()
    }
}

impl Sink for Glass {
    fn name(&self) -> &'static str {
        "the window"
    }

    fn present(&mut self, frame: &Frame<'_>) -> anyhow::Result<()> {
        let mut last = self.frame.lock().unwrap_or_else(PoisonError::into_inner);
        if (last.width, last.height) != (frame.width, frame.height) {
            *last = LastFrame {
                width: frame.width,
                height: frame.height,
                rgba: frame.pixels.to_vec(),
            };
        } else {
            let stride = frame.width as usize * 4;
            for rect in frame.damage {
                for y in rect.y..rect.bottom() {
                    let row = y as usize * stride;
                    let bytes = row + rect.x as usize * 4..row + rect.right() as usize * 4;
                    last.rgba[bytes.clone()].copy_from_slice(&frame.pixels[bytes]);
                }
            }
        }
        drop(last);
        self.proxy
            .send_event(Wake::Frame)
            .map_err(|_| anyhow::anyhow!("it was closed"))
    }
}

/// The window, not yet open.
pub struct StageWindow {
    events: EventLoop<Wake>,
    frame: Arc<Mutex<LastFrame>>,
}

impl fmt::Debug for StageWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StageWindow").finish_non_exhaustive()
    }
}

impl StageWindow {
    /// Connects to the display. Call it on the main thread.
    ///
    /// # Errors
    /// [`WindowError::NoDisplay`].
    pub fn connect() -> Result<Self, WindowError> {
        let events = EventLoop::with_user_event()
            .build()
            .map_err(WindowError::NoDisplay)?;
        Ok(Self {
            events,
            frame: Arc::default(),
        })
    }

    /// The show's side of it.
    pub fn glass(&self) -> Glass {
        Glass {
            frame: Arc::clone(&self.frame),
            proxy: self.events.create_proxy(),
        }
    }

    /// A task for the runtime: closes the window when the program stops.
    pub fn close_with(&self, stop: CancellationToken) -> impl Future<Output = ()> + Send + 'static {
        let proxy = self.events.create_proxy();
        async move {
            stop.cancelled().await;
            // The window may have been closed by hand.
            let _ = proxy.send_event(Wake::Close);
        }
    }

    /// Opens it and runs until it is closed. `on_key` hears what keys ask of the show.
    ///
    /// # Errors
    /// [`WindowError`].
    pub fn run(
        self,
        options: WindowOptions,
        on_key: impl FnMut(KeyCommand),
    ) -> Result<Closed, WindowError> {
        let mut open = Open {
            frame: self.frame,
            options,
            on_key,
            surface: None,
            help: None,
            ended: None,
        };
        // Where an X server dies, winit panics over the answer that never comes. Nothing of it is used afterwards.
        let events = self.events;
        catch_unwind(AssertUnwindSafe(|| events.run_app(&mut open)))
            .map_err(|_| WindowError::Gone)?
            .map_err(WindowError::Lost)?;
        match open.ended {
            Some(Ended::Failed(error)) => Err(error),
            Some(Ended::Closed(closed)) => Ok(closed),
            None => Ok(Closed::ByProgram),
        }
    }
}

enum Ended {
    Closed(Closed),
    Failed(WindowError),
}

struct Open<F> {
    frame: Arc<Mutex<LastFrame>>,
    options: WindowOptions,
    on_key: F,
    surface: Option<Surface>,
    help: Option<HelpWindow>,
    ended: Option<Ended>,
}

impl<F: FnMut(KeyCommand)> Open<F> {
    fn end(&mut self, events: &ActiveEventLoop, ended: Ended) {
        self.ended.get_or_insert(ended);
        events.exit();
    }

    fn present(&mut self, events: &ActiveEventLoop) {
        let Some(surface) = &mut self.surface else {
            return;
        };
        let last = self.frame.lock().unwrap_or_else(PoisonError::into_inner);
        if last.width == 0 {
            return;
        }
        let shown = surface.show(last.width, last.height, &last.rgba);
        drop(last);
        if let Err(error) = shown {
            self.end(events, Ended::Failed(error));
        }
    }

    fn key(&mut self, events: &ActiveEventLoop, event: &KeyEvent) {
        if event.state != ElementState::Pressed || event.repeat {
            return;
        }
        let Some(surface) = &self.surface else { return };
        match event.logical_key.as_ref() {
            Key::Named(NamedKey::Space) => (self.on_key)(KeyCommand::TogglePause),
            Key::Named(NamedKey::Escape) => surface.window().set_fullscreen(None),
            Key::Named(NamedKey::F1) | Key::Character("?" | "/") => self.toggle_help(events),
            Key::Character("s" | "S" | "ы" | "Ы") => (self.on_key)(KeyCommand::Skip),
            Key::Character("h" | "H" | "р" | "Р") => (self.on_key)(KeyCommand::ToggleHud),
            Key::Character("f" | "F" | "а" | "А") => {
                let full = surface
                    .window()
                    .fullscreen()
                    .is_none()
                    .then_some(Fullscreen::Borderless(None));
                surface.window().set_fullscreen(full);
            }
            _ => {}
        }
    }

    /// Opens the sheet of keys, or closes it. A sheet that cannot be opened costs the show nothing.
    fn toggle_help(&mut self, events: &ActiveEventLoop) {
        if self.help.take().is_none() {
            match HelpWindow::open(events, &self.options.help) {
                Ok(help) => self.help = Some(help),
                Err(error) => tracing::warn!("the sheet of keys cannot be shown: {error}"),
            }
        }
    }

    /// What happens to the sheet of keys.
    fn help_event(&mut self, event: &WindowEvent) {
        let Some(help) = &mut self.help else { return };
        let closes = match event {
            WindowEvent::CloseRequested => true,
            WindowEvent::KeyboardInput { event, .. } => {
                event.state == ElementState::Pressed
                    && matches!(
                        event.logical_key.as_ref(),
                        Key::Named(NamedKey::Escape | NamedKey::F1) | Key::Character("?" | "/")
                    )
            }
            WindowEvent::RedrawRequested => help
                .show()
                .inspect_err(|error| tracing::warn!("the sheet of keys went away: {error}"))
                .is_err(),
            _ => false,
        };
        if closes {
            self.help = None;
        }
    }
}

impl<F: FnMut(KeyCommand)> ApplicationHandler<Wake> for Open<F> {
    fn resumed(&mut self, events: &ActiveEventLoop) {
        if self.surface.is_some() {
            return;
        }
        let monitor = events
            .primary_monitor()
            .or_else(|| events.available_monitors().next());
        let screen = monitor.map(|m| m.size().to_logical::<u32>(m.scale_factor()));
        // A stage that is larger than the screen is shown smaller; it keeps its shape inside of the window.
        let size = LogicalSize::new(self.options.width, self.options.height);
        let fits =
            screen.is_none_or(|screen| screen.width >= size.width && screen.height >= size.height);
        let size = if fits {
            size
        } else {
            LogicalSize::new(size.width / 2, size.height / 2)
        };
        let attributes = Window::default_attributes()
            .with_title(TITLE)
            .with_inner_size(size);
        let window = match events.create_window(attributes) {
            Ok(window) => Arc::new(window),
            Err(error) => {
                return self.end(
                    events,
                    Ended::Failed(WindowError::Surface(error.to_string())),
                );
            }
        };
        match Surface::new(window, self.options.renderer) {
            Ok(surface) => self.surface = Some(surface),
            Err(error) => self.end(events, Ended::Failed(error)),
        }
    }

    fn user_event(&mut self, events: &ActiveEventLoop, wake: Wake) {
        match wake {
            Wake::Frame => {
                if let Some(surface) = &self.surface {
                    surface.window().request_redraw();
                }
            }
            Wake::Close => self.end(events, Ended::Closed(Closed::ByProgram)),
        }
    }

    fn window_event(&mut self, events: &ActiveEventLoop, window: WindowId, event: WindowEvent) {
        if self.help.as_ref().is_some_and(|help| help.id() == window) {
            return self.help_event(&event);
        }
        match event {
            WindowEvent::CloseRequested => self.end(events, Ended::Closed(Closed::ByPerson)),
            WindowEvent::Resized(_) | WindowEvent::ScaleFactorChanged { .. } => {
                if let Some(surface) = &self.surface {
                    surface.window().request_redraw();
                }
            }
            WindowEvent::RedrawRequested => self.present(events),
            WindowEvent::KeyboardInput { event, .. } => self.key(events, &event),
            _ => {}
        }
    }
}
