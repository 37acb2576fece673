"""The page: one file, readable by everybody, and nothing that a vendor prints can do anything in it."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import attrs
import pytest

from tests.tollbook.statement.statements import line, statement
from tollbook.statement.page import file_stem, page

_EMPTY = {"meta", "link", "col", "br", "img", "input", "hr"}
_HOSTILE = "</td><script>alert(1)</script><img src=http://evil.example/x onerror=alert(1)>\"'&"


def _said(field: str) -> dict[str, Any]:
    return {field: _HOSTILE}


@attrs.define
class Outline(HTMLParser):
    """The elements of a page, and whether they nest."""

    elements: list[tuple[str, dict[str, str | None]]] = attrs.field(factory=list)
    open: list[str] = attrs.field(factory=list)
    faults: list[str] = attrs.field(factory=list)

    def __attrs_pre_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attributes)))
        if tag not in _EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def outline(text: str) -> Outline:
    read = Outline()
    read.feed(text)
    read.close()
    return read


FULL = statement(
    line(),
    line(-100, charge="B-1-0:2", kind="credit", way="direct"),
    line(9900, charge="B-1-0:3", kind="equipment"),
    line(-500, charge="B-0-0:9", corrects="2026-07"),
    kept=(line(700, charge="B-1-0:4", way="retained"),),
    held=(line(300, charge="B-1-0:5"),),
    pending=(line(200, charge="B-1-0:6"),),
)


class TestOneFile:
    def test_loads_nothing_and_runs_nothing(self) -> None:
        text = page(FULL)
        read = outline(text)
        assert {"script", "link", "img", "iframe", "object", "form"} & {tag for tag, _ in read.elements} == set()
        assert not re.search(r"url\(|@import|https?:", text)
        assert {str(a["content"]) for a in read.named("meta") if a.get("http-equiv")} == {
            "default-src 'none'; style-src 'unsafe-inline'"
        }

    def test_is_well_formed(self) -> None:
        read = outline(page(FULL))
        assert read.faults == []
        assert read.open == []

    def test_is_the_same_each_time(self) -> None:
        assert page(FULL) == page(FULL)

    def test_prints_and_fits_a_phone(self) -> None:
        text = page(FULL)
        assert "@media print" in text
        assert "@media (max-width" in text
        assert 'content="width=device-width, initial-scale=1"' in text


class TestHostileText:
    @pytest.mark.parametrize("field", ["vendor", "product", "service", "number", "why", "unit", "text", "charge"])
    def test_of_a_bill_stays_text(self, field: str) -> None:
        hostile = line(**_said(field))
        read = outline(page(statement(hostile, attrs.evolve(hostile, kind="equipment"))))
        assert {"script", "img"} & {tag for tag, _ in read.elements} == set()
        assert read.faults == []
        assert all(not name.startswith("on") for _, attributes in read.elements for name in attributes)

    def test_of_a_sheet_stays_text(self) -> None:
        read = outline(page(attrs.evolve(FULL, name=_HOSTILE, entity=_HOSTILE, fund_name=_HOSTILE)))
        assert {"script", "img"} & {tag for tag, _ in read.elements} == set()


class TestForEverybody:
    """What a keyboard and a screen reader need."""

    def test_landmarks_language_and_a_way_past_the_head(self) -> None:
        read = outline(page(FULL))
        assert read.named("html") == [{"lang": "en"}]
        assert [len(read.named(tag)) for tag in ("header", "main", "footer", "h1")] == [1, 1, 1, 1]
        first_link = read.named("a")[0]
        ids = {attributes.get("id") for _, attributes in read.elements}
        assert first_link["class"] == "skip"
        assert str(first_link["href"]).removeprefix("#") in ids

    def test_every_table_has_a_caption_and_scoped_heads(self) -> None:
        read = outline(page(FULL))
        assert len(read.named("caption")) == len(read.named("table")) > 0
        assert all(attributes.get("scope") in {"col", "row"} for attributes in read.named("th"))

    def test_every_section_is_named_by_its_heading(self) -> None:
        read = outline(page(FULL))
        ids = {attributes.get("id") for attributes in read.named("h2")}
        assert {attributes["aria-labelledby"] for attributes in read.named("section")} == ids

    def test_no_two_elements_share_an_id(self) -> None:
        """A charge that bears on two objects has two lines, and one place to link to."""
        read = outline(page(statement(line(), line(object="5430"))))
        ids = [attributes["id"] for _, attributes in read.elements if "id" in attributes]
        assert len(ids) == len(set(ids))
        assert "B-1-0:1" in ids

    def test_every_link_within_the_page_leads_somewhere(self) -> None:
        read = outline(page(FULL))
        ids = {attributes.get("id") for _, attributes in read.elements}
        within = [str(a["href"])[1:] for a in read.named("a") if str(a["href"]).startswith("#")]
        assert set(within) <= ids

    def test_contrast_is_good_in_light_and_dark(self) -> None:
        """WCAG 2.2, 1.4.3: text at 4.5 to 1 or better, on every ground that it stands on."""
        light, dark = re.findall(r":root \{([^}]*)\}", page(FULL))[:2]
        for block in (light, dark):
            tints = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block))
            for ink in ("ink", "muted", "accent", "warn"):
                for ground in ("paper", "card", "soft"):
                    assert _contrast(tints[ink], tints[ground]) >= _TEXT, (ink, ground, block)


class TestWhatItSays:
    def test_figures_before_now_and_after(self) -> None:
        text = page(FULL)
        for figure in ("1,234.56", "135.50", "1,370.06"):
            assert f">{figure}" in text

    def test_journal_contact_and_last_day(self) -> None:
        text = page(FULL)
        for words in ("CB-1", "Rosa Quill", "30 September 2026", "Ada Alder", "General fund"):
            assert words in text

    def test_units_dates_and_reason_of_a_line(self) -> None:
        text = page(FULL)
        for words in ("1 MO × 42.50", "1–31 Aug 2026", "2065550100 belonged to the Police.", "B-1-0:1"):
            assert words in text

    def test_a_part_of_a_charge_says_of_what(self) -> None:
        assert "Your part of 42.50." in page(statement(line(2125, whole=4250)))

    def test_a_correction_links_to_what_it_corrects(self) -> None:
        assert '<a href="../2026-07/01210.html#B-0-0%3A9">2026-07</a>' in page(FULL)

    def test_a_budget_that_is_overspent_says_so_in_words(self) -> None:
        """Not by colour alone."""
        assert re.search(r"−277\.06</td>.*?</span> over", page(FULL), re.DOTALL)

    def test_an_empty_month_still_is_a_page(self) -> None:
        text = page(statement(journals=(), budgets=(), changes=(), previous=None, contacts=(), suspense=0))
        assert "none; nothing is charged" in text
        assert "the accounting office" in text
        assert outline(text).faults == []


@pytest.mark.parametrize(
    ("department", "stem"),
    [("01210", "01210"), ("../../etc/passwd", "%2E%2E%2F%2E%2E%2Fetc%2Fpasswd"), ("..", "%2E%2E"),
     ("a/b", "a%2Fb"), ("Public Works", "Public%20Works"), (".hidden", "%2Ehidden"), ("a\\b", "a%5Cb")],
)  # fmt: skip
def test_a_department_s_name_cannot_leave_the_folder(department: str, stem: str) -> None:
    assert file_stem(department) == stem


_TEXT = 4.5
_FULL_CHANNEL = 255


def _contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(tint: str) -> float:
    channels = [int(tint[at : at + 2], 16) / _FULL_CHANNEL for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
