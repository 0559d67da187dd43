import Crypto
import CryptoSuite
import PKCS11
import Synchronization

/// A token in this process, that can be pulled out.
final class MemoryToken: SealingToken {
    private let key = SymmetricKey(size: .bits256)
    private let isThere = Mutex(true)
    private let known: TokenFacts

    init(isHardware: Bool = true) {
        known = TokenFacts(label: "t", manufacturer: "m", model: "o", serial: "1", isHardware: isHardware, keyID: [1, 2])
    }

    func pull() { isThere.withLock { $0 = false } }
    func push() { isThere.withLock { $0 = true } }

    private func look() throws(TokenError) {
        guard isThere.withLock({ $0 }) else { throw .call("C_OpenSession", TokenReturn(0xE0)) }
    }

    func facts() async throws(TokenError) -> TokenFacts {
        try look()
        return known
    }

    func seal(_ plain: Secret, nonce: [UInt8], associated: [UInt8]) async throws(TokenError) -> [UInt8] {
        try look()
        guard let nonce = try? AES.GCM.Nonce(data: nonce), let box = try? AES.GCM.seal(plain.bytes, using: key, nonce: nonce, authenticating: associated)
        else { throw .unopenable }
        return Array(box.ciphertext) + Array(box.tag)
    }

    func open(_ sealed: [UInt8], nonce: [UInt8], associated: [UInt8]) async throws(TokenError) -> Secret {
        try look()
        guard sealed.count >= 16, let nonce = try? AES.GCM.Nonce(data: nonce),
            let box = try? AES.GCM.SealedBox(nonce: nonce, ciphertext: sealed.dropLast(16), tag: sealed.suffix(16)),
            let plain = try? AES.GCM.open(box, using: key, authenticating: associated)
        else { throw .unopenable }
        return Secret(Array(plain))
    }
}
