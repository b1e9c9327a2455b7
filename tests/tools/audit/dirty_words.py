"""Words of finance sheets in sixteen languages: data for tests/tools/audit/dirty_sheets.py. Not used by the audit itself."""

# ruff: noqa: E501 - word lists read better in one line per entry

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """How one language names the columns and rows of a cost sheet, and how it writes numbers."""

    code: str
    currency: str
    style: str  # dot, comma, space, indian, swiss
    service: str
    team: str
    amount: str
    total: str
    subtotal: str
    grand: str
    budget: str
    actual: str
    forecast: str
    net: str
    vat: str
    gross: str
    price: str
    quantity: str
    date: str
    share: str
    previous: str
    delta: str
    cumulative: str
    region: str
    note: str
    title: str
    summary: str
    thousands: str  # "in thousands" as people write it
    months: tuple[str, ...]


def _words(line: str) -> Words:
    *fields, months = line.split("|")
    return Words(*fields, tuple(months.split()))  # type: ignore[arg-type]


ALL = tuple(
    _words(line)
    for line in (
        "en|USD|dot|Service|Team|Amount|Total|Subtotal|Grand Total|Budget|Actual|Forecast|Net|VAT|Gross|Unit price|Quantity|Date|Share %|Previous month|Change|Cumulative|Region|* excl. VAT|Cloud costs|Summary|in USD thousands|Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
        "de|EUR|comma|Dienst|Abteilung|Betrag|Summe|Zwischensumme|Gesamtsumme|Budget|Ist|Prognose|Netto|MwSt|Brutto|Einzelpreis|Menge|Datum|Anteil %|Vormonat|Veränderung|Kumuliert|Standort|* zzgl. MwSt.|Cloud-Kosten|Übersicht|Beträge in T€|Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
        "fr|EUR|space|Service|Équipe|Montant|Total|Sous-total|Total général|Budget|Réel|Prévision|Montant HT|TVA|Montant TTC|Prix unitaire|Quantité|Date|Part %|Mois précédent|Écart|Cumul|Région|* hors TVA|Coûts cloud|Synthèse|en k€|janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
        "es|EUR|comma|Servicio|Equipo|Importe|Total|Subtotal|Total general|Presupuesto|Real|Previsión|Neto|IVA|Bruto|Precio unitario|Cantidad|Fecha|Cuota %|Mes anterior|Variación|Acumulado|Región|* sin IVA|Costes de nube|Resumen|en miles de EUR|Ene Feb Mar Abr May Jun Jul Ago Sep Oct Nov Dic",
        "pt|BRL|comma|Serviço|Equipe|Valor|Total|Subtotal|Total geral|Orçamento|Realizado|Previsão|Líquido|Imposto|Bruto|Preço unitário|Quantidade|Data|Participação %|Mês anterior|Variação|Acumulado|Região|* sem impostos|Custos de nuvem|Resumo|em milhares de BRL|jan fev mar abr mai jun jul ago set out nov dez",
        "it|EUR|comma|Servizio|Reparto|Importo|Totale|Subtotale|Totale complessivo|Budget|Consuntivo|Previsione|Imponibile|IVA|Lordo|Prezzo unitario|Quantità|Data|Quota %|Mese precedente|Scostamento|Cumulato|Regione|* IVA esclusa|Costi cloud|Riepilogo|in migliaia di EUR|gen feb mar apr mag giu lug ago set ott nov dic",
        "nl|EUR|comma|Dienst|Afdeling|Bedrag|Totaal|Subtotaal|Eindtotaal|Begroting|Werkelijk|Prognose|Netto|BTW|Bruto|Stukprijs|Aantal|Datum|Aandeel %|Vorige maand|Verschil|Cumulatief|Regio|* excl. btw|Cloudkosten|Overzicht|in duizenden EUR|jan feb mrt apr mei jun jul aug sep okt nov dec",
        "pl|PLN|space|Usługa|Zespół|Kwota|Razem|Suma częściowa|Suma końcowa|Budżet|Wykonanie|Prognoza|Netto|VAT|Brutto|Cena jednostkowa|Ilość|Data|Udział %|Poprzedni miesiąc|Zmiana|Narastająco|Region|* bez VAT|Koszty chmury|Podsumowanie|w tys. PLN|sty lut mar kwi maj cze lip sie wrz paź lis gru",
        "ru|RUB|space|Услуга|Команда|Сумма|Итого|Промежуточный итог|Общий итог|Бюджет|Факт|Прогноз|Без НДС|НДС|С НДС|Цена за единицу|Количество|Дата|Доля %|Прошлый месяц|Изменение|Нарастающим итогом|Регион|* без НДС|Расходы на облако|Сводка|тыс. руб.|Январь Февраль Март Апрель Май Июнь Июль Август Сентябрь Октябрь Ноябрь Декабрь",
        "uk|UAH|space|Послуга|Команда|Сума|Разом|Проміжний підсумок|Загальний підсумок|Бюджет|Факт|Прогноз|Без ПДВ|ПДВ|З ПДВ|Ціна за одиницю|Кількість|Дата|Частка %|Минулий місяць|Зміна|Наростаючим підсумком|Регіон|* без ПДВ|Витрати на хмару|Зведення|тис. грн|Січень Лютий Березень Квітень Травень Червень Липень Серпень Вересень Жовтень Листопад Грудень",
        "tr|TRY|comma|Hizmet|Ekip|Tutar|Toplam|Ara Toplam|Genel Toplam|Bütçe|Gerçekleşen|Tahmin|Net|KDV|Brüt|Birim fiyat|Miktar|Tarih|Pay %|Önceki ay|Değişim|Kümülatif|Bölge|* KDV hariç|Bulut giderleri|Özet|bin TRY|Ocak Şubat Mart Nisan Mayıs Haziran Temmuz Ağustos Eylül Ekim Kasım Aralık",
        "ja|JPY|dot|サービス|部署|金額|合計|小計|総計|予算|実績|予測|税抜|消費税|税込|単価|数量|日付|割合 %|前月|増減|累計|リージョン|※税抜|クラウド費用|集計|単位:千円|1月 2月 3月 4月 5月 6月 7月 8月 9月 10月 11月 12月",
        "zh|CNY|dot|服务|部门|金额|合计|小计|总计|预算|实际|预测|不含税金额|税额|含税金额|单价|数量|日期|占比 %|上月|变动|累计|地区|*不含税|云费用|汇总|单位:千元|1月 2月 3月 4月 5月 6月 7月 8月 9月 10月 11月 12月",
        "ko|KRW|dot|서비스|부서|금액|합계|소계|총계|예산|실적|예측|공급가액|부가세|총액|단가|수량|날짜|비율 %|전월|증감|누계|지역|* 부가세 별도|클라우드 비용|요약|단위: 천원|1월 2월 3월 4월 5월 6월 7월 8월 9월 10월 11월 12월",
        "hi|INR|indian|सेवा|टीम|राशि|कुल|उप-योग|कुल योग|बजट|वास्तविक|पूर्वानुमान|शुद्ध राशि|जीएसटी|सकल राशि|इकाई मूल्य|मात्रा|दिनांक|हिस्सा %|पिछला महीना|परिवर्तन|संचयी|क्षेत्र|* जीएसटी अतिरिक्त|क्लाउड लागत|सारांश|INR हज़ार में|जनवरी फरवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर अक्टूबर नवंबर दिसंबर",
        "ar|AED|dot|الخدمة|الفريق|المبلغ|الإجمالي|المجموع الفرعي|المجموع الكلي|الميزانية|الفعلي|التوقعات|الصافي|ضريبة القيمة المضافة|الإجمالي شامل الضريبة|سعر الوحدة|الكمية|التاريخ|النسبة %|الشهر السابق|التغير|التراكمي|المنطقة|* بدون ضريبة|تكاليف السحابة|ملخص|بآلاف AED|يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
    )
)
BY_CODE = {words.code: words for words in ALL}
