import ArgumentParser
import CommandKit
import NIOHTTP1
import StrictJSON

struct UserCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user", abstract: "Users who log in with a name and a password.",
        subcommands: [Create.self, List.self, Password.self, Disable.self, Enable.self])

    struct Create: ReportingCommand {
        static let configuration = CommandConfiguration(abstract: "Make a user. The password is asked for, or read from a file.")
        @Argument(help: "The name to log in with.")
        var name: String
        @Option(help: "What the user may do, separated by commas; left out: the usual.")
        var scopes: String?
        @Option(help: "A file of this user's alone (mode 0600) with the password in it.")
        var passwordFile: String?
        @OptionGroup var options: AdministratorOptions
        var json: Bool { options.json }

        func perform() async throws(CommandFailure) -> JSON {
            let body: JSON = ["name": .string(name), "password": .string(try password(of: name, passwordFile)), "scopes": scopeList(scopes)]
            let reply = try await Administrator.with(options.data) { administrator throws(CommandFailure) in
                try await administrator.call(.POST, "/identity/users", body)
            }
            sayNotices(reply["notices"])
            say("\(name) may: \(scopeWords(reply["scopes"]))")
            return reply
        }
    }

    struct List: ReportingCommand {
        static let configuration = CommandConfiguration(abstract: "All users of the tenant.")
        @OptionGroup var options: AdministratorOptions
        var json: Bool { options.json }
        func perform() async throws(CommandFailure) -> JSON {
            let reply = try await Administrator.with(options.data) { administrator throws(CommandFailure) in
                try await administrator.call(.GET, "/identity/users")
            }
            if !json {
                for user in reply["users"]?.elements ?? [] {
                    print("\(user["name"]?.text ?? "")  \(scopeWords(user["scopes"]))\(user["disabled_at"]?.text.map { "  disabled \($0)" } ?? "")")
                }
            }
            return reply
        }
    }

    struct Password: ReportingCommand {
        static let configuration = CommandConfiguration(abstract: "Give a user another password; all its logins end.")
        @Argument(help: "The user's name.")
        var name: String
        @Option(help: "A file of this user's alone (mode 0600) with the password in it.")
        var passwordFile: String?
        @OptionGroup var options: AdministratorOptions
        var json: Bool { options.json }
        func perform() async throws(CommandFailure) -> JSON {
            let body: JSON = ["password": .string(try password(of: name, passwordFile))]
            let reply = try await change(name, "password", options, body)
            say("\(name) has another password, and has to log in again")
            return reply
        }
    }

    struct Disable: ReportingCommand {
        static let configuration = CommandConfiguration(abstract: "Shut a user out: all its logins end.")
        @Argument(help: "The user's name.")
        var name: String
        @OptionGroup var options: AdministratorOptions
        var json: Bool { options.json }
        func perform() async throws(CommandFailure) -> JSON {
            let reply = try await change(name, "disable", options, nil)
            say("\(name) is disabled")
            return reply
        }
    }

    struct Enable: ReportingCommand {
        static let configuration = CommandConfiguration(abstract: "Let a disabled user log in again.")
        @Argument(help: "The user's name.")
        var name: String
        @OptionGroup var options: AdministratorOptions
        var json: Bool { options.json }
        func perform() async throws(CommandFailure) -> JSON {
            let reply = try await change(name, "enable", options, nil)
            say("\(name) may log in")
            return reply
        }
    }
}

/// Calls an action of the user of this name.
private func change(_ name: String, _ action: String, _ options: AdministratorOptions, _ body: JSON?) async throws(CommandFailure) -> JSON {
    try await Administrator.with(options.data) { administrator throws(CommandFailure) in
        let users = try await administrator.call(.GET, "/identity/users")["users"]?.elements ?? []
        guard let id = users.first(where: { $0["name"]?.text == name })?["user_id"]?.text else {
            throw CommandFailure(.failed, "There is no user \(name).", remedy: "Who is there: tutti-coordinator user list --data \(options.data)")
        }
        return try await administrator.call(.POST, "/identity/users/\(id)/\(action)", body)
    }
}
