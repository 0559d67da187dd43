package import Federation
internal import Foundation

/// How long a key seals and signs, as it is asked for: `90 days`, `6 months`, `1 year`. Months and years are those of the calendar (UTC): a
/// month from 31 January ends on the last day of February.
package struct KeyValidity: Sendable, Equatable {
    package enum Unit: String, Sendable, CaseIterable { case day, month, year }
    package static let usual = KeyValidity(count: 1, unit: .year)
    package let count: Int
    package let unit: Unit
    private static let rule = "must be a number and days, months or years, such as '1 year', from 1 day to 10 years"

    private init(count: Int, unit: Unit) { (self.count, self.unit) = (count, unit) }

    /// - Throws: `field` for any other text.
    package init(_ text: String, field: String = "key_validity") throws(KeyVaultError) {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard VaultLimits.validityTextBytes.contains(text.utf8.count), parts.count == 2, parts[0].utf8.allSatisfy({ (48...57).contains($0) }),
            parts[0].first != "0", let count = Int(parts[0]),
            let unit = Unit.allCases.first(where: { parts[1] == $0.rawValue || parts[1] == $0.rawValue + "s" })
        else { throw .field(field, problem: Self.rule) }
        let range =
            switch unit {
            case .day: VaultLimits.validityDays
            case .month: VaultLimits.validityMonths
            case .year: VaultLimits.validityYears
            }
        guard range.contains(count) else { throw .field(field, problem: Self.rule) }
        (self.count, self.unit) = (count, unit)
    }

    package var text: String { "\(count) \(unit.rawValue)\(count == 1 ? "" : "s")" }

    package func end(from start: Instant) -> Instant {
        if unit == .day { return start.adding(seconds: Double(count) * 86_400) }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        // Whole seconds for the calendar, so that no millisecond is lost in a Double.
        let (seconds, rest) = start.milliseconds.quotientAndRemainder(dividingBy: 1000)
        let date = Date(timeIntervalSince1970: Double(seconds))
        guard let end = calendar.date(byAdding: unit == .month ? .month : .year, value: count, to: date) else {
            return start.adding(seconds: Double(count) * (unit == .month ? 30 : 365) * 86_400)
        }
        return Instant(milliseconds: Int64(end.timeIntervalSince1970) * 1000 + rest)
    }
}
