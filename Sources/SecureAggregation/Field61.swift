/// The integers modulo the Mersenne prime p = 2^61 - 1. No operation branches on a value or indexes with one, so the time
/// does not tell a secret (`inverse` takes the same steps for every value).
package struct Field61: Equatable, Sendable {
    package static let modulus: UInt64 = (1 << 61) - 1
    package static let zero = Field61(reducing: 0)
    package static let one = Field61(reducing: 1)

    /// 0 ..< p.
    package let value: UInt64

    /// Any 64-bit number modulo p.
    package init(reducing number: UInt64) {
        // 2^61 is 1 modulo p, so the bits above are added at the bottom: at most p + 7.
        value = Self.subtractingModulus((number & Self.modulus) &+ (number >> 61))
    }

    private init(belowTwiceModulus number: UInt64) { value = Self.subtractingModulus(number) }

    /// The number minus p where that is not negative; for numbers below 2p.
    private static func subtractingModulus(_ number: UInt64) -> UInt64 {
        let difference = number &- modulus
        let borrowed = 0 &- (difference >> 63)
        return difference &+ (modulus & borrowed)
    }

    package static func + (a: Field61, b: Field61) -> Field61 { Field61(belowTwiceModulus: a.value &+ b.value) }
    package static func - (a: Field61, b: Field61) -> Field61 { Field61(belowTwiceModulus: a.value &+ modulus &- b.value) }

    package static func * (a: Field61, b: Field61) -> Field61 {
        let product = a.value.multipliedFullWidth(by: b.value)
        // The product is below 2^122: its upper 61 bits and its lower 61 bits add up to less than 2p.
        let upper = product.high << 3 | product.low >> 61
        return Field61(belowTwiceModulus: (product.low & modulus) &+ upper)
    }

    /// a^(p-2) by Fermat; zero for zero.
    package var inverse: Field61 {
        // p - 2 = 2^61 - 3: sixty bits of one above "01".
        var power = self
        for _ in 0..<58 { power = power * power * self }
        power = power * power
        return power * power * self
    }
}
