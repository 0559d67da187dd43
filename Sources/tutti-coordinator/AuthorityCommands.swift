import ArgumentParser
import CommandKit
import CoordinatorNode
import Foundation
import NIOHTTP1
import StrictJSON

struct AuthorityCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ca", abstract: "The certificate authority, and replacing it while the coordinator serves.",
        discussion: """
            Three steps, each with its own command, and none of them interrupts a session. 'prepare' makes a new authority: nodes that \
            run fetch it with their next certificate, within minutes. 'activate': the new one signs, the server's certificate first. \
            'retire': the old one is not trusted any more. A step that would cut nodes off is refused and names them; a step that was \
            taken already changes nothing. 'show' says what is next. Until 'activate' nodes enrol with the old pin, from then on with \
            the new one; 'token create' prints the one that is right.
            """,
        subcommands: [Show.self, Prepare.self, Activate.self, Retire.self])

    struct Show: ReportingCommand {
        static let configuration = CommandConfiguration(abstract: "Which authorities are trusted, which one signs, and what the next step waits for.")
        @OptionGroup var options: AdministratorOptions
        var json: Bool { options.json }
        func perform() async throws(CommandFailure) -> JSON {
            let reply = try await Administrator.with(options.data) { administrator throws(CommandFailure) in
                try await administrator.call(.GET, "/authorities")
            }
            tell(reply, options.data)
            return reply
        }
    }

    struct Prepare: ReportingCommand {
        static let configuration = CommandConfiguration(abstract: "Make a new authority and hand it out; the old one goes on signing.")
        @OptionGroup var options: AdministratorOptions
        var json: Bool { options.json }
        func perform() async throws(CommandFailure) -> JSON { try await take("prepare", force: false, options) }
    }

    struct Activate: ReportingCommand {
        static let configuration = CommandConfiguration(abstract: "Let the new authority sign: the server's certificate now, the nodes' as they renew.")
        @Flag(help: "Also when nodes do not know the new authority yet: they are named, and have to enrol again.")
        var force = false
        @OptionGroup var options: AdministratorOptions
        var json: Bool { options.json }
        func perform() async throws(CommandFailure) -> JSON { try await take("activate", force: force, options) }
    }

    struct Retire: ReportingCommand {
        static let configuration = CommandConfiguration(abstract: "Trust the old authority no longer; its certificates and their connections end.")
        @Flag(help: "Also when nodes still hold certificates of the old authority: they are named, and have to enrol again.")
        var force = false
        @OptionGroup var options: AdministratorOptions
        var json: Bool { options.json }
        func perform() async throws(CommandFailure) -> JSON { try await take("retire", force: force, options) }
    }
}

private func take(_ step: String, force: Bool, _ options: AdministratorOptions) async throws(CommandFailure) -> JSON {
    let reply = try await Administrator.with(options.data) { administrator throws(CommandFailure) in
        try await administrator.call(.POST, "/authorities/\(step)", ["force": .bool(force)])
    }
    let cutOff = names(reply["cut_off"])
    if !cutOff.isEmpty { say("cut off, and have to enrol again: \(cutOff.joined(separator: ", "))") }
    tell(reply, options.data)
    return reply
}

private func names(_ list: JSON?) -> [String] { (list?.elements ?? []).compactMap(\.text) }

private func tell(_ reply: JSON, _ data: String) {
    func line(_ what: String, _ authority: JSON?) {
        guard let pin = authority?["ca_pin"]?.text else { return }
        say("\(what): \(pin), until \(authority?["expires_at"]?.text ?? "")")
    }
    line("signs", reply["signing"])
    line(reply["phase"]?.text == "prepared" ? "is handed out" : "is trusted still", reply["also_trusted"])
    guard let next = reply["next"]?.text else { return say("one authority; 'tutti-coordinator ca prepare --data \(data)' would begin to replace it") }
    let behind = names(reply["behind"])
    let waits = behind.isEmpty ? "nobody would be cut off" : "\(behind.count) nodes are not ready: \(behind.joined(separator: ", "))"
    say("next: tutti-coordinator ca \(next) --data \(data) (\(waits))")
}
