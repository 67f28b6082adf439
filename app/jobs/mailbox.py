"""Where letters go: files in the data directory, or a mail server."""

from __future__ import annotations

import smtplib
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Post:
    """A letter in words, ready to go. Delivering the same number of a series twice must do no harm."""

    number: int
    to: str
    subject: str
    text: str
    series: str = ""

    @property
    def name(self) -> str:
        """Its series and number."""
        return f"{self.series}{self.number:09d}"


class Mailbox(Protocol):
    """Takes letters; raises OSError when one could not be handed over."""

    def deliver(self, post: Post) -> None:
        """Hand one letter over."""


class FileMailbox:
    """Keeps each letter as one text file, for installations without a mail server and for tests."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def deliver(self, post: Post) -> None:
        """Write the letter under its number."""
        self.folder.mkdir(parents=True, exist_ok=True)
        text = f"To: {post.to}\nSubject: {post.subject}\n\n{post.text}\n"
        (self.folder / f"{post.name}.txt").write_text(text, encoding="utf-8")


class SmtpMailbox:
    """Sends letters by e-mail; those to people without an address are kept as files."""

    def __init__(self, server: str, sender: str, without_address: Mailbox) -> None:
        self.host, _, port = server.partition(":")
        self.port = int(port or 25)
        self.sender = sender
        self.without_address = without_address

    def deliver(self, post: Post) -> None:
        """Hand the letter to the mail server."""
        if "@" not in post.to:
            self.without_address.deliver(post)
            return
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self.sender, post.to, post.subject
        message["Message-ID"] = f"<letter-{post.series}{post.number}@{self.sender.rpartition('@')[2]}>"
        message.set_content(post.text)
        with smtplib.SMTP(self.host, self.port, timeout=20) as server:
            server.send_message(message)


def mailbox_of(config: Mapping[str, Any]) -> Mailbox:
    """The mailbox that the settings ask for."""
    files = FileMailbox(config["ONEDOOR_DATA"] / "mailbox")
    if not config["ONEDOOR_SMTP"]:
        return files
    return SmtpMailbox(config["ONEDOOR_SMTP"], config["ONEDOOR_SMTP_SENDER"], files)
