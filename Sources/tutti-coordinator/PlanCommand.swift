import APIKit
import ArgumentParser
import CommandKit
import Federation
import Foundation
import Learning
import NIOHTTP1
import StrictJSON
import TrustStreamAPI

extension Session {
    struct Plan: ReportingCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check a session's request and say what it would cost; nothing is created.",
            discussion: "Durations are known only when a coordinator (--data) has measured rounds of the same model and cohort.")
        @Argument(help: "JSON file with the request body.")
        var file: String
        @Option(help: "How many clients will have joined (else min_clients).")
        var clients: Int?
        @Option(help: "A running coordinator's folder, to learn from its sessions.")
        var data: String?
        @Flag(help: "One JSON object on stdout.")
        var json = false

        func validate() throws {
            if let clients, !(1...100_000).contains(clients) { throw ValidationError("--clients must be 1 to 100000.") }
        }

        func perform() async throws(CommandFailure) -> JSON {
            let (spec, notices) = try read()
            let registered = max(clients ?? spec.minClients, spec.minClients)
            let wanted = spec.cohortSize(registered: registered)
            let cohort = min(spec.selectionSize(wanted: wanted), max(wanted, registered))
            // Parameters are 4 bytes each; headers and compression are not known before a round was run.
            let parameters = spec.model?.parameterCount
            let bytes = parameters.map { Int64(spec.updateLength(parameters: $0)) * 4 * Int64(cohort) }
            var measured: Double?
            if let data { measured = try await measuredSeconds(data, spec, cohort) }
            let longest = spec.roundDeadlineSeconds * Double(spec.rounds)
            say("cohort            \(cohort) of \(registered) clients, \(wanted) are enough, quorum \(spec.quorum ?? spec.minClients)")
            say("rounds            \(spec.rounds), \(spec.localEpochs) local epochs of batches of \(spec.batchSize)")
            say("parameters        \(parameters.map { "\($0)" } ?? "unknown: the first client's data decide the model")")
            say("bytes per round   \(bytes.map { "\($0) down, at most \($0) up, without headers" } ?? "unknown")")
            say("round             \(measured.map { "\(RoundTable.fixed($0, 2)) s (median of measured rounds)" } ?? "unknown: nothing measured")")
            say("longest           \(RoundTable.fixed(longest, 0)) s, if every round waits for its deadline and none is repeated")
            sayNotices(.array(notices))
            return [
                "cohort": JSON(cohort), "clients": JSON(registered), "quorum": JSON(spec.quorum ?? spec.minClients), "rounds": JSON(spec.rounds),
                "parameters": JSON(parameters), "bytes_down_per_round": JSON(bytes), "bytes_up_per_round_max": JSON(bytes),
                "round_seconds": JSON(measured), "expected_seconds": JSON(measured.map { $0 * Double(spec.rounds) }),
                "longest_seconds": JSON(longest), "aggregation": .string(spec.aggregation.rawValue), "notices": .array(notices),
            ]
        }

        private func read() throws(CommandFailure) -> (SessionSpec, [JSON]) {
            do { return try TrustStream.readSession(try readRequest(file)) } catch let failure as CommandFailure { throw failure } catch let error
                as ServiceError
            {
                switch error {
                case .invalid(let field, let issue, _), .unprocessable(let field, let issue, _):
                    throw CommandFailure(
                        .configuration, "\(file): \(field) \(issue).", remedy: "Change \(field); docs/api.md says what it takes.",
                        details: ["field": .string(field)])
                case .notImplemented(let feature, let why, _):
                    throw CommandFailure(.failed, "\(file): \(why).", remedy: "Leave \(feature) out or switch it off.", details: ["field": .string(feature)])
                default: throw CommandFailure(.failed, "\(file): \(error)")
                }
            } catch { throw CommandFailure(.failed, "\(file): \(error)") }
        }

        /// The median round of the newest session with this model, whose rounds had this cohort.
        private func measuredSeconds(_ folder: String, _ spec: SessionSpec, _ cohort: Int) async throws(CommandFailure) -> Double? {
            guard let model = spec.model?.json else { return nil }
            return try await Administrator.with(folder) { administrator throws(CommandFailure) in
                let sessions = try await administrator.call(.GET, sessionsPath)["sessions"]?.elements ?? []
                for session in sessions.prefix(50) where session["model"] == model {
                    let id = try checked(session["session_id"]?.text ?? "", "session's id")
                    let rounds = try await administrator.call(.GET, "\(sessionsPath)/\(id)/rounds?limit=1000")["rounds"]?.elements ?? []
                    let seconds = rounds.filter { $0["state"]?.text == "committed" && $0["selected"]?.whole == Int64(cohort) }
                        .compactMap { $0["seconds"]?.double }.sorted()
                    if !seconds.isEmpty { return seconds[seconds.count / 2] }
                }
                return nil
            }
        }
    }
}
