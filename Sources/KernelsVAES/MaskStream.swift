internal import CKernelIntrinsics
package import KernelTable

// AES fused with the addition: the stream never goes through memory. Sixteen blocks at a time keep both AES units busy,
// for a round takes several cycles until its result is there.
//
// Like the other targets for a processor's extras this one has no function that another module could have too.

package let maskKernelsVAES: any MaskKernels = VAES()

struct VAES: MaskKernels {
    func addStream(
        _ words: UnsafeMutablePointer<UInt32>, _ count: Int, key: UnsafePointer<UInt8>, high: UInt64, low: UInt64, subtract: Bool
    ) {
        let flip = SIMD8<UInt32>(repeating: subtract ? .max : 0)
        stream(UnsafeMutableRawPointer(words), count &* 4, key, high, low) { place, blocks in
            // −x is the complement of x, plus 1.
            let mask = unsafeBitCast(blocks, to: SIMD8<UInt32>.self) ^ flip
            place.storeBytes(of: place.loadUnaligned(as: SIMD8<UInt32>.self) &+ mask &- flip, as: SIMD8<UInt32>.self)
        } rest: { place, bytes, word in
            let at = place.assumingMemoryBound(to: UInt32.self)
            for i in 0..<(bytes / 4) {
                let mask = UInt32(truncatingIfNeeded: word(i / 2) >> UInt64(32 &* (i & 1)))
                at[i] = subtract ? at[i] &- mask : at[i] &+ mask
            }
        }
    }
}

private typealias Blocks = SIMD4<UInt64>

/// Calls `add` with each 32 bytes of the stream and the place they belong to, and `rest` with what is left, fewer than 32
/// bytes, and their words of 64 bits.
@inline(__always) private func stream(
    _ start: UnsafeMutableRawPointer, _ bytes: Int, _ key: UnsafePointer<UInt8>, _ high: UInt64, _ low: UInt64,
    _ add: (UnsafeMutableRawPointer, Blocks) -> Void, rest: (UnsafeMutableRawPointer, Int, (Int) -> UInt64) -> Void
) {
    let schedule = expanded(key)
    var (high, low) = (high, low)
    var at = 0
    while at &+ 256 <= bytes {
        var state = InlineArray<8, Blocks> { _ in Blocks.zero }
        if low <= .max &- 16 {
            let first = Blocks(low, high, low &+ 1, high)
            for i in 0..<8 { state[i] = first &+ Blocks(UInt64(2 &* i), 0, UInt64(2 &* i), 0) }
        } else {
            for i in 0..<8 { state[i] = counters(high, low, UInt64(2 &* i)) }
        }
        encrypt(&state, schedule)
        for i in 0..<8 { add(start + (at &+ 32 &* i), state[i]) }
        advance(&high, &low, 16)
        at &+= 256
    }
    while at < bytes {
        var state = InlineArray<1, Blocks> { _ in Blocks.zero }
        state[0] = counters(high, low, 0)
        encrypt(&state, schedule)
        if bytes &- at >= 32 {
            add(start + at, state[0])
        } else {
            let last = state[0]
            rest(start + at, bytes &- at) { last[$0] }
        }
        advance(&high, &low, 2)
        at &+= 32
    }
}

@inline(__always) private func expanded(_ key: UnsafePointer<UInt8>) -> InlineArray<11, Blocks> {
    var keys = InlineArray<11, Blocks> { _ in Blocks.zero }
    keys[0] = tutti_aes_first_key(key)
    // The round constants are the powers of x in GF(2^8).
    var constant: Int32 = 1
    for round in 1..<11 {
        keys[round] = tutti_aes_next_key(keys[round &- 1], constant)
        constant = constant == 0x80 ? 0x1b : constant &* 2
    }
    return keys
}

/// The counter blocks of two neighbours, `ahead` of the counter.
@inline(__always) private func counters(_ high: UInt64, _ low: UInt64, _ ahead: UInt64) -> Blocks {
    var (firstHigh, firstLow) = (high, low)
    advance(&firstHigh, &firstLow, ahead)
    var (secondHigh, secondLow) = (firstHigh, firstLow)
    advance(&secondHigh, &secondLow, 1)
    return Blocks(firstLow, firstHigh, secondLow, secondHigh)
}

@inline(__always) private func advance(_ high: inout UInt64, _ low: inout UInt64, _ blocks: UInt64) {
    low &+= blocks
    if low < blocks { high &+= 1 }
}

@inline(__always) private func encrypt<let N: Int>(_ state: inout InlineArray<N, Blocks>, _ keys: InlineArray<11, Blocks>) {
    for i in 0..<N { state[i] = tutti_bytes_reversed(state[i]) ^ keys[0] }
    for round in 1..<10 {
        for i in 0..<N { state[i] = tutti_aes_round(state[i], keys[round]) }
    }
    for i in 0..<N { state[i] = tutti_aes_last_round(state[i], keys[10]) }
}
