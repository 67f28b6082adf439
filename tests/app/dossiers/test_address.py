"""The code on a receipt leads to the address that people know, not to the one somebody asked with."""

from __future__ import annotations

import pytest

from app.web import full_address


@pytest.mark.parametrize("site", ["https://onedoor.example", "https://onedoor.example/"])
def test_an_address_is_the_site_and_the_path(site: str) -> None:
    assert full_address(site, "/dossiers/X-1") == "https://onedoor.example/dossiers/X-1"
