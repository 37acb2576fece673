"""Write a cloud bill as a FOCUS cost export: 1.0, or 1.2 with an invoice id. Row by row, of any length."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date, timedelta

from tollbook.city.bills import Bill, states_invoice
from tollbook.city.charging import lines_of
from tollbook.city.city import City
from tollbook.city.lines import Line

COLUMNS_1_0 = (
    *("AvailabilityZone", "BilledCost", "BillingAccountId", "BillingAccountName", "BillingCurrency"),
    *("BillingPeriodEnd", "BillingPeriodStart", "ChargeCategory", "ChargeClass", "ChargeDescription"),
    *("ChargeFrequency", "ChargePeriodEnd", "ChargePeriodStart", "CommitmentDiscountCategory"),
    *("CommitmentDiscountId", "CommitmentDiscountName", "CommitmentDiscountStatus", "CommitmentDiscountType"),
    *("ConsumedQuantity", "ConsumedUnit", "ContractedCost", "ContractedUnitPrice", "EffectiveCost"),
    *("InvoiceIssuerName", "ListCost", "ListUnitPrice", "PricingCategory", "PricingQuantity", "PricingUnit"),
    *("ProviderName", "PublisherName", "RegionId", "RegionName", "ResourceId", "ResourceName", "ResourceType"),
    *("ServiceCategory", "ServiceName", "SkuId", "SkuPriceId", "SubAccountId", "SubAccountName", "Tags"),
)
COLUMNS_1_2 = tuple(
    sorted(
        (
            *COLUMNS_1_0,
            *("BillingAccountType", "CapacityReservationId", "CapacityReservationStatus"),
            *("CommitmentDiscountQuantity", "CommitmentDiscountUnit", "InvoiceId", "PricingCurrency"),
            *("PricingCurrencyContractedUnitPrice", "PricingCurrencyEffectiveCost"),
            *("PricingCurrencyListUnitPrice", "ServiceSubcategory", "SkuMeter", "SkuPriceDetails", "SubAccountType"),
        )
    )
)
_CATEGORY = {
    "usage": ("Usage", "Usage-Based"),
    "recurring": ("Purchase", "Recurring"),
    "tax": ("Tax", "One-Time"),
    "credit": ("Credit", "One-Time"),
}


def export(city: City, bill: Bill) -> Iterator[str]:
    """The file in pieces of text, header first. 1.0 writes `NULL` for what is not there, 1.2 leaves it empty."""
    recent = states_invoice(bill.account)
    columns, nothing = (COLUMNS_1_2, "") if recent else (COLUMNS_1_0, "NULL")
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    shared = _shared(city, bill)
    for n, line in enumerate(lines_of(city, bill), start=1):
        row = shared | _own(line, recent=recent)
        writer.writerow([row.get(column) or nothing for column in columns])
        if n % 2_000 == 0:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def _shared(city: City, bill: Bill) -> dict[str, str]:
    """The cells that every row of the bill repeats."""
    account = bill.account
    recent = states_invoice(account)
    brand = account.vendor.rsplit(" ", 1)[0]
    return {
        "BillingAccountId": account.number,
        "BillingAccountName": city.entity,
        "BillingAccountType": "Account",
        "BillingCurrency": "USD",
        "BillingPeriodStart": _instant(bill.first, 0, recent=recent),
        "BillingPeriodEnd": _instant(bill.last + timedelta(days=1), 0, recent=recent),
        "InvoiceId": bill.number,
        "InvoiceIssuerName": account.vendor,
        "PricingCurrency": "USD",
        "ProviderName": brand,
        "PublisherName": brand,
        "RegionId": "nw-1",
        "RegionName": "Northwest 1",
        "ServiceCategory": "Compute",
        "ServiceName": f"{brand} Platform",
        "ServiceSubcategory": "Virtual Machines",
        "SubAccountId": f"{account.number}-01",
        "SubAccountName": "Production",
        "SubAccountType": "Project",
    }


def _own(line: Line, *, recent: bool) -> dict[str, str]:
    category, frequency = _CATEGORY[line.kind]
    cost = f"{line.amount:f}"
    metered = line.kind == "usage"
    name = line.service.name if line.service else ""
    # The end is the first instant no longer covered: an hour later, or the midnight after the last day.
    end = (line.last, line.hour + 1) if metered else (line.last + timedelta(days=1), 0)
    quantity = f"{line.quantity:f}" if metered else ""
    return {
        "BilledCost": cost,
        "ChargeCategory": category,
        "ChargeDescription": line.text,
        "ChargeFrequency": frequency,
        "ChargePeriodStart": _instant(line.first, line.hour, recent=recent),
        "ChargePeriodEnd": _instant(*end, recent=recent),
        "ConsumedQuantity": quantity,
        "ConsumedUnit": line.unit,
        "ContractedCost": cost,
        "EffectiveCost": cost,
        "ListCost": cost,
        "ListUnitPrice": f"{line.rate:f}" if metered else "",
        "PricingCategory": "Standard" if line.kind in ("usage", "recurring") else "",
        "PricingQuantity": quantity,
        "PricingUnit": line.unit,
        "ResourceId": name,
        "ResourceName": name.rsplit("/", 1)[-1],
        "ResourceType": name.split("/", 1)[0],
        "SkuId": line.product,
        "SkuPriceId": f"{line.product}.std" if line.product else "",
        "Tags": '{"env": "prod"}' if metered else "",
    }


def _instant(day: date, hour: int, *, recent: bool) -> str:
    return f"{day}T{hour:02d}:00:00Z" if recent else f"{day} {hour:02d}:00:00"
