package import Foundation
internal import Suggestion

/// The operator's prices as they are written: `prices.toml`, read strictly. Amounts stand in quotes and are decimal, so that what is
/// computed from them is exact.
///
///     [prices]
///     currency = "EUR"
///     [rates]               # and [rates_TIER] for tenants of one billing tier
///     qubit_hour = "0.16"
///     [tokens]              # for 1,000 tokens, by model
///     "digits-lm" = "0.002"
///     [cloud]               # by provider, region and rate
///     "aws/us-east-1/cpu_hour" = "0.04"
///     [setup]               # once
///     scale_quantum = "500"
package struct PriceFile: Sendable {
    /// What there is to be priced.
    package struct Names: Sendable {
        package var rates: [String]
        package var tiers: [String]
        package var setup: [String]
        package init(rates: [String], tiers: [String], setup: [String]) {
            self.rates = rates
            self.tiers = tiers
            self.setup = setup
        }
    }

    package enum Item: Sendable, Hashable {
        /// - Parameter tier: nil: of every billing tier that has none of its own.
        case rate(String, tier: String?)
        case tokens(model: String)
        case cloud(provider: String, region: String, rate: String)
        case setup(String)
    }

    package struct Entry: Sendable, Equatable {
        package var item: Item
        package var amount: Decimal
        /// File and line.
        package var place: String
    }

    /// ISO 4217; nil: nothing is priced, and there are no entries.
    package private(set) var currency: String?
    /// By key.
    package private(set) var entries: [Entry] = []

    package init(toml: String, file: String, names: Names) throws(ConfigurationError) {
        let written = try SettingsFile(toml, name: file)
        for (key, entry) in written.entries.sorted(by: { $0.key < $1.key }) {
            let place = written.place(key)
            if key == "prices.currency" {
                currency = try Self.currency(Self.text(key, entry.value, place, "a string"), place)
                continue
            }
            let item = try Self.item(key, names, place)
            entries.append(Entry(item: item, amount: try Self.amount(key, Self.text(key, entry.value, place, Self.form), place), place: place))
            guard entries.count <= Limits.prices else { throw .syntax(file: file, line: 1, problem: "it has more than \(Limits.prices) prices") }
        }
        if currency == nil, let first = entries.first {
            throw .missing("prices.currency", place: file, problem: "\(first.place) has an amount, which is one of a currency")
        }
    }

    private static let form = "an amount in quotes, such as \"0.16\""

    private static func item(_ key: String, _ names: Names, _ place: String) throws(ConfigurationError) -> Item {
        let (section, name) = key.split(at: ".")
        func unknown() -> ConfigurationError {
            let sections = ["rates"] + names.tiers.map { "rates_\($0)" }
            let all = ["prices.currency"] + sections.flatMap { section in names.rates.map { "\(section).\($0)" } } + names.setup.map { "setup.\($0)" }
            return .unknownKey(key, place: place, suggestion: nearest(key, in: all))
        }
        guard !name.isEmpty, name.utf8.count <= Limits.priceNameBytes else { throw unknown() }
        switch section {
        case "rates" where names.rates.contains(name): return .rate(name, tier: nil)
        case "tokens": return .tokens(model: name)
        case "setup" where names.setup.contains(name): return .setup(name)
        case "cloud":
            let parts = name.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 3, parts.allSatisfy({ !$0.isEmpty }) else {
                throw .value(key, value: name, place: place, problem: "must be named \"PROVIDER/REGION/RATE\"")
            }
            guard names.rates.contains(parts[2]) else {
                throw .unknownKey(key, place: place, suggestion: nearest(parts[2], in: names.rates).map { "cloud.\(parts[0])/\(parts[1])/\($0)" })
            }
            return .cloud(provider: parts[0], region: parts[1], rate: parts[2])
        default:
            guard let tier = names.tiers.first(where: { section == "rates_\($0)" }), names.rates.contains(name) else { throw unknown() }
            return .rate(name, tier: tier)
        }
    }

    private static func text(_ key: String, _ value: SettingsFile.Value, _ place: String, _ expected: String) throws(ConfigurationError) -> String {
        switch value {
        case .known(.text(let text)): return text
        case .known(let other): throw .kind(key, place: place, found: other.found, expected: expected)
        case .other(let found): throw .kind(key, place: place, found: found, expected: expected)
        }
    }

    private static func currency(_ text: String, _ place: String) throws(ConfigurationError) -> String {
        guard text.utf8.count == 3, text.utf8.allSatisfy({ (0x41...0x5A).contains($0) }) else {
            throw .value("prices.currency", value: text, place: place, problem: "must be three capital letters, such as EUR (ISO 4217)")
        }
        return text
    }

    /// Digits with one point at most, no sign and no exponent; few enough of them that sums of products are exact.
    private static func amount(_ key: String, _ text: String, _ place: String) throws(ConfigurationError) -> Decimal {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let isDecimal =
            (1...2).contains(parts.count) && parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
        guard isDecimal, parts.allSatisfy({ $0.utf8.count <= Limits.amountDigits }),
            let amount = Decimal(string: text, locale: Locale(identifier: "en_US_POSIX"))
        else {
            throw .value(
                key, value: text, place: place,
                problem: "must be an amount such as 0.16: digits and one point, at most \(Limits.amountDigits) digits on each side of it")
        }
        return amount
    }
}

extension String {
    fileprivate func split(at separator: Character) -> (String, String) {
        guard let place = firstIndex(of: separator) else { return (self, "") }
        return (String(self[..<place]), String(self[index(after: place)...]))
    }
}
