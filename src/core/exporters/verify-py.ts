/** The text of verify.py beside this file, made by scripts/embed-verify.mjs: do not edit. */
export const verifyPy = String.raw`#!/usr/bin/env python3
"""Checks this Torch2Chip bundle with numpy alone: every file's hash, every op from its stored operands,
and the whole integer graph chained from the input integers to the outputs.

    python3 verify.py [folder]      exit 0: every element agrees; 1: the first mismatch is printed

Written from the formulas in the README of the format, not from the converter's code. Integers are
int64; a float64 matrix product is used only where every partial sum is proved to stay below 2^53,
and Python's unbounded integers wherever a product could leave int64."""
import hashlib
import io
import itertools
import json
import math
import os
import sys
import zipfile

import numpy as np


class Mismatch(Exception):
    pass


# ---------------------------------------------------------------- arithmetic


def shift_right(v, n, mode):
    """v / 2^n rounded: the quotient rounded down, plus one where the remainder says so. n = 0 gives v."""
    one = v.dtype.type(1) if v.dtype != object else 1
    q = v >> n
    rest = v - (q << n)
    half = np.where(n > 0, one << np.maximum(n - 1, 0), one)
    if mode == "floor":
        return q
    if mode == "half-up":
        up = rest >= half
    elif mode == "half-away":
        up = (rest > half) | ((rest == half) & (v >= 0))
    elif mode == "half-even":
        up = (rest > half) | ((rest == half) & ((q & 1) == 1))
    else:
        raise Mismatch("unknown rounding " + repr(mode))
    return q + up.astype(v.dtype)


def high_product(a, b):
    """gemmlowp's SaturatingRoundingDoublingHighMul of int32 values: (2*a*b) / 2^32 rounded, in int64."""
    if a.size and (int(a.min()) < -(1 << 31) or int(a.max()) >= 1 << 31):
        raise Mismatch("a sum leaves 32 bits before it is multiplied")
    v = a * b
    nudged = v + np.where(v >= 0, 1 << 30, 1 - (1 << 30))
    high = np.where(nudged >= 0, nudged >> 31, -(-nudged >> 31))  # division that cuts towards 0
    least = -(1 << 31)
    return np.where((a == least) & (b == least), (1 << 31) - 1, high)


def requantize(total, mul, shift, zero, lo, hi, mode, style="normalized"):
    """clamp(zero + shift_right(total * mul, shift), lo, hi); mul and shift broadcast against total.
    Style tflite: the high product of total << (31 - shift), then a shift by shift - 31, where these are positive."""
    if total.size == 0:
        return total
    if style == "tflite":
        left = np.where(mul == 0, 0, np.maximum(31 - shift, 0))
        total = total.astype(np.int64)
        if int(np.abs(total).max()) << int(left.max()) >= 1 << 62:
            raise Mismatch("a sum leaves 32 bits before it is multiplied")
        high = high_product(total << left, np.broadcast_to(mul, np.broadcast_shapes(mul.shape, total.shape)))
        return np.clip(zero + shift_right(high, np.maximum(shift - 31, 0), mode), lo, hi).astype(np.int64)
    largest = max(abs(int(total.min())), abs(int(total.max()))) * int(np.abs(mul).max())
    if largest >= 1 << 62:
        total, mul, shift = total.astype(object), mul.astype(object), shift.astype(object)
    return np.clip(zero + shift_right(total * mul, shift, mode), lo, hi).astype(np.int64)


def held(total, register):
    """What an accumulator of register["bits"] holds of exact sums: cut to its range, or modulo 2^bits."""
    if register is None:
        return total
    half = 1 << (register["bits"] - 1)
    if register["overflow"] == "saturate":
        return np.clip(total, -half, half - 1)
    if register["overflow"] == "wrap":
        return ((total + half) & (2 * half - 1)) - half
    raise Mismatch("unknown overflow " + repr(register["overflow"]))


def dot(a, b):
    """Exact integer matrix product of int64 arrays."""
    if a.size == 0 or b.size == 0:
        return a @ b
    bound = int(np.abs(a).max()) * int(np.abs(b).max()) * a.shape[-1]
    if bound < 1 << 53:
        return np.rint(a.astype(np.float64) @ b.astype(np.float64)).astype(np.int64)
    if bound < 1 << 63:
        return a @ b
    raise Mismatch("a product of the operands could leave 64 bits")


def taps(x, kernel, strides, dilations, begins, extents, fill):
    """For each tap of a sliding window, the elements of x [N, C, ...] it meets at every output position."""
    room = [(0, 0), (0, 0)]
    for size, k, s, d, b, o in zip(x.shape[2:], kernel, strides, dilations, begins, extents):
        room.append((b, max(0, (o - 1) * s + (k - 1) * d + 1 - size - b)))
    padded = np.pad(x, room, constant_values=fill)
    for tap in itertools.product(*[range(k) for k in kernel]):
        cut = [slice(t * d, t * d + (o - 1) * s + 1, s) for t, d, o, s in zip(tap, dilations, extents, strides)]
        yield tap, padded[(slice(None), slice(None)) + tuple(cut)]


def conv_sum(x, w, attrs):
    """Sum of x*w of a convolution; x [N, I, ...] already without its zero point, w [O, I/g, ...]."""
    groups, rank = attrs["group"], x.ndim - 2
    kernel, pads = w.shape[2:], attrs["pads"]
    extents = [
        (size + pads[i] + pads[rank + i] - d * (k - 1) - 1) // s + 1
        for i, (size, k, s, d) in enumerate(zip(x.shape[2:], kernel, attrs["strides"], attrs["dilations"]))
    ]
    n, outputs, positions = x.shape[0], w.shape[0], int(np.prod(extents))
    per = w.reshape((groups, outputs // groups) + w.shape[1:])
    bound = int(np.abs(x).max(initial=0)) * int(np.abs(w).reshape(outputs, -1).sum(1).max(initial=0))
    kind = np.float64 if bound < 1 << 53 else np.int64
    total = np.zeros((n, groups, outputs // groups, positions), kind)
    per, x = per.astype(kind), x.astype(kind)
    for tap, seen in taps(x, kernel, attrs["strides"], attrs["dilations"], pads[:rank], extents, 0):
        total += per[(slice(None), slice(None), slice(None)) + tap] @ seen.reshape(n, groups, x.shape[1] // groups, positions)
    return np.rint(total).astype(np.int64).reshape([n, outputs] + extents)


# ---------------------------------------------------------------- the bundle


class Bundle:
    def __init__(self, folder):
        self.folder = folder
        with open(os.path.join(folder, "manifest.json"), encoding="utf-8") as f:
            self.manifest = json.load(f)
        if self.manifest.get("format") != "t2c-bundle" or self.manifest.get("version") != 1:
            raise Mismatch("manifest.json is not a t2c-bundle of version 1")
        self.tensors = self.manifest["tensors"]
        arithmetic = self.manifest["arithmetic"]
        self.mode, self.style = arithmetic["rounding"], arithmetic["multiplier"]
        self.register = arithmetic.get("accumulator")

    def raw(self, path):
        with open(os.path.join(self.folder, *path.split("/")), "rb") as f:
            return f.read()

    def load(self, path):
        with open(os.path.join(self.folder, *path.split("/")), "rb") as f:
            try:
                return np.load(f, allow_pickle=False)
            except Exception as e:  # a damaged header is Python text to numpy: anything can be raised
                raise Mismatch("%s cannot be read: %s: %s" % (path, type(e).__name__, str(e).splitlines()[0] if str(e) else ""))

    def value(self, name):
        """The stored integers of a value as int64, after checking dtype, shape and range."""
        t = self.tensors[name]
        a = self.load(t["file"])
        where = "%s (%s)" % (name, t["file"])
        if a.dtype.name != t["dtype"] or list(a.shape) != t["shape"]:
            raise Mismatch("%s is %s %s, the manifest says %s %s" % (where, a.dtype.name, list(a.shape), t["dtype"], t["shape"]))
        a = a.astype(np.int64)
        if a.size and (int(a.min()) != int(t["stats"]["min"]) or int(a.max()) != int(t["stats"]["max"])):
            raise Mismatch("%s spans %d..%d, the manifest says %s..%s" % (where, a.min(), a.max(), t["stats"]["min"], t["stats"]["max"]))
        if a.size and "lo" in t and not (t["lo"] <= int(a.min()) and int(a.max()) <= t["hi"]):
            raise Mismatch("%s leaves its range %d..%d" % (where, t["lo"], t["hi"]))
        if "codebook" in t:
            self.decode(a, t["codebook"], where)
        return a

    def decode(self, a, book, where):
        """A weight on a non-uniform grid: every integer is the one that its code stands for."""
        codes, table = self.value(book["codes"]), self.value(book["table"])
        if table.ndim != 1 or table.size > 1 << book["bits"] or codes.shape != a.shape:
            raise Mismatch("%s has codes that do not fit" % where)
        if codes.size and not (0 <= int(codes.min()) and int(codes.max()) < table.size):
            raise Mismatch("%s has a code that its table lacks" % where)
        wrong = np.flatnonzero(table[codes] != a)
        if wrong.size:
            i = int(wrong[0])
            raise Mismatch("%s: element %d is %d, its code stands for %d" % (where, i, a.flat[i], table[codes.flat[i]]))

    def zero(self, name):
        return self.tensors[name]["zeroPoint"]

    def rescale(self, op, total, channel_axis):
        """The op's requantization; mul and shift are scalars or one per index of channel_axis."""
        r = op["requant"]
        mul, shift = self.value(r["mul"]), self.value(r["shift"])
        if mul.ndim == 1:
            form = [1] * total.ndim
            form[channel_axis] = mul.size
            mul, shift = mul.reshape(form), shift.reshape(form)
        return requantize(total, mul, shift, r["zeroPoint"], r["lo"], r["hi"], self.mode, self.style)

    # Each rule: (op, operands as int64) -> (accumulator or None, output)

    def conv(self, op, x):
        w = self.value(op["weight"]) - self.zero(op["weight"])
        total = conv_sum(x[0] - self.zero(op["inputs"][0]), w, op["attrs"])
        if op["bias"] is not None:
            total += self.value(op["bias"]).reshape([-1] + [1] * (total.ndim - 2))
        total = held(total, self.register)
        return total, self.rescale(op, total, 1)

    def gemm(self, op, x):
        second = op["inputs"][1] if op["weight"] is None else op["weight"]
        b = (self.value(second) if op["weight"] is not None else x[1]) - self.zero(second)
        if op["attrs"]["transB"]:
            b = np.swapaxes(b, -1, -2)
        total = dot(x[0] - self.zero(op["inputs"][0]), b)
        bias = 0 if op["bias"] is None else self.value(op["bias"])
        if "rowMul" in op["requant"]:  # tokens with scales of their own: the accumulator is without bias
            rows = self.value(op["requant"]["rowMul"])
            total = held(total, self.register)
            return total, self.rescale(op, total.astype(np.int64) * rows.reshape(-1, 1) + bias, total.ndim - 1)
        total = held(total + bias, self.register)
        if not op.get("deferred"):
            return total, self.rescale(op, total, total.ndim - 1)
        left = op["inputs"][0]
        if op["weight"] is not None or op["bias"] is not None or self.zero(left) != 0 or self.tensors[left]["lo"] != 0:
            raise Mismatch("%s divides by row sums of what are no exponentials" % op["name"])
        row = x[0].sum(axis=-1, keepdims=True)
        inverse = np.where(row > 0, (1 << 30) // np.maximum(row, 1), 0)
        return total, self.rescale(op, total * inverse, total.ndim - 1)

    def add(self, op, x):
        c, (a, b) = op["add"], self.operands(op, x)
        total = (a - c["zeroPointA"]) * c["mulA"] + (b - c["zeroPointB"]) * c["mulB"]
        return None, np.clip(c["zeroPoint"] + shift_right(total, np.int64(c["shift"]), self.mode), c["lo"], c["hi"])

    def mul(self, op, x):
        a, b = self.operands(op, x)
        total = (a - op["zeroPoints"][0]) * (b - op["zeroPoints"][1])
        return None, self.rescale(op, total, 1)

    def lut(self, op, x):
        return None, self.value(op["lut"]["table"])[x[0] - op["lut"]["offset"]]

    def pool(self, op, x):
        p, shape = op["pool"], self.tensors[op["output"]]["shape"]
        rank = len(p["kernel"])
        name = op["inputs"][0]
        for size, k, s, d, b, e, o in zip(x[0].shape[2:], p["kernel"], p["strides"], p["dilations"], p["pads"], p["pads"][rank:], shape[2:]):
            steps, rest = divmod(size + b + e - d * (k - 1) - 1, s)
            most = steps + 1 + (1 if rest and p["ceilMode"] else 0)
            if o != most and not (p["ceilMode"] and o == most - 1 and (most - 1) * s >= size + b):
                raise Mismatch("%s: %d output positions, expected %d" % (op["name"], o, most))
        args = p["kernel"], p["strides"], p["dilations"], p["pads"][:rank], shape[2:]
        if p["kind"] == "max":
            best = None
            for _, seen in taps(x[0], *args, fill=self.tensors[name]["lo"]):
                best = seen if best is None else np.maximum(best, seen)
            return None, best
        total = np.zeros(shape, np.int64)
        for _, seen in taps(x[0] - self.zero(name), *args, fill=0):
            total += seen
        total = held(total, self.register)
        if "index" not in op:
            return total, self.rescale(op, total, 1)
        r, index = op["requant"], self.value(op["index"])
        mul, shift = self.value(r["mul"])[index], self.value(r["shift"])[index]
        return total, requantize(total, mul, shift, r["zeroPoint"], r["lo"], r["hi"], self.mode, self.style)

    def reduce(self, op, x):
        axes = tuple(op["attrs"]["axes"])
        total = np.asarray((x[0] - self.zero(op["inputs"][0])).sum(axis=axes, keepdims=bool(op["attrs"]["keepdims"])))
        total = held(total, self.register)
        return total, self.rescale(op, total, 0)

    def requant(self, op, x):
        return None, self.rescale(op, x[0] - self.zero(op["inputs"][0]), 1)

    def reshape(self, op, x):
        return None, x[0].reshape(self.tensors[op["output"]]["shape"])

    def transpose(self, op, x):
        return None, np.transpose(x[0], op["attrs"]["perm"])

    def expand(self, op, x):
        return None, x[0] + np.zeros(self.tensors[op["output"]]["shape"], np.int64)

    def concat(self, op, x):
        return None, np.concatenate(self.operands(op, x), axis=op["attrs"]["axis"])

    def gather(self, op, x):
        if "table" in op:
            return None, np.take(self.value(op["table"]), x[0], axis=op["attrs"]["axis"])
        return None, np.take(x[0], self.value(op["attrs"]["indices"]), axis=op["attrs"]["axis"])

    def slice(self, op, x):
        a = op["attrs"]
        count = len(a["starts"])
        y = x[0]
        for start, end, axis, step in zip(a["starts"], a["ends"], a.get("axes", range(count)), a.get("steps", [1] * count)):
            size = x[0].shape[axis]
            # as ONNX: from the end when negative, then clamped; below 0 a backward slice reaches element 0
            first = start + size if start < 0 else start
            last = end + size if end < 0 else end
            if step > 0:
                index = np.arange(min(max(first, 0), size), min(max(last, 0), size), step)
            else:
                index = np.arange(min(max(first, 0), size - 1), min(max(last, -1), size - 1), step)
            y = np.take(y, index, axis=axis)
        return None, y

    def pad(self, op, x):
        a, y = op["attrs"], x[0]
        rank = y.ndim
        cut = tuple(slice(max(0, -a["pads"][i]), y.shape[i] - max(0, -a["pads"][rank + i])) for i in range(rank))
        room = [(max(0, a["pads"][i]), max(0, a["pads"][rank + i])) for i in range(rank)]
        mode = a.get("mode", "constant")
        more = {"constant_values": a["value"]} if mode == "constant" else {}
        return None, np.pad(y[cut], room, mode=mode, **more)

    def softmax(self, op, x):
        s = op["softmax"]
        table = self.value(s["table"])
        q = np.moveaxis(x[0], s["axis"], -1)
        out = np.zeros(q.shape, bool)
        if s["mask"] is not None:
            mask = x[1] if len(x) > 1 else self.value(s["mask"])
            out = np.moveaxis(np.broadcast_to(mask, x[0].shape), s["axis"], -1) == 1
        top = np.max(np.where(out, np.iinfo(np.int64).min, q), axis=-1, keepdims=True)
        d = np.where(out, 0, np.maximum(top, q) - q)
        e = np.where(out, 0, table[np.minimum(d, table.size - 1)])
        total, full = e.sum(axis=-1, keepdims=True), (1 << s["pb"]) - 1
        per = np.maximum(total, 1)
        if s["mode"] == "divide":
            p = (e * full + (total >> 1)) // per
        elif s["mode"] == "reciprocal":
            p = (e * ((full << 31) // per) + (1 << 30)) >> 31
        elif s["mode"] == "deferred":
            p = e
        else:
            raise Mismatch("%s: unknown mode %r" % (op["name"], s["mode"]))
        return None, np.moveaxis(np.where(total > 0, p, 0), -1, s["axis"])

    def layernorm(self, op, x):
        a = op["layernorm"]
        count, f, k = a["C"], a["f"], a["k"]
        t = self.tensors[op["inputs"][0]]
        reach = count * max(t["hi"] - t["zeroPoint"], t["zeroPoint"] - t["lo"]) if a["rms"] else (count - 1) * (t["hi"] - t["lo"])
        worst = count * (-(-reach >> a["t"])) ** 2 * 4 ** f + int(a["E"])
        if worst > int(a["bound"]) or int(a["bound"]) >= 1 << 62:
            raise Mismatch("%s: its sum of squares can reach %d, the manifest's bound is %s" % (op["name"], worst, a["bound"]))
        q = x[0].reshape(-1, count)
        middle = count * self.zero(op["inputs"][0]) if a["rms"] else q.sum(axis=1, keepdims=True)
        c = (count * q - middle) >> a["t"]
        squares = (c * c).sum(axis=1)
        root = [max(1, math.isqrt((int(v) << 2 * f) + int(a["E"]))) for v in squares]
        d = np.array(root, np.int64).reshape(-1, 1)
        if a["mode"] == "divide":
            u = ((np.abs(c) << (k + f)) + (d >> 1)) // d
        elif a["mode"] == "reciprocal":
            u = (np.abs(c) * ((1 << (k + f + 31)) // d) + (1 << 30)) >> 31
        else:
            raise Mismatch("%s: unknown mode %r" % (op["name"], a["mode"]))
        gain, offset, shift = self.value(a["G"]), self.value(a["H"]), np.array([a["shift"]], np.int64)
        u = np.sign(c) * u
        if int(np.abs(u).max(initial=0)) * int(np.abs(gain).max()) + int(np.abs(offset).max()) >= 1 << 62:
            u, gain, offset, shift = u.astype(object), gain.astype(object), offset.astype(object), shift.astype(object)
        y = a["zeroPoint"] + shift_right(u * gain + offset, shift, self.mode)
        return None, np.clip(y, a["lo"], a["hi"]).astype(np.int64).reshape(x[0].shape)

    def where(self, op, x):
        given = dict(zip(op["inputs"], x))
        condition = given[op["condition"]] if op["condition"] in given else self.value(op["condition"])
        return None, np.where(condition == 1, *self.operands(op, x))

    def operands(self, op, x):
        given = dict(zip(op["inputs"], x))
        return [given[n] if n in given else self.value(n) for n in op["operands"]]

    def rule(self, op):
        known = ("conv gemm matmul add sub mul lut pool reduce requant reshape transpose expand concat gather slice pad softmax layernorm where").split()
        if op["kind"] not in known:
            raise Mismatch("%s: op kind %r is not known to this checker" % (op["name"], op["kind"]))
        return getattr(self, {"matmul": "gemm", "sub": "add"}.get(op["kind"], op["kind"]))


def same(name, path, expected, got):
    """Raises at the first element where what is stored differs from what was computed."""
    if list(expected.shape) != list(got.shape):
        raise Mismatch("%s (%s): computed shape %s, stored %s" % (name, path, list(expected.shape), list(got.shape)))
    wrong = expected != got
    if wrong.any():
        at = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise Mismatch(
            "%s (%s) at index %s: expected %d, got %d; %d of %d elements differ"
            % (name, path, list(at), expected[at], got[at], int(wrong.sum()), wrong.size)
        )


def check_hashes(bundle):
    faults = []
    names = {t["file"]: name for name, t in bundle.tensors.items()}
    for op in bundle.manifest["ops"]:
        for role, path in op["files"].items():
            names.setdefault(path, "%s_%s" % (op["name"], role))
    for path, digest in sorted(bundle.manifest["files"].items()):
        full = os.path.join(bundle.folder, *path.split("/"))
        label = "%s (tensor %s)" % (path, names[path]) if path in names else path
        if not os.path.isfile(full):
            faults.append("%s is missing" % label)
            continue
        h = hashlib.sha256()
        with open(full, "rb") as f:
            for block in iter(lambda: f.read(1 << 20), b""):
                h.update(block)
        if h.hexdigest() != digest:
            faults.append("%s: hash is %s, the manifest says %s" % (label, h.hexdigest(), digest))
    for path in names:
        if path not in bundle.manifest["files"]:
            faults.append("%s has no hash in the manifest" % path)
    return faults


# ---------------------------------------------------------------- other formats


def layout_order(packing, shape):
    """Indices of the elements in the order of the layout, as a matrix: the first axis that is not 1, and the rest."""
    index = np.arange(int(np.prod(shape, dtype=np.int64)), dtype=np.int64).reshape(shape)
    if packing["layout"] == "channels-last" and len(shape) >= 4:
        index = np.moveaxis(index, 1, -1)
    elif packing["layout"] == "transposed" and len(shape) >= 2:
        index = np.swapaxes(index, -1, -2)
    sizes = list(index.shape)
    while sizes and sizes[0] == 1:
        sizes.pop(0)
    rows = 1 if len(sizes) < 2 else sizes[0]
    return index.reshape(rows, index.size // rows if rows else 0)


def tile_order(packing, index):
    """Tiles of the matrix one after the other; -1 is a filling zero."""
    rows, columns = index.shape
    r = rows if rows == 1 or packing["tileRows"] == 0 else packing["tileRows"]
    c = columns if rows == 1 or packing["tileColumns"] == 0 else packing["tileColumns"]
    if index.size == 0 or (r == rows and c == columns):
        return index.ravel()
    down, across = -(-rows // r), -(-columns // c)
    padded = np.full((down * r, across * c), -1, np.int64)
    padded[:rows, :columns] = index
    return padded.reshape(down, r, across, c).transpose(0, 2, 1, 3).ravel()


class Form:
    """What a packing comes to for elements of so many bits."""

    def __init__(self, packing, bits, signed):
        word = int(packing["wordWidth"])
        self.bits, self.signed, self.packing = bits, signed, packing
        self.slot = -(-bits // 8) * 8 if packing["element"] == "bytes" else bits
        self.width = word or self.slot * max(1, packing["perWord"])
        self.size = -(-self.width // 8)
        self.stream = packing["fill"] == "stream"
        fit = self.width // self.slot
        self.parts = -(-self.slot // self.width) if fit == 0 and not self.stream else 1
        self.per = 1 if fit == 0 else fit if packing["perWord"] == 0 else min(fit, packing["perWord"])
        self.single = not self.stream and self.parts == 1 and self.per == 1

    def words(self, slots):
        if self.stream:
            return -(-slots * self.slot // self.width)
        return slots * self.parts if self.parts > 1 else -(-slots // self.per)

    def elements(self, words, slots, path):
        """The integers of all slots from words as bytes [count, size], lowest first."""
        k = np.arange(slots, dtype=np.int64)
        low = self.packing["lanes"] == "low-first"
        if self.stream:
            at = k * self.slot if low else words.shape[0] * self.width - (k + 1) * self.slot
            words = words if low else words[::-1]
        elif self.parts > 1:
            at = k * self.parts * self.width
            if self.packing["endian"] == "big":
                words = words.reshape(slots, self.parts, self.size)[:, ::-1]
        else:
            lane = k % self.per
            at = k // self.per * self.size * 8 + (lane if low else self.per - 1 - lane) * self.slot
        flat = np.concatenate([np.ascontiguousarray(words).ravel(), np.zeros(9, np.uint8)])
        value = np.zeros(slots, np.uint64)
        start, shift = at >> 3, (at & 7).astype(np.uint64)
        for j in range(-(-(self.slot + 7) // 8)):
            byte = flat[start + j].astype(np.uint64)
            if j < 8:
                value |= np.where(j * 8 >= shift, byte << (np.uint64(j * 8) - np.minimum(shift, np.uint64(j * 8))), byte >> shift)
            else:
                value |= np.where(shift > 0, byte << ((np.uint64(64) - shift) & np.uint64(63)), np.uint64(0))
        mask = np.uint64((1 << self.slot) - 1)
        value &= mask
        real = value.astype(np.int64)  # the same 64 bits
        if self.bits < 64:
            real = value.astype(np.int64) & ((1 << self.bits) - 1)
            if self.signed:
                real = np.where(real >> (self.bits - 1) == 1, real - (1 << self.bits), real)
        wrong = (real.astype(np.uint64) & mask) != value
        if wrong.any():
            raise Mismatch("%s: element %d has more than its %d bits" % (path, int(np.argmax(wrong)), self.bits))
        return real


def digits_to_words(raw, width, bits, path):
    """ASCII digits [count, n], highest first, as bytes [count, size], lowest first."""
    count, n = raw.shape
    table = np.full(256, 255, np.uint8)
    for i, c in enumerate(b"0123456789abcdef"[: 1 << bits]):
        table[c] = i
    value = table[raw][:, ::-1]
    if (value == 255).any():
        row, column = (int(i) for i in np.argwhere(value == 255)[0])
        raise Mismatch("%s: word %d has no digit at %d" % (path, row, n - 1 - column))
    size = -(-width // 8)
    spread = np.zeros((count, size * 8 // bits), np.uint8)
    spread[:, :n] = value
    out = np.zeros((count, size), np.uint8)
    for i in range(8 // bits):
        out |= spread[:, i :: 8 // bits] << (i * bits)
    above = width % 8
    if above and count and (out[:, -1] >> above).any():
        raise Mismatch("%s: word %d is wider than %d bits" % (path, int(np.argmax(out[:, -1] >> above > 0)), width))
    return out


def fixed_lines(body, depth, n, end, path):
    """Lines of n digits, each with its end."""
    raw = np.frombuffer(body, np.uint8)
    if raw.size != depth * (n + len(end)):
        raise Mismatch("%s has %d bytes of words, %d are meant" % (path, raw.size, depth * (n + len(end))))
    raw = raw.reshape(depth, n + len(end))
    ends = raw[:, n:] == np.frombuffer(end, np.uint8)
    if not ends.all():
        raise Mismatch("%s: word %d does not end where it should" % (path, int(np.argmin(ends.all(axis=1)))))
    return raw[:, :n]


def after_comments(raw, mark):
    at = 0
    while raw.startswith(mark, at):
        at = raw.index(b"\n", at) + 1
    return raw[at:]


def numbers_to_words(tokens, form, path):
    lo, hi = (-(1 << (form.slot - 1)), (1 << (form.slot - 1)) - 1) if form.single and form.signed else (0, (1 << form.width) - 1)
    out = bytearray()
    for i, token in enumerate(tokens):
        v = int(token)
        if not lo <= v <= hi:
            raise Mismatch("%s: number %d is %d, outside of %d..%d" % (path, i, v, lo, hi))
        out += (v if v >= 0 else v + (1 << form.slot)).to_bytes(form.size, "little")
    return np.frombuffer(bytes(out), np.uint8).reshape(-1, form.size)


def read_words(kind, raw, form, depth, path):
    """One memory as bytes [depth, size], lowest first."""
    n = -(-form.width // 4)
    if kind == "hex":
        return digits_to_words(fixed_lines(after_comments(raw, b"//"), depth, n, b"\n", path), form.width, 4, path)
    if kind == "memb":
        return digits_to_words(fixed_lines(after_comments(raw, b"//"), depth, form.width, b"\n", path), form.width, 1, path)
    if kind == "coe":
        head, vector = b"memory_initialization_radix=16;\n", b"memory_initialization_vector=\n"
        body = after_comments(raw, b"; ")
        if not body.startswith(head + vector) or not body.endswith(b";\n"):
            raise Mismatch("%s is not a .coe file of radix 16" % path)
        body = body[len(head + vector) : -2] + (b",\n" if depth else b"")
        return digits_to_words(fixed_lines(body, depth, n, b",\n", path), form.width, 4, path)
    if kind == "mif":
        head = b"WIDTH=%d;\nDEPTH=%d;\nADDRESS_RADIX=UNS;\nDATA_RADIX=HEX;\nCONTENT BEGIN\n" % (form.width, depth)
        body = after_comments(raw, b"-- ")
        if not body.startswith(head) or not body.endswith(b"END;\n"):
            raise Mismatch("%s is not a .mif file of %d words of %d bits" % (path, depth, form.width))
        lines = body[len(head) : -5].split(b"\n")[:-1]
        words = bytearray()
        for i, line in enumerate(lines):
            address = b"%d : " % i
            if not line.startswith(address) or len(line) != len(address) + n + 1:
                raise Mismatch("%s: word %d cannot be read" % (path, i))
            words += line[len(address) :] + b"\n"
        return digits_to_words(fixed_lines(bytes(words), depth, n, b";\n", path), form.width, 4, path)
    if kind == "txt":
        words = numbers_to_words(after_comments(raw, b"#").split(), form, path)
    else:
        if len(raw) != depth * form.size:
            raise Mismatch("%s has %d bytes, %d are meant" % (path, len(raw), depth * form.size))
        words = np.frombuffer(raw, np.uint8).reshape(depth, form.size)
        words = words[:, ::-1] if form.packing["endian"] == "big" else words
        above = form.width % 8
        if above and depth and (words[:, -1] >> above).any():
            raise Mismatch("%s: word %d is wider than %d bits" % (path, int(np.argmax(words[:, -1] >> above > 0)), form.width))
    if len(words) != depth:
        raise Mismatch("%s has %d words, %d are meant" % (path, len(words), depth))
    return words


ENDINGS = {"hex": "mem", "memb": "mem", "coe": "coe", "mif": "mif", "txt": "txt", "bin": "bin"}


class Images:
    """The memories of one format, unpacked by its options in the manifest."""

    def __init__(self, bundle, kind, packing):
        self.bundle, self.kind, self.packing = bundle, kind, packing

    def path(self, stem, suffix):
        return "%s/%s%s.%s" % (self.kind, stem, suffix, ENDINGS[self.kind])

    def memory(self, stem, part, form, slots):
        banks = self.packing["banks"]
        count = form.words(slots)
        depth = -(-count // banks)
        all_banks = []
        for b in range(banks):
            path = self.path(stem, part + ("" if banks == 1 else ".bank%d" % b))
            all_banks.append(read_words(self.kind, self.bundle.raw(path), form, depth, path))
        words = np.stack(all_banks, 1 if self.packing["bankOrder"] == "interleaved" else 0).reshape(-1, form.size)
        if words[count:].any():
            raise Mismatch("%s: a word that fills a bank is not 0" % path)
        return form.elements(words[:count], slots, path)

    def tensor(self, stem, t):
        form = Form(self.packing, t["bits"], t["signed"])
        shape = t["shape"]
        path = self.path(stem, "" if self.packing["banks"] == 1 else ".bank0")
        order = layout_order(self.packing, shape)
        first_index = self.path(stem, ".index" if self.packing["banks"] == 1 else ".index.bank0")
        if self.packing["sparsity"] != "dense" and t["role"] == "weight" and first_index in self.bundle.manifest["files"]:
            order = self.sparse(stem, order, first_index)
        order = tile_order(self.packing, order)
        values = self.memory(stem, "", form, order.size)
        fillings = np.flatnonzero((order < 0) & (values != 0))
        if fillings.size:
            raise Mismatch("%s: the filling at %d is not 0" % (path, fillings[0]))
        out = np.zeros(int(np.prod(shape, dtype=np.int64)), np.int64)
        out[order[order >= 0]] = values[order >= 0]
        return out.reshape(shape), path

    def sparse(self, stem, order, path):
        n, m = (int(v) for v in self.packing["sparsity"].split(":"))
        rows, groups = order.shape[0], -(-order.shape[1] // m)
        bits = (m - 1).bit_length()
        plain = tile_order(self.packing, np.arange(rows * groups * n, dtype=np.int64).reshape(rows, groups * n))
        values = self.memory(stem, ".index", Form(dict(self.packing, element="bits"), bits, False), plain.size)
        places = np.zeros(rows * groups * n, np.int64)
        places[plain[plain >= 0]] = values[plain >= 0]
        places = places.reshape(rows, groups, n)
        if (places >= m).any() or (np.diff(places, axis=2) <= 0).any() or values[plain < 0].any():
            raise Mismatch("%s: the indices of a group do not ascend" % path)
        column = places + np.arange(groups).reshape(1, groups, 1) * m
        padded = np.full((rows, groups * m), -1, np.int64)
        padded[:, : order.shape[1]] = order
        return np.take_along_axis(padded, column.reshape(rows, groups * n), 1)


class Safetensors:
    path = "safetensors/tensors.safetensors"
    kinds = {"I8": "i1", "U8": "u1", "I16": "<i2", "U16": "<u2", "I32": "<i4", "U32": "<u4", "I64": "<i8"}

    def __init__(self, bundle, *_):
        raw = bundle.raw(self.path)
        size = int.from_bytes(raw[:8], "little")
        self.header, self.body = json.loads(raw[8 : 8 + size].decode("utf-8")), raw[8 + size :]

    def tensor(self, stem, t):
        entry = self.header[stem]
        lo, hi = entry["data_offsets"]
        return np.frombuffer(self.body[lo:hi], self.kinds[entry["dtype"]]).reshape(entry["shape"]).astype(np.int64), self.path


class Archive:
    """tensors.npz"""

    path = "npz/tensors.npz"

    def __init__(self, bundle, *_):
        self.arrays = np.load(io.BytesIO(bundle.raw(self.path)), allow_pickle=False)

    def tensor(self, stem, t):
        return self.arrays[stem].astype(np.int64), self.path


class Torch2Chip:
    def __init__(self, bundle, *_):
        self.bundle = bundle

    def tensor(self, stem, t):
        folder = "params" if t["file"] == "params/%s.npy" % stem else "tensors"
        path = "t2c/%s/%s.pt" % (folder, stem)
        wide = t["dtype"] in ("int64", "uint32")
        with zipfile.ZipFile(io.BytesIO(self.bundle.raw(path))) as z:
            data = np.frombuffer(z.read(stem + "/data/0"), "<i8" if wide else "<i4")
        return data.astype(np.int64).reshape(t["shape"]), path


READERS = {"npz": Archive, "safetensors": Safetensors, "t2c": Torch2Chip}


def check_exports(bundle):
    """Every tensor again from each format that holds tensors. Gives back what is wrong, one line a file."""
    stems = {os.path.basename(t["file"])[:-4]: (t["file"], t) for t in bundle.tensors.values()}
    for op in bundle.manifest["ops"]:
        second = op["weight"] if op.get("weight") else op["inputs"][-1]
        for role, value in (("x1", op["inputs"][0]), ("x2", second)):
            if role in op["files"]:
                path = op["files"][role]
                stems.setdefault(os.path.basename(path)[:-4], (path, bundle.tensors[value]))
    faults = []
    for entry in bundle.manifest.get("exports", []):
        kind = entry["format"]
        try:
            if kind in ENDINGS:
                reader = Images(bundle, kind, entry["options"])
            elif kind in READERS:
                reader = READERS[kind](bundle)
            else:
                continue  # holds no tensors, or is newer than this checker: its hash was checked
        except Exception as e:  # whatever a damaged archive makes its reader raise
            faults.append("%s cannot be read: %s: %s" % (kind, type(e).__name__, e))
            continue
        for stem, (path, t) in stems.items():
            try:
                got, where = reader.tensor(stem, t)
                same("%s in %s" % (stem, kind), where, bundle.load(path).astype(np.int64), got)
            except Mismatch as e:
                faults.append(str(e))
            except Exception as e:
                faults.append("%s in %s cannot be read: %s: %s" % (stem, kind, type(e).__name__, e))
    return faults


def bits_of(lo, hi):
    """Two's complement width of the range."""
    return max(int(lo), ~int(lo), int(hi), ~int(hi)).bit_length() + 1


# Integers that no op takes a zero point off.
PLAIN_ROLES = ("weight", "bias", "mul", "shift", "rowMul", "accumulator", "G", "H", "mask")
# Kinds that hand integers on: what comes out means what went in.
MOVES = ("reshape", "transpose", "slice", "expand")


def check_quantizer(name, t):
    """The range fits the bits that the manifest names, and holds the zero point."""
    if t["role"] in PLAIN_ROLES and t["zeroPoint"] != 0:
        raise Mismatch("%s has the zero point %d: it is read as it is, so 0 is meant" % (name, t["zeroPoint"]))
    if "lo" not in t:
        return
    least = -(1 << (t["bits"] - 1)) if t["signed"] else 0
    most = least + (1 << t["bits"]) - 1
    if not least <= t["lo"] <= t["hi"] <= most:
        raise Mismatch("%s: the range %d..%d is not one of %d %s bits" % (name, t["lo"], t["hi"], t["bits"], "signed" if t["signed"] else "unsigned"))
    if not t["lo"] <= t["zeroPoint"] <= t["hi"]:
        raise Mismatch("%s: the zero point %d is outside of the range %d..%d" % (name, t["zeroPoint"], t["lo"], t["hi"]))


def check_clamp(bundle, op):
    """What an op adds and clamps to is what its output's quantizer says; a move keeps the zero point."""
    if op["kind"] in MOVES and op["inputs"]:
        before, after = (bundle.tensors[name]["zeroPoint"] for name in (op["inputs"][0], op["output"]))
        if before != after:
            raise Mismatch("%s hands integers on whose zero point is %d, its output has %d" % (op["name"], before, after))
    clamp, t = op.get("requant") or op.get("add") or op.get("layernorm"), bundle.tensors[op["output"]]
    if clamp is None or "lo" not in t:
        return
    if not t["lo"] <= clamp["lo"] <= clamp["hi"] <= t["hi"]:
        raise Mismatch("%s clamps to %d..%d, its output's range is %d..%d" % (op["name"], clamp["lo"], clamp["hi"], t["lo"], t["hi"]))
    if clamp["zeroPoint"] != t["zeroPoint"]:
        raise Mismatch("%s adds the zero point %d, its output has %d" % (op["name"], clamp["zeroPoint"], t["zeroPoint"]))


def check_op(bundle, op, live):
    """Recomputes one op from its stored operands, then (where they differ) from the chained ones."""
    check_clamp(bundle, op)
    stored = []
    for i, name in enumerate(op["inputs"]):
        x = bundle.value(name)
        copy = op["files"].get("x%d" % (i + 1))
        if copy is not None and copy != bundle.tensors[name]["file"]:
            same("%s_x%d" % (op["name"], i + 1), copy, x, bundle.load(copy).astype(np.int64))
        stored.append(x)
    if op.get("weight") is not None and "x2" in op["files"]:
        same(op["name"] + "_x2", op["files"]["x2"], bundle.value(op["weight"]), bundle.load(op["files"]["x2"]).astype(np.int64))
    rule = bundle.rule(op)
    total, out = rule(op, stored)
    if "acc" in op:
        acc = bundle.value(op["acc"])
        same(op["acc"], op["files"]["y"], total, acc)
        limit = bundle.register
        if int(op["accumulator"]["bound"]) >= 1 << 31 and (limit is None or limit["overflow"] != "wrap"):
            raise Mismatch("%s: a sum of up to %s is not below 2^31, and no register wraps it" % (op["name"], op["accumulator"]["bound"]))
        seen = bits_of(acc.min(), acc.max()) if acc.size else 1
        if seen != op["accumulator"]["seenBits"] or seen > op["accumulator"]["boundBits"]:
            raise Mismatch("%s: the accumulator uses %d bits, the manifest says %s" % (op["name"], seen, op["accumulator"]))
    same(op["output"], op["files"]["yq"], out, bundle.value(op["output"]))
    chained = [live[name] for name in op["inputs"]]
    if not all(np.array_equal(a, b) for a, b in zip(stored, chained)):
        total, out = rule(op, chained)
        same(op["output"] + " (chained from the inputs)", op["files"]["yq"], out, bundle.value(op["output"]))
    live[op["output"]] = out


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    try:
        bundle = Bundle(folder)
        faults = check_hashes(bundle)
        for fault in faults[:10]:
            print("MISMATCH " + fault)
        ops, islands = bundle.manifest["ops"], bundle.manifest["islands"]
        for name, t in bundle.tensors.items():
            check_quantizer(name, t)
        live = {name: bundle.value(name) for name in bundle.manifest["inputs"]}
        for island in islands:
            live[island["output"]] = bundle.value(island["output"])
            print("not recomputed: %s (%s), %s" % (island["output"], island["op"], island["reason"]))
        waiting = {}
        for op in ops:
            for name in op["inputs"]:
                waiting[name] = waiting.get(name, 0) + 1
        for op in ops:
            if op["output"] in live:
                raise Mismatch("%s is produced twice" % op["output"])
            missing = [name for name in op["inputs"] if name not in live]
            if missing:
                raise Mismatch("%s reads %s before it is produced" % (op["name"], missing[0]))
            check_op(bundle, op, live)
            for name in set(op["inputs"]):
                waiting[name] -= op["inputs"].count(name)
                if waiting[name] == 0 and name not in bundle.manifest["outputs"]:
                    live[name] = None  # never read again
        for name in bundle.manifest["outputs"]:
            if name not in live:
                raise Mismatch("output %s is never produced" % name)
            same(name, bundle.tensors[name]["file"], live[name], bundle.value(name))
        for name in bundle.tensors:
            bundle.value(name)
        wrong = check_exports(bundle)
        for fault in wrong[:10]:
            print("MISMATCH " + fault)
        faults += wrong
    except Mismatch as e:
        print("MISMATCH %s" % e)
        return 1
    except (OSError, KeyError, IndexError, TypeError, ValueError) as e:
        print("MISMATCH the bundle cannot be read: %s: %s" % (type(e).__name__, e))
        return 1
    if faults:
        return 1
    print("OK: %d ops recomputed, %d tensors, %d files hashed, %d not recomputed" % (len(ops), len(bundle.tensors), len(bundle.manifest["files"]), len(islands)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
`;
