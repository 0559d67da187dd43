import ArgumentParser
import CommandKit
import Foundation
import NIOHTTP1
import StrictJSON
import Trust

struct AdministratorOptions: ParsableArguments {
    @Option(help: "The coordinator's folder.")
    var data: String
    @Flag(help: "One JSON object on stdout.")
    var json = false
}

let sessionsPath = "/federated-learning/sessions"

func readFile(_ path: String) throws(CommandFailure) -> [UInt8] {
    guard let data = FileManager.default.contents(atPath: path) else {
        throw CommandFailure(.configuration, "\(path) cannot be read.", remedy: "Check the path and the permissions.")
    }
    return [UInt8](data)
}

func readRequest(_ path: String) throws(CommandFailure) -> JSON {
    let bytes = try readFile(path)
    do { return try JSON(parsing: bytes) } catch {
        throw CommandFailure(.configuration, "\(path) is \(error).", remedy: "docs/api.md has an example of a session's request.")
    }
}

/// An id or a name that goes into a path.
func checked(_ id: String, _ what: String) throws(CommandFailure) -> String {
    guard PeerIdentity.isPart(id) else {
        throw CommandFailure(.usage, "'\(id.prefix(80))' is no \(what).", remedy: "See 'tutti-coordinator session list' and 'nodes list'.")
    }
    return id
}

struct Session: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Federated sessions.", subcommands: [Create.self, Plan.self, List.self, Show.self, Watch.self, Start.self, Stop.self])

    struct Create: ReportingCommand {
        static let configuration = CommandConfiguration(abstract: "Create a session from the API's request body in a JSON file.")
        @Argument(help: "JSON file with the request body.")
        var file: String
        @OptionGroup var options: AdministratorOptions
        @Option(help: "CSV file with labelled rows for held-out evaluation.")
        var evaluation: String?
        @Option(help: "Label column of the evaluation file: its name or number.")
        var label: String?
        @Option(help: "Model file (safetensors) that training begins from.")
        var initialModel: String?
        var json: Bool { options.json }

        func perform() async throws(CommandFailure) -> JSON {
            var body = try readRequest(file)
            // Read first: a session must not be left behind without its test set or its first model.
            var (rows, model): ([UInt8]?, [UInt8]?)
            if let evaluation { rows = try readFile(evaluation) }
            if let initialModel {
                model = try readFile(initialModel)
                let others = (body.members ?? []).filter { $0.name != "initial_model" }
                body = .object(others + [JSON.Member("initial_model", ["upload": true])])
            }
            return try await Administrator.with(options.data) { [body, rows, model] administrator throws(CommandFailure) in
                let created = try await administrator.call(.POST, sessionsPath, body)
                let id = created["session_id"]?.text ?? ""
                if let rows {
                    let query = label.flatMap { $0.addingPercentEncoding(withAllowedCharacters: .alphanumerics) }.map { "?label=\($0)" } ?? ""
                    try await administrator.upload("\(sessionsPath)/\(id)/evaluation\(query)", rows, type: "text/csv")
                }
                if let model { try await administrator.upload("\(sessionsPath)/\(id)/initial-model", model, type: "application/octet-stream") }
                say("session \(id) is \(created["status"]?.text ?? "")")
                sayNotices(created["notices"])
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
                        "\(session["session_id"]?.text ?? "")  \(session["status"]?.text ?? "")  round \(session["current_round"]?.whole ?? 0)/\(session["total_rounds"]?.whole ?? 0)  clients \(session["total_clients"]?.whole ?? 0)"
                    )
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
                try await administrator.call(.GET, "\(sessionsPath)/\(try checked(session, "session's id"))")
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
                try await administrator.call(.POST, "\(sessionsPath)/\(try checked(session, "session's id"))/start")
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
                try await administrator.call(.POST, "\(sessionsPath)/\(try checked(session, "session's id"))/stop")
            }
            say("session \(session) is \(reply["status"]?.text ?? "")")
            return reply
        }
    }
}
