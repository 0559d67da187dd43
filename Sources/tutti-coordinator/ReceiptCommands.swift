import ArgumentParser
import CommandKit
import CryptoSuite
import Foundation
import NIOHTTP1
import StrictJSON

struct ReceiptCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "receipt", abstract: "What a session did, signed: for whoever has to answer for it later.",
        subcommands: [Show.self, Save.self, ReceiptVerify.self])

    /// The receipt and the list of members, as the coordinator gives them to its administrator.
    private static func fetch(_ session: String, _ data: String) async throws(CommandFailure) -> (text: String, roster: JSON) {
        let reply = try await Administrator.with(data) { administrator throws(CommandFailure) in
            try await administrator.call(.GET, "\(sessionsPath)/\(try checked(session, "session's id"))/receipt")
        }
        guard let text = reply["receipt"]?.text, let roster = reply["roster"], roster.members != nil else {
            throw CommandFailure(.version, "The coordinator's answer has no receipt in it.", remedy: "Use the coordinator's own version of this command.")
        }
        return (text, roster)
    }

    struct Show: ReportingCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what a session's receipt says. Nothing is verified: 'receipt verify' does that.")
        @Argument(help: "The session's id.")
        var session: String
        @OptionGroup var options: AdministratorOptions
        var json: Bool { options.json }

        func perform() async throws(CommandFailure) -> JSON {
            let (text, roster) = try await ReceiptCommand.fetch(session, options.data)
            let parts = text.split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count == 3, let bytes = bytes(base64URL: String(parts[1])), let payload = try? JSON(parsing: bytes) else {
                throw CommandFailure(.integrity, "The coordinator's receipt cannot be read.", remedy: "Use the coordinator's own version of this command.")
            }
            if !json { print(payload.encodedText) }
            return ["payload": payload, "receipt": .string(text), "roster": roster]
        }
    }

    struct Save: ReportingCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a session's receipt to a file: a JSON Web Signature that anybody can verify who has the CA's pin.")
        @Argument(help: "The session's id.")
        var session: String
        @Option(help: "File to write.")
        var out: String
        @Option(help: "Also write the list of members, which the receipt vouches for and does not hold; only this user may read it.")
        var roster: String?
        @OptionGroup var options: AdministratorOptions
        var json: Bool { options.json }

        func perform() async throws(CommandFailure) -> JSON {
            let (text, list) = try await ReceiptCommand.fetch(session, options.data)
            try Self.write(Array(text.utf8) + [UInt8(ascii: "\n")], to: out, "--out", mode: 0o644)
            if let roster { try Self.write(list.encoded() + [UInt8(ascii: "\n")], to: roster, "--roster", mode: 0o600) }
            say("\(out): the receipt of \(session)" + (roster.map { "; \($0): its members" } ?? ""))
            say("Next: tutti-client receipt verify \(out) --ca-pin sha256:HEX")
            return ["path": .string(out), "roster": JSON(roster), "session_id": .string(session)]
        }

        private static func write(_ bytes: [UInt8], to path: String, _ option: String, mode: Int) throws(CommandFailure) {
            guard FileManager.default.createFile(atPath: path, contents: Data(bytes), attributes: [.posixPermissions: mode]) else {
                throw CommandFailure(.configuration, "\(path) cannot be written.", remedy: "Give \(option) a file in a folder that can be written.")
            }
        }
    }
}
