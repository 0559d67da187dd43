import ArgumentParser
import CommandKit
import CryptoSuite
import Federation
import Foundation
import InProcessFederation
import Trust

/// Secure aggregation in one process. With the session's id and the rounding secrets of real nodes, and with the same clients
/// absent, the model is theirs.
struct MaskOptions: ParsableArguments {
    @Option(help: "Secure aggregation: on or off.")
    var secure = "off"
    @Option(help: "With --secure on: updates a round needs at least; else nine tenths of the clients.")
    var quorum: Int?
    @Option(help: "With --secure on: clients a sum has at least; 3 is for trying it out.")
    var groupFloor = SecureAggregationSpec.usualFloor
    @Option(help: "With --secure on: an update of a larger Euclidean norm is scaled down.")
    var clip = SecureAggregationSpec().clip
    @Option(help: "With --secure on: the largest magnitude of a coordinate; what is beyond it is cut off.")
    var coordinateRange = SecureAggregationSpec().coordinateRange
    @Option(help: "The session's id, which the rounding is drawn from too.")
    var session: String?
    @Option(help: "A folder with NAME.secret for every client, as nodes keep it; else secrets are drawn.")
    var rounding: String?
    @Option(help: "Clients whose masked update does not come, as ROUND:NAME,ROUND:NAME.")
    var absent: String?

    func apply(to task: inout DigitsTask) throws(CommandFailure) {
        guard secure == "on" || secure == "off" else { throw CommandFailure(.usage, "--secure is '\(secure)'.", remedy: "Give on or off.") }
        if let session { task.session = session }
        guard secure == "on" else { return }
        var secured = SecureAggregationSpec(groupFloor: groupFloor)
        (secured.clip, secured.coordinateRange) = (clip, coordinateRange)
        task.spec.secureAggregation = secured
        task.spec.quorum = quorum
        var known: [String: Secret] = [:]
        if let rounding {
            for name in (try? FileManager.default.contentsOfDirectory(atPath: rounding)) ?? [] where name.hasSuffix(".secret") {
                do throws(TrustError) { known[String(name.dropLast(7))] = Secret(try SeedFile.read("\(rounding)/\(name)")) } catch {
                    throw CommandFailure(.configuration, "\(error)", remedy: "Give the folder with --rounding DIR.")
                }
            }
        }
        // Of the session's seed: a run repeats with its groups. Real nodes draw theirs.
        let drawn = CryptoSuite.system.sha256(Array("in-process \(task.spec.seed)".utf8))
        @Sendable func draw(_ what: String, _ name: String) -> Secret { Secret(CryptoSuite.system.hmacSHA256(drawn, Array("\(what) \(name)".utf8))) }
        task.secrets = ClientSecrets(
            rounding: { [known] name in known[name] ?? draw("rounding", name) }, entropy: { name, use in draw("\(use)", name) },
            identity: { draw("identity", $0) })
    }

    func absences() throws(CommandFailure) -> [(round: Int, clients: Set<String>)] {
        var byRound: [Int: Set<String>] = [:]
        for part in (absent ?? "").split(separator: ",") {
            let pieces = part.split(separator: ":", maxSplits: 1)
            guard pieces.count == 2, let round = Int(pieces[0]) else {
                throw CommandFailure(.usage, "--absent has '\(part)'.", remedy: "Give ROUND:NAME,ROUND:NAME.")
            }
            byRound[round, default: []].insert(String(pieces[1]))
        }
        return byRound.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}
