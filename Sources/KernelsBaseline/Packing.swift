internal import CKernelIntrinsics
import KernelTable

extension Level {
    func addPacked(
        _ words: UnsafeMutablePointer<UInt32>, _ packed: UnsafePointer<UInt8>, _ byteCount: Int, _ count: Int, _ width: Int, _ subtract: Bool
    ) {
        let modulus = UInt32.max &>> UInt32(32 &- width)
        // −x is the complement of x, plus 1.
        let flip: UInt32 = subtract ? .max : 0
        var j = 0
        #if LEVEL_AVX2 || LEVEL_AVX512
            if width <= 26 || width == 28 || width == 32 {
                // Two loops: each without the other's two operations.
                j =
                    subtract
                    ? addEights(words, packed, byteCount, count, width) { $0 &- $1 }
                    : addEights(words, packed, byteCount, count, width) { $0 &+ $1 }
            }
        #endif
        // A number and the bits before it lie within eight bytes; the last ones may have fewer behind them.
        while j < count {
            let first = (j &* width) / 8
            guard first &+ 8 <= byteCount else { break }
            let bits = UInt64(littleEndian: UnsafeRawPointer(packed + first).loadUnaligned(as: UInt64.self)) &>> UInt64((j &* width) & 7)
            words[j] = (words[j] &+ (UInt32(truncatingIfNeeded: bits) ^ flip) &- flip) & modulus
            j &+= 1
        }
        while j < count {
            let first = (j &* width) / 8
            var bits: UInt64 = 0
            for i in first..<least(first &+ 5, byteCount) { bits |= UInt64(packed[i]) &<< UInt64(8 &* (i &- first)) }
            bits &>>= UInt64((j &* width) & 7)
            words[j] = (words[j] &+ (UInt32(truncatingIfNeeded: bits) ^ flip) &- flip) & modulus
            j &+= 1
        }
    }

    func pack(_ out: UnsafeMutablePointer<UInt8>, _ words: UnsafePointer<UInt32>, _ count: Int, _ width: Int) {
        let modulus = UInt64(1) &<< UInt64(width) &- 1
        let end = (count &* width &+ 7) / 8
        var (held, bits, at, j) = (UInt64(0), 0, 0, 0)
        // Two numbers and what is left of the byte before have room in 64 bits.
        if width <= 28 {
            while j &+ 2 <= count && at &+ 8 <= end {
                let pair = UInt64(words[j]) & modulus | (UInt64(words[j &+ 1]) & modulus) &<< UInt64(width)
                held |= pair &<< UInt64(bits)
                bits &+= 2 &* width
                UnsafeMutableRawPointer(out + at).storeBytes(of: held.littleEndian, as: UInt64.self)
                at &+= bits &>> 3
                held &>>= UInt64(bits & 56)
                bits &= 7
                j &+= 2
            }
        }
        while j < count {
            held |= (UInt64(words[j]) & modulus) &<< UInt64(bits)
            bits &+= width
            while bits >= 8 {
                out[at] = UInt8(truncatingIfNeeded: held)
                at &+= 1
                held &>>= 8
                bits &-= 8
            }
            j &+= 1
        }
        if bits > 0 { out[at] = UInt8(truncatingIfNeeded: held) }
    }
}

#if LEVEL_AVX2 || LEVEL_AVX512
    /// In bytes: a quarter of the first cache.
    private let prefetchDistance = 8192

    /// Eight numbers are `width` bytes; four of them lie within sixteen, and each within the four bytes from the one it begins
    /// in, up to 25 bits, at 26, 28 and 32. Returns how many were added.
    @inline(__always) private func addEights(
        _ words: UnsafeMutablePointer<UInt32>, _ packed: UnsafePointer<UInt8>, _ byteCount: Int, _ count: Int, _ width: Int,
        _ combine: (SIMD8<UInt32>, SIMD8<UInt32>) -> SIMD8<UInt32>
    ) -> Int {
        let w = UInt32(truncatingIfNeeded: width)
        // The second four begin in the middle of a byte if the width is odd.
        let half = 4 &* (w & 1)
        let bits = SIMD8<UInt32>(0, w, 2 &* w, 3 &* w, half, half &+ w, half &+ 2 &* w, half &+ 3 &* w)
        let order = (bits &>> 3) &* SIMD8(repeating: 0x0101_0101) &+ SIMD8(repeating: 0x0302_0100)
        let shift = bits & SIMD8(repeating: 7)
        let moduli = SIMD8<UInt32>(repeating: UInt32.max &>> (32 &- w))
        @inline(__always) func add(_ place: UnsafeMutableRawPointer, _ low: UnsafePointer<UInt8>) {
            let numbers = tutti_unpacked(low, low + width / 2, order, shift)
            place.storeBytes(of: combine(place.loadUnaligned(as: SIMD8<UInt32>.self), numbers) & moduli, as: SIMD8<UInt32>.self)
        }
        // The last eight read sixteen bytes from their middle on.
        let eights = least(count / 8, byteCount < width / 2 &+ 16 ? 0 : (byteCount &- width / 2 &- 16) / width &+ 1)
        var (place, low) = (UnsafeMutableRawPointer(words), packed)
        for _ in 0..<(eights / 2) {
            // The next part of a long vector comes while this one is added to and its keystream is made.
            tutti_prefetch(place + prefetchDistance)
            add(place, low)
            add(place + 32, low + width)
            place += 64
            low += 2 &* width
        }
        if eights & 1 == 1 { add(place, low) }
        return eights &* 8
    }
#endif
