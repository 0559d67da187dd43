import CryptoSuite
import Testing

/// What the pure rooms rely on, whichever suite they are given.
@Suite struct CryptoSuiteContractTests {
    @Test(arguments: suites) func digestsAreFunctionsOfTheWholeMessage(named: NamedSuite) {
        let suite = named.suite
        var numbers = Numbers(state: 1)
        var seen: Set<[UInt8]> = []
        for length in [0, 1, 31, 32, 33, 55, 56, 63, 64, 65, 127, 128, 1000] {
            let message = numbers.bytes(length)
            let digest = suite.sha256(message)
            #expect(digest.count == 32 && digest == suite.sha256(message))
            #expect(seen.insert(digest).inserted)
            for at in message.indices {
                var other = message
                other[at] ^= 1 << UInt8(numbers.next(below: 8))
                #expect(suite.sha256(other) != digest)
            }
        }
    }

    @Test(arguments: suites) func codesDependOnKeyAndMessage(named: NamedSuite) {
        let hmac = named.suite.hmacSHA256
        var numbers = Numbers(state: 2)
        for (k, m) in [(0, 0), (1, 5), (32, 64), (64, 1), (65, 200), (200, 0)] {
            let (key, message) = (numbers.bytes(k), numbers.bytes(m))
            let code = hmac(key, message)
            #expect(code.count == 32 && code == hmac(key, message))
            #expect(hmac(key, message + [0]) != code)
            // RFC 2104: a short key is padded with zeros, so only another byte tells keys apart.
            #expect(hmac(key + [1], message) != code)
        }
        #expect(hmac([1], [2, 3]) != hmac([1, 2], [3]))
    }

    @Test(arguments: suites) func derivedKeysAreSeparateAndPrefixesOfLongerOnes(named: NamedSuite) {
        let hkdf = named.suite.hkdfSHA256
        let long = hkdf([1, 2, 3], [4], [5], 8160)
        #expect(long.count == 8160)
        for count in [0, 1, 31, 32, 33, 64, 8159] { #expect(hkdf([1, 2, 3], [4], [5], count) == Array(long.prefix(count))) }
        let others = [
            hkdf([1, 2, 4], [4], [5], 32), hkdf([1, 2, 3], [5], [5], 32), hkdf([1, 2, 3], [4], [6], 32), hkdf([1, 2, 3], [4], [], 32),
            hkdf([1, 2, 3], [], [5], 32),
        ]
        #expect(Set(others + [Array(long.prefix(32))]).count == 6)
    }

    /// Masks are made in parts: any part from any block on is that part of the whole.
    @Test(arguments: suites) func aPartOfTheKeystreamIsThatPart(named: NamedSuite) {
        let keystream = named.suite.keystream
        let key = [UInt8](0..<16)
        let whole = keystream(key, 1000, 16 * 70 + 5)
        #expect(whole.count == 16 * 70 + 5)
        var numbers = Numbers(state: 4)
        for _ in 0..<200 {
            let block = numbers.next(below: 70)
            let count = numbers.next(below: whole.count - block * 16 + 1)
            #expect(keystream(key, 1000 + UInt64(block), count) == Array(whole[block * 16..<block * 16 + count]))
        }
        #expect(keystream([UInt8](1..<17), 1000, 32) != Array(whole.prefix(32)))
        #expect(keystream(key, 1001, 16) != Array(whole.prefix(16)))
        #expect(keystream(key, .max, 33).count == 33)
    }

    @Test(arguments: suites) func theSameFromManyThreads(named: NamedSuite) async {
        let suite = named.suite
        let expected = suite.sha256(suite.keystream([UInt8](0..<16), 7, 100_000))
        await withTaskGroup(of: [UInt8].self) { group in
            for _ in 0..<8 { group.addTask { suite.sha256(suite.keystream([UInt8](0..<16), 7, 100_000)) } }
            for await digest in group { #expect(digest == expected) }
        }
    }
}
