import CryptoSuite
import Federation
import Foundation
import Inference
import ModelServing
import Platform
import Telemetry
import Trust
import TuttiConfiguration

/// Servers of others, as the settings name them. Each has a client of its own, which goes there and nowhere else.
enum UpstreamRoom {
    private static let caBytes = 1 << 20
    private static let labelBytes = 8 << 20
    private static let keyBytes = 1...4096

    /// - Throws: `configuration`, before anything is served.
    static func open(_ settings: CoordinatorSettings, _ metrics: Metrics) throws(CoordinatorError) -> Upstreams? {
        guard !settings.upstreams.isEmpty else { return nil }
        var servers: [(server: UpstreamServer, transport: any UpstreamTransport)] = []
        for one in settings.upstreams { servers.append((try server(one), try transport(one, isLocal: settings.profile == .local))) }
        return Upstreams(servers, metrics: metrics)
    }

    private static func wrong(_ one: UpstreamSettings, _ place: String? = nil, _ problem: String) -> CoordinatorError {
        CoordinatorError(
            .configuration, "models.upstreams.\(one.name) (\(place ?? one.place)): \(problem)", remedy: "docs/upstreams.md says what each key takes.")
    }

    // MARK: The way there

    private static func transport(_ one: UpstreamSettings, isLocal: Bool) throws(CoordinatorError) -> any UpstreamTransport {
        let (roots, key) = (try certificates(one), try key(one))
        do throws(EgressError) {
            let url = try EgressURL(one.url)
            var allowances: [EgressPolicy.Allowance] = []
            for text in one.allow { allowances.append(try EgressPolicy.Allowance(text)) }
            let policy = EgressPolicy(allowsLoopback: isLocal, ports: [url.port], allowances: allowances, allowsPlain: true)
            // An address is judged now, a name whenever it is used.
            try policy.check(url)
            return GuardedUpstream(client: try GuardedClient(policy: policy, roots: roots), base: url, key: key)
        } catch {
            let remedy = if case .refused = error { " Write its block or name into allow." } else { "" }
            throw wrong(one, nil, error.message + remedy)
        }
    }

    private static func certificates(_ one: UpstreamSettings) throws(CoordinatorError) -> GuardedClient.Roots {
        guard let file = one.caFile else { return .system }
        guard let bytes = read(file, most: caBytes), let text = String(validating: bytes, as: UTF8.self) else {
            throw wrong(one, nil, "ca_file '\(file)' cannot be read, or is no PEM of at most \(caBytes) bytes")
        }
        return .pem(text)
    }

    /// One line of a file that nobody else may read. Nothing of it is ever told.
    private static func key(_ one: UpstreamSettings) throws(CoordinatorError) -> Secret? {
        guard let file = one.apiKeyFile else { return nil }
        var bytes: [UInt8]
        do throws(TrustError) { bytes = try SecretFile.read(file) } catch { throw wrong(one, nil, "api_key_file: \(error.message)") }
        while let last = bytes.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") { bytes.removeLast() }
        guard keyBytes.contains(bytes.count), bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw wrong(one, nil, "api_key_file must hold one line of 1 to \(keyBytes.upperBound) printable characters without blanks")
        }
        return Secret(bytes)
    }

    private static func read(_ file: String, most: Int) -> [UInt8]? {
        guard let handle = FileHandle(forReadingAtPath: file), let data = try? handle.read(upToCount: most + 1), data.count <= most else { return nil }
        return [UInt8](data)
    }

    // MARK: Its models

    private static func server(_ one: UpstreamSettings) throws(CoordinatorError) -> UpstreamServer {
        var models: [UpstreamModel] = []
        for model in one.models {
            models.append(UpstreamModel(id: model.id, name: model.name, version: model.version, task: try task(model, one)))
        }
        return UpstreamServer(
            name: one.name, kind: one.kind == .openai ? .openAI : .openInference, seconds: Double(one.timeoutSeconds), concurrent: one.maximumConcurrent,
            replyBytes: one.maximumReplyMegabytes << 20, models: models)
    }

    private static func task(_ model: UpstreamModelSettings, _ one: UpstreamSettings) throws(CoordinatorError) -> UpstreamModel.Task {
        switch model.task {
        case .text(let completes, let chats, let context): return .text(TextAbilities(completes: completes, chats: chats, contextTokens: context))
        case .tensors: return .tensors
        case .classify(let picture, let output, let isLogits, let file):
            return .classes(
                try input(picture, model, one), ClassOutput(tensor: output, isLogits: isLogits, labels: try labels(file, model, one)))
        case .detect(let picture, let detector):
            guard let form = ObjectOutputs.Form(rawValue: detector.form) else { throw wrong(one, model.place, "box_form is none that is known") }
            return .objects(
                try input(picture, model, one),
                ObjectOutputs(
                    boxes: detector.boxes, scores: detector.scores, classes: detector.classes, form: form, isRelative: detector.isRelative,
                    threshold: detector.threshold, labels: try labels(detector.labelsFile, model, one)))
        }
    }

    private static func input(_ picture: PictureSettings, _ model: UpstreamModelSettings, _ one: UpstreamSettings) throws(CoordinatorError) -> PictureInput {
        guard let element = Tensor.Element(rawValue: picture.datatype), let layout = PictureInput.Layout(rawValue: picture.layout),
            let colours = PictureInput.Colours(rawValue: picture.colours)
        else { throw wrong(one, model.place, "datatype, layout or colours are none that are known") }
        let input = PictureInput(
            tensor: picture.input, element: element, layout: layout, colours: colours, width: picture.width, height: picture.height, scale: picture.scale,
            means: picture.mean, deviations: picture.deviation)
        if let problem = input.problem { throw wrong(one, model.place, problem) }
        return input
    }

    /// A label on each line, in the order of the classes' numbers.
    private static func labels(_ file: String?, _ model: UpstreamModelSettings, _ one: UpstreamSettings) throws(CoordinatorError) -> [String] {
        guard let file else { return [] }
        guard let bytes = read(file, most: labelBytes), let text = String(validating: bytes, as: UTF8.self) else {
            throw wrong(one, model.place, "labels_file '\(file)' cannot be read, or is no UTF-8 of at most \(labelBytes) bytes")
        }
        var lines = text.split(omittingEmptySubsequences: false) { $0.isNewline }.map(String.init)
        while lines.last?.isEmpty == true { lines.removeLast() }
        guard (1...UpstreamLimits.labels).contains(lines.count), lines.allSatisfy({ (1...UpstreamLimits.nameBytes).contains($0.utf8.count) }) else {
            throw wrong(one, model.place, "labels_file must have a label of at most \(UpstreamLimits.nameBytes) bytes on each line")
        }
        return lines
    }
}

/// A model of another server is its own deployment: nothing of it is placed here.
struct UpstreamDeployments: DeploymentSource {
    let upstreams: Upstreams?
    let deployments: any DeploymentSource

    func model(of deployment: String, tenant: String) async throws(ModelFailure) -> String {
        if upstreams?.find(deployment) != nil { return deployment }
        return try await deployments.model(of: deployment, tenant: tenant)
    }

    func latest(tenant: String) async throws(ModelFailure) -> String? { try await deployments.latest(tenant: tenant) }
}
