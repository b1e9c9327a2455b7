"""Header words by role, in several languages: data for tools/audit/inference.py. To add a language, add its words here."""

# ruff: noqa: E501 - word lists read better in one line per role

# Header words by role; matched on whole words first, then inside the joined name. Order = preference.
ROLE_WORDS: dict[str, tuple[str, ...]] = {
    "currency": ("currency", "währung", "waehrung", "devise", "moneda", "valuta", "moeda", "waluta", "валюта", "para birimi", "通貨", "货币", "币种", "통화", "मुद्रा", "العملة", "divisa", "ccy"),
    "unit_price": ("unit price", "price per", "rate", "unit cost", "hourly", "per hour", "price each", "cost per", "price/unit", "einzelpreis", "stückpreis", "prix unitaire", "prix unit", "precio unitario", "stundensatz", "preço unitário", "preco unitario", "prezzo unitario", "stukprijs", "eenheidsprijs", "cena jednostkowa", "cena jedn", "цена за единицу", "цена за ед", "тариф", "ціна за одиницю", "birim fiyat", "$/h", "/hr", "/hour", "单价", "単価", "단가", "इकाई मूल्य", "दर", "سعر الوحدة"),
    "end": ("end", "until", "to date", "bis", "fin", "fine", "hasta", "do"),
    "start": ("date", "day", "month", "period", "timestamp", "time", "ts", "datetime", "start", "from", "created", "week", "datum", "tag", "monat", "zeitraum", "woche", "jour", "mois", "période", "fecha", "mes", "periodo", "data", "mese", "dia", "mês", "período", "maand", "data faktury", "miesiąc", "дата", "месяц", "период", "місяць", "період", "tarih", "ay", "dönem", "日付", "日期", "月", "年月", "月份", "날짜", "일자", "월", "दिनांक", "तारीख", "महीना", "التاريخ", "الشهر"),
    "input_tokens": ("input tokens", "prompt tokens", "context tokens", "tokens in", "input token", "tokens input", "n_input", "contexttokens", "eingabetokens", "tokens prompt", "tokens d'entrée", "入力トークン", "输入 tokens", "输入token"),
    "cached_tokens": ("cached tokens", "cache read", "cached input", "tokens cached", "cache hit tokens"),
    "cache_write_tokens": ("cache write", "cache creation"),
    "output_tokens": ("output tokens", "completion tokens", "generated tokens", "tokens out", "out tokens", "generatedtokens", "output token", "ausgabetokens", "tokens completion", "tokens de sortie", "出力トークン", "输出 tokens", "输出token"),
    "reasoning_tokens": ("reasoning tokens", "thinking tokens"),
    "tokens_blob": ("tokens", "usage", "token usage"),
    "requests": ("requests", "calls", "num requests", "anfragen", "requêtes", "solicitudes", "richieste", "запросы", "请求数", "リクエスト数"),
    "utilization": ("utilization", "utilisation", "gpu util", "avg util", "auslastung", "usage %", "util", "avg cpu", "cpu %", "gpu %"),
    "status": ("status", "finish reason", "finish_reason", "stop reason", "error", "error code", "http status", "status code", "response status", "outcome"),
    "hardware": ("instance type", "gpu type", "gpu", "machine type", "vm size", "hardware", "sku size", "accelerator", "instanztyp"),
    "model": ("model", "modell", "modèle", "modelo", "modello", "deployment", "engine", "модель", "モデル", "模型", "모델", "मॉडल", "النموذج"),
    "environment": ("environment", "env", "stage", "umgebung", "environnement", "entorno", "ambiente", "окружение", "середовище", "ortam", "omgeving", "środowisko", "環境", "环境", "환경"),
    "pricing": ("pricing model", "purchase option", "pricing", "billing type", "commitment", "lease"),
    "category": ("charge type", "line type", "record type", "cost type", "charge category"),
    "team": ("team", "owner", "department", "cost center", "cost centre", "cost_center", "kostenstelle", "abteilung", "équipe", "equipo", "equipe", "squad", "departamento", "reparto", "afdeling", "zespół", "dział", "отдел", "команда", "відділ", "ekip", "departman", "部署", "部门", "부서", "टीम", "विभाग", "الفريق", "القسم"),
    "workload": ("workload", "application", "app", "use case", "feature", "anwendung", "endpoint name"),
    "account": ("account", "project", "subscription", "konto", "projekt", "compte", "projet", "cuenta", "proyecto", "projeto", "progetto", "workspace", "проект", "проєкт", "proje", "項目", "プロジェクト", "项目", "프로젝트", "परियोजना", "المشروع"),
    "provider": ("provider", "vendor", "cloud", "supplier", "anbieter", "lieferant", "fournisseur", "proveedor", "fornecedor", "fornitore", "leverancier", "dostawca", "поставщик", "постачальник", "sağlayıcı", "tedarikçi", "ベンダー", "供应商", "공급업체", "المورد"),
    "region": ("region", "location", "zone", "standort", "région", "ubicación", "región", "região", "regione", "regio", "регион", "регіон", "bölge", "リージョン", "地域", "地区", "지역", "क्षेत्र", "المنطقة"),
    "resource": ("resource id", "resource", "instance id", "resource name", "arn", "host", "node", "endpoint", "ressource", "recurso", "instance", "hostname", "server", "vm"),
    "unit": ("unit", "uom", "einheit", "unité", "unidad", "unità", "unidade", "eenheid", "jednostka", "единица", "одиниця", "birim", "単位", "单位", "단위", "इकाई"),
    "token_type": ("token type", "type of tokens", "token category"),
    "usage_type": ("usage type", "usagetype", "usage_type"),
    "quantity": ("quantity", "qty", "usage amount", "hours", "gpu hours", "instance hours", "node hours", "machine hours", "vm hours", "server hours", "usage hours", "hours used", "running hours", "hrs", "count", "nodes", "seats", "units", "number of", "menge", "anzahl", "stunden", "quantité", "nombre", "heures", "cantidad", "horas", "quantidade", "quantità", "ore", "aantal", "uren", "hoeveelheid", "ilość", "liczba", "godziny", "количество", "кол-во", "часы", "кількість", "miktar", "adet", "saat", "数量", "時間", "수량", "시간", "मात्रा", "घंटे", "الكمية", "usage"),
    "service": ("service", "product", "resource type", "service name", "dienst", "leistung", "produkt", "produit", "servicio", "producto", "servizio", "prodotto", "serviço", "produto", "usługa", "услуга", "сервис", "послуга", "hizmet", "ürün", "サービス", "服务", "产品", "서비스", "सेवा", "الخدمة", "item", "posten", "position", "tool", "name", "bezeichnung"),
    "description": ("description", "details", "line item", "sku", "meter", "beschreibung", "libellé", "descripción", "concepto", "descrizione", "descrição", "omschrijving", "opis", "описание", "опис", "açıklama", "説明", "摘要", "描述", "설명", "विवरण", "الوصف", "notes", "category"),
    "tags": ("tags", "labels"),
}  # fmt: skip

#: What was really spent, said in so many words.
ACTUAL_WORDS = ("actual", "actuals", "ist", "ist-kosten", "istkosten", "réel", "réalisé", "real", "realizado", "ejecutado", "consuntivo", "effettivo", "werkelijk", "realisatie", "wykonanie", "rzeczywiste", "факт", "фактически", "gerçekleşen", "fiili", "実績", "实际", "实际金额", "실적", "वास्तविक", "الفعلي", "billed", "invoiced")  # fmt: skip
COST_WORDS = (
    "total cost", "cost", "amount", "costs", "total", "spend", "spending", "in currency", "debit", "débit", "debe", "дебет", "借方", "charge", "charges", "expense", "expenses", "billed", "gesamtkosten", "gesamtbetrag", "kosten", "betrag", "summe", "gesamt", "brutto",
    "coût", "cout", "montant", "dépense", "coste", "costo", "importe", "gasto", "custo", "valor", "despesa", "importo", "spesa", "koszt", "kwota", "razem", "wartość", "bedrag", "totaal", "belopp", "kostnad", "beløb", "стоимость", "сумма", "расходы", "затраты", "итого", "вартість", "сума", "витрати",
    "tutar", "maliyet", "gider", "toplam", "費用", "料金", "金額", "合計", "金额", "费用", "成本", "支出", "合计", "금액", "비용", "요금", "합계", "राशि", "लागत", "खर्च", "कुल", "المبلغ", "مبلغ", "التكلفة", "تكلفة", "الإجمالي", "totale", "importe total", "price", "preis", "prix", "precio", "prezzo", "preço", "prijs", "cena", "цена", "ціна", "fiyat", "gross", "ttc",
)  # fmt: skip
#: Amounts after and before a discount or credit; asked before the kinds below, whose words they hold.
AFTER_DISCOUNT = ("after discount", "after discounts", "after credits", "after credit", "discounted", "net of discount", "nach rabatt", "après remise", "con descuento", "com desconto", "scontato", "優惠後", "割引後", "优惠后", "折后", "应付", "실납부", "할인 후", "할인후", "к оплате", "до сплати")  # fmt: skip
BEFORE_DISCOUNT = ("before discount", "before discounts", "before credits", "before credit", "undiscounted", "vor rabatt", "avant remise", "antes de descuento", "割引前", "優惠前", "优惠前", "折前", "原价", "할인 전", "할인전")  # fmt: skip
#: Columns of amounts that are not the cost, by what they are instead. The first kind that matches counts.
OTHER_AMOUNTS: dict[str, tuple[str, ...]] = {
    "a share": ("%", "percent", "share", "anteil", "pct", "prozent", "cuota", "porcentaje", "participação", "quota", "aandeel", "udział", "доля", "частка", "oran", "割合", "構成比", "占比", "比例", "비율", "हिस्सा", "النسبة"),
    "a running total": ("cumulative", "cumulated", "running", "running total", "ytd", "year to date", "mtd", "to date total", "kumuliert", "kumulativ", "aufgelaufen", "cumul", "cumulé", "acumulado", "acumulada", "cumulato", "progressivo", "cumulatief", "narastająco", "нарастающим", "накопительно", "наростаючим", "kümülatif", "累計", "累积", "累计", "누계", "누적", "संचयी", "التراكمي", "balance", "saldo", "solde"),
    "a change": ("delta", "variance", "variation", "change", "difference", "diff", "mom", "yoy", "growth", "increase", "Δ", "veränderung", "abweichung", "differenz", "écart", "évolution", "variación", "desviación", "variação", "desvio", "scostamento", "variazione", "verschil", "afwijking", "zmiana", "odchylenie", "изменение", "отклонение", "зміна", "відхилення", "değişim", "fark", "増減", "差異", "差额", "变动", "增减", "증감", "차이", "परिवर्तन", "अंतर", "التغير", "الفرق"),
    "an earlier period": ("previous", "prior", "last month", "last year", "prev", "vorjahr", "vormonat", "précédent", "mois dernier", "n-1", "anterior", "precedente", "vorige", "vorig", "poprzedni", "poprzednia", "прошлый", "предыдущий", "минулий", "попередній", "önceki", "geçen", "前月", "前年", "上月", "上年", "去年", "전월", "전년", "पिछला", "السابق"),
    "a plan or forecast": ("budget", "budgeted", "forecast", "forecasted", "plan", "planned", "target", "limit", "estimate", "estimated", "projected", "projection", "expected", "prognose", "soll", "ziel", "geplant", "schätzung", "prévision", "prévu", "objectif", "estimé", "presupuesto", "previsión", "previsto", "orçamento", "previsão", "orçado", "preventivo", "previsione", "begroting", "begroot", "budżet", "prognoza", "бюджет", "прогноз", "план", "bütçe", "tahmin", "予算", "予測", "見込", "計画", "预算", "预测", "计划", "예산", "예측", "계획", "बजट", "पूर्वानुमान", "अनुमान", "الميزانية", "التوقعات", "المتوقع"),
    "a saving or discount": ("saving", "savings", "saved", "discount", "rebate", "ersparnis", "einsparung", "rabatt", "nachlass", "remise", "économie", "économies", "ahorro", "descuento", "economia", "desconto", "risparmio", "sconto", "korting", "besparing", "rabat", "oszczędność", "скидка", "экономия", "знижка", "indirim", "tasarruf", "割引", "折扣", "优惠", "할인", "छूट", "الخصم"),
    "a column of credits": ("credit", "credits", "crédit", "haben", "haber", "avere", "кредит", "貸方", "贷方", "paid in"),
    "a list price": ("list price", "listcost", "list cost", "list", "msrp", "listenpreis", "catalog price", "public price", "retail"),
    "no money": ("generated", "revenue", "roi", "credit balance", "formatted", "id", "count", "cost center", "cost centre", "kostenstelle", "center", "centre", "centro", "centrum", "kostenplaats", "mpk", "центр", "merkezi", "センタ", "成本中心", "센터", "code", "number", "no", "nr", "nummer", "type", "category", "value score", "exchange rate", "fx rate", "wechselkurs", "kurs", "курс", "汇率"),
}  # fmt: skip
BEFORE_TAX = ("net", "netto", "excl", "exkl", "excluding", "ex vat", "ex tax", "excl vat", "subtotal", "ht", "hors taxe", "hors tva", "pre tax", "pretax", "before tax", "zzgl", "neto", "base imponible", "sin iva", "líquido", "sem impostos", "imponibile", "iva esclusa", "excl btw", "bez vat", "без ндс", "без пдв", "kdv hariç", "税抜", "税别", "不含税", "未税", "공급가액", "부가세 별도", "शुद्ध", "الصافي", "بدون ضريبة", "قبل الضريبة")  # fmt: skip
WITH_TAX = ("gross", "brutto", "incl", "inkl", "including tax", "incl vat", "incl tax", "after tax", "ttc", "bruto", "con iva", "com impostos", "lordo", "iva inclusa", "z vat", "с ндс", "с учетом ндс", "з пдв", "kdv dahil", "brüt", "税込", "含税", "价税合计", "부가세 포함", "총액", "सकल", "شامل الضريبة", "بعد الضريبة")  # fmt: skip
TAX_WORDS = ("tax", "taxes", "vat", "gst", "hst", "mwst", "ust", "umsatzsteuer", "steuer", "tva", "iva", "imposto", "impuesto", "impuestos", "impostos", "btw", "podatek", "налог", "ндс", "пдв", "податок", "kdv", "vergi", "消費税", "税", "税额", "税金", "부가세", "세금", "세액", "जीएसटी", "कर", "ضريبة", "الضريبة")  # fmt: skip
QUANTITY_NOT_MONEY = ("quantity", "qty", "hours", "hrs", "tokens", "requests", "calls", "count", "users", "seats", "gb", "kwh", "menge", "anzahl", "stunden", "heures", "horas", "часы", "数量", "수량")  # fmt: skip
#: Time that a call took: figures of a log, never money.
DURATIONS = ("latency", "duration", "elapsed", "ms", "milliseconds", "seconds", "secs", "response time", "processing time", "inference time", "generation time", "wall time", "runtime", "run time", "ttft", "time to first token", "tokens per second", "tps", "dauer", "antwortzeit", "laufzeit", "latenz", "durée", "latence", "duración", "latencia", "duração", "latência", "durata", "latenza", "duur", "czas trwania", "opóźnienie", "длительность", "задержка", "тривалість", "затримка", "süre", "gecikme", "延迟", "耗时", "時長", "レイテンシ", "所要時間", "지연", "응답 시간", "소요 시간")  # fmt: skip
#: A quantity named in hours, and words that make it a rate (`hours per day`).
HOURS = (
    "hours",
    "hrs",
    "stunden",
    "heures",
    "horas",
    "ore",
    "uren",
    "godziny",
    "godzin",
    "часы",
    "часов",
    "години",
    "saat",
    "時間",
    "小时",
    "시간",
    "घंटे",
    "ساعات",
)
HOURS_PER = ("day", "week", "month", "tag", "woche", "monat", "jour", "semaine", "mois", "día", "dia", "semana", "mes", "mês", "giorno", "mese", "dag", "maand", "dzień", "день", "неделя", "месяц", "gün", "日", "天", "周", "月", "일", "월")  # fmt: skip
#: Names of sheets that sum the others; the words for a total itself are in reconcile.py.
SUMMARY_SHEETS = (
    "summary", "overview", "total", "pivot", "dashboard", "recap", "roll-up", "rollup", "consolidated", "übersicht", "uebersicht", "zusammenfassung", "auswertung", "résumé", "récap", "synthèse", "vue d'ensemble", "tableau de bord", "resumen", "tablero", "consolidado", "vista general",
    "resumo", "visão geral", "painel", "riepilogo", "riassunto", "sintesi", "panoramica", "cruscotto", "samenvatting", "overzicht", "draaitabel", "podsumowanie", "zestawienie", "przegląd", "přehled", "souhrn", "shrnutí", "sammanfattning", "översikt", "sammendrag", "oversikt", "oversigt", "yhteenveto", "összefoglaló", "összesítő",
    "сводка", "сводная", "сводный", "обзор", "резюме", "зведення", "зведена", "огляд", "özet", "genel bakış", "tổng hợp", "tóm tắt", "ringkasan", "ikhtisar", "สรุป", "汇总", "匯總", "彙總", "概览", "總覽", "总览", "透视", "概要", "まとめ", "サマリ", "集計", "総括", "요약", "집계", "개요", "총괄", "सारांश", "अवलोकन", "ملخص", "نظرة عامة",
)  # fmt: skip
#: Words of a row's status that say that its amount may not have been charged.
CANCELLED_WORDS = ("cancelled", "canceled", "void", "voided", "refunded", "draft", "storniert", "annulé", "annulée", "anulado", "cancelado", "annullato", "geannuleerd", "anulowane", "отменен", "отменено", "скасовано", "iptal", "キャンセル", "已取消", "취소")  # fmt: skip
