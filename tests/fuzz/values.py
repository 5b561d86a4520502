"""Values to put into declarations, by sort."""

from __future__ import annotations

from tests.fuzz.kit import Pairs, Raw

NUMBERS: tuple[object, ...] = (
    *(0, -0.0, 1, -1, 2, 3, 7, 0.1, 0.5, 0.999, 1.5, 10, 64, 100, 127, 128, 1_000, 65_536, 10**5),
    *(10**6, 10**7, 10**8, 10**9, 2**31 - 1, 2**31, 2**32, 10**12, 2**53 + 1, 10**18 - 1),
    *(1e-300, 5e-324, 1e-9, 1e-3, 1e9, 1e15, 1e18, 1e40, 1e300, 1.7e308, -1e300, -1e-300),
)
SHARES = (0, 1, 0.5, 1e-300, 1 - 1e-16)
TIMES = (0, 0.1, 0.5, 2, 3, 10, 100, 1_000, 10**5, 10**8)
"""Multiples of a number that stands in a file."""

NOT_NUMBERS = tuple(
    Raw(text)
    for text in (
        *(".nan", ".inf", "-.inf", "1e999", "1" * 19, "9" * 5_000, "0x" + "f" * 16, "0o7", "012"),
        *("1_000", "+.5", "-", "1e", "NaN", "1e-400"),
    )
)
LEGAL_DURATIONS = (
    *("0 h", "0.0000001 min", "0.001 min", "1 min", "7 min", "15 min", "1 h", "5 h", "6 h", "25 h"),
    *("1 d", "8 d", "30 d", "1 y", "20 y", "100 y", "199 y", "200 y"),
)
DURATIONS = (
    *LEGAL_DURATIONS,
    *("200.0001 y", "201 y", "999999999999 y", "-1 d", "1", "1 x", "1e3 h", "½ d", "1 d\n", "d"),
    *("\N{ARABIC-INDIC DIGIT THREE} h", "1  d", "0.1 + 0.2 h"),
)
TICKS = (
    *("PT1M", "PT2M", "PT7M", "PT15M", "PT30M", "PT1H", "PT5H", "PT6H", "PT24H", "PT48H", "PT0H"),
    *("PT1440M", "PT1S", "P1D", "pt6h", "PT6H ", "PT" + "9" * 30 + "H", "PT" + "9" * 400 + "H"),
    *("PT" + "9" * 5_000 + "M", "PT1M\nx", "PT\N{ARABIC-INDIC DIGIT THREE}H"),
)
TEXTS = (
    *("", " ", "a", "A", "ä", "\u202e", "\u2028", "e\u0301", "\U0001f600", "\ufeff", "a" * 65),
    *("a" * 5_000, "a-b", "-a", "a--b", "a/b", "../a", "a\\b", "a b", "a: b", "# a", "null", "~"),
    *("true", "1", "*a", "&a", "!a", "{", "[", "|", ">", "%", "@", "`", "'", '"', "a | b", "[red]"),
    *("{0}", "%s", "${HOME}", "$(id)", "free", "all", "national", "body", "police", "routine"),
    *("request", "hit", "immediate", "confidential", "permission", "continuous", "all,all"),
)
CONTROLS = tuple(
    Raw(f'"{escape}"') for escape in ("\\0", "\\x07", "\\x1b[2J", "\\uD800", "\\x7f", "\\r", "\\L")
)
PATHS = (
    *("", ".", "..", "/", "./", "../", "../..", "../policies", "../places", "/dev/null", "/usr"),
    *("/dev/zero", "/dev/stdin", "/dev/full", "/proc/self/mem", "/proc/self/fd/0", "/etc/passwd"),
    *("~", "nowhere", "nowhere.yaml", "./nowhere.yaml", "a/" * 2_000 + "b.yaml", "./" + "a" * 300),
    *("\\", "C:\\x", "file:///etc/passwd", "http://localhost/x.yaml", "//", "./.", "./members.csv"),
    *("../places/eu27-2010/place.yaml", "./bilateral.yaml/", "./bilateral.yaml/x", "*", "./*.yaml"),
)
STRUCTURES: tuple[object, ...] = (
    *(None, True, False, [], {}, [[]], {"a": {}}, [None], {"value": 1}, [1, 2], "text"),
    *({"value": 1, "assumed": "so"}, {"median": "1 h", "p95": "1 min"}, {"quantiles": {}}),
    *({"value": "1 h", "mean": "1 h"}, Pairs([(1, 2), (1.0, 3), (True, 4)]), Pairs([(None, 1)])),
    *(Pairs([("a", 1), ("a", 2)]), {0: "1 h", 1: "2 h"}, Pairs([(Raw(".nan"), 1)])),
)


def bomb(levels: int, width: int) -> Raw:
    """Write a list that aliases let grow to `width` to the power of `levels` values."""
    parts = ["&x0 [x]"]
    parts += [f"&x{n} [{', '.join([f'*x{n - 1}'] * width)}]" for n in range(1, levels + 1)]
    return Raw(f"[{', '.join(parts)}]")


RAWS = tuple(
    Raw(text)
    for text in (
        *("*a", "&a x", "&a [*a]", "&a {a: *a}", "<<: {}", "!!python/object/apply:os.system [id]"),
        *("!!binary aGk=", "!!set {a}", "!x y", "2010-12-01", "yes", "? a", "- a", "a: b: c", "'"),
        *("[" * 59 + "]" * 59, "[" * 5_000 + "]" * 5_000, "[" * 90, "{a: " * 500 + "1" + "}" * 500),
        *('"', "|", ">-", "\t", "@", "%", "}", "]", ",", ":", "# x", "\n---\na: b\n", "\n...\n"),
        *("[" + "x, " * 60_000 + "]", "{" + "".join(f"k{i}: 1, " for i in range(20_000)) + "}"),
        *(bomb(6, 8), bomb(40, 2), bomb(3, 5)),
    )
)
KEYS: tuple[object, ...] = (
    *("", "x", "source", "assumed", "value", "meaning", "a" * 300, "ä", "A", "a.b", "a[0]", "[0]"),
    *(
        0,
        1,
        -1,
        0.5,
        10**17,
        Raw("true"),
        Raw("null"),
        Raw("[a]"),
        Raw("*a"),
        Raw("<<"),
        Raw("a b"),
    ),
)
CELLS = (
    *("", " ", "XX", "DE", "de", "0", "-1", "1.5", "1e300", "1e999", ".nan", ".inf", "true", "yes"),
    *(
        "999999999999999999",
        "9" * 30,
        "2010",
        "ä",
        "\u202e",
        "a" * 5_000,
        '"',
        "'",
        ",",
        "\n",
        "\t",
    ),
    *("~", "null", "=1+1", "\x07", "\ufeff", "91", "-180", "180", "3000000000", "100000000"),
)
BYTES = (
    *(b"\0", b"\xff", b"\xfe", b"\xc3", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\x1b[2J", b"\r", b"\n"),
    *(
        b"\t",
        b"\x85",
        b"\xe2\x80\xa8",
        b" ",
        b":",
        b"-",
        b"#",
        b"'",
        b'"',
        b"[",
        b"{",
        b"&a ",
        b"*a",
    ),
    *(b"!", b"|\n", b"\n---\n", b"\n...\n", b"%YAML 1.1\n", b"? ", b"<<: ", b"9" * 400, b"\x7f"),
)
