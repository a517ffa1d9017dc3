//! [`HelpWindow`]: the sheet of keys in a small window of its own, which no capture of the stage shows.

use std::sync::Arc;

use drawstream_core::stage::HelpSheet;
use winit::dpi::PhysicalSize;
use winit::event_loop::ActiveEventLoop;
use winit::window::{Window, WindowId};

use super::WindowError;
use super::surface::Plain;

/// Its title, which is not the stage's: OBS finds that one by its name.
const TITLE: &str = "Keys";

/// The window.
pub(super) struct HelpWindow {
    window: Arc<Window>,
    surface: Plain,
    sheet: HelpSheet,
}

impl HelpWindow {
    pub(super) fn open(
        events: &ActiveEventLoop,
        draw: &dyn Fn(f32) -> HelpSheet,
    ) -> Result<Self, WindowError> {
        let scale = events
            .primary_monitor()
            .or_else(|| events.available_monitors().next())
            .map_or(1.0, |monitor| monitor.scale_factor());
        let sheet = draw(scale as f32);
        let size = PhysicalSize::new(u32::from(sheet.w()), u32::from(sheet.h()));
        let attributes = Window::default_attributes()
            .with_title(TITLE)
            .with_inner_size(size)
            .with_resizable(false);
        let window = events
            .create_window(attributes)
            .map_err(|error| WindowError::Surface(error.to_string()))?;
        let window = Arc::new(window);
        let surface = Plain::new(&window)?;
        window.request_redraw();
        Ok(Self {
            window,
            surface,
            sheet,
        })
    }

    pub(super) fn id(&self) -> WindowId {
        self.window.id()
    }

    pub(super) fn show(&mut self) -> Result<(), WindowError> {
        let frame = (u32::from(self.sheet.w()), u32::from(self.sheet.h()));
        let inner = self.window.inner_size();
        self.surface
            .show(frame, (inner.width, inner.height), self.sheet.pixels())
    }
}
