#!/usr/bin/env python3
"""usage: compare.py PEER.xml OURS.xml [AGAIN.xml]

Compares two runs of a suite (pytest's JUnit files) test by test. A test fails here when it fails on our server and passes on the
peer; AGAIN holds a second run, on our server, of those that did so in the first, and one that passes there counts as passed.
Prints the tests that differ, then 'kazoo: N passed, N failed, N skipped'. With --list it prints, for that second run, the tests
that failed on ours alone as pytest takes them, a line each.
"""
import os
import sys
import xml.etree.ElementTree as xml


def outcomes(path):
    result = {}
    for case in xml.parse(path).iter("testcase"):
        name = "%s.%s" % (case.get("classname"), case.get("name"))
        kind = "passed"
        for child in case:
            if child.tag in ("failure", "error"):
                kind = "failed"
            elif child.tag == "skipped" and kind == "passed":
                kind = "skipped"
        # A test whose tear-down fails is listed twice; the worse outcome counts.
        if result.get(name) != "failed":
            result[name] = kind
    return result


def node_id(name):
    import kazoo.tests
    module, group, test = name.split(".")[-3:]
    return "%s/%s.py::%s::%s" % (os.path.dirname(kazoo.tests.__file__), module, group, test)


def main():
    arguments = [a for a in sys.argv[1:] if a != "--list"]
    peer, ours = outcomes(arguments[0]), outcomes(arguments[1])
    again = outcomes(arguments[2]) if len(arguments) > 2 else {}
    only_ours = sorted(t for t, o in ours.items() if o == "failed" and peer.get(t) == "passed")
    if "--list" in sys.argv:
        for test in only_ours:
            print(node_id(test))
        return 0
    failed = [t for t in only_ours if again.get(t) != "passed"]
    missing = sorted(t for t, o in peer.items() if o == "passed" and t not in ours)
    for test in failed:
        print("fails on ours, passes on Apache: " + test)
    for test in missing:
        print("passes on Apache, did not run on ours: " + test)
    for test in sorted(set(only_ours) - set(failed)):
        print("failed on ours once, passed when run again: " + test)
    for test in sorted(t for t, o in ours.items() if o == "failed" and peer.get(t) != "passed"):
        print("fails on both: " + test)
    for test in sorted(t for t, o in ours.items() if o == "passed" and peer.get(t) == "failed"):
        print("passes on ours, fails on Apache: " + test)
    passed = sum(1 for o in ours.values() if o == "passed") + len(only_ours) - len(failed)
    skipped = len(ours) - passed - len(failed)
    print("kazoo: %d passed, %d failed, %d skipped" % (passed, len(failed) + len(missing), skipped))
    return 1 if failed or missing else 0


if __name__ == "__main__":
    sys.exit(main())
