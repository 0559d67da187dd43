package import Federation
internal import Foundation
package import Storage

/// What a tenant may be: requests become records here, and nowhere else.
package enum TenantRules {
    package static func record(_ new: NewTenant, id: String, now: Instant) throws(TenantError) -> TenantRecord {
        let tier = new.performanceTier ?? .basic
        var record = TenantRecord(
            id: id, name: try name(new.name), domain: try new.domain.map { text throws(TenantError) in try domain(text) }, performanceTier: tier,
            createdAt: now)
        record.isolationLevel = new.isolationLevel ?? .standard
        record.encryptionLevel = new.encryptionLevel ?? .standard
        record.capabilities = try new.capabilities.map { names throws(TenantError) in try capabilities(names, tier, field: "ai_capabilities") }
        record.billingTier = new.billingTier
        guard new.complianceGoals.count <= TenantLimits.listed else {
            throw .field(name: "security_config.compliance", problem: "has more than \(TenantLimits.listed) entries")
        }
        record.complianceGoals = ComplianceGoal.allCases.filter(new.complianceGoals.contains)
        record.planV2 = new.planV2
        record.planV4 = new.planV4
        record.parent = new.parent
        return record
    }

    /// The record afterwards; the same when nothing is different.
    package static func apply(_ update: TenantUpdate, to record: TenantRecord, ceiling: AllocationCeiling, now: Instant) throws(TenantError) -> TenantRecord {
        var changed = record
        if let tier = update.performanceTier, tier != record.performanceTier {
            changed.performanceTier = tier
            changed.quantumAllocation = nil
        }
        let added = try capabilities(update.additionalCapabilities, changed.performanceTier, field: "additional_capabilities")
        if let listed = record.capabilities {
            changed.capabilities = Capability.allCases.map(\.rawValue).filter { listed.contains($0) || added.contains($0) }
        }
        if let qubits = update.quantumAllocation {
            let cap = changed.performanceTier.qubits
            let limit =
                switch ceiling {
                case .tier: cap
                case .capacity(let capacity): max(0, capacity)
                }
            guard qubits >= 0 else { throw .field(name: "quantum_allocation", problem: "must be 0 to \(limit)") }
            guard qubits <= limit else { throw .allocationTooLarge(asked: qubits, limit: limit) }
            // The tier's own cap goes on following the tier.
            changed.quantumAllocation = qubits == cap ? nil : qubits
        }
        if let plan = update.planV2 { changed.planV2 = plan }
        if let plan = update.planV4 { changed.planV4 = plan }
        if changed != record { changed.updatedAt = max(now, record.updatedAt) }
        return changed
    }

    /// What is left of a tenant: its id is never given again, its domain is free.
    package static func tombstone(of record: TenantRecord, now: Instant) -> TenantRecord {
        var stone = TenantRecord(id: record.id, name: "", performanceTier: record.performanceTier, createdAt: record.createdAt)
        stone.updatedAt = max(now, record.updatedAt)
        stone.erasedAt = stone.updatedAt
        return stone
    }

    // MARK: Fields

    /// Composed, so that a name looks the same to everybody: letters, digits, space and `._:/-`.
    static func name(_ text: String) throws(TenantError) -> String {
        // Looked at in bytes first: composing a text costs its length.
        guard text.utf8.count <= TenantLimits.nameCharacters * 16 else {
            throw .field(name: "name", problem: "must be 1 to \(TenantLimits.nameCharacters) characters")
        }
        let name = text.precomposedStringWithCanonicalMapping
        guard (1...TenantLimits.nameCharacters).contains(name.unicodeScalars.count) else {
            throw .field(name: "name", problem: "must be 1 to \(TenantLimits.nameCharacters) characters")
        }
        guard name.unicodeScalars.allSatisfy(isNamePart), name.unicodeScalars.contains(where: { $0 != " " }) else {
            throw .field(name: "name", problem: "must be letters, digits, spaces and . _ : / -, and not only spaces")
        }
        return name
    }

    private static func isNamePart(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII {
            return scalar == " " || "._:/-".unicodeScalars.contains(scalar) || scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
        }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber, .letterNumber, .otherNumber: return true
        default: return false
        }
    }

    /// A DNS name of at least two labels (RFC 1123 §2.1), in lower case. Other scripts come as punycode.
    static func domain(_ text: String) throws(TenantError) -> String {
        let problem = TenantError.field(name: "domain", problem: "must be a host name such as client.example.org, in ASCII, without port or wildcard")
        guard (1...TenantLimits.hostNameBytes).contains(text.utf8.count), text.utf8.allSatisfy({ $0 < 0x80 }) else { throw problem }
        let labels = text.lowercased().split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count >= 2, labels.allSatisfy(isLabel), let last = labels.last, !last.utf8.allSatisfy(isDigit) else { throw problem }
        return text.lowercased()
    }

    private static func isDigit(_ c: UInt8) -> Bool { c >= 0x30 && c <= 0x39 }

    private static func isLabel(_ label: Substring) -> Bool {
        (1...TenantLimits.hostLabelBytes).contains(label.utf8.count) && label.first != "-" && label.last != "-"
            && label.utf8.allSatisfy { isDigit($0) || ($0 >= 0x61 && $0 <= 0x7A) || $0 == 0x2D }
    }

    /// Known names of the tier, each once, in the order of the catalogue.
    private static func capabilities(_ names: [String], _ tier: PerformanceTier, field: String) throws(TenantError) -> [String] {
        guard names.count <= TenantLimits.listed else { throw .field(name: field, problem: "has more than \(TenantLimits.listed) entries") }
        for name in names {
            guard let capability = Capability(rawValue: name) else {
                throw .field(name: field, problem: "names '\(name.prefix(TenantLimits.echoed))', which is no capability")
            }
            guard capability.tier <= tier else {
                throw .field(
                    name: field, problem: "names \(name), which comes with tier \(capability.tier.rawValue); the tenant's is \(tier.rawValue)")
            }
        }
        return Capability.allCases.map(\.rawValue).filter(names.contains)
    }
}
