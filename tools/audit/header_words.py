"""Header words by role, in several languages: data for tools/audit/inference.py. To add a language, add its words here."""

# ruff: noqa: E501 - word lists read better in one line per role

# Header words by role; matched on whole words first, then inside the joined name. Order = preference.
ROLE_WORDS: dict[str, tuple[str, ...]] = {
    "currency": ("currency", "währung", "waehrung", "devise", "moneda", "valuta", "moeda", "waluta", "валюта", "通貨", "货币", "币种"),
    "unit_price": ("unit price", "price per", "rate", "unit cost", "hourly", "per hour", "einzelpreis", "stückpreis", "prix unitaire", "precio unitario", "stundensatz", "$/h", "单价", "単価"),
    "tax": ("tax", "vat", "gst", "mwst", "ust", "steuer", "tva", "iva", "imposto", "impuesto", "налог", "ндс", "税"),
    "net": ("net", "netto", "subtotal", "ht", "pre tax", "pretax", "excl"),
    "end": ("end", "until", "to date", "bis", "fin", "fine", "hasta", "do"),
    "start": ("date", "day", "month", "period", "timestamp", "time", "start", "from", "created", "datum", "tag", "monat", "zeitraum", "jour", "mois", "fecha", "mes", "data", "mese", "dia", "дата", "месяц", "日付", "日期", "月", "年月"),
    "input_tokens": ("input tokens", "prompt tokens", "context tokens", "tokens in", "input token", "tokens input", "n_input", "contexttokens", "eingabetokens"),
    "cached_tokens": ("cached tokens", "cache read", "cached input", "tokens cached"),
    "cache_write_tokens": ("cache write", "cache creation"),
    "output_tokens": ("output tokens", "completion tokens", "generated tokens", "tokens out", "out tokens", "generatedtokens", "output token", "ausgabetokens"),
    "reasoning_tokens": ("reasoning tokens", "thinking tokens"),
    "tokens_blob": ("tokens", "usage", "token usage"),
    "requests": ("requests", "calls", "num requests", "anfragen", "requêtes"),
    "utilization": ("utilization", "utilisation", "gpu util", "avg util", "auslastung", "usage %", "util"),
    "hardware": ("instance type", "gpu type", "gpu", "machine type", "vm size", "hardware", "sku size", "accelerator", "instanztyp"),
    "model": ("model", "modell", "modèle", "modelo", "modello", "deployment", "engine", "модель", "モデル", "模型"),
    "environment": ("environment", "env", "stage", "umgebung", "environnement", "entorno", "ambiente", "окружение", "環境", "环境"),
    "pricing": ("pricing model", "purchase option", "pricing", "billing type", "commitment", "lease"),
    "category": ("charge type", "line type", "record type", "cost type", "charge category"),
    "team": ("team", "owner", "department", "cost center", "cost centre", "cost_center", "kostenstelle", "abteilung", "équipe", "equipo", "squad", "departamento", "отдел"),
    "workload": ("workload", "application", "app", "use case", "feature", "anwendung", "endpoint name"),
    "account": ("account", "project", "subscription", "konto", "projekt", "compte", "projet", "cuenta", "proyecto", "workspace", "проект"),
    "provider": ("provider", "vendor", "cloud", "supplier", "anbieter", "lieferant", "fournisseur", "proveedor", "fornitore", "поставщик"),
    "region": ("region", "location", "zone", "standort", "région", "ubicación", "регион"),
    "resource": ("resource id", "resource", "instance id", "resource name", "arn", "host", "node", "endpoint", "ressource", "recurso", "instance"),
    "unit": ("unit", "uom", "einheit", "unité", "unidad", "unità", "единица"),
    "quantity": ("quantity", "qty", "usage amount", "hours", "menge", "anzahl", "stunden", "quantité", "cantidad", "horas", "quantità", "количество", "数量", "usage"),
    "service": ("service", "product", "resource type", "service name", "dienst", "leistung", "produkt", "produit", "servicio", "producto", "servizio", "prodotto", "serviço", "услуга", "サービス", "服务", "item", "posten", "position", "tool", "name", "bezeichnung"),
    "description": ("description", "details", "line item", "sku", "meter", "usage type", "beschreibung", "libellé", "descripción", "concepto", "descrizione", "descrição", "описание", "notes", "category"),
    "tags": ("tags", "labels"),
}  # fmt: skip
COST_WORDS = (
    "total cost", "cost", "amount", "costs", "total", "spend", "charge", "charges", "expense", "billed", "gesamtkosten", "gesamtbetrag", "kosten", "betrag", "summe", "gesamt", "brutto",
    "coût", "cout", "montant", "coste", "costo", "importe", "custo", "valor", "koszt", "kwota", "bedrag", "belopp", "kostnad", "beløb", "стоимость", "сумма", "費用", "料金", "金額", "金额", "费用", "成本", "price", "preis", "prix", "precio", "prezzo", "gross", "ttc",
)  # fmt: skip
NOT_COST_WORDS = (
    "budget", "forecast", "saving", "savings", "saved", "previous", "prior", "last month", "limit", "variance", "delta", "value", "generated", "revenue", "roi", "credit balance", "cumulative",
    "running", "planned", "target", "list price", "listcost", "formatted", "discount %", "ersparnis", "prognose", "vorjahr", "vormonat", "id", "count", "percent", "%", "cost center", "cost centre", "kostenstelle", "center", "centre", "type", "category",
)  # fmt: skip
