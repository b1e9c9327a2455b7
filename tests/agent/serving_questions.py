"""Questions about serving as people put them, with the tool and the arguments that each is owed. Data for `test_serving_questions.py`.

Written before the words were looked for, in three voices: a platform lead, a FinOps analyst, a startup's engineer. `BEFORE` is what the
conversation knew when the question came.
"""

from typing import Any, NamedTuple

from tools.contracts.workload import Workload

#: What was said before: nothing, an API workload, a model on own hardware.
BEFORE: dict[str, Workload] = {
    "nothing": Workload(),
    "api": Workload(model="gpt-4o-mini", requests_per_month=600_000, input_tokens=900, output_tokens=200, monthly_cost_usd=250),
    "own": Workload(
        model="llama 3.1 8b", hardware="A10G", gpu_count=4, provider="AWS", precision="bf16", requests_per_day=864_000, input_tokens=1200,
        output_tokens=250, utilization=0.2,
    ),
}  # fmt: skip


class Asked(NamedTuple):
    """`args` are owed exactly, but for arguments that are left to `also` (whatever they are)."""

    text: str
    tool: str
    args: dict[str, Any]
    before: str = "nothing"


SPEED, FIT, HOST = "estimate_serving", "estimate_memory", "choose_hosting"
PLATFORM_LEAD = (
    Asked(
        "Llama-3.1-70B fp8 on H100, 50 requests/s, 1500 in / 300 out, TTFT 500 ms: what do I buy?",
        SPEED,
        {
            "model": "Llama-3.1-70B",
            "gpu": "H100",
            "precision": "fp8",
            "requests_per_second": 50,
            "input_tokens": 1500,
            "output_tokens": 300,
            "ttft_ms": 500,
        },
    ),
    Asked(
        "Llama-3.1-70B fp8, 50 requests/s, 1500 in / 300 out, TTFT 500 ms: what do I buy?",
        HOST,
        {
            "model": "Llama-3.1-70B",
            "precision": "fp8",
            "requests_per_second": 50,
            "input_tokens": 1500,
            "output_tokens": 300,
            "ttft_ms": 500,
        },
    ),
    Asked("How fast would Mistral 7B be on one L4?", SPEED, {"model": "Mistral 7B", "gpu": "L4", "gpu_count": 1}),
    Asked(
        "How many H100s do I need for Llama 3.1 70B at 120 req/s? Prompts of 2k tokens, answers of 400 tokens, first token within 800 ms.",
        SPEED,
        {
            "model": "Llama 3.1 70B",
            "gpu": "H100",
            "requests_per_second": 120,
            "input_tokens": 2000,
            "output_tokens": 400,
            "ttft_ms": 800,
        },
    ),
    Asked(
        "Will Qwen2.5 72B in int4 fit on a single A100 80GB with 32k context?",
        FIT,
        {"model": "Qwen2.5 72B", "mode": "inference", "gpu": "A100 80GB", "gpu_count": 1, "precision": "int4", "context": 32768},
    ),
    Asked(
        "We have 8 H200s in the rack. Can DeepSeek V3 run on them in fp8?",
        FIT,
        {"model": "DeepSeek V3", "mode": "inference", "gpu": "H200", "gpu_count": 8, "precision": "fp8"},
    ),
    Asked(
        "What throughput should I expect from Llama 3.1 8B on an L40S with tensor parallel 2 and prefix caching at 60 %?",
        SPEED,
        {"model": "Llama 3.1 8B", "gpu": "L40S", "gpu_count": 2, "terms": "cached=0.6"},
    ),
    Asked(
        "Mixtral 8x7B, TP4, A100 80GB, fp8 KV cache. Tokens per second?",
        SPEED,
        {"model": "Mixtral 8x7B", "gpu": "A100 80GB", "gpu_count": 4, "terms": "kv=fp8"},
    ),
    Asked(
        "With speculative decoding, 4 draft tokens and 70 % of them accepted, what latency does Llama 3.3 70B reach on H200?",
        SPEED,
        {"model": "Llama 3.3 70B", "gpu": "H200", "terms": "draft=4, accept=0.7"},
    ),
    Asked(
        "I serve Llama 3.1 8B on 2 L4s. What is the time to first token at 5 rps?",
        SPEED,
        {"model": "Llama 3.1 8B", "gpu": "L4", "requests_per_second": 5},
    ),
    Asked(
        "What would Llama-3.1-70B on spot H100s in us-east-1 on AWS cost me to serve at 20 requests per second?",
        SPEED,
        {"model": "Llama-3.1-70B", "gpu": "H100", "requests_per_second": 20, "terms": "provider=aws, region=us-east-1, basis=spot"},
    ),
    Asked(
        "Can Qwen3 30B-A3B on an RTX 4090 keep 25 ms per token for 4 users' requests a second?",
        SPEED,
        {"model": "Qwen3 30B-A3B", "gpu": "RTX 4090", "requests_per_second": 4, "tpot_ms": 25},
    ),
    Asked(
        "Is one L40S enough for 8 requests a second of Llama-3.1-8B, 1,500 in and 300 out?",
        SPEED,
        {"model": "Llama-3.1-8B", "gpu": "L40S", "gpu_count": 1, "requests_per_second": 8, "input_tokens": 1500, "output_tokens": 300},
    ),
    Asked(
        "Would an H100 be quicker?",
        SPEED,
        {
            "model": "llama 3.1 8b",
            "gpu": "H100",
            "precision": "bf16",
            "requests_per_month": 864_000 * 365 / 12,
            "input_tokens": 1200,
            "output_tokens": 250,
            "terms": "provider=aws",
        },
        "own",
    ),
    Asked(
        "How fast is it at the moment?",
        SPEED,
        {
            "model": "llama 3.1 8b",
            "gpu": "A10G",
            "precision": "bf16",
            "requests_per_month": 864_000 * 365 / 12,
            "input_tokens": 1200,
            "output_tokens": 250,
            "terms": "provider=aws",
        },
        "own",
    ),
    Asked(
        "Will it fit on one T4?",
        FIT,
        {"model": "llama 3.1 8b", "mode": "inference", "gpu": "T4", "gpu_count": 1, "precision": "bf16"},
        "own",
    ),
)
FINOPS_ANALYST = (
    Asked(
        "Should we self-host or stay with the OpenAI API?",
        HOST,
        {"model": "gpt-4o-mini", "requests_per_month": 600_000, "input_tokens": 900, "output_tokens": 200},
        "api",
    ),
    Asked(
        "What is the break-even between the API and our own GPUs?",
        HOST,
        {"model": "gpt-4o-mini", "requests_per_month": 600_000, "input_tokens": 900, "output_tokens": 200},
        "api",
    ),
    Asked(
        "What would we need to host Llama-3.3-70B for that instead?",
        HOST,
        {"model": "gpt-4o-mini", "open_model": "Llama-3.3-70B", "requests_per_month": 600_000, "input_tokens": 900, "output_tokens": 200},
        "api",
    ),
    Asked(
        "Which GPU should we rent for Mistral Small 3.1 24B at 2 crore requests a month, 800 tokens in and 150 tokens out?",
        HOST,
        {"model": "Mistral Small 3.1 24B", "requests_per_month": 2e7, "input_tokens": 800, "output_tokens": 150},
    ),
    Asked(
        "Cheapest way to serve Llama 3.1 8B for 3 lakh requests/day, 1200 tokens in, 200 out",
        HOST,
        {"model": "Llama 3.1 8B", "requests_per_month": 300_000 * 365 / 12, "input_tokens": 1200, "output_tokens": 200},
    ),
    Asked(
        "CPU or GPU for Qwen2.5 1.5B? It is 40k calls a day, 300 in and 50 out.",
        HOST,
        {"model": "Qwen2.5 1.5B", "requests_per_month": 40_000 * 365 / 12, "input_tokens": 300, "output_tokens": 50},
    ),
    Asked(
        "At what volume does hosting Llama 3.1 70B ourselves beat paying per token? 3 million requests a month, 1000 in, 250 out.",
        HOST,
        {"model": "Llama 3.1 70B", "requests_per_month": 3e6, "input_tokens": 1000, "output_tokens": 250},
    ),
    Asked(
        "Half a million requests per day go to Llama 3.1 8B on L4, 700 in 100 out. How many replicas is that?",
        SPEED,
        {"model": "Llama 3.1 8B", "gpu": "L4", "requests_per_month": 500_000 * 365 / 12, "input_tokens": 700, "output_tokens": 100},
    ),
    Asked(
        "how many L4s to serve mistral-7b at 10 rps?",
        SPEED,
        {
            "model": "mistral-7b",
            "gpu": "L4",
            "requests_per_second": 10,
            "input_tokens": 900,
            "output_tokens": 200,
        },
        "api",
    ),
    Asked(
        "what would it cost per million tokens to serve llama-3.3-70b on H200 in europe-west4 at GCP, 12 requests/sec?",
        SPEED,
        {"model": "llama-3.3-70b", "gpu": "H200", "requests_per_second": 12, "terms": "provider=gcp, region=europe-west4"},
    ),
    Asked(
        "Do we save anything by moving off the API to our own servers?",
        HOST,
        {"model": "gpt-4o-mini", "requests_per_month": 600_000, "input_tokens": 900, "output_tokens": 200},
        "api",
    ),
    Asked(
        "where should we run gemma 2 27b most cheaply with 1.2M requests/month, 600 tokens in, 120 out and quality of at least 80 %?",
        HOST,
        {"model": "gemma 2 27b", "requests_per_month": 1_200_000, "input_tokens": 600, "output_tokens": 120, "terms": "quality=0.8"},
    ),
)
STARTUP_ENGINEER = (
    Asked(
        "We spend $14k a month on gpt-4o: 2M requests a month, 1000 tokens in, 300 out. Would self-hosting llama 3.3 70b be cheaper?",
        HOST,
        {"model": "gpt-4o", "open_model": "llama 3.3 70b", "requests_per_month": 2e6, "input_tokens": 1000, "output_tokens": 300},
    ),
    Asked(
        "Where should I host qwen3-8b at 10 rps, 1000 tokens in, 200 out, with flat traffic and 30% cached input?",
        HOST,
        {"model": "qwen3-8b", "requests_per_second": 10, "input_tokens": 1000, "output_tokens": 200, "terms": "peak=1.0, cached=0.3"},
    ),
    Asked(
        "what's cheaper, gpt-4o-mini or hosting llama 3.1 8b, 1.5M requests a month 800 in 200 out",
        HOST,
        {
            "model": "gpt-4o-mini",
            "open_model": "llama 3.1 8b",
            "requests_per_month": 1_500_000,
            "input_tokens": 800,
            "output_tokens": 200,
        },
    ),
    Asked(
        "i want to serve 10 lakh requests a day with gemma 2 9b, 400 tokens in 80 out",
        HOST,
        {"model": "gemma 2 9b", "requests_per_month": 1_000_000 * 365 / 12, "input_tokens": 400, "output_tokens": 80},
    ),
    Asked(
        "llama 3.1 70b, p50 ttft 300ms at 10 rps 2k/500 tokens on h100 fp8",
        SPEED,
        {
            "model": "llama 3.1 70b",
            "gpu": "h100",
            "precision": "fp8",
            "requests_per_second": 10,
            "input_tokens": 2000,
            "output_tokens": 500,
            "ttft_ms": 300,
        },
    ),
    Asked("hw fast is mistral 7b on a l4", SPEED, {"model": "mistral 7b", "gpu": "l4"}),
    Asked("mistral 7b tok/s on a 4090?", SPEED, {"model": "mistral 7b", "gpu": "RTX 4090"}),
    Asked("can a 3090 run llama 3 8b", FIT, {"model": "llama 3 8b", "mode": "inference", "gpu": "RTX 3090"}),
    Asked("vram for gemma 2 27b in 4 bit?", FIT, {"model": "gemma 2 27b", "mode": "inference", "precision": "int4"}),
    Asked("how much memory does llama 3.1 405b need", FIT, {"model": "llama 3.1 405b", "mode": "inference"}),
    Asked(
        "gpu for 10 rps of qwen3-8b, 1k in 200 out ???",
        HOST,
        {"model": "qwen3-8b", "requests_per_second": 10, "input_tokens": 1000, "output_tokens": 200},
    ),
    Asked(
        "latency of llama 3.2 3b on a T4 w/ 2000 token prompts",
        SPEED,
        {"model": "llama 3.2 3b", "gpu": "T4", "input_tokens": 2000},
    ),
    Asked("how many gpus do i need for llama 3.1 70b", FIT, {"model": "llama 3.1 70b", "mode": "inference"}),
    Asked(
        "replicas for phi-4 on L4, 15 qps, 600 in/120 out, ttft 1s",
        SPEED,
        {"model": "phi-4", "gpu": "L4", "requests_per_second": 15, "input_tokens": 600, "output_tokens": 120, "ttft_ms": 1000},
    ),
    Asked(
        "how fast would llama 3.1 8b be on an L40S for this traffic?",
        SPEED,
        {"model": "llama 3.1 8b", "gpu": "L40S", "requests_per_month": 600_000, "input_tokens": 900, "output_tokens": 200},
        "api",
    ),
    Asked("wats the thruput of llama 3.1 8b on a10g", SPEED, {"model": "llama 3.1 8b", "gpu": "a10g"}),
    Asked("tokens/sec for qwen2.5 7b awq on 3090", SPEED, {"model": "qwen2.5 7b awq", "gpu": "RTX 3090"}),
    Asked("does llama-3.1-8b fit in 16gb on a t4 with 8k context", FIT,
          {"model": "llama-3.1-8b", "mode": "inference", "gpu": "t4", "context": 8192}),
    Asked(
        "ok and which gpu do i get for llama 3.1 8b, 100k requests/day, 500 in 100 out",
        HOST,
        {"model": "llama 3.1 8b", "requests_per_month": 100_000 * 365 / 12, "input_tokens": 500, "output_tokens": 100},
    ),
    Asked("is a t4 enough for llama 3.2 1b at 3 requests/second", SPEED,
          {"model": "llama 3.2 1b", "gpu": "t4", "requests_per_second": 3}),
)  # fmt: skip
#: What must not be taken for a question about serving, with what each is owed instead ("" = no call at all, "*" = any other tool).
NOT_ABOUT_SERVING: tuple[tuple[str, str, str, str], ...] = (
    ("ask_benchmark", "benchmark the bundled brain", "benchmark_model", "own"),
    ("ask_benchmark", "How fast is /models/bert-base here?", "benchmark_model", "own"),
    ("ask_profile", "profile the bundled brain, how much memory does it use?", "profile_model", "own"),
    ("ask_api_bill", "What does gpt-4o-mini cost at 600k requests a month, 900 in and 200 out?", "price_api", "api"),
    ("ask_estimate_cost", "Is there anything cheaper than gpt-4o for this?", "price_api", "api"),
    ("describe_workload", "We run llama 3 8b on 4 A10G at 12 req/s.", "", "nothing"),
    ("describe_workload", "Our p95 latency is 3 s on the T4s and the GPUs are idle half of the time", "", "own"),
    ("ask_batching_serving", "How do we speed up inference?", "explain", "own"),
    ("ask_explain_concept", "What is time to first token?", "explain", "own"),
    ("ask_explain_concept", "explain speculative decoding", "explain", "own"),
    ("ask_batching_serving", "does prefix caching help us?", "explain", "own"),
    ("ask_training_cost", "What would it cost to fine-tune llama 3.1 8b on 50k rows of 512 tokens each?", "estimate_training", "nothing"),
    ("ask_peft", "will LoRA training of mistral 7b on 20k examples fit on one L4?", "estimate_training", "nothing"),
    ("other", "how fast can you audit my bill?", "*", "own"),
    ("ask_energy", "how much CO2 does the H100 make?", "explain", "own"),
    ("ask_explain_concept", "why are GPUs so expensive?", "explain", "api"),
    ("ask_hardware", "which of our GPUs is idle?", "*", "own"),
    ("ask_profile", "why is our latency so high?", "explain", "own"),
    ("describe_workload", "We serve mixtral to 200 users and pay $9,000 a month", "", "nothing"),
    ("ask_estimate_cost", "what does it cost to run gpt-4o-mini for us?", "price_api", "api"),
    ("make_plan", "make a plan", "", "own"),
    ("leave_out", "leave self-hosting out of the plan", "", "api"),
    ("ask_export", "export the plan as pdf", "*", "own"),
    ("greet", "hello, do you know vLLM?", "", "nothing"),
    ("stop", "stop", "", "own"),
)
#: After a bill was audited these are about the bill; the GPUs in them are what was paid for.
ABOUT_THE_BILL = (
    "why did our H100 costs go up in May?",
    "how much did we spend on gpt-4o?",
    "how many tokens did we use in May?",
    "which model costs the most?",
    "price my usage at today's list prices",
)
