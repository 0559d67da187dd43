internal import CryptoSuite
internal import PKCS11
internal import Storage
internal import Trust

/// Keys that were asked to lie in a module: their seeds are sealed by a key that stays in its token, and that envelope with the tenant's key.
/// Without the token nothing opens them, whoever has folder and master key.
extension KeyVault {
    static let modulePrefix = "pkcs11:"
    static let (hardware, software) = ("hardware", "software")
    static let tokenIDBytesMax = 1_024
    private static let tokenPurpose = "vault-key-token"

    static func isTokenID(_ id: String, kind: String?, of key: String) -> Bool {
        guard id.hasPrefix(modulePrefix) else { return id == tokenID(key) && kind == nil }
        return id.utf8.count <= tokenIDBytesMax && (kind == hardware || kind == software)
    }

    /// Where a new key that is asked to lie in a module comes to lie.
    /// - Throws: `noHardware`, `tokenGone`.
    func tokenPlace(_ key: String) async throws(KeyVaultError) -> (id: String, kind: String?) {
        switch token {
        case .none: throw .noHardware
        case .software: return (Self.tokenID(key), nil)
        case .module(let token):
            do throws(TokenError) {
                let facts = try await token.facts()
                return (facts.uri, facts.isHardware ? Self.hardware : Self.software)
            } catch { throw .tokenGone(error.description) }
        }
    }

    /// - Returns: the bytes as they are, where the key is in no module.
    func sealedByToken(_ bytes: [UInt8], _ record: VaultKeyRecord, _ number: Int) async throws(KeyVaultError) -> [UInt8] {
        guard let token = try module(record) else { return bytes }
        do throws(SecretError) {
            return try await SecretEnvelope.seal(Secret(bytes), with: token, Self.tokenContext(record, number), salt: random.bytes(32))
        } catch { throw Self.refusal(error) }
    }

    func openedByToken(_ opened: Secret, _ record: VaultKeyRecord, _ number: Int) async throws(KeyVaultError) -> Secret {
        guard let token = try module(record) else { return opened }
        do throws(SecretError) { return try await SecretEnvelope.open(opened.bytes, with: token, Self.tokenContext(record, number)) } catch {
            throw Self.refusal(error)
        }
    }

    private func module(_ record: VaultKeyRecord) throws(KeyVaultError) -> (any SealingToken)? {
        guard record.tokenID?.hasPrefix(Self.modulePrefix) ?? false else { return nil }
        guard case .module(let token) = token else { throw .tokenGone("no PKCS #11 module is configured, and the key lies in one") }
        return token
    }

    private static func tokenContext(_ record: VaultKeyRecord, _ number: Int) -> SecretContext {
        SecretContext(tenant: record.tenant, purpose: tokenPurpose, id: record.id, version: UInt64(clamping: number))
    }
}
