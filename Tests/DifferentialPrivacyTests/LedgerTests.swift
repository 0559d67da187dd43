import DifferentialPrivacy
import Foundation
import Testing

@Suite struct LedgerTests {
    private let budget: PrivacyBudget
    private let release: PrivateRelease

    init() throws {
        budget = try PrivacyBudget(epsilon: 3, delta: 1e-5)
        release = try gaussian(5, poisson(1))
    }

    private func key(_ client: String, _ dataset: String = "scans") throws -> LedgerKey { try LedgerKey(tenant: "default", client: client, dataset: dataset) }

    @Test func chargesAddUpOverSessionsUntilTheBudgetIsSpent() throws {
        var ledger = PrivacyLedger()
        var rounds = 0
        do {
            while rounds < 1000 {
                let change = try #require(try ledger.charge("session-\(rounds / 5)/\(rounds)", to: [key("a")], release, within: budget))
                rounds += 1
                #expect(change.rows.count == 1 && change.record.state == .charged)
            }
            Issue.record("the budget never ended")
        } catch let error as PrivacyError {
            #expect(error.code == "budget_exhausted")
        }
        let fit = try Calibration.rounds(of: release, within: budget, most: 1000)
        #expect(rounds == fit)
        let row = try #require(ledger.row(key("a")))
        #expect(row.epsilon(delta: 1e-5) <= 3 && row.kinds?.first?.count == rounds)
        // A fresh data set of the same client has lost nothing.
        #expect(try ledger.charge("other", to: [key("a", "notes")], release, within: budget) != nil)
    }

    /// Nobody is charged for what one cannot pay.
    @Test func chargesAreAllOrNothing() throws {
        var ledger = PrivacyLedger()
        let loud = try gaussian(1.5, poisson(1))
        _ = try ledger.charge("first", to: [key("b")], loud, within: budget)
        let before = ledger.allRows
        #expect(throws: PrivacyError.self) { try ledger.charge("second", to: [key("a"), key("b"), key("c")], loud, within: budget) }
        #expect(ledger.allRows == before && ledger.record("second") == nil)
    }

    @Test func chargesAreCountedOnce() throws {
        var ledger = PrivacyLedger()
        let clients = [try key("a"), try key("b")]
        let change = try #require(try ledger.charge("r", to: clients, release, within: budget))
        #expect(try ledger.charge("r", to: clients.reversed() + clients, release, within: budget) == nil)
        #expect(ledger.allRows == change.rows)
        #expect(throws: PrivacyError.self) { try ledger.charge("r", to: [key("a")], release, within: budget) }
        #expect(throws: PrivacyError.self) { try ledger.charge("r", to: clients, gaussian(6, poisson(1)), within: budget) }
    }

    /// A crash after any step: what is stored goes on, nothing is refunded, nothing is drawn twice.
    @Test func restartsNeitherRefundNorDrawTwice() throws {
        var ledger = PrivacyLedger()
        let charged = try #require(try ledger.charge("r", to: [key("a")], release, within: budget))
        var restarted = try PrivacyLedger(rows: charged.rows, records: [charged.record])
        #expect(restarted.allRows == ledger.allRows)
        #expect(try restarted.charge("r", to: [key("a")], release, within: budget) == nil)
        let released = try restarted.release("r")
        #expect(released.record.state == .released)
        var again = try PrivacyLedger(rows: charged.rows, records: [released.record])
        #expect(throws: PrivacyError.self) { try again.release("r") }
        #expect(throws: PrivacyError.self) { try again.forfeit("r") }
        _ = try ledger.forfeit("r")
        #expect(throws: PrivacyError.self) { try ledger.release("r") }
        #expect(try #require(ledger.row(key("a"))).curve == charged.rows[0].curve)
        #expect(throws: PrivacyError.self) { try ledger.release("unknown") }
    }

    @Test func mixedMechanismsAddUpAndMixedNeighboursDoNot() throws {
        var ledger = PrivacyLedger()
        let skellam = try PrivateRelease(.skellam(variance: 1e8, l2Sensitivity: 1000, l1Sensitivity: 5000), poisson(0.1))
        _ = try ledger.charge("one", to: [key("a")], release, within: budget)
        _ = try ledger.charge("two", to: [key("a")], skellam, within: budget)
        let row = try #require(ledger.row(key("a")))
        #expect(row.curve == release.renyiCurve + skellam.renyiCurve)
        #expect(row.epsilon(delta: 1e-5) == row.renyiEpsilon(delta: 1e-5))
        #expect(throws: PrivacyError.self) { try ledger.charge("three", to: [key("a")], gaussian(5, PrivacyModel(.replaceOne, .full)), within: budget) }
        // More kinds than are kept: the curve goes on.
        for i in 0..<12 { _ = try ledger.charge("many-\(i)", to: [key("b")], gaussian(40 + Double(i), poisson(1)), within: budget) }
        let many = try #require(ledger.row(key("b")))
        #expect(many.kinds == nil && many.epsilon(delta: 1e-5) > 0)
    }

    @Test func recordsAreStored() throws {
        var ledger = PrivacyLedger()
        _ = try ledger.charge("one", to: [key("a"), key("b")], release, within: budget)
        let change = try #require(try ledger.charge("two", to: [key("a")], gaussian(7, poisson(0.5)), within: budget))
        let rows = try JSONDecoder().decode([LedgerRow].self, from: JSONEncoder().encode(change.rows))
        let record = try JSONDecoder().decode(ReleaseRecord.self, from: JSONEncoder().encode(change.record))
        #expect(rows == change.rows && record == change.record)
        #expect(throws: PrivacyError.self) { try PrivacyLedger(rows: rows + rows, records: []) }
        #expect(throws: PrivacyError.self) { try PrivacyLedger(rows: [], records: [record, record]) }
    }

    @Test func clientsRefuseBeyondTheirCap() throws {
        let cap = try PrivacyBudget(epsilon: 1, delta: 1e-5)
        var client = ClientPrivacyLedger(cap: cap)
        var rounds = 0
        while rounds < 100, (try? client.admit("s/\(rounds)", key("a"), release)) != nil { rounds += 1 }
        let fit = try Calibration.rounds(of: release, within: cap, most: 100)
        #expect(rounds > 0 && rounds == fit)
        #expect(try client.admit("s/0", key("a"), release) == nil)
        let stored = try #require(client.row(key("a")))
        var restarted = try ClientPrivacyLedger(cap: cap, rows: [stored], records: [])
        #expect(throws: PrivacyError.self) { try restarted.admit("t/0", key("a"), release) }
    }

    @Test func badNamesAreRefused() throws {
        var ledger = PrivacyLedger()
        #expect(throws: PrivacyError.self) { try LedgerKey(tenant: "", client: "a", dataset: "b") }
        #expect(throws: PrivacyError.self) { try ledger.charge("", to: [key("a")], release, within: budget) }
        #expect(throws: PrivacyError.self) { try ledger.charge("r", to: [], release, within: budget) }
    }
}
