/// What a key of the vault is of. The names of the drafts that these standards were made of (`kyber_1024`, `dilithium_3`) are taken for the
/// standards: the drafts themselves do not interoperate with them, and are not here.
package enum KeyAlgorithm: String, Sendable, CaseIterable {
    case mlKEM768 = "ml_kem_768"
    case mlKEM1024 = "ml_kem_1024"
    /// ML-KEM-768 and X25519 side by side: safe while one of them is.
    case xWing = "x_wing"
    case mlDSA65 = "ml_dsa_65"
    case mlDSA87 = "ml_dsa_87"

    private static let draftNames: [String: KeyAlgorithm] = [
        "kyber_768": .mlKEM768, "kyber_1024": .mlKEM1024, "dilithium_3": .mlDSA65, "dilithium_5": .mlDSA87,
    ]
    /// Names that are asked for now and then and that nothing here stands for.
    package static let unavailable = [
        "kyber_512", "ml_kem_512", "dilithium_2", "ml_dsa_44", "falcon_512", "falcon_1024", "sphincs+", "sphincs_plus", "slh_dsa",
    ]
    /// Every name that is taken.
    package static let names = draftNames.keys.sorted() + allCases.map(\.rawValue)

    /// - Parameter name: the standard's name or its draft's.
    package init?(named name: String) {
        guard let known = KeyAlgorithm(rawValue: name) ?? Self.draftNames[name] else { return nil }
        self = known
    }

    /// Whether it signs; the others encapsulate.
    package var signs: Bool { self == .mlDSA65 || self == .mlDSA87 }

    package var standard: String {
        switch self {
        case .mlKEM768: "FIPS 203 ML-KEM-768"
        case .mlKEM1024: "FIPS 203 ML-KEM-1024"
        case .xWing: "X-Wing (draft-connolly-cfrg-xwing-kem): FIPS 203 ML-KEM-768 with X25519"
        case .mlDSA65: "FIPS 204 ML-DSA-65"
        case .mlDSA87: "FIPS 204 ML-DSA-87"
        }
    }

    /// NIST's category of strength (FIPS 203 §8, FIPS 204 §4).
    package var nistCategory: Int { self == .mlKEM1024 || self == .mlDSA87 ? 5 : 3 }
    /// Bits of the AES key that is as hard to find by a quantum computer: category 3 is AES-192, category 5 AES-256.
    package var quantumSecurityBits: Int { nistCategory == 5 ? 256 : 192 }
    /// Bits of the RSA modulus that is as strong today (NIST SP 800-57 part 1 revision 5, table 2).
    package var classicalModulusBits: Int { nistCategory == 5 ? 15_360 : 7_680 }

    /// 2.16.840.1.101.3.4.4 and .3 are NIST's (RFC 9935, RFC 9881); X-Wing's stands in its draft.
    package var objectIdentifier: [UInt] {
        switch self {
        case .mlKEM768: [2, 16, 840, 1, 101, 3, 4, 4, 2]
        case .mlKEM1024: [2, 16, 840, 1, 101, 3, 4, 4, 3]
        case .xWing: [1, 3, 6, 1, 4, 1, 62_253, 25_722]
        case .mlDSA65: [2, 16, 840, 1, 101, 3, 4, 3, 18]
        case .mlDSA87: [2, 16, 840, 1, 101, 3, 4, 3, 19]
        }
    }

    /// Bytes of what a private key is made of.
    package var seedBytes: Int { self == .mlKEM768 || self == .mlKEM1024 ? 64 : 32 }

    package var publicKeyBytes: Int {
        switch self {
        case .mlKEM768: 1_184
        case .mlKEM1024: 1_568
        case .xWing: 1_216
        case .mlDSA65: 1_952
        case .mlDSA87: 2_592
        }
    }

    /// Bytes of an encapsulated secret; 0: it encapsulates nothing.
    package var encapsulatedBytes: Int {
        switch self {
        case .mlKEM768: 1_088
        case .mlKEM1024: 1_568
        case .xWing: 1_120
        case .mlDSA65, .mlDSA87: 0
        }
    }

    /// The HPKE identifier of the mechanism (draft-ietf-hpke-pq); nil: it encapsulates nothing.
    package var hpkeIdentifier: UInt16? {
        switch self {
        case .mlKEM768: 0x0041
        case .mlKEM1024: 0x0042
        case .xWing: 0x647a
        case .mlDSA65, .mlDSA87: nil
        }
    }
}
