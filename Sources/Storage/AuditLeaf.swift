package import Federation
package import StrictJSON

/// An entry of the audit at its place in its tenant's tree.
package struct AuditLeaf: Sendable, Equatable {
    package static let format = "tutti.audit/1"

    package var tenant: String
    /// From 0.
    package var index: Int64
    package var entry: AuditRecord

    package init(tenant: String, index: Int64, entry: AuditRecord) {
        self.tenant = tenant
        self.index = index
        self.entry = entry
    }

    /// What the leaf's hash is taken of: `json` in the canonical form of RFC 8785. Whoever has these bytes verifies the entry with
    /// SHA-256 alone. For ever: what is added to entries later is left out where it is not there, so that old leaves stay what they are.
    package var bytes: [UInt8] { json.encoded() }

    /// Members in the order of the canonical form, and only texts and whole numbers that a Double holds, so that there always is one.
    package var json: JSON {
        let details = entry.details.sorted { $0.key.utf16.lexicographicallyPrecedes($1.key.utf16) }
        var members: [JSON.Member] = [
            .init("action", .string(entry.action.rawValue)), .init("actor", .string(entry.actor)), .init("at", .string(Self.text(entry.at))),
            .init("details", .object(details.map { .init($0.key, .string($0.value)) })), .init("format", .string(Self.format)),
            .init("index", .integer(index)),
        ]
        if let address = entry.ipAddress { members.append(.init("ip_address", .string(address))) }
        if let id = entry.resourceID { members.append(.init("resource_id", .string(id))) }
        if let type = entry.resourceType { members.append(.init("resource_type", .string(type))) }
        members.append(.init("security_level", .string(entry.level.rawValue)))
        if let status = entry.status { members.append(.init("status", .string("\(status)"))) }
        members += [.init("subject", .string(entry.subject)), .init("tenant", .string(tenant))]
        return .object(members)
    }

    /// RFC 3339 in UTC with milliseconds, for every instant there is: `2026-11-22T00:51:40.123Z`. Years beyond four digits, which
    /// RFC 3339 does not have, are written with a sign.
    package static func text(_ instant: Instant) -> String {
        let (days, ofDay) = parted(instant.milliseconds, 86_400_000)
        // Days from 1 March of the year 0, in periods of 400 years: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
        let (era, ofEra) = parted(days + 719_468, 146_097)
        let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let fifths = (5 * ofYear + 2) / 153
        let (day, month) = (ofYear - (153 * fifths + 2) / 5 + 1, fifths < 10 ? fifths + 3 : fifths - 9)
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let sign = (0...9999).contains(year) ? "" : year < 0 ? "-" : "+"
        let time = "\(padded(ofDay / 3_600_000, 2)):\(padded(ofDay / 60_000 % 60, 2)):\(padded(ofDay / 1000 % 60, 2)).\(padded(ofDay % 1000, 3))"
        return "\(sign)\(padded(abs(year), 4))-\(padded(month, 2))-\(padded(day, 2))T\(time)Z"
    }

    /// Towards minus infinity.
    private static func parted(_ value: Int64, _ unit: Int64) -> (whole: Int64, rest: Int64) {
        let (whole, rest) = value.quotientAndRemainder(dividingBy: unit)
        return rest < 0 ? (whole - 1, rest + unit) : (whole, rest)
    }

    private static func padded(_ value: Int64, _ count: Int) -> String {
        let digits = "\(value)"
        return String(repeating: "0", count: max(0, count - digits.count)) + digits
    }
}
