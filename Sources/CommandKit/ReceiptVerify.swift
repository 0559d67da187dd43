package import ArgumentParser
import Foundation
import Receipts
package import StrictJSON
import Trust

/// Part of both programs: whoever has a receipt looks at it with what is at hand.
package struct ReceiptVerify: ReportingCommand {
    package static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Look whether a receipt is genuine and holds together. Needs no coordinator and no network. Exit code 9: it is not to be believed.")
    @Argument(help: "The receipt, as 'tutti-coordinator receipt save' wrote it.")
    var file: String
    @Option(help: "The pin of the coordinator's CA, from somebody you trust: sha256:HEX")
    var caPin: String?
    @Option(help: "Instead of --ca-pin: the CA's certificate in PEM, or those on both sides of a change of the CA.")
    var ca: String?
    @Option(help: "A model (safetensors): is it the one that the session made?")
    var model: String?
    @Option(help: "The list of members: is it the one that the receipt vouches for?")
    var roster: String?
    @Flag(help: "One JSON object on stdout.")
    package var json = false

    package init() {}

    package func perform() async throws(CommandFailure) -> JSON {
        let verifier = ReceiptVerifier(try DocumentAnchors.anchor(pin: caPin, ca: ca))
        let text = try Self.read(file, limit: Receipts.Limits.receiptBytes)
        let list = try roster.map { path throws(CommandFailure) in try Self.read(path, limit: Receipts.Limits.rosterBytes) }
        let weights = try model.map { path throws(CommandFailure) in try Self.read(path, limit: Self.modelBytes) }
        do throws(ReceiptProblem) {
            let receipt = try verifier.verify(text)
            if let list { try receipt.check(roster: list) }
            let round = try weights.map { file throws(ReceiptProblem) in try receipt.round(ofModel: file) }
            return told(receipt, round)
        } catch {
            throw CommandFailure(.integrity, "\(file): \(error)", remedy: error.remedy, details: ["reason": .string(error.code)])
        }
    }

    private func told(_ receipt: VerifiedReceipt, _ modelRound: Int?) -> JSON {
        let content = receipt.content
        let (session, contributors) = (content.session, content.rounds.map(\.contributors))
        say("genuine: signed for session \(session.id) of tenant \(session.tenant) by the authority \(receipt.authority)")
        say("session: \(session.status)\(session.isFinal ? "" : " when the receipt was made; it goes on")")
        say(
            "rounds: \(content.rounds.count), of \(contributors.min() ?? 0) to \(contributors.max() ?? 0) of \(content.roster.members) members; no round is missing"
        )
        say("configuration: SHA-256 \(receipt.payload["configuration_sha256"]?.text ?? "")")
        say("model: \(content.model.map { "round \($0.round), SHA-256 \($0.sha256)" } ?? "none")")
        say("privacy: \(receipt.epsilon.map { "epsilon \($0)" } ?? "nothing bounds what the models tell of a row")")
        if let model, let modelRound { say("\(model) is the model, of round \(modelRound)") }
        if let roster { say("\(roster) is the list of members") }
        return [
            "session_id": .string(session.id), "tenant": .string(session.tenant), "status": .string(session.status), "final": .bool(session.isFinal),
            "signed_at": receipt.payload["made_at"] ?? .null, "ca_pin": .string(receipt.authority), "rounds": JSON(content.rounds.count),
            "members": JSON(content.roster.members), "model_sha256": JSON(content.model?.sha256), "model_round": JSON(content.model?.round),
            "epsilon": JSON(receipt.epsilon), "configuration_sha256": receipt.payload["configuration_sha256"] ?? .null,
            "roster_sha256": .string(content.roster.sha256), "model_file_matches": modelRound == nil ? .null : true,
            "roster_file_matches": roster == nil ? .null : true,
            "receipt": receipt.payload,
        ]
    }

    private static func read(_ path: String, limit: Int) throws(CommandFailure) -> [UInt8] {
        let attributes = try? FileManager.default.attributesOfItem(atPath: (path as NSString).resolvingSymlinksInPath)
        guard attributes?[.type] as? FileAttributeType == .typeRegular, let size = attributes?[.size] as? Int, size <= limit,
            let content = FileManager.default.contents(atPath: path)
        else {
            throw CommandFailure(
                .configuration, "\(path) cannot be read as a file of at most \(limit) bytes.", remedy: "Check the path and the permissions.")
        }
        return [UInt8](content)
    }

    private static let modelBytes = 2050 << 20
}
