extension BulkCodec {
    /// The compressed body, or nil where compression does not pay.
    ///
    /// Neither size nor kind says whether it does: the mantissas of a dense model do not shrink, while an update with many
    /// zeros (dead units, inputs that never occur) becomes half and less. So it is tried; docs/adr/0006 has the figures.
    package static func compressWherePays(_ bytes: [UInt8]) -> [UInt8]? {
        guard bytes.count >= Limits.compressedBytesMin else { return nil }
        let packed = compress(bytes, shuffle: 4, level: 1)
        return packed.count <= bytes.count / 100 * Limits.compressedPercentMax ? packed : nil
    }
}
