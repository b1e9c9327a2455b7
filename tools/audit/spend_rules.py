"""The classification rules, as data: (id, kind, field, pattern), first match wins. Patterns meet lower-case text.

To add a service, add a pattern and a line to tests/tools/audit/test_audit_classify.py. Instance families and service names
were taken from the providers' public product pages (AWS, Azure, Google Cloud, OCI; checked 2026-11-22).
"""

# ruff: noqa: E501 - patterns and word lists are data

from typing import NamedTuple


class Rule(NamedTuple):
    """One rule. `field` is service, description, hardware, model, provider, tags or any."""

    id: str
    kind: str
    field: str
    pattern: str


#: Accelerators and instance types that carry one; also used to name the hardware of a row.
ACCELERATORS = (
    r"\b(?:ml\.)?(?:p2|p3|p3dn|p4d|p4de|p5|p5e|p5en|p6|p6e|p6-b200|g3|g3s|g4dn|g4ad|g5|g5g|g6|g6e|g6f|gr6|g7e?|inf1|inf2|trn1|trn1n|trn2|dl1|dl2q|vt1)\.(?:\d*x?large|metal|\d+xlarge)\b"
    r"|\bstandard_n[cdvpg][a-z]*\d+[a-z0-9_-]*"
    r"|\bn[cdv]\d+[a-z]*(?:rs|s|ads|is|_v\d|_a100|_h100)[a-z0-9_ ]*"
    r"|\ba[234]-(?:highgpu|megagpu|ultragpu|edgegpu|maxgpu)-\d+g\b|\bg[24]-standard-\d+\b"
    r"|\b(?:vm|bm)\.gpu[a-z0-9._]*"
    r"|\b(?:nvidia[ -])?(?:tesla[ -])?(?:gb200|gb300|b300|b200|h200|h100|a100|a10g?|a40|a6000|l40s?|l4|t4|v100|p100|k80|rtx ?(?:4090|5090|6000|a6000|pro 6000)|mi300x|mi325x|mi250x?|gaudi ?[23]?)\b"
    r"|\b(?:nvidia|tesla)(?: tesla)?[ -](?:p4|m60|p40|m40)\b"
    r"|\b(?:cloud )?tpu(?:[ -]?v\d[a-z]*)?\b"
)

MODEL_NAMES = (
    r"\b(?:gpt-?[345][a-z0-9.:-]*|chatgpt[a-z0-9.-]*|o[134](?:-(?:mini|pro|preview))?(?=[\s,:|_-]|$)|text-embedding[a-z0-9-]*|dall-?e[ -]?\d?|whisper[a-z0-9-]*|tts-1[a-z-]*|sora[a-z0-9-]*|"
    r"claude(?:[ -](?:instant|opus|sonnet|haiku|[0-9.]+))*|gemini(?:[ -](?:ultra|pro|flash|lite|nano|[0-9.]+))*|palm ?2?|llama[ -]?[0-9.]*(?:[ -]\d+b)?|mi[sx]tral[a-z0-9 .-]{0,16}|"
    r"command[ -]r\b\+?|nova (?:micro|lite|pro|premier)|titan (?:text|embed|image|multimodal)[a-z ]*|jurassic[a-z0-9 -]*|jamba[a-z0-9 .-]*|sdxl[a-z0-9 .]*|stable diffusion[a-z0-9 .]*|"
    r"deepseek[a-z0-9.-]*|qwen[a-z0-9./-]*|grok[ -]?[0-9.]*|composer-[0-9.]+|kimi[a-z0-9.-]*|glm-[0-9.]+[a-z-]*|gpt-oss[a-z0-9-]*|phi-?[34][a-z0-9.-]*|gemma[ -]?[0-9a-z.]*)"
)

#: Words in tags, workloads and resource names that tie plain storage or traffic to AI.
ADJACENT_WORDS = r"\b(?:ai|ml|llm|rag|genai|gen-ai|gpu|training|inference|embeddings?|mlops|model-?serving|fine-?tun(?:e|ing))\b"

TOKEN_TYPES = (
    ("cache_write", r"cache[ _-]?(?:write|creation)|writes? to cache"),
    ("cached", r"(?<!un)(?<!non-)(?<!not )cache[ _-]?(?:read|hit|input|prompt|token)|(?<!un)(?<!non-)(?<!not )cached"),
    ("reasoning", r"(?:reasoning|thinking)[ _-]?(?:output[ _-]?)?tokens?|(?:^|[,:_-]) ?reasoning\b"),
    ("output", r"output|completion|outp(?:ut)?[ -]?tokens?|response|generated tokens"),
    ("input", r"input|prompt|context tokens"),
)

_MODEL_VENDORS = r"\b(?:openai|anthropic|cohere|mistral ?ai|openrouter|together ?ai|together\.ai|groq|fireworks ?ai|perplexity|deepinfra|replicate|deepseek|xai|ai21|cursor|github copilot|copilot|elevenlabs|assemblyai|deepgram|stability ?ai|voyage ?ai)\b"

RULES = (
    Rule("managed-ai-service", "managed_ai", "service", r"sagemaker|azure machine learning|vertex ai|ai platform"),
    Rule("gpu-hardware", "gpu", "hardware", ACCELERATORS),
    Rule("gpu-in-description", "gpu", "description", ACCELERATORS),
    Rule("gpu-word", "gpu", "any", r"\bgpus?\b|\bgraphics processing|\bgpu[- ]hours?\b"),
    Rule("model-vendor", "api_tokens", "any", _MODEL_VENDORS + r"(?! service for kubernetes)"),
    Rule("model-vendor-provider", "api_tokens", "provider", _MODEL_VENDORS),
    Rule("bedrock-model", "api_tokens", "any", r"bedrock edition|amazon bedrock|\bbedrock\b"),
    Rule("vertex-tokens", "api_tokens", "any", r"(?:vertex|generative|gemini).*(?:tokens?|characters|input|output)"),
    Rule("model-named", "api_tokens", "model", r"\S"),
    Rule("model-in-text", "api_tokens", "any", MODEL_NAMES + r".*(?:token|api|request|input|output|embedding|image)|(?:token|api|llm|model).*" + MODEL_NAMES),
    Rule("llm-tokens", "api_tokens", "any", r"\bllm\b|(?:input|output|prompt|completion|cached)[ _-]?tokens?\b|\bper (?:1k|1m|million|thousand) tokens?\b|\bembeddings? api\b"),
    Rule("model-service", "api_tokens", "service", r"\b(?:gpt-?[345]|claude|gemini|llama|mistral)\b"),
    Rule("aws-ai", "managed_ai", "any", r"sagemaker|\bkendra\b|rekognition|comprehend|\bpolly\b|transcribe|amazon translate|textract|amazon lex|personalize|amazon forecast|\bamazon q\b|lookout for|fraud detector|healthlake imaging|deepracer|augmented ai"),
    Rule("azure-ai", "managed_ai", "any", r"azure (?:ai\b|machine learning|openai|cognitive)|cognitive ?services|machine ?learning ?services|microsoft\.machinelearning|microsoft\.cognitive|\bai (?:search|foundry)\b|bot service|document intelligence|foundry models"),
    Rule("google-ai", "managed_ai", "any", r"vertex ai|cloud (?:vision|speech|translation|natural language)|dialogflow|document ai|\bautoml\b|ai platform|generative language|video intelligence|recommendations ai|agentspace"),
    Rule("oracle-ai", "managed_ai", "any", r"oci (?:generative|vision|language|speech|data science)|generative ai"),
    Rule("platform-ai", "managed_ai", "any", r"model serving|mosaic ai|snowflake cortex|cortex (?:ai|llm)|databricks.*(?:foundation model|ml)|hugging ?face|weights ?& ?biases|\bwandb\b|langsmith|langfuse|\bmlflow\b|scale ai|labelbox|modal labs|runpod|lambda labs|coreweave|vast\.ai|baseten"),
    Rule("machine-learning", "managed_ai", "any", r"machine learning|\binference endpoint|\bml endpoint|model (?:training|hosting|inference)|ai/ml"),
    Rule("vector-store", "ai_adjacent", "any", r"pinecone|weaviate|qdrant|milvus|zilliz|\bchroma\b|vector (?:search|store|database|db)|pgvector|s3 vectors"),
    Rule("adjacent-by-tag", "ai_adjacent", "tags", ADJACENT_WORDS),
    Rule("compute", "other", "any", r"elastic compute|\bec2\b|virtual machines?|compute engine|\bvm\b|lambda|functions?\b|fargate|app service|cloud run|batch\b|lightsail|droplet|compute|box ?usage|server|cloudshell|licen[cs]es?\b"),
    Rule("storage", "other", "any", r"storage|\bs3\b|glacier|\bebs\b|\befs\b|elastic file|disks?\b|backup|snapshot|blob|bucket|archive|volume"),
    Rule("database", "other", "any", r"database|\brds\b|\bsql\b|aurora|dynamo|redis|cosmos|mongo|elasticache|redshift|spanner|bigtable|bigquery|snowflake|mysql|postgres|opensearch|elasticsearch|warehouse|synapse|athena|glue|firestore|data factory|databricks"),
    Rule("network", "other", "any", r"network|data transfer|bandwidth|egress|load balanc|cloudfront|\bcdn\b|\bvpc\b|virtual private cloud|route ?53|\bdns\b|nat gateway|direct connect|vpn|ip address|front door|gateway"),
    Rule("containers", "other", "any", r"kubernetes|\beks\b|\baks\b|\bgke\b|container|\becr\b|\becs\b|\bopenshift\b|cpucore|opencost"),
    Rule("messaging", "other", "any", r"\bsqs\b|\bsns\b|queue|notification|pub/?sub|kinesis|event ?bridge|event hubs?|service bus|\bmsk\b|kafka|step functions|simple email|\bses\b|\biot\b"),
    Rule("operations", "other", "any", r"cloudwatch|cloudtrail|monitor|logging|log analytics|stackdriver|config\b|guardduty|security|\bwaf\b|key management|\bkms\b|secrets? manager|key vault|inspector|defender|threat|iam\b|identity|datadog|grafana|new relic|sentry|service catalog|systems manager|migration hub|cost explorer|advisor|x-ray|observability|telemetry"),
    Rule("business", "other", "any", r"support|marketplace|training seats?|slack|github|gitlab|jira|atlassian|microsoft 365|office|zoom|salesforce|reservation|savings plan|tax|vat\b|credit|discount|refund|rounding|domain|workspaces|connect\b|pinpoint|amplify|developer tools|codebuild|devops|artifact registry"),
)  # fmt: skip
