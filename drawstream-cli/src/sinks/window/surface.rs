//! [`Surface`]: puts RGBA frames into a window, by `pixels` on a real GPU and by `softbuffer` otherwise.
//!
//! A software adapter (Mesa's llvmpipe, WARP) answers like a GPU and is four times slower than plain copying, so the
//! adapter is asked what it is before it is trusted.

use std::num::NonZeroU32;
use std::sync::Arc;

use pixels::wgpu::{self, DeviceType};
use pixels::{Pixels, PixelsBuilder, SurfaceTexture};
use softbuffer::Context;
use winit::window::Window;

use super::WindowError;

enum Way {
    Gpu(Box<Pixels<'static>>, (u32, u32)),
    Cpu(softbuffer::Surface<Arc<Window>, Arc<Window>>),
}

/// A window that frames can be put into.
pub(super) struct Surface {
    window: Arc<Window>,
    way: Way,
}

impl Surface {
    pub(super) fn new(window: Arc<Window>) -> Result<Self, WindowError> {
        let way = match gpu(&window) {
            Some(pixels) => Way::Gpu(Box::new(pixels), (1, 1)),
            None => cpu(&window)?,
        };
        let name = match &way {
            Way::Gpu(pixels, _) => pixels.adapter().get_info().name,
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
        if inner.width == 0 || inner.height == 0 {
            return Ok(());
        }
        if let Way::Gpu(pixels, size) = &mut self.way {
            match show_by_gpu(
                pixels,
                size,
                (width, height),
                (inner.width, inner.height),
                rgba,
            ) {
                Ok(()) => return Ok(()),
                Err(error) => {
                    tracing::warn!(%error, "the GPU stopped drawing the window; the CPU goes on");
                    self.way = cpu(&self.window)?;
                }
            }
        }
        match &mut self.way {
            Way::Cpu(surface) => {
                show_by_cpu(surface, (width, height), (inner.width, inner.height), rgba)
            }
            Way::Gpu(..) => Ok(()),
        }
    }
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

fn gpu(window: &Arc<Window>) -> Option<Pixels<'static>> {
    let inner = window.inner_size();
    let (width, height) = (inner.width.max(1), inner.height.max(1));
    let texture = SurfaceTexture::new(width, height, Arc::clone(window));
    let pixels = PixelsBuilder::new(1, 1, texture).build().ok()?;
    is_gpu(pixels.adapter().get_info().device_type).then_some(pixels)
}

fn cpu(window: &Arc<Window>) -> Result<Way, WindowError> {
    let failed = |error: softbuffer::SoftBufferError| WindowError::Surface(error.to_string());
    let context = Context::new(Arc::clone(window)).map_err(failed)?;
    softbuffer::Surface::new(&context, Arc::clone(window))
        .map(Way::Cpu)
        .map_err(failed)
}

fn show_by_gpu(
    pixels: &mut Pixels<'static>,
    size: &mut (u32, u32),
    frame: (u32, u32),
    inner: (u32, u32),
    rgba: &[u8],
) -> Result<(), String> {
    if *size != frame {
        pixels
            .resize_buffer(frame.0, frame.1)
            .map_err(|error| error.to_string())?;
        *size = frame;
    }
    pixels
        .resize_surface(inner.0, inner.1)
        .map_err(|error| error.to_string())?;
    pixels.frame_mut().copy_from_slice(rgba);
    pixels.render().map_err(|error| error.to_string())
}

fn show_by_cpu(
    surface: &mut softbuffer::Surface<Arc<Window>, Arc<Window>>,
    (width, height): (u32, u32),
    (inner_w, inner_h): (u32, u32),
    rgba: &[u8],
) -> Result<(), WindowError> {
    let failed = |error: softbuffer::SoftBufferError| WindowError::Surface(error.to_string());
    let (Some(w), Some(h)) = (NonZeroU32::new(inner_w), NonZeroU32::new(inner_h)) else {
        return Ok(());
    };
    surface.resize(w, h).map_err(failed)?;
    let mut buffer = surface.buffer_mut().map_err(failed)?;
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
    buffer.present().map_err(failed)
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
