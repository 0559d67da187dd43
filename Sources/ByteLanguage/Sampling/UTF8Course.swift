/// Where in a character a text stands, and which bytes may come next (Unicode 16, table 3-7).
package struct UTF8Course: Sendable, Equatable {
    /// Bytes that are still to come of the character.
    private(set) var missing = 0
    private var next: ClosedRange<UInt8> = 0x80...0xBF

    package init() {}

    package var isWhole: Bool { missing == 0 }

    package func allows(_ byte: UInt8) -> Bool { missing > 0 ? next.contains(byte) : byte < 0x80 || (0xC2...0xF4).contains(byte) }

    /// - Precondition: `allows` the byte.
    package mutating func take(_ byte: UInt8) {
        if missing > 0 {
            missing -= 1
            next = 0x80...0xBF
            return
        }
        missing = byte < 0x80 ? 0 : byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3
        // No overlong forms, no surrogates, nothing above U+10FFFF.
        next =
            switch byte {
            case 0xE0: 0xA0...0xBF
            case 0xED: 0x80...0x9F
            case 0xF0: 0x90...0xBF
            case 0xF4: 0x80...0x8F
            default: 0x80...0xBF
            }
    }
}
