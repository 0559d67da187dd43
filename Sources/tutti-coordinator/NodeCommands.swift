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
            let lifetime = JSON(self.lifetime)
            let body: JSON =
                name.isEmpty
                ? ["count": JSON(count), "prefix": .string(prefix), "lifetime_seconds": lifetime]
                : ["names": .array(name.map(JSON.string)), "lifetime_seconds": lifetime]
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
            sayNotices(reply["notices"])
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

        @Option(help: "Also write the model's card: Markdown, or JSON when the name ends with .json.")
        var card: String?

        func perform() async throws(CommandFailure) -> JSON {
            let (bytes, digest, made, text) = try await Administrator.with(options.data) { administrator throws(CommandFailure) in
                try await fetch(administrator)
            }
            try write(bytes, to: out, "--out")
            say("\(out): \(bytes.count) bytes, SHA-256 \(digest)" + (made.map { ", of round \($0)" } ?? ""))
            if let card, let text {
                try write(text, to: card, "--card")
                say("\(card): the model's card; its intended use, considerations and caveats are yours to write")
            }
            return ["path": .string(out), "bytes": JSON(bytes.count), "sha256": .string(digest), "round": JSON(made), "card": JSON(card)]
        }

        /// The card is asked for first: it says which round's model it is of, while the session may go on.
        private func fetch(_ administrator: Administrator) async throws(CommandFailure) -> (bytes: [UInt8], digest: String, round: Int?, card: [UInt8]?) {
            let path = "\(sessionsPath)/\(try checked(session, "session's id"))"
            var (round, named, text) = (round, String?.none, [UInt8]?.none)
            if let card {
                let asked = round.map { "?round=\($0)" } ?? ""
                let reply = try await administrator.call(.GET, "\(path)/model-card\(asked)")
                let details = reply["card"]?["model_details"]
                round = details?["round"]?.whole.flatMap { Int(exactly: $0) }
                named = details?["sha256"]?.text
                text = (reply["card"]?.encoded() ?? []) + [UInt8(ascii: "\n")]
                if !card.hasSuffix(".json"), let round {
                    text = try await administrator.download("\(path)/model-card?format=markdown&round=\(round)").bytes
                }
            }
            let (bytes, made) = try await administrator.download("\(path)/weights\(round.map { "?round=\($0)" } ?? "")")
            let digest = hexadecimal(CryptoSuite.system.sha256(bytes))
            if let named, named != digest {
                throw CommandFailure(.integrity, "The card is of model \(named), the file of \(digest).", remedy: "Run the command again.")
            }
            return (bytes, digest, made, text)
        }

        private func write(_ bytes: [UInt8], to path: String, _ option: String) throws(CommandFailure) {
            do { try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic) } catch {
                throw CommandFailure(.configuration, "\(path) cannot be written: \(error)", remedy: "Give \(option) a file in a folder that can be written.")
            }
        }
    }
}
