/// A server of others whose models answer here: `[models.upstreams.NAME]`.
package struct UpstreamSettings: Sendable, Equatable {
    static let section = "models.upstreams"

    package enum Kind: String, Sendable, CaseIterable { case openai, oip }

    package var name: String
    package var kind: Kind
    /// What stands before `/v1` or `/v2`.
    package var url: String
    /// Blocks and hosts beside the public internet at which this server may be, and nothing else for its sake.
    package var allow: [String]
    /// Certificates in PEM that its own must come from; nil: the system's.
    package var caFile: String?
    /// A file of mode 0600 with the key that it is shown.
    package var apiKeyFile: String?
    package var timeoutSeconds: Int
    package var maximumConcurrent: Int
    package var maximumReplyMegabytes: Int
    /// By id.
    package var models: [UpstreamModelSettings]
    /// File and line.
    package var place: String

    /// - Throws: for what is not understood, and for ids that two models would have.
    static func read(_ table: SettingsTable?) throws(ConfigurationError) -> [UpstreamSettings] {
        guard let table else { return [] }
        if let stray = table.values.first {
            throw .unknownKey("\(table.path).\(stray.key)", place: stray.place, suggestion: "\(table.path).NAME.\(stray.key)")
        }
        guard table.tables.count <= Limits.upstreams else {
            throw .syntax(file: table.place, line: 1, problem: "there are more than \(Limits.upstreams) servers in \(section)")
        }
        var all: [UpstreamSettings] = []
        var places: [String: String] = [:]
        for server in table.tables {
            let one = try UpstreamSettings(server)
            for model in one.models {
                if let other = places.updateValue(model.place, forKey: model.id) {
                    throw .value(section, value: model.id, place: model.place, problem: "is the id of another model already, in \(other)")
                }
            }
            all.append(one)
        }
        return all
    }

    private init(_ table: SettingsTable) throws(ConfigurationError) {
        let keys = ["kind", "url", "allow", "ca_file", "api_key_file", "timeout_seconds", "max_concurrent", "max_reply_megabytes"]
        try table.check(keys: keys, tables: ["models"])
        guard (1...32).contains(table.name.utf8.count), table.name.utf8.allSatisfy({ isNameByte($0) && $0 != UInt8(ascii: ".") }) else {
            throw .value(Self.section, value: table.name, place: table.place, problem: "must be a name of letters, digits, - and _, at most 32")
        }
        (name, place) = (table.name, table.place)
        let kind = Kind(rawValue: try table.choice("kind", Kind.allCases.map(\.rawValue))) ?? .openai
        self.kind = kind
        var url = try table.text("url")
        while url.hasSuffix("/") { url.removeLast() }
        guard url.hasPrefix("https://") || url.hasPrefix("http://") else { throw table.problem("url", url, "must begin with https:// or http://") }
        let version = kind == .openai ? "/v1" : "/v2"
        guard !url.hasSuffix(version) else { throw table.problem("url", url, "must end before \(version), which is added") }
        guard !url.contains("?"), !url.contains("#") else { throw table.problem("url", url, "must have neither a query nor a fragment") }
        self.url = url
        allow = try table.list("allow", [])
        (caFile, apiKeyFile) = (table.has("ca_file") ? try table.text("ca_file") : nil, table.has("api_key_file") ? try table.text("api_key_file") : nil)
        if apiKeyFile != nil, url.hasPrefix("http://"), !Self.isLoopback(url) {
            throw table.problem("url", url, "must begin with https:// where there is an api_key_file: a key is not sent where others can read it")
        }
        timeoutSeconds = try table.whole("timeout_seconds", 1...600, 60)
        maximumConcurrent = try table.whole("max_concurrent", 1...1024, 8)
        maximumReplyMegabytes = try table.whole("max_reply_megabytes", 1...64, 4)
        let inner = table.tables.first?.tables ?? []
        if let stray = table.tables.first?.values.first {
            throw .kind("\(Self.section).\(table.name).models.\(stray.key)", place: stray.place, found: "no table", expected: "a table of its own")
        }
        guard (1...Limits.upstreamModels).contains(inner.count) else {
            throw .missing(
                "\(table.path).models.\"ID\"", place: table.place, problem: "only models that are named are served, 1 to \(Limits.upstreamModels) of a server")
        }
        var models: [UpstreamModelSettings] = []
        for model in inner { models.append(try UpstreamModelSettings(model, kind)) }
        self.models = models
    }

    private static func isLoopback(_ url: String) -> Bool {
        let authority = url.dropFirst("http://".count).prefix { $0 != "/" }
        return CoordinatorSettings.loopbackNames.contains { name in
            let host = name.contains(":") ? "[\(name)]" : name
            return authority == host || authority.hasPrefix(host + ":")
        }
    }
}

/// A model of such a server: `[models.upstreams.NAME.models."ID"]`.
package struct UpstreamModelSettings: Sendable, Equatable {
    package enum Task: Sendable, Equatable {
        /// - Parameter context: in tokens; nil: as its server says.
        case text(completes: Bool, chats: Bool, context: Int?)
        case tensors
        case classify(PictureSettings, output: String, isLogits: Bool, labelsFile: String?)
        case detect(PictureSettings, DetectorSettings)
    }
    /// What callers call it.
    package var id: String
    /// What its server calls it.
    package var name: String
    package var version: String?
    package var task: Task
    package var place: String

    /// Ids that models of ours have, or may come to have.
    private static let ownPrefixes = ["fed-", "model_", "deploy_"]
    private static let own = ["ngram-byte-5", "lex-sent-1", "langid-1", "ner-rules-1", "yake-1", "rake-1", "textrank-1", "tesseract"]

    init(_ table: SettingsTable, _ kind: UpstreamSettings.Kind) throws(ConfigurationError) {
        func refused(_ problem: String) -> ConfigurationError { .value(table.path, value: table.name, place: table.place, problem: problem) }
        (id, place) = (table.name, table.place)
        guard (1...128).contains(id.utf8.count), id.utf8.allSatisfy(isNameByte) else {
            throw refused("must be an id of letters, digits, -, _, ., : and /, at most 128")
        }
        guard !Self.own.contains(id), !Self.ownPrefixes.contains(where: id.hasPrefix) else {
            throw refused("is a name that models of this coordinator have; an id never means another one")
        }
        name = try table.text("name", id)
        guard (1...256).contains(name.utf8.count) else { throw table.problem("name", name, "must have 1 to 256 bytes") }
        switch kind {
        case .openai:
            try table.check(keys: ["name", "endpoints", "context_tokens"])
            version = nil
            let endpoints = try table.list("endpoints", ["completions", "chat"])
            guard !endpoints.isEmpty, endpoints.allSatisfy(["completions", "chat"].contains) else {
                throw table.problem("endpoints", endpoints.joined(separator: ","), "must be completions, chat, or both")
            }
            let context = try table.whole("context_tokens", 0...100_000_000, 0)
            task = .text(completes: endpoints.contains("completions"), chats: endpoints.contains("chat"), context: context == 0 ? nil : context)
        case .oip:
            version = table.has("version") ? try table.text("version") : nil
            task = try Self.inferenceTask(table)
        }
    }

    private static func inferenceTask(_ table: SettingsTable) throws(ConfigurationError) -> Task {
        let common = ["name", "version", "task"]
        switch try table.choice("task", ["infer", "classify", "detect"], "infer") {
        case "classify":
            try table.check(keys: common + PictureSettings.keys + ["output", "activation", "labels_file"])
            let activation = try table.choice("activation", ["probabilities", "logits"])
            return .classify(
                try PictureSettings(table), output: try table.text("output"), isLogits: activation == "logits",
                labelsFile: table.has("labels_file") ? try table.text("labels_file") : nil)
        case "detect":
            try table.check(keys: common + PictureSettings.keys + DetectorSettings.keys)
            return .detect(try PictureSettings(table), try DetectorSettings(table))
        default:
            try table.check(keys: common)
            return .tensors
        }
    }
}

/// How a picture becomes a tensor.
package struct PictureSettings: Sendable, Equatable {
    static let keys = ["input", "datatype", "layout", "colours", "width", "height", "scale", "mean", "deviation"]
    package var input: String
    package var datatype: String
    package var layout: String
    package var colours: String
    package var width: Int
    package var height: Int
    package var scale: Double
    package var mean: [Double]
    package var deviation: [Double]

    init(_ table: SettingsTable) throws(ConfigurationError) {
        input = try table.text("input")
        datatype = try table.choice("datatype", ["FP32", "UINT8"], "FP32")
        layout = try table.choice("layout", ["nchw", "nhwc"])
        colours = try table.choice("colours", ["rgb", "bgr", "grey"], "rgb")
        (width, height) = (try table.whole("width", 1...2048), try table.whole("height", 1...2048))
        scale = try table.number("scale", 1e-6...1e6, 1)
        (mean, deviation) = (try table.numbers("mean", -1e6...1e6), try table.numbers("deviation", 1e-6...1e6))
        let channels = colours == "grey" ? 1 : 3
        for (key, numbers) in [("mean", mean), ("deviation", deviation)] where !numbers.isEmpty && numbers.count != channels {
            throw table.problem(key, "\(numbers.count) numbers", "must have \(channels), one for each channel")
        }
    }
}

/// How three tensors become objects.
package struct DetectorSettings: Sendable, Equatable {
    static let keys = ["boxes", "scores", "classes", "box_form", "box_unit", "threshold", "labels_file"]
    package var boxes: String
    package var scores: String
    package var classes: String
    package var form: String
    package var isRelative: Bool
    package var threshold: Double
    package var labelsFile: String?

    init(_ table: SettingsTable) throws(ConfigurationError) {
        (boxes, scores, classes) = (try table.text("boxes"), try table.text("scores"), try table.text("classes"))
        form = try table.choice("box_form", ["x1y1x2y2", "y1x1y2x2", "cxcywh", "xywh"])
        isRelative = try table.choice("box_unit", ["pixels", "relative"]) == "relative"
        threshold = try table.number("threshold", 0...1, 0.5)
        labelsFile = table.has("labels_file") ? try table.text("labels_file") : nil
    }
}

/// Of names and ids.
private func isNameByte(_ c: UInt8) -> Bool {
    (0x30...0x39).contains(c) || (0x41...0x5A).contains(c) || (0x61...0x7A).contains(c) || "-_.:/".utf8.contains(c)
}
