/// Where secrets and serial numbers come from. Handed in, so that tests and the simulator repeat.
package struct RandomSource: Sendable {
    /// That many bytes.
    package var bytes: @Sendable (Int) -> [UInt8]
    package init(bytes: @escaping @Sendable (Int) -> [UInt8]) { self.bytes = bytes }

    /// The operating system's generator (`getrandom` on Linux).
    package static let system = RandomSource { count in
        var generator = SystemRandomNumberGenerator()
        var out: [UInt8] = []
        out.reserveCapacity(count + 7)
        while out.count < count { withUnsafeBytes(of: generator.next()) { out += $0 } }
        out.removeLast(out.count - count)
        return out
    }
}
