from superpoint_ros.doctor.finding import Finding, describe, summary, worst

OK, WARN, ERROR = (Finding(level, "subject", "text") for level in ("OK", "WARN", "ERROR"))


def test_the_worst_level():
    assert (worst([]), worst([OK]), worst([WARN, OK]), worst([OK, ERROR, WARN])) == ("OK", "OK", "WARN", "ERROR")


def test_lines_are_wrapped_and_commands_are_not():
    finding = Finding("WARN", "topic", "word " * 30, "cure " * 30, ("command " * 20,))
    lines = describe(finding, 60).splitlines()
    assert lines[0].startswith("WARN   topic: word word")
    assert all(line.startswith("       ") for line in lines[1:])
    assert all(len(line) <= 60 for line in lines[:-1])
    assert lines[-1] == "         " + "command " * 20


def test_the_levels_are_counted():
    assert summary([OK, WARN, OK]) == "3 checks: 2 OK, 1 WARN, 0 ERROR"
