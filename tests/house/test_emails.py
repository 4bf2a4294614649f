"""Each kind of mail: its three files, rendered with much and with little, alike in both parts."""

import re
from dataclasses import fields, replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from dashboard.adapters.letters import Rendered, render_letter
from dashboard.domain.causes import CAUSE_TEXTS, Cause
from dashboard.domain.notices import (
    NOTICE_SPECS,
    PASSWORD_LINKS,
    PERSONAL,
    PLATFORM_KINDS,
    SETUP_KINDS,
    NoticeKind,
    SettingChange,
)
from dashboard.domain.tellings import (
    Cure,
    Lacking,
    LinkTelling,
    PasswordTelling,
    PlatformTelling,
    SettingsTelling,
    SetupTelling,
    Story,
)
from dashboard.domain.wording import one_line
from dashboard.services.link_drafts import DIGEST

FOLDER = Path(__file__).parents[2] / "templates" / "email"
LINK_MAILS = [
    *(kind.value for kind in NoticeKind if kind not in PERSONAL | PLATFORM_KINDS | SETUP_KINDS),
    DIGEST,
]
BARE = Story(
    kind=NoticeKind.LINK_BROKEN,
    title="Fakebook page Bakery Jansen",
    name="Bakery Jansen",
    platform="Fakebook",
    **dict.fromkeys(["lost", "blocked", "silent", "limited", "expiring", "works"], False),
    **dict.fromkeys(["since", "cause", "meaning", "stops", "planned", "renew_by"], ""),
    **dict.fromkeys(["was", "lasted", "relinked_by"], ""),
    steps=(),
    lacking=(),
    page_url="https://links.example/settings/accounts/1",
    relink_url="https://links.example/settings/accounts/1/relink",
)
FULL = replace(
    BARE,
    since="Tuesday 24 November 2026, 11:00",
    cause="The password was changed",
    meaning="After a change of password the platform ends the links of all other programs.",
    steps=("First do this.", "Then do that."),
    stops="No messages come in for Webcare; posts cannot go out",
    planned="2 posts are planned; the next is due Tuesday 24 November 2026, 16:00",
    lacking=(
        Lacking(
            label="Create content",
            stops="posts cannot go out",
            grant_at="Suite > Access",
            grant_url="https://platform.example/grant",
        ),
        Lacking(label="Read", stops="no messages come in", grant_at="Suite", grant_url=""),
    ),
    renew_by="8 December 2026",
    was="The permission ran out",
    lasted="3 hours and 12 minutes",
    relinked_by="Ada",
)
STANDINGS = ["lost", "blocked", "silent", "limited", "expiring", "works"]


def telling(*stories: Story, others: str = "Ben and Carla") -> LinkTelling:
    return LinkTelling(
        reader="Anna",
        zone="Europe/Amsterdam",
        stories=stories,
        names=", ".join(story.name for story in stories),
        others=others,
        why=(NOTICE_SPECS[NoticeKind.LINK_BROKEN].label,),
        may_link=True,
        settings_url="https://links.example/settings/me",
        accounts_url="https://links.example/settings/accounts",
    )


BY_RELINK = Lacking(
    label="Read", stops="no messages come in", grant_at="", grant_url="", by_relink=True
)


def limited_together(story: Story) -> list[LinkTelling]:
    """Accounts of one log-in that lack the same, given by a relink or at the platform."""
    found = []
    for lacking in (story.lacking, (BY_RELINK,)):
        one = replace(story, limited=True, lacking=lacking)
        lack = [replace(one, name=name) for name in ("Bakery", "Garage", "Theatre")]
        cure = Cure(platform="Fakebook", person="Anna J.", stories=tuple(lack[:2]))
        found += [telling(one), replace(telling(*lack[:2]), cures=(cure,))]
        found.append(replace(telling(*lack), cures=(replace(cure, person=""),)))
    return found


def every_telling() -> list[LinkTelling]:
    """Each standing, alone and with another, with all facts and with none."""
    found = []
    for standing in STANDINGS:
        for story in (BARE, FULL):
            one = replace(story, **{standing: True})
            found += [telling(one), telling(one, replace(FULL, name="Garage"), others="")]
    for story in (BARE, FULL):
        lost = [replace(story, lost=True, name=name) for name in ("Bakery", "Garage", "Theatre")]
        cure = Cure(platform="Fakebook", person="Anna J.", stories=tuple(lost[:2]))
        found.append(replace(telling(*lost[:2]), cures=(cure,)))
        found.append(replace(telling(*lost), cures=(replace(cure, person=""),)))
        found += limited_together(story)
    return found + [replace(one, may_link=False) for one in found]


class Words(HTMLParser):
    """What a reader of the HTML part reads, and where its links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self._hidden = False

    def handle_starttag(self, tag, attrs):
        self._hidden = tag in {"style", "title"} or ("aria-hidden", "true") in attrs
        self.links += [value for name, value in attrs if name == "href"]

    def handle_endtag(self, tag):
        self._hidden = False

    def handle_data(self, data):
        if not self._hidden:
            self.words += words(data)


def words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text)


def read(letter: Rendered) -> tuple[Words, str]:
    html = Words()
    html.feed(letter.html)
    return html, letter.text


def links(text: str) -> list[str]:
    return re.findall(r"https://\S+", text)


@pytest.mark.parametrize("kind", [kind.value for kind in NoticeKind])
def test_every_kind_has_its_three_files(kind: str) -> None:
    for part in ("subject.txt", "body.txt", "body.html"):
        assert (FOLDER / kind / part).is_file()


@pytest.mark.parametrize("kind", LINK_MAILS)
def test_text_and_html_say_the_same(kind: str) -> None:
    for told in every_telling():
        html, text = read(render_letter(kind, {"telling": told}))
        without_links = re.sub(r"https://\S+", "", text)
        extra = set(words(without_links)) ^ (set(html.words) - {"Linkkeeper"})
        # Numbers of steps are drawn by the mail program itself in HTML.
        assert extra <= {"1", "2", "Linkkeeper"}, told


@pytest.mark.parametrize("kind", LINK_MAILS)
def test_text_and_html_lead_to_the_same_places(kind: str) -> None:
    for told in every_telling():
        html, text = read(render_letter(kind, {"telling": told}))
        assert set(links(text)) == set(html.links)


@pytest.mark.parametrize("kind", LINK_MAILS)
def test_a_mail_about_one_account_has_one_button_and_no_gap(kind: str) -> None:
    for standing in STANDINGS:
        letter = render_letter(kind, {"telling": telling(replace(FULL, **{standing: True}))})
        assert letter.html.count('class="button-link"') == 1
        for text in (letter.subject, letter.text):
            assert text.strip()
            assert "  " not in text.replace("\n", "")
            assert not re.search(r"\b(None|True|False)\b", text)


def test_a_lost_link_leads_to_the_relink_and_a_limited_one_to_the_check() -> None:
    lost = render_letter("link_broken", {"telling": telling(replace(FULL, lost=True))})
    assert BARE.relink_url in lost.text
    limited = render_letter("link_limited", {"telling": telling(replace(FULL, limited=True))})
    assert BARE.relink_url not in limited.text
    assert f"Check Bakery Jansen now:\n{BARE.page_url}" in limited.text


def test_a_silent_platform_is_no_reason_to_relink() -> None:
    letter = render_letter("link_broken", {"telling": telling(replace(FULL, silent=True))})
    assert letter.subject.endswith("nothing to do yet")
    assert BARE.relink_url not in letter.text


def test_changed_settings_are_told_alike_in_both_parts() -> None:
    told = SettingsTelling(
        reader="Anna",
        zone="UTC",
        who="Ada",
        at="Tuesday 24 November 2026, 11:00",
        changes=(SettingChange(what="Role", before="Editor", after="Viewer"),),
        settings_url="https://links.example/settings/me",
    )
    html, text = read(render_letter("settings_changed", {"telling": told}))
    assert set(words(re.sub(r"https://\S+", "", text))) == set(html.words)
    assert set(links(text)) == set(html.links)


@pytest.mark.parametrize("kind", sorted(PASSWORD_LINKS))
@pytest.mark.parametrize("who", ["Ada", ""])
def test_mails_with_a_single_use_link_are_alike_in_both_parts(kind: str, who: str) -> None:
    told = PasswordTelling(
        reader="Anna",
        zone="UTC",
        who=who,
        email="anna@example.org",
        until="Tuesday 1 December 2026, 11:00",
        link="https://links.example/welcome/secret",
    )
    letter = render_letter(kind, {"telling": told})
    html, text = read(letter)
    assert set(words(re.sub(r"https://\S+", "", text))) == set(html.words)
    assert links(text) == html.links == [told.link]
    assert "secret" not in letter.subject


def test_no_picture_and_nothing_from_elsewhere_is_loaded() -> None:
    for kind in LINK_MAILS:
        html = render_letter(kind, {"telling": telling(replace(FULL, lost=True))}).html
        assert not re.search(r"<(img|link|script|iframe)|url\(|@import", html)


def test_words_for_experts_stay_out_of_mails() -> None:
    for kind in LINK_MAILS:
        for cause in Cause:
            text = CAUSE_TEXTS[cause]
            story = replace(FULL, lost=True, cause=text.title, meaning=text.meaning)
            letter = render_letter(kind, {"telling": telling(replace(story, steps=text.steps))})
            assert not re.search(r"(?i)\b(token|oauth|scope|401|403)\b", letter.text)


def test_every_fact_of_a_story_reaches_some_mail() -> None:
    told = "".join(
        render_letter(kind, {"telling": telling(replace(FULL, **{standing: True}))}).text
        for kind in LINK_MAILS
        for standing in STANDINGS
    )
    for field in fields(Story):
        value = getattr(FULL, field.name)
        if isinstance(value, str) and field.name != "kind":
            assert value in told, field.name


def test_accounts_of_one_log_in_have_one_cure() -> None:
    stories = tuple(
        replace(FULL, lost=True, name=name, relink_url=f"https://links.example/{name}/relink")
        for name in ("Bakery", "Garage", "Theatre")
    )
    cure = Cure(platform="Fakebook", person="Anna J.", stories=stories)
    letter = render_letter("link_broken", {"telling": replace(telling(*stories), cures=(cure,))})
    assert letter.subject == (
        "Bakery, Garage and 1 more have lost their link: log in once at Fakebook as Anna J."
    )
    assert "Log in once at Fakebook as Anna J.: that heals these 3 accounts" in letter.text
    assert {one for one in links(letter.text) if one.endswith("/relink")} == {stories[0].relink_url}
    assert letter.text.count("Why:") == 1, "the cause is said once"


def test_names_from_platforms_leave_room_for_what_to_do_in_a_subject() -> None:
    stories = tuple(
        replace(FULL, lost=True, name=one_line(f"{sign}\r\nBcc: x@example.org " * 9))
        for sign in "ABC"
    )
    cure = Cure(platform="Fakebook", person="Anna J.", stories=stories)
    letter = render_letter("link_broken", {"telling": replace(telling(*stories), cures=(cure,))})
    assert letter.subject.endswith("log in once at Fakebook as Anna J.")
    assert len(letter.subject) <= 160
    assert not re.search(r"[\r\n]", letter.subject)


def test_what_a_new_log_in_gives_leads_to_the_relink() -> None:
    limited = replace(FULL, limited=True, lacking=(BY_RELINK,))
    one = render_letter("link_limited", {"telling": telling(limited)})
    assert one.subject.endswith("lacks the permission Read: relink it")
    assert f"Relink {BARE.title}:\n{BARE.relink_url}" in one.text
    assert "allow everything that Fakebook lists" in one.text
    cure = Cure(platform="Fakebook", person="Anna J.", stories=(limited, limited))
    told = replace(telling(limited, limited), cures=(cure,))
    several = render_letter("link_limited", {"telling": told})
    assert several.subject.endswith("lack a permission: log in once at Fakebook as Anna J.")
    assert {one for one in links(several.text) if "/1" in one} == {BARE.relink_url}
    told = replace(told, may_link=False)
    assert "/relink" not in render_letter("link_limited", {"telling": told}).text


@pytest.mark.parametrize("does", ["refuses", "takes", ""])
@pytest.mark.parametrize("ours", [False, True])
@pytest.mark.parametrize("kind", sorted(PLATFORM_KINDS))
def test_a_mail_about_a_platform_says_the_same_in_both_parts_and_to_do_nothing(
    kind: NoticeKind, ours: bool, does: str
) -> None:
    told = PlatformTelling(
        reader="Anna",
        zone="Europe/Amsterdam",
        platform="Fakebook",
        refuses=does == "refuses",
        takes=does == "takes",
        ours=ours,
        at="Tuesday 24 November 2026, 11:00",
        lasted="1 hour and 4 minutes",
        accounts="12 accounts",
        why=(NOTICE_SPECS[kind].label,),
        settings_url="https://links.example/settings/me",
        accounts_url="https://links.example/settings/accounts",
    )
    letter = render_letter(kind.value, {"telling": told})
    html, text = read(letter)
    plain = set(words(text)) - {"https", "links", "example", "settings", "me", "accounts"}
    assert plain <= set(html.words)
    assert "12 accounts" in text
    assert set(links(text)) == {told.settings_url, told.accounts_url} == set(html.links)
    if kind is NoticeKind.PLATFORM_SILENT:
        assert "do not relink" in text


@pytest.mark.parametrize("over", [False, True])
@pytest.mark.parametrize("kind", sorted(SETUP_KINDS))
def test_a_mail_about_the_installation_says_the_same_in_both_parts(
    kind: NoticeKind, over: bool
) -> None:
    told = SetupTelling(
        reader="Ada",
        zone="Europe/Amsterdam",
        what="Fakebook" if kind is NoticeKind.REGISTRATION_REFUSED else "",
        over=over,
        at="Tuesday 24 November 2026, 11:00",
        said="invalid client" if kind is NoticeKind.REGISTRATION_REFUSED else "",
        why=(NOTICE_SPECS[kind].label,),
        settings_url="https://links.example/settings/me",
        place_url="https://links.example/settings/platforms",
    )
    letter = render_letter(kind.value, {"telling": told})
    html, text = read(letter)
    plain = set(words(text)) - {"https", "links", "example", "settings", "me", "platforms"}
    assert plain <= set(html.words)
    assert ("nothing left to do" in text) is over
    assert set(links(text)) == {told.settings_url, told.place_url} == set(html.links)
