internal import Compute
internal import CryptoSuite
package import Storage
internal import StrictJSON

/// One thing that was looked at, and what was seen.
package struct ValidationCheck: Sendable, Equatable {
    package var name: String
    package var passed: Bool
    /// What a failure counts for in the risk score.
    package var weight: Int
    package var evidence: String

    package init(_ name: String, passed: Bool, weight: Int, _ evidence: String) {
        (self.name, self.passed, self.weight, self.evidence) = (name, passed, weight, evidence)
    }
}

/// What was looked at, and what was not.
package struct Validation: Sendable, Equatable {
    package enum Status: String, Sendable, CaseIterable {
        /// Everything that was looked at passed.
        case secure
        case issuesFound = "issues_found"
        /// Nothing was looked at.
        case notAssessed = "not_assessed"
    }
    package var checks: [ValidationCheck] = []
    package var notAssessed: [String] = []

    package init(checks: [ValidationCheck] = [], notAssessed: [String] = []) { (self.checks, self.notAssessed) = (checks, notAssessed) }

    package var status: Status { checks.isEmpty ? .notAssessed : checks.allSatisfy(\.passed) ? .secure : .issuesFound }

    /// Weights of the checks that failed by the weights of all; nil: there was none.
    package var riskScore: Double? {
        let all = checks.reduce(0) { $0 + $1.weight }
        return all == 0 ? nil : Double(checks.reduce(0) { $0 + ($1.passed ? 0 : $1.weight) }) / Double(all)
    }

    package mutating func add(_ other: Validation) {
        checks += other.checks
        notAssessed += other.notAssessed
    }
}

extension ModelRegistry {
    /// Looks at a model's file now, as it lies here.
    package func validate(_ record: ModelRecord) async throws(RegistryFailure) -> Validation {
        var found = Validation()
        let bytes: [UInt8]?
        var damage: String?
        do { bytes = try await file(of: record) } catch {
            guard error.isDamage else { throw .storage(error) }
            (bytes, damage) = (nil, "the file is not the one that was kept")
        }
        if let bytes {
            let (seen, report) = await pool.run { [suite] in (suite.sha256(bytes), ModelScan.report(bytes)) }
            let isSame = hexadecimal(seen) == record.sha256
            found.checks.append(ValidationCheck("checksum", passed: isSame, weight: 5, "SHA-256 of \(bytes.count) bytes is \(hexadecimal(seen))"))
            if let signature = record.signature {
                let isValid = signature.isValid(of: seen)
                found.checks.append(
                    ValidationCheck("signature", passed: isValid, weight: 4, "\(signature.algorithm), by the key that came with the registration"))
            } else {
                found.notAssessed.append("signature: none was given")
            }
            found.checks += report.checks.map { ValidationCheck($0.rule.rawValue, passed: $0.passed, weight: $0.rule.weight, $0.evidence) }
            found.notAssessed += report.notAssessed
        } else if let damage {
            found.checks.append(ValidationCheck("checksum", passed: false, weight: 5, damage))
        } else if record.status == .failed, let scan = ScanReport(decoding: record.scan) {
            // What was refused was not kept; what was found in it was.
            found.checks += scan.checks.map { ValidationCheck($0.rule.rawValue, passed: $0.passed, weight: $0.rule.weight, $0.evidence) }
            found.notAssessed.append("file: it was refused and not kept")
        } else {
            found.notAssessed.append("file: \(record.reason ?? "it is not here yet")")
        }
        let members = record.card.flatMap { try? JSON(parsing: $0) }?.members?.count ?? 0
        found.checks.append(ValidationCheck("model_card", passed: members > 0, weight: 1, members > 0 ? "\(members) members" : "there is none"))
        return found
    }
}

extension ScanCheck.Rule {
    fileprivate var weight: Int {
        switch self {
        case .pickleOpcodes, .singleMeaning: 5
        case .archiveRules, .onnxExternalData: 4
        case .safetensorsHeader: 3
        }
    }
}
