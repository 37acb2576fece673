"""What an account is charged in a bill, whatever its medium."""

from __future__ import annotations

from collections.abc import Iterator

from tollbook.city import cloud, mobile, wireline
from tollbook.city.bills import Bill
from tollbook.city.city import City, Medium
from tollbook.city.lines import Line, Scene


def lines_of(city: City, bill: Bill, *, revised: bool = False) -> Iterator[Line]:
    """The charges of a bill in its own order, oddities included; `revised` is the vendor's second, dearer version."""
    match bill.account.medium:
        case Medium.MOBILE:
            yield from mobile.mobile_lines(city, bill)
        case Medium.WIRELINE:
            yield from wireline.wireline_lines(city, bill, revised=revised)
        case Medium.CLOUD:
            yield from cloud.cloud_lines(city, bill)
        case Medium.CARD:
            raise ValueError("a card statement has purchases, not lines")


def lines_of_service(scene: Scene) -> list[Line]:
    """What one service is charged in a bill; of a cloud, only what has a tale stands by itself."""
    match scene.bill.account.medium:
        case Medium.MOBILE:
            return mobile.service_lines(scene)
        case Medium.WIRELINE:
            return wireline.service_lines(scene)
        case _:
            return cloud.service_lines(scene)
