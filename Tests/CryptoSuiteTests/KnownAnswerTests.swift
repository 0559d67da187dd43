import CryptoSuite
import Testing
import Trust

@Suite("libcrypto's primitives against published vectors") struct SystemSuiteTests {
    let suite = CryptoSuite.system

    @Test(
        "SHA-256, FIPS 180-4's examples",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            ("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
            (
                "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
                "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
            ),
            (String(repeating: "a", count: 1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
        ])
    func sha256(message: String, digest: String) {
        #expect(hexadecimal(suite.sha256(Array(message.utf8))) == digest)
    }

    @Test("A stream has the digest of its whole, however it is cut")
    func streaming() {
        var cuts = Numbers(state: 7)
        for length in [0, 1, 55, 56, 63, 64, 65, 1000, 100_003] {
            let message = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            let stream = StreamingSHA256()
            var at = 0
            while at < length {
                let step = min(length - at, cuts.next(below: 300))
                stream.update(message[at..<at + step])
                at += step
            }
            // A sequence without contiguous storage goes the other way.
            stream.update(EmptyCollection<UInt8>())
            #expect(stream.finish() == suite.sha256(message))
        }
        let stream = StreamingSHA256()
        stream.update((0..<200).lazy.map { UInt8($0) })
        #expect(stream.finish() == suite.sha256(Array(0..<200)))
    }

    @Test(
        "HMAC-SHA-256, RFC 4231 §4",
        arguments: [
            ([UInt8](repeating: 0x0b, count: 20), Array("Hi There".utf8), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
            (Array("Jefe".utf8), Array("what do ya want for nothing?".utf8), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
            ([UInt8](repeating: 0xaa, count: 20), [UInt8](repeating: 0xdd, count: 50), "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
            (Array(1...25), [UInt8](repeating: 0xcd, count: 50), "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
            (
                [UInt8](repeating: 0xaa, count: 131), Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
            ),
            (
                [UInt8](repeating: 0xaa, count: 131),
                Array(
                    "This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm."
                        .utf8),
                "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"
            ),
        ] as [([UInt8], [UInt8], String)])
    func hmac(key: [UInt8], message: [UInt8], code: String) {
        #expect(hexadecimal(suite.hmacSHA256(key, message)) == code)
    }

    @Test(
        "HKDF-SHA-256, RFC 5869 appendix A",
        arguments: [
            (
                [UInt8](repeating: 0x0b, count: 22), Array(0..<13), Array(0xf0..<0xfa), 42,
                "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
            ),
            (
                Array(0..<0x50), Array(0x60..<0xb0), Array(0xb0...0xff), 82,
                "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"
            ),
            ([UInt8](repeating: 0x0b, count: 22), [], [], 42, "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"),
        ] as [([UInt8], [UInt8], [UInt8], Int, String)])
    func hkdf(secret: [UInt8], salt: [UInt8], info: [UInt8], count: Int, key: String) {
        #expect(hexadecimal(suite.hkdfSHA256(secret, salt, info, count)) == key)
    }

    @Test("HKDF gives nothing and its most")
    func hkdfEdges() {
        #expect(suite.hkdfSHA256([1], [], [], 0).isEmpty)
        #expect(suite.hkdfSHA256([1], [], [], 8160).count == 8160)
    }
}

@Suite("AES-128 in counter mode, SP 800-38A") struct CounterModeTests {
    static let key = hex("2b7e151628aed2a6abf7158809cf4f3c")

    @Test("F.5.1, CTR-AES128.Encrypt")
    func published() {
        let plain = hex(
            "6bc1bee22e409f96e93d7e117393172a ae2d8a571e03ac9c9eb76fac45af8e51 30c81c46a35ce411e5fbc1191a0a52ef f69f2445df4f9b17ad2b417be66c3710")
        let cipher = hex(
            "874d6191b620e3261bef6864990db6ce 9806f66b7970fdff8617187bb9fffdff 5ae4df3edbd5d35e5b4f09020db03eab 1e031dda2fbe03d1792170a0f3009cee")
        let stream = counterKeystream(key: Self.key, counter: (0xf0f1_f2f3_f4f5_f6f7, 0xf8f9_fafb_fcfd_feff), count: 64)
        #expect(zip(plain, stream).map { $0 ^ $1 } == cipher)
    }

    /// Single blocks of AES-128-ECB under the same key (`openssl enc -aes-128-ecb -nopad`), so that the counter's carry
    /// is checked by something that does not count.
    @Test(
        "The counter carries beyond 32 bits and beyond 64",
        arguments: [
            (0xFFFF_FFFF, "33c14e7e92d8ebe55ee2d8d98a1e6532", "6791ab9e2faeedef478d0e7c254011ae"),
            (UInt64.max, "ef8737b783c4fa88e687ee9467073f6e", "dc0a3bc38609c26f6f2a63a39cf7ee93"),
        ] as [(UInt64, String, String)])
    func carry(block: UInt64, first: String, second: String) {
        #expect(hexadecimal(CryptoSuite.system.keystream(Self.key, block, 32)) == first + second)
    }

    @Test("The last counter is followed by the first")
    func wrap() {
        let stream = counterKeystream(key: Self.key, counter: (.max, .max), count: 32)
        #expect(hexadecimal(stream) == "8af2860142f786f409307c1a3f7eaaac" + "7df76b0c1ab899b33e42f047b91b546f")
    }

    @Test("A stream from the middle is the middle of the stream")
    func offset() {
        let keystream = CryptoSuite.system.keystream
        let whole = keystream(Self.key, 5, 1000)
        #expect(whole.count == 1000)
        for block in 0..<62 { #expect(keystream(Self.key, 5 + UInt64(block), 16) == Array(whole[block * 16..<block * 16 + 16])) }
        for count in [0, 1, 15, 16, 17, 999] { #expect(keystream(Self.key, 5, count) == Array(whole[..<count])) }
        #expect(hexadecimal(keystream(Self.key, 12_345_678_901, 16)) == "95485cafa08069781f4acd0a077602d0")
    }
}
