import APIKit
import ArgumentParser
import CommandKit
import DifferentialPrivacy
import Federation
import Foundation
import Learning
import NIOHTTP1
import SecureAggregation
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
            // What was read was valid.
            let needed = (try? spec.clientsNeeded()) ?? ClientsNeeded(count: spec.minClients)
            let registered = max(clients ?? needed.count, spec.minClients)
            let plan = SessionPlan(spec, clients: registered, dimension: spec.model?.parameterCount)
            // A round asks more clients than it needs where it is told to.
            let asked = spec.secureAggregation == nil ? min(spec.selectionSize(wanted: plan.cohort), max(plan.cohort, registered)) : plan.cohort
            var measured: Double?
            if let data { measured = try await measuredSeconds(data, spec, asked) }
            let longest = spec.roundDeadlineSeconds * Double(spec.rounds)
            tell(plan, needed, asked: asked, measured: measured, longest: longest)
            sayNotices(.array(notices))
            return json(plan, needed, asked: asked, measured: measured, longest: longest, notices)
        }

        private func tell(_ plan: SessionPlan, _ needed: ClientsNeeded, asked: Int, measured: Double?, longest: Double) {
            let spec = plan.spec
            say("cohort            \(asked) of \(plan.clients) clients, \(plan.cohort) are enough, quorum \(spec.quorum ?? needed.count)")
            if let why = needed.why { say("waits for         \(needed.count) clients: \(why)") }
            say("rounds            \(spec.rounds), \(spec.localEpochs) local epochs of batches of \(spec.batchSize)")
            say("parameters        \(spec.model.map { "\($0.parameterCount)" } ?? "unknown: the first client's data decide the model")")
            say("server sees       \(plan.serverSees)")
            if let honest = plan.honestSummands { say("honest summands   at least \(honest) in every sum that is opened") }
            say("lying clients     \(plan.robustness)")
            say("privacy           \(plan.privacyMeaning)")
            let bytes = plan.bytesUp.flatMap { up in plan.bytesDown.map { "\(up) up, \($0) down" } }
            say("bytes per client  \(bytes.map { "\($0) a round, without headers and compression" } ?? "unknown")")
            say("round             \(measured.map { "\(RoundTable.fixed($0, 2)) s (median of measured rounds)" } ?? "unknown: nothing measured")")
            say("longest           \(RoundTable.fixed(longest, 0)) s, if every round waits for its deadline and none is repeated")
            if let obstacle = plan.obstacle { say("it would wait     \(obstacle)") }
        }

        private func json(_ plan: SessionPlan, _ needed: ClientsNeeded, asked: Int, measured: Double?, longest: Double, _ notices: [JSON]) -> JSON {
            let spec = plan.spec
            let groups: JSON =
                plan.groups.map {
                    [
                        "groups": JSON($0.groups), "smallest_group": JSON($0.smallestGroup), "group_floor": JSON($0.groupFloor), "quorum": JSON($0.quorum),
                        "void_groups_borne": JSON($0.voidGroupsBorne), "holders": JSON($0.holderGraph.holders), "threshold": JSON($0.holderGraph.threshold),
                        "bits_per_number": JSON($0.encoding.width), "honest_summands_min": JSON($0.honestSummandsMin),
                    ]
                } ?? .null
            let privacy: JSON =
                plan.privacy.map {
                    [
                        "epsilon": JSON($0.epsilon), "epsilon_cap": JSON($0.budget.epsilon), "delta": JSON($0.budget.delta),
                        "adjacency": .string($0.release.model.adjacency.rawValue), "noise_multiplier": JSON($0.release.mechanism.noiseMultiplier),
                        "sensitivity": JSON($0.sensitivity), "noise_deviation": JSON($0.noiseDeviation), "noise_to_signal": JSON($0.noiseToSignal),
                        "rounds_possible": JSON($0.roundsThatFit),
                    ]
                } ?? .null
            return [
                "cohort": JSON(asked), "clients": JSON(plan.clients), "clients_needed": JSON(needed.count),
                "clients_needed_because": JSON(needed.why), "quorum": JSON(spec.quorum ?? needed.count), "rounds": JSON(spec.rounds),
                "parameters": JSON(spec.model?.parameterCount), "bytes_up_per_client": JSON(plan.bytesUp), "bytes_down_per_client": JSON(plan.bytesDown),
                "round_seconds": JSON(measured), "expected_seconds": JSON(measured.map { $0 * Double(spec.rounds) }),
                "longest_seconds": JSON(longest), "aggregation": .string(spec.aggregation.rawValue), "server_sees": .string(plan.serverSees),
                "modified_clients_borne": JSON(plan.modifiedClientsBorne), "robustness": .string(plan.robustness), "secure": groups, "privacy": privacy,
                "privacy_meaning": .string(plan.privacyMeaning), "waits": JSON(plan.obstacle), "notices": .array(notices),
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
