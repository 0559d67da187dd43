internal import APIKit
internal import Inference
internal import ModelServing
internal import StrictJSON

/// What `infer` is asked, whichever version of a model will answer.
struct InferQuestion: Sendable {
    /// Runs are shared with whoever asks at the same time: what a row gets does not depend on it.
    private static let batchRows = 64
    private static let bytesHeader = "inference-header-content-length"

    let id: String?
    let inputs: [NamedTensor]
    let options: InferenceOptions
    /// Names of the outputs that are wanted, in their order; nil: all.
    private let wanted: [String]?
    /// Of the outputs those that are wanted as bytes and not as JSON; where nothing is said of one, whether all are.
    private let asBytes: [String: Bool]
    private let areBytes: Bool

    init(_ request: APIRequest) async throws(ServiceError) {
        let (json, bytes) = try await Self.parts(request)
        var rest = bytes
        var notices: [JSON] = []
        let body = try InferBody.read(json, at: "", .none, &notices)
        var inputs: [NamedTensor] = []
        for (i, input) in body.inputs.enumerated() {
            let place = "inputs[\(i)]"
            guard let element = Tensor.Element(rawValue: input.datatype) else {
                let known = Tensor.Element.allCases.map(\.rawValue).joined(separator: ", ")
                throw .invalid(field: "\(place).datatype", issue: "must be one of \(known)", provided: .string(input.datatype))
            }
            var problem = ""
            let tensor: Tensor?
            if let size = input.parameters["binary_data_size"] {
                tensor = try Self.taken(size, from: &rest, at: "\(place).parameters.binary_data_size").flatMap {
                    Tensor.read($0, element, shape: input.shape, problem: &problem)
                }
            } else {
                guard input.data != .null else { throw .invalid(field: "\(place).data", issue: "is missing", provided: nil) }
                tensor = Tensor.read(input.data, element, shape: input.shape, problem: &problem)
            }
            guard let tensor else { throw .invalid(field: "\(place).data", issue: problem, provided: nil) }
            inputs.append(NamedTensor(input.title, tensor))
        }
        for (i, output) in (body.outputs ?? []).enumerated() where output.parameters["classification"].map({ $0 != .integer(0) && $0 != .null }) ?? false {
            throw .invalid(field: "outputs[\(i)].parameters.classification", issue: "is an extension that is not built; leave class_count out", provided: nil)
        }
        guard rest.isEmpty else { throw .invalid(field: "body", issue: "has \(rest.count) bytes at its end that belong to no input", provided: nil) }
        areBytes = body.parameters["binary_data_output"] == .bool(true)
        asBytes = Dictionary((body.outputs ?? []).compactMap { output in output.parameters["binary_data"]?.truth.map { (output.title, $0) } }) { $1 }
        id = body.id
        self.inputs = inputs
        wanted = body.outputs.flatMap { $0.isEmpty ? nil : $0.map(\.title) }
        var options = InferenceOptions()
        options.batchRows = Self.batchRows
        self.options = options
    }

    /// - Throws: where an output is wanted that the model does not have.
    func check(_ outputs: [TensorSpec]) throws(ServiceError) {
        // Other servers need not say what comes out of their models.
        let names = outputs.map(\.name)
        for (i, name) in (wanted ?? []).enumerated() where !names.isEmpty && !names.contains(name) {
            throw .invalid(
                field: "outputs[\(i)].name", issue: "must be one of this model's outputs: \(names.joined(separator: ", "))", provided: .string(name))
        }
    }

    /// JSON, and behind it the bytes of the outputs that are wanted so.
    func reply(_ answer: InferenceAnswer, requestID: String) -> APIReply {
        var bytes: [UInt8] = []
        var hasBytes = false
        let outputs = wanted.map { wanted in wanted.compactMap { name in answer.outputs.first { $0.name == name } } } ?? answer.outputs
        let views = outputs.map { output -> JSON in
            let view = OutputView(output)
            guard asBytes[output.name] ?? areBytes else { return view.json }
            let data = output.tensor.bytes
            bytes += data
            hasBytes = true
            return [
                "name": .string(view.title), "shape": .array(view.shape.map { JSON($0) }), "datatype": .string(view.datatype),
                "parameters": ["binary_data_size": JSON(data.count)],
            ]
        }
        let head = InferView(
            model: answer.model.id, version: answer.model.version, id: id ?? requestID,
            parameters: AnswerParameters(sha256: answer.model.verifiedSHA256, upstream: answer.model.upstream, rows: answer.runRows), outputs: []
        ).json
        let json = JSON.object((head.members ?? []).map { $0.name == "outputs" ? .init("outputs", .array(views)) : $0 })
        guard hasBytes else { return .json(json) }
        let text = json.encoded()
        return APIReply(200, headers: [(name: Self.bytesHeader, value: "\(text.count)")], .bytes(text + bytes, type: "application/octet-stream"))
    }

    /// The JSON of a request, and the bytes behind it. The protocol asks for no Content-Type, and its clients send none.
    private static func parts(_ request: APIRequest) async throws(ServiceError) -> (JSON, ArraySlice<UInt8>) {
        let type = request.header("content-type")?.lowercased()
        guard type.map({ $0.hasPrefix("application/json") || $0.hasPrefix("application/octet-stream") }) ?? true else {
            throw .unsupportedMediaType("send the request as Content-Type: application/json")
        }
        guard request.header("content-encoding").map({ $0.lowercased() == "identity" }) ?? true else {
            throw .unsupportedMediaType("send the request without Content-Encoding: nothing is unpacked here")
        }
        let bytes = try await request.body.collect(request.bodyLimitBytes)
        var length = bytes.count
        if let told = request.header(bytesHeader) {
            guard let number = Int(told), (0...bytes.count).contains(number) else {
                throw .invalid(
                    field: bytesHeader, issue: "must be how many of the body's \(bytes.count) bytes are JSON", provided: .string(told.clipped(64)))
            }
            length = number
        }
        do { return (try JSON(parsing: Array(bytes[..<length])), bytes[length...]) } catch {
            throw .invalid(field: "body", issue: error.description, provided: nil)
        }
    }

    /// The first of the bytes that are left.
    private static func taken(_ size: JSON, from rest: inout ArraySlice<UInt8>, at field: String) throws(ServiceError) -> ArraySlice<UInt8>? {
        guard let size = size.whole, (0...Int64(rest.count)).contains(size) else {
            throw .invalid(
                field: field,
                issue: "must be at most the \(rest.count) bytes that are left behind the JSON; Inference-Header-Content-Length says where they begin",
                provided: size)
        }
        defer { rest = rest.dropFirst(Int(size)) }
        return rest.prefix(Int(size))
    }
}
