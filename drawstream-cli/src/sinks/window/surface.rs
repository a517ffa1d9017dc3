//! [`Surface`]: puts RGBA frames into a window, by `pixels` on a real GPU and by `softbuffer` otherwise.
//!
//! A software adapter (Mesa's llvmpipe, WARP) answers like a GPU and is four times slower than plain copying, so the
//! adapter is asked what it is before it is trusted.

use std::num::NonZeroU32;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use pixels::wgpu::{self, DeviceType};
use pixels::{Pixels, PixelsBuilder, ScalingMode, SurfaceTexture};
use softbuffer::Context;
use winit::window::Window;

use super::WindowError;
use crate::config::Renderer;

enum Way {
    Gpu(Box<Gpu>),
    Cpu(Plain),
}

/// A window that frames can be put into.
pub(super) struct Surface {
    window: Arc<Window>,
    way: Way,
}

impl Surface {
    pub(super) fn new(window: Arc<Window>, renderer: Renderer) -> Result<Self, WindowError> {
        let way = match Gpu::new(&window, renderer) {
            Some(gpu) => Way::Gpu(Box::new(gpu)),
            None => Way::Cpu(Plain::new(&window)?),
        };
        let name = match &way {
            Way::Gpu(gpu) => gpu.pixels.adapter().get_info().name,
            Way::Cpu(_) => "the CPU".to_owned(),
        };
        tracing::info!("the window is drawn by {name}");
        Ok(Self { window, way })
    }

    pub(super) fn window(&self) -> &Window {
        &self.window
    }

    /// Shows a frame as large as fits, in its own shape, on black.
    pub(super) fn show(&mut self, width: u32, height: u32, rgba: &[u8]) -> Result<(), WindowError> {
        let inner = self.window.inner_size();
        let inner = (inner.width, inner.height);
        if inner.0 == 0 || inner.1 == 0 {
            return Ok(());
        }
        if let Way::Gpu(gpu) = &mut self.way {
            match outlive(|| gpu.show((width, height), inner, rgba)) {
                Ok(()) => return Ok(()),
                Err(error) => {
                    tracing::warn!(%error, "the GPU stopped drawing the window; the CPU goes on");
                    let cpu = Way::Cpu(Plain::new(&self.window)?);
                    let gone = std::mem::replace(&mut self.way, cpu);
                    // What is left of a device that was lost may fall over its own end.
                    let _ = outlive(|| {
                        drop(gone);
                        Ok(())
                    });
                }
            }
        }
        match &mut self.way {
            Way::Cpu(plain) => plain.show((width, height), inner, rgba),
            Way::Gpu(_) => Ok(()),
        }
    }
}

/// Has a panic of the graphics library end as an error: that is how it tells of a device that was lost.
fn outlive(work: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err("the device was lost".to_owned()))
}

/// What a window would be drawn by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Adapter {
    /// Its name.
    pub(crate) name: String,
    /// `Vulkan`, `Metal`, `Dx12` or `Gl`.
    pub(crate) api: String,
    /// Whether it is more than software.
    pub(crate) is_gpu: bool,
}

/// The best adapter of this machine, asked for without a window; none where there is no driver at all.
pub(crate) async fn adapter() -> Option<Adapter> {
    let backends = wgpu::Backends::from_env().unwrap_or_else(wgpu::Backends::all);
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
        backends,
        ..wgpu::InstanceDescriptor::new_without_display_handle().with_env()
    });
    let adapters = instance.enumerate_adapters(backends).await;
    let adapters = adapters.iter().map(|adapter| {
        let info = adapter.get_info();
        Adapter {
            api: format!("{:?}", info.backend),
            is_gpu: is_gpu(info.device_type),
            name: info.name,
        }
    });
    adapters.max_by_key(|adapter| adapter.is_gpu)
}

fn is_gpu(kind: DeviceType) -> bool {
    match kind {
        DeviceType::DiscreteGpu | DeviceType::IntegratedGpu | DeviceType::VirtualGpu => true,
        DeviceType::Cpu | DeviceType::Other => false,
    }
}

/// Draws by a GPU.
struct Gpu {
    pixels: Pixels<'static>,
    frame: (u32, u32),
    inner: (u32, u32),
}

impl Gpu {
    fn new(window: &Arc<Window>, renderer: Renderer) -> Option<Self> {
        if renderer == Renderer::Cpu {
            return None;
        }
        let inner = window.inner_size();
        let inner = (inner.width.max(1), inner.height.max(1));
        let texture = SurfaceTexture::new(inner.0, inner.1, Arc::clone(window));
        let mut pixels = PixelsBuilder::new(1, 1, texture).build().ok()?;
        // Otherwise a window that is smaller than the stage shows only the middle of it.
        pixels.set_scaling_mode(ScalingMode::Fill);
        let is_trusted =
            renderer == Renderer::Gpu || is_gpu(pixels.adapter().get_info().device_type);
        is_trusted.then_some(Self {
            pixels,
            frame: (1, 1),
            inner,
        })
    }

    fn show(&mut self, frame: (u32, u32), inner: (u32, u32), rgba: &[u8]) -> Result<(), String> {
        if self.frame != frame {
            self.pixels
                .resize_buffer(frame.0, frame.1)
                .map_err(|error| error.to_string())?;
            self.frame = frame;
        }
        if self.inner != inner {
            self.pixels
                .resize_surface(inner.0, inner.1)
                .map_err(|error| error.to_string())?;
            self.inner = inner;
        }
        self.pixels.frame_mut().copy_from_slice(rgba);
        self.pixels.render().map_err(|error| error.to_string())
    }
}

/// Draws by copying.
pub(super) struct Plain(softbuffer::Surface<Arc<Window>, Arc<Window>>);

impl Plain {
    pub(super) fn new(window: &Arc<Window>) -> Result<Self, WindowError> {
        let context = Context::new(Arc::clone(window)).map_err(|error| failed(&error))?;
        softbuffer::Surface::new(&context, Arc::clone(window))
            .map(Self)
            .map_err(|error| failed(&error))
    }

    /// Shows a frame as large as fits, in its own shape, on black.
    pub(super) fn show(
        &mut self,
        (width, height): (u32, u32),
        (inner_w, inner_h): (u32, u32),
        rgba: &[u8],
    ) -> Result<(), WindowError> {
        let (Some(w), Some(h)) = (NonZeroU32::new(inner_w), NonZeroU32::new(inner_h)) else {
            return Ok(());
        };
        self.0.resize(w, h).map_err(|error| failed(&error))?;
        let mut buffer = self.0.buffer_mut().map_err(|error| failed(&error))?;
        let fitted = Fit::new((width, height), (inner_w, inner_h));
        let columns: Vec<Option<usize>> = (0..inner_w).map(|x| fitted.column(x)).collect();
        for (y, row) in (0..inner_h).zip(buffer.chunks_exact_mut(inner_w as usize)) {
            match fitted.row(y) {
                None => row.fill(0),
                Some(source) => {
                    let line = &rgba[source * width as usize * 4..][..width as usize * 4];
                    for (pixel, column) in row.iter_mut().zip(&columns) {
                        *pixel = column.map_or(0, |x| {
                            let at = x * 4;
                            u32::from_be_bytes([0, line[at], line[at + 1], line[at + 2]])
                        });
                    }
                }
            }
        }
        buffer.present().map_err(|error| failed(&error))
    }
}

fn failed(error: &softbuffer::SoftBufferError) -> WindowError {
    WindowError::Surface(error.to_string())
}

/// Where a frame lies in a window: as large as fits, centred.
struct Fit {
    frame: (u32, u32),
    size: (u32, u32),
    offset: (u32, u32),
}

impl Fit {
    fn new(frame: (u32, u32), inner: (u32, u32)) -> Self {
        let (fw, fh, iw, ih) = (
            u64::from(frame.0),
            u64::from(frame.1),
            u64::from(inner.0),
            u64::from(inner.1),
        );
        let (w, h) = if fw * ih <= fh * iw {
            (fw * ih / fh, ih)
        } else {
            (iw, fh * iw / fw)
        };
        let narrow = |n: u64| u32::try_from(n).unwrap_or(u32::MAX).max(1);
        let size = (narrow(w), narrow(h));
        Self {
            frame,
            size,
            offset: ((inner.0 - size.0) / 2, (inner.1 - size.1) / 2),
        }
    }

    fn column(&self, x: u32) -> Option<usize> {
        source(x, self.offset.0, self.size.0, self.frame.0)
    }

    fn row(&self, y: u32) -> Option<usize> {
        source(y, self.offset.1, self.size.1, self.frame.1)
    }
}

fn source(at: u32, offset: u32, size: u32, frame: u32) -> Option<usize> {
    let inside = at.checked_sub(offset).filter(|n| *n < size)?;
    Some((u64::from(inside) * u64::from(frame) / u64::from(size)) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_centred_in_its_own_shape() {
        let fit = Fit::new((1920, 1080), (1000, 1000));
        assert_eq!((fit.size, fit.offset), ((1000, 562), (0, 219)));
        assert_eq!(
            (fit.row(218), fit.row(219), fit.row(780), fit.row(781)),
            (None, Some(0), Some(1078), None)
        );
        let same = Fit::new((640, 480), (640, 480));
        assert_eq!((same.column(0), same.column(639)), (Some(0), Some(639)));
    }
}
