import CoordinatorNode
import Foundation
import Platform
import Testing

@Suite struct PricesTests {
    /// The example prices nothing as it is; with its comments taken away every line of it is good, and every kind of price is there.
    @Test func theExampleIsCommentedOutAndGood() async throws {
        try await withTemporaryFolder { place in
            let folder = CoordinatorFolder(place + "/data")
            _ = try await folder.create(listen: "127.0.0.1:0", names: [])
            #expect(try folder.prices() == .unpriced)
            let text = try String(contentsOfFile: folder.pricesPath, encoding: .utf8)
            #expect(text.split(separator: "\n").allSatisfy { $0.hasPrefix("#") })
            let lines = text.split(separator: "\n").map { $0.dropFirst(2) }.filter { $0.hasPrefix("[") || $0.contains("\" = \"") || $0.contains(" = \"") }
            try lines.joined(separator: "\n").write(toFile: folder.pricesPath, atomically: true, encoding: .utf8)
            let prices = try folder.prices()
            #expect(prices.currency == "USD")
            for rate in PriceRate.allCases { #expect(prices.amount(.rate(rate), tier: nil) != nil, "\(rate.rawValue) has no line") }
            for item in SetupItem.allCases { #expect(prices.amount(.setup(item), tier: nil) != nil, "\(item.rawValue) has no line") }
            #expect(prices.amount(.tokens(model: "gpt-3.5-turbo"), tier: nil) != nil)
            #expect(prices.amount(.cloud(provider: "aws", region: "us-east-1", .instanceHour), tier: nil) != nil)
        }
    }

    @Test func aTypingErrorIsToldAndAnOlderFolderHasNoPrices() async throws {
        try await withTemporaryFolder { place in
            let folder = CoordinatorFolder(place + "/data")
            _ = try await folder.create(listen: "127.0.0.1:0", names: [])
            try "[rates]\nqbit_hour = \"1\"\n".write(toFile: folder.pricesPath, atomically: true, encoding: .utf8)
            let error = #expect(throws: CoordinatorError.self) { _ = try folder.prices() }
            #expect(error?.message.contains("did you mean 'rates.qubit_hour'?") == true)
            try FileManager.default.removeItem(atPath: folder.pricesPath)
            #expect(try folder.prices() == .unpriced)
        }
    }
}
