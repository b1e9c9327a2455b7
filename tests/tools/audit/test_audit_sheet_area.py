"""Promise to whoever uploads a workbook: the check of its area sees a cell in any column."""

from tools.audit.mapping import letters
from tools.audit.reading.sheet_scan import SheetScan, _beyond, column_number


def test_a_cell_beyond_a_column_is_seen_whatever_the_two():
    numbers = [*range(1, 60), 675, 676, 677, 701, 702, 703, 704, 728, 729, 1378, 1379, 16383, 16384]
    for last in (0, *numbers):
        for number in numbers:
            name = letters(number - 1).encode()
            assert column_number(name) == number
            assert bool(_beyond(last).search(b'<c r="%s12" t="s">' % name)) == (number > last), (last, name)


def test_the_last_column_is_found_window_by_window():
    scan = SheetScan({})
    for names, last in (
        ((b"A", b"C"), 3),
        ((b"B",), 3),
        ((b"Z", b"D"), 26),
        ((b"AA",), 27),
        ((b"Z", b"AB", b"AA"), 28),
        ((b"XFD",), 16384),
        ((b"B",), 16384),
    ):
        scan.feed(b'<row r="1">' + b"".join(b'<c r="%s1"><v>1</v></c>' % name for name in names) + b"</row>")
        assert scan.last_column == last
