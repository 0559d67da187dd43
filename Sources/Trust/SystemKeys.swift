internal import Crypto
package import CryptoSuite
internal import Foundation

extension PublicKeySuite {
    /// X25519, X-Wing, Ed25519 and AES-128-GCM of swift-crypto; HPKE over them with the ephemeral key as an argument.
    package static let system: PublicKeySuite = {
        let agreementKey: @Sendable ([UInt8]) -> [UInt8] = { secret in
            Array(agreementSecret(secret).publicKey.rawRepresentation)
        }
        let agree: @Sendable ([UInt8], [UInt8]) -> [UInt8]? = { secret, publicKey in
            guard let other = try? Curve25519.KeyAgreement.PublicKey(rawRepresentation: publicKey),
                let shared = try? agreementSecret(secret).sharedSecretFromKeyAgreement(with: other)
            else { return nil }
            let bytes = shared.withUnsafeBytes { Array($0) }
            return bytes.allSatisfy { $0 == 0 } ? nil : bytes
        }
        let hpke = AuthenticatedHPKE(
            hmac: { key, message in authenticationCode(key, message) }, publicKey: agreementKey, agree: agree,
            encrypt: { key, nonce, associated, plain in sealedByGCM(key, nonce, associated, plain) },
            decrypt: { key, nonce, associated, sealed in openedByGCM(key, nonce, associated, sealed) })
        return PublicKeySuite(
            agreementKey: agreementKey, agree: agree,
            seal: { recipient, sender, info, associated, plain, entropy in
                hpke.seal(recipient: recipient, sender: sender, info: info, associated: associated, plain: plain, ephemeral: entropy)
            },
            open: { secret, sender, info, associated, sealed in
                hpke.open(recipient: secret, sender: sender, info: info, associated: associated, sealed: sealed)
            },
            hybrid: .hybrid(hpke, .system, hmac: { key, message in authenticationCode(key, message) }, agreementKey: agreementKey),
            signingKey: { Array(signingSecret($0).publicKey.rawRepresentation) },
            sign: { seed, message in
                guard let signature = try? signingSecret(seed).signature(for: message) else { preconditionFailure("Ed25519 signs every message") }
                return Array(signature)
            },
            verify: { publicKey, message, signature in
                guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey) else { return false }
                return key.isValidSignature(signature, for: message)
            })
    }()
}

extension XWing {
    /// swift-crypto's, whichever libcrypto is installed.
    package static let system = XWing(
        publicKey: { seed in Array(decapsulationKey(seed).publicKey.rawRepresentation) },
        encapsulate: { publicKey in
            guard publicKey.count == keyBytes, let key = try? XWingMLKEM768X25519.PublicKey(rawRepresentation: publicKey),
                let result = try? key.encapsulate()
            else { return nil }
            return (result.sharedSecret.withUnsafeBytes { Array($0) }, Array(result.encapsulated))
        },
        decapsulate: { seed, encapsulated in
            guard encapsulated.count == encapsulatedBytes, let secret = try? decapsulationKey(seed).decapsulate(Data(encapsulated)) else { return nil }
            return secret.withUnsafeBytes { Array($0) }
        })
}

private func decapsulationKey(_ seed: [UInt8]) -> XWingMLKEM768X25519.PrivateKey {
    guard let key = try? XWingMLKEM768X25519.PrivateKey(seedRepresentation: seed, publicKey: nil) else { preconditionFailure("an X-Wing seed has 32 bytes") }
    return key
}

private func agreementSecret(_ secret: [UInt8]) -> Curve25519.KeyAgreement.PrivateKey {
    guard let key = try? Curve25519.KeyAgreement.PrivateKey(rawRepresentation: secret) else { preconditionFailure("an X25519 secret has 32 bytes") }
    return key
}

private func signingSecret(_ seed: [UInt8]) -> Curve25519.Signing.PrivateKey {
    guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed) else { preconditionFailure("an Ed25519 seed has 32 bytes") }
    return key
}

private func sealedByGCM(_ key: [UInt8], _ nonce: [UInt8], _ associated: [UInt8], _ plain: [UInt8]) -> [UInt8] {
    guard let nonce = try? AES.GCM.Nonce(data: nonce),
        let box = try? AES.GCM.seal(plain, using: SymmetricKey(data: key), nonce: nonce, authenticating: associated)
    else { preconditionFailure("AES-128-GCM takes a key of 16 and a nonce of 12 bytes") }
    return Array(box.ciphertext) + Array(box.tag)
}

private func openedByGCM(_ key: [UInt8], _ nonce: [UInt8], _ associated: [UInt8], _ sealed: [UInt8]) -> [UInt8]? {
    guard let nonce = try? AES.GCM.Nonce(data: nonce),
        let box = try? AES.GCM.SealedBox(nonce: nonce, ciphertext: sealed.dropLast(16), tag: sealed.suffix(16)),
        let plain = try? AES.GCM.open(box, using: SymmetricKey(data: key), authenticating: associated)
    else { return nil }
    return Array(plain)
}
