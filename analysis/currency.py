"""Currencies by their ISO 4217 codes; a market value is in exactly one."""

from __future__ import annotations

from analysis.errors import DataError, nearest

USD = "USD"

CODES = frozenset(
    """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD
    CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP
    GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD
    KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN
    NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP
    SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES
    VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG
    """.split()  # noqa: SIM905 - a table of codes is read more easily than a list of texts
)
"""Codes in circulation (ISO 4217, list one, without metals, funds and test codes)."""

HUNDREDTHS = {
    "GBp": ("GBP", 100),
    "GBX": ("GBP", 100),
    "ILA": ("ILS", 100),
    "ZAc": ("ZAR", 100),
}
"""Units that exchanges quote in and that are no currency: whose parts they are, and how many."""


def check_currency(code: str, *, where: str) -> str:
    """
    Hold a currency code against ISO 4217.

    Raises
    ------
    DataError
        If there is no such code; pence and other hundredths are none either.

    Examples
    --------
    >>> check_currency("JPY", where="market value of 8035.T")
    'JPY'
    """
    if code in CODES:
        return code
    hint = (
        "write GBP and prices in pounds, not in pence"
        if code in {"GBp", "GBX"}
        else f"write an ISO 4217 code such as USD, JPY or EUR ({nearest(code, sorted(CODES))})"
    )
    raise DataError(f"{where}: '{code}' is no currency; {hint}")
