import DifferentialPrivacy
import Federation
import FederationService
import Foundation
import Receipts
import Storage
import StrictJSON
import Testing

/// The process dies at every boundary of an effect of a private session: what is released was paid for before, once for each
/// release, and what was paid for stays paid.
@Suite struct PrivacyKillTests {
    private let names = ["a", "b", "c"]

    private func spec(rounds: Int = 2) -> SessionSpec {
        var spec = smallSpec(clients: 3, rounds: rounds, autoStart: false)
        (spec.privacyBudget, spec.privacy) = (2, PrivacySpec())
        spec.privacy?.onBudget = .stopEarly
        spec.privacy?.noiseMultiplier = 20
        return spec
    }

    private func clients(_ engine: FederationEngine, _ session: String) -> [(client: TestClient, channel: TestChannel)] {
        names.map { (TestClient(engine, session, $0), TestChannel()) }
    }

    /// Gives what each client was charged, and how many rounds were committed.
    private func federate(dyingAfter steps: Int?) async throws -> (charges: [Int], committed: Int, died: Bool) {
        try await liveThroughADeath(after: steps, names, spec()) { service, session, died in
            let view = try await service.engine.status(session, tenant: tenant)
            #expect(view.record.status == .completed)
            let committed = try await service.engine.rounds(session, tenant: tenant, after: 0, limit: 10).filter { $0.state == .committed }
            let rows = try await service.store.ledger(tenant: tenant)
            #expect(rows.map(\.key.client) == names)
            let told = committed.compactMap(\.outcome?.epsilon)
            // The last word of the session is what the ledger says.
            #expect(told.last == rows.map { $0.epsilon(delta: 1e-5) }.max() && told.last == view.epsilon)
            return (rows.map { $0.kinds?.reduce(0) { $0 + $1.count } ?? -1 }, committed.count, died)
        }
    }

    @Test func aDeathAtAnyStepSpendsNothingTwice() async throws {
        var (steps, lost) = (1, 0)
        while true {
            let (charges, committed, died) = try await federate(dyingAfter: steps)
            #expect(committed == 2)
            // A death between a charge and its commit costs that charge, and no other does.
            #expect(charges == [2, 2, 2] || (died && charges == [3, 3, 3]), "died at step \(steps): \(charges)")
            lost += charges == [3, 3, 3] ? 1 : 0
            if !died { break }
            steps += 1
        }
        #expect(steps > 30 && lost >= 4, "\(steps) steps, \(lost) of them lost a charge")
    }

    /// The ledger outlives sessions: the second one finds the budget spent, and says so.
    @Test func theNextSessionGoesOnWithTheSameAccount() async throws {
        try await withFolder { folder in
            let service = try await Service(folder)
            for number in 1...3 {
                var spec = spec(rounds: 60)
                spec.autoStart = true
                let (session, _) = try await sessionWithMembers(service.engine, names, spec)
                #expect(try await takePart(clients(service.engine, session)))
                let view = try await service.engine.status(session, tenant: tenant)
                let spent = try await service.store.ledger(tenant: tenant).map { $0.epsilon(delta: 1e-5) }.max() ?? 0
                #expect(spent <= 2)
                let receipt = try verified(try await service.engine.receipt(session, tenant: tenant))
                let protection = receipt.payload["protection"]?["differential_privacy"]
                #expect(receipt.epsilon == (number == 3 ? nil : spent) && receipt.content.session.status == view.record.status.rawValue)
                #expect(protection?["epsilon"]?.double == receipt.epsilon && protection?["noise_by"]?.text == (number == 3 ? nil : "coordinator"))
                switch number {
                case 1: #expect(view.record.status == .completed && spent > 1)
                case 2: #expect(view.record.status == .budgetExhausted && spent > 1.7)
                default: #expect(view.record.status == .budgetExhausted && view.record.privacy == nil)
                }
            }
            await service.stop()
        }
    }
}
