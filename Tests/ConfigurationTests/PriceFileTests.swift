import Foundation
import Testing
import TuttiConfiguration

private let names = PriceFile.Names(rates: ["qubit_hour", "cpu_hour"], tiers: ["basic", "quantum"], setup: ["scale_quantum"])

private func read(_ toml: String) throws(ConfigurationError) -> PriceFile { try PriceFile(toml: toml, file: "prices.toml", names: names) }

private func problem(_ toml: String) -> ConfigurationError? {
    do {
        _ = try read(toml)
        return nil
    } catch { return error }
}

@Suite struct PriceFileTests {
    @Test func everyKindOfPriceIsRead() throws {
        let file = try read(
            """
            [prices]
            currency = "EUR"
            [rates]
            qubit_hour = "0.16"
            [rates_quantum]
            qubit_hour = "0.10"
            [tokens]
            "gpt-3.5-turbo" = "0.002"
            [cloud]
            "aws/us-east-1/cpu_hour" = "123456789012.123456789012"
            [setup]
            scale_quantum = "500"
            """)
        #expect(file.currency == "EUR")
        #expect(
            file.entries.map(\.item) == [
                .cloud(provider: "aws", region: "us-east-1", rate: "cpu_hour"), .rate("qubit_hour", tier: nil), .rate("qubit_hour", tier: "quantum"),
                .setup("scale_quantum"), .tokens(model: "gpt-3.5-turbo"),
            ])
        #expect(file.entries.map { "\($0.amount)" } == ["123456789012.123456789012", "0.16", "0.1", "500", "0.002"], "decimal, and nothing near it")
        #expect(file.entries[1].place == "prices.toml line 4")
    }

    @Test func aFileOfCommentsPricesNothing() throws {
        let file = try read("# [prices]\n# currency = \"EUR\"\n")
        #expect(file.currency == nil && file.entries.isEmpty)
        #expect(try read("[prices]\ncurrency = \"EUR\"").currency == "EUR")
    }

    @Test func anUnknownKeyIsAnErrorThatSuggestsTheRightOne() {
        let head = "[prices]\ncurrency = \"EUR\"\n"
        #expect(problem(head + "[rates]\nqbit_hour = \"1\"") == .unknownKey("rates.qbit_hour", place: "prices.toml line 4", suggestion: "rates.qubit_hour"))
        #expect(
            problem(head + "[rates_quantom]\ncpu_hour = \"1\"")
                == .unknownKey("rates_quantom.cpu_hour", place: "prices.toml line 4", suggestion: "rates_quantum.cpu_hour"))
        #expect(
            problem(head + "[cloud]\n\"aws/us-east-1/cpu_hours\" = \"1\"")
                == .unknownKey("cloud.aws/us-east-1/cpu_hours", place: "prices.toml line 4", suggestion: "cloud.aws/us-east-1/cpu_hour"))
        #expect(problem("[prices]\ncurency = \"EUR\"") == .unknownKey("prices.curency", place: "prices.toml line 2", suggestion: "prices.currency"))
        #expect(problem("colour = \"red\"") == .unknownKey("colour", place: "prices.toml line 1", suggestion: nil))
        guard case .value("cloud.aws", _, _, _)? = problem(head + "[cloud]\naws = \"1\"") else {
            Issue.record("a cloud's price needs its region and rate")
            return
        }
    }

    @Test(arguments: ["0.16", "0", "500", "000.5"])
    func amountsAreDecimal(_ text: String) throws {
        #expect(try read("[prices]\ncurrency = \"EUR\"\n[rates]\ncpu_hour = \"\(text)\"").entries.first?.amount == Decimal(string: text))
    }

    @Test(arguments: ["", "-1", "+1", "1e3", "1,5", ".5", "5.", "1.2.3", "NaN", "1234567890123", "0.1234567890123", "0x10", " 1", "１"])
    func whatIsNoAmountIsRefused(_ text: String) {
        guard case .value("rates.cpu_hour", text, "prices.toml line 4", _)? = problem("[prices]\ncurrency = \"EUR\"\n[rates]\ncpu_hour = \"\(text)\"") else {
            Issue.record("'\(text)' must be refused")
            return
        }
    }

    @Test func aNumberWithoutQuotesIsRefused() {
        let expected = "an amount in quotes, such as \"0.16\""
        #expect(
            problem("[rates]\ncpu_hour = 0.16") == .kind("rates.cpu_hour", place: "prices.toml line 2", found: "a number with a fraction", expected: expected))
        #expect(problem("[rates]\ncpu_hour = 1") == .kind("rates.cpu_hour", place: "prices.toml line 2", found: "an integer", expected: expected))
    }

    @Test func amountsHaveACurrency() {
        guard case .missing("prices.currency", "prices.toml", _)? = problem("[rates]\ncpu_hour = \"1\"") else {
            Issue.record("an amount of what?")
            return
        }
        for text in ["", "eur", "EURO", "€"] {
            guard case .value("prices.currency", text, _, _)? = problem("[prices]\ncurrency = \"\(text)\"") else {
                Issue.record("'\(text)' must be refused")
                return
            }
        }
    }
}
