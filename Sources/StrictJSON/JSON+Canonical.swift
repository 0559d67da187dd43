/// Why a value has no canonical form.
package struct NoCanonicalForm: Error, Sendable, Equatable, CustomStringConvertible {
    package var problem: String
    package var description: String { "there is no canonical form: \(problem)" }
}

extension JSON {
    /// The one form that equal values have (RFC 8785, JCS): no blanks, members sorted by UTF-16 units, numbers as ECMAScript writes
    /// them.
    /// - Throws: for what RFC 7493 (I-JSON) does not have: a name twice, a number that is not finite, a whole number that a Double
    ///   does not hold exactly.
    package func canonical() throws(NoCanonicalForm) -> [UInt8] {
        var out: [UInt8] = []
        try writeCanonical(to: &out)
        return out
    }

    private static let largestExact: Int64 = 9_007_199_254_740_991

    private func writeCanonical(to out: inout [UInt8]) throws(NoCanonicalForm) {
        switch self {
        case .null, .bool, .string: out += encoded()
        case .integer(let i):
            // Beyond 2^53 there are texts of Doubles that read as whole numbers, and whole numbers that no Double has.
            guard (-Self.largestExact...Self.largestExact).contains(i) || Self.ecmaScript(Double(i)) == "\(i)" else {
                throw NoCanonicalForm(problem: "no Double is \(i)")
            }
            out += "\(i)".utf8
        case .number(let d):
            guard d.isFinite else { throw NoCanonicalForm(problem: "\(d) is no number of JSON") }
            out += Self.ecmaScript(d).utf8
        case .array(let elements):
            out.append(UInt8(ascii: "["))
            for (i, element) in elements.enumerated() {
                if i > 0 { out.append(UInt8(ascii: ",")) }
                try element.writeCanonical(to: &out)
            }
            out.append(UInt8(ascii: "]"))
        case .object(let members):
            let sorted = members.sorted { $0.name.utf16.lexicographicallyPrecedes($1.name.utf16) }
            out.append(UInt8(ascii: "{"))
            for (i, member) in sorted.enumerated() {
                // By units: two texts that Swift takes for equal may have other units.
                guard i == 0 || !member.name.utf16.elementsEqual(sorted[i - 1].name.utf16) else {
                    throw NoCanonicalForm(problem: "the name '\(member.name)' is there twice")
                }
                if i > 0 { out.append(UInt8(ascii: ",")) }
                JSON.append(member.name, to: &out)
                out.append(UInt8(ascii: ":"))
                try member.value.writeCanonical(to: &out)
            }
            out.append(UInt8(ascii: "}"))
        }
    }

    /// Number::toString of ECMA-262. Swift and ECMAScript both take the shortest digits that read back as the same Double; only
    /// where the point and the exponent stand differs.
    static func ecmaScript(_ value: Double) -> String {
        if value == 0 { return "0" }
        let parts = "\(value.magnitude)".split(separator: "e")
        let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        let whole = String(mantissa[0]), fraction = mantissa.count > 1 ? String(mantissa[1]) : ""
        var digits = whole + fraction
        // The value is 0.digits times ten to the power of `point`.
        var point = whole.count + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
        while digits.hasPrefix("0") {
            digits.removeFirst()
            point -= 1
        }
        while digits.hasSuffix("0") { digits.removeLast() }
        let sign = value < 0 ? "-" : ""
        let count = digits.count
        if count <= point && point <= 21 { return sign + digits + String(repeating: "0", count: point - count) }
        if 0 < point && point <= 21 { return sign + digits.prefix(point) + "." + digits.dropFirst(point) }
        if -6 < point && point <= 0 { return sign + "0." + String(repeating: "0", count: -point) + digits }
        let exponent = "e" + (point > 0 ? "+" : "-") + "\(abs(point - 1))"
        return sign + digits.prefix(1) + (count > 1 ? "." + digits.dropFirst() : "") + exponent
    }
}
