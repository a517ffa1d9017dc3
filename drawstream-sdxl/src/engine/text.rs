//! Prompts as the UNet takes them, and the few of them that are worth keeping.

use std::collections::VecDeque;

use candle_core::{DType, Tensor};

use super::{Models, PaintError};
use crate::text_encoder::{TextEncoder, joined};

/// How many encoded texts are kept: the negative prompt and the last few prompts, 620 KiB each in f32.
const KEPT: usize = 8;

/// What the text encoders say of a text, or of several in a batch.
#[derive(Clone, Debug)]
pub struct TextEmbedding {
    /// Both encoders' states side by side, `(batch, 77, width)`.
    pub states: Tensor,
    /// The second encoder's pooled projection, `(batch, projection)`.
    pub pooled: Tensor,
}

impl TextEmbedding {
    /// Two embeddings in one batch, in this order.
    ///
    /// # Errors
    /// The backend's own.
    pub fn pair(first: &Self, second: &Self) -> candle_core::Result<Self> {
        Ok(Self {
            states: Tensor::cat(&[&first.states, &second.states], 0)?,
            pooled: Tensor::cat(&[&first.pooled, &second.pooled], 0)?,
        })
    }

    fn zeros_like(other: &Self) -> candle_core::Result<Self> {
        Ok(Self {
            states: other.states.zeros_like()?,
            pooled: other.pooled.zeros_like()?,
        })
    }
}

/// Encodes texts, loading the encoders when a text is new and dropping them after it.
#[derive(Default)]
pub(super) struct Texts {
    known: VecDeque<(String, DType, TextEmbedding)>,
}

impl Texts {
    pub(super) fn forget(&mut self) {
        self.known.clear();
    }

    fn find(&self, text: &str, dtype: DType) -> Option<&TextEmbedding> {
        let known = self
            .known
            .iter()
            .find(|(known, known_dtype, _)| known == text && *known_dtype == dtype);
        known.map(|(.., embedding)| embedding)
    }

    /// Encodes those of some texts that are new, with one loading of the encoders.
    pub(super) fn prepare(
        &mut self,
        models: &mut Models,
        texts: &[&str],
        dtype: DType,
    ) -> Result<(), PaintError> {
        let new: Vec<&str> = texts
            .iter()
            .copied()
            .filter(|text| self.find(text, dtype).is_none())
            .collect();
        if new.is_empty() {
            return Ok(());
        }
        let encoders = models.text_encoders()?;
        for text in new {
            let embedding = embed(models, &encoders, text, dtype)?;
            if self.known.len() == KEPT {
                self.known.pop_front();
            }
            self.known.push_back((text.to_owned(), dtype, embedding));
        }
        Ok(())
    }

    pub(super) fn encode(
        &mut self,
        models: &mut Models,
        text: &str,
        dtype: DType,
    ) -> Result<TextEmbedding, PaintError> {
        self.prepare(models, &[text], dtype)?;
        let embedding = self.find(text, dtype).expect("prepared on the line before");
        Ok(embedding.clone())
    }

    /// A negative prompt; where there is none, zeros or the empty text, as the model wants it.
    pub(super) fn encode_negative(
        &mut self,
        models: &mut Models,
        text: Option<&str>,
        dtype: DType,
    ) -> Result<TextEmbedding, PaintError> {
        if text.is_some() || !models.weights().zeros_for_absent {
            return self.encode(models, text.unwrap_or_default(), dtype);
        }
        // Any text's embedding has the shape; the last one's costs nothing.
        let like = self
            .known
            .iter()
            .rev()
            .find(|(_, known, _)| *known == dtype);
        let like = match like {
            Some((.., embedding)) => embedding.clone(),
            None => self.encode(models, "", dtype)?,
        };
        Ok(TextEmbedding::zeros_like(&like)?)
    }
}

fn embed(
    models: &Models,
    encoders: &[TextEncoder; 2],
    text: &str,
    dtype: DType,
) -> candle_core::Result<TextEmbedding> {
    let [first, second] = &*models.weights().tokenizers;
    let first = encoders[0].encode(&first.encode(text), dtype, models.device())?;
    let second = encoders[1].encode(&second.encode(text), dtype, models.device())?;
    let (states, pooled) = joined(&first, &second)?;
    Ok(TextEmbedding { states, pooled })
}
