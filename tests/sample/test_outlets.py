"""The outlets' declarations: all documented, and a site that cannot be told apart is refused."""

import re
from pathlib import Path

import pytest

from pipeline.declared import BrokenFiles, Declared
from pipeline.errors import UsageError
from sample.outlets import (
    Challenges,
    Compresses,
    ExtraPage,
    HalfPage,
    OutletFile,
    RateLimits,
    Redirects,
    Refuses,
    Slow,
    WayIn,
    Words,
    outlet_ids,
    read_outlet,
)
from sample.postings import postings

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "newsroom.md").read_text(encoding="utf-8")
MODELS = [
    OutletFile, WayIn, Words, ExtraPage, Refuses, RateLimits, Challenges, HalfPage, Slow, Compresses, Redirects,
]  # fmt: skip


@pytest.mark.parametrize("model", MODELS)
def test_every_key_is_documented(model: type[Declared]) -> None:
    assert set(model.model_fields) <= set(re.findall(r"`(\w+)`", DOCUMENT))


def test_every_outlet_is_declared() -> None:
    readme = (ROOT / "sample" / "README.md").read_text(encoding="utf-8")
    table = re.findall(r"^\| ([a-z]+(?:-[a-z]+)*) \|", readme.split("## Outlets")[1], re.MULTILINE)
    assert sorted(set(table) - {"id"}) == outlet_ids()


def test_every_layout_is_a_template_in_use() -> None:
    layouts = {read_outlet(outlet).layout for outlet in outlet_ids()}
    assert len(layouts) >= 6
    assert all((ROOT / "sample" / "templates" / f"{layout}.html").is_file() for layout in layouts)


def test_an_unknown_quirk_is_refused(tmp_path: Path) -> None:
    good = (ROOT / "sample" / "outlets" / "dunai-naplo" / "outlet.yml").read_text(encoding="utf-8")
    (tmp_path / "dunai-naplo").mkdir()
    bad = good.replace("does: slow", "does: nothing")
    (tmp_path / "dunai-naplo" / "outlet.yml").write_text(bad, encoding="utf-8")
    line = good.splitlines().index(next(row for row in good.splitlines() if "does: slow" in row)) + 1
    with pytest.raises(BrokenFiles, match=rf"outlet\.yml:{line}: quirks\[0\]: "):
        read_outlet("dunai-naplo", tmp_path)


def test_two_pages_must_not_share_an_address() -> None:
    outlet = read_outlet("folha-do-vale")
    doubled = outlet.model_copy(update={"extra_pages": (*outlet.extra_pages, *outlet.extra_pages)})
    with pytest.raises(UsageError, match="share the address"):
        postings("folha-do-vale", doubled, {}, 1)
