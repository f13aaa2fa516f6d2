"""The loop over the lines of a capture, compiled natively together with the firmware's own conductor."""

from firmware.feeds.spot_v2 import on_frame

# Places among the buffers of `buffers.make`, and of a counter in them.
COUNTERS = 10
OUT_BUFFER = 11
_OUT = 7

# The report of a run: where it stands, and what of the lines was refused.
R_LINE = 0
R_BEGIN = 1
R_SINK = 2
R_OTHERS = 3  # how many line numbers there are in `others`
R_MALFORMED = 4
R_BAD_LINE = 5  # the first malformed line of the file, counted from 1, and its code
R_BAD_CODE = 6
R_LINES = 7  # lines of the chunks before
REPORT_WORDS = 8


def run_lines(data, ends, report, others, sink, buffers):
    """Feed the lines of `data` that end at `ends` to `on_frame`; records are appended to `sink`.

    A line is a frame, or `<epoch>: <frame>`; the numbers of all other lines are put in `others`.
    Returns before its time when `sink` or `others` is full; `report` says where.
    """
    counters = buffers[COUNTERS]
    out = buffers[OUT_BUFFER]
    line = report[R_LINE]
    begin = report[R_BEGIN]
    filled = 0
    passed = 0
    room = len(sink) - len(out)
    while line < len(ends) and filled <= room and passed < len(others):
        end = ends[line]
        start = begin
        while start < end and ((data[start] >= 48 and data[start] <= 57) or data[start] == 46):
            start += 1
        if start > begin and start < end and data[start] == 58:
            start += 1
        while start < end and data[start] == 32:
            start += 1
        if start < end and (data[start] == 123 or data[start] == 91):
            kind = on_frame(data, start, end, 0, buffers)
            if kind < 0:
                report[R_MALFORMED] += 1
                if report[R_BAD_LINE] == 0:
                    report[R_BAD_LINE] = report[R_LINES] + line + 1
                    report[R_BAD_CODE] = kind
            for n in range(counters[_OUT]):
                sink[filled + n] = out[n]
            filled += counters[_OUT]
        else:
            others[passed] = line
            passed += 1
        begin = end + 1
        line += 1
    report[R_LINE] = line
    report[R_BEGIN] = begin
    report[R_SINK] = filled
    report[R_OTHERS] = passed
    return filled
