/// Deflated data with a header and an Adler-32 of what comes out (RFC 1950).
package enum Zlib {
    /// - Parameters:
    ///   - input: begins with the stream; what is behind it is not looked at.
    ///   - limit: bytes that are handed on at most.
    ///   - receive: false: no more is wanted. It has seen everything before a wrong checksum is.
    /// - Returns: how many bytes of the input the stream takes.
    package static func run(_ input: ArraySlice<UInt8>, limit: Int, _ receive: (ArraySlice<UInt8>) -> Bool) throws(InflateError) -> Int {
        guard input.count >= 2 else { throw .cutShort }
        let (method, flags) = (Int(input[input.startIndex]), Int(input[input.startIndex + 1]))
        guard method & 15 == 8, method >> 4 <= 7, (method << 8 | flags) % 31 == 0 else { throw .malformed(.notZlib) }
        guard flags & 32 == 0 else { throw .malformed(.dictionary) }
        var sum = Adler32()
        let taken = try Inflater.run(input.dropFirst(2), limit: limit) { part in
            sum.add(part)
            return receive(part)
        }
        let told = input.dropFirst(2 + taken).prefix(4)
        guard told.count == 4 else { throw .cutShort }
        guard told.reduce(0, { $0 << 8 | UInt32($1) }) == sum.value else { throw .malformed(.checksum) }
        return 2 + taken + 4
    }

    /// All of it.
    package static func whole(_ input: ArraySlice<UInt8>, limit: Int) throws(InflateError) -> (bytes: [UInt8], taken: Int) {
        var out: [UInt8] = []
        let taken = try run(input, limit: limit) {
            out += $0
            return true
        }
        return (out, taken)
    }
}
