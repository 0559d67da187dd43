internal import APIKit

/// Numbers and instants as people read them. Unknown is a dash, never a zero.
package enum Words {
    static let unknown = "–"

    package static func fixed(_ value: Double?, _ digits: Int) -> String {
        guard let value else { return unknown }
        guard value.isFinite, abs(value) < 1e12 else { return value.isFinite ? "\(value)" : unknown }
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        let scaled = Int64((abs(value) * scale).rounded())
        let sign = value < 0 && scaled != 0 ? "\u{2212}" : ""
        guard digits > 0 else { return "\(sign)\(scaled)" }
        let fraction = "\(scaled % Int64(scale))"
        return "\(sign)\(scaled / Int64(scale))." + String(repeating: "0", count: max(0, digits - fraction.count)) + fraction
    }

    /// Of a loss in nats.
    static func bits(_ nats: Double) -> Double { nats / 0.693_147_180_559_945_3 }
    static func bitsPerByte(_ nats: Double?) -> String { fixed(nats.map(bits), 3) }
    static func accuracy(_ value: Double?) -> String { fixed(value, 3) }
    static func epsilon(_ value: Double?) -> String { fixed(value, 3) }

    /// A loss of any size in few places: a squared error may be in the billions.
    package static func loss(_ value: Double?) -> String {
        guard let value, value.isFinite, abs(value) >= 100 else { return fixed(value, 3) }
        if abs(value) < 100_000 { return fixed(value, abs(value) < 10_000 ? 1 : 0) }
        return power(value)
    }

    /// `2.5e9`.
    static func power(_ value: Double) -> String {
        var (mantissa, exponent) = (value, 0)
        while abs(mantissa) >= 9.95, exponent < 400 { (mantissa, exponent) = (mantissa / 10, exponent + 1) }
        return "\(fixed(mantissa, 1))e\(exponent)"
    }

    package static func megabytes(_ bytes: Int64?) -> String { fixed(bytes.map { Double($0) / 1e6 }, 2) }

    /// To a hundredth, what is smaller than one to three digits, and no zeros at the end: `97`, `0.75`, `0.00123`.
    package static func short(_ value: Double?) -> String {
        guard let value, value.isFinite, abs(value) < 1e12 else { return fixed(value, 0) }
        var (digits, scaled) = (2, abs(value) * 100)
        while value != 0, scaled < 100, digits < 6 { (digits, scaled) = (digits + 1, scaled * 10) }
        var text = fixed(value, digits)[...]
        while text.last == "0" { text = text.dropLast() }
        return String(text.last == "." ? text.dropLast() : text)
    }

    static func whole(_ value: Int?) -> String { value.map { "\($0)" } ?? unknown }

    /// `5+5+6`; of many groups the smallest and the largest.
    static func sizes(_ sizes: [Int]) -> String {
        if sizes.count <= 12 { return sizes.map { "\($0)" }.joined(separator: "+") }
        return "\(sizes.count) groups of \(sizes.min() ?? 0) to \(sizes.max() ?? 0)"
    }

    /// `3:05`.
    package static func clock(_ seconds: Double?) -> String {
        guard let seconds, seconds.isFinite, (0..<1e9).contains(seconds) else { return unknown }
        let whole = Int(seconds.rounded(.up))
        return "\(whole / 60):\(whole % 60 < 10 ? "0" : "")\(whole % 60)"
    }

    /// `2026-11-22 08:02:18 UTC`, machine-readable besides. Beyond the year 9999 there is only a dash.
    package static func time(_ milliseconds: Int64?) -> HTML {
        guard let milliseconds, (0...253_402_300_799_000).contains(milliseconds) else { return HTML(unknown) }
        let text = timestamp(milliseconds)
        let shown = text.prefix(10) + " " + text.dropFirst(11).prefix(8) + " UTC"
        return HTML(.time, [.of(.datetime, text)]) { String(shown) }
    }

    static func count(_ count: Int, _ one: String, _ many: String? = nil) -> String { "\(count) \(count == 1 ? one : many ?? one + "s")" }
}
