/// What is read of a picture, at most.
package enum VisionLimits {
    package static let fileBytes = 20 << 20
    package static let pixels = 64_000_000
    /// Of each side.
    package static let side = 32_768
    /// What a PNG may inflate to, known from its header before a byte of it is inflated; and what its pixels may take.
    package static let inflatedBytes = 260_000_000
    package static let dominantColours = 5
}
