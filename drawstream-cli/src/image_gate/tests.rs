use std::sync::Mutex;

use drawstream_core::image_gate::ImageClass;
use image::Rgb;

use super::*;
use crate::config::Config;

/// Sees what it is told to see, one picture after another, and then nothing wrong any more.
#[derive(Debug)]
pub(crate) struct Told(pub(crate) Mutex<Vec<Result<ImageClass, ImageGateError>>>);

impl Told {
    pub(crate) fn check(
        sees: impl IntoIterator<Item = Result<ImageClass, ImageGateError>>,
    ) -> ImageCheck {
        let mut sees: Vec<_> = sees.into_iter().collect();
        sees.reverse();
        ImageCheck::new(Arc::new(Self(Mutex::new(sees))), ImagePolicy::default())
    }
}

impl ImageGate for Told {
    fn scores(&self, _: &RgbImage) -> Result<ImageScores, ImageGateError> {
        let next = self.0.lock().unwrap().pop();
        let class = next.unwrap_or(Ok(ImageClass::Neutral))?;
        let mut scores = [0.0; 5];
        scores[class as usize] = 0.95;
        Ok(ImageScores::new(scores).unwrap())
    }
}

#[tokio::test]
async fn a_safe_picture_comes_back_and_others_come_back_as_their_objection() {
    let check = Told::check([
        Ok(ImageClass::Drawing),
        Ok(ImageClass::Sexy),
        Err(ImageGateError::NotScores),
    ]);
    let picture = || Picture::Painted(RgbImage::from_pixel(4, 4, Rgb([1, 2, 3])));
    assert!(check.pass(picture()).await.is_ok());
    for said in [
        "the image gate sees sexy 0.95, from 0.9 on",
        "the image gate cannot look at it: the classifier's numbers are no scores from 0 to 1",
    ] {
        let objection = check.pass(picture()).await.unwrap_err();
        assert_eq!(objection.to_string(), said);
    }
}

#[test]
fn a_model_that_cannot_be_used_is_said_before_the_show_with_the_mend() {
    let open = |model: &str| {
        let said = [("image_gate.model".to_owned(), model.to_owned())];
        let config = Config::load(None, &said).unwrap();
        ImageCheck::open(&config.image_gate)
    };
    assert!(open("off").unwrap().is_none());
    assert!(open("OFF").unwrap().is_none());
    let failure = open("/no/such/model.onnx").unwrap_err();
    assert!(failure.in_one_line().contains("/no/such/model.onnx"));
    assert!(failure.hint().unwrap().contains("IMAGE_GATE=off"));
}
