package import Foundation
package import Storage

/// The operator's prices. Every cost that anybody is shown is usage times this table; what has no price has no cost, which is
/// shown as null and never as zero.
package struct PriceTable: Sendable, Equatable {
    package static let hoursOfMonth = 730

    /// ISO 4217; nil: nothing is priced.
    package let currency: String?
    private let amounts: [PriceItem: Decimal]
    private let tiers: [PerformanceTier: [PriceRate: Decimal]]

    package static let unpriced = PriceTable(currency: nil, amounts: [:])

    /// - Parameters:
    ///   - amounts: for one unit of each item.
    ///   - tiers: rates of tenants with that billing tier, which go before those of `amounts`.
    package init(currency: String?, amounts: [PriceItem: Decimal], tiers: [PerformanceTier: [PriceRate: Decimal]] = [:]) {
        self.currency = currency
        self.amounts = amounts
        self.tiers = tiers
    }

    /// For one unit; nil: unpriced.
    /// - Parameter tier: the tenant's billing tier.
    package func amount(_ item: PriceItem, tier: PerformanceTier?) -> Decimal? {
        guard currency != nil else { return nil }
        if case .rate(let rate) = item, let own = tier.flatMap({ tiers[$0]?[rate] }) { return own }
        return amounts[item]
    }

    /// Not rounded. nil when anything in it is unpriced, also what nothing was used of: a sum of which a part is unknown is unknown.
    /// Usage without any line costs nothing once there is a currency.
    package func cost(of usage: Usage, tier: PerformanceTier? = nil) -> Decimal? {
        guard currency != nil else { return nil }
        var sum = Decimal(0)
        for line in usage.lines {
            guard let amount = amount(line.item, tier: tier) else { return nil }
            sum += line.amount * amount / line.item.divisor
        }
        return sum.isNaN ? nil : sum
    }

    /// What an hour's cost is in a month.
    package static func monthly(_ hourly: Decimal) -> Decimal { hourly * Decimal(hoursOfMonth) }

    /// Half a unit goes up in size, as on a bill.
    package static func rounded(_ amount: Decimal, digits: Int = 2) -> Decimal {
        var (from, to) = (amount, Decimal())
        NSDecimalRound(&to, &from, digits, .plain)
        return to
    }
}

extension PriceTable {
    /// The file that `init` writes, with the amounts that the documents of the families show.
    package static let example = """
        # Prices of this coordinator. Every cost that it shows is usage times this table; what is not priced here has no cost (null).
        # Every line is a comment: nothing is priced until you decide. Where a document of the API shows an amount it stands here as
        # an example, elsewhere 0.00. Amounts stand in quotes.

        # [prices]
        # currency = "USD"

        # For one unit, an hour or a month of 730 hours; a GB is 1,000,000,000 bytes.
        # [rates]
        # qubit_hour = "0.16"
        # cpu_hour = "0.00"
        # gb_hour = "0.00"
        # gpu_hour = "0.00"
        # instance_hour = "0.00"
        # gb_month = "0.00"
        # job = "0.00"
        # workflow_execution = "0.05"

        # For tenants of one billing tier: basic, premium, enterprise or quantum. What is missing here is that of [rates].
        # [rates_enterprise]
        # qubit_hour = "0.16"

        # For 1,000 tokens, by model.
        # [tokens]
        # "gpt-3.5-turbo" = "0.002"
        # "claude-3-sonnet" = "0.003"

        # "PROVIDER/REGION/RATE", for what runs there.
        # [cloud]
        # "aws/us-east-1/instance_hour" = "2.45"
        # "azure/eastus/instance_hour" = "2.20"

        # Once.
        # [setup]
        # tenant = "0.00"
        # scale_quantum = "500"
        # scale_compute = "0.00"

        """
}
