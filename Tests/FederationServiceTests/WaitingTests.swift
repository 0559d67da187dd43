import Federation
import FederationService
import Testing
import Trust

/// What a session takes before it begins, and where it may not begin at all.
@Suite struct WaitingTests {
    private func spec(floor: Int) -> SessionSpec {
        var spec = smallSpec(clients: 2, rounds: 1)
        (spec.aggregation, spec.secureAggregation) = (.trimmedMean, SecureAggregationSpec(groupFloor: floor))
        return spec
    }

    @Test func aSessionWaitsForAsManyAsItsGroupsTake() async throws {
        try await withFolder { folder in
            let service = try await Service(folder)
            let created = try await service.engine.createSession(spec(floor: 3), tenant: tenant)
            let blocker = created.view.blockedBy.first
            #expect(blocker?.what == "clients" && blocker?.asked == 9 && blocker?.have == 0)
            #expect(blocker?.fix.contains("9 clients are needed because 1 modified client needs 3 groups of 3") == true)
            await service.stop()
        }
    }

    /// Profile `prod` opens no sum of three.
    @Test func aFloorBelowTheProfilesIsRefused() async throws {
        try await withFolder { folder in
            let service = try await Service(folder)
            let strict = FederationEngine(
                around: service.around, identities: service.store, authority: try authority.get(), random: .system, groupFloorMin: 4)
            await #expect {
                _ = try await strict.createSession(spec(floor: 3), tenant: tenant)
            } throws: { error in
                guard case .invalid(let field, let issue, _)? = error as? FederationFailure else { return false }
                return field == "secure_aggregation.group_floor" && issue.contains("at least 4")
            }
            #expect(try await strict.createSession(spec(floor: 4), tenant: tenant).view.blockedBy.first?.asked == 15)
            await service.stop()
        }
    }
}
