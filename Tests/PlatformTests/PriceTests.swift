import Foundation
import Platform
import Storage
import Testing

@Suite struct PriceTests {
    private func amount(_ text: String) -> Decimal { Decimal(string: text, locale: Locale(identifier: "en_US_POSIX"))! }

    private var table: PriceTable {
        let rates = [
            "qubit_hour": "0.16", "cpu_hour": "0.0417", "gb_hour": "0.005613", "gpu_hour": "2.2", "instance_hour": "2.45", "gb_month": "0.023",
            "job": "0.015", "workflow_execution": "0.05",
        ]
        var amounts: [PriceItem: Decimal] = [.tokens(model: "m"): amount("0.002"), .setup(.scaleQuantum): 500]
        for (name, text) in rates { amounts[.rate(PriceRate(rawValue: name)!)] = amount(text) }
        amounts[.cloud(provider: "aws", region: "us-east-1", .instanceHour)] = amount("2.45")
        return PriceTable(currency: "USD", amounts: amounts, tiers: [.enterprise: [.qubitHour: amount("0.14")]])
    }

    /// Recomputed with Python's decimal in 60 digits, rounded half up to the cent.
    @Test(
        arguments: [
            (
                [("job", 9494, nil), ("gb_hour", 9426685593636, 404285457), ("gpu_hour", 748, 2503055453), ("cpu_hour", 118, 2179419893)], 28816302,
                "1153295.50"
            ),
            ([("cpu_hour", 143, 1033639716), ("workflow_execution", 11889, nil), ("gpu_hour", 1128, 1823296038), ("job", 7747, nil)], 75893910, "1259433.32"),
            (
                [("gb_hour", 1090697104809, 2478638287), ("workflow_execution", 76748, nil), ("job", 51993, nil), ("instance_hour", 101, 949539216)], 6252221,
                "74112.55"
            ),
            (
                [
                    ("gb_month", 2072496464876, 2452055640), ("workflow_execution", 40433, nil), ("gpu_hour", 1147, 2929179284),
                    ("gb_hour", 1813252412811, 2497953681),
                ], 76665755, "2062473.53"
            ),
            (
                [("gpu_hour", 1458, 269676599), ("gb_month", 1050395963587, 2658625969), ("cpu_hour", 421, 2132084004), ("instance_hour", 1393, 2283721058)],
                57390467, "2415817.64"
            ),
            (
                [("job", 47393, nil), ("gpu_hour", 613, 1066984055), ("instance_hour", 1626, 772092314), ("qubit_hour", 1431, 1048386555)], 10986393,
                "1321498.82"
            ),
            (
                [
                    ("instance_hour", 1493, 1927728186), ("workflow_execution", 37740, nil), ("gpu_hour", 1247, 314395342),
                    ("gb_month", 9002758541072, 1795823848),
                ], 22140838, "2200365.20"
            ),
            (
                [("job", 5138, nil), ("gb_hour", 5522547776202, 1460814402), ("gpu_hour", 1423, 1504004731), ("workflow_execution", 77905, nil)], 66662562,
                "1324583.32"
            ),
        ] as [([(String, Int64, Int64?)], Int64, String)])
    func sumsAreExactToTheCent(_ lines: [(String, Int64, Int64?)], _ tokens: Int64, _ expected: String) throws {
        var usage = Usage()
        for (name, count, milliseconds) in lines {
            let item = PriceItem.rate(try #require(PriceRate(rawValue: name)))
            if let milliseconds { usage.add(item, Decimal(count), milliseconds: milliseconds) } else { usage.add(item, Decimal(count)) }
        }
        usage.add(.tokens(model: "m"), Decimal(tokens))
        #expect(PriceTable.rounded(try #require(table.cost(of: usage))) == amount(expected))
    }

    /// Numbers that the documents show follow from their own rates.
    @Test func theDocumentsNumbersFollow() {
        var tokens = Usage()
        tokens.add(.tokens(model: "m"), 1)
        #expect(table.cost(of: tokens) == amount("0.000002"))
        var hour = Usage()
        hour.add(.cloud(provider: "aws", region: "us-east-1", .instanceHour), 1, milliseconds: 3_600_000)
        #expect(table.cost(of: hour) == amount("2.45"))
        #expect(table.cost(of: hour).map(PriceTable.monthly) == amount("1788.50"))
        var setup = Usage()
        setup.add(.setup(.scaleQuantum), 1)
        #expect(table.cost(of: setup) == 500)
    }

    @Test func whatIsUnpricedHasNoCost() {
        var usage = Usage()
        #expect(PriceTable.unpriced.cost(of: usage) == nil && table.cost(of: usage) == 0)
        usage.add(.rate(.job), 3)
        #expect(table.cost(of: usage) == amount("0.045") && PriceTable.unpriced.cost(of: usage) == nil)
        for item in [
            PriceItem.tokens(model: "other"), .setup(.tenant), .cloud(provider: "aws", region: "eu-west-1", .instanceHour),
            .cloud(provider: "aws", region: "us-east-1", .cpuHour),
        ] {
            var more = usage
            more.add(item, 0)
            #expect(table.cost(of: more) == nil, "not even nothing of \(item) has a cost")
        }
    }

    @Test func aBillingTierMayHaveItsOwnRates() {
        var usage = Usage()
        usage.add(.rate(.qubitHour), 100, milliseconds: 3_600_000)
        usage.add(.rate(.job), 1)
        #expect(table.cost(of: usage) == amount("16.015"))
        #expect(table.cost(of: usage, tier: .basic) == amount("16.015"))
        #expect(table.cost(of: usage, tier: .enterprise) == amount("14.015"))
    }

    @Test func halvesGoUpInSize() {
        #expect(PriceTable.rounded(amount("0.005")) == amount("0.01") && PriceTable.rounded(-amount("0.005")) == -amount("0.01"))
        #expect(PriceTable.rounded(amount("0.0049999")) == 0 && PriceTable.rounded(amount("0.0012344"), digits: 6) == amount("0.001234"))
    }

    /// A change may be a saving, and no amount traps.
    @Test func lessIsNegativeAndTooMuchIsUnknown() {
        var usage = Usage()
        usage.add(.rate(.qubitHour), -10, milliseconds: 3_600_000)
        #expect(table.cost(of: usage) == amount("-1.6"))
        usage.add(.rate(.job), Decimal.greatestFiniteMagnitude, milliseconds: .max)
        #expect(table.cost(of: usage) == nil)
    }
}
