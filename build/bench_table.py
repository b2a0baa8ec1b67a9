#!/usr/bin/env python3
"""usage: bench_table.py RESULTS.jsonl    the results of bench-compare.sh as Markdown tables, ratios first

Ratios are medians of the ratios of each round, in which the two servers were measured one right after the other.
"""
import json
import statistics
import sys


def load(path):
    groups = {}
    with open(path) as lines:
        for line in lines:
            result = json.loads(line)
            key = (result["op"], result.get("sessions", 0), result.get("window", 0), result.get("generator", "coordps bench"))
            groups.setdefault(key, {}).setdefault(result["label"], []).append(result)
    return {k: g for k, g in groups.items() if "ours" in g and "apache" in g}


def median(results, field):
    return statistics.median(r.get(field, 0) for r in results)


def ratio(group, field, inverse=False):
    pairs = [(o[field], a[field]) for o, a in zip(group["ours"], group["apache"]) if o.get(field) and a.get(field)]
    if not pairs:
        return "-"
    return "%.2f" % statistics.median((a / o if inverse else o / a) for o, a in pairs)


def main():
    groups = load(sys.argv[1])
    loads = [group for (op, _, _, _), group in groups.items() if op == "load"]
    if loads:
        print("| | ours / Apache | ours | Apache |")
        print("|---|---|---|---|")
    for group in loads:
        print("| memory with %d znodes of 100 B, MiB | %s | %.0f | %.0f |" % (
            group["ours"][0]["ops"], ratio(group, "server_rss_mb"),
            median(group["ours"], "server_rss_mb"), median(group["apache"], "server_rss_mb")))
    print()
    print("| operation | sessions x window | throughput, ours / Apache | server CPU per operation, ours / Apache "
          "| ops/s ours | Apache | CPU us/op ours | Apache | p99 ms ours | Apache | measured with |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for (op, sessions, window, generator), group in groups.items():
        shape = "%d x %d" % (sessions, window)
        p99 = "p99_us"
        if op == "watch":
            op, shape = "watch: events to 100 sessions", "100"
        elif op == "connect":
            shape = "%d" % sessions
        print("| %s | %s | %s | %s | %.0f | %.0f | %.1f | %.1f | %.2f | %.2f | %s |" % (
            op, shape, ratio(group, "ops_per_s"), ratio(group, "server_cpu_us_per_op"),
            median(group["ours"], "ops_per_s"), median(group["apache"], "ops_per_s"),
            median(group["ours"], "server_cpu_us_per_op"), median(group["apache"], "server_cpu_us_per_op"),
            median(group["ours"], p99) / 1000, median(group["apache"], p99) / 1000, generator))


if __name__ == "__main__":
    main()
