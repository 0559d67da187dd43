internal import Foundation
package import Inference
package import Vision

extension PictureInput {
    /// The picture as its model takes it, stretched to its size: a triangle filter as wide as the scale, each direction by itself, so that
    /// nothing is skipped where it shrinks.
    /// - Returns: nil where what the operator says does not fit together; see `problem`.
    package func tensor(of picture: Picture) -> NamedTensor? {
        guard problem == nil else { return nil }
        let across = Taps(from: picture.width, to: width), down = Taps(from: picture.height, to: height)
        let channels = self.channels
        var plane = [Float](repeating: 0, count: width * height * channels)
        // Rows of the picture that the next rows of the tensor need, each made as narrow as the tensor: the last ones alone are kept.
        var narrow: [Int: [Float]] = [:]
        for y in 0..<height {
            let rows = down.range(y)
            narrow = narrow.filter { rows.contains($0.key) }
            for row in rows where narrow[row] == nil { narrow[row] = narrowed(picture, row, across) }
            for (row, weight) in zip(rows, down.weights(y)) {
                guard let samples = narrow[row] else { continue }
                for i in 0..<(width * channels) { plane[y * width * channels + i] += weight * samples[i] }
            }
        }
        for i in plane.indices {
            let channel = i % channels
            let (mean, deviation) = (means.isEmpty ? 0 : means[channel], deviations.isEmpty ? 1 : deviations[channel])
            plane[i] = Float((Double(plane[i]) * scale - mean) / deviation)
        }
        let area = width * height
        let ordered = layout == .nhwc ? plane : (0..<plane.count).map { plane[$0 % area * channels + $0 / area] }
        let values: Tensor.Values = element == .uint8 ? .uint8(ordered.map { UInt8(max(0, min(255, $0.rounded()))) }) : .float(ordered)
        let shape = layout == .nhwc ? [1, height, width, channels] : [1, channels, height, width]
        return Tensor(shape: shape, values).map { NamedTensor(self.tensor, $0) }
    }

    /// What does not fit together; nil: nothing.
    package var problem: String? {
        guard UpstreamLimits.side.contains(width), UpstreamLimits.side.contains(height) else {
            return "its width and height must be \(UpstreamLimits.side.lowerBound) to \(UpstreamLimits.side.upperBound)"
        }
        guard element == .float || element == .uint8 else { return "its elements must be FP32 or UINT8" }
        guard [0, channels].contains(means.count), [0, channels].contains(deviations.count) else {
            return "its mean and deviation must have one number for each of \(channels) channels"
        }
        let numbers = [scale] + means + deviations
        guard numbers.allSatisfy({ $0.isFinite && abs($0) <= 1e6 }), deviations.allSatisfy({ $0 >= 1e-6 }) else {
            return "its scale, mean and deviation must be finite, and each deviation above 0"
        }
        return nil
    }

    private func narrowed(_ picture: Picture, _ row: Int, _ across: Taps) -> [Float] {
        let channels = self.channels
        var out = [Float](repeating: 0, count: width * channels)
        for x in 0..<width {
            for (column, weight) in zip(across.range(x), across.weights(x)) {
                let (red, green, blue) = picture.colour(at: row * picture.width + column)
                switch colours {
                case .grey: out[x] += weight * (0.299 * Float(red) + 0.587 * Float(green) + 0.114 * Float(blue))
                case .rgb, .bgr:
                    out[x * 3] += weight * Float(colours == .rgb ? red : blue)
                    out[x * 3 + 1] += weight * Float(green)
                    out[x * 3 + 2] += weight * Float(colours == .rgb ? blue : red)
                }
            }
        }
        return out
    }
}

/// Which samples of a line make one of a line of another length, and how much of each.
private struct Taps {
    private var starts: [Int] = []
    private var all: [[Float]] = []

    init(from: Int, to: Int) {
        let scale = Double(from) / Double(to)
        let support = max(1, scale)
        for i in 0..<to {
            let centre = (Double(i) + 0.5) * scale
            let first = max(0, Int(centre - support + 0.5)), last = min(from, max(first + 1, Int(centre + support + 0.5)))
            let weights = (first..<last).map { max(0, 1 - abs((Double($0) + 0.5 - centre) / support)) }
            let sum = weights.reduce(0, +)
            starts.append(first)
            all.append(weights.map { Float(sum > 0 ? $0 / sum : 1 / Double(weights.count)) })
        }
    }

    func range(_ i: Int) -> Range<Int> { starts[i]..<(starts[i] + all[i].count) }
    func weights(_ i: Int) -> [Float] { all[i] }
}

extension ClassOutput {
    /// - Returns: a probability for each class, in the order of their numbers.
    package func probabilities(_ outputs: [NamedTensor]) throws(UpstreamReplyError) -> [Double] {
        guard let tensor = outputs.first(where: { $0.name == self.tensor })?.tensor else { throw UpstreamReplyError("it has no output of that name") }
        guard let numbers = tensor.numbers, (1...UpstreamLimits.labels).contains(numbers.count), tensor.shape.last == numbers.count else {
            throw UpstreamReplyError("its output is no row of numbers")
        }
        guard labels.isEmpty || labels.count == numbers.count else {
            throw UpstreamReplyError("its output has \(numbers.count) numbers, and there are \(labels.count) labels")
        }
        guard isLogits else {
            guard numbers.allSatisfy({ (0...1).contains($0) }), numbers.reduce(0, +) <= 1.001 else {
                throw UpstreamReplyError("its output is no row of probabilities")
            }
            return numbers
        }
        let most = numbers.max() ?? 0
        let powers = numbers.map { exp($0 - most) }
        let sum = powers.reduce(0, +)
        return powers.map { $0 / sum }
    }

    package func label(_ index: Int) -> String { labels.indices.contains(index) ? labels[index] : "\(index)" }
}

extension ObjectOutputs {
    /// - Parameters:
    ///   - picture: its extents in pixels.
    ///   - input: of the tensor.
    /// - Returns: the surest first.
    package func objects(
        _ outputs: [NamedTensor], picture: (width: Int, height: Int), input: PictureInput
    ) throws(UpstreamReplyError) -> [DetectedObject] {
        func numbers(_ name: String, _ tail: [Int]) throws(UpstreamReplyError) -> [Double] {
            guard let tensor = outputs.first(where: { $0.name == name })?.tensor, let numbers = tensor.numbers else {
                throw UpstreamReplyError("it has not all of the detector's outputs")
            }
            // One picture was sent: a 1 in front, or nothing.
            let shape = tensor.shape.count == tail.count + 2 && tensor.shape.first == 1 ? Array(tensor.shape.dropFirst()) : tensor.shape
            guard shape.count == tail.count + 1, Array(shape.dropFirst()) == tail else { throw UpstreamReplyError("its detector's outputs have other shapes") }
            return numbers
        }
        let (boxes, scores, classes) = (try numbers(boxes, [4]), try numbers(scores, []), try numbers(classes, []))
        guard boxes.count == scores.count * 4, classes.count == scores.count else { throw UpstreamReplyError("its boxes, scores and classes differ in number") }
        var found: [DetectedObject] = []
        for (i, score) in scores.enumerated() {
            guard (0...1).contains(score) else { throw UpstreamReplyError("it has a score that is none from 0 to 1") }
            guard score >= threshold else { continue }
            guard let number = Int(exactly: classes[i]), number >= 0, labels.isEmpty || number < labels.count else {
                throw UpstreamReplyError("it has a class that has no label")
            }
            guard let box = box(Array(boxes[(i * 4)..<(i * 4 + 4)]), picture, input) else { throw UpstreamReplyError("it has a box that is none") }
            found.append(DetectedObject(label: labels.isEmpty ? "\(number)" : labels[number], confidence: score, box: box))
            guard found.count <= UpstreamLimits.objects else { throw UpstreamReplyError("it has more than \(UpstreamLimits.objects) objects") }
        }
        return found.sorted { $0.confidence > $1.confidence }
    }

    /// In pixels of the picture, cut at its border; nil: it is inside out, or wholly outside.
    private func box(_ four: [Double], _ picture: (width: Int, height: Int), _ input: PictureInput) -> PixelBox? {
        let (left, top, right, bottom): (Double, Double, Double, Double) =
            switch form {
            case .corners: (four[0], four[1], four[2], four[3])
            case .cornersFromTop: (four[1], four[0], four[3], four[2])
            case .centre: (four[0] - four[2] / 2, four[1] - four[3] / 2, four[0] + four[2] / 2, four[1] + four[3] / 2)
            case .leftTop: (four[0], four[1], four[0] + four[2], four[1] + four[3])
            }
        let (x, y) = (Double(picture.width) / (isRelative ? 1 : Double(input.width)), Double(picture.height) / (isRelative ? 1 : Double(input.height)))
        func pixel(_ value: Double, _ most: Int) -> Int { Int(max(0, min(Double(most), value.rounded()))) }
        guard [left, top, right, bottom].allSatisfy({ $0.isFinite && abs($0) < 1e9 }), left < right, top < bottom else { return nil }
        guard right > 0, bottom > 0, left * x < Double(picture.width), top * y < Double(picture.height) else { return nil }
        return PixelBox(
            left: pixel(left * x, picture.width), top: pixel(top * y, picture.height), right: pixel(right * x, picture.width),
            bottom: pixel(bottom * y, picture.height))
    }
}

extension Tensor {
    /// nil: they are no finite numbers.
    var numbers: [Double]? {
        let all: [Double]
        switch values {
        case .float(let values): all = values.map(Double.init)
        case .double(let values): all = values
        case .int64(let values): all = values.map(Double.init)
        case .int32(let values): all = values.map(Double.init)
        case .uint8(let values): all = values.map(Double.init)
        case .bool, .text: return nil
        }
        return all.allSatisfy(\.isFinite) ? all : nil
    }
}
