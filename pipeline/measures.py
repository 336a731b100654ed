"""What a number is not: a share, a span of time, a weight, a length, a date, an age; and what is an amount of money.

Names of units and months come from Unicode CLDR through babel. Inflected languages also say a unit in other cases than
CLDR lists, so the stems of time, weight and share are added for them. Years are told by `Number.year`.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

import babel
from babel.core import UnknownLocaleError
from babel.dates import get_month_names
from babel.units import UnknownUnitError, format_unit

from pipeline.numerals import Number

_UNITS = (
    "duration-second", "duration-minute", "duration-hour", "duration-day", "duration-week", "duration-month", "duration-year",
    "mass-gram", "mass-kilogram", "mass-metric-ton", "length-centimeter", "length-meter", "length-kilometer", "length-mile",
    "area-square-meter", "area-square-kilometer", "area-hectare", "volume-liter", "concentr-percent",
)  # fmt: skip
_STEMS = {
    "*": r"%|percent\b|p\.\s?c\.|kg\b|km\b|m²|m2\b|°",
    "en": r"per cent|years?[- ]old|(?:year|month|week|day|hour|minute|decade|tonne|ton|kilo|metre|acre|votes?|times|a\.?m\.?|p\.?m\.?)s?\b",
    "zh": r"年|月|日|号|號|天|周|週|岁|歲|时|時|点|點|分钟|分鐘|小时|小時|吨|噸|公斤|公里|千米|平方|米|成|倍|层|層|樓|楼|条|條|届|屆|%|％|个百分点|個百分點|个月|個月|万步|萬步|起|宗|期|课|票",
    "ja": r"年|月|日|時|分|秒|週|か月|カ月|ヶ月|歳|才|割|倍|階|トン|キロ|平方|メートル|次|回目|周年|％|世紀|票|条",
    "ko": r"년|월|일|주|시간|분|초|개월|세|살|퍼센트|％|배|층|톤|킬로|미터|차|회차|주년|달|주일|번째|세기",
    "ru": r"(?:год|лет|месяц|недел|дн[яейи]|день|суток|сутки|час|минут|секунд|тонн|килограмм|метр|километр|процент|раз\b|век|голос)\w*|кв\.",
    "sr": r"(?:godin|mesec|mjesec|nedelj|tjed|dan|sat|minut|sekund|ton|kilogram|metar|metr|posto|procen|годин|месец|мјесец|недељ|дан|сат|минут|тон|килограм|метар|метр|посто|процен)\w*",
    "hu": r"(?:év|hét\b|het\w|hónap|nap|perc|óra|órá|tonna|tonná|kiló|kilomét|mét|százalék|négyzet)\w*",
    "ar": r"(?:عام|عاما|عامًا|أعوام|سنة|سنوات|شهر|شهرا|شهرًا|أشهر|أسبوع|أسابيع|يوم|يوما|يومًا|أيام|ساعة|ساعات|دقيقة|دقائق|طن|أطنان|كيلو\w*|متر\w*|في المئة|في المائة|بالمئة|مرات|مرة|أصوات|صفحة)(?!\w)",
    "id": r"(?:tahun|bulan|minggu|pekan|hari|jam|menit|detik|ton|kilogram|kilo|kilometer|meter|persen|kali|abad)\b",
    "ms": r"(?:tahun|bulan|minggu|hari|jam|minit|saat|tan|kilogram|kilometer|meter|peratus|kali|abad|perkara|halaman)\b",
    "tpi": r"(?:yia|mun|wik|de|aua|minit|kilo|mita|pesen|taim)\b",
    "bi": r"(?:yia|manis|wik|dei|aoa|minit|kilo|mita|pesen|taem|pej)\b",
    "tr": r"(?:yıl|ay(?!rı)|hafta|gün|saat|dakika|saniye|ton|kilo|metre|yüzde|yaş|kez|defa|kere|madde|sayfa|asır|asr|oy\b|oyla|derece)\w*",
    "fa": r"(?:سال|ساله|ماه|ماهه|هفته|روز|روزه|ساعت|دقیقه|ثانیه|تن مواد|کیلو\w*|متر\w*|درصد|بار|مرتبه|درجه|صفحه|رأی|رای|قرن|دهه|بند|تُن)(?!\w)",
    "ur": r"(?:سال|سالہ|سالوں|برس|برسوں|ماہ|مہینے|مہینوں|ہفتے|ہفتوں|دن|دنوں|روز|روزہ|گھنٹے|گھنٹوں|گھنٹہ|منٹ|سیکنڈ|ٹن|کلو\w*|میٹر\w*|فیصد|فی صد|بار|مرتبہ|صفحات|صدی|ووٹ|بجے|تاریخ)(?!\w)",
    "hi": r"साल|वर्ष|माह|महीन|हफ़्त|हफ्त|सप्ताह|दिन|घंट|घण्ट|मिनट|सेकंड|टन|किलो|मीटर|प्रतिशत|फ़ीसदी|फीसदी|बार\b|पेज|पृष्ठ|मत\b|बजे|सदी|मंज़िल|मंजिल|तिहाई|चौथाई",
    "sw": r"(?:miaka|mwaka|miezi|mwezi|wiki|siku|saa|dakika|tani|kilo|mita|asilimia)\b",
    "vi": r"(?:năm|tháng|tuần|ngày|giờ|phút|giây|tấn|kg|mét|phần trăm|lần)\b",
    "th": r"ปี|เดือน|สัปดาห์|วัน|ชั่วโมง|นาที|ตัน|กิโล|เมตร|เปอร์เซ็นต์|ครั้ง",
    "es": r"(?:años?|meses|mes|semanas?|días?|horas?|minutos?|toneladas?|kilos?|metros?|por ciento|veces|puntos|artículos|páginas)\b",
    "fr": r"(?:ans?|années?|mois|semaines?|jours?|heures?|minutes?|tonnes?|kilos?|mètres?|pour cent|fois|pages?|chapitres?|pièces)\b",
    "pt": r"(?:anos?|meses|mês|semanas?|dias?|horas?|minutos?|toneladas?|quilos?|metros?|por cento|vezes|artigos)\b",
    "it": r"(?:anni|anno|mesi|mese|settiman[ae]|giorn[oi]|or[ae]|minut[oi]|tonnellat[ae]|chil[oi]|metr[oi]|per cento|volte)\b",
    "de": r"(?:jahr|monat|woche|tag|stunde|minute|tonne|kilo|meter|prozent|mal\b|uhr\b)\w*",
}  # fmt: skip
_CJK = frozenset({"zh", "ja", "ko", "th"})


@lru_cache(maxsize=64)
def _measure(lang: str) -> re.Pattern[str]:
    edge = "" if lang in _CJK else r"(?!\w)"
    names = "|".join(sorted(map(re.escape, _cldr_units(lang) | _months(lang)), key=len, reverse=True))
    parts = [_STEMS["*"], _STEMS.get(lang, ""), f"(?:{names}){edge}" if names else ""]
    linked = r"(?:\s|-|\u00a0|\u200c|de\s|of\s|di\s)*" if lang not in _CJK else r"\s?(?:多|余|餘|几|数|여|余り|個)?"
    return re.compile(linked + "(?:" + "|".join(part for part in parts if part) + ")", re.IGNORECASE)


def _cldr_units(lang: str) -> set[str]:
    names = set()
    for unit in _UNITS:
        for count in (1, 2, 5):
            try:
                names.add(re.sub(r"[\d٠-٩]+", "", format_unit(count, unit, locale=lang)).strip())
            except (UnknownLocaleError, UnknownUnitError, ValueError):
                continue
    return {name for name in names if len(name) > 1 or lang in _CJK} - {""}


def _months(lang: str) -> set[str]:
    if lang in _CJK:
        return set()
    try:
        locale = babel.Locale.parse(lang)
    except (UnknownLocaleError, ValueError):
        return set()
    return {name for context in ("format", "stand-alone") for name in get_month_names("wide", context, locale).values()}


def is_measure(text: str, number: Number, lang: str) -> bool:
    """Whether what follows the number says that it counts nobody and nothing of the beat."""
    if number.name:
        return True
    return _measure(lang).match(text, number.end) is not None


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount of money ends at `end`; `currency` is ISO 4217, None where the words do not tell (a bare "$", crowns)."""

    end: int
    currency: str | None
    bare: bool = False


_CURRENCIES = {
    "HKD": r"HK\$|Hong Kong dollars?|dólares de hong kong|dollars de hong kong|港元|港币|港幣|香港ドル|гонконгск\w+ доллар\w*",
    "AUD": r"A\$|Australian dollars?|澳元|豪ドル|австралийск\w+ доллар\w*",
    "USD": r"US\$|USD|(?:US |U\.S\. |American )?dollars?\b|美元|美金|доллар\w*|d[oó]lares|دولار\w*|米ドル|डॉलर|امریکی ڈالر|ڈالر|دلار\w*|अमेरिकी डॉलर|US dola|dola\b|dolar\w*|dólar\w*|dollár\w*|đô la|달러|долар\w*|dolari|dollari|ดอลลาร์",
    "CNY": r"yuan\w*|renminbi|RMB|元人民币|元人民幣|人民币|人民幣|юан\w*|يوان|위안|人民元|หยวน|युआन|یوآن|یوان|nhân dân tệ",
    "EUR": r"€|euros?\b|欧元|歐元|евро|يورو|ユーロ|유로|यूरो|یورو|avro\w*|euró\w*|evra|evro|евра",
    "GBP": r"£|pounds? sterling|英镑|英鎊|фунт\w* стерлинг\w*|ポンド",
    "JPY": r"円|yen\b|日元",
    "RUB": r"рубл\w*|rubles?",
}
_OTHER = (
    r"元|塊|crowns?|coronas?|couronnes?|kronen|coroas?|крон\w*|shillings?|shilingi|pesos?|rupees?|rupias?|roupies?|rupiah|ringgit|baht|"
    r"kyats?|kina|vatu|tala|tenge|тенге|som\b|сом\w*|đồng|won\b|원|francs?|francos?|dinars?|dinares|دينار|dirhams?|درهم|ريال|rials?|riyals?|"
    r"forint\w*|lempiras?|soles|रुपये|रुपए|रुपयों|روپے|روپوں|ریال|تومان|افغانی|lira\w*|TL|sen|dinar|soles|bolivianos|reais|kwanzas?|meticais|escudos|pounds?|monedas|moedas|monete"
)
_BEFORE = re.compile(r"(?:(US\$|HK\$|A\$|€|£|USD|EUR|RMB|RM)\s?|(\$)\s?)$")
_AFTER = re.compile(
    r"\s?(?:(?:million|billion|de|d'|di|millones|millions|of)\s)*(?:"
    + "|".join(f"(?P<{code}>{words})" for code, words in _CURRENCIES.items())
    + f"|(?P<other>(?:{_OTHER})(?!\\w)|元))",
    re.IGNORECASE,
)
_SIGNS = {
    "US$": "USD", "HK$": "HKD", "A$": "AUD", "€": "EUR", "£": "GBP", "USD": "USD", "EUR": "EUR", "RMB": "CNY", "RM": "MYR",
}  # fmt: skip


def amount_of(text: str, number: Number) -> Amount | None:
    """The amount that a number is, None where it is none. A bare "$" does not tell whose dollar."""
    before = _BEFORE.search(text[max(0, number.start - 4) : number.start])
    if before:
        return Amount(number.end, _SIGNS[before[1]] if before[1] else None, bare=before[1] is None)
    after = _AFTER.match(text[number.end : number.end + 32])
    if after is None:
        return None
    return Amount(number.end + after.end(), None if after.lastgroup == "other" else after.lastgroup)
