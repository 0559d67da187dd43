import CryptoSuite
import Foundation
import KeyVault
import Testing

@Suite struct PrimitivesTests {
    @Test func anotherImplementationsKeysOpenHere() throws {
        for row in try Vectors.read().kem {
            let key = try PrivateKey(#require(KeyAlgorithm(named: row.algorithm)), seed: Secret(Array(row.seed)))
            #expect(try key.decapsulate(Array(row.encapsulated)) == Secret(Array(row.secret)))
            #expect(KeyDocuments.publicPEM(key.publicKey) == row.public_pem)
            #expect(String(decoding: KeyDocuments.privatePEM(key).bytes, as: UTF8.self) == row.private_pem)
            #expect(try KeyDocuments.publicKey(pem: row.public_pem) == key.publicKey)
            #expect(try KeyDocuments.privateKey(pem: row.private_pem).seed == key.seed)
            if let sealed = row.sealed {
                #expect(try HPKE.open(Array(sealed), with: key, info: Array("tutti".utf8), additional: []) == Array("from another implementation".utf8))
            }
        }
    }

    @Test func anotherImplementationsSignaturesAreValidHere() throws {
        for row in try Vectors.read().signature {
            let key = try PrivateKey(#require(KeyAlgorithm(named: row.algorithm)), seed: Secret(Array(row.seed)))
            let (message, context, signature) = (Array(row.message), Array(row.context), Array(row.signature))
            #expect(key.publicKey.isValid(signature, of: message, context: context))
            #expect(!key.publicKey.isValid(signature, of: message, context: []))
            #expect(!key.publicKey.isValid(signature, of: message + [0], context: context))
            #expect(KeyDocuments.publicPEM(key.publicKey) == row.public_pem)
            #expect(try KeyDocuments.privateKey(pem: row.private_pem).seed == key.seed)
            let own = try key.sign(message, context: context)
            #expect(key.publicKey.isValid(own, of: message, context: context))
        }
    }

    /// draft-ietf-hpke-pq, ML-KEM-1024 with HKDF-SHA384 and AES-256-GCM.
    @Test func theKeyScheduleIsTheDrafts() throws {
        let vector = try Vectors.read().hpke
        let key = try PrivateKey(.mlKEM1024, seed: Secret(Array(vector.seed)))
        let shared = try key.decapsulate(Array(vector.encapsulated))
        #expect(shared == Secret(Array(vector.secret)))
        let context = try HPKE.context(shared, .mlKEM1024, info: Array(vector.info))
        #expect(context.key == Secret(Array(vector.key)))
        #expect(context.nonce == Array(vector.nonce))
        let sealed = Array(vector.encapsulated) + Array(vector.cipher)
        #expect(try HPKE.open(sealed, with: key, info: Array(vector.info), additional: Array(vector.additional)) == Array(vector.plain))
    }

    @Test(arguments: [KeyAlgorithm.mlKEM768, .mlKEM1024, .xWing]) func anyChangedByteOpensNothing(_ algorithm: KeyAlgorithm) throws {
        let (key, plain) = (try privateKey(algorithm), Array("for one reader".utf8))
        let sealed = try HPKE.seal(plain, to: key.publicKey, info: [1], additional: [2])
        #expect(sealed.bytes.count == algorithm.encapsulatedBytes + plain.count + 16)
        #expect(try HPKE.open(sealed.bytes, with: key, info: [1], additional: [2]) == plain)
        for place in stride(from: 0, to: sealed.bytes.count, by: 61) + [sealed.bytes.count - 1] {
            var changed = sealed.bytes
            changed[place] ^= 0x40
            #expect(throws: KeyVaultError.unopenable) { try HPKE.open(changed, with: key, info: [1], additional: [2]) }
        }
        for (info, additional) in [([9], [2]), ([1], [9]), ([], [2])] as [([UInt8], [UInt8])] {
            #expect(throws: KeyVaultError.unopenable) { try HPKE.open(sealed.bytes, with: key, info: info, additional: additional) }
        }
        #expect(throws: KeyVaultError.unopenable) { try HPKE.open(sealed.bytes, with: privateKey(algorithm, 8), info: [1], additional: [2]) }
        for count in [0, 1, algorithm.encapsulatedBytes, algorithm.encapsulatedBytes + 15] {
            #expect(throws: KeyVaultError.unopenable) { try HPKE.open(Array(sealed.bytes.prefix(count)), with: key, info: [1], additional: [2]) }
        }
    }

    @Test(arguments: KeyAlgorithm.allCases) func documentsAreReadAsTheyAreWrittenAndNoOtherWay(_ algorithm: KeyAlgorithm) throws {
        let key = try privateKey(algorithm)
        let pem = KeyDocuments.publicPEM(key.publicKey)
        #expect(try KeyDocuments.publicKey(pem: pem) == key.publicKey)
        let der = KeyDocuments.subjectPublicKeyInfo(key.publicKey)
        #expect(algorithm != .mlKEM1024 || der.count == 1_590)
        #expect(throws: KeyVaultError.self) { try KeyDocuments.publicKey(pem: pem + pem) }
        for other in [pem + "x", "x" + pem, "x\n" + pem, pem + "\nfrom somebody\n"] {
            #expect(throws: KeyVaultError.self) { try KeyDocuments.publicKey(pem: other) }
        }
        #expect(try KeyDocuments.publicKey(pem: "\n" + pem.replacing("\n", with: "\r\n") + " \n") == key.publicKey)
        #expect(throws: KeyVaultError.self) { try KeyDocuments.publicKey(pem: Self.pem(der + [0])) }
        #expect(throws: KeyVaultError.self) { try KeyDocuments.publicKey(pem: Self.pem(der.dropLast())) }
        #expect(throws: KeyVaultError.self) { try KeyDocuments.publicKey(pem: String(decoding: KeyDocuments.privatePEM(key).bytes, as: UTF8.self)) }
        #expect(throws: KeyVaultError.self) { try KeyDocuments.privateKey(pem: pem) }
        var other = der
        // The last number of the algorithm's name.
        if let place = (0..<40).first(where: { der[$0] == 0x03 && der[$0 + 1] == 0x82 }) { other[place - 1] ^= 0x40 }
        #expect(throws: KeyVaultError.self) { try KeyDocuments.publicKey(pem: Self.pem(other)) }
        #expect(key.publicKey.fingerprint.hasPrefix("SHA256:"))
    }

    /// The check of FIPS 203 §7.2: numbers of a public key are below 3329.
    @Test(arguments: [KeyAlgorithm.mlKEM768, .mlKEM1024]) func numbersThatAreNotReducedAreNoKey(_ algorithm: KeyAlgorithm) throws {
        var bytes = try privateKey(algorithm).publicKey.bytes
        (bytes[0], bytes[1]) = (0xff, bytes[1] | 0x0f)
        #expect(throws: KeyVaultError.self) { try PublicKey(algorithm, bytes) }
    }

    @Test func keysDoWhatTheyAreFor() throws {
        let (opens, signs) = (try privateKey(.mlKEM1024), try privateKey(.mlDSA65))
        #expect(throws: KeyVaultError.self) { try opens.sign([1]) }
        #expect(throws: KeyVaultError.self) { try signs.publicKey.encapsulate() }
        #expect(throws: KeyVaultError.unopenable) { try signs.decapsulate([1]) }
        #expect(throws: KeyVaultError.self) { try signs.sign([1], context: [UInt8](repeating: 0, count: 256)) }
        #expect(throws: KeyVaultError.self) { try PrivateKey(.mlKEM768, seed: Secret([1, 2, 3])) }
    }

    @Test func everyNameSaysItsStandard() {
        #expect(KeyAlgorithm(named: "kyber_1024") == .mlKEM1024)
        #expect(KeyAlgorithm(named: "dilithium_5") == .mlDSA87)
        for name in KeyAlgorithm.unavailable { #expect(KeyAlgorithm(named: name) == nil) }
        for name in KeyAlgorithm.names { #expect(KeyAlgorithm(named: name) != nil) }
        #expect(KeyAlgorithm.mlKEM1024.classicalModulusBits == 15_360)
    }

    private static func pem(_ der: some Collection<UInt8>) -> String {
        let text = Data(der).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
        return "-----BEGIN PUBLIC KEY-----\n\(text)\n-----END PUBLIC KEY-----\n"
    }
}
