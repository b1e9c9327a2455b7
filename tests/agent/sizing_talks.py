"""Conversations about sizing as three users hold them, turn by turn, with the tool and the arguments that each turn is owed. Data only.

Each set was written before anybody looked how its words are read. Turns right at the first try, with the brain: `FIRST` 51 of 95 under
the rules that were there; then, each after the sets before it had been learnt from and against the rules that were there at first, `SECOND`
17 of 30 (11), `THIRD` 21 of 30 (13), `FOURTH` 16 of 31 (11), `FIFTH` 18 of 28 (8). Nothing was learnt from `FIFTH`: it is the honest figure. An engineer with an
OpenAI bill, a platform lead, a FinOps analyst; terse, chatty, with typing errors, or in the English of people who think in another language.
"""

# ruff: noqa: E501 - sentences are data

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

SPEED, FIT, HOST, TRAIN = "estimate_serving", "estimate_memory", "choose_hosting", "estimate_training"
SIZING = frozenset({SPEED, FIT, HOST, TRAIN})


class Turn(NamedTuple):
    """`tool` is the first call that the text is owed: "" = none that sizes, "*" = left open. `owed` are arguments that it must hold.

    Keys of `owed` are the tool's own; `terms` is a part of them, `gpus` the accelerators of all calls, `asks` the field asked for.
    """

    text: str
    tool: str
    owed: Mapping[str, Any] = MappingProxyType({})


A_MONTH = 365 / 12  # days
FIRST: tuple[tuple[Turn, ...], ...] = (
    (
        Turn("30k requests a month on gpt-4o-mini, 1500 tokens in, 300 out: should we self-host?", HOST,
             {"model": "gpt-4o-mini", "requests_per_month": 30_000, "input_tokens": 1500, "output_tokens": 300}),
        Turn("and at 3 million requests a month?", HOST, {"model": "gpt-4o-mini", "requests_per_month": 3e6}),
        Turn("what would a Llama 3.1 8B on one L4 cost us for that?", SPEED,
             {"model": "Llama 3.1 8B", "gpu": "L4", "gpu_count": 1, "requests_per_month": 3e6, "input_tokens": 1500, "output_tokens": 300}),
        Turn("is that cheaper than the API?", HOST,
             {"model": "gpt-4o-mini", "open_model": "Llama 3.1 8B", "requests_per_month": 3e6, "terms": "gpu=1 x L4"}),
    ),
    (
        Turn("what would a Llama 3.1 8B on one L4 cost us for 3 million requests of 1500/300?", SPEED,
             {"model": "Llama 3.1 8B", "gpu": "L4", "requests_per_month": 3e6, "input_tokens": 1500, "output_tokens": 300}),
        Turn("is that cheaper than the API?", HOST, {"model": "Llama 3.1 8B", "requests_per_month": 3e6, "terms": "gpu=1 x L4"}),
        Turn("and if traffic doubles?", HOST, {"requests_per_month": 6e6, "terms": "gpu=1 x L4"}),
        Turn("where is it cheapest?", HOST, {"requests_per_month": 6e6, "terms": None}),
    ),
    (
        Turn("Llama-3.1-70B fp8, 50 requests/s, 1500 in / 300 out, TTFT 500 ms: what do I buy?", HOST,
             {"model": "Llama-3.1-70B", "precision": "fp8", "requests_per_second": 50, "ttft_ms": 500}),
        Turn("and on H200?", SPEED, {"gpu": "H200", "precision": "fp8", "requests_per_second": 50, "ttft_ms": 500}),
        Turn("what if traffic doubles?", SPEED, {"gpu": "H200", "requests_per_second": 100}),
        Turn("same on A100", SPEED, {"gpu": "A100", "requests_per_second": 100}),
        Turn("and with int4?", SPEED, {"gpu": "A100", "precision": "int4", "requests_per_second": 100}),
    ),
    (
        Turn("70b fp8 50rps h100 how many", "", {"asks": "model"}),
        Turn("llama 3.3 70b", SPEED, {"model": "llama 3.3 70b", "gpu": "h100", "precision": "fp8", "requests_per_second": 50}),
        Turn("2k in 250 out", SPEED, {"gpu": "h100", "input_tokens": 2000, "output_tokens": 250}),
        Turn("ttft 300ms", SPEED, {"gpu": "h100", "ttft_ms": 300, "input_tokens": 2000}),
    ),
    (
        Turn("Hi! We currently pay about $9k a month for gpt-4o, roughly 1.2M calls monthly with 1,100 tokens in and 250 out. "
             "My boss keeps asking whether renting our own GPUs would be any cheaper.", HOST,
             {"model": "gpt-4o", "requests_per_month": 1.2e6, "input_tokens": 1100, "output_tokens": 250}),
        Turn("And if we took Llama 3.3 70B for it?", HOST, {"open_model": "Llama 3.3 70B", "requests_per_month": 1.2e6}),
        Turn("how many H100 would that need?", SPEED, {"model": "Llama 3.3 70B", "gpu": "H100", "requests_per_month": 1.2e6}),
        Turn("ok and twice the traffic?", SPEED, {"model": "Llama 3.3 70B", "gpu": "H100", "requests_per_month": 2.4e6}),
    ),
    (
        Turn("How much costs to serve mistral small 24b on L40S for 20 request per second, input 800 token, output 150 token", SPEED,
             {"model": "mistral small 24b", "gpu": "L40S", "requests_per_second": 20, "input_tokens": 800, "output_tokens": 150}),
        Turn("and if I take 2x A100 80GB in place?", SPEED, {"gpu": "A100 80GB", "requests_per_second": 20}),
        Turn("it is possible with int8?", SPEED, {"gpu": "A100 80GB", "precision": "int8"}),
        Turn("how much memory it needs?", FIT, {"model": "mistral small 24b", "precision": "int8"}),
    ),
    (
        Turn("whats the troughput of qwen2.5 7b on a l4", SPEED, {"model": "qwen2.5 7b", "gpu": "l4"}),
        Turn("an on a a10g?", SPEED, {"model": "qwen2.5 7b", "gpu": "a10g"}),
        Turn("how mcuh woud that cost a month at 5 rps", SPEED, {"model": "qwen2.5 7b", "gpu": "a10g", "requests_per_second": 5}),
        Turn("cheepest gpu for it?", HOST, {"model": "qwen2.5 7b", "requests_per_second": 5}),
    ),
    (
        Turn("we use claude haiku for tagging, 200k req/day, 600 tokens in 30 out", ""),
        Turn("could qwen3-8b on a single 4090 do that?", SPEED,
             {"model": "qwen3-8b", "gpu": "RTX 4090", "requests_per_month": 200_000 * A_MONTH, "input_tokens": 600, "output_tokens": 30}),
        Turn("what about two of them", SPEED, {"model": "qwen3-8b", "gpu": "RTX 4090"}),
        Turn("what would that be per month in $", SPEED, {"model": "qwen3-8b", "gpu": "RTX 4090"}),
    ),
    (
        Turn("DeepSeek-V3 on 8x H200, 5k in 1k out, what rps can we sustain?", SPEED,
             {"model": "DeepSeek-V3", "gpu": "H200", "input_tokens": 5000, "output_tokens": 1000}),
        Turn("with MI300X instead", SPEED, {"model": "DeepSeek-V3", "gpu": "MI300X", "input_tokens": 5000}),
        Turn("how much HBM is left for KV there?", FIT, {"model": "DeepSeek-V3", "gpu": "MI300X"}),
        Turn("does a 128k context still fit", FIT, {"model": "DeepSeek-V3", "gpu": "MI300X", "context": 131_072}),
    ),
    (
        Turn("Compare renting 4 H100 on AWS with paying OpenAI for gpt-4o: 2M requests a month, 2000 in, 400 out", HOST,
             {"model": "gpt-4o", "requests_per_month": 2e6, "input_tokens": 2000, "output_tokens": 400}),
        Turn("what volume makes owning worthwhile?", HOST, {"model": "gpt-4o", "requests_per_month": 2e6}),
        Turn("and llama 3.1 405b instead of it?", HOST, {"open_model": "llama 3.1 405b", "requests_per_month": 2e6}),
    ),
    (
        Turn("mixtral 8x7b a100 tok/s", SPEED, {"model": "mixtral 8x7b", "gpu": "a100"}),
        Turn("h100?", SPEED, {"model": "mixtral 8x7b", "gpu": "h100"}),
        Turn("fp8", SPEED, {"gpu": "h100", "precision": "fp8"}),
        Turn("at 30 rps", SPEED, {"gpu": "h100", "precision": "fp8", "requests_per_second": 30}),
        Turn("cost", SPEED, {"gpu": "h100", "precision": "fp8", "requests_per_second": 30}),
    ),
    (
        Turn("Can I run gemma 3 27b on my 3090?", FIT, {"model": "gemma 3 27b", "gpu": "RTX 3090"}),
        Turn("in 4 bit then?", FIT, {"model": "gemma 3 27b", "gpu": "RTX 3090", "precision": "int4"}),
        Turn("and how fast would it be", SPEED, {"model": "gemma 3 27b", "gpu": "RTX 3090", "precision": "int4"}),
        Turn("is it enough for 10 users at once", SPEED, {"model": "gemma 3 27b", "gpu": "RTX 3090"}),
    ),
    (
        Turn("We're spending $100k/month on 40 A100s running Llama 3.1 70B, 30 rps, 1200 in, 350 out.", ""),
        Turn("How many H100s would do the same?", SPEED, {"model": "Llama 3.1 70B", "gpu": "H100", "input_tokens": 1200, "output_tokens": 350}),
        Turn("and if we go to fp8?", SPEED, {"gpu": "H100", "precision": "fp8"}),
        Turn("why that many GPUs?", ""),
        Turn("which hardware would be the cheapest for it?", HOST, {"model": "Llama 3.1 70B", "input_tokens": 1200}),
    ),
    (
        Turn("what ttft would i see w/ llama 3.1 8b on one l40s, prompts of 3k tokens, 8 req/s", SPEED,
             {"model": "llama 3.1 8b", "gpu": "L40S", "requests_per_second": 8, "input_tokens": 3000}),
        Turn("p95 has to stay under 400ms, still ok?", SPEED, {"gpu": "L40S", "requests_per_second": 8}),
        Turn("and prefix caching at 70%?", SPEED, {"gpu": "L40S", "terms": "cached=0.7"}),
    ),
    (
        Turn("At 10M requests a month with 400 tokens in and 60 out, is gpt-4.1-nano still better than our own box with qwen3 4b?", HOST,
             {"model": "gpt-4.1-nano", "open_model": "qwen3 4b", "requests_per_month": 1e7, "input_tokens": 400, "output_tokens": 60}),
        Turn("what if it's only 1M?", HOST, {"open_model": "qwen3 4b", "requests_per_month": 1e6}),
        Turn("at which point does it flip?", HOST, {"open_model": "qwen3 4b"}),
    ),
    (
        Turn("I need to serve Phi-4 to 50 requests per second at peak, 700 in, 200 out. Which card, and how many of them?", HOST,
             {"model": "Phi-4", "requests_per_second": 50, "input_tokens": 700, "output_tokens": 200}),
        Turn("what about L40S", SPEED, {"model": "Phi-4", "gpu": "L40S", "requests_per_second": 50}),
        Turn("how many rps could four of those take?", SPEED, {"model": "Phi-4", "gpu": "L40S"}),
    ),
    (
        Turn("how long to fine tune llama 3.1 8b with lora on 30k examples of 600 tokens on one A100?", TRAIN,
             {"model": "llama 3.1 8b", "method": "lora", "rows": 30_000, "gpu": "A100"}),
        Turn("and qlora on an L4?", TRAIN, {"model": "llama 3.1 8b", "method": "qlora", "gpu": "L4", "rows": 30_000}),
        Turn("what does serving it then cost at 3 rps on an L4?", SPEED, {"model": "llama 3.1 8b", "gpu": "L4", "requests_per_second": 3}),
    ),
    (
        Turn("what would it cost us to run Qwen3-32B ourselves on AWS in eu-central-1, 40 requests per minute, 2500 in 500 out?", HOST,
             {"model": "Qwen3-32B", "input_tokens": 2500, "output_tokens": 500, "terms": "provider=aws, region=eu-central-1"}),
        Turn("on p5.48xlarge", SPEED, {"model": "Qwen3-32B", "gpu": "H100 SXM", "terms": "region=eu-central-1"}),
        Turn("in us-east-1", SPEED, {"model": "Qwen3-32B", "terms": "region=us-east-1"}),
    ),
    (
        Turn("vram needed llama 4 scout int4 64k ctx", FIT, {"model": "llama 4 scout", "precision": "int4", "context": 65_536}),
        Turn("batch 8", FIT, {"model": "llama 4 scout", "precision": "int4", "context": 65_536, "batch": 8}),
        Turn("fits on 2 h100?", FIT, {"model": "llama 4 scout", "gpu": "h100", "gpu_count": 2, "precision": "int4"}),
    ),
    (
        Turn("Is one A10G OK for mistral-7b-instruct at 2 requests a second? prompts are 1k tokens, replies 200 tokens", SPEED,
             {"model": "mistral-7b-instruct", "gpu": "A10G", "requests_per_second": 2, "input_tokens": 1000, "output_tokens": 200}),
        Turn("and for 10?", SPEED, {"gpu": "A10G", "requests_per_second": 10}),
        Turn("which replica count is it then?", SPEED, {"gpu": "A10G", "requests_per_second": 10}),
    ),
    (
        Turn("our biggest line is gpt-4o at $41k a month: 8M requests a month, 1500 in 350 out", ""),
        Turn("what would self-hosting cost?", HOST, {"model": "gpt-4o", "requests_per_month": 8e6, "input_tokens": 1500}),
        Turn("with deepseek-v3?", HOST, {"open_model": "deepseek-v3", "requests_per_month": 8e6}),
        Turn("and on 8 H200s?", SPEED, {"model": "deepseek-v3", "gpu": "H200", "requests_per_month": 8e6}),
        Turn("so per request that's how much?", SPEED, {"model": "deepseek-v3", "gpu": "H200", "requests_per_month": 8e6}),
    ),
    (
        Turn("gpu sizing: llama-3.1-8b-instruct, 25 qps, in=1800 out=220, tpot<30ms", HOST,
             {"model": "llama-3.1-8b-instruct", "requests_per_second": 25, "tpot_ms": 30, "input_tokens": 1800, "output_tokens": 220}),
        Turn("l4 vs l40s for this", SPEED, {"gpus": ["l4", "L40S"], "requests_per_second": 25, "tpot_ms": 30}),
        Turn("and 50 qps?", SPEED, {"gpus": ["l4", "L40S"], "requests_per_second": 50}),
    ),
    (
        Turn("Would moving our 500k monthly gpt-4o-mini calls (900 in/120 out) to Llama 3.1 8B on an L4 save money?", HOST,
             {"model": "gpt-4o-mini", "open_model": "Llama 3.1 8B", "requests_per_month": 500_000, "input_tokens": 900, "output_tokens": 120}),
        Turn("what gpu utilisation would we see?", SPEED, {"model": "Llama 3.1 8B", "gpu": "L4", "requests_per_month": 500_000}),
    ),
    (
        Turn("please to tell how many card A100 80GB i must have for serve qwen2.5 72b with 15 request/second, prompt 2000 token, answer 300 token",
             SPEED, {"model": "qwen2.5 72b", "gpu": "A100 80GB", "requests_per_second": 15, "input_tokens": 2000, "output_tokens": 300}),
        Turn("and for the H100 same?", SPEED, {"model": "qwen2.5 72b", "gpu": "H100", "requests_per_second": 15}),
        Turn("it costs how much for one month?", SPEED, {"gpu": "H100", "requests_per_second": 15}),
    ),
    (
        Turn("Sizing for gpt-oss-120b on H100: 12 rps, 4000 in, 800 out.", SPEED,
             {"model": "gpt-oss-120b", "gpu": "H100", "requests_per_second": 12, "input_tokens": 4000, "output_tokens": 800}),
        Turn("And on B200?", SPEED, {"gpu": "B200", "requests_per_second": 12}),
        Turn("What changes if half of the prompt is cached?", SPEED, {"gpu": "B200", "terms": "cached=0.5"}),
        Turn("ok, and back to H100?", SPEED, {"gpu": "H100"}),
    ),
    (
        Turn("my workload: 100 requests per minute of llama-3.3-70b, 3k tokens in, 500 out", ""),
        Turn("H100 or MI300X?", SPEED, {"model": "llama-3.3-70b", "gpus": ["H100", "MI300X"], "input_tokens": 3000, "output_tokens": 500}),
        Turn("cheapest of all?", HOST, {"model": "llama-3.3-70b", "input_tokens": 3000}),
        Turn("and at ten times that?", HOST, {"model": "llama-3.3-70b", "requests_per_month": 1000 * 60 * 24 * A_MONTH}),
    ),
    (
        Turn("For our chatbot we need first token under 300ms and 40 tok/s per user with Llama 3.1 70B; will 4 H100s hold 20 requests a second?",
             SPEED, {"model": "Llama 3.1 70B", "gpu": "H100", "requests_per_second": 20, "ttft_ms": 300, "tpot_ms": 25}),
        Turn("what's the max it holds?", SPEED, {"gpu": "H100", "ttft_ms": 300}),
        Turn("and the monthly price of that?", SPEED, {"gpu": "H100", "requests_per_second": 20}),
    ),
)  # fmt: skip

SECOND: tuple[tuple[Turn, ...], ...] = (
    (
        Turn("our openai invoice keeps growing, gpt-4o-mini does 4 mio requests per month, 700 tokens in and 90 out, is a gpu server of our own worth it yet?", HOST,
             {"model": "gpt-4o-mini", "requests_per_month": 4e6, "input_tokens": 700, "output_tokens": 90}),
        Turn("let's say qwen3 8b takes over", HOST, {"open_model": "qwen3 8b", "requests_per_month": 4e6}),
        Turn("would a single L4 carry that?", SPEED, {"model": "qwen3 8b", "gpu": "L4", "requests_per_month": 4e6, "input_tokens": 700}),
        Turn("what does it come to each month?", SPEED, {"model": "qwen3 8b", "gpu": "L4", "requests_per_month": 4e6}),
    ),
    (
        Turn("deepseek v3 fp8, 8xH200 node, 4k/1k tokens, 6 rps - ttft?", SPEED,
             {"model": "deepseek v3", "gpu": "H200", "precision": "fp8", "requests_per_second": 6, "input_tokens": 4000, "output_tokens": 1000}),
        Turn("b200 instead", SPEED, {"gpu": "b200", "precision": "fp8", "requests_per_second": 6}),
        Turn("now 3x the load", SPEED, {"gpu": "b200", "requests_per_second": 18}),
        Turn("which one is cheaper per token, that or H200?", SPEED, {"model": "deepseek v3"}),
    ),
    (
        Turn("I am searching the right graphic card for to run Mistral Nemo 12B, maximal 3 requests in one second, 500 tokens in, 150 tokens out", HOST,
             {"model": "Mistral Nemo 12B", "input_tokens": 500, "output_tokens": 150}),
        Turn("and RTX 4090, it goes?", SPEED, {"model": "Mistral Nemo 12B", "gpu": "RTX 4090"}),
        Turn("how much of VRAM does it eat?", FIT, {"model": "Mistral Nemo 12B", "gpu": "RTX 4090"}),
    ),
    (
        Turn("llama3.1-70b awq 2xA100-80G max concurrency/rps?", SPEED, {"model": "llama3.1-70b awq"}),
        Turn("1k in 500 out", SPEED, {"input_tokens": 1000, "output_tokens": 500}),
        Turn("sglang instead of vllm?", SPEED, {"input_tokens": 1000}),
    ),
    (
        Turn("Finance wants a number: monthly spend if we put Llama 3.3 70B on H100s at 25 requests per second, prompts of 1,800 tokens and completions of 250.", SPEED,
             {"model": "Llama 3.3 70B", "gpu": "H100", "requests_per_second": 25, "input_tokens": 1800, "output_tokens": 250}),
        Turn("And spot capacity?", SPEED, {"gpu": "H100", "requests_per_second": 25, "terms": "basis=spot"}),
        Turn("How does that stack up against paying for gpt-4.1?", HOST, {"model": "gpt-4.1", "open_model": "Llama 3.3 70B", "requests_per_second": 25}),
    ),
    (
        Turn("will qwen2.5-coder 32b fit a 5090 at q4?", FIT, {"model": "qwen2.5-coder 32b", "gpu": "RTX 5090"}),
        Turn("what about 32k context", FIT, {"model": "qwen2.5-coder 32b", "gpu": "RTX 5090", "context": 32_768}),
        Turn("tokens per second there?", SPEED, {"model": "qwen2.5-coder 32b", "gpu": "RTX 5090"}),
    ),
    (
        Turn("We do 12 million classification calls a month with gpt-4.1-mini, 350 tokens in, 10 out. At what size would renting GPUs beat that?", HOST,
             {"model": "gpt-4.1-mini", "requests_per_month": 1.2e7, "input_tokens": 350, "output_tokens": 10}),
        Turn("say 50 million", HOST, {"model": "gpt-4.1-mini", "requests_per_month": 5e7}),
        Turn("with Llama 3.2 3B?", HOST, {"model": "gpt-4.1-mini", "open_model": "Llama 3.2 3B", "requests_per_month": 5e7}),
    ),
    (
        Turn("How many MI300X do we need to replace 24 A100s serving Mixtral 8x22B at 40 req/s, 2000 in / 400 out?", SPEED,
             {"model": "Mixtral 8x22B", "requests_per_second": 40, "input_tokens": 2000, "output_tokens": 400}),
        Turn("assume prefix cache hit rate 50%", SPEED, {"requests_per_second": 40, "terms": "cached=0.5"}),
        Turn("Latency then?", SPEED, {"requests_per_second": 40}),
    ),
    (
        Turn("rent or api for llama 3.1 8b, 600k req/mo, 1200/200 tokens", HOST,
             {"model": "llama 3.1 8b", "requests_per_month": 600_000, "input_tokens": 1200, "output_tokens": 200}),
        Turn("on a g6.xlarge", SPEED, {"model": "llama 3.1 8b", "gpu": "L4", "requests_per_month": 600_000}),
        Turn("what if half that traffic?", SPEED, {"gpu": "L4", "requests_per_month": 300_000}),
        Turn("so is it worth leaving the API?", HOST, {}),
    ),
)  # fmt: skip

THIRD: tuple[tuple[Turn, ...], ...] = (
    (
        Turn("trying to figure out gpu needs for gemma 3 12b, 8 rps, 900 in 180 out", HOST,
             {"model": "gemma 3 12b", "requests_per_second": 8, "input_tokens": 900, "output_tokens": 180}),
        Turn("A10G good?", SPEED, {"model": "gemma 3 12b", "gpu": "A10G", "requests_per_second": 8}),
        Turn("and L4", SPEED, {"model": "gemma 3 12b", "gpu": "L4", "requests_per_second": 8}),
        Turn("which of the two costs less", SPEED, {"model": "gemma 3 12b"}),
    ),
    (
        Turn("Per month we send 6 million prompts to gpt-4o-mini (1,000 tokens in, 150 out). Could a rented H100 with Llama 3.1 8B do this for less?", HOST,
             {"model": "gpt-4o-mini", "open_model": "Llama 3.1 8B", "requests_per_month": 6e6, "input_tokens": 1000, "output_tokens": 150}),
        Turn("How busy would that card be?", SPEED, {"model": "Llama 3.1 8B", "requests_per_month": 6e6}),
        Turn("And if we grow by 50%?", SPEED, {"model": "Llama 3.1 8B"}),
    ),
    (
        Turn("405b on h200 w/ fp8: tok/s + $/Mtok @ 2 rps, llama 3.1", SPEED, {"gpu": "h200", "precision": "fp8", "requests_per_second": 2}),
    ),
    (
        Turn("Please can you estimate for me the time to first token of llama 3.3 70b on 2 H200, requests 10 per second, 3000 tokens in and 400 tokens out", SPEED,
             {"model": "llama 3.3 70b", "gpu": "H200", "requests_per_second": 10, "input_tokens": 3000, "output_tokens": 400}),
        Turn("It is too slow. With B200?", SPEED, {"gpu": "B200", "requests_per_second": 10}),
        Turn("And what price has this?", SPEED, {"gpu": "B200", "requests_per_second": 10}),
    ),
    (
        Turn("does qwen3 235b a22b go into 4x H100", FIT, {"model": "qwen3 235b a22b", "gpu": "H100"}),
        Turn("fp8 tho", FIT, {"model": "qwen3 235b a22b", "gpu": "H100", "precision": "fp8"}),
        Turn("ok whats the speed", SPEED, {"model": "qwen3 235b a22b", "gpu": "H100", "precision": "fp8"}),
        Turn("5 rps 2k in 300 out", SPEED, {"gpu": "H100", "requests_per_second": 5, "input_tokens": 2000, "output_tokens": 300}),
        Turn("nvidia l40s maybe?", SPEED, {"gpu": "L40S", "requests_per_second": 5}),
    ),
    (
        Turn("We call gpt-4.1 about 900k times monthly, 2500 tokens in and 400 out.", ""),
        Turn("Any point in hosting something ourselves?", HOST, {"model": "gpt-4.1", "requests_per_month": 900_000, "input_tokens": 2500}),
        Turn("Let's look at gpt-oss-120b", HOST, {"open_model": "gpt-oss-120b", "requests_per_month": 900_000}),
        Turn("On which hardware?", HOST, {"open_model": "gpt-oss-120b", "requests_per_month": 900_000}),
        Turn("One H100: what latency?", SPEED, {"model": "gpt-oss-120b", "gpu": "H100", "requests_per_month": 900_000}),
    ),
    (
        Turn("capacity planning: llama 3.1 8b, h100, 200 rps, 500/100 tokens", SPEED,
             {"model": "llama 3.1 8b", "gpu": "h100", "requests_per_second": 200, "input_tokens": 500, "output_tokens": 100}),
        Turn("a quarter of the cost possible with l4s?", SPEED, {"gpu": "l4", "requests_per_second": 200}),
        Turn("peak is only 80 rps", SPEED, {"gpu": "l4", "requests_per_second": 80}),
    ),
    (
        Turn("What do you recommend for serving Mistral Small 3.1 24B at 1.5 million requests monthly, 1100 tokens in, 220 out, in europe?", HOST,
             {"model": "Mistral Small 3.1 24B", "requests_per_month": 1.5e6, "input_tokens": 1100, "output_tokens": 220}),
        Turn("why not an A100 80GB", SPEED, {"model": "Mistral Small 3.1 24B", "gpu": "A100 80GB", "requests_per_month": 1.5e6}),
        Turn("does it still pay compared to the API", HOST, {"requests_per_month": 1.5e6}),
    ),
    (
        Turn("lora on qwen2.5 14b, 20k rows, 800 tokens each - cost on 1x h100?", TRAIN,
             {"model": "qwen2.5 14b", "method": "lora", "rows": 20_000, "tokens_per_row": 800, "gpu": "h100"}),
        Turn("3 epochs", TRAIN, {"model": "qwen2.5 14b", "rows": 20_000, "epochs": 3}),
        Turn("and on an a100?", TRAIN, {"model": "qwen2.5 14b", "rows": 20_000, "gpu": "a100"}),
    ),
)  # fmt: skip

FOURTH: tuple[tuple[Turn, ...], ...] = (
    (
        Turn("We send around 45k chats daily through gpt-4o, 1800 tokens in, 350 out. Is there a volume from which our own hardware wins?", HOST,
             {"model": "gpt-4o", "requests_per_month": 45_000 * A_MONTH, "input_tokens": 1800, "output_tokens": 350}),
        Turn("How would Qwen2.5 72B on two H100s do with that?", SPEED,
             {"model": "Qwen2.5 72B", "gpu": "H100", "requests_per_month": 45_000 * A_MONTH, "input_tokens": 1800}),
        Turn("five times as many chats?", SPEED, {"model": "Qwen2.5 72B", "gpu": "H100", "requests_per_month": 225_000 * A_MONTH}),
        Turn("ok so API or GPUs?", HOST, {"model": "gpt-4o", "open_model": "Qwen2.5 72B"}),
    ),
    (
        Turn("ttft+tpot llama-3.1-8b l40s bs? 4 qps 2048/256 tokens", SPEED,
             {"model": "llama-3.1-8b", "gpu": "L40S", "requests_per_second": 4, "input_tokens": 2048, "output_tokens": 256}),
        Turn("rtx 6000 ada?", SPEED, {"gpu": "RTX 6000 ada", "requests_per_second": 4}),
        Turn("w/ fp8 kv cache", SPEED, {"gpu": "RTX 6000 ada", "terms": "kv=fp8"}),
        Turn("does it still fit at 64k context?", FIT, {"model": "llama-3.1-8b", "context": 65_536}),
    ),
    (
        Turn("How many GPU H200 is needed for the model DeepSeek R1, 20 requests/sec, in 1500 tokens out 2000 tokens?", SPEED,
             {"model": "DeepSeek R1", "gpu": "H200", "requests_per_second": 20, "input_tokens": 1500, "output_tokens": 2000}),
        Turn("and how is it with MI300X", SPEED, {"model": "DeepSeek R1", "gpu": "MI300X", "requests_per_second": 20}),
        Turn("what of them is more cheap?", SPEED, {"model": "DeepSeek R1", "requests_per_second": 20}),
    ),
    (
        Turn("I'd like to know what serving gpt-oss-20b would set us back on a single L40S, 3 req/s, 700 in 200 out", SPEED,
             {"model": "gpt-oss-20b", "gpu": "L40S", "gpu_count": 1, "requests_per_second": 3, "input_tokens": 700, "output_tokens": 200}),
        Turn("can it take 6 req/s?", SPEED, {"gpu": "L40S", "requests_per_second": 6}),
        Turn("cheaper card that does the same?", HOST, {"model": "gpt-oss-20b", "requests_per_second": 6}),
    ),
    (
        Turn("Our bill says 3.2 million gpt-4o-mini requests a month at 600 tokens in and 80 out. Would it be smart to self host?", HOST,
             {"model": "gpt-4o-mini", "requests_per_month": 3.2e6, "input_tokens": 600, "output_tokens": 80}),
        Turn("what if it becomes 10 million", HOST, {"model": "gpt-4o-mini", "requests_per_month": 1e7}),
        Turn("take llama 3.2 3b for it", HOST, {"open_model": "llama 3.2 3b", "requests_per_month": 1e7}),
    ),
    (
        Turn("memory footprint mixtral 8x22b fp8", FIT, {"model": "mixtral 8x22b", "precision": "fp8"}),
        Turn("4x L40S enough?", SPEED, {"model": "mixtral 8x22b", "gpu": "L40S"}),
        Turn("h100 then", SPEED, {"model": "mixtral 8x22b", "gpu": "h100"}),
    ),
    (
        Turn("Is an A100 overkill for phi-4 at 1 request per second, 500 tokens in and 100 out?", SPEED,
             {"model": "phi-4", "gpu": "A100", "requests_per_second": 1, "input_tokens": 500, "output_tokens": 100}),
        Turn("What would you take instead?", HOST, {"model": "phi-4", "requests_per_second": 1}),
    ),
    (
        Turn("need replicas count: qwen3-14b, A10G, 30 rps, in 800 / out 150, tpot 40ms", SPEED,
             {"model": "qwen3-14b", "gpu": "A10G", "requests_per_second": 30, "tpot_ms": 40, "input_tokens": 800, "output_tokens": 150}),
        Turn("awq int4", SPEED, {"gpu": "A10G", "precision": "int4", "requests_per_second": 30}),
        Turn("monthly?", SPEED, {"gpu": "A10G", "precision": "int4", "requests_per_second": 30}),
        Turn("gcp europe-west4", SPEED, {"gpu": "A10G", "terms": "provider=gcp, region=europe-west4"}),
    ),
    (
        Turn("Suppose we moved 800k monthly calls from claude-3-5-haiku to an open 8B model, what would that run us on L4s? 900 in 150 out", "*", {}),
        Turn("llama 3.1 8b", SPEED, {"model": "llama 3.1 8b", "gpu": "L4", "requests_per_month": 800_000}),
        Turn("And if only half of the calls move?", SPEED, {"model": "llama 3.1 8b", "gpu": "L4", "requests_per_month": 400_000}),
    ),
    (
        Turn("rough throughput for llama 3.3 70b int8 on 4x A6000?", SPEED, {"model": "llama 3.3 70b", "gpu": "A6000", "precision": "int8"}),
        Turn("thats slow, same on one B200", SPEED, {"gpu": "B200", "precision": "int8"}),
    ),
)  # fmt: skip

FIFTH: tuple[tuple[Turn, ...], ...] = (
    (
        Turn("hey, we burn 9M gpt-4o-mini calls/month (1.2k in, 200 out). does self-hosting make sense at that scale?", HOST,
             {"model": "gpt-4o-mini", "requests_per_month": 9e6, "input_tokens": 1200, "output_tokens": 200}),
        Turn("with mistral small 24b", HOST, {"open_model": "mistral small 24b", "requests_per_month": 9e6}),
        Turn("and how many A100 80GB is that", SPEED, {"model": "mistral small 24b", "gpu": "A100 80GB", "requests_per_month": 9e6}),
        Turn("hmm. versus L40S?", SPEED, {"model": "mistral small 24b", "gpu": "L40S", "requests_per_month": 9e6}),
    ),
    (
        Turn("qwen2.5 32b fp8 l40s 15rps 1000/200 tokens replicas?", SPEED,
             {"model": "qwen2.5 32b", "gpu": "L40S", "precision": "fp8", "requests_per_second": 15, "input_tokens": 1000, "output_tokens": 200}),
        Turn("ttft<200ms", SPEED, {"gpu": "L40S", "ttft_ms": 200, "requests_per_second": 15}),
        Turn("h100 better?", SPEED, {"gpu": "h100", "ttft_ms": 200, "requests_per_second": 15}),
        Turn("total $ per month", SPEED, {"gpu": "h100", "requests_per_second": 15}),
    ),
    (
        Turn("Good morning. For a chatbot with Llama 3.3 70B we are expecting 18 requests per second in the peak, 2200 tokens in and 280 out. Which GPU would you recommend?", HOST,
             {"model": "Llama 3.3 70B", "requests_per_second": 18, "input_tokens": 2200, "output_tokens": 280}),
        Turn("Is H200 not a better choice?", SPEED, {"model": "Llama 3.3 70B", "gpu": "H200", "requests_per_second": 18}),
        Turn("If 60% of the prompt is in the cache, how does this change?", SPEED, {"gpu": "H200", "terms": "cached=0.6"}),
        Turn("And the memory, is it sufficient?", FIT, {"model": "Llama 3.3 70B", "gpu": "H200"}),
    ),
    (
        Turn("estimate vram: deepseek-r1 in fp8, 32k context, batch 16", FIT,
             {"model": "deepseek-r1", "precision": "fp8", "context": 32_768, "batch": 16}),
        Turn("8x MI300X ok?", FIT, {"model": "deepseek-r1", "gpu": "MI300X"}),
        Turn("what decode speed would we get", SPEED, {"model": "deepseek-r1", "gpu": "MI300X"}),
    ),
    (
        Turn("we're on claude-sonnet-4-5, 150k requests per month, 3000 tokens in, 600 out", ""),
        Turn("is there an open model we could host for less?", HOST, {"requests_per_month": 150_000}),
        Turn("let's say deepseek v3 on 8 H200", SPEED, {"model": "deepseek v3", "gpu": "H200", "requests_per_month": 150_000}),
        Turn("way too expensive. at which volume would it pay off?", HOST, {"open_model": "deepseek v3"}),
    ),
    (
        Turn("Wie viel... sorry, how much does it cost to host gemma 2 27b on an A100 for 2 requests per second, 800 in 100 out?", SPEED,
             {"model": "gemma 2 27b", "gpu": "A100", "requests_per_second": 2, "input_tokens": 800, "output_tokens": 100}),
        Turn("and 20?", SPEED, {"gpu": "A100", "requests_per_second": 20}),
        Turn("in Frankfurt on AWS", SPEED, {"gpu": "A100", "terms": "provider=aws"}),
    ),
    (
        Turn("Could our 3 spare L4 cards handle 600k requests/month of llama 3.1 8b, 500 in 150 out?", SPEED,
             {"model": "llama 3.1 8b", "gpu": "L4", "requests_per_month": 600_000, "input_tokens": 500, "output_tokens": 150}),
        Turn("and at double?", SPEED, {"gpu": "L4", "requests_per_month": 1_200_000}),
        Turn("what would the API charge for the same", "*", {}),
    ),
    (
        Turn("need to know if phi-4 int4 runs on a 4080", FIT, {"model": "phi-4", "gpu": "RTX 4080", "precision": "int4"}),
        Turn("speed?", SPEED, {"model": "phi-4", "gpu": "RTX 4080", "precision": "int4"}),
        Turn("5090", SPEED, {"model": "phi-4", "gpu": "RTX 5090", "precision": "int4"}),
    ),
)  # fmt: skip


SPEED_BEFORE = ("how fast is llama 3.1 8b on an L4 at 5 rps?",)
HOST_BEFORE = ("Should we self-host or stay with gpt-4o-mini? 2M requests a month, 900 in, 200 out",)
#: (what was said before, the message): none of these asks what something takes, costs or holds that is to be sized.
NOT_SIZING: tuple[tuple[tuple[str, ...], str], ...] = (
    ((), "what did we spend on H100s last month?"),
    ((), "how much did llama 3.1 8b on L4 cost us in May?"),
    ((), "We run Llama 3.1 70B on 8 H100s at 30 rps."),
    ((), "our L4s cost us $4,000 a month"),
    ((), "what is tensor parallelism?"),
    ((), "what does fp8 mean for quality?"),
    ((), "explain KV cache memory"),
    ((), "make a plan for the A10G fleet"),
    ((), "give me the plan without self-hosting"),
    ((), "audit this bill please"),
    ((), "how can I cut the cost of serving llama 3.1 8b on the L4s?"),
    ((), "what does gpt-4o cost for 1M requests a month, 1000 tokens in and 100 out?"),
    ((), "which team spends the most on GPUs?"),
    ((), "price my usage at batch rates"),
    ((), "benchmark the bundled brain for latency"),
    ((), "how fast is /models/llama-3.1-8b here?"),
    ((), "export the plan to excel"),
    ((), "Is prompt caching cheaper than the batch API?"),
    ((), "the H100s are idle at night"),
    ((), "should we use vLLM or SGLang?"),
    ((), "how does speculative decoding make a model faster?"),
    ((), "what is cheaper than claude sonnet?"),
    ((), "is gpt-4o-mini good enough for classification?"),
    ((), "mixtral 8x7b runs on our A100s since March"),
    (SPEED_BEFORE, "thanks, that helps"),
    (SPEED_BEFORE, "what is TTFT?"),
    (SPEED_BEFORE, "make the plan"),
    (SPEED_BEFORE, "export it as pdf"),
    (SPEED_BEFORE, "we pay $20k a month to OpenAI"),
    (SPEED_BEFORE, "leave quantization out"),
    (SPEED_BEFORE, "where does that number come from?"),
    (HOST_BEFORE, "stop"),
    (HOST_BEFORE, "how do we make the prompts shorter?"),
    (SPEED_BEFORE, "we currently have 12 A10Gs"),
    (SPEED_BEFORE, "how good is the quality of int4?"),
    (SPEED_BEFORE, "how much CO2 does it make?"),
    (SPEED_BEFORE, "what did we pay for L4s last month?"),
    (SPEED_BEFORE, "what does gpt-4o-mini cost per million tokens?"),
    (SPEED_BEFORE, "what is continuous batching?"),
    (SPEED_BEFORE, "can you audit my bill?"),
    (SPEED_BEFORE, "hello"),
    (SPEED_BEFORE, "what should we do first?"),
    (SPEED_BEFORE, "is llama 3.1 free for commercial use?"),
    (HOST_BEFORE, "ok, that makes sense"),
    (HOST_BEFORE, "what is the break-even point?  I mean the term"),
    (HOST_BEFORE, "who are you?"),
    (HOST_BEFORE, "my colleague will upload the bill tomorrow"),
    (HOST_BEFORE, "how can we lower the number of output tokens?"),
)
