//! SDXL text-to-image with LoRA on candle. Knows tensors; knows nothing of donations or streams.
