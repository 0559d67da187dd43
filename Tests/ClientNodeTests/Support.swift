import ClientNode
import Compute
import CryptoSuite
import Federation
import Foundation
import Learning
import Logging
import StrictJSON
import Trust
import Wire

let sessionID = "fl-session-1"
private let spec = ModelSpec(kind: .softmaxRegression, layers: [2, 2])
private let schema = DataSchema(inputs: 2, outputs: 2, scale: .none)
let modelBytes = ModelFile(spec: spec, schema: schema, parameters: [Float](repeating: 0.25, count: spec.parameterCount)).encode()
let modelDigest = CryptoSuite.system.sha256(modelBytes)

let dataset = Dataset(features: [0, 1, 1, 0, 2, 1, 1, 3], labels: [0, 1, 1, 0], inputs: 2, outputs: 2)

func house(threads: Int = 1) -> NodeHouse {
    NodeHouse(pool: ComputePool(threads: threads, name: "test"), log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
}

/// A node enrolled with `fake`, in a folder of its own.
func node(
    _ fake: FakeCoordinator, _ name: String = "client-01", ageSeconds: Double = 0, lifeSeconds: Double = 3600, policy: ClientPolicy = ClientPolicy(),
    limits: TimeLimits = TimeLimits(), renewal: RenewalTimes = RenewalTimes(), house: NodeHouse = house(), notice: @escaping NodeRunner.Notice = { _ in }
) throws -> (runner: NodeRunner, folder: String) {
    let folder = fake.site.folder + "/" + name
    let made = try fake.site.node(name, ageSeconds: ageSeconds, lifeSeconds: lifeSeconds)
    try NodeIdentity(
        card: .init(coordinator: "https://127.0.0.1:\(fake.port)", tenant: "default", client: name), certificatePEM: made.certificatePEM,
        authorityPEM: made.authorityPEM, keyPEM: made.keyPEM
    ).save(to: folder)
    let runner = try NodeRunner(
        data: folder, rows: LocalRows(dataset), schema: schema, policy: policy, limits: limits, renewal: renewal, house: house, notice: notice)
    return (runner, folder)
}

/// What left a node, line by line.
func sent(_ folder: String) -> [JSON] {
    let text = FileManager.default.contents(atPath: folder + "/sent.jsonl") ?? Data()
    return text.split(separator: UInt8(ascii: "\n")).compactMap { try? JSON(parsing: [UInt8]($0)) }
}

func status(_ state: String = "training", minClients: Int = 3) -> FakeCoordinator.Reply {
    .json(200, #"{"session_id":"\#(sessionID)","status":"\#(state)","min_clients":\#(minClients),"model":{"kind":"softmax_regression","layers":[2,2]}}"#)
}

let joined = FakeCoordinator.Reply.json(200, #"{"client_id":"client-01","assigned_round":1}"#)

func refused(_ status: Int, headers: [(String, String)] = []) -> FakeCoordinator.Reply {
    .json(status, #"{"success":false,"error":{"code":"X","message":"not now"}}"#, headers: headers)
}

func roundStart(_ round: Int) -> ServerMessage {
    .roundStart(
        RoundStart(
            sessionID: sessionID, round: round, attempt: 1, modelSHA256: modelDigest, modelPath: "/model", updatePath: "/update",
            deadlineMs: Instant.now.milliseconds + 600_000,
            training: TrainingPlan(learningRate: 0.1, momentum: 0, weightDecay: 0, proximalMu: 0, localEpochs: 1, batchSize: 4, seed: 1),
            uploadEncoding: .identity))
}

let sessionEnded = ServerMessage.sessionEnded(
    SessionEnded(sessionID: sessionID, status: "completed", modelSHA256: modelDigest, modelPath: "/model", reason: ""))

func welcome(_ version: Int = ControlCodec.version) -> ServerMessage {
    .welcome(Welcome(version: version, sessionID: sessionID, heartbeatSeconds: 30, serverTimeMs: 0, status: "training"))
}

/// A coordinator that lets every node join and take one round after the other, up to `rounds`.
func cooperative(_ request: FakeCoordinator.Request, _ fake: FakeCoordinator, rounds: Int) -> FakeCoordinator.Reply {
    switch (request.method, request.path.split(separator: "?").first ?? "") {
    case ("GET", "/model"): return .bytes(modelBytes)
    case ("POST", "/update"):
        let round = request.path.split(separator: "?").last?.split(separator: "&").first.flatMap { Int($0.dropFirst("round=".count)) } ?? 0
        fake.tell(round < rounds ? roundStart(round + 1) : sessionEnded)
        return .json(200, "{}")
    case ("POST", let path) where path.hasSuffix("/join"): return joined
    case ("GET", let path) where path.hasSuffix("/sessions"):
        return .json(200, #"{"sessions":[{"session_id":"\#(sessionID)","status":"training","min_clients":3}]}"#)
    case ("GET", _): return status()
    default: return refused(404)
    }
}
