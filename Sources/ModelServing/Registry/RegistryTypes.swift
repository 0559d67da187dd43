package import Storage
package import StrictJSON

/// A model as somebody registers it.
package struct NewModel: Sendable {
    package var name: String
    package var version: String
    package var framework: String
    package var source: String
    package var sha256: String?
    /// Objects; nil: nothing is said.
    package var card: JSON?
    package var features: FeatureSchema?
    package var background: JSON?
    package var signature: ModelSignature?

    package init(name: String, version: String, framework: String, source: String) {
        (self.name, self.version, self.framework, self.source) = (name, version, framework, source)
    }
}

/// Why the registry did not do what it was asked.
package enum RegistryFailure: Error, Sendable, Equatable {
    case invalid(field: String, issue: String)
    /// It is understood, and cannot be done here.
    case unprocessable(field: String, issue: String)
    case notFound(String)
    case conflict(field: String, issue: String)
    case tooMany(what: String, limit: Int)
    case storage(StorageError)
}

package struct RegistrySettings: Sendable {
    /// Folders from which models may be read; none: none.
    package var roots: [String] = []
    /// Of one file.
    package var bytesMax = 512 << 20
    /// Of a tenant's files together.
    package var tenantBytes: Int64 = 16 << 30
    package var modelsMax = 10_000
    package var deploymentsMax = 1000
    package var objectStores = ObjectStores.none
    package init() {}
}

enum RegistryLimits {
    static let nameBytes = 128
    static let versionBytes = 64
    static let cardBytes = 256 << 10
    static let backgroundBytes = 4 << 20
    static let features = 4096
    static let publicKeyBytes = 8192
    static let signatureBytes = 8192
    /// Tries to fetch a file before it is given up.
    static let attempts = 4
    static let fetchSeconds = 900.0
    /// Between two tries: 5, 20, 80 seconds.
    static let retrySeconds = 5.0
    static let fetchedAtOnce = 100
    /// Between two looks at what is to be tried again.
    static let lookSeconds = 5.0
}

/// The columns of a model's rows, for whoever asks why it said what it said.
package struct FeatureSchema: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable { case number, integer, category, boolean }
    package struct Feature: Sendable, Equatable {
        package var name: String
        package var kind: Kind
        /// In the order of their numbers.
        package var categories: [String]
        /// What a person cannot change (age), so that no advice rests on it.
        package var immutable: Bool
        /// What no decision should rest on (GDPR article 9, and the like).
        package var protected: Bool
    }
    package var features: [Feature]

    /// `[{"name", "type", "categories"?, "immutable"?, "protected"?}]`.
    package init(_ json: JSON, field: String = "feature_schema") throws(RegistryFailure) {
        guard let list = json.elements, (1...RegistryLimits.features).contains(list.count) else {
            throw .invalid(field: field, issue: "must be a list of 1 to \(RegistryLimits.features) features")
        }
        features = []
        var names: Set<String> = []
        for (index, item) in list.enumerated() {
            let place = "\(field)[\(index)]"
            guard let name = item["name"]?.text, (1...256).contains(name.utf8.count) else {
                throw .invalid(field: "\(place).name", issue: "must be 1 to 256 bytes")
            }
            guard names.insert(name).inserted else { throw .invalid(field: "\(place).name", issue: "is there twice") }
            guard let kind = (item["type"]?.text).flatMap(Kind.init) else {
                throw .invalid(field: "\(place).type", issue: "must be one of \(Kind.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            let categories = item["categories"]?.elements?.compactMap(\.text) ?? []
            guard categories.count == item["categories"]?.elements?.count ?? 0, categories.count <= RegistryLimits.features,
                Set(categories).count == categories.count
            else { throw .invalid(field: "\(place).categories", issue: "must be a list of different texts") }
            if kind == .category, categories.isEmpty { throw .invalid(field: "\(place).categories", issue: "must name the categories") }
            func flag(_ name: String) throws(RegistryFailure) -> Bool {
                switch item[name] {
                case nil, .null?: return false
                case .bool(let value)?: return value
                default: throw .invalid(field: "\(place).\(name)", issue: "must be true or false")
                }
            }
            features.append(
                Feature(name: name, kind: kind, categories: categories, immutable: try flag("immutable"), protected: try flag("protected")))
        }
    }

    package var json: JSON {
        .array(
            features.map {
                [
                    "name": .string($0.name), "type": .string($0.kind.rawValue), "categories": .array($0.categories.map(JSON.string)),
                    "immutable": .bool($0.immutable), "protected": .bool($0.protected),
                ]
            })
    }
}
