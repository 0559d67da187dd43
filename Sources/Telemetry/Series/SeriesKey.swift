internal import StrictJSON

/// The name of a time series: whose it is, what it measures, and its labels.
package struct SeriesKey: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Stands for every tenant and every label's value that there was no room for.
    package static let other = "other"

    /// Empty: the whole platform's.
    package let tenant: String
    package let metric: String
    /// By name.
    package let labels: [Metrics.Label]
    /// `metric{a=b,c=d}`; bytes other than letters, digits and `._:/-` as in URLs.
    package let text: String

    package init(_ metric: String, _ labels: [Metrics.Label] = [], tenant: String = "") {
        func cut(_ text: String) -> String { text.utf8.count > Limits.nameBytes ? text.clipped(Limits.nameBytes) : text }
        self.tenant = cut(tenant)
        self.metric = cut(metric)
        self.labels = labels.prefix(Limits.labels).map { Metrics.Label(cut($0.name), cut($0.value)) }.sorted()
        let pairs = self.labels.map { "\(Self.escaped($0.name))=\(Self.escaped($0.value))" }
        text = Self.escaped(self.metric) + (pairs.isEmpty ? "" : "{\(pairs.joined(separator: ","))}")
    }

    /// - Returns: nil: no key has this text.
    package init?(tenant: String, text: String) {
        var rest = text[...]
        var labels: [Metrics.Label] = []
        if let brace = rest.firstIndex(of: "{") {
            guard rest.last == "}" else { return nil }
            for pair in rest[rest.index(after: brace)...].dropLast().split(separator: ",", omittingEmptySubsequences: false) {
                let parts = pair.split(separator: "=", omittingEmptySubsequences: false)
                guard parts.count == 2, let name = Self.unescaped(parts[0]), let value = Self.unescaped(parts[1]) else { return nil }
                labels.append(Metrics.Label(name, value))
            }
            rest = rest[..<brace]
        }
        guard let metric = Self.unescaped(rest) else { return nil }
        self.init(metric, labels, tenant: tenant)
        guard self.text == text, self.tenant == tenant else { return nil }
    }

    package var description: String { tenant.isEmpty ? text : "\(tenant)/\(text)" }

    package func value(_ label: String) -> String? { labels.first { $0.name == label }?.value }

    /// What stands for this one where there are too many.
    var inOther: SeriesKey {
        SeriesKey(metric, labels.map { Metrics.Label($0.name, Self.other) }, tenant: tenant.isEmpty ? "" : Self.other)
    }

    package static func == (a: SeriesKey, b: SeriesKey) -> Bool { a.text == b.text && a.tenant == b.tenant }
    package static func < (a: SeriesKey, b: SeriesKey) -> Bool { (a.tenant, a.text) < (b.tenant, b.text) }
    package func hash(into hasher: inout Hasher) {
        hasher.combine(tenant)
        hasher.combine(text)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "/"), UInt8(ascii: "-"): true
        default: false
        }
    }

    private static func escaped(_ text: String) -> String {
        if text.utf8.allSatisfy(isPlain) { return text }
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if isPlain(byte) { bytes.append(byte) } else { bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func unescaped(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if isPlain(byte) {
                bytes.append(byte)
                continue
            }
            guard byte == UInt8(ascii: "%"), rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}

/// Which series are meant; several are put together.
package struct SeriesSelector: Hashable, Sendable {
    package var metric: String
    /// nil: everybody's; empty: the platform's.
    package var tenant: String?
    /// What these labels must be; others may be anything.
    package var labels: [Metrics.Label]

    package init(_ metric: String, _ labels: [Metrics.Label] = [], tenant: String? = "") {
        self.metric = metric
        self.labels = labels
        self.tenant = tenant
    }

    package func matches(_ key: SeriesKey) -> Bool {
        guard key.metric == metric, tenant == nil || tenant == key.tenant else { return false }
        return labels.allSatisfy { key.value($0.name) == $0.value }
    }
}
