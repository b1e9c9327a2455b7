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
    r"\b(?:ml\.)?(?:p2|p3|p3dn|p4d|p4de|p5|p5e|p5en|p6|p6e|p6-b[23]00|p6e-gb[23]00|g3|g3s|g4dn|g4ad|g5|g5g|g6|g6e|g6f|gr6|gr6f|g7e?|inf1|inf2|trn1|trn1n|trn2|trn2u|trn3|dl1|dl2q|vt1)\.(?:\d*x?large|metal|\d+xlarge)\b"
    r"|\bstandard_n[cdvpg][a-z]*\d+[a-z0-9_-]*"
    r"|\bn[cdv]\d+[a-z]*(?:rs|s|ads|is|_v\d|_a100|_h100)[a-z0-9_ ]*"
    r"|\bn[cdvg][a-z]{0,6}(?:[ _-]?(?:a100|h100|h200|a10|t4|mi300x|gb200))?(?:[ _-]?v\d)? series\b"
    r"|\ba[234]-(?:highgpu|megagpu|ultragpu|edgegpu|maxgpu)-\d+g\b|\bg[24]-standard-\d+\b|\ba4x-highgpu-\d+g\b"
    r"|\b(?:vm|bm)\.gpu[a-z0-9._]*"
    r"|\bgpu_\d+x_[a-z0-9_]+"
    r"|\b(?:nvidia[ -])?(?:tesla[ -])?(?:gb200|gb300|b300|b200|h200|h100|a100|a10g?(?! networks)|a40|a6000|a5000|a4000|l40s?|l4(?! (?:load|ilb|prox|forward|rule|network|traffic))|t4|v100|p100|k80|rtx ?(?:30[6789]0|40[6789]0|50[789]0|4000|5000|6000|a6000|a5000|a4000|pro 6000)|mi300x|mi325x|mi355x|mi250x?|gaudi ?[23]?)\b"
    r"|\b(?:nvidia|tesla)(?: tesla)?[ -](?:p4|m60|p40|m40)\b"
    r"|\b(?:cloud )?tpu(?:[ -]?v\d[a-z]*)?\b"
)

MODEL_NAMES = (
    r"\b(?:gpt[ -]?[345][a-z0-9.:-]*(?: (?:mini|nano|turbo|pro)\b)?|chatgpt[a-z0-9.-]*|o[134](?:-(?:mini|pro|preview))?(?=[\s,:|_-]|$)|text-embedding[a-z0-9-]*|dall-?e[ -]?\d?|whisper[a-z0-9-]*|tts-1[a-z-]*|sora[a-z0-9-]*|"
    r"claude(?:[ -](?:instant|opus|sonnet|haiku|[0-9.]+))*|gemini(?:[ -](?:ultra|pro|flash|lite|nano|[0-9.]+))*|palm ?2?|llama[ -]?[0-9.]*(?:[ -]\d+b)?|mi[sx]tral[a-z0-9 .-]{0,16}|"
    r"command[ -]r\b\+?|nova (?:micro|lite|pro|premier)|titan (?:text|embed|image|multimodal)[a-z ]*|jurassic[a-z0-9 -]*|jamba[a-z0-9 .-]*|sdxl[a-z0-9 .]*|stable diffusion[a-z0-9 .]*|"
    r"deepseek[a-z0-9.-]*|qwen[a-z0-9./-]*|grok[ -]?[0-9.]*|composer-[0-9.]+|kimi[a-z0-9.-]*|glm-[0-9.]+[a-z-]*|gpt-oss[a-z0-9-]*|phi-?[34][a-z0-9.-]*|gemma[ -]?[0-9a-z.]*)"
)

#: Words in tags, workloads and resource names that tie plain storage or traffic to AI.
ADJACENT_WORDS = r"\b(?:ai|ml|llm|rag|genai|gen-ai|gpu|training|inference|embeddings?|mlops|model-?serving|fine-?tun(?:e|ing))\b"

TOKEN_TYPES = (
    ("cache_write", r"cache[ _-]?(?:write|creation)|writes? to cache"),
    ("cached", r"(?<!un)(?<!non-)(?<!not )cache[ _-]?(?:read|hit|input|prompt|token)|(?<!un)(?<!non-)(?<!not )cached|\bcchd\b"),
    ("reasoning", r"(?:reasoning|thinking)[ _-]?(?:output[ _-]?)?tokens?|(?:^|[,:_-]) ?reasoning\b"),
    ("output", r"output|completion|\boutpt?\b|response|generated tokens"),
    ("input", r"input|prompt|context tokens|\binpt?\b"),
)

_MODEL_VENDORS = r"\b(?:openai|anthropic|cohere|mistral ?ai|openrouter|together ?ai|together\.ai|groq|fireworks ?ai|perplexity|deepinfra|replicate|deepseek|xai|ai21|cursor|copilot(?! studio)|elevenlabs|assemblyai|deepgram|stability ?ai|voyage ?ai)\b"

RULES = (
    Rule("priced-by-token", "api_tokens", "any", r"(?:vertex|generative|gemini).*(?:\btokens?\b|\bcharacters?\b|token count)|\b(?:gemini|gemma|imagen|veo)\b.*\b(?:input|output|predictions?|generation)\b"),
    Rule("managed-ai-service", "managed_ai", "service", r"sagemaker|azure machine learning|vertex ai|ai platform"),
    Rule("gpu-hardware", "gpu", "hardware", ACCELERATORS),
    Rule("gpu-in-description", "gpu", "any", ACCELERATORS),
    Rule("gpu-word", "gpu", "any", r"\bgpus?\b|\bgraphics processing|\bgpu[- ]hours?\b|\b(?:a[234](?:plus|ultra|high|mega|x)?|g[24]) instance (?:core|ram)\b|\btpu[ -]?v?\d"),
    Rule("model-vendor", "api_tokens", "any", _MODEL_VENDORS + r"(?! service for kubernetes)"),
    Rule("model-vendor-provider", "api_tokens", "provider", _MODEL_VENDORS),
    Rule("bedrock-model", "api_tokens", "any", r"bedrock edition|\bbedrock\b"),
    Rule("model-named", "api_tokens", "model", r"\S"),
    Rule("model-in-text", "api_tokens", "any", MODEL_NAMES + r".*(?:token|api|request|input|output|embedding|image|\binp\b|\boutp\b)|(?:token|api|llm|model).*" + MODEL_NAMES),
    Rule("llm-tokens", "api_tokens", "any", r"\bllm\b|(?:input|output|prompt|completion|cached)[ _-]?tokens?\b|\bper (?:1k|1m|million|thousand) tokens?\b|\bembeddings? api\b"),
    Rule("model-service", "api_tokens", "service", r"\b(?:gpt-?[345]|claude|gemini(?! (?:for google|code assist|enterprise))|llama|mistral)\b|amazon (?:nova|titan)\b"),
    Rule("aws-ai", "managed_ai", "any", r"sagemaker|\bkendra\b|rekognition|comprehend|\bpolly\b|transcribe|amazon ?translate|textract|amazon ?lex\b|amazon ?personalize|amazon ?forecast\b|\bamazon ?q\b|codewhisperer|codeguru|lookout for|fraud ?detector|healthscribe|healthlake imaging|deepracer|augmented ai|contact lens"),
    Rule("azure-ai", "managed_ai", "any", r"azure (?:ai\b|applied ai|machine learning|openai|cognitive)|cognitive ?services|cognitive search|machine ?learning ?services|microsoft\.machinelearning|microsoft\.cognitive|\bai (?:search|foundry|services?|speech|vision|language)\b|bot service|document intelligence|form recognizer|content safety|foundry models|copilot studio"),
    Rule("google-ai", "managed_ai", "any", r"vertex ai|cloud (?:vision|speech|text-to-speech|translation|natural language)|translation api|dialogflow|document ai|\bautoml\b|ai platform|generative language|video intelligence|recommendations ai|discovery engine|agentspace|contact center ai|duet ai|gemini (?:for google cloud|code assist|enterprise)|\bgemini api\b|agent builder"),
    Rule("oracle-ai", "managed_ai", "any", r"oci (?:generative|vision|language|speech|data science)|generative ai|document understanding|anomaly detection|digital assistant"),
    Rule("oracle-ai-service", "managed_ai", "service", r"(?:^|\| )(?:(?:oci|oracle|ai) )*(?:vision|language|speech|data science)(?:$| \|)"),
    Rule("platform-ai", "managed_ai", "any", r"model serving|real[ -]time inference|mosaic ai|snowflake cortex|\bcortex (?:ai|llm|analyst|search|agents?|functions?)|databricks.*(?:foundation model|\bml\b)|hugging ?face|weights ?& ?biases|\bwandb\b|langsmith|langfuse|\bmlflow\b|scale ai|labelbox|modal labs|runpod|lambda ?labs|lambda cloud|coreweave|vast\.ai|baseten|cerebras|sambanova|nebius|paperspace"),
    Rule("platform-ai-provider", "managed_ai", "provider", r"^(?:modal|lambda|runpod|coreweave|vast\.?ai|nebius|baseten)\b"),
    Rule("machine-learning", "managed_ai", "any", r"machine learning|\binference endpoint|\bml endpoint|model (?:training|hosting|inference)|ai/ml"),
    Rule("vector-store", "ai_adjacent", "any", r"pinecone|weaviate|qdrant|milvus|zilliz|\bchroma\b|vector (?:search|store|database|db)|pgvector|s3 vectors"),
    Rule("adjacent-by-tag", "ai_adjacent", "tags", ADJACENT_WORDS),
    Rule("operations", "other", "any", r"cloud ?watch|cloud ?trail|monitor|\blogging\b|log analytics|stackdriver|\bconfig\b|guard ?duty|cloud guard|security|\bwaf\b|\bshield\b|macie|detective|sentinel|key management|\bkms\b|secrets? manager|key ?vault|\bvault\b|data safe|inspector|defender|threat|\biam\b|identity|cognito|active directory|\bentra\b|directory service|certificate|datadog|grafana|prometheus|new relic|sentry|service catalog|systems manager|cloud ?formation|migration hub|cost (?:explorer|management)|advisor|x-?ray|observability|telemetry|application insights|insight and analytics|\bautomation\b|recaptcha|azure (?:arc|policy)"),
    Rule("storage", "other", "any", r"storage|\bs3\b|glacier|\bebs\b|elastic block|\befs\b|elastic file|file ?store|netapp|\bfsx\b|disks?\b|backup|site recovery|snapshot|blob|bucket|archive|volumes?\b|data ?sync|snow(?:ball|cone|family)|transfer (?:appliance|family)|data lake"),
    Rule("database", "other", "any", r"database|\brds\b|\bsql\b|aurora|dynamo|redis|\bvalkey\b|memory ?(?:store|db)|cosmos|mongo|doc(?:ument)? ?db|elasti ?cache|neptune|timestream|keyspaces|redshift|spanner|bigtable|big ?query|alloydb|snowflake|mysql|postgres|nosql|exadata|heatwave|open ?search|elastic ?search|\bamazon es\b|warehouse|synapse|athena|\bglue\b|firestore|firebase realtime|data ?(?:factory|brew|bricks|flow|proc|plex|stream|explorer|catalog|integration|fusion|exchange|zone)|databricks|map ?reduce|\bemr\b|hdinsight|stream analytics|microsoft fabric|purview|composer|goldengate|big data|analytics cloud|\blake formation\b"),
    Rule("containers", "other", "any", r"kubernetes|\beks\b|\baks\b|\bgke\b|containers?\b|\becr\b|\becs\b|\bopenshift\b|cpucore|opencost"),
    Rule("messaging", "other", "any", r"\bsqs\b|\bsns\b|queue|notification|pub/?sub|kinesis|firehose|event ?bridge|event ?(?:hubs?|grid|arc)|service bus|\bmsk\b|kafka|\bmq\b|step functions|logic apps|workflows?\b|app ?flow|simple email|email delivery|\bses\b|\biot\b|signalr|cloud (?:tasks|scheduler)|\bstreaming\b"),
    Rule("network", "other", "any", r"network|data ?transfer|bandwidth|egress|load balanc|\belb\b|cloud ?front|\bcdn\b|content delivery|\bvpc\b|virtual private cloud|virtual (?:wan|cloud)|route ?53|\bdns\b|nat gateway|cloud nat|direct ?connect|express ?route|fast ?connect|interconnect|\bvpn\b|ip address|front door|gateway|transit|private ?link|global accelerator|traffic manager|firewall|bastion|ddos|cloud (?:armor|map|ids)|app ?(?:sync|mesh)|api management|apigee|cloud endpoints"),
    Rule("compute", "other", "any", r"elastic compute|\bec2\b|virtual machines?|compute engine|\bvms?\b|lambda|functions?\b|fargate|app ?(?:service|engine|runner)|beanstalk|cloud ?run\b|batch\b|lightsail|droplet|compute|box ?usage|\bservers?\b|cloudshell|licen[cs]es?\b|outposts|cloud services|service fabric|vmware|spring (?:apps|cloud)|static web apps|bare metal|dedicated hosts?"),
    Rule("business", "other", "any", r"support|marketplace|training seats?|slack|github|gitlab|jira|atlassian|microsoft 365|office|zoom|salesforce|reservation|savings plan|tax|vat\b|credit|discount|refund|rounding|registrar|domain|work ?(?:spaces|mail|docs)|app ?stream|virtual desktop|connect\b|pinpoint|chime|communication services|\bmaps\b|amplify|quick ?sight|power bi|\blooker\b|developer tools|code ?(?:build|pipeline|deploy|commit|artifact|star|catalyst)|cloud build|visual studio|devops|artifact registry|firebase|location service|media ?(?:live|convert|package|store|tailor|connect)|\bmigrate\b|blockchain|game ?lift|visual builder|integration"),
)  # fmt: skip
