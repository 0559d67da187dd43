package import Vision

/// A thing on a picture.
package struct DetectedObject: Sendable, Equatable {
    package var label: String
    /// 0...1
    package var confidence: Double
    package var box: PixelBox

    package init(label: String, confidence: Double, box: PixelBox) { (self.label, self.confidence, self.box) = (label, confidence, box) }
}

/// From the left upper corner: the pixels left..<right of the rows top..<bottom.
package struct PixelBox: Sendable, Equatable {
    package var left: Int
    package var top: Int
    package var right: Int
    package var bottom: Int

    package init(left: Int, top: Int, right: Int, bottom: Int) { (self.left, self.top, self.right, self.bottom) = (left, top, right, bottom) }

    package var corners: [Int] { [left, top, right, bottom] }
}

/// Why a detector gave no answer, in words for who asked.
package struct DetectorFailure: Error, Sendable, Equatable {
    package let why: String
    package init(_ why: String) { self.why = why }
}

/// A model that finds things on pictures: one behind another server, or one that was trained here.
package protocol ObjectDetector: Sendable {
    var id: String { get }
    func objects(on picture: Picture) async throws(DetectorFailure) -> [DetectedObject]
}
