"""Conversations about sizing as three users hold them, turn by turn, with the tool and the arguments that each turn is owed. Data only.

Written before anybody looked how the words are read: an engineer with an OpenAI bill, a platform lead, a FinOps analyst; terse, chatty, with
typing errors, or in the English of people who think in another language. `FIRST` was then used to put the routing right, `SECOND` was not.
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
             {"model": "Llama 3.1 8B", "gpu": "L4", "requests_per_month": 3e6, "input_tokens": 1500, "output_tokens": 300}),
        Turn("is that cheaper than the API?", HOST, {"model": "gpt-4o-mini", "open_model": "Llama 3.1 8B", "requests_per_month": 3e6}),
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
    (("how fast is llama 3.1 8b on an L4 at 5 rps?",), "thanks, that helps"),
    (("how fast is llama 3.1 8b on an L4 at 5 rps?",), "what is TTFT?"),
    (("how fast is llama 3.1 8b on an L4 at 5 rps?",), "make the plan"),
    (("how fast is llama 3.1 8b on an L4 at 5 rps?",), "export it as pdf"),
    (("how fast is llama 3.1 8b on an L4 at 5 rps?",), "we pay $20k a month to OpenAI"),
    (("how fast is llama 3.1 8b on an L4 at 5 rps?",), "leave quantization out"),
    (("how fast is llama 3.1 8b on an L4 at 5 rps?",), "where does that number come from?"),
    (("Should we self-host or stay with gpt-4o-mini? 2M requests a month, 900 in, 200 out",), "stop"),
    (("Should we self-host or stay with gpt-4o-mini? 2M requests a month, 900 in, 200 out",), "how do we make the prompts shorter?"),
)
