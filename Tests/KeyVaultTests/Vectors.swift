import CryptoSuite
import Foundation
import KeyVault
import Testing

/// What another implementation made (`make_vault_vectors.py`).
struct Vectors: Decodable {
    struct Encapsulated: Decodable {
        let algorithm: String
        let seed, encapsulated, secret: Data
        let public_pem, private_pem: String
        let sealed: Data?
    }
    struct Signed: Decodable {
        let algorithm: String
        let seed, message, context, signature: Data
        let public_pem, private_pem: String
    }
    struct Schedule: Decodable {
        let info, seed, encapsulated, secret, key, nonce, additional, plain, cipher: Data
    }
    let kem: [Encapsulated]
    let signature: [Signed]
    let hpke: Schedule

    static func read() throws -> Vectors {
        let golden = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().appending(path: "Golden/vault/vectors.json")
        return try JSONDecoder().decode(Vectors.self, from: Data(contentsOf: golden))
    }
}

func privateKey(_ algorithm: KeyAlgorithm, _ byte: UInt8 = 7) throws -> PrivateKey {
    try PrivateKey(algorithm, seed: Secret([UInt8](repeating: byte, count: algorithm.seedBytes)))
}
