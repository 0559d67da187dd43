internal import CKernelIntrinsics
import KernelTable

// What the sorting networks compare. A minimum of floats runs on two of the four vector units of an AMD processor with
// AVX2, one of integers on all four, so there the floats become integers of the same order. An AVX-512 processor of Intel
// compares floats twice as fast as integers, and SSE2 has no minimum of integers.
//
// Integers take both zeros for one, floats take them for equal: either way it is left open which of them comes out.

#if LEVEL_AVX2
    typealias Key = Bits

    @inline(__always) func key(_ v: V) -> Key {
        let bits = unsafeBitCast(v, to: Bits.self)
        return tutti_signed(bits & Bits(repeating: 0x7FFF_FFFF), bits)
    }

    @inline(__always) func value(_ key: Key) -> V {
        let magnitude = key.replacing(with: Bits.zero &- key, where: key .< Bits.zero)
        return unsafeBitCast(magnitude | (key & Bits(repeating: .min)), to: V.self)
    }

    @inline(__always) func lowest(_ a: Key, _ b: Key) -> Key { a.replacing(with: b, where: b .< a) }
    @inline(__always) func highest(_ a: Key, _ b: Key) -> Key { a.replacing(with: b, where: b .> a) }

    @inline(__always) func loadKey(_ p: MF32, _ index: Int) -> Key { unsafeBitCast(load(p, index &* W), to: Key.self) }
    @inline(__always) func storeKey(_ p: MF32, _ index: Int, _ key: Key) { store(p, index &* W, unsafeBitCast(key, to: V.self)) }
#else
    typealias Key = V

    @inline(__always) func key(_ v: V) -> Key { v }
    @inline(__always) func value(_ key: Key) -> V { key }
    @inline(__always) func lowest(_ a: Key, _ b: Key) -> Key { lower(a, b) }
    @inline(__always) func highest(_ a: Key, _ b: Key) -> Key { upper(a, b) }

    @inline(__always) func loadKey(_ p: MF32, _ index: Int) -> Key { load(p, index &* W) }
    @inline(__always) func storeKey(_ p: MF32, _ index: Int, _ key: Key) { store(p, index &* W, key) }
#endif

/// Above every finite value, and below.
@inline(__always) func aboveAll() -> Key { key(V(repeating: .infinity)) }
@inline(__always) func belowAll() -> Key { key(V(repeating: -.infinity)) }
