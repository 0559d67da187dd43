import CryptoSuite
import FederationSimulator
import Foundation
import KernelTable
import TensorKernels
import Testing
import Trust

/// Every way to add a mask: what the simulator's and the real suite do, and libcrypto where the processor would be asked.
let maskWays: [MaskWay] = [
    MaskWay(name: "system", add: { CryptoSuite.system.addMask($0, $1) }),
    MaskWay(name: "libcrypto", add: { MaskStreams.addThroughLibcrypto([$0], to: $1) }),
    MaskWay(name: "from keystream", add: { portable.addMask($0, $1) }),
]

private let portable = CryptoSuite(
    sha256: CryptoSuite.system.sha256, hmacSHA256: CryptoSuite.system.hmacSHA256, hkdfSHA256: CryptoSuite.system.hkdfSHA256,
    keystream: CryptoSuite.system.keystream, keys: CryptoSuite.system.keys)

struct MaskWay: Sendable, CustomTestStringConvertible {
    var name: String
    var add: @Sendable (Mask, UnsafeMutableBufferPointer<UInt32>) -> Void
    var testDescription: String { name }
}

@Suite struct MaskTests {
    static let key = hex("2b7e151628aed2a6abf7158809cf4f3c")

    /// The twin: number j bit by bit from the keystream that the published vectors hold.
    private func twin(_ count: Int, _ width: Int, block: UInt64) -> [UInt32] {
        let stream = counterKeystream(key: Self.key, counter: (0, block), count: (count * width + 7) / 8)
        var lanes = [UInt32](repeating: 0, count: count)
        for lane in 0..<count {
            for bit in 0..<width {
                let at = lane * width + bit
                let isSet = stream[at / 8] >> UInt8(at % 8) & 1
                lanes[lane] |= UInt32(isSet) << UInt32(bit)
            }
        }
        return lanes
    }

    @Test(arguments: maskWays)
    func everyWidthTakesItsBits(_ way: MaskWay) {
        var numbers = Numbers(state: 11)
        for width in 1...32 {
            let modulus = UInt32.max >> UInt32(32 - width)
            for count in [0, 1, 3, 127, 128, 300] {
                let block = UInt64(numbers.next(below: 1000))
                let expected = twin(count, width, block: block)
                for subtract in [false, true] {
                    let mask = Mask(key: Self.key, block: block, width: width, subtract: subtract)
                    let start = (0..<count).map { _ in UInt32(numbers.next(below: 1 << 32)) & modulus }
                    var sums = start
                    sums.withUnsafeMutableBufferPointer { way.add(mask, $0) }
                    #expect(
                        sums == zip(start, expected).map { (subtract ? $0 &- $1 : $0 &+ $1) & modulus },
                        "\(way.name), \(width) bits, \(count) numbers")
                }
            }
        }
    }

    /// Long enough for several rounds of every inner loop; each length ends elsewhere in the last block, and every place in
    /// memory is tried.
    @Test(arguments: maskWays)
    func longVectorsAtAnyPlace(_ way: MaskWay) {
        var numbers = Numbers(state: 12)
        for count in [2048, 2049, 2051, 5000, 40_003] {
            for (width, offset) in [(32, 0), (32, 1), (32, 3), (20, 1)] {
                let expected = twin(count, width, block: 9)
                let start = (0..<(count + offset + 4)).map { _ in UInt32(numbers.next(below: 1 << width)) }
                var sums = start
                sums.withUnsafeMutableBufferPointer {
                    way.add(Mask(key: Self.key, block: 9, width: width, subtract: false), UnsafeMutableBufferPointer(rebasing: $0[offset..<(offset + count)]))
                }
                let modulus = UInt32.max >> UInt32(32 - width)
                var all = start
                for j in 0..<count { all[offset + j] = (all[offset + j] &+ expected[j]) & modulus }
                #expect(sums == all, "\(way.name): something beside the numbers changed, or they are wrong")
                sums.withUnsafeMutableBufferPointer {
                    way.add(Mask(key: Self.key, block: 9, width: width, subtract: true), UnsafeMutableBufferPointer(rebasing: $0[offset..<(offset + count)]))
                }
                #expect(sums == start)
            }
        }
    }

    @Test(arguments: maskWays)
    func aVectorIsMaskedInParts(_ way: MaskWay) {
        for width in [7, 20, 32] {
            let count = 128 * 9 + 50
            let mask = Mask(key: Self.key, block: 5, width: width, subtract: false)
            var whole = [UInt32](repeating: 0, count: count)
            whole.withUnsafeMutableBufferPointer { way.add(mask, $0) }
            var parts = [UInt32](repeating: 0, count: count)
            parts.withUnsafeMutableBufferPointer {
                way.add(mask.advanced(groups: 4), UnsafeMutableBufferPointer(rebasing: $0[512...]))
                way.add(mask, UnsafeMutableBufferPointer(rebasing: $0[..<512]))
            }
            #expect(parts == whole, "\(way.name), \(width) bits")
        }
    }

    /// Many masks in one pass are the masks one after the other.
    @Test func masksAreAddedTogether() {
        for suite in [CryptoSuite.system, .simulated, portable] {
            for width in [1, 20, 25, 27, 32] {
                let masks = (0..<5).map { (i: Int) -> Mask in
                    let key = [UInt8](repeating: UInt8(i), count: 16)
                    return Mask(key: key, block: UInt64(7 * i), width: width, subtract: i.isMultiple(of: 2))
                }
                for count in [0, 5, 2048, 2050, 5001] {
                    var (together, single) = ([UInt32](repeating: 1, count: count), [UInt32](repeating: 1, count: count))
                    together.withUnsafeMutableBufferPointer { suite.addMasks(masks, $0) }
                    for mask in masks { single.withUnsafeMutableBufferPointer { suite.addMask(mask, $0) } }
                    #expect(together == single, "\(width) bits, \(count) numbers")
                    var none = single
                    none.withUnsafeMutableBufferPointer { suite.addMasks([], $0) }
                    #expect(none == single)
                }
            }
        }
    }

    /// As secure aggregation asks for it: any first group, lanes with anything in their upper bits.
    @Test func lanesAreReducedFromAnyFirstGroup() {
        var numbers = Numbers(state: 13)
        for suite in [CryptoSuite.system, .simulated, portable] {
            let simulated = suite.keystream(Self.key, 0, 16) != CryptoSuite.system.keystream(Self.key, 0, 16)
            for width in 1...32 {
                let modulus = UInt32.max >> UInt32(32 - width)
                let whole = (0..<700).map { _ in UInt32(numbers.next(below: 1 << 32)) }
                var all = whole
                suite.maskAdd(&all, Self.key, 0, width, true)
                if !simulated { #expect(all == zip(whole, twin(700, width, block: 0)).map { ($0 &- $1) & modulus }) }
                for first in [0, 128, 512] {
                    var part = Array(whole[first...])
                    suite.maskAdd(&part, Self.key, first, width, true)
                    #expect(part == Array(all[first...]), "\(width) bits from \(first)")
                }
            }
        }
    }

    /// Where the 64-bit number of the block ends, the carry goes on into the upper half.
    @Test(arguments: maskWays)
    func theCounterCarries(_ way: MaskWay) {
        for block in [0xFFFF_FFFF - 3, .max, .max - 7, .max - 17] as [UInt64] {
            let count = 4 * 70 + 3
            let expected = twin(count, 32, block: block)
            var words = [UInt32](repeating: 0, count: count)
            words.withUnsafeMutableBufferPointer { way.add(Mask(key: Self.key, block: block, width: 32, subtract: false), $0) }
            #expect(words == expected, "\(way.name) from block \(block)")
        }
    }

    @Test func vectorsOfAESAreTakenWhereTheProcessorHasThem() {
        let flags = processorFlags()
        #expect(MaskStreams.isFused == (flags.contains("vaes") && Kernels.active.level >= .avx2))
    }

    /// What the system says, and not the probe itself.
    private func processorFlags() -> Set<String> {
        let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("flags") } ?? ""
        return Set(line.split(separator: " ").map(String.init))
    }
}

/// The fused kernel alone, with a counter of 128 bits, against SP 800-38A and libcrypto.
@Suite(.enabled(if: Kernels.masks != nil, "this processor has no AES on vectors")) struct FusedMaskTests {
    static let key = hex("2b7e151628aed2a6abf7158809cf4f3c")

    private func stream(_ bytes: Int, high: UInt64, low: UInt64) throws -> [UInt8] {
        let masks = try #require(Kernels.masks)
        var schedule = [UInt8](repeating: 0, count: masks.scheduleByteCount)
        masks.expand(Self.key, &schedule)
        var out = [UInt8](repeating: 77, count: bytes + 1)
        out.withUnsafeMutableBytes { masks.stream($0.baseAddress!, bytes, schedule, high: high, low: low) }
        #expect(out.removeLast() == 77, "written beyond the buffer")
        return out
    }

    @Test("F.5.1, CTR-AES128.Encrypt") func published() throws {
        let plain = hex(
            "6bc1bee22e409f96e93d7e117393172a ae2d8a571e03ac9c9eb76fac45af8e51 30c81c46a35ce411e5fbc1191a0a52ef f69f2445df4f9b17ad2b417be66c3710")
        let cipher = hex(
            "874d6191b620e3261bef6864990db6ce 9806f66b7970fdff8617187bb9fffdff 5ae4df3edbd5d35e5b4f09020db03eab 1e031dda2fbe03d1792170a0f3009cee")
        let stream = try self.stream(64, high: 0xf0f1_f2f3_f4f5_f6f7, low: 0xf8f9_fafb_fcfd_feff)
        #expect(zip(plain, stream).map { $0 ^ $1 } == cipher)
    }

    @Test func itIsLibcryptosStream() throws {
        let counters: [(UInt64, UInt64)] = [
            (0, 0), (0, 0xFFFF_FFF0), (0, .max - 5), (7, .max), (.max, .max), (.max, .max - 20), (.max, 0xFFFF_FFFF),
        ]
        for (high, low) in counters {
            for bytes in [0, 1, 7, 15, 16, 17, 31, 32, 33, 63, 64, 65, 255, 256, 257, 300, 512, 800, 4000] {
                let expected = counterKeystream(key: Self.key, counter: (high, low), count: bytes)
                #expect(try stream(bytes, high: high, low: low) == expected, "\(bytes) bytes from \(high), \(low)")
            }
        }
    }
}
