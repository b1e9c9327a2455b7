"""What the made-up bill of the audit's benchmark is about: services, lines (SKUs), resources. Plain lists, seeded; no rows.

Names are real product names, so that the audit classifies them as it would a customer's; prices are round inventions and
mean nothing. A line settles service, description, instance type, model, token type, unit and price. US dollars.
"""

import json
import random
from typing import NamedTuple

_AWS_REGIONS = (
    "us-east-1", "us-east-2", "us-west-2", "eu-west-1", "eu-central-1", "ap-southeast-1", "ap-northeast-1", "ca-central-1",
)  # fmt: skip
#: provider -> number of accounts, regions; an account belongs to one provider, one or two teams and one to three regions
ACCOUNTS = {
    "Amazon Web Services": (16, _AWS_REGIONS),
    "Microsoft": (6, ("eastus", "westeurope")),
    "Google Cloud": (4, ("us-central1", "europe-west4")),
    "OpenAI": (1, ("",)),
    "Anthropic": (1, ("",)),
    "Pinecone": (1, ("",)),
    "Datadog": (1, ("",)),
}  # fmt: skip
APPS = (
    ("search", "ranker"), ("search", "crawler"), ("search", "rag-search"), ("payments", "ledger"), ("payments", "checkout"),
    ("support", "llm-gateway"), ("support", "tickets"), ("growth", "mailer"), ("growth", "ads"), ("data", "warehouse"),
    ("data", "etl"), ("platform", "gateway"), ("platform", "auth"), ("ml", "features"), ("ml", "scoring"),
    ("mobile", "push"), ("web", "storefront"), ("web", "media"), ("risk", "fraud-score"), ("finance", "reports"),
)  # fmt: skip
ENVIRONMENTS = ("prod",) * 12 + ("dev",) * 3 + ("test",) * 2 + ("staging",) * 2 + ("",)

_AI_CATEGORY = "AI and Machine Learning"
_GPU = (
    ("Amazon Web Services", "Amazon Elastic Compute Cloud", (
        ("p5.48xlarge", 98.0), ("p4d.24xlarge", 32.0), ("g6e.12xlarge", 10.5), ("g5.2xlarge", 1.2), ("g5.12xlarge", 5.7),
        ("g6.xlarge", 0.8), ("p3.2xlarge", 3.1), ("g4dn.xlarge", 0.5))),
    ("Microsoft", "Virtual Machines", (("Standard_ND96isr_H100_v5", 95.0), ("Standard_NC24ads_A100_v4", 3.7))),
    ("Google Cloud", "Compute Engine", (("a2-highgpu-1g", 3.7), ("g2-standard-4", 0.7))),
)  # fmt: skip
_MANAGED = (
    ("Amazon Web Services", "Amazon SageMaker", "ml.g5.xlarge", 1.4),
    ("Amazon Web Services", "Amazon SageMaker", "ml.m5.xlarge", 0.23),
    ("Microsoft", "Azure Machine Learning", "", 0.9),
    ("Google Cloud", "Vertex AI", "", 0.75),
)
_MODELS = (
    ("Amazon Web Services", "Amazon Bedrock", ("claude-sonnet-4", "claude-haiku-3.5", "nova-lite", "llama-3.3-70b")),
    ("Microsoft", "Azure OpenAI Service", ("gpt-4o", "gpt-4o-mini", "gpt-4.1")),
    ("OpenAI", "OpenAI API", ("gpt-4.1-mini", "gpt-5", "o3")),
    ("Anthropic", "Claude API", ("claude-opus-4", "claude-sonnet-4.5")),
)
_TOKENS = (("input", 2e-6, 1.0), ("cached", 5e-7, 0.08), ("output", 8e-6, 0.7))  # token type, price of one, share
_SIZES = ("large", "xlarge", "2xlarge", "4xlarge")
_UNITS = {"Hours": (0.05, 0.5), "TB": (4.0, 0.2), "GB": (0.02, 20.0), "GB-Month": (0.005, 40.0), "Requests": (2e-7, 60_000.0)}
_PLAIN = (
    ("Amazon Web Services", "Amazon Simple Storage Service", "Storage", "GB-Month"),
    ("Amazon Web Services", "Amazon Relational Database Service", "Databases", "Hours"),
    ("Amazon Web Services", "AWS Lambda", "Compute", "Requests"),
    ("Amazon Web Services", "AmazonCloudWatch", "Management and Governance", "Requests"),
    ("Amazon Web Services", "Amazon DynamoDB", "Databases", "Requests"),
    ("Amazon Web Services", "Amazon Elastic Container Service for Kubernetes", "Compute", "Hours"),
    ("Amazon Web Services", "Amazon CloudFront", "Networking", "GB"),
    ("Amazon Web Services", "Amazon Virtual Private Cloud", "Networking", "GB"),
    ("Amazon Web Services", "Amazon Simple Queue Service", "Integration", "Requests"),
    ("Amazon Web Services", "Amazon Simple Notification Service", "Integration", "Requests"),
    ("Amazon Web Services", "Amazon Kinesis", "Analytics", "Hours"),
    ("Amazon Web Services", "Amazon ElastiCache", "Databases", "Hours"),
    ("Amazon Web Services", "Amazon Redshift", "Analytics", "Hours"),
    ("Amazon Web Services", "AWS Glue", "Analytics", "Hours"),
    ("Amazon Web Services", "Amazon Athena", "Analytics", "TB"),
    ("Amazon Web Services", "Amazon Route 53", "Networking", "Requests"),
    ("Amazon Web Services", "AWS Key Management Service", "Security", "Requests"),
    ("Microsoft", "Azure Storage", "Storage", "GB-Month"),
    ("Microsoft", "SQL Database", "Databases", "Hours"),
    ("Microsoft", "Azure App Service", "Compute", "Hours"),
    ("Microsoft", "Azure Cosmos DB", "Databases", "Requests"),
    ("Microsoft", "Azure Kubernetes Service", "Compute", "Hours"),
    ("Microsoft", "Azure Monitor", "Management and Governance", "GB"),
    ("Google Cloud", "BigQuery", "Analytics", "TB"),
    ("Google Cloud", "Cloud Storage", "Storage", "GB-Month"),
    ("Google Cloud", "Cloud SQL", "Databases", "Hours"),
    ("Google Cloud", "Cloud Run", "Compute", "Requests"),
    ("Pinecone", "Pinecone", "Databases", "GB-Month"),
    ("Datadog", "Datadog", "Management and Governance", "Hours"),
)
_PLAIN_WORDS = (
    "standard", "premium", "data transfer out", "read", "write", "small", "medium", "large", "archive", "extra", "on demand",
)  # fmt: skip
#: service, description, unit, amount of a row around which it varies; in the order that audit_data.py counts on
_SPECIAL = (
    ("Tax", "Tax for product code AmazonEC2", "", 300.0),
    ("AWS Credits", "Promotional credit", "", -400.0),
    ("Amazon Elastic Compute Cloud", "Reserved instance fee, 1 year", "", 2500.0),
    ("Amazon Elastic Compute Cloud", "Unused reservation, Linux m5.xlarge", "Hours", 90.0),
)
#: resource, instance type, model or service, environment, utilization, size
_PLANTED = (
    ("planted-0-prod", "p4d.24xlarge", "prod", 0.02, 1.0),
    ("planted-1-dev", "g5.12xlarge", "dev", 0.3, 1.0),
    ("planted-2-prod", "p3.2xlarge", "prod", 0.75, 1.0),
    ("planted-3-prod", "p5.48xlarge", "prod", 0.85, 1.0),
    ("planted-4-prod", "ml.g5.xlarge", "prod", None, 1.0),
    ("planted-5-prod", "claude-sonnet-4", "prod", None, 8.0),
    ("planted-6-volume-unattached", "Amazon Simple Storage Service", "prod", None, 2.0),
    ("planted-7-checkpoints", "Cloud Storage", "prod", None, 3.0),
)


class Line(NamedTuple):
    """One SKU."""

    line: int
    sku_id: str
    provider: str
    service: str
    category: str
    description: str
    instance: str
    model: str
    token_type: str
    unit: str
    price: float
    volume: float  # typical quantity of a row


class Account(NamedTuple):
    """Whose resources these are."""

    account: int
    regions: tuple[str, ...]
    teams: tuple[str, ...]
    environment: str  # of most of its resources


class Resource(NamedTuple):
    """One resource, with what stays the same in all its rows."""

    resource: int
    resource_id: str
    line: int
    span: int  # its rows take lines `line` .. `line + span - 1`
    account: int
    region: str
    tags: str
    pricing: str
    commitment: str
    utilization: float | None
    size: float


class Plan(NamedTuple):
    """Everything rows are made from. The first `steady` resources have a row every hour, the next `office` in office hours only."""

    lines: list[Line]
    resources: list[Resource]
    special: int  # first of the four lines tax, credit, commitment fee, unused commitment
    steady: int
    office: int


class _Book:
    """Collects the lines; groups say which of them a resource may have."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.groups: dict[str, list[tuple[int, int]]] = {}

    def add(self, group: str, texts: tuple[str, str, str], description: str, unit: str, price: float, volume: float, **more: str) -> int:
        """Adds one line that is a group member of its own; `texts` are provider, service and service category."""
        at = len(self.lines)
        instance, model, token_type = (more.get(name, "") for name in ("instance", "model", "token_type"))
        self.lines.append(Line(at, f"SKU{at:05d}", *texts, description, instance, model, token_type, unit, price, volume))
        self.groups.setdefault(group, []).append((at, 1))
        return at

    def join(self, group: str, count: int) -> None:
        """Makes the last `count` lines one member: its rows take any of them."""
        del self.groups[group][-count:]
        self.groups[group].append((len(self.lines) - count, count))


def make_plan(lines_per_hour: int, seed: int) -> Plan:
    """About 20,000 resources; fewer for small bills."""
    chance = random.Random(seed)
    book = _book()
    special = len(book.lines) - len(_SPECIAL)
    steady = min(9_000, int(lines_per_hour * 0.6))
    count = min(20_000, max(60, int(lines_per_hour * 1.45)))
    accounts = _accounts(chance)
    resources = [
        _planted(at, book, accounts) if at < len(_PLANTED) else _resource(at, at < steady, book, accounts, chance) for at in range(count)
    ]
    return Plan(book.lines, resources, special, steady, (count - steady) // 4)


def _book() -> _Book:
    book = _Book()
    for provider, service, instances in _GPU:
        for instance, price in instances:
            book.add("gpu", (provider, service, "Compute"), f"{instance} instance hour", "Hours", price, 1.0, instance=instance)
    for provider, service, instance, price in _MANAGED:
        texts = (provider, service, _AI_CATEGORY)
        book.add("managed", texts, f"{service} hosting {instance or 'endpoint'}", "Hours", price, 1.0, instance=instance)
    for provider, service, models in _MODELS:
        for at, model in enumerate(models):
            for kind, price, share in _TOKENS:
                texts, words = (provider, service, _AI_CATEGORY), f"{model} {kind} tokens"
                book.add("tokens", texts, words, "Tokens", price * (at + 1), share * 2e5, model=model, token_type=kind)
            book.join("tokens", len(_TOKENS))
    for at, instance in enumerate(f"{family}.{size}" for family in ("m6i", "c6i", "r6i", "m5", "t3") for size in _SIZES):
        texts = ("Amazon Web Services", "Amazon Elastic Compute Cloud", "Compute")
        words = f"On Demand Linux {instance} Instance Hour"
        book.add("compute", texts, words, "Hours", 0.05 * (1 + at % 4), 1.0, instance=instance)
    for at, (provider, service, category, unit) in enumerate(_PLAIN):
        price, volume = _UNITS[unit]
        for word in _PLAIN_WORDS:
            book.add("plain", (provider, service, category), f"{service} {word} {unit}", unit, price * (at % 5 + 1), volume)
        book.join("plain", len(_PLAIN_WORDS))
    for service, description, unit, amount in _SPECIAL:
        book.add("special", ("Amazon Web Services", service, "Other"), description, unit, amount, 1.0)
    return book


def _accounts(chance: random.Random) -> dict[str, list[Account]]:
    """Accounts by provider."""
    teams = sorted({team for team, _ in APPS})
    found: dict[str, list[Account]] = {}
    number = 0
    for provider, (count, regions) in ACCOUNTS.items():
        for _ in range(count):
            some = tuple(chance.sample(regions, min(len(regions), chance.randint(1, 3))))
            mine = tuple(chance.sample(teams, chance.randint(1, 2)))
            found.setdefault(provider, []).append(Account(number, some, mine, chance.choice(ENVIRONMENTS)))
            number += 1
    return found


def _tags(account: Account, chance: random.Random) -> str:
    if chance.random() < 0.12:
        return ""
    team = chance.choice(account.teams)
    app = chance.choice([app for owner, app in APPS if owner == team])
    environment = account.environment if chance.random() < 0.8 else chance.choice(ENVIRONMENTS)
    return _tag_text(team, environment, app)


def _tag_text(team: str, environment: str, app: str) -> str:
    named = {"team": team, "environment": environment, "app": app}
    return json.dumps({name: value for name, value in named.items() if value})


def _resource(at: int, steady: bool, book: _Book, accounts: dict[str, list[Account]], chance: random.Random) -> Resource:
    share = chance.random()
    group = "gpu" if share < 0.02 else "managed" if share < 0.04 else "tokens" if share < 0.12 else "compute" if share < 0.3 else "plain"
    members = book.groups[group]
    weights = [1 / book.lines[line].price for line, _ in members] if group == "gpu" else None  # dear machines are few
    line, span = chance.choices(members, weights)[0]
    account = chance.choice(accounts[book.lines[line].provider])
    by_hour = group in ("gpu", "managed", "compute")
    pricing = chance.choices(("Standard", "Committed", "Dynamic"), (70, 25 if steady else 0, 5))[0] if by_hour else "Standard"
    busy = chance.choice((0.02, 0.15, 0.4, 0.55, 0.7, 0.85)) if group == "gpu" and chance.random() < 0.7 else None
    return Resource(
        at,
        f"arn:{at:05d}:{chance.getrandbits(64):016x}",
        line,
        span,
        account.account,
        chance.choice(account.regions),
        _tags(account, chance),
        pricing,
        f"commit-{chance.randrange(40):03d}" if pricing == "Committed" else "",
        busy,
        1.0 if by_hour else round(chance.lognormvariate(0, 1.2), 4),
    )


def _planted(at: int, book: _Book, accounts: dict[str, list[Account]]) -> Resource:
    """The first resources are what the audit must find in a bill of any size."""
    resource, name, environment, utilization, size = _PLANTED[at]
    line = next(line.line for line in book.lines if name in (line.instance, line.model, line.service))
    span = next(span for members in book.groups.values() for first, span in members if first == line)
    tags = _tag_text("ml", environment, "scoring")
    account = accounts[book.lines[line].provider][at % 4]
    return Resource(at, resource, line, span, account.account, account.regions[0], tags, "Standard", "", utilization, size)
