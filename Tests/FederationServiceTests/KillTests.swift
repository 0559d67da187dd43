import Federation
import FederationService
import Foundation
import Testing

/// The process dies at every boundary of an effect: before and after each write of a whole session. What comes out is
/// the model of the undisturbed run, bit for bit.
@Suite struct KillTests {
    private let names = ["a", "b", "c"]

    /// One session of two rounds. Gives its model's digest, and whether the process died on the way.
    private func federate(
        dyingAfter steps: Int?, inlineBytes: Int?, algorithm: SessionSpec.Algorithm = .federatedAveraging
    ) async throws -> (digest: String?, state: String?, died: Bool) {
        var spec = smallSpec(clients: 3, rounds: 2, autoStart: false)
        spec.aggregation = inlineBytes == nil ? .mean : .median
        spec.algorithm = algorithm
        return try await liveThroughADeath(after: steps, names, spec, inlineBytes: inlineBytes) { service, session, died in
            let view = try await service.engine.status(session, tenant: tenant)
            #expect(view.record.status == .completed)
            let rounds = try await service.engine.rounds(session, tenant: tenant, after: 0, limit: 10)
            #expect(rounds.filter { $0.state == .committed }.map(\.round) == [1, 2])
            #expect(rounds.allSatisfy { $0.state == .aborted || $0.outcome?.contributors == 3 })
            return (view.model, rounds.last { $0.state == .committed }?.outcome?.state, died)
        }
    }

    @Test(arguments: [nil, 0] as [Int?]) func aDeathAtAnyStepDoesNotChangeTheModel(inlineBytes: Int?) async throws {
        let expected = try #require(try await federate(dyingAfter: nil, inlineBytes: inlineBytes).digest)
        var steps = 1
        while true {
            let (digest, _, died) = try await federate(dyingAfter: steps, inlineBytes: inlineBytes)
            #expect(digest == expected, "died at step \(steps)")
            if !died { break }
            steps += 1
        }
        // Start, the first model, and of each round: its configuration, three updates, seal, model, commit.
        #expect(steps > 30, "only \(steps) steps were tried")
    }

    /// The model and what the server keeps besides it are committed together, or neither is.
    @Test(arguments: [SessionSpec.Algorithm.fedAdam, .scaffold]) func aDeathAtAnyStepDoesNotChangeTheServersState(algorithm: SessionSpec.Algorithm) async throws
    {
        let expected = try await federate(dyingAfter: nil, inlineBytes: nil, algorithm: algorithm)
        #expect(expected.digest != nil && expected.state?.count == 64)
        var steps = 1
        while true {
            let (digest, state, died) = try await federate(dyingAfter: steps, inlineBytes: nil, algorithm: algorithm)
            #expect(digest == expected.digest && state == expected.state, "died at step \(steps)")
            if !died { break }
            steps += 1
        }
        #expect(steps > 30, "only \(steps) steps were tried")
    }
}
