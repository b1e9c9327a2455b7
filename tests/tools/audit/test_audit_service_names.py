"""Promise to whoever pays a cloud: the services that bills name are told apart, no AI service is missed, no plain one taken for AI.

Names as they stand on bills and in exports of the providers (their service lists and price lists, from memory, 2026-11-22).
"""

# ruff: noqa: E501 - tables of names are data

import pytest

from tools.audit.classify import classify
from tools.audit.tool import AuditCosts
from tools.audit.work import run
from tools.contracts.tool import ToolContext

#: Rule -> names of plain services, parted by "|".
PLAIN = {
    "compute": "Amazon Elastic Compute Cloud - Compute|EC2 - Other|AmazonEC2|AWS Lambda|AWSLambda|AWS Fargate|Amazon Lightsail|AWS App Runner|AWS Batch|AWS Elastic Beanstalk|AWS Outposts|Savings Plans for AWS Compute usage|ComputeSavingsPlans|"
    "Virtual Machines|Virtual Machines Licenses|Azure App Service|Functions|Cloud Services|Azure Spring Apps|Service Fabric|Azure VMware Solution|"
    "Compute Engine|Cloud Run|Cloud Run Functions|Cloud Functions|App Engine|VMware Engine|COMPUTE|Compute Bare Metal|Oracle Functions",
    "storage": "Amazon Simple Storage Service|AmazonS3|Amazon Elastic Block Store|Amazon Elastic File System|AmazonEFS|Amazon FSx|AmazonFSx|Amazon Glacier|AmazonGlacier|Amazon S3 Glacier Deep Archive|AWS Backup|AWSBackup|AWS Storage Gateway|AWS DataSync|AWS Snowball|AWS Transfer Family|"
    "Storage|Backup|Azure Site Recovery|Azure NetApp Files|Data Lake Storage Gen2|Cloud Storage|Cloud Filestore|Backup and DR Service|Storage Transfer Service|Transfer Appliance|BLOCK_STORAGE|OBJECT_STORAGE|Block Volume|File Storage|Archive Storage",
    "database": "Amazon Relational Database Service|AmazonRDS|Amazon DynamoDB|AmazonDynamoDB|Amazon ElastiCache|AmazonElastiCache|Amazon Redshift|AmazonRedshift|Amazon Neptune|Amazon DocumentDB (with MongoDB compatibility)|AmazonDocDB|Amazon Timestream|Amazon Keyspaces|Amazon MemoryDB|Amazon OpenSearch Service|AmazonES|Amazon Athena|AmazonAthena|AWS Glue|AWSGlue|Amazon Elastic MapReduce|ElasticMapReduce|AWS Database Migration Service|AWS Lake Formation|"
    "SQL Database|SQL Managed Instance|Azure Database for PostgreSQL|Azure Database for MySQL|Azure Cosmos DB|Redis Cache|Azure Synapse Analytics|Azure Databricks|Azure Data Factory v2|HDInsight|Azure Data Explorer|Stream Analytics|Microsoft Fabric|Azure Purview|"
    "BigQuery|Cloud SQL|Cloud Spanner|Cloud Bigtable|Cloud Memorystore for Redis|Memorystore|Cloud Firestore|AlloyDB|Cloud Dataflow|Cloud Dataproc|Dataplex|Cloud Composer|Datastream|Cloud Data Fusion|"
    "DATABASE|Autonomous Database|MySQL HeatWave|NoSQL Database|Exadata|OCI Cache with Redis|Data Flow|Big Data Service|Data Integration|GoldenGate|Analytics Cloud|Snowflake",
    "network": "Amazon CloudFront|AmazonCloudFront|Amazon Route 53|AmazonRoute53|Amazon API Gateway|AmazonApiGateway|Amazon Virtual Private Cloud|AmazonVPC|Elastic Load Balancing|AWSELB|AWS Direct Connect|AWSDirectConnect|AWS Data Transfer|AWSDataTransfer|AWS Global Accelerator|AWS Transit Gateway|AWS Network Firewall|AWS AppSync|AWS Cloud Map|AWS PrivateLink|"
    "Virtual Network|Bandwidth|Load Balancer|Application Gateway|VPN Gateway|ExpressRoute|Azure DNS|Traffic Manager|Content Delivery Network|Azure Front Door Service|Azure Firewall|NAT Gateway|Virtual WAN|Network Watcher|Azure Bastion|API Management|Azure DDOS Protection|"
    "Networking|Cloud Load Balancing|Cloud CDN|Cloud DNS|Cloud Interconnect|Cloud VPN|Cloud Armor|Apigee|Cloud Endpoints|NETWORK|Virtual Cloud Network|FastConnect|DNS",
    "containers": "Amazon Elastic Container Service|AmazonECS|Amazon Elastic Container Service for Kubernetes|AmazonEKS|Amazon EC2 Container Registry (ECR)|AmazonECR|Azure Kubernetes Service|Container Instances|Container Registry|Azure Container Apps|Azure Red Hat OpenShift|Kubernetes Engine|Container Engine for Kubernetes",
    "messaging": "Amazon Simple Queue Service|AWSQueueService|Amazon Simple Notification Service|AmazonSNS|Amazon Kinesis|AmazonKinesis|Amazon Kinesis Firehose|Amazon EventBridge|Amazon Simple Email Service|AmazonSES|Amazon MQ|AmazonMQ|Amazon Managed Streaming for Apache Kafka|AmazonMSK|AWS Step Functions|Amazon AppFlow|AWS IoT|AWSIoT|Amazon Managed Workflows for Apache Airflow|"
    "Event Hubs|Service Bus|Event Grid|Logic Apps|Notification Hubs|SignalR|IoT Hub|Cloud Pub/Sub|Cloud Tasks|Cloud Scheduler|Eventarc|Workflows|Streaming|Notifications|Email Delivery",
    "operations": "AmazonCloudWatch|Amazon CloudWatch|AWS CloudTrail|AWSCloudTrail|AWS Config|AWSConfig|Amazon GuardDuty|AmazonGuardDuty|AWS Security Hub|Amazon Inspector|Amazon Macie|AWS WAF|awswaf|AWS Shield|AWS Key Management Service|awskms|AWS Secrets Manager|AWSSecretsManager|AWS Systems Manager|Amazon Cognito|AWS Certificate Manager|AWS Directory Service|AWS X-Ray|AWSXRay|AWS Cost Explorer|AWS Service Catalog|AWS CloudFormation|Amazon Managed Grafana|Amazon Managed Service for Prometheus|Amazon Detective|"
    "Log Analytics|Azure Monitor|Application Insights|Microsoft Defender for Cloud|Security Center|Sentinel|Key Vault|Azure Active Directory for External Identities|Microsoft Entra|Automation|"
    "Cloud Logging|Cloud Monitoring|Stackdriver Logging|Secret Manager|Cloud Key Management Service (KMS)|Security Command Center|Identity Platform|reCAPTCHA Enterprise|MONITORING|Logging Analytics|Vault|Cloud Guard|Data Safe|Datadog",
    "business": "AWS Support (Business)|AWS Premium Support|Tax|Amazon Registrar|AWS Marketplace|AWS CodeBuild|CodeBuild|AWS CodePipeline|AWS CodeArtifact|AWS Amplify|Amazon Connect|Amazon Pinpoint|Amazon Chime|Amazon WorkSpaces|AmazonWorkSpaces|Amazon WorkMail|Amazon AppStream|Amazon QuickSight|Amazon Location Service|AWS Elemental MediaConvert|Amazon GameLift|"
    "Azure DevOps|Power BI|Power BI Embedded|Azure Maps|Azure Communication Services|Windows Virtual Desktop|Support|Cloud Build|Artifact Registry|Looker|Maps API|Firebase Hosting|GitHub|Microsoft 365",
}  # fmt: skip

#: Kind -> (service, description).
AI = {
    "api_tokens": [
        ("Amazon Bedrock", "USE1-Claude4.5Sonnet-input-tokens"), ("AmazonBedrock", ""), ("Claude 3.5 Sonnet (Amazon Bedrock Edition)", "Million Input Tokens"), ("Claude Opus 4 (Amazon Bedrock Edition)", ""),
        ("Amazon Bedrock", "EUW1-ProvisionedThroughput-ModelUnits"), ("Amazon Bedrock Service", "Guardrail text units"), ("Azure OpenAI", "gpt 4o 0806 Inp glbl Tokens"), ("Cognitive Services", "Azure OpenAI GPT4o 0806 Output Global Tokens"),
        ("Foundry Models", "gpt-5 mini outp glbl Tokens"), ("Foundry Models", "DeepSeek R1 Inp Data Zone Tokens"), ("Vertex AI", "Gemini 2.5 Pro Text Input - Predictions"), ("Vertex AI", "Claude Sonnet 4 Input Tokens"),
        ("Vertex AI", "Gemini 1.5 Flash Generate content text output characters"), ("Gemini API", "Generate content input token count Gemini 2.5 Flash short input text"), ("Generative Language API", "Gemini 2.0 Flash output token count"),
        ("Generative AI", "Generative AI - Large Cohere - on-demand"), ("OpenAI", "gpt-4o, input"), ("Anthropic", "Claude Sonnet 5 output"), ("Together AI", "Llama 3.3 70B Turbo"), ("Fireworks AI", "deepseek-v3 output tokens"),
        ("Replicate", "flux image"), ("OpenRouter", ""), ("Groq", ""), ("Mistral AI", ""), ("Perplexity", ""), ("xAI", "grok-4 input tokens"), ("GitHub Copilot", "seats"), ("Cursor", ""), ("ElevenLabs", ""),
    ],
    "managed_ai": [
        ("Amazon SageMaker", "USE1-Host:ml.m5.large"), ("AmazonSageMaker", ""), ("Amazon SageMaker", "HyperPod cluster ml.p5.48xlarge"), ("Amazon SageMaker", "ml.trn1.32xlarge training"), ("Amazon SageMaker HyperPod", ""),
        ("Amazon Kendra", ""), ("AmazonKendra", ""), ("Amazon Rekognition", ""), ("AmazonRekognition", ""), ("Amazon Comprehend", ""), ("comprehend", ""), ("Amazon Polly", ""), ("AmazonPolly", ""), ("Amazon Transcribe", ""), ("transcribe", ""),
        ("Amazon Translate", ""), ("translate", "Amazon Translate text"), ("Amazon Textract", ""), ("AmazonTextract", ""), ("Amazon Lex", ""), ("AmazonLex", ""), ("Amazon Personalize", ""), ("AmazonPersonalize", ""), ("Amazon Forecast", ""),
        ("Amazon Q", ""), ("Amazon Q Developer", ""), ("Amazon CodeWhisperer", ""), ("Amazon Fraud Detector", ""), ("Amazon Augmented AI", ""), ("AWS HealthScribe", ""), ("Amazon Lookout for Vision", ""),
        ("Cognitive Services", "Speech to text"), ("Azure AI services", ""), ("Azure AI Foundry", ""), ("Azure Machine Learning", ""), ("Azure Machine Learning Service", "Managed online endpoint"), ("Azure Cognitive Search", "Standard S1"),
        ("Azure AI Search", ""), ("Azure Bot Service", ""), ("Azure Form Recognizer", ""), ("Azure Applied AI Services", ""), ("Microsoft Copilot Studio", ""), ("Content Safety", ""),
        ("Vertex AI", "Online prediction node hours"), ("AI Platform", ""), ("Cloud Vision API", ""), ("Cloud Speech API", ""), ("Cloud Speech-to-Text", ""), ("Cloud Text-to-Speech API", ""), ("Cloud Translation API", ""), ("Translation API", ""),
        ("Cloud Natural Language API", ""), ("Cloud Document AI API", ""), ("Document AI", ""), ("Cloud AutoML", ""), ("Cloud Video Intelligence API", ""), ("Recommendations AI", ""), ("Dialogflow API", ""), ("Discovery Engine", ""),
        ("Contact Center AI", ""), ("Gemini for Google Cloud", ""), ("Gemini Code Assist", ""), ("Generative AI", "Dedicated AI cluster hosting"), ("OCI Generative AI Agents", ""), ("DATA_SCIENCE", ""), ("Data Science", ""), ("VISION", ""), ("AI Vision", ""), ("Language", ""),
        ("SPEECH", ""), ("Document Understanding", ""), ("Anomaly Detection", ""), ("Digital Assistant", ""), ("Databricks", "ENTERPRISE_SERVERLESS_REAL_TIME_INFERENCE_US_EAST"), ("Databricks", "PREMIUM_MODEL_TRAINING_US_EAST"), ("Snowflake", "AI_SERVICES"),
        ("RunPod", "serverless"), ("CoreWeave", "storage"), ("Vast.ai", ""), ("Lambda Labs", ""), ("Modal Labs", "cpu seconds"), ("Hugging Face", "Inference Endpoints"), ("Weights & Biases", ""), ("Baseten", ""),
    ],
    "gpu": [
        ("Amazon Elastic Compute Cloud", "BoxUsage:p5.48xlarge"), ("AmazonEC2", "USE1-BoxUsage:trn1.32xlarge"), ("AmazonEC2", "BoxUsage:inf2.xlarge"), ("AmazonEC2", "BoxUsage:g6e.12xlarge"), ("AmazonEC2", "SpotUsage:p6-b200.48xlarge"),
        ("Virtual Machines", "ND96isr H100 v5"), ("Virtual Machines", "NC24ads A100 v4"), ("Virtual Machines", "NC6s v3"), ("Virtual Machines", "NV36ads A10 v5"), ("Virtual Machines", "NC4as T4 v3"), ("Virtual Machines NDasrA100_v4 Series", "ND96asr"),
        ("Virtual Machines NCasT4 v3 Series", ""), ("Virtual Machines", "NDmi300xv5 Series"), ("Compute Engine", "Nvidia Tesla A100 GPU running in Americas"), ("Compute Engine", "A100 80GB GPU running in Iowa"),
        ("Compute Engine", "A3 Instance Core running in Iowa"), ("Compute Engine", "A3Plus Instance Ram running in Iowa"), ("Compute Engine", "G2 Instance Core running in Iowa"), ("Compute Engine", "TPU v5e chips in us-west4"), ("Cloud TPU", "TpuV5e hours"),
        ("Cloud Run", "GPU Allocation Time L4 (no zonal redundancy)"), ("Kubernetes Engine", "Autopilot NVIDIA L4 GPU"), ("COMPUTE", "BM.GPU.H100.8"), ("Compute", "VM.GPU.A10.2"), ("Lambda", "gpu_8x_h100_sxm5"), ("Lambda Cloud", "1x A10 (24 GB PCIe)"),
        ("CoreWeave", "HGX H100 80GB SXM"), ("RunPod", "RTX 4090"), ("Vast.ai", "RTX 3090"), ("Together AI", "Dedicated endpoint H100 80GB"), ("Modal", "GPU T4 seconds"), ("Replicate", "Nvidia A40 (Large) GPU"), ("Azure Container Apps", "Serverless GPU NVIDIA A100"),
    ],
    "ai_adjacent": [("Pinecone", ""), ("Qdrant Cloud", ""), ("Weaviate", ""), ("Amazon S3 Vectors", ""), ("Databricks", "ENTERPRISE_VECTOR_SEARCH")],
}  # fmt: skip


def words(service: str, description: str) -> str:
    found = classify(service, description, "", "", "", "")
    return f"{service} / {description}: {found.kind}, {found.rule}"


@pytest.mark.parametrize("rule", PLAIN)
def test_plain_services_are_named_and_never_ai(rule):
    for name in PLAIN[rule].split("|"):
        found = classify(name, "", "", "", "", "")
        assert (found.kind, found.rule) == ("other", rule), words(name, "")


@pytest.mark.parametrize("kind", AI)
def test_no_ai_service_is_missed(kind):
    for service, description in AI[kind]:
        assert classify(service, description, "", "", "", "").kind == kind, words(service, description)


@pytest.mark.parametrize(
    ("service", "description"),
    [
        ("Amazon Elastic Compute Cloud", "BoxUsage:m5.large"), ("Virtual Machines", "D2s v3"), ("Virtual Machines", "E4as v5"), ("Compute Engine", "N2 Instance Core running in Iowa"), ("Compute Engine", "E2 Instance Ram running in Iowa"),
        ("Compute Engine", "A2 Street disk image"), ("Databricks", "PREMIUM_ALL_PURPOSE_COMPUTE"), ("Azure Databricks", "Premium All-purpose Compute DBU"), ("Snowflake", "CLOUD_SERVICES"), ("Amazon Simple Email Service", "Recipients"),
        ("Amazon Cognito", "tokens issued"), ("Networking", "Network Load Balancing L4 ILB data processing"), ("AWS Marketplace", "A10 Networks vThunder"), ("Storage", "P4 LRS Disk"), ("SQL Database", "vCore HTML report"), ("Amazon API Gateway", "Requests"), ("Cloud Storage", "Standard Storage Iowa"), ("Amazon Simple Storage Service", "TimedStorage-ByteHrs"),
    ],
)  # fmt: skip
def test_plain_lines_are_not_taken_for_ai(service, description):
    assert classify(service, description, "", "", "", "").kind == "other", words(service, description)


def test_ai_in_a_tag_of_a_bucket_makes_it_adjacent_and_no_more():
    assert classify("Amazon Simple Storage Service", "TimedStorage", "", "", "", "team-ai").kind == "ai_adjacent"
    assert classify("Amazon Simple Storage Service", "TimedStorage", "", "", "", "team-aisle").kind == "other"


def test_names_that_differ_by_case_are_one_under_the_commonest_spelling(tmp_path):
    rows = ["acm9000,S3,1.50", "ACM9000,S3,2", "ACM9000,s3,4", "web,EC2,5", "Acm9000,S3,0.25"]
    (tmp_path / "teams.csv").write_text("Team,Service,Cost USD\n" + "\n".join(rows) + "\n", encoding="utf-8")
    result = run(AuditCosts(file=[str(tmp_path / "teams.csv")]), ToolContext(out_dir=tmp_path / "out")).result
    assert [(team["name"], team["cost"]) for team in result["teams"]] == [("ACM9000", 7.75), ("web", 5.0)]
    assert [(one["name"], one["cost"], one["rows"]) for one in result["services"]] == [("S3", 7.75, 4), ("EC2", 5.0, 1)]
