import Foundation
package import Platform
import Storage
import TuttiConfiguration

extension CoordinatorFolder {
    package var pricesPath: String { path + "/prices.toml" }

    /// The operator's prices; none where there is no file, as in folders of older versions.
    package func prices() throws(CoordinatorError) -> PriceTable {
        guard FileManager.default.fileExists(atPath: pricesPath) else { return .unpriced }
        guard let text = try? String(contentsOfFile: pricesPath, encoding: .utf8) else {
            throw CoordinatorError(.configuration, "\(pricesPath) cannot be read.", remedy: "Mend its rights; it is text in UTF-8.")
        }
        do { return PriceTable(try PriceFile(toml: text, file: pricesPath, names: PriceTable.names)) } catch {
            throw CoordinatorError(.configuration, error.description, remedy: error.remedy)
        }
    }
}

extension PriceTable {
    static var names: PriceFile.Names {
        PriceFile.Names(
            rates: PriceRate.allCases.map(\.rawValue), tiers: PerformanceTier.allCases.map(\.rawValue), setup: SetupItem.allCases.map(\.rawValue))
    }

    /// Whatever the file has is known, for it was read with our names.
    init(_ file: PriceFile) {
        var amounts: [PriceItem: Decimal] = [:]
        var tiers: [PerformanceTier: [PriceRate: Decimal]] = [:]
        for entry in file.entries {
            switch entry.item {
            case .rate(let name, nil): if let rate = PriceRate(rawValue: name) { amounts[.rate(rate)] = entry.amount }
            case .rate(let name, let tier?):
                if let rate = PriceRate(rawValue: name), let tier = PerformanceTier(rawValue: tier) { tiers[tier, default: [:]][rate] = entry.amount }
            case .tokens(let model): amounts[.tokens(model: model)] = entry.amount
            case .cloud(let provider, let region, let name):
                if let rate = PriceRate(rawValue: name) { amounts[.cloud(provider: provider, region: region, rate)] = entry.amount }
            case .setup(let name): if let item = SetupItem(rawValue: name) { amounts[.setup(item)] = entry.amount }
            }
        }
        self.init(currency: file.currency, amounts: amounts, tiers: tiers)
    }
}
