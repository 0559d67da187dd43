package import CryptoSuite

/// One holder's part of a secret: the polynomials of the five limbs at x = the holder's index + 1.
package struct Share: Equatable, Sendable {
    package static let limbs = 5
    package static let byteCount = 8 * limbs
    package let values: [Field61]

    fileprivate init(values: [Field61]) { self.values = values }

    /// Five little-endian numbers of eight bytes.
    package var bytes: [UInt8] {
        var out = [UInt8](repeating: 0, count: 8 * values.count)
        out.withUnsafeMutableBytes { out in
            for limb in values.indices { out.storeBytes(of: values[limb].value.littleEndian, toByteOffset: 8 * limb, as: UInt64.self) }
        }
        return out
    }

    /// nil unless there are 40 bytes and every number is below p, so that a share has one encoding.
    package init?(bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        var values: [Field61] = []
        values.reserveCapacity(Self.limbs)
        for limb in 0..<Self.limbs {
            let number = littleEndian(bytes[8 * limb..<8 * limb + 8])
            guard number < Field61.modulus else { return nil }
            values.append(Field61(reducing: number))
        }
        self.values = values
    }
}

/// Shamir's secret sharing (Communications of the ACM 22, 1979) of 32 bytes over GF(2^61 - 1). The secret is cut into limbs of
/// 60, 60, 60, 60 and 16 bits, little-endian, each below p; fewer than `threshold` shares say nothing about it.
package enum SecretSharing {
    package static let secretByteCount = 32
    private static let limbBits = [60, 60, 60, 60, 16]

    /// A share for every holder, in their order.
    /// - Parameters:
    ///   - secret: 32 bytes.
    ///   - threshold: shares that give the secret back, 1 ... holders.count.
    ///   - holders: roster indices, all different.
    ///   - entropy: 32 bytes for this secret alone; the coefficients are made of it.
    package static func split(_ secret: [UInt8], threshold: Int, holders: [Int], entropy: [UInt8], suite: CryptoSuite) -> [Share] {
        precondition(
            secret.count == secretByteCount && threshold >= 1 && threshold <= holders.count, "a plan that was checked has a threshold its holders reach")
        let key = suite.hkdfSHA256(entropy, [], Array("tutti secagg shamir".utf8), 16)
        let stream = suite.keystream(key, 0, 8 * Share.limbs * (threshold - 1))
        let limbs = self.limbs(of: secret)
        // 64 uniform bits modulo p: no residue is likelier than another by more than 2^-61.
        // Those of a limb lie together, that of the lowest power first.
        let degree = threshold - 1
        let coefficients = (0..<Share.limbs * degree).map { Field61(reducing: littleEndian(stream[8 * $0..<8 * $0 + 8])) }
        return holders.map { holder in
            let x = point(of: holder)
            var values = limbs
            for limb in values.indices {
                var value = Field61.zero
                for power in stride(from: degree - 1, through: 0, by: -1) { value = (value + coefficients[limb * degree + power]) * x }
                values[limb] = value + limbs[limb]
            }
            return Share(values: values)
        }
    }

    /// The secret of exactly `threshold` shares by interpolation at zero; nil where a limb is not below its bound, which is
    /// always so with shares of no one polynomial but for a probability of 2^-45.
    package static func join(_ shares: [(holder: Int, share: Share)]) -> [UInt8]? {
        let weights = lagrange(shares.map(\.holder))
        var secret: [UInt8] = []
        var (held, bits) = (UInt64(0), 0)
        for limb in 0..<Share.limbs {
            var value = Field61.zero
            for (weight, share) in zip(weights, shares) { value = value + weight * share.share.values[limb] }
            guard value.value >> UInt64(limbBits[limb]) == 0 else { return nil }
            // Every limb before the last is a whole number of half bytes.
            var rest = value.value
            var left = limbBits[limb]
            while left > 0 {
                held |= (rest & 15) << UInt64(bits)
                bits += 4
                rest >>= 4
                left -= 4
                if bits == 8 {
                    secret.append(UInt8(truncatingIfNeeded: held))
                    (held, bits) = (0, 0)
                }
            }
        }
        return secret
    }

    private static func limbs(of secret: [UInt8]) -> [Field61] {
        var limbs: [Field61] = []
        var bit = 0
        for width in limbBits {
            var value: UInt64 = 0
            for half in 0..<width / 4 {
                let at = bit / 4 + half
                value |= UInt64(secret[at / 2] >> UInt8(4 * (at % 2)) & 15) << UInt64(4 * half)
            }
            limbs.append(Field61(reducing: value))
            bit += width
        }
        return limbs
    }

    private static func point(of holder: Int) -> Field61 { Field61(reducing: UInt64(holder) + 1) }

    /// The weight of every holder's value in the value at zero: the product of x_j / (x_j - x_i) over the others.
    private static func lagrange(_ holders: [Int]) -> [Field61] {
        let points = holders.map(point)
        return points.indices.map { i in
            var (over, under) = (Field61.one, Field61.one)
            for j in points.indices where j != i {
                over = over * points[j]
                under = under * (points[j] - points[i])
            }
            return over * under.inverse
        }
    }
}

func littleEndian(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    for byte in bytes {
        value |= UInt64(byte) << shift
        shift += 8
    }
    return value
}
