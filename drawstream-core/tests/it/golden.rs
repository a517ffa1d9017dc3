//! Pictures compared to the byte with those in the repository.

use std::path::{Path, PathBuf};

use drawstream_core::raster::Framebuffer;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/goldens")
}

/// Compares a canvas with the golden of this name.
///
/// A failure leaves `NAME.actual.png` in the target folder and says which pixel is the first wrong one. With
/// `UPDATE_GOLDENS` in the environment the golden is written instead.
pub(crate) fn check(name: &str, frame: &Framebuffer) {
    let golden = folder().join(format!("{name}.png"));
    let size = frame.size();
    let picture =
        image::RgbaImage::from_raw(size.w().into(), size.h().into(), frame.pixels().to_vec())
            .expect("four bytes a pixel");
    if std::env::var_os("UPDATE_GOLDENS").is_some() {
        std::fs::create_dir_all(folder()).expect("the folder can be made");
        let rgb = image::DynamicImage::ImageRgba8(picture).into_rgb8();
        rgb.save(golden).expect("the golden can be written");
        return;
    }
    let expected = image::open(&golden).expect("there is a golden").to_rgba8();
    let sizes = (expected.dimensions(), picture.dimensions());
    let wrong = expected
        .enumerate_pixels()
        .zip(picture.pixels())
        .find(|((_, _, a), b)| a != b);
    if wrong.is_some() || sizes.0 != sizes.1 {
        let actual = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.actual.png"));
        let _ = picture.save(&actual);
        panic!(
            "{name}: sizes {sizes:?}, first wrong pixel {wrong:?}; see {}",
            actual.display()
        );
    }
}
