import ArgumentParser
import ClientNode
import CommandKit
import Foundation
import StrictJSON

struct Join: ReportingCommand {
    static let configuration = CommandConfiguration(abstract: "Enrol this node: a one-use token becomes a certificate. The key is made here and stays.")

    @Argument(help: "The coordinator: https://HOST:PORT")
    var url: String
    @Option(help: "The one-use token from 'tutti-coordinator token create', or @FILE to read it from a file.")
    var token: String
    @Option(help: "The pin of the coordinator's CA: sha256:HEX")
    var caPin: String
    @Option(help: "Folder for this node's identity and state.")
    var data: String
    @Flag(help: "One JSON object on stdout.")
    var json = false

    func perform() async throws(CommandFailure) -> JSON {
        var secret = token
        if token.hasPrefix("@") {
            guard let text = try? String(contentsOfFile: String(token.dropFirst()), encoding: .utf8) else {
                throw CommandFailure(.configuration, "\(token.dropFirst()) cannot be read.", remedy: "Give the file that holds the token.")
            }
            secret = text.trimmingCharacters(in: .whitespacesAndNewlines)
        }
        let identity = try await reporting { () async throws(ClientNodeError) in
            try await Enrolment.join(url: url, token: secret, pin: caPin, data: data)
        }
        say("\(identity.card.client) (tenant \(identity.card.tenant)) is enrolled with \(identity.card.coordinator).")
        say("Next: tutti-client run --data \(data) --dataset FILE")
        return ["client_id": .string(identity.card.client), "tenant": .string(identity.card.tenant), "coordinator": .string(identity.card.coordinator)]
    }
}
