#!/usr/bin/env python3
"""Makes a reference directory for the SDXL parity test: a small random SDXL, and what diffusers computes with it.

usage: python benches/sdxl_reference.py OUT [narrow|deep] [SEED]
then:  DRAWSTREAM_SDXL_REFERENCE=OUT cargo test -p drawstream-sdxl --test it parity -- --nocapture

needs: pip install torch==2.5.1 diffusers==0.29.0 transformers==4.44.2 safetensors accelerate "numpy<2" "huggingface_hub<0.26"

Nothing is downloaded: weights are random, and CLIP's vocabulary is the one in drawstream-sdxl/assets/clip. The two
shapes differ from each other and from fixtures/sdxl-reference in levels, widths, depths, heads, groups, text widths,
activations, vocabulary, prompts and runs.
"""

import json
import pathlib
import sys

import torch
from diffusers import (
    AutoencoderKL,
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    LCMScheduler,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from safetensors.torch import save_file
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

OUT = pathlib.Path(sys.argv[1])
SHAPE = sys.argv[2] if len(sys.argv) > 2 else "narrow"
SEED = int(sys.argv[3]) if len(sys.argv) > 3 else 20
LORA_SCALE = 0.8
RANK, ALPHA = 3, 5.0

SHAPES = {
    # Two levels, one layer a block, attention in both; texts of unequal width.
    "narrow": dict(
        unet=dict(
            sample_size=24, block_out_channels=(24, 48), layers_per_block=1, norm_num_groups=6,
            down_block_types=("CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
            transformer_layers_per_block=(2, 1), attention_head_dim=(3, 8),
            addition_time_embed_dim=16, cross_attention_dim=40 + 56,
            projection_class_embeddings_input_dim=44 + 6 * 16,
        ),
        texts=(dict(hidden_size=40, intermediate_size=100, num_attention_heads=5, num_hidden_layers=2, hidden_act="quick_gelu"),
               dict(hidden_size=56, intermediate_size=120, num_attention_heads=7, num_hidden_layers=5, hidden_act="gelu", projection_dim=44)),
        vae=dict(block_out_channels=(12, 12, 24, 24), layers_per_block=2, norm_num_groups=3, scaling_factor=0.2),
        merges=4000,
    ),
    # Four levels, the deepest with attention and many layers, as none of the usual models has it; CLIP's whole vocabulary.
    "deep": dict(
        unet=dict(
            sample_size=32, block_out_channels=(16, 24, 40, 40), layers_per_block=2, norm_num_groups=8,
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
            up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
            transformer_layers_per_block=(1, 2, 3, 1), attention_head_dim=(2, 6, 5, 4),
            addition_time_embed_dim=10, cross_attention_dim=24 + 32,
            projection_class_embeddings_input_dim=36 + 6 * 10,
        ),
        texts=(dict(hidden_size=24, intermediate_size=50, num_attention_heads=3, num_hidden_layers=6, hidden_act="quick_gelu"),
               dict(hidden_size=32, intermediate_size=90, num_attention_heads=2, num_hidden_layers=3, hidden_act="gelu", projection_dim=36)),
        vae=dict(block_out_channels=(8, 16, 32, 32), layers_per_block=1, norm_num_groups=8, scaling_factor=0.13025),
        merges=None,
    ),
}
PROMPTS = {
    "narrow": [
        ("a lighthouse on a cliff, storm, pixel art", "photo, blurry"),
        ("Ёж в тумане, naïve café — 42 совы", None),
        ("", ""),
        ("very long " * 60 + "end", "also long, " * 50),
    ],
    "deep": [
        ("pixel art, two owls reading under a lamp; warm light", None),
        ("THE QUICK brown-fox isn't here!!! 🦊 123,456", "3d render, realistic"),
        ("<|endoftext|> in the middle   of\tspaces\n", ""),
    ],
}
shape = SHAPES[SHAPE]
torch.manual_seed(SEED)


def shaken(module):
    """Norms and biases off their starting values, so that a skipped term shows; all rounded to f16."""
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            if parameter.dim() == 1:
                centre = 1.0 if name.endswith("weight") else 0.0
                parameter.copy_(centre + 0.2 * torch.randn_like(parameter))
            elif "embedding" in name:
                parameter.copy_(0.3 * torch.randn_like(parameter))
            parameter.copy_(parameter.half().float())
    return module.eval()


def tokenizer(folder, pad):
    """CLIP's tokenizer with its first merges only."""
    lines = (pathlib.Path(__file__).parent.parent / "drawstream-sdxl/assets/clip/merges.txt").read_text("utf-8").splitlines()
    merges = lines[1:][: shape["merges"]]
    from transformers.models.clip.tokenization_clip import bytes_to_unicode
    letters = list(bytes_to_unicode().values())
    words = letters + [letter + "</w>" for letter in letters] + ["".join(merge.split()) for merge in merges]
    words += ["<|startoftext|>", "<|endoftext|>"]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps({word: at for at, word in enumerate(words)}, ensure_ascii=False), "utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n", "utf-8")
    return CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"), pad_token=pad, model_max_length=77), len(words)


def pipeline():
    tokens_1, size = tokenizer(OUT / "tmp1", "<|endoftext|>")
    tokens_2, _ = tokenizer(OUT / "tmp2", "!")
    # The second has the end's id in its configuration, which pools at its first place; the first the old 2.
    ends = (2, size - 1)
    configs = [
        CLIPTextConfig(vocab_size=size, max_position_embeddings=77, bos_token_id=size - 2, eos_token_id=end, pad_token_id=1, **text)
        for end, text in zip(ends, shape["texts"])
    ]
    return StableDiffusionXLPipeline(
        vae=shaken(AutoencoderKL(
            down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
            latent_channels=4, sample_size=64, force_upcast=True, **shape["vae"])),
        text_encoder=shaken(CLIPTextModel(configs[0])),
        text_encoder_2=shaken(CLIPTextModelWithProjection(configs[1])),
        tokenizer=tokens_1, tokenizer_2=tokens_2,
        unet=shaken(UNet2DConditionModel(
            addition_embed_type="text_time", use_linear_projection=True, in_channels=4, out_channels=4, **shape["unet"])),
        scheduler=EulerDiscreteScheduler(
            beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", steps_offset=1, timestep_spacing="leading",
            prediction_type="epsilon"),
        add_watermarker=False,
    )


tensors, lists = {}, {"lora_scale": LORA_SCALE}
pipe = pipeline()
pipe.set_progress_bar_config(disable=True)
for part in (pipe.unet, pipe.vae, pipe.text_encoder, pipe.text_encoder_2):
    part.half()
pipe.save_pretrained(OUT / "pipeline", safe_serialization=True)
for part in (pipe.unet, pipe.vae, pipe.text_encoder, pipe.text_encoder_2):
    part.float()
for name in ("tmp1", "tmp2"):
    for file in (OUT / name).iterdir():
        file.unlink()
    (OUT / name).rmdir()


def encoded(prompt, negative):
    with torch.no_grad():
        return pipe.encode_prompt(prompt, negative_prompt=negative, device="cpu", do_classifier_free_guidance=True)


def ids(tokens, text):
    return tokens(text, padding="max_length", max_length=77, truncation=True).input_ids


lists["prompts"] = []
embeddings = []
for at, (prompt, negative) in enumerate(PROMPTS[SHAPE]):
    found = encoded(prompt, negative)
    embeddings.append(found)
    for name, tensor in zip(("embeds", "negative_embeds", "pooled", "negative_pooled"), found):
        tensors[f"prompt{at}.{name}"] = tensor
    lists["prompts"].append({"prompt": prompt, "negative_prompt": negative,
                             "ids_1": ids(pipe.tokenizer, prompt), "ids_2": ids(pipe.tokenizer_2, prompt)})
lists["vocab_size"] = len(pipe.tokenizer)

sample = torch.randn(2, 4, 16, 24)
time_ids = torch.tensor([[256.0, 384.0, 0.0, 8.0, 128.0, 192.0], [1024.0, 1024.0, 16.0, 0.0, 128.0, 192.0]])
tensors["unet.sample"], tensors["unet.time_ids"] = sample, time_ids


def answer(timestep, first, second):
    with torch.no_grad():
        return pipe.unet(
            sample, timestep, encoder_hidden_states=torch.cat([first[0], second[0]]),
            added_cond_kwargs={"text_embeds": torch.cat([first[2], second[2]]), "time_ids": time_ids},
        ).sample


for timestep in (3, 500, 999):
    tensors[f"unet.out_t{timestep}"] = answer(timestep, *embeddings[:2])
tensors["vae.latents"] = 0.7 * torch.randn(1, 4, 24, 16)
with torch.no_grad():
    tensors["vae.decoded"] = pipe.vae.decode(tensors["vae.latents"] / pipe.vae.config.scaling_factor).sample

base = pipe.scheduler.config
samplers = {
    "euler": (EulerDiscreteScheduler, {}), "euler_trailing": (EulerDiscreteScheduler, {"timestep_spacing": "trailing"}),
    "euler_linspace": (EulerDiscreteScheduler, {"timestep_spacing": "linspace"}),
    "euler_karras": (EulerDiscreteScheduler, {"use_karras_sigmas": True}),
    "euler_v": (EulerDiscreteScheduler, {"prediction_type": "v_prediction"}),
    "ancestral": (EulerAncestralDiscreteScheduler, {}), "dpmpp_2m": (DPMSolverMultistepScheduler, {}),
    "dpmpp_2m_karras": (DPMSolverMultistepScheduler, {"use_karras_sigmas": True}),
    "ddim": (DDIMScheduler, {"set_alpha_to_one": False}), "lcm": (LCMScheduler, {}),
}
lists["runs"] = []
for at, (name, (sampler, options)) in enumerate(samplers.items()):
    prompt = at % len(PROMPTS[SHAPE])
    steps, guidance = [(5, 5.0), (7, 1.0), (6, 7.5), (4, 1.5)][at % 4]
    height, width = [(128, 128), (192, 128), (64, 256)][at % 3]
    pipe.scheduler = sampler.from_config(base, **options)
    latents = torch.randn(1, 4, height // 8, width // 8)
    trace = []

    def keep(_, step, timestep, seen):
        trace.append(seen["latents"].clone())
        return seen

    # Latents are given, so that the generator's first numbers are those that a sampler adds.
    image = pipe(
        prompt=PROMPTS[SHAPE][prompt][0], negative_prompt=PROMPTS[SHAPE][prompt][1], height=height, width=width,
        num_inference_steps=steps, guidance_scale=guidance, latents=latents.clone(), output_type="np",
        generator=torch.Generator().manual_seed(0), callback_on_step_end=keep,
    ).images[0]
    tensors[f"run.{name}.init_latents"], tensors[f"run.{name}.trace"] = latents, torch.cat(trace)
    tensors[f"run.{name}.image"] = torch.from_numpy(image)
    sigmas = getattr(pipe.scheduler, "sigmas", None)
    lists["runs"].append({
        "name": name, "steps": steps, "guidance": guidance, "prompt": prompt, "height": height, "width": width,
        "scheduler": sampler.__name__, "timesteps": [float(t) for t in pipe.scheduler.timesteps],
        "sigmas": None if sigmas is None else [float(s) for s in sigmas],
        "config": {key: value for key, value in dict(pipe.scheduler.config).items() if key != "_use_default_values"} | {"_class_name": sampler.__name__},
    })

lists["schedules"] = []
for sampler, options in samplers.values():
    for steps in (1, 2, 9, 33):
        scheduler = sampler.from_config(base, **options)
        scheduler.set_timesteps(steps)
        sigmas = getattr(scheduler, "sigmas", None)
        lists["schedules"].append({
            "scheduler": sampler.__name__, "steps": steps, **options, "timesteps": [float(t) for t in scheduler.timesteps],
            "sigmas": None if sigmas is None else [float(s) for s in sigmas], "init_noise_sigma": float(scheduler.init_noise_sigma),
        })


def drawn(seed, *size):
    return torch.randn(*size, generator=torch.Generator().manual_seed(seed)).flatten().tolist()


seeds = (1, 77, 2**31, 2**63 - 1)
lists["noise_cpu"] = {str(seed): drawn(seed, 1, 4, 12, 12)[:64] for seed in seeds}
lists["noise_cpu_small"] = {str(seed): drawn(seed, 12) for seed in seeds}


# LoRAs: one set of random matrices for linear layers, another with convolutions and the text encoders.
def layers(model, kinds):
    for name, module in model.named_modules():
        attention = "attentions" in name or "self_attn" in name or ".mlp." in name
        if isinstance(module, torch.nn.Linear) and attention and torch.nn.Linear in kinds:
            yield name, module
        if isinstance(module, torch.nn.Conv2d) and ("resnets" in name or "samplers" in name) and torch.nn.Conv2d in kinds:
            yield name, module


def matrices(module):
    if isinstance(module, torch.nn.Linear):
        return 0.1 * torch.randn(RANK, module.in_features), 0.1 * torch.randn(module.out_features, RANK)
    return 0.1 * torch.randn(RANK, module.in_channels, *module.kernel_size), 0.1 * torch.randn(module.out_channels, RANK, 1, 1)


def original_blocks():
    """The names that the original SDXL code gives UNet's blocks, by diffusers' names."""
    depth, per_block = len(shape["unet"]["block_out_channels"]), shape["unet"]["layers_per_block"]
    names = {"mid_block.resnets.0": "middle_block.0", "mid_block.attentions.0": "middle_block.1", "mid_block.resnets.1": "middle_block.2"}
    for level in range(depth):
        for layer in range(per_block):
            at = 1 + level * (per_block + 1) + layer
            names[f"down_blocks.{level}.resnets.{layer}"] = f"input_blocks.{at}.0"
            names[f"down_blocks.{level}.attentions.{layer}"] = f"input_blocks.{at}.1"
        names[f"down_blocks.{level}.downsamplers.0.conv"] = f"input_blocks.{(level + 1) * (per_block + 1)}.0.op"
        for layer in range(per_block + 1):
            at = level * (per_block + 1) + layer
            names[f"up_blocks.{level}.resnets.{layer}"] = f"output_blocks.{at}.0"
            names[f"up_blocks.{level}.attentions.{layer}"] = f"output_blocks.{at}.1"
        inner = 2 if shape["unet"]["up_block_types"][level].startswith("CrossAttn") else 1
        names[f"up_blocks.{level}.upsamplers.0.conv"] = f"output_blocks.{level * (per_block + 1) + per_block}.{inner}.conv"
    return names


INSIDE = {".conv1": ".in_layers.2", ".conv2": ".out_layers.3", ".conv_shortcut": ".skip_connection"}


def original(name):
    blocks = original_blocks()
    known = max((block for block in blocks if name == block or name.startswith(block + ".")), key=len)
    rest = name[len(known):]
    return blocks[known] + INSIDE.get(rest, rest)


def merged(changes, files):
    """What the UNet says with some changes merged, for each file that writes them."""
    strengths = {"alpha": ALPHA / RANK, "plain": 1.0}
    for file, strength in files.items():
        kept = [module.weight.detach().clone() for _, _, module, _, _ in changes]
        with torch.no_grad():
            for _, _, module, down, up in changes:
                delta = (up.flatten(1) @ down.flatten(1)).reshape(module.weight.shape)
                module.weight += LORA_SCALE * strengths[strength] * delta
        texts = [encoded(*PROMPTS[SHAPE][at]) for at in (0, 1)]
        tensors[f"lora.{file}.unet_out_t500"] = answer(500, *texts)
        with torch.no_grad():
            for (_, _, module, _, _), weight in zip(changes, kept):
                module.weight.copy_(weight)


def kohya(changes, name_of):
    out = {}
    for part, name, _, down, up in changes:
        prefix = {"unet": "lora_unet_", "text_encoder": "lora_te1_", "text_encoder_2": "lora_te2_"}[part]
        key = prefix + (name_of(name) if part == "unet" else name).replace(".", "_")
        out |= {f"{key}.lora_down.weight": down, f"{key}.lora_up.weight": up, f"{key}.alpha": torch.tensor(ALPHA)}
    return out


def save(name, content):
    (OUT / "lora").mkdir(exist_ok=True)
    save_file({key: tensor.contiguous() for key, tensor in content.items()}, OUT / "lora" / f"{name}.safetensors")


linear = [("unet", name, module, *matrices(module)) for name, module in layers(pipe.unet, {torch.nn.Linear})]
peft = {}
for part, name, _, down, up in linear:
    peft |= {f"{part}.{name}.lora_A.weight": down, f"{part}.{name}.lora_B.weight": up}
save("peft", peft)
save("kohya", kohya(linear, lambda name: name))
save("kohya_sgm", kohya(linear, original))
merged(linear, {"peft": "plain", "kohya": "alpha", "kohya_sgm": "alpha"})
both = [("unet", name, module, *matrices(module)) for name, module in layers(pipe.unet, {torch.nn.Linear, torch.nn.Conv2d})]
for part in ("text_encoder", "text_encoder_2"):
    both += [(part, name, module, *matrices(module)) for name, module in layers(getattr(pipe, part), {torch.nn.Linear})]
save("locon", kohya(both, lambda name: name))
save("locon_sgm", kohya(both, original))
merged(both, {"locon": "alpha", "locon_sgm": "alpha"})

save_file({name: tensor.detach().float().contiguous() for name, tensor in tensors.items()}, OUT / "expected.safetensors")
(OUT / "expected.json").write_text(json.dumps(lists, ensure_ascii=False), "utf-8")
print(f"{len(tensors)} tensors, {len(lists['schedules'])} tables, torch {torch.__version__}")
