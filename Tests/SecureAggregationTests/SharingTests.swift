import CryptoSuite
import FederationSimulator
import Testing

import SecureAggregation

@Suite struct Field61Tests {
    private static let edges: [UInt64] = [0, 1, 2, 7, 8, (1 << 60) - 1, 1 << 60, (1 << 61) - 3, (1 << 61) - 2]

    /// The naive twin: schoolbook arithmetic with the standard library's division.
    private static func twin(_ a: UInt64, _ b: UInt64) -> (sum: UInt64, difference: UInt64, product: UInt64) {
        let p = Field61.modulus
        let product = p.dividingFullWidth(a.multipliedFullWidth(by: b)).remainder
        return ((a + b) % p, (a + p - b) % p, product)
    }

    @Test func arithmeticIsThatOfIntegersModuloP() {
        var numbers = Numbers(state: 1)
        let values = Self.edges + (0..<200).map { _ in numbers.word() % Field61.modulus }
        for a in values {
            for b in values {
                let (x, y) = (Field61(reducing: a), Field61(reducing: b))
                let expected = Self.twin(a, b)
                #expect((x + y).value == expected.sum && (x - y).value == expected.difference && (x * y).value == expected.product)
            }
        }
    }

    @Test func everyNumberHasOneResidue() {
        for number in Self.edges + [Field61.modulus, Field61.modulus + 1, 1 << 62, 1 << 63, .max] {
            #expect(Field61(reducing: number).value == number % Field61.modulus)
        }
    }

    @Test func inverses() {
        var numbers = Numbers(state: 2)
        for value in Self.edges.dropFirst() + (0..<200).map({ _ in 1 + numbers.word() % (Field61.modulus - 1) }) {
            let x = Field61(reducing: value)
            #expect(x * x.inverse == .one)
        }
        #expect(Field61.zero.inverse == .zero)
        #expect(Field61(reducing: 2).inverse.value == 1 << 60)
    }
}

@Suite struct SecretSharingTests {
    private let suite = CryptoSuite.simulated

    /// f(x) = secret with threshold 1: every share is the secret's limbs, which are known by hand.
    @Test func limbsAreSixtyBitsLittleEndian() throws {
        let secret = (0..<32).map { UInt8($0 + 1) }
        let share = try #require(SecretSharing.split(secret, threshold: 1, holders: [5], entropy: [UInt8](repeating: 0, count: 32), suite: suite).first)
        // Bytes 01 02 … 20 as one little-endian number, sixty bits at a time.
        #expect(share.values.map(\.value) == [0x807_0605_0403_0201, 0xf0e_0d0c_0b0a_090, 0x716_1514_1312_1110, 0x1e1_d1c1_b1a1_9181, 0x201f])
        #expect(SecretSharing.join([(5, share)]) == secret)
    }

    /// f(x) = s + 3x over small numbers, interpolated by hand at x = 1 and 2.
    @Test func interpolationByHand() throws {
        func share(_ value: UInt64) throws -> Share {
            try #require(Share(bytes: [UInt8(value)] + [UInt8](repeating: 0, count: 39)))
        }
        let secret = try SecretSharing.join([(0, share(10)), (1, share(13))])
        #expect(secret == [7] + [UInt8](repeating: 0, count: 31))
    }

    @Test func anyThresholdSharesGiveTheSecretBack() {
        var numbers = Numbers(state: 3)
        for threshold in 1...9 {
            for _ in 0..<20 {
                let secret = numbers.bytes(32)
                let holders = Array(numbers.shuffled(Array(0..<2000)).prefix(threshold + numbers.next(below: 8)))
                let shares = SecretSharing.split(secret, threshold: threshold, holders: holders, entropy: numbers.bytes(32), suite: suite)
                let chosen = numbers.shuffled(Array(zip(holders, shares))).prefix(threshold)
                #expect(SecretSharing.join(chosen.map { ($0.0, $0.1) }) == secret)
                for share in shares { #expect(Share(bytes: share.bytes) == share) }
            }
        }
        for secret in [[UInt8](repeating: 0, count: 32), [UInt8](repeating: 255, count: 32)] {
            let shares = SecretSharing.split(secret, threshold: 3, holders: [0, 1, 2], entropy: numbers.bytes(32), suite: suite)
            #expect(SecretSharing.join(Array(zip([0, 1, 2], shares)).map { ($0.0, $0.1) }) == secret)
        }
    }

    /// With one share too few, every secret is as likely: for any other secret there is a missing share that gives it.
    @Test func oneShareTooFewFitsEverySecret() throws {
        var numbers = Numbers(state: 4)
        let (secret, other) = (numbers.bytes(32), numbers.bytes(32))
        let shares = SecretSharing.split(secret, threshold: 3, holders: [0, 1, 2], entropy: numbers.bytes(32), suite: suite)
        // The value at the third point that makes the same first two belong to the other secret: v' = v + (s' - s) / l(third).
        let truth = SecretSharing.split(secret, threshold: 1, holders: [0], entropy: numbers.bytes(32), suite: suite)[0]
        let wanted = SecretSharing.split(other, threshold: 1, holders: [0], entropy: numbers.bytes(32), suite: suite)[0]
        // Weight of x=3 among 1, 2, 3 at zero: (1·2)/((1-3)(2-3)) = 1.
        var bytes: [UInt8] = []
        for limb in 0..<5 {
            let value = shares[2].values[limb] + wanted.values[limb] - truth.values[limb]
            bytes += (0..<8).map { UInt8(truncatingIfNeeded: value.value >> UInt64(8 * $0)) }
        }
        let forged = try #require(Share(bytes: bytes))
        #expect(SecretSharing.join([(0, shares[0]), (1, shares[1]), (2, forged)]) == other)
    }

    @Test func fewerSharesGiveSomethingElse() {
        var numbers = Numbers(state: 5)
        for _ in 0..<100 {
            let secret = numbers.bytes(32)
            let shares = SecretSharing.split(secret, threshold: 4, holders: [0, 1, 2, 3, 4], entropy: numbers.bytes(32), suite: suite)
            #expect(SecretSharing.join([(0, shares[0]), (1, shares[1]), (2, shares[2])]) != secret)
        }
    }

    @Test func encodingsThatAreNone() {
        #expect(Share(bytes: []) == nil && Share(bytes: [UInt8](repeating: 0, count: 39)) == nil && Share(bytes: [UInt8](repeating: 0, count: 41)) == nil)
        var modulus = [UInt8](repeating: 0, count: 40)
        for i in 0..<8 { modulus[i] = UInt8(truncatingIfNeeded: Field61.modulus >> UInt64(8 * i)) }
        #expect(Share(bytes: modulus) == nil)
        modulus[0] -= 1
        #expect(Share(bytes: modulus) != nil)
    }
}
