internal import CKernelIntrinsics
package import KernelTable

// Like the other targets for a processor's extras this one has no function that another module could have too.

package let maskKernelsVAES: any MaskKernels = VAES()

struct VAES: MaskKernels {
    var scheduleByteCount: Int { 11 * 32 }

    func expand(_ key: UnsafePointer<UInt8>, _ schedule: UnsafeMutableRawPointer) {
        var keys = tutti_aes_first_key(key)
        schedule.storeBytes(of: keys, as: SIMD4<UInt64>.self)
        // The round constants are the powers of x in GF(2^8).
        var constant: Int32 = 1
        for round in 1..<11 {
            keys = tutti_aes_next_key(keys, constant)
            (schedule + round &* 32).storeBytes(of: keys, as: SIMD4<UInt64>.self)
            constant = constant == 0x80 ? 0x1b : constant &* 2
        }
    }

    func stream(_ out: UnsafeMutableRawPointer, _ byteCount: Int, _ schedule: UnsafeRawPointer, high: UInt64, low: UInt64) {
        var (high, low) = (high, low)
        var at = 0
        while at &+ 256 <= byteCount {
            if low <= .max &- 16 {
                tutti_aes_sixteen(out + at, schedule, high, low)
            } else {
                for pair in 0..<8 { (out + (at &+ 32 &* pair)).storeBytes(of: two(schedule, high, low, UInt64(2 &* pair)), as: SIMD4<UInt64>.self) }
            }
            advance(&high, &low, 16)
            at &+= 256
        }
        while at < byteCount {
            let blocks = two(schedule, high, low, 0)
            if at &+ 32 <= byteCount {
                (out + at).storeBytes(of: blocks, as: SIMD4<UInt64>.self)
            } else {
                for i in 0..<(byteCount &- at) {
                    (out + (at &+ i)).storeBytes(of: UInt8(truncatingIfNeeded: blocks[i / 8] &>> UInt64(8 &* (i & 7))), as: UInt8.self)
                }
            }
            advance(&high, &low, 2)
            at &+= 32
        }
    }
}

/// The stream's two blocks that lie `ahead` of the counter, which may carry from one to the other.
@inline(never) private func two(_ schedule: UnsafeRawPointer, _ high: UInt64, _ low: UInt64, _ ahead: UInt64) -> SIMD4<UInt64> {
    var (firstHigh, firstLow) = (high, low)
    advance(&firstHigh, &firstLow, ahead)
    var (secondHigh, secondLow) = (firstHigh, firstLow)
    advance(&secondHigh, &secondLow, 1)
    return tutti_aes_two(schedule, SIMD4(firstLow, firstHigh, secondLow, secondHigh))
}

@inline(__always) private func advance(_ high: inout UInt64, _ low: inout UInt64, _ blocks: UInt64) {
    low &+= blocks
    if low < blocks { high &+= 1 }
}
