/// Cuts what is read in parts into lines. A line that is longer than any that is wanted is cut to one byte more than that, so that
/// its reader sees that it is too long and nothing of the rest is kept.
package struct LineSplitter: Sendable {
    private var held: [UInt8] = []
    private let bytesMax: Int

    package init(bytesMax: Int = Limits.auditLineBytes) { self.bytesMax = bytesMax }

    /// - Returns: the lines that end in this part, without their ends.
    package mutating func absorb(_ part: [UInt8]) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var rest = part[...]
        while let end = rest.firstIndex(of: 0x0A) {
            hold(rest[..<end])
            lines.append(held)
            held = []
            rest = rest[(end + 1)...]
        }
        hold(rest)
        return lines
    }

    /// The last line, where nothing ends it; nil: there is none.
    package mutating func finish() -> [UInt8]? {
        defer { held = [] }
        return held.isEmpty ? nil : held
    }

    private mutating func hold(_ bytes: ArraySlice<UInt8>) { held += bytes.prefix(max(0, bytesMax + 1 - held.count)) }
}
