import Crypto
import CryptoSuite
import Foundation
import Testing
import Trust

/// The contract of the primitives with public keys, whichever suite.
@Suite struct KeySuiteContractTests {
    @Test(arguments: suites) func bothSidesAgree(named: NamedSuite) throws {
        let keys = named.suite.keys
        var numbers = Numbers(state: 11)
        var seen: Set<[UInt8]> = []
        for _ in 0..<20 {
            let (a, b) = (numbers.bytes(32), numbers.bytes(32))
            let shared = try #require(keys.agree(a, keys.agreementKey(b)))
            #expect(shared.count == 32 && shared == keys.agree(b, keys.agreementKey(a)))
            #expect(seen.insert(shared).inserted)
        }
        #expect(keys.agree(numbers.bytes(32), [UInt8](repeating: 0, count: 32)) == nil, "the point of order one gives all zeros")
        for count in [0, 1, 31, 33, 64] { #expect(keys.agree(numbers.bytes(32), numbers.bytes(count)) == nil) }
    }

    @Test(arguments: suites, [true, false]) func whatIsSealedOpensForTheRightOneOnly(named: NamedSuite, isHybrid: Bool) throws {
        let keys = isHybrid ? named.suite.keys.hybrid : named.suite.keys.classical
        #expect(keys.keyBytes == (isHybrid ? 1248 : 32) && keys.overhead == (isHybrid ? 1168 : 48))
        var numbers = Numbers(state: 12)
        for length in [0, 1, 16, 112, 1000] {
            let (sender, recipient, other) = (numbers.bytes(32), numbers.bytes(32), numbers.bytes(32))
            let plain = numbers.bytes(length)
            let from = keys.publicKey(sender)
            #expect(from.count == keys.keyBytes && keys.publicKey(sender) == from)
            let sealed = try #require(keys.seal(keys.publicKey(recipient), sender, [1, 2], [3], plain, numbers.bytes(32)))
            #expect(sealed.count == length + keys.overhead)
            #expect(keys.open(recipient, from, [1, 2], [3], sealed) == plain)
            #expect(keys.open(recipient, keys.publicKey(other), [1, 2], [3], sealed) == nil, "another sender")
            #expect(keys.open(other, from, [1, 2], [3], sealed) == nil, "another recipient")
            #expect(keys.open(recipient, from, [1], [3], sealed) == nil && keys.open(recipient, from, [1, 2], [4], sealed) == nil)
            for _ in 0..<20 {
                var damaged = sealed
                damaged[numbers.next(below: damaged.count)] ^= 1
                #expect(keys.open(recipient, from, [1, 2], [3], damaged) == nil)
            }
            #expect(keys.open(recipient, from, [1, 2], [3], Array(sealed.dropLast())) == nil)
            #expect(keys.open(recipient, from, [1, 2], [3], Array(sealed.prefix(keys.overhead - 1))) == nil)
            #expect(keys.open(recipient, Array(from.dropLast()), [1, 2], [3], sealed) == nil)
            #expect(keys.seal(Array(from.dropLast()), sender, [], [], [1], numbers.bytes(32)) == nil)
        }
        #expect(keys.seal([UInt8](repeating: 0, count: keys.keyBytes), numbers.bytes(32), [], [], [1], numbers.bytes(32)) == nil)
    }

    @Test(arguments: suites) func signaturesAreOfOneKeyAndMessage(named: NamedSuite) {
        let keys = named.suite.keys
        var numbers = Numbers(state: 13)
        let (seed, other) = (numbers.bytes(32), numbers.bytes(32))
        let signature = keys.sign(seed, [1, 2, 3])
        #expect(signature.count == 64 && keys.verify(keys.signingKey(seed), [1, 2, 3], signature))
        #expect(!keys.verify(keys.signingKey(other), [1, 2, 3], signature) && !keys.verify(keys.signingKey(seed), [1, 2], signature))
        for at in signature.indices {
            var damaged = signature
            damaged[at] ^= 4
            #expect(!keys.verify(keys.signingKey(seed), [1, 2, 3], damaged))
        }
        for count in [0, 31, 33] { #expect(!keys.verify(numbers.bytes(count), [1], signature)) }
    }
}

@Suite("Public-key primitives against published vectors and swift-crypto") struct SystemKeyTests {
    let keys = CryptoSuite.system.keys

    @Test("X25519, RFC 7748 §6.1") func agreement() {
        let alice = hex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")
        let bob = hex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb")
        #expect(hexadecimal(keys.agreementKey(alice)) == "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")
        let bobs = keys.agreementKey(bob)
        #expect(hexadecimal(bobs) == "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f")
        #expect(keys.agree(alice, bobs).map { hexadecimal($0) } == "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742")
    }

    @Test("Ed25519, RFC 8032 §7.1, test 1") func signature() {
        let seed = hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
        let key = hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
        let signature = hex(
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b")
        #expect(keys.signingKey(seed) == key && keys.verify(key, [], signature))
    }

    /// Authenticated HPKE both ways against an implementation of its own.
    @Test func sealingIsRFC9180() throws {
        let suite = HPKE.Ciphersuite(kem: .Curve25519_HKDF_SHA256, kdf: .HKDF_SHA256, aead: .AES_GCM_128)
        var numbers = Numbers(state: 14)
        for length in [0, 1, 112, 1000] {
            let (sender, recipient) = (numbers.bytes(32), numbers.bytes(32))
            let (info, associated, plain) = (numbers.bytes(40), numbers.bytes(7), numbers.bytes(length))
            let senderKey = try Curve25519.KeyAgreement.PrivateKey(rawRepresentation: sender)
            let recipientKey = try Curve25519.KeyAgreement.PrivateKey(rawRepresentation: recipient)

            let ours = try #require(keys.seal(keys.agreementKey(recipient), sender, info, associated, plain, numbers.bytes(32)))
            var opener = try HPKE.Recipient(
                privateKey: recipientKey, ciphersuite: suite, info: Data(info), encapsulatedKey: Data(ours.prefix(32)),
                authenticatedBy: senderKey.publicKey)
            #expect(try opener.open(ours.dropFirst(32), authenticating: associated) == Data(plain))

            var sealer = try HPKE.Sender(
                recipientKey: recipientKey.publicKey, ciphersuite: suite, info: Data(info), authenticatedBy: senderKey)
            let theirs = try Array(sealer.encapsulatedKey) + Array(sealer.seal(plain, authenticating: associated))
            #expect(keys.open(recipient, keys.agreementKey(sender), info, associated, theirs) == plain)
        }
    }

    /// With X-Wing: HPKE with its secret as the pre-shared key, both ways against an implementation of its own.
    @Test func hybridSealsAreHPKEWithAPresharedKey() throws {
        let suite = HPKE.Ciphersuite(kem: .Curve25519_HKDF_SHA256, kdf: .HKDF_SHA256, aead: .AES_GCM_128)
        var numbers = Numbers(state: 31)
        func part(_ secret: [UInt8], _ name: String) -> [UInt8] { CryptoSuite.system.hmacSHA256(secret, Array("tutti hybrid 1 \(name)".utf8)) }
        for length in [0, 32, 112] {
            let (sender, recipient, info, associated, plain) = (
                numbers.bytes(32), numbers.bytes(32), numbers.bytes(20), numbers.bytes(8), numbers.bytes(length)
            )
            let senderKey = try Curve25519.KeyAgreement.PrivateKey(rawRepresentation: part(sender, "x25519"))
            let recipientKey = try Curve25519.KeyAgreement.PrivateKey(rawRepresentation: part(recipient, "x25519"))
            let kem = try XWingMLKEM768X25519.PrivateKey(seedRepresentation: part(recipient, "x-wing"), publicKey: nil)
            let ours = try #require(keys.hybrid.seal(keys.hybrid.publicKey(recipient), sender, info, associated, plain, numbers.bytes(32)))
            let cipher = Data(ours.prefix(1120))
            var opener = try HPKE.Recipient(
                privateKey: recipientKey, ciphersuite: suite, info: Data(info), encapsulatedKey: Data(ours[1120..<1152]), authenticatedBy: senderKey.publicKey,
                presharedKey: try kem.decapsulate(cipher), presharedKeyIdentifier: cipher)
            #expect(try opener.open(ours.dropFirst(1152), authenticating: associated) == Data(plain))

            let shared = try kem.publicKey.encapsulate()
            var sealer = try HPKE.Sender(
                recipientKey: recipientKey.publicKey, ciphersuite: suite, info: Data(info), authenticatedBy: senderKey, presharedKey: shared.sharedSecret,
                presharedKeyIdentifier: shared.encapsulated)
            let theirs = try Array(shared.encapsulated) + Array(sealer.encapsulatedKey) + Array(sealer.seal(plain, authenticating: associated))
            #expect(keys.hybrid.open(recipient, keys.hybrid.publicKey(sender), info, associated, theirs) == plain)
        }
    }
}
