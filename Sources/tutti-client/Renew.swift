import ArgumentParser
import ClientNode
import CommandKit
import Foundation
import StrictJSON
import Trust

struct Renew: ReportingCommand {
    static let configuration = CommandConfiguration(
        abstract: "Renew this node's certificate now. Nodes that run do it by themselves when half of its life is over.",
        discussion: """
            Needs a certificate that is still good; one that has ended takes a new token ('join' in a new folder). The key is new, \
            too, and never leaves the folder. The coordinator gives one certificate in a tenth of its life. A node that runs on the \
            folder takes the new one up when its own renewal is due.
            """)
    @Option(help: "Folder of this node's identity. Repeat it for several.")
    var data: [String] = []
    @Option(help: "Instead of --data: every folder in this one that holds an identity, in the order of their names.")
    var nodes: String?
    @Flag(help: "One JSON object on stdout.")
    var json = false

    func perform() async throws(CommandFailure) -> JSON {
        var renewed: [JSON] = []
        for folder in try NodeFolders.list(data: data, nodes: nodes) {
            let identity = try await reporting { () async throws(ClientNodeError) in try await Renewal.renew(data: folder) }
            renewed.append(identity.lifeShown)
            say(identity.lifeInWords)
        }
        return ["members": .array(renewed)]
    }
}

extension NodeIdentity {
    var lifeShown: JSON {
        [
            "client_id": .string(card.client), "certificate_issued_at": JSON(life?.issued.formatted(.iso8601)),
            "certificate_expires_at": JSON(life?.ends.formatted(.iso8601)),
        ]
    }

    var lifeInWords: String {
        guard let life else { return "\(card.client): the certificate cannot be read" }
        let rest = life.ends < Date() ? "has ended; enrol again with a new token" : "due for renewal from \(life.moment(0.5).formatted(.iso8601)) on"
        return "\(card.client): certificate of \(life.issued.formatted(.iso8601)), good until \(life.ends.formatted(.iso8601)), \(rest)"
    }
}
