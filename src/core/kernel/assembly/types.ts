/**
 * Element types and their conversion: 0 int8, 1 uint8, 2 int16, 3 uint16, 4 int32. Loads give numbers minus an
 * offset; stores expect numbers that fit the type.
 */

/** Eight elements as int16, wrapped where a uint16 does not fit. */
@inline
export function load8(from: usize, type: i32): v128 {
  if (type == 0) return v128.load_ext<i8>(from);
  if (type == 1) return v128.load_ext<u8>(from);
  return v128.load(from);
}

@inline
export function load1(from: usize, type: i32): i32 {
  if (type == 0) return i32(load<i8>(from));
  if (type == 1) return i32(load<u8>(from));
  if (type == 2) return i32(load<i16>(from));
  if (type == 3) return i32(load<u16>(from));
  return load<i32>(from);
}

@inline
export function sizeOfType(type: i32): usize {
  return type < 2 ? 1 : type < 4 ? 2 : 4;
}

/** Four elements as int32. */
@inline
export function load4(from: usize, type: i32): v128 {
  if (type == 0) return i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(v128.load32_zero(from)));
  if (type == 1) return i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(from)));
  if (type == 2) return v128.load_ext<i16>(from);
  if (type == 3) return v128.load_ext<u16>(from);
  return v128.load(from);
}

/** to[i] = from[i] - offset as int32; writes up to three elements more. */
export function widen(from: usize, type: i32, count: i32, offset: i32, to: usize): void {
  const minus = i32x4.splat(offset);
  const step = sizeOfType(type) << 2;
  for (let i = 0; i < count; i += 4) {
    v128.store(to, i32x4.sub(load4(from, type), minus));
    from += step;
    to += 16;
  }
}

@inline
export function store1(to: usize, v: i32, type: i32): void {
  if (type < 2) store<i8>(to, i8(v));
  else if (type < 4) store<i16>(to, i16(v));
  else store<i32>(to, v);
}

/** Eight int32 as the type. */
@inline
export function store8(to: usize, a: v128, b: v128, type: i32): void {
  if (type == 4) {
    v128.store(to, a);
    v128.store(to, b, 16);
  } else if (type == 3) {
    v128.store(to, i16x8.narrow_i32x4_u(a, b));
  } else {
    const half = i16x8.narrow_i32x4_s(a, b);
    if (type == 2) v128.store(to, half);
    else v128.store64_lane(to, type == 0 ? i8x16.narrow_i16x8_s(half, half) : i8x16.narrow_i16x8_u(half, half), 0);
  }
}

/** `rows` rows of `columns` int32 numbers, `stride` apart, stored as the type in rows `toStride` apart. */
export function narrow(from: usize, stride: i32, rows: i32, columns: i32, to: usize, toStride: i32, type: i32): void {
  const size = sizeOfType(type);
  for (let r = 0; r < rows; r++) {
    let source = from + ((usize(r) * usize(stride)) << 2);
    let target = to + usize(r) * usize(toStride) * size;
    let i = 0;
    for (; i + 8 <= columns; i += 8) {
      store8(target, v128.load(source), v128.load(source, 16), type);
      source += 32;
      target += size << 3;
    }
    for (; i < columns; i++) {
      store1(target, load<i32>(source), type);
      source += 4;
      target += size;
    }
  }
}
