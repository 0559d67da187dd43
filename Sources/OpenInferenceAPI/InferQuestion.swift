internal import APIKit
internal import Inference
internal import ModelServing
internal import StrictJSON

/// What `infer` is asked, read by the model's own specification.
struct InferQuestion: Sendable {
    /// Runs are shared with whoever asks at the same time: what a row gets does not depend on it.
    private static let batchRows = 64
    private static let bytesHeader = "inference-header-content-length"
    private static let noBytes = "tensors are taken as JSON; the binary data extension is not built. Send and ask for them with binary_data=False"

    let id: String?
    let inputs: [NamedTensor]
    let options: InferenceOptions
    /// Names of the outputs that are wanted, in their order; nil: all.
    private let wanted: [String]?

    init(_ request: APIRequest, _ status: ModelRuntime.Status) async throws(ServiceError) {
        guard request.header(Self.bytesHeader) == nil else { throw .invalid(field: Self.bytesHeader, issue: Self.noBytes, provided: nil) }
        let json = try await Self.json(request)
        var notices: [JSON] = []
        let body = try InferBody.read(json, at: "", .none, &notices)
        var inputs: [NamedTensor] = []
        for (i, input) in body.inputs.enumerated() {
            let place = "inputs[\(i)]"
            guard input.parameters["binary_data_size"] == nil else {
                throw .invalid(field: "\(place).parameters.binary_data_size", issue: Self.noBytes, provided: nil)
            }
            guard let element = Tensor.Element(rawValue: input.datatype) else {
                let known = Tensor.Element.allCases.map(\.rawValue).joined(separator: ", ")
                throw .invalid(field: "\(place).datatype", issue: "must be one of \(known)", provided: .string(input.datatype))
            }
            guard input.data != .null else { throw .invalid(field: "\(place).data", issue: "is missing", provided: nil) }
            var problem = ""
            guard let tensor = Tensor.read(input.data, element, shape: input.shape, problem: &problem) else {
                throw .invalid(field: "\(place).data", issue: problem, provided: nil)
            }
            inputs.append(NamedTensor(input.title, tensor))
        }
        // Other servers need not say what comes out of their models.
        let names = status.outputs.map(\.name)
        for (i, output) in (body.outputs ?? []).enumerated() where !names.isEmpty && !names.contains(output.title) {
            throw .invalid(
                field: "outputs[\(i)].name", issue: "must be one of this model's outputs: \(names.joined(separator: ", "))", provided: .string(output.title))
        }
        // A client that would read bytes reads JSON just as well: which it is, is in the answer.
        id = body.id
        self.inputs = inputs
        wanted = body.outputs.flatMap { $0.isEmpty ? nil : $0.map(\.title) }
        var options = InferenceOptions()
        options.batchRows = Self.batchRows
        self.options = options
    }

    func outputs(_ all: [NamedTensor]) -> [NamedTensor] {
        guard let wanted else { return all }
        return wanted.compactMap { name in all.first { $0.name == name } }
    }

    /// The protocol asks for no Content-Type, and its clients send none.
    private static func json(_ request: APIRequest) async throws(ServiceError) -> JSON {
        let type = request.header("content-type")?.lowercased()
        guard type.map({ $0.hasPrefix("application/json") || $0.hasPrefix("application/octet-stream") }) ?? true else {
            throw .unsupportedMediaType("send the request as Content-Type: application/json")
        }
        let bytes = try await request.body.collect(request.bodyLimitBytes)
        let json: JSON
        do { json = try JSON(parsing: bytes) } catch { throw .invalid(field: "body", issue: error.description, provided: nil) }
        return json
    }
}
