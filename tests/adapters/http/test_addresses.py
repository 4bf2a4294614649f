"""Which addresses may be asked (R40): a table of hostile ones, and a second opinion on all."""

import ipaddress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dashboard.adapters.http.addresses import ForbiddenAddressError, is_public, target_of

FINE = {
    "https://example.social": ("example.social", "/"),
    "https://example.social:443/a?b=c#d": ("example.social", "/a?b=c"),
    "HTTPS://EXAMPLE.Social/A": ("example.social", "/A"),
    "https://bücher.example/": ("xn--bcher-kva.example", "/"),
    "https://faß.example/": ("xn--fa-hia.example", "/"),
    "https://例え.テスト/": ("xn--r8jz45g.xn--zckzah", "/"),
    "https://xn--bcher-kva.example/": ("xn--bcher-kva.example", "/"),
    "https://1.1.1.1/": ("1.1.1.1", "/"),
    "https://[2606:4700:4700::1111]/": ("2606:4700:4700::1111", "/"),
    "https://3com.example/": ("3com.example", "/"),
    "https://example.social?x=1": ("example.social", "/?x=1"),
}

HOSTILE = [
    # not https, not 443
    "http://example.social/",
    "https://example.social:80/",
    "https://example.social:8443/",
    "https://example.social:0/",
    "https://example.social:/443",
    "https://example.social:65536/",
    "https://example.social:+443/x",
    "https://example.social:٤٤٣/",
    "ftp://example.social/",
    "file:///etc/passwd",
    "gopher://example.social/",
    "javascript:alert(1)",
    "https:example.social",
    "https:/example.social",
    "https:///example.social",
    "//example.social",
    "example.social",
    "",
    # who is asked?
    "https://user@example.social/",
    "https://user:pass@example.social/",
    "https://example.social@127.0.0.1/",
    "https://127.0.0.1\\@example.social/",
    "https://example.social\\@127.0.0.1/",
    "https://example.social%2f@127.0.0.1/",
    "https://example.social%00.evil.example/",
    "https://127.0.0.1%2f.example.social/",
    "https://a:b:443/",
    "https://[::1]x:443/",
    "https://[::1%25eth0]/",
    "https://[fe80::1%25lo]/",
    "https://[v1.x]/",
    "https://[127.0.0.1]/",
    # characters that parsers disagree on
    "https://example.social/\r\nHost: evil",
    "https://exam\tple.social/",
    "\x00https://example.social/",
    " https://example.social/",
    "https://example.social/a b",
    "https://example.social/ä",
    "https://example.social\\path",
    "https://example.social/\\..\\",
    "https://example.social\uff0fpath",
    "https://example.social\ud800/",
    # names
    "https://localhost/",
    "https://redis/",
    "https://metadata/",
    "https://example.social./",
    "https://localhost./",
    "https://127.0.0.1./",
    "https://.example.social/",
    "https://example..social/",
    "https://-a.example/",
    "https://a_b.example/",
    "https://a b.example/",
    "https://*.example/",
    "https://☃.example/",
    "https://\u200d.example/",
    f"https://{'a' * 64}.example/",
    f"https://{'a.' * 127}example/",
    "https://example.social/" + "a" * 9_000,
    # numbers where a name belongs
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.1/",
    "https://127.1/",
    "https://127.0.1/",
    "https://0177.0.0.1/",
    "https://017700000001/",
    "https://127.0.0.0x1/",
    "https://1.1.1.1.1/",
    "https://256.256.256.256/",
    "https://example.123/",
    "https://example.0x/",
    # private in plain sight, and in disguise
    "https://127.0.0.1/",
    "https://\uff11\uff12\uff17.\uff10.\uff10.\uff11/",
    "https://127。0。0。1/",
    "https://①②⑦.⓪.⓪.①/",
    "https://0.0.0.0/",
    "https://10.0.0.1/",
    "https://100.64.0.1/",
    "https://100.100.100.200/",
    "https://168.63.129.16/",
    "https://169.254.169.254/latest/meta-data/",
    "https://172.16.0.1/",
    "https://192.0.0.192/",
    "https://192.0.2.1/",
    "https://192.88.99.1/",
    "https://192.168.1.1/",
    "https://198.18.0.1/",
    "https://224.0.0.1/",
    "https://240.0.0.1/",
    "https://255.255.255.255/",
    "https://[::]/",
    "https://[::1]/",
    "https://[0:0:0:0:0:0:0:1]/",
    "https://[::127.0.0.1]/",
    "https://[::8.8.8.8]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::ffff:100.64.0.1]/",
    "https://[::ffff:0:127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://[64:ff9b:1::7f00:1]/",
    "https://[64:ff9b:1::808:808]/",
    "https://[2002:7f00:1::]/",
    "https://[2001:0:4136:e378:8000:63bf:80ff:fffe]/",
    "https://[2001:db8::1]/",
    "https://[3fff::1]/",
    "https://[fc00::1]/",
    "https://[fd00:ec2::254]/",
    "https://[fe80::1]/",
    "https://[fec0::1]/",
    "https://[ff02::1]/",
    "https://[100::1]/",
    "https://[5f00::1]/",
]


@pytest.mark.parametrize("url", FINE)
def test_public_address_is_taken(url):
    target = target_of(url)
    assert (target.host, target.path) == FINE[url]
    assert (target.scheme, target.port, target.exempt) == ("https", 443, False)


@pytest.mark.parametrize("url", HOSTILE)
def test_hostile_address_is_refused(url):
    with pytest.raises(ForbiddenAddressError):
        target_of(url)


@pytest.mark.parametrize(
    ("entry", "url"),
    [
        ("127.0.0.1:9001", "http://127.0.0.1:9001/x"),
        ("127.0.0.1:9001", "https://127.0.0.1:9001/x"),
        ("localhost:80", "http://LOCALHOST/"),
        ("[::1]:9001", "http://[0:0::1]:9001/"),
        ("mastodon:443", "https://mastodon/"),
    ],
)
def test_exempt_host_and_port_are_taken_whatever_they_are(entry, url):
    assert target_of(url, frozenset({entry})).exempt


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:6379/",
        "http://127.0.0.1/",
        "http://127.0.0.2:9001/",
        "http://localhost:9001/",
        "http://127.1:9001/",
        "http://2130706433:9001/",
        "http://[::ffff:127.0.0.1]:9001/",
        "http://user@127.0.0.1:9001/",
        "http://127.0.0.1.:9001/",
        "http://127.0.0.1:9001@example.social/",
    ],
)
def test_exemption_is_for_the_very_host_and_port_only(url):
    """R41."""
    with pytest.raises(ForbiddenAddressError):
        target_of(url, frozenset({"127.0.0.1:9001"}))


def test_refusal_repeats_nothing_of_the_address():
    with pytest.raises(ForbiddenAddressError) as caught:
        target_of("https://canary:canary@canary.example/?canary")
    assert "canary" not in f"{caught.value!r} {caught.value.rule!r}"


@given(st.text(max_size=60) | st.from_regex(r"https://[ -~]{1,40}", fullmatch=True))
def test_any_text_is_refused_or_leads_to_a_clean_public_target(text):
    try:
        target = target_of(text)
    except ForbiddenAddressError:
        return
    again = target_of(target.url)
    assert again == target
    assert target.url.isascii()
    assert target.url.startswith(f"https://{target.host}:443/") or "[" in target.url


# A second opinion, independent in its form: bits and ranges instead of networks and classes.

CLOSED_V4 = [
    (0x00000000, 8), (0x0A000000, 8), (0x64400000, 10), (0x7F000000, 8), (0xA83F8110, 32),
    (0xA9FE0000, 16), (0xAC100000, 12), (0xC0000000, 24), (0xC0000200, 24), (0xC01FC400, 24),
    (0xC034C100, 24), (0xC0586300, 24), (0xC0A80000, 16), (0xC0AF3000, 24), (0xC6120000, 15),
    (0xC6336400, 24), (0xCB007100, 24), (0xE0000000, 4), (0xF0000000, 4),
]  # fmt: skip
CLOSED_V6 = [
    (0x20010000 << 96, 23), (0x20010DB8 << 96, 32), (0x2002 << 112, 16),
    (0x2620004F8000 << 80, 48), (0x3FFF << 112, 20),
]  # fmt: skip


def starts_with(value, prefix, length, width):
    return value >> (width - length) == prefix >> (width - length)


def second_opinion(address):
    value = int(address)
    if address.version == 6:
        if value >> 32 in {0xFFFF, 0x0064FF9B << 64}:  # mapped, NAT64
            return second_opinion(ipaddress.IPv4Address(value & 0xFFFFFFFF))
        return value >> 125 == 1 and not any(starts_with(value, *c, 128) for c in CLOSED_V6)
    return not any(starts_with(value, *closed, 32) for closed in CLOSED_V4)


def around(numbers, width):
    """Numbers at and around the edges, where mistakes live."""
    return st.builds(
        lambda number, distance: (number + distance) % 2**width,
        st.sampled_from(numbers),
        st.integers(-2, 2),
    )


EDGES_V4 = [e for p, n in CLOSED_V4 for e in (p, p + 2 ** (32 - n))]
EDGES_V6 = [e for p, n in CLOSED_V6 for e in (p, p + 2 ** (128 - n))] + [1 << 125, 2 << 125]
V4 = st.integers(0, 2**32 - 1) | around(EDGES_V4, 32)
PREFIXES = [0, 0xFFFF << 32, 0xFFFF << 48, 0x0064FF9B << 96, 0x0064FF9B0001 << 80, 0x2002 << 112]
V6 = (
    st.integers(0, 2**128 - 1)
    | st.integers(1 << 125, (2 << 125) - 1)
    | around(EDGES_V6, 128)
    | st.builds(lambda prefix, v4: prefix | v4, st.sampled_from(PREFIXES), V4)
    | st.builds(lambda v4: 0x2002 << 112 | v4 << 80, V4)
)
ADDRESSES = st.builds(ipaddress.IPv4Address, V4) | st.builds(ipaddress.IPv6Address, V6)


@given(ADDRESSES)
@example(ipaddress.ip_address("64:ff9b::8.8.8.8"))
@example(ipaddress.ip_address("::ffff:8.8.8.8"))
def test_judgement_of_an_address_equals_the_second_opinion(address):
    assert is_public(str(address)) == second_opinion(address)


@given(ADDRESSES)
def test_nothing_that_python_calls_private_is_public(address):
    if not address.is_global or address.is_multicast or address.is_reserved:
        nat64 = address.version == 6 and int(address) >> 32 == 0x0064FF9B << 64
        mapped = address.version == 6 and address.ipv4_mapped is not None
        assert nat64 or mapped or not is_public(str(address))


@pytest.mark.parametrize(
    "text", ["", "name", "127.1", "0x7f000001", "2606:4700::1111%eth0", "8.8.8.8 ", "8.8.8.8/32"]
)
def test_what_is_no_numeric_address_is_not_public(text):
    assert not is_public(text)
