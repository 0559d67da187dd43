import ArgumentParser
import ClientNode
import CommandKit
import Foundation
import StrictJSON
import TuttiConfiguration

struct Identity: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "This node's own key, by which other members know it, and the life of its certificate.", subcommands: [Show.self])

    struct Show: ReportingCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the line that other members write into their file of pinned keys; the certificate's life goes to stderr.",
            discussion: """
                Sessions in mode malicious_server do not take the coordinator's word for who a member is. Send this line to the other \
                members' owners over a way that the coordinator cannot change; they write it below [keys] in the file that their \
                client.toml names in secure_aggregation.pinned_keys. The key itself stays in the folder.
                """)
        @Option(help: "Folder of this node's identity. Repeat it for several.")
        var data: [String] = []
        @Option(help: "Instead of --data: every folder in this one that holds an identity, in the order of their names.")
        var nodes: String?
        @Flag(help: "One JSON object on stdout.")
        var json = false

        func perform() async throws(CommandFailure) -> JSON {
            let folders = try NodeFolders.list(data: data, nodes: nodes)
            let members = try await reporting { () async throws(ClientNodeError) in
                var members: [(identity: NodeIdentity, key: String)] = []
                for folder in folders {
                    members.append((try NodeIdentity.load(from: folder), try MemberKey.loadOrMake(in: folder).text))
                }
                return members
            }
            let lines = members.map { PinnedKeyFile.line(name: $0.identity.card.client, key: $0.key) }
            if !json { for line in lines { print(line) } }
            for member in members { say(member.identity.lifeInWords) }
            return ["members": .array(members.map { .object([.init("key", .string($0.key))] + ($0.identity.lifeShown.members ?? [])) })]
        }
    }
}
