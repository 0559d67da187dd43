import ArgumentParser
import ClientNode
import CommandKit
import Foundation
import Learning
import StrictJSON
import TuttiConfiguration

struct Config: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Settings and where they come from.", subcommands: [Show.self])

    struct Show: ReportingCommand {
        static let configuration = CommandConfiguration(abstract: "Every setting, its value and its source.")
        @Option(help: "Folder of this node.")
        var data: String
        @Flag(help: "One JSON object on stdout.")
        var json = false

        func perform() async throws(CommandFailure) -> JSON {
            guard FileManager.default.fileExists(atPath: data) else {
                throw CommandFailure(.configuration, "\(data) does not exist.", remedy: "Give the folder that 'tutti-client join' made.")
            }
            return try await reporting { () async throws(ClientNodeError) in try ClientSettings.load(data: data) }.settings.shown(json: json)
        }
    }
}

struct Doctor: ReportingCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look at this node: folder, settings, certificate, data set, coordinator, clock. Each line says what to do.")
    @Option(help: "Folder of this node.")
    var data: String
    @Option(help: "CSV file to read as 'run' would.")
    var dataset: String?
    @Option(help: "Label column, as for 'run'.")
    var label: String?
    @Flag(help: "One JSON object on stdout.")
    var json = false

    func perform() async throws(CommandFailure) -> JSON {
        var findings: [Finding] = [.closed("identity folder", NodeIdentity.folder(data)), .closed("key", NodeIdentity.folder(data) + "/client.key")]
        findings.append(settings())
        do throws(ClientNodeError) {
            let identity = try NodeIdentity.load(from: data)
            findings.append(.ok("identity", "\(identity.card.client) of tenant \(identity.card.tenant) at \(identity.card.coordinator)"))
            findings.append(certificate(identity))
            findings += await coordinator(identity)
        } catch { findings.append(.fail("identity", error.message, error.remedy)) }
        if let dataset { findings.append(rows(dataset)) }
        return try conclude(findings)
    }

    private func settings() -> Finding {
        do throws(ClientNodeError) {
            let settings = try ClientSettings.load(data: data)
            let sessions = settings.sessions.isEmpty ? "every session" : "\(settings.sessions.count) sessions"
            return .ok("client.toml", "\(sessions) with at least \(settings.smallestCohort) clients, models up to \(settings.maximumModelBytes) bytes")
        } catch { return .fail("client.toml", error.message, error.remedy) }
    }

    private func certificate(_ identity: NodeIdentity) -> Finding {
        let renewal = "Ask the operator for a new token and enrol again with 'tutti-client join' in a new folder."
        guard let life = identity.certificateLife else { return .fail("certificate", "client.pem is no certificate.", renewal) }
        return .certificate("certificate", from: life.from, to: life.to, now: Date(), renewal: renewal)
    }

    private func coordinator(_ identity: NodeIdentity) async -> [Finding] {
        let look: CoordinatorLook
        do { look = try await CoordinatorLook.take(identity, data: data) } catch {
            return [.fail("coordinator", error.message, error.remedy)]
        }
        var findings: [Finding] = []
        if look.readiness == 200 {
            findings.append(.ok("coordinator", "\(identity.card.coordinator) is ready"))
        } else if [401, 403].contains(look.readiness) {
            // The next line says what is wrong with this node.
            findings.append(.ok("coordinator", "\(identity.card.coordinator) answers"))
        } else {
            findings.append(.warn("coordinator", "it answers, but is not ready (\(look.readiness)).", "Try again in a moment, or ask its operator."))
        }
        if let refusal = look.refusal {
            findings.append(.fail("access", refusal.message, refusal.remedy))
        } else {
            findings.append(.ok("access", "\(look.openSessions?.count ?? 0) open sessions"))
        }
        if let date = look.date.flatMap(httpDate) {
            findings.append(.clock("clock", ours: Date(), theirs: date))
        } else {
            findings.append(.warn("clock", "the coordinator does not tell its time.", "Compare the two clocks by hand."))
        }
        return findings
    }

    private func rows(_ path: String) -> Finding {
        do {
            let options = try DataOptions.parse(["--dataset=\(path)"] + (label.map { ["--label=\($0)"] } ?? []))
            let settings = try ClientSettings.load(data: data, flags: options.flags)
            let local = try LocalData.load(LocalDataOptions(path: path, csv: try options.csv(for: nil, settings), partition: nil))
            return .ok("data set", "\(local.dataset.rows) rows, \(local.dataset.inputs) inputs, \(local.dataset.outputs) classes")
        } catch let error as ClientNodeError { return .fail("data set", error.message, "Mend the file, or say how to read it as for 'run'.") } catch {
            return .fail("data set", "\(error)", "Say how to read it as for 'run'.")
        }
    }
}
