/// Symbols are the 256 bytes and one more.
package enum Symbol {
    /// It stands before a text and behind it.
    package static let boundary = 256
    package static let count = 257
}

/// A model that says which byte comes next. It may be used by several threads at once; what it reads is kept by readers.
package protocol ByteModel: Sendable {
    /// Bytes of a prompt and its continuation together, at most.
    var contextBytes: Int { get }
    var parameterCount: Int { get }
    var memoryBytes: Int { get }
    /// One that has read nothing.
    func reader() -> any ByteReader
}

/// Reads a text from its beginning, a part at a time.
package protocol ByteReader: Sendable {
    /// Logits of the symbol after everything that was read: `Symbol.count` numbers, −∞ for what cannot be. Nothing may be read, too;
    /// never more than `contextBytes` in all.
    mutating func read(_ bytes: ArraySlice<UInt8>) -> [Float]
}
