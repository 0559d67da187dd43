package import Inference

/// A server of others, as the operator describes it.
package struct UpstreamServer: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable {
        /// `/v1/models`, `/v1/completions`, `/v1/chat/completions`.
        case openAI = "openai"
        /// `/v2/…` of the Open Inference Protocol.
        case openInference = "oip"
    }
    package var name: String
    package var kind: Kind
    /// From the question to the last byte of the answer.
    package var seconds: Double
    /// Calls at once; one beyond is turned away.
    package var concurrent: Int
    package var replyBytes: Int
    package var models: [UpstreamModel]

    package init(name: String, kind: Kind, seconds: Double = 60, concurrent: Int = 8, replyBytes: Int = 4 << 20, models: [UpstreamModel]) {
        (self.name, self.kind, self.seconds, self.concurrent, self.replyBytes, self.models) = (name, kind, seconds, concurrent, replyBytes, models)
    }

    /// As replies name it: `openai:lab`.
    package var backend: String { "\(kind.rawValue):\(name)" }
}

/// One model of such a server that may be asked.
package struct UpstreamModel: Sendable, Equatable {
    package enum Task: Sendable, Equatable {
        case text(TextAbilities)
        /// Whatever its inputs and outputs are.
        case tensors
        case classes(PictureInput, ClassOutput)
        case objects(PictureInput, ObjectOutputs)
    }
    /// What callers call it.
    package var id: String
    /// What its server calls it.
    package var name: String
    /// nil: the server decides.
    package var version: String?
    package var task: Task

    package init(id: String, name: String, version: String? = nil, task: Task) {
        (self.id, self.name, self.version, self.task) = (id, name, version, task)
    }
}

/// What a text model's server takes.
package struct TextAbilities: Sendable, Equatable {
    package var completes: Bool
    package var chats: Bool
    /// Of prompt and reply together, in its tokens; nil: as its server says, or unknown.
    package var contextTokens: Int?
    package init(completes: Bool = true, chats: Bool = true, contextTokens: Int? = nil) {
        (self.completes, self.chats, self.contextTokens) = (completes, chats, contextTokens)
    }
}

/// How a picture becomes a tensor [1, …], as the operator says.
package struct PictureInput: Sendable, Equatable {
    package enum Layout: String, Sendable, CaseIterable { case nchw, nhwc }
    package enum Colours: String, Sendable, CaseIterable { case rgb, bgr, grey }
    package var tensor: String
    package var element: Tensor.Element
    package var layout: Layout
    package var colours: Colours
    package var width: Int
    package var height: Int
    /// A sample 0...255 becomes (sample · scale - mean) / deviation; one number for each channel.
    package var scale: Double
    package var means: [Double]
    package var deviations: [Double]

    package init(
        tensor: String, element: Tensor.Element = .float, layout: Layout = .nchw, colours: Colours = .rgb, width: Int, height: Int, scale: Double = 1,
        means: [Double] = [], deviations: [Double] = []
    ) {
        (self.tensor, self.element, self.layout, self.colours) = (tensor, element, layout, colours)
        (self.width, self.height, self.scale, self.means, self.deviations) = (width, height, scale, means, deviations)
    }

    package var channels: Int { colours == .grey ? 1 : 3 }
}

/// How a tensor becomes classes.
package struct ClassOutput: Sendable, Equatable {
    package var tensor: String
    /// The numbers are logits.
    package var isLogits: Bool
    /// By the number of the class; empty: the numbers are their names.
    package var labels: [String]
    package init(tensor: String, isLogits: Bool, labels: [String]) { (self.tensor, self.isLogits, self.labels) = (tensor, isLogits, labels) }
}

/// How three tensors become objects: boxes [n, 4], scores [n] and classes [n], each perhaps with a 1 in front.
package struct ObjectOutputs: Sendable, Equatable {
    package enum Form: String, Sendable, CaseIterable {
        /// Left, top, right, bottom.
        case corners = "x1y1x2y2"
        /// Top, left, bottom, right.
        case cornersFromTop = "y1x1y2x2"
        /// Centre, width, height.
        case centre = "cxcywh"
        /// Left, top, width, height.
        case leftTop = "xywh"
    }
    package var boxes: String
    package var scores: String
    package var classes: String
    package var form: Form
    /// Coordinates are 0...1 of the picture; else pixels of the tensor.
    package var isRelative: Bool
    package var threshold: Double
    package var labels: [String]

    package init(
        boxes: String, scores: String, classes: String, form: Form = .corners, isRelative: Bool = false, threshold: Double = 0.5, labels: [String] = []
    ) {
        (self.boxes, self.scores, self.classes, self.form) = (boxes, scores, classes, form)
        (self.isRelative, self.threshold, self.labels) = (isRelative, threshold, labels)
    }
}

/// A call to a server, below the address that the operator gave.
package struct UpstreamRequest: Sendable, Equatable {
    package var method: String
    /// Begins with a slash.
    package var path: String
    package var body: [UInt8]
    package init(_ method: String, _ path: String, body: [UInt8] = []) { (self.method, self.path, self.body) = (method, path, body) }
}

extension String {
    /// As a part of a path: all but RFC 3986's unreserved characters is percent-encoded.
    package var pathPart: String {
        utf8.map { byte in
            let isPlain = (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || "-._~".utf8.contains(byte)
            return isPlain ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }
}
