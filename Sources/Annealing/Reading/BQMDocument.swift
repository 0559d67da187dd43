package import StrictJSON

/// A binary quadratic model in JSON: what dimod's `to_serializable(use_bytes=False)` gives, schema 3.0.0.
extension Problem {
    private static let schema = "3.0.0"
    private static let typeName = "BinaryQuadraticModel"
    private static let known: Set = [
        "type", "version", "use_bytes", "index_type", "bias_type", "num_variables", "num_interactions", "variable_labels", "variable_type", "offset",
        "info",
        "linear_biases", "quadratic_biases", "quadratic_head", "quadratic_tail",
    ]

    package init(bqm bytes: [UInt8]) throws(AnnealingError) {
        guard bytes.count <= Limits.textBytesMax else {
            throw .text(problem: "the text has \(bytes.count) bytes; at most \(Limits.textBytesMax) are possible")
        }
        let document: JSON
        do throws(JSONError) {
            document = try JSON(parsing: bytes, maximumDepth: 16)
        } catch {
            throw .line(error.line, problem: "column \(error.column): \(error.problem)")
        }
        try self.init(bqm: document)
    }

    package init(bqm document: JSON) throws(AnnealingError) {
        guard let members = document.members else { throw .text(problem: "the model is \(document.kind); it is an object of type \(Self.typeName)") }
        if let member = members.first(where: { !Self.known.contains($0.name) }) {
            throw .text(problem: "\(member.name.clipped(40)) is no field of a binary quadratic model; leave it out")
        }
        guard document["type"]?.text == Self.typeName else { throw .text(problem: "type has to be \(Self.typeName)") }
        guard document["version"]?["bqm_schema"]?.text == Self.schema else {
            throw .text(problem: "version.bqm_schema has to be \(Self.schema); write the model with dimod 0.10 or later")
        }
        guard document["use_bytes"]?.truth == false else {
            throw .text(problem: "use_bytes has to be false; write the model with to_serializable(use_bytes=False)")
        }
        guard let name = document["variable_type"]?.text, let vartype = Vartype(rawValue: name) else {
            throw .text(problem: "variable_type has to be SPIN or BINARY")
        }
        guard let offset = document["offset"]?.double else { throw .text(problem: "offset has to be a number") }
        let labels = try document.labels()
        let linear = try document.numbers("linear_biases")
        guard linear.count == labels.count else {
            throw .text(problem: "linear_biases has \(linear.count) numbers for \(labels.count) variable_labels; give one for each")
        }
        let couplings = try document.couplings(variables: labels.count)
        try document.checkCount("num_variables", labels.count)
        try document.checkCount("num_interactions", couplings.count)
        try self.init(vartype, linear: linear, couplings: couplings, offset: offset, labels: labels)
    }

    /// The same model in the form that is read.
    package var bqm: JSON {
        let (linear, couplings, offset) =
            switch model {
            case .ising(let model): (model.fields, model.couplings, model.offset)
            case .qubo(let model): (model.linear, model.couplings, model.offset)
            }
        let terms = couplings.terms
        return [
            "type": .string(Self.typeName), "version": ["bqm_schema": .string(Self.schema)], "use_bytes": .bool(false), "index_type": "int32",
            "bias_type": "float64",
            "num_variables": .integer(Int64(linear.count)), "num_interactions": .integer(Int64(terms.count)), "variable_labels": .array(labels),
            "variable_type": .string(vartype.rawValue), "offset": .number(offset), "info": .object([]),
            "linear_biases": .array(linear.map(JSON.number)),
            "quadratic_biases": .array(terms.map { .number($0.weight) }), "quadratic_head": .array(terms.map { .integer(Int64($0.first)) }),
            "quadratic_tail": .array(terms.map { .integer(Int64($0.second)) }),
        ]
    }
}

extension JSON {
    fileprivate func list(_ name: String) throws(AnnealingError) -> [JSON] {
        guard let elements = self[name]?.elements else { throw .text(problem: "\(name) has to be an array") }
        return elements
    }

    fileprivate func numbers(_ name: String) throws(AnnealingError) -> [Double] {
        let elements = try list(name)
        var numbers: [Double] = []
        numbers.reserveCapacity(elements.count)
        for (at, element) in elements.enumerated() {
            guard let number = element.double else { throw .text(problem: "\(name)[\(at)] is \(element.kind); it has to be a number") }
            numbers.append(number)
        }
        return numbers
    }

    /// Labels are whole numbers, texts, or arrays of these; each occurs once.
    fileprivate func labels() throws(AnnealingError) -> [JSON] {
        let labels = try list("variable_labels")
        guard !labels.isEmpty else { throw .noSpins }
        guard labels.count <= Limits.spinsMax else { throw .tooManySpins(labels.count) }
        var seen: Set<[UInt8]> = []
        for (at, label) in labels.enumerated() {
            guard label.isLabel else {
                throw .text(problem: "variable_labels[\(at)] is \(label.kind); a label is a whole number, a text, or an array of these")
            }
            let text = label.encoded()
            guard text.count <= Limits.labelBytesMax else {
                throw .text(problem: "variable_labels[\(at)] is longer than \(Limits.labelBytesMax) bytes")
            }
            guard seen.insert(text).inserted else {
                throw .text(problem: "variable_labels[\(at)] occurs before; give every variable a label of its own")
            }
        }
        return labels
    }

    private var isLabel: Bool {
        switch self {
        case .string, .integer: true
        case .array(let parts): parts.allSatisfy(\.isLabel)
        default: false
        }
    }

    fileprivate func couplings(variables: Int) throws(AnnealingError) -> [Coupling] {
        let (weights, heads, tails) = (try numbers("quadratic_biases"), try list("quadratic_head"), try list("quadratic_tail"))
        guard heads.count == weights.count && tails.count == weights.count else {
            throw .text(
                problem:
                    "quadratic_biases, quadratic_head and quadratic_tail have "
                    + "\(weights.count), \(heads.count) and \(tails.count) elements; give as many of each"
            )
        }
        var couplings: [Coupling] = []
        couplings.reserveCapacity(weights.count)
        for at in weights.indices {
            let places = 0..<Int64(variables)
            guard let head = heads[at].whole, let tail = tails[at].whole, places.contains(head), places.contains(tail) else {
                throw .text(problem: "quadratic_head[\(at)] and quadratic_tail[\(at)] have to be places in variable_labels, 0 to \(variables - 1)")
            }
            couplings.append(Coupling(Int(head), Int(tail), weights[at]))
        }
        return couplings
    }

    fileprivate func checkCount(_ name: String, _ count: Int) throws(AnnealingError) {
        guard self[name]?.whole == Int64(count) else { throw .text(problem: "\(name) has to be \(count), which is how many there are") }
    }
}
