/// Eight reads beside each other: what one instruction does, it does for all of them. Every lane goes its own way and depends on
/// no other, so what a read gives does not depend on the reads beside it. No fused multiply-add and no function of the
/// system's library: the bits are the same on every processor.
typealias Lanes = SIMD8<Float>
typealias LaneBits = SIMD8<UInt32>
typealias LaneMask = SIMDMask<SIMD8<Int32>>

enum LaneGroup {
    static let width = 8
}

/// Whether any lane is set.
@inline(__always) func anyOf(_ mask: LaneMask) -> Bool {
    let words = unsafeBitCast(mask, to: SIMD4<UInt64>.self)
    let two = words.lowHalf | words.highHalf
    return two[0] | two[1] != 0
}

/// eˣ for x in [−80, 0], to about 2⁻²²: 2ⁿ 2ʳ with |r| ≤ ½ and the Taylor series of 2ʳ.
@inline(__always) func exponential(_ x: Lanes) -> Lanes {
    // Adding 1.5·2²³ leaves the nearest whole number in the low bits of the significand.
    let shift = Lanes(repeating: 12_582_912)
    let t = x * 1.442_695_04
    let shifted = t + shift
    let r = t - (shifted - shift)
    var p = r * 1.540_353_0e-4 + 1.333_355_8e-3
    p = p * r + 9.618_129_1e-3
    p = p * r + 5.550_410_9e-2
    p = p * r + 2.402_265_1e-1
    p = p * r + 6.931_471_8e-1
    p = p * r + 1
    let n = unsafeBitCast(shifted, to: LaneBits.self) &- LaneBits(repeating: 0x4B40_0000)
    return unsafeBitCast(unsafeBitCast(p, to: LaneBits.self) &+ (n &<< 23), to: Lanes.self)
}

/// A generator in every lane: xoshiro128++ (Blackman and Vigna 2021).
struct LaneGenerator {
    private var a: LaneBits
    private var b: LaneBits
    private var c: LaneBits
    private var d: LaneBits

    /// - Parameter streams: at most one for each lane; lanes without one repeat the last.
    init(_ streams: [Stream]) {
        (a, b, c, d) = (.zero, .zero, .zero, .zero)
        for lane in 0..<LaneGroup.width {
            let state = streams[min(lane, streams.count - 1)].state
            (a[lane], b[lane], c[lane], d[lane]) = (state.0, state.1, state.2, state.3)
        }
    }

    /// Uniform in (0, 1) in steps of 2⁻²³. Only the lanes of `mask` go on: how much a read draws is its own affair. The others' values
    /// mean nothing.
    @inline(__always) mutating func uniform(where mask: LaneMask) -> Lanes {
        let sum = a &+ d
        let result = ((sum &<< 7) | (sum &>> 25)) &+ a
        let t = b &<< 9
        let c1 = c ^ a
        let d1 = d ^ b
        let b1 = b ^ c1
        let a1 = a ^ d1
        let c2 = c1 ^ t
        let d2 = (d1 &<< 11) | (d1 &>> 21)
        let chosen = unsafeBitCast(mask, to: LaneBits.self)
        a ^= (a ^ a1) & chosen
        b ^= (b ^ b1) & chosen
        c ^= (c ^ c2) & chosen
        d ^= (d ^ d2) & chosen
        // From the bits of a float in [1, 2): the conversion costs nothing. Half a step more, so that 0 cannot be.
        let bits = (result &>> 9) | LaneBits(repeating: 0x3F80_0000)
        return unsafeBitCast(bits, to: Lanes.self) - 0.999_999_94
    }
}
