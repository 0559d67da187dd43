import Deflate
import Testing

@Suite struct ZlibTests {
    private let hello: [UInt8] = [0x78, 0x9C, 0xCB, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x06, 0x2C, 0x02, 0x15]

    private func refused(_ bytes: [UInt8]) -> InflateError? { refusal { () throws(InflateError) in _ = try Zlib.whole(bytes[...], limit: 100) } }

    @Test func headerAndChecksumAreHeldToTheirWord() throws {
        #expect(try Zlib.whole(hello[...], limit: 5).bytes == Array("hello".utf8))
        func changed(_ place: Int, _ value: UInt8) -> InflateError? {
            var bytes = hello
            bytes[place] = value
            return refused(bytes)
        }
        // The method, the window, the check of the header, and a dictionary (0x78, 0xBB: FDICT, and the check fits).
        #expect(changed(0, 0x77) == .malformed(.notZlib) && changed(0, 0x88) == .malformed(.notZlib) && changed(1, 0x9D) == .malformed(.notZlib))
        #expect(changed(1, 0xBB) == .malformed(.dictionary))
        for place in 9..<13 { #expect(changed(place, hello[place] ^ 0x80) == .malformed(.checksum)) }
        for flags in [0x01, 0x5E, 0xDA] as [UInt8] { #expect(changed(1, flags) == nil) }
    }

    @Test func checksumsAreThoseOfZlib() throws {
        for (name, told) in Golden.shared.plains {
            let plain = try #require(Golden.plain[name])
            #expect(plain.count == told.bytes && CRC32.of(plain[...]) == told.crc32)
            // In parts, too.
            for cut in [0, 1, 2, 3, 5, 5552, 5553] where cut <= plain.count {
                var (crc, adler) = (CRC32(), Adler32())
                for part in [plain[..<cut], plain[cut...]] {
                    crc.add(part)
                    adler.add(part)
                }
                #expect(crc.value == told.crc32 && adler.value == told.adler32)
            }
        }
        // The check values of both.
        let digits = Array("123456789".utf8)
        var adler = Adler32()
        adler.add(digits[...])
        #expect(CRC32.of(digits[...]) == 0xCBF4_3926 && adler.value == 0x091E_01DE)
        // The largest sums that 5552 bytes can make.
        adler = Adler32()
        adler.add([UInt8](repeating: 0xFF, count: 100_000)[...])
        var (a, b) = (1, 0)
        for _ in 0..<100_000 {
            a = (a + 255) % 65_521
            b = (b + a) % 65_521
        }
        #expect(adler.value == UInt32(b << 16 | a))
    }

    @Test func whatIsWrongIsSaidShortly() {
        let errors: [InflateError] = [.cutShort, .beyondLimit, .stopped] + InflateError.Fault.allCases.map { .malformed($0) }
        #expect(Set(errors.map(\.description)).count == errors.count && errors.allSatisfy { $0.description.utf8.count < 80 })
    }
}
