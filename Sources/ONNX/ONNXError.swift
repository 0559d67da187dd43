/// Why bytes are not a model that is computed here.
package enum ONNXError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Not the protobuf of a model. `at` counts bytes from the file's first.
    case malformed(at: Int, what: String, problem: String)
    case tooLarge(what: String, limit: Int)
    /// The tensor's numbers are said to lie in another file.
    case externalData(tensor: String)
    /// All operators of the file that are not computed here, sorted, and how many kinds more there are.
    case operators([String], more: Int)
    /// A version of the operators' definitions that is not known here; nil: none is named.
    case opset(domain: String, version: Int64?)
    case domain(String)
    /// A kind of elements or values that is not kept here.
    case type(of: String, type: String)
    /// A part of the format that is not computed here.
    case feature(String)
    /// The graph says what cannot be: where, and what is wrong.
    case graph(at: String, problem: String)

    package var description: String {
        switch self {
        case .malformed(let at, let what, let problem): "This is no ONNX file: \(what) at byte \(at) \(problem)."
        case .tooLarge(let what, let limit): "The ONNX file is too large: more than \(limit) \(what)."
        case .externalData(let tensor):
            "The tensor '\(tensor)' is said to lie in another file; save the model in one file (onnx.save with save_as_external_data=False)."
        case .operators(let names, let more):
            "Operators of this file are not computed here: \(names.joined(separator: ", "))\(more > 0 ? " and \(more) more" : "")."
        case .opset(let domain, let version):
            if let version {
                "Version \(version) of the operators of '\(domain)' is not computed here; export with \(OperatorTable.range(domain))."
            } else {
                "The file names no version of the operators of '\(domain)' that it uses."
            }
        case .domain(let domain): "Operators of the domain '\(domain)' are not computed here; only those of ai.onnx and ai.onnx.ml are."
        case .type(let name, let type):
            "'\(name)' is of the type \(type), which is not computed here; export with float32, float64, int64, int32, uint8, bool or string."
        case .feature(let what): "\(what) are not computed here."
        case .graph(let at, let problem): "The ONNX graph is wrong: \(at) \(problem)."
        }
    }
}

/// A name from a file, fit for an error: short and without characters that do something.
func shown(_ name: String) -> String {
    let scalars = name.unicodeScalars.prefix(Limits.shownCharacters)
    let clean = String(String.UnicodeScalarView(scalars.map { $0.properties.generalCategory.isPrinted ? $0 : "\u{FFFD}" }))
    return scalars.endIndex < name.unicodeScalars.endIndex ? clean + "…" : clean
}

extension Unicode.GeneralCategory {
    fileprivate var isPrinted: Bool {
        switch self {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: false
        default: true
        }
    }
}
