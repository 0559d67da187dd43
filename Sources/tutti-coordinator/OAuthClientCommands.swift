import ArgumentParser
import CommandKit
import NIOHTTP1
import StrictJSON

struct OAuthClientCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "oauth-client", abstract: "Programs that get tokens with an id and a secret (OAuth 2.0 client credentials).",
        subcommands: [Create.self, List.self, Revoke.self])

    struct Create: ReportingCommand {
        static let configuration = CommandConfiguration(abstract: "Make a client; its secret is shown once.")
        @Argument(help: "What to call it.")
        var name: String
        @Option(help: "What it may do, separated by commas; left out: the usual.")
        var scopes: String?
        @Option(help: "Write the secret to this file (mode 0600) instead of showing it.")
        var out: String?
        @OptionGroup var options: AdministratorOptions
        var json: Bool { options.json }

        func perform() async throws(CommandFailure) -> JSON {
            try wantFree(out)
            let body: JSON = ["name": .string(name), "scopes": scopeList(scopes)]
            let reply = try await Administrator.with(options.data) { administrator throws(CommandFailure) in
                try await administrator.call(.POST, "/identity/oauth-clients", body)
            }
            sayNotices(reply["notices"])
            if !json { print("client_id      \(reply["client_id"]?.text ?? "")") }
            try hand(reply["client_secret"]?.text ?? "", "client_secret  ", to: out, json: json)
            say("\(name) may: \(scopeWords(reply["scopes"]))")
            return out == nil ? reply : reply.without("client_secret")
        }
    }

    struct List: ReportingCommand {
        static let configuration = CommandConfiguration(abstract: "All clients of the tenant.")
        @OptionGroup var options: AdministratorOptions
        var json: Bool { options.json }
        func perform() async throws(CommandFailure) -> JSON {
            let reply = try await Administrator.with(options.data) { administrator throws(CommandFailure) in
                try await administrator.call(.GET, "/identity/oauth-clients")
            }
            if !json {
                for client in reply["oauth_clients"]?.elements ?? [] {
                    let revoked = client["revoked_at"]?.text.map { "  revoked \($0)" } ?? ""
                    print("\(client["client_id"]?.text ?? "")  \(client["name"]?.text ?? "")  \(scopeWords(client["scopes"]))\(revoked)")
                }
            }
            return reply
        }
    }

    struct Revoke: ReportingCommand {
        static let configuration = CommandConfiguration(abstract: "End a client and its tokens.")
        @Argument(help: "The client's id.")
        var id: String
        @OptionGroup var options: AdministratorOptions
        var json: Bool { options.json }
        func perform() async throws(CommandFailure) -> JSON {
            let reply = try await Administrator.with(options.data) { administrator throws(CommandFailure) in
                try await administrator.call(.POST, "/identity/oauth-clients/\(try checked(id, "client's id"))/revoke")
            }
            say("\(id) is revoked")
            return reply
        }
    }
}
