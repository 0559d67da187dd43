import KernelTable

// One source for three levels: the vector width is the only thing that changes.
#if LEVEL_AVX512
typealias V = SIMD16<Float>
let W = 16
#elseif LEVEL_AVX2
typealias V = SIMD8<Float>
let W = 8
#else
typealias V = SIMD4<Float>
let W = 4
#endif

@inline(__always) func load(_ p: F32, _ offset: Int) -> V {
    UnsafeRawPointer(p + offset).loadUnaligned(as: V.self)
}

@inline(__always) func store(_ p: MF32, _ offset: Int, _ v: V) {
    UnsafeMutableRawPointer(p + offset).storeBytes(of: v, as: V.self)
}

/// c + a·b. Plain x86-64 has no fused multiply-add: `addingProduct` there would become calls to `fmaf`.
@inline(__always) func multiplyAdd(_ c: V, _ a: V, _ b: V) -> V {
    #if LEVEL_AVX512 || LEVEL_AVX2 || arch(arm64)
    c.addingProduct(a, b)
    #else
    c + a * b
    #endif
}

@inline(__always) func lower(_ a: V, _ b: V) -> V { a.replacing(with: b, where: b .< a) }
@inline(__always) func upper(_ a: V, _ b: V) -> V { a.replacing(with: b, where: b .> a) }
@inline(__always) func least(_ a: Int, _ b: Int) -> Int { a < b ? a : b }
@inline(__always) func most(_ a: Int, _ b: Int) -> Int { a > b ? a : b }
