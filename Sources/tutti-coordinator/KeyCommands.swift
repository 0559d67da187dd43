import ArgumentParser
import CommandKit
import CoordinatorNode
import Foundation
import NIOHTTP1
import StrictJSON
import Trust

struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "API keys.", subcommands: [Create.self, List.self, Revoke.self])

    struct Create: ReportingCommand {
        static let configuration = CommandConfiguration(abstract: "Make a key; it is shown once.")
        @Option(help: "What to call it.")
        var name: String?
        @Option(help: "What it may do, separated by commas; left out: everything there is a scope for.")
        var scopes: String?
        @Option(help: "Seconds until it expires, 60 to 31536000.")
        var lifetime = 86_400
        @Flag(help: "A key that administers the coordinator, as admin.key does.")
        var platform = false
        @Option(help: "Write the key to this file (mode 0600) instead of showing it.")
        var out: String?
        @OptionGroup var options: AdministratorOptions
        var json: Bool { options.json }

        func perform() async throws(CommandFailure) -> JSON {
            try wantFree(out)
            let body: JSON = ["name": JSON(name), "scopes": scopeList(scopes), "expires_in": JSON(lifetime), "platform": .bool(platform)]
            let reply = try await Administrator.with(options.data) { administrator throws(CommandFailure) in
                try await administrator.call(.POST, "/identity/keys", body)
            }
            sayNotices(reply["notices"])
            try hand(reply["api_key"]?.text ?? "", "", to: out, json: json)
            say("key \(reply["key_id"]?.text ?? "") may: \(scopeWords(reply["scopes"])), until \(reply["expires_at"]?.text ?? "")")
            return out == nil ? reply : reply.without("api_key")
        }
    }

    struct List: ReportingCommand {
        static let configuration = CommandConfiguration(abstract: "All keys of the tenant, also those that are over.")
        @OptionGroup var options: AdministratorOptions
        var json: Bool { options.json }
        func perform() async throws(CommandFailure) -> JSON {
            let reply = try await Administrator.with(options.data) { administrator throws(CommandFailure) in
                try await administrator.call(.GET, "/identity/keys")
            }
            if !json {
                for key in reply["keys"]?.elements ?? [] {
                    let end = key["revoked_at"]?.text.map { "revoked \($0)" } ?? key["expires_at"]?.text.map { "until \($0)" } ?? "does not expire"
                    let may = key["platform"] == true ? "platform" : scopeWords(key["scopes"])
                    print("\(key["key_id"]?.text ?? "")  \(key["name"]?.text ?? "-")  \(may)  \(end)")
                }
            }
            return reply
        }
    }

    struct Revoke: ReportingCommand {
        static let configuration = CommandConfiguration(abstract: "End a key: it is refused from now on.")
        @Argument(help: "The key's id, as 'key list' shows it; after -- when it begins with '-'.")
        var id: String
        @OptionGroup var options: AdministratorOptions
        var json: Bool { options.json }
        func perform() async throws(CommandFailure) -> JSON {
            let place = CoordinatorFolder(options.data)
            if let own = try? SecretFile.read(place.adminKeyPath),
                APIKey.id(of: String(decoding: own, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)) == id
            {
                throw CommandFailure(
                    .failed, "\(id) is the key in \(place.adminKeyPath), with which this command asks.",
                    remedy: "Make another one (key create --platform --out FILE), put it there, and run this again.")
            }
            let reply = try await Administrator.with(options.data) { administrator throws(CommandFailure) in
                try await administrator.call(.POST, "/identity/keys/\(try checked(id, "key's id"))/revoke")
            }
            say("\(id) is revoked")
            return reply
        }
    }
}
