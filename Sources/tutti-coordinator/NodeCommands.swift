import ArgumentParser
import CommandKit
import CoordinatorNode
import CryptoSuite
import Foundation
import NIOHTTP1
import StrictJSON
import Trust

struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "token", abstract: "One-use enrolment tokens.", subcommands: [Create.self])

    struct Create: ReportingCommand {
        static let configuration = CommandConfiguration(abstract: "Make enrolment tokens; each is shown once and good for one node.")
        @OptionGroup var options: AdministratorOptions
        @Option(help: "How many.")
        var count = 1
        @Option(help: "The nodes will be named PREFIX-01, PREFIX-02, …")
        var prefix = "client"
        @Option(help: "A node's name. Repeat it for several; then --count and --prefix do not count.")
        var name: [String] = []
        @Option(help: "Seconds until the tokens expire, 60 to 2592000.")
        var lifetime = 86_400
        @Option(help: "Write each token to OUT/NAME.token (mode 0600) instead of showing it.")
        var out: String?
        var json: Bool { options.json }

        func perform() async throws(CommandFailure) -> JSON {
            // Before the tokens are made: they are shown once.
            if let out {
                do {
                    try FileManager.default.createDirectory(atPath: out, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
                } catch { throw CommandFailure(.configuration, "\(out) cannot be made: \(error)", remedy: "Give --out a folder that can be written.") }
            }
            let body: JSON = [
                "count": JSON(count), "prefix": .string(prefix), "names": .array(name.map(JSON.string)), "lifetime_seconds": JSON(lifetime),
            ]
            let reply = try await Administrator.with(options.data) { administrator throws(CommandFailure) in
                try await administrator.call(.POST, "/nodes/tokens", body)
            }
            for token in reply["tokens"]?.elements ?? [] {
                let (client, text) = (token["client_id"]?.text ?? "", token["token"]?.text ?? "")
                if let out {
                    do { try SecretFile.write(Array(text.utf8), to: "\(out)/\(client).token") } catch {
                        throw CommandFailure(.configuration, "\(error)", remedy: "Give --out a folder that can be written.")
                    }
                } else if !json {
                    print("\(client)  \(text)  until \(token["expires_at"]?.text ?? "")")
                }
            }
            say("CA pin: \(reply["ca_pin"]?.text ?? "")")
            return reply
        }
    }
}

struct Nodes: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Enrolled nodes.", subcommands: [List.self, Revoke.self])

    struct List: ReportingCommand {
        static let configuration = CommandConfiguration(abstract: "All nodes of the tenant.")
        @OptionGroup var options: AdministratorOptions
        var json: Bool { options.json }
        func perform() async throws(CommandFailure) -> JSON {
            let reply = try await Administrator.with(options.data) { administrator throws(CommandFailure) in try await administrator.call(.GET, "/nodes") }
            if !json {
                for node in reply["nodes"]?.elements ?? [] {
                    print(
                        "\(node["client_id"]?.text ?? "")  until \(node["certificate_expires_at"]?.text ?? "")\(node["revoked_at"]?.text.map { "  revoked \($0)" } ?? "")"
                    )
                }
            }
            return reply
        }
    }

    struct Revoke: ReportingCommand {
        static let configuration = CommandConfiguration(abstract: "Revoke a node: its certificate is refused from now on and its connections are closed.")
        @Argument(help: "The node's name.")
        var node: String
        @OptionGroup var options: AdministratorOptions
        var json: Bool { options.json }
        func perform() async throws(CommandFailure) -> JSON {
            let reply = try await Administrator.with(options.data) { administrator throws(CommandFailure) in
                try await administrator.call(.POST, "/nodes/\(try checked(node, "node's name"))/revoke")
            }
            say("\(node) is revoked")
            return reply
        }
    }
}

struct Model: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Models.", subcommands: [Export.self])

    struct Export: ReportingCommand {
        static let configuration = CommandConfiguration(abstract: "Write a session's newest model, or that of a round, to a safetensors file.")
        @Option(help: "The session's id.")
        var session: String
        @Option(help: "The model after this round; 0 is the initial one.")
        var round: Int?
        @Option(help: "File to write.")
        var out: String
        @OptionGroup var options: AdministratorOptions
        var json: Bool { options.json }

        func perform() async throws(CommandFailure) -> JSON {
            let query = round.map { "?round=\($0)" } ?? ""
            let bytes = try await Administrator.with(options.data) { administrator throws(CommandFailure) in
                try await administrator.download("\(sessionsPath)/\(try checked(session, "session's id"))/weights\(query)")
            }
            do { try Data(bytes).write(to: URL(fileURLWithPath: out), options: .atomic) } catch {
                throw CommandFailure(.configuration, "\(out) cannot be written: \(error)", remedy: "Give --out a file in a folder that can be written.")
            }
            let digest = hexadecimal(CryptoSuite.system.sha256(bytes))
            say("\(out): \(bytes.count) bytes, SHA-256 \(digest)")
            return ["path": .string(out), "bytes": JSON(bytes.count), "sha256": .string(digest)]
        }
    }
}
