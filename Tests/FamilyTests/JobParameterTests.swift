import APIKit
import AisembleAPI
import Federation
import FederationService
import Logging
import Platform
import StrictJSON
import Testing
import Trust
import TrustStreamAPI

/// What of a job's parameters nobody reads is named, as unknown fields are everywhere.
@Suite struct JobParameterTests {
    /// A world whose jobs have the runners of a coordinator; nothing runs them.
    private func world() async throws -> (world: World, family: Family) {
        let world = try await World()
        let log = Logger(label: "tests") { _ in SwiftLogNoOpLogHandler() }
        let training = EngineTraining(engine: world.engine) { parameters throws(JobFailure) in
            do throws(ServiceError) { return try TrustStream.readSession(parameters) } catch { throw .internalError("\(error)") }
        }
        let queue = JobQueue(
            store: world.store, artifacts: Artifacts(store: world.store, suite: .system, log: log),
            runners: [TrainingRunner(training: training), ReportRunner(sessions: world.store)], clock: .system { World.now }, random: .system, log: log)
        let operations = Operations(recorder: world.recorder, metrics: world.metrics, store: world.store, version: "1.2.3")
        return (world, Aisemble.family(world.identity, queue, operations, webhooks: world.webhooks, models: world.models))
    }

    private func unread(_ world: World, _ family: Family, _ body: String) async -> [String] {
        let reply = await world.call(family, request("POST", "/api/v2/jobs", body: body))
        #expect(reply.status == 201, "\(reply.json.encodedText)")
        return (reply.json["notices"]?.elements ?? []).compactMap { $0["code"] == "UNKNOWN_FIELD" ? $0["field"]?.text : nil }
    }

    @Test func whatNobodyReadsIsNamed() async throws {
        let (world, family) = try await world()
        for (type, parameters, unread) in [
            ("report", #"{"kind": "usage", "knd": 1, "output_format": "json"}"#, ["parameters.knd"]),
            ("report", #"{"kind": "usage"}"#, []),
            ("batch_processing", #"{"input_source": "a.csv", "model": "m", "colour": "red", "Model": 1}"#, ["parameters.colour", "parameters.Model"]),
            ("fl_training", #"{"session_id": "fl-session-1", "rounds": 3}"#, ["parameters.rounds"]),
            ("fl_training", #"{"min_clients": 1, "rounds": 1, "colour": "red"}"#, ["parameters.colour"]),
        ] {
            let service = type == "batch_processing" ? #""service": "nlp", "# : ""
            let body = #"{"name": "j", "type": "\#(type)", \#(service)"parameters": \#(parameters)}"#
            #expect(await self.unread(world, family, body) == unread, "\(type) \(parameters)")
        }
        // Beside those of the body itself, and with the name that was perhaps meant.
        let body = #"{"name": "j", "type": "report", "parameters": {"kind": "usage", "form": 1}, "colour": 1}"#
        #expect(await unread(world, family, body) == ["colour", "parameters.form"])
        let reply = await world.call(family, request("POST", "/api/v2/jobs", body: body))
        #expect(reply.json["notices"]?.elements?.last?["message"]?.text?.contains("did you mean 'from'") == true, "\(reply.json.encodedText)")
    }
}
