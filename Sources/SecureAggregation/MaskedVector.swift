package import CryptoSuite

/// One mask to be added or subtracted: an AES-128 key, 16 bytes.
package struct MaskTerm: Sendable {
    package let key: Secret
    package let subtract: Bool
    package init(key: Secret, subtract: Bool) {
        self.key = key
        self.subtract = subtract
    }
}

/// A vector modulo 2^w: one client's on its way to be masked, or the sum of a group's.
package struct MaskedVector: Equatable, Sendable {
    package let width: Int
    package private(set) var lanes: [UInt32]

    package init(zeros count: Int, width: Int) {
        lanes = [UInt32](repeating: 0, count: count)
        self.width = width
    }

    package init(_ encoded: EncodedUpdate, width: Int) {
        lanes = encoded.lanes
        self.width = width
    }

    private var mask: UInt32 { width == 32 ? .max : 1 << UInt32(width) - 1 }

    /// Adds the lanes of the term's keystream: lane j is bits [w·j, w·j + w), little-endian.
    package mutating func add(_ term: MaskTerm, suite: CryptoSuite) {
        let mask = Mask(key: term.key.bytes, width: width, subtract: term.subtract)
        lanes.withUnsafeMutableBufferPointer { suite.addMask(mask, $0) }
    }

    /// Adds another client's packed vector; its length has been checked.
    package mutating func add(packed: [UInt8]) throws(SecureAggregationError) {
        guard packed.count == (lanes.count * width + 7) / 8 else { throw .malformed(field: "lanes") }
        let used = lanes.count * width % 8
        guard used == 0 || packed[packed.count - 1] >> UInt8(used) == 0 else { throw .malformed(field: "lanes") }
        let mask = self.mask
        forEachLane(of: packed, count: lanes.count, width: width) { i, lane in lanes[i] = (lanes[i] &+ lane) & mask }
    }

    /// w bits a lane, little-endian, zeros in the last byte's rest.
    package var packed: [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity((lanes.count * width + 7) / 8)
        var (held, bits) = (UInt64(0), 0)
        for lane in lanes {
            held |= UInt64(lane & mask) << UInt64(bits)
            bits += width
            while bits >= 8 {
                out.append(UInt8(truncatingIfNeeded: held))
                held >>= 8
                bits -= 8
            }
        }
        if bits > 0 { out.append(UInt8(truncatingIfNeeded: held)) }
        return out
    }
}

private func forEachLane(of stream: [UInt8], count: Int, width: Int, _ body: (Int, UInt32) -> Void) {
    let mask: UInt64 = (1 << UInt64(width)) - 1
    stream.withUnsafeBytes { raw in
        var (held, bits, at) = (UInt64(0), 0, 0)
        for i in 0..<count {
            while bits < width {
                held |= UInt64(raw[at]) << UInt64(bits)
                at += 1
                bits += 8
            }
            body(i, UInt32(truncatingIfNeeded: held & mask))
            held >>= UInt64(width)
            bits -= width
        }
    }
}
