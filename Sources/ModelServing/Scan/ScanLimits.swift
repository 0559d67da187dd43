/// What a scan takes from a file, at most.
package enum ScanLimits {
    package static let archiveEntries = 10_000
    static let nameBytes = 1024
    /// What all entries of an archive would be together.
    static let archiveBytes: UInt64 = 8 << 30
    /// How much larger an entry may become, beyond a first mebibyte.
    static let ratio: UInt64 = 200
    /// What a compressed archive is followed through for its headers.
    static let inflatedBytes = 512 << 20
    /// An entry that is looked into.
    package static let entryBytes = 32 << 20
    /// Entries that are looked into.
    static let entriesRead = 1000
    static let pickleOpcodes = 20_000_000
    static let pickleStack = 1 << 20
    static let pickleTextBytes = 256
    static let picklesInRow = 64
    static let lineBytes = 1 << 16
    static let protobufMessages = 2_000_000
    static let protobufDepth = 32
    /// Problems of one check that are told.
    static let told = 8
}
