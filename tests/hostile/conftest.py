"""What the attacks share: a site in whose books a bill stands, and an intake that is kept open between attacks."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import pytest

from ledger_core.projections import documents
from tests.hostile.bad_files import EDI
from tests.standing import posted_bills, rows_of
from tests.tollbook.sites import new_site
from tollbook.archive import Archive
from tollbook.intake.folder import Folder, files_in
from tollbook.intake.intake import Intake
from tollbook.intake.outcome import FileOutcome
from tollbook.site import Site


@attrs.frozen
class Target:
    """A site under attack, and the intake that takes what is dropped."""

    site: Site
    intake: Intake

    def dropped(self, name: str, content: bytes) -> FileOutcome:
        """Drop one file and take the inbox in; what became of that file."""
        (self.site.path("inbox") / name).write_bytes(content)
        outcomes = self.taken()
        return next(outcome for outcome in outcomes if outcome.path.name == name)

    def taken(self) -> list[FileOutcome]:
        """Take the inbox in."""
        return self.intake.take(files_in([self.site.path("inbox")]), Folder(self.site).mirror)

    def reason(self, outcome: FileOutcome) -> str:
        """What the file beside a rejected one says."""
        found = list(self.site.path("rejected").glob(f"*.{outcome.sha256[:8]}.reason.txt"))
        assert len(found) == 1, found
        return found[0].read_text("utf-8")

    def state(self, outcome: FileOutcome) -> tuple[str, str]:
        """State and code that the log gives the document."""
        with self.site.ledger().reading() as connection:
            known = documents.known(connection, outcome.sha256)
        assert known is not None
        return known.state, known.code

    def archived(self, outcome: FileOutcome) -> bytes:
        """The bytes as they are kept."""
        return Archive(self.site.path("archive")).read(outcome.sha256)

    def standing(self) -> tuple[dict[str, int], list[str]]:
        """Rows and bills of the books."""
        return rows_of(self.site), posted_bills(self.site)


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """One site for all attacks of a module: each leaves it fit for the next."""
    site = new_site(tmp_path_factory.mktemp("target"))
    with Intake(site) as intake:
        under_attack = Target(site, intake)
        assert under_attack.dropped("first.edi", EDI).bills[0].fact is not None
        yield under_attack


def edi(number: int) -> bytes:
    """A good bill of its own number."""
    return EDI.replace(b"HT-1~", b"HT-%d~" % number)
