/// What a file is by its bytes.
package enum FileKind: String, Sendable, CaseIterable, Codable {
    case safetensors, onnx, pickle, npy, zip, tar, hdf5, gguf, unknown
    case gzip
}

/// One rule that a file was held to.
package struct ScanCheck: Sendable, Equatable, Codable {
    package enum Rule: String, Sendable, Codable, CaseIterable {
        /// The header's form, and tensors that cover the file once.
        case safetensorsHeader = "safetensors_header"
        /// What Python would import or call while reading it.
        case pickleOpcodes = "pickle_opcodes"
        /// Links, places outside, sizes.
        case archiveRules = "archive_rules"
        /// Weights in other files.
        case onnxExternalData = "onnx_external_data"
        /// One file that two readers take for two things.
        case singleMeaning = "single_meaning"
    }
    package var rule: Rule
    package var passed: Bool
    package var evidence: String

    package init(_ rule: Rule, passed: Bool, _ evidence: String) { (self.rule, self.passed, self.evidence) = (rule, passed, evidence) }
}

/// What was found in a file of weights without running any of it.
package struct ScanReport: Sendable, Equatable, Codable {
    package var kind: FileKind
    package var format: ModelFormat
    package var checks: [ScanCheck]
    /// What nobody looked at, in words.
    package var notAssessed: [String]

    package init(kind: FileKind, format: ModelFormat = .stored, checks: [ScanCheck] = [], notAssessed: [String] = []) {
        (self.kind, self.format, self.checks, self.notAssessed) = (kind, format, checks, notAssessed)
    }

    package var isSafe: Bool { checks.allSatisfy(\.passed) }
    /// Why it is not taken; nil: it is.
    package var problem: String? { checks.first { !$0.passed }.map { "\($0.rule.rawValue): \($0.evidence)" } }
}

/// Problems of one check: the first ones, and how many more there are.
package struct Problems {
    package private(set) var told: [String] = []
    private var more = 0
    package var isEmpty: Bool { told.isEmpty }

    mutating func add(_ problem: String) {
        if told.contains(problem) { return }
        if told.count < ScanLimits.told { told.append(problem) } else { more += 1 }
    }

    mutating func add(_ others: Problems, in place: String) { for problem in others.told { add("\(place): \(problem)") } }

    package var text: String { told.joined(separator: "; ") + (more > 0 ? "; and \(more) more" : "") }
}

/// A name from a file as it may be shown: printable ASCII, clipped.
func shown(_ bytes: some Collection<UInt8>) -> String {
    let text = bytes.prefix(80).map { (0x20...0x7E).contains($0) ? Character(UnicodeScalar($0)) : "?" }
    return String(text) + (bytes.count > 80 ? "..." : "")
}
