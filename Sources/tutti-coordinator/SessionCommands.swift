import ArgumentParser
import CommandKit
import Foundation
import NIOHTTP1
import StrictJSON

struct AdministratorOptions: ParsableArguments {
    @Option(help: "The coordinator's folder.")
    var data: String
    @Flag(help: "One JSON object on stdout.")
    var json = false
}

private let sessionsPath = "/federated-learning/sessions"

func readFile(_ path: String) throws(CommandFailure) -> [UInt8] {
    guard let data = FileManager.default.contents(atPath: path) else {
        throw CommandFailure(.configuration, "\(path) cannot be read.", remedy: "Check the path and the permissions.")
    }
    return [UInt8](data)
}

struct Session: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Federated sessions.", subcommands: [Create.self, List.self, Show.self, Watch.self, Start.self, Stop.self])

    struct Create: ReportingCommand {
        static let configuration = CommandConfiguration(abstract: "Create a session from the API's request body in a JSON file.")
        @Argument(help: "JSON file with the request body.")
        var file: String
        @OptionGroup var options: AdministratorOptions
        @Option(help: "CSV file with labelled rows for held-out evaluation.")
        var evaluation: String?
        @Option(help: "Label column of the evaluation file: its name or number.")
        var label: String?
        var json: Bool { options.json }

        func perform() async throws(CommandFailure) -> JSON {
            let body: JSON
            do { body = try JSON(parsing: try readFile(file)) } catch let error as JSONError {
                throw CommandFailure(.configuration, "\(file) is \(error).")
            } catch let failure as CommandFailure { throw failure } catch { throw CommandFailure(.configuration, "\(file): \(error)") }
            return try await Administrator.with(options.data) { administrator throws(CommandFailure) in
                let created = try await administrator.call(.POST, sessionsPath, body)
                let id = created["session_id"]?.text ?? ""
                if let evaluation {
                    let query = label.map { "?label=\($0)" } ?? ""
                    try await administrator.upload("\(sessionsPath)/\(id)/evaluation\(query)", try readFile(evaluation), type: "text/csv")
                }
                say("session \(id) is \(created["status"]?.text ?? "")")
                for notice in created["notices"]?.elements ?? [] { say("notice: \(notice["field"]?.text ?? ""): \(notice["message"]?.text ?? "")") }
                return created
            }
        }
    }

    struct List: ReportingCommand {
        static let configuration = CommandConfiguration(abstract: "All sessions, newest first.")
        @OptionGroup var options: AdministratorOptions
        var json: Bool { options.json }
        func perform() async throws(CommandFailure) -> JSON {
            let reply = try await Administrator.with(options.data) { administrator throws(CommandFailure) in try await administrator.call(.GET, sessionsPath) }
            if !json {
                for session in reply["sessions"]?.elements ?? [] {
                    print(
                        "\(session["session_id"]?.text ?? "")  \(session["status"]?.text ?? "")  round \(session["current_round"]?.whole ?? 0)/\(session["total_rounds"]?.whole ?? 0)  clients \(session["total_clients"]?.whole ?? 0)")
                }
            }
            return reply
        }
    }

    struct Show: ReportingCommand {
        static let configuration = CommandConfiguration(abstract: "The status of one session.")
        @Argument(help: "The session's id.")
        var session: String
        @OptionGroup var options: AdministratorOptions
        var json: Bool { options.json }
        func perform() async throws(CommandFailure) -> JSON {
            let reply = try await Administrator.with(options.data) { administrator throws(CommandFailure) in
                try await administrator.call(.GET, "\(sessionsPath)/\(session)")
            }
            if !json { for member in reply.members ?? [] { print("\(member.name): \(member.value.text ?? member.value.encodedText)") } }
            return reply
        }
    }

    struct Start: ReportingCommand {
        static let configuration = CommandConfiguration(abstract: "Start a session that was created with auto_start false.")
        @Argument(help: "The session's id.")
        var session: String
        @OptionGroup var options: AdministratorOptions
        var json: Bool { options.json }
        func perform() async throws(CommandFailure) -> JSON {
            try await Administrator.with(options.data) { administrator throws(CommandFailure) in
                try await administrator.call(.POST, "\(sessionsPath)/\(session)/start")
            }
        }
    }

    struct Stop: ReportingCommand {
        static let configuration = CommandConfiguration(abstract: "Stop a session; its last model stands.")
        @Argument(help: "The session's id.")
        var session: String
        @OptionGroup var options: AdministratorOptions
        var json: Bool { options.json }
        func perform() async throws(CommandFailure) -> JSON {
            let reply = try await Administrator.with(options.data) { administrator throws(CommandFailure) in
                try await administrator.call(.POST, "\(sessionsPath)/\(session)/stop")
            }
            say("session \(session) is \(reply["status"]?.text ?? "")")
            return reply
        }
    }

    struct Watch: ReportingCommand {
        static let configuration = CommandConfiguration(abstract: "A line for every round until the session ends.")
        @Argument(help: "The session's id.")
        var session: String
        @OptionGroup var options: AdministratorOptions
        @Option(help: "Give up after so many seconds.")
        var timeout: Double?
        var json: Bool { options.json }

        func perform() async throws(CommandFailure) -> JSON {
            try await Administrator.with(options.data) { administrator throws(CommandFailure) in
                try await watch(administrator)
            }
        }

        private func watch(_ administrator: Administrator) async throws(CommandFailure) -> JSON {
            let started = ContinuousClock.now
            var (last, attempt) = (0, 0)
            var rounds: [JSON] = []
            var seconds = 0.0
            var lastWaiting = ""
            say(RoundTable.header)
            while true {
                let status = try await administrator.call(.GET, "\(sessionsPath)/\(session)")
                let total = status["total_rounds"]?.whole ?? 0
                let news = try await administrator.call(.GET, "\(sessionsPath)/\(session)/rounds?after=\(max(0, last - 1))&limit=1000")
                for round in news["rounds"]?.elements ?? [] {
                    let key = (Int(round["round"]?.whole ?? 0), Int(round["attempt"]?.whole ?? 0))
                    guard key > (last, attempt) else { continue }
                    (last, attempt) = key
                    rounds.append(round)
                    seconds += round["seconds"]?.double ?? 0
                    say(RoundTable.line(round, etaSeconds: seconds / Double(rounds.count) * Double(max(0, Int(total) - last))))
                }
                let word = status["status"]?.text ?? ""
                if ["completed", "stopped", "failed", "budget_exhausted"].contains(word), last >= Int(status["current_round"]?.whole ?? 0) {
                    return try result(status, rounds, word)
                }
                let waiting = (status["blocked_by"]?.elements ?? []).map {
                    "\($0["what"]?.text ?? ""): \($0["have"]?.whole ?? 0) of \($0["asked"]?.whole ?? 0)"
                }.joined(separator: ", ")
                if !waiting.isEmpty && waiting != lastWaiting { say("waiting for \(waiting)") }
                lastWaiting = waiting
                if let timeout, started.duration(to: .now) > .seconds(timeout) {
                    throw CommandFailure(.timeout, "The session is still \(word) after \(timeout) s.", remedy: "Watch it again, or look at 'session show'.")
                }
                try? await Task.sleep(for: .milliseconds(100))
            }
        }

        private func result(_ status: JSON, _ rounds: [JSON], _ word: String) throws(CommandFailure) -> JSON {
            let reason = status["status_reason"]?.text ?? ""
            if word == "failed" { throw CommandFailure(reason.contains("aborted") ? .quorum : .failed, "The session failed: \(reason)") }
            if word == "budget_exhausted" { throw CommandFailure(.budgetExhausted, "The privacy budget is spent.") }
            say("session \(word)\(reason.isEmpty ? "" : ": \(reason)")")
            return .object([.init("status", status), .init("rounds", .array(rounds))])
        }
    }
}
