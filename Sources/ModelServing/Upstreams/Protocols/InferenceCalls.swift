package import Inference
internal import StrictJSON

/// Calls of the Open Inference Protocol (KServe's V2, `inference_rest.md`). Tensors are JSON: the extension that appends them as bytes is not
/// asked for.
package enum InferenceCalls {
    package static let ready = UpstreamRequest("GET", "/v2/health/ready")

    package static func metadata(_ model: String, version: String?) -> UpstreamRequest { UpstreamRequest("GET", path(model, version)) }
    package static func isReady(_ model: String, version: String?) -> UpstreamRequest { UpstreamRequest("GET", path(model, version) + "/ready") }

    package static func infer(_ model: String, version: String?, _ inputs: [NamedTensor]) -> UpstreamRequest {
        let tensors: [JSON] = inputs.map { input in
            [
                "name": .string(input.name), "shape": .array(input.tensor.shape.map { .integer(Int64($0)) }),
                "datatype": .string(input.tensor.element.rawValue), "data": input.tensor.flatJSON,
            ]
        }
        return UpstreamRequest("POST", path(model, version) + "/infer", body: (["inputs": .array(tensors)] as JSON).encoded())
    }

    private static func path(_ model: String, _ version: String?) -> String {
        "/v2/models/\(model.pathPart)" + (version.map { "/versions/\($0.pathPart)" } ?? "")
    }
}

/// What a server says of a model.
package struct InferenceMetadata: Sendable, Equatable {
    package var inputs: [TensorSpec]
    package var outputs: [TensorSpec]
    /// The first tensor with elements that are not taken here, and their name as far as it is one; nil: all are.
    package var unsupported: String?

    /// - Parameter model: by the server's name.
    package init(parsing bytes: [UInt8], model: String) throws(UpstreamReplyError) {
        let json = try upstreamJSON(bytes)
        guard json["name"]?.text == model else { throw UpstreamReplyError("it is of another model than the one that was asked for") }
        var unsupported: String?
        inputs = try Self.specs(json["inputs"], "inputs", &unsupported)
        outputs = try Self.specs(json["outputs"], "outputs", &unsupported)
        self.unsupported = unsupported
    }

    private static func specs(_ json: JSON?, _ field: String, _ unsupported: inout String?) throws(UpstreamReplyError) -> [TensorSpec] {
        guard let json, json != .null else { return [] }
        guard let list = json.elements, list.count <= RuntimeLimits.tensors else { throw UpstreamReplyError("its \(field) are no list of tensors") }
        var specs: [TensorSpec] = []
        for tensor in list {
            guard let name = tensor["name"]?.text, (1...UpstreamLimits.nameBytes).contains(name.utf8.count), !specs.contains(where: { $0.name == name })
            else { throw UpstreamReplyError("its \(field) have a tensor without a name of its own") }
            guard let datatype = tensor["datatype"]?.text, (1...16).contains(datatype.utf8.count), let shape = shape(tensor["shape"], least: -1) else {
                throw UpstreamReplyError("its \(field) have a tensor without datatype and shape")
            }
            guard let element = Tensor.Element(rawValue: datatype) else {
                unsupported = unsupported ?? "one of its \(field) has elements that are not taken here"
                continue
            }
            specs.append(TensorSpec(name: name, element: element, shape: shape))
        }
        return specs
    }

    static func shape(_ json: JSON?, least: Int64) -> [Int]? {
        guard let extents = json?.elements, extents.count <= RuntimeLimits.dimensions else { return nil }
        let numbers = extents.compactMap(\.whole).filter { (least...Int64(RuntimeLimits.elements)).contains($0) }
        return numbers.count == extents.count ? numbers.map { Int($0) } : nil
    }
}

/// What `infer` answered.
package struct InferenceReply: Sendable, Equatable {
    package var outputs: [NamedTensor]

    /// - Parameter model: by the server's name. Whoever answers for another one is not believed.
    package init(parsing bytes: [UInt8], model: String) throws(UpstreamReplyError) {
        let json = try upstreamJSON(bytes)
        guard json["model_name"]?.text == model else { throw UpstreamReplyError("it is of another model than the one that was asked") }
        guard let list = json["outputs"]?.elements, (1...RuntimeLimits.tensors).contains(list.count) else {
            throw UpstreamReplyError("it has no list of 1 to \(RuntimeLimits.tensors) outputs")
        }
        var (outputs, total): ([NamedTensor], Int) = ([], 0)
        for output in list {
            let tensor = try Self.tensor(output)
            guard !outputs.contains(where: { $0.name == tensor.name }) else { throw UpstreamReplyError("it has an output twice") }
            total += tensor.tensor.count
            guard total <= RuntimeLimits.elements else { throw UpstreamReplyError("its outputs have more than \(RuntimeLimits.elements) values") }
            outputs.append(tensor)
        }
        self.outputs = outputs
    }

    private static func tensor(_ json: JSON) throws(UpstreamReplyError) -> NamedTensor {
        guard let name = json["name"]?.text, (1...UpstreamLimits.nameBytes).contains(name.utf8.count) else { throw UpstreamReplyError("an output has no name") }
        guard json["parameters"]?["binary_data_size"] == nil else { throw UpstreamReplyError("an output is in bytes, and JSON was asked for") }
        guard let datatype = json["datatype"]?.text, let element = Tensor.Element(rawValue: datatype) else {
            throw UpstreamReplyError("an output has elements that are not taken here")
        }
        guard let shape = InferenceMetadata.shape(json["shape"], least: 0) else { throw UpstreamReplyError("an output has no shape") }
        guard let data = json["data"] else { throw UpstreamReplyError("an output has no data") }
        var problem = ""
        guard let tensor = Tensor.read(data, element, shape: shape, problem: &problem) else { throw UpstreamReplyError("an output \(problem)") }
        return NamedTensor(name, tensor)
    }
}
