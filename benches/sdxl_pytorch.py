#!/usr/bin/env python3
"""Paints one picture with PyTorch and diffusers from a single-file SDXL, and says what it took.

usage: python benches/sdxl_pytorch.py MODEL.safetensors OUT.ppm [SIDE] [TIMESTEPS] [f32|bf16]

needs: pip install torch==2.5.1 diffusers==0.29.0 transformers==4.44.2 safetensors accelerate "numpy<2" "huggingface_hub<0.26"

It does what the example paint_once does, with the same prompts and the same noise (torch's CPU generator, seed 0):
text encoders are loaded, used and dropped, then UNet and VAE. The VAE computes in f32. Nothing is downloaded.
"""

import json
import pathlib
import resource
import sys
import time

import torch
from accelerate import init_empty_weights
from diffusers import AutoencoderKL, EulerDiscreteScheduler, UNet2DConditionModel
from diffusers.loaders.single_file_utils import (
    convert_ldm_unet_checkpoint,
    convert_ldm_vae_checkpoint,
    convert_open_clip_checkpoint,
)
from safetensors import safe_open
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

ROOT = pathlib.Path(__file__).parent.parent / "drawstream-sdxl/assets"
MODEL, OUT = sys.argv[1], sys.argv[2]
SIDE = int(sys.argv[3]) if len(sys.argv) > 3 else 256
STEPS = int(sys.argv[4]) if len(sys.argv) > 4 else 2
DTYPE = {"f32": torch.float32, "bf16": torch.bfloat16}[sys.argv[5] if len(sys.argv) > 5 else "f32"]
PROMPT, NEGATIVE = "pixel art, a cozy timber cabin under aurora", "photo"
torch.set_grad_enabled(False)


class Clock:
    """Seconds by the wall, and of all cores, since the line before."""

    def __init__(self):
        self.wall, self.cpu = time.monotonic(), time.process_time()

    def say(self, what):
        wall, cpu = time.monotonic(), time.process_time()
        print(f"{what}: {wall - self.wall:.2f} s since the line before, {cpu - self.cpu:.2f} s of all cores", flush=True)
        self.wall, self.cpu = wall, cpu


def part(prefix, dtype):
    with safe_open(MODEL, "pt") as file:
        return {key: file.get_tensor(key).to(dtype) for key in file.keys() if key.startswith(prefix)}


def filled(make, weights):
    with init_empty_weights():
        model = make()
    missing, _ = model.load_state_dict(weights, strict=False, assign=True)
    # The random checkpoint has no encoder of pictures, which painting does not need.
    unused = ("position_ids", "encoder.", "quant_conv.")
    missing = [name for name in missing if not name.endswith(unused[0]) and not name.startswith(unused[1:])]
    assert not missing, missing[:3]
    return model.eval()


def config(name):
    return json.loads((ROOT / f"sdxl-base/{name}.json").read_text())


def tokenizer(pad):
    from transformers.models.clip.tokenization_clip import bytes_to_unicode
    # The first line is the version; some merges begin with # too.
    merges = (ROOT / "clip/merges.txt").read_text("utf-8").splitlines()[1:]
    letters = list(bytes_to_unicode().values())
    words = letters + [letter + "</w>" for letter in letters] + ["".join(merge.split()) for merge in merges]
    words += ["<|startoftext|>", "<|endoftext|>"]
    folder = pathlib.Path(OUT).parent / "clip-vocabulary"
    folder.mkdir(exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps({word: at for at, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n", "utf-8")
    return CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"), pad_token=pad, model_max_length=77)


def texts():
    """Both texts' states and pooled projections, without guidance first."""
    def ids(pad):
        found = tokenizer(pad)([NEGATIVE, PROMPT], padding="max_length", max_length=77, truncation=True, return_tensors="pt")
        return found.input_ids

    first = CLIPTextConfig(**config("text_encoder"))
    prefix = "conditioner.embedders.0.transformer."
    weights = {key.removeprefix(prefix): tensor for key, tensor in part(prefix, DTYPE).items()}
    model = filled(lambda: CLIPTextModel(first), weights)
    model.text_model.embeddings.position_ids = torch.arange(77)[None]
    states_1 = model(ids("<|endoftext|>"), output_hidden_states=True).hidden_states[-2]
    second = CLIPTextConfig(**config("text_encoder_2"))
    checkpoint = part("conditioner.embedders.1.model.", DTYPE)
    with init_empty_weights():
        empty = CLIPTextModelWithProjection(second)
    weights = convert_open_clip_checkpoint(empty, checkpoint, prefix="conditioner.embedders.1.model.")
    model = filled(lambda: CLIPTextModelWithProjection(second), weights)
    model.text_model.embeddings.position_ids = torch.arange(77)[None]
    said = model(ids("!"), output_hidden_states=True)
    return torch.cat([states_1, said.hidden_states[-2]], -1), said[0]


clock = Clock()
context, pooled = texts()
clock.say("text encoded")
unet_config = config("unet")
vae_config = config("vae") | {
    "down_block_types": ["DownEncoderBlock2D"] * 4, "up_block_types": ["UpDecoderBlock2D"] * 4, "latent_channels": 4}
weights = convert_ldm_unet_checkpoint(part("model.diffusion_model.", DTYPE), unet_config | {
    "class_embed_type": None, "addition_embed_type": "text_time"})
unet = filled(lambda: UNet2DConditionModel.from_config(unet_config), weights)
weights = convert_ldm_vae_checkpoint(part("first_stage_model.", torch.float32), vae_config)
vae = filled(lambda: AutoencoderKL.from_config(vae_config), weights)
del weights
clock.say("UNet and VAE loaded")
scheduler = EulerDiscreteScheduler.from_config(config("scheduler"))
scheduler.set_timesteps(STEPS)
latents = torch.randn(1, 4, SIDE // 8, SIDE // 8, generator=torch.Generator().manual_seed(0)) * scheduler.init_noise_sigma
time_ids = torch.tensor([[SIDE, SIDE, 0, 0, SIDE, SIDE]] * 2, dtype=DTYPE)
for at, timestep in enumerate(scheduler.timesteps):
    seen = scheduler.scale_model_input(torch.cat([latents] * 2), timestep).to(DTYPE)
    answer = unet(seen, timestep, encoder_hidden_states=context, added_cond_kwargs={"text_embeds": pooled, "time_ids": time_ids}).sample.float()
    without, with_prompt = answer.chunk(2)
    latents = scheduler.step(without + 5.0 * (with_prompt - without), timestep, latents).prev_sample
    clock.say(f"timestep {at + 1} of {STEPS}")
pixels = vae.decode(latents / vae.config.scaling_factor).sample
clock.say("decoded")
pixels = ((pixels / 2 + 0.5).clamp(0, 1) * 255).round().byte()[0].permute(1, 2, 0).contiguous()
pathlib.Path(OUT).write_bytes(f"P6 {SIDE} {SIDE} 255\n".encode() + pixels.numpy().tobytes())
print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6 * 1.024:.1f} GB, torch {torch.__version__}, {torch.get_num_threads()} threads")
