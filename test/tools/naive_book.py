#!/usr/bin/env python3
"""naive_book - an order book from Databento mbo rows (JSON lines on standard input), the plain way.

  naive_book.py depth    every level at the end, as `tocsin book -n 0 -o csv` writes it
  naive_book.py top      best bid and ask after every event, as `tocsin book --every 1` does
  naive_book.py facts    "trades volume cancelled taken_by_fills" of the log
  naive_book.py crossed TOP [FROM]
                         packet ends at which TOP, a file written by `tocsin book --every 1`, has a
                         bid at or above the ask; from FROM (RFC 3339) on. "packet_ends crossed"

Knows nothing of tocsin: dictionaries, and one rule of Databento's: T and F change nothing, the C or M
that follows does.
"""
import collections
import datetime
import json
import sys

SNAPSHOT, LAST = 32, 128
UNITS = 10**9


def rows():
    for line in sys.stdin:
        yield json.loads(line)


def text(units):
    """1e-9 units as the shortest decimal."""
    whole, part = divmod(abs(units), UNITS)
    sign = "-" if units < 0 else ""
    return "%s%d%s" % (sign, whole, (".%09d" % part).rstrip("0") if part else "")


class Book:
    def __init__(self):
        self.clear()
        self.snapshot = False

    def clear(self):
        self.orders = {}
        self.sizes = {"A": collections.Counter(), "B": collections.Counter()}
        self.counts = {"A": collections.Counter(), "B": collections.Counter()}

    def put(self, order, sign):
        side, price, size = order
        self.sizes[side][price] += sign * size
        self.counts[side][price] += sign
        if not self.counts[side][price]:
            del self.sizes[side][price], self.counts[side][price]

    def take(self, row):
        snapshot = bool(row["flags"] & SNAPSHOT)
        if snapshot and not self.snapshot:
            self.clear()
        self.snapshot = snapshot
        action, key = row["action"], row["order_id"]
        old = self.orders.get(key)
        new = old
        if action == "R":
            self.clear()
            return
        if action in "AM":
            new = (row["side"], int(row["price"]), row["size"])
        elif action == "C" and old:
            left = old[2] - row["size"]
            new = (old[0], old[1], left) if left > 0 else None
        if new == old:
            return
        if old:
            self.put(old, -1)
            del self.orders[key]
        if new:
            self.put(new, 1)
            self.orders[key] = new

    def best(self, side):
        prices = self.sizes[side]
        return (max if side == "B" else min)(prices) if prices else None


def depth():
    books = {}
    for row in rows():
        books.setdefault(row["symbol"], Book()).take(row)
    print("instrument,side,level,price,size,orders")
    for name, book in books.items():
        for side, word in ("B", "buy"), ("A", "sell"):
            for i, price in enumerate(sorted(book.sizes[side], reverse=side == "B")):
                print("%s,%s,%d,%s,%d,%d" % (name, word, i, text(price), book.sizes[side][price],
                                             book.counts[side][price]))


def top():
    books = {}
    print("event,time,instrument,bid,bid_size,ask,ask_size")
    for n, row in enumerate(rows(), 1):
        book = books.setdefault(row["symbol"], Book())
        book.take(row)
        cells = [str(n), row["hd"]["ts_event"], row["symbol"]]
        for side in "BA":
            price = book.best(side)
            cells += ["", ""] if price is None else [text(price), str(book.sizes[side][price])]
        print(",".join(cells))


def facts():
    trades = volume = cancelled = by_fill = 0
    filled = collections.Counter()
    for row in rows():
        action, key, size = row["action"], row["order_id"], row["size"]
        if row["flags"] & SNAPSHOT:
            continue
        if action == "T":
            trades += 1
            volume += size
        elif action == "F":
            filled[key] += size
        elif action in "CM":
            if action == "C" and size <= filled[key]:
                by_fill += 1
            elif action == "C":
                cancelled += 1
            filled[key] = 0
        if row["flags"] & LAST:
            filled.clear()
    print(trades, volume, cancelled, by_fill)


def crossed(path, since="1970-01-01T00:00:00Z"):
    begin = datetime.datetime.fromisoformat(since.replace("Z", "+00:00")).timestamp() * UNITS
    ends = bad = 0
    with open(path) as f:
        next(f)
        for row, line in zip(rows(), f):
            cells = line.rstrip("\n").split(",")
            if row["hd"]["ts_event"] != cells[1]:
                sys.exit("the files do not belong together")
            if row["flags"] & SNAPSHOT or not row["flags"] & LAST or int(cells[1]) < begin:
                continue
            ends += 1
            if cells[3] and cells[5] and float(cells[3]) >= float(cells[5]):
                bad += 1
    print(ends, bad)


if __name__ == "__main__":
    {"depth": depth, "top": top, "facts": facts, "crossed": crossed}[sys.argv[1]](*sys.argv[2:])
