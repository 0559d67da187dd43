internal import CKernelIntrinsics
import KernelTable

// One source for three levels: the vector width is the only thing that changes. The other
// types are as many bits wide: its lanes as bit patterns, and half as many of 64 bits.
//
// What the compiler makes of the standard library's generic code, and of types that other files can see, are functions
// that all modules share by name: the linker keeps any one of them. Code for AVX must never become the one that a plain
// processor runs, so these targets use no generic algorithm, no `InlineArray(repeating:)`, and no type of their own that
// is not private to a file. A test reads the symbols of the objects.
#if LEVEL_AVX512
    typealias V = SIMD16<Float>
    typealias Bits = SIMD16<Int32>
    typealias Words = SIMD16<UInt32>
    typealias Sums = SIMD16<Double>
    typealias WideIntegers = SIMD16<Int64>
    typealias Doubles = SIMD8<Double>
    typealias Integers = SIMD8<Int64>
    let W = 16
#elseif LEVEL_AVX2
    typealias V = SIMD8<Float>
    typealias Bits = SIMD8<Int32>
    typealias Words = SIMD8<UInt32>
    typealias Sums = SIMD8<Double>
    typealias WideIntegers = SIMD8<Int64>
    typealias Doubles = SIMD4<Double>
    typealias Integers = SIMD4<Int64>
    let W = 8
#else
    typealias V = SIMD4<Float>
    typealias Bits = SIMD4<Int32>
    typealias Words = SIMD4<UInt32>
    typealias Sums = SIMD4<Double>
    typealias WideIntegers = SIMD4<Int64>
    typealias Doubles = SIMD2<Double>
    typealias Integers = SIMD2<Int64>
    let W = 4
#endif

@inline(__always) func load(_ p: F32, _ offset: Int) -> V {
    UnsafeRawPointer(p + offset).loadUnaligned(as: V.self)
}

@inline(__always) func store(_ p: MF32, _ offset: Int, _ v: V) {
    UnsafeMutableRawPointer(p + offset).storeBytes(of: v, as: V.self)
}

// A part of a vector: one instruction where the processor can leave lanes out.
#if LEVEL_AVX512 || LEVEL_AVX2
    let hasParts = true

    /// The first `count` ≤ W floats, and the lanes of `rest`.
    @inline(__always) func loadPart(_ p: F32, _ count: Int, _ rest: V) -> V { tutti_load_part(p, count, rest) }

    /// The first `count` ≤ W lanes.
    @inline(__always) func storePart(_ p: MF32, _ count: Int, _ v: V) { tutti_store_part(p, count, v) }
#else
    let hasParts = false

    /// The first `count` ≤ W floats, and the lanes of `rest`.
    @inline(never) func loadPart(_ p: F32, _ count: Int, _ rest: V) -> V {
        var v = rest
        for lane in 0..<W where lane < count { v[lane] = p[lane] }
        return v
    }

    /// The first `count` ≤ W lanes.
    @inline(never) func storePart(_ p: MF32, _ count: Int, _ v: V) {
        for lane in 0..<W where lane < count { p[lane] = v[lane] }
    }
#endif

/// The first `count` ≤ W floats, and zeros.
@inline(__always) func loadPart(_ p: F32, _ count: Int) -> V { loadPart(p, count, V.zero) }

/// All bits set in the lanes from `first` on, none below.
@inline(never) func laneMask(_ first: Int) -> V {
    var bits = Bits.zero
    for lane in 0..<W { bits[lane] = lane >= first ? -1 : 0 }
    return unsafeBitCast(bits, to: V.self)
}

/// The lanes whose bits are set in `mask`, and 0 in the others.
@inline(__always) func masked(_ v: V, _ mask: V) -> V {
    unsafeBitCast(unsafeBitCast(v, to: Bits.self) & unsafeBitCast(mask, to: Bits.self), to: V.self)
}

/// c + a·b. Plain x86-64 has no fused multiply-add: `addingProduct` there would become calls to `fmaf`.
@inline(__always) func multiplyAdd(_ c: V, _ a: V, _ b: V) -> V {
    #if LEVEL_AVX512 || LEVEL_AVX2 || arch(arm64)
        c.addingProduct(a, b)
    #else
        c + a * b
    #endif
}

/// The same for one float: an element at the ragged end is rounded like those in a vector.
@inline(__always) func multiplyAdd(_ c: Float, _ a: Float, _ b: Float) -> Float {
    #if LEVEL_AVX512 || LEVEL_AVX2 || arch(arm64)
        c.addingProduct(a, b)
    #else
        c + a * b
    #endif
}

@inline(__always) func lower(_ a: V, _ b: V) -> V { a.replacing(with: b, where: b .< a) }
@inline(__always) func upper(_ a: V, _ b: V) -> V { a.replacing(with: b, where: b .> a) }

/// The sum of the lanes, half onto half.
@inline(never) func total(_ v: V) -> Float {
    let four = folded(v) { $0 + $1 }
    let two = four.lowHalf + four.highHalf
    return two[0] + two[1]
}

/// The largest lane; where both of two lanes are NaN, NaN.
@inline(never) func largest(_ v: V) -> Float {
    let four = folded(v) { $0.replacing(with: $1, where: $1 .> $0) }
    let two = four.lowHalf.replacing(with: four.highHalf, where: four.highHalf .> four.lowHalf)
    return two[1] > two[0] ? two[1] : two[0]
}

/// Brings a vector down to four lanes.
@inline(__always) private func folded(
    _ v: V, _ combine: (SIMD4<Float>, SIMD4<Float>) -> SIMD4<Float>
) -> SIMD4<Float> {
    #if LEVEL_AVX512
        return combine(
            combine(v.lowHalf.lowHalf, v.highHalf.lowHalf), combine(v.lowHalf.highHalf, v.highHalf.highHalf))
    #elseif LEVEL_AVX2
        return combine(v.lowHalf, v.highHalf)
    #else
        return v
    #endif
}

@inline(__always) func least(_ a: Int, _ b: Int) -> Int { a < b ? a : b }
@inline(__always) func most(_ a: Int, _ b: Int) -> Int { a > b ? a : b }
