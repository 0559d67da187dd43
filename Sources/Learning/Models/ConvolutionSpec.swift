/// The size of an image with its channels.
package struct ImageShape: Sendable, Equatable, Codable {
    package var height: Int
    package var width: Int
    package var channels: Int

    package init(height: Int, width: Int, channels: Int = 1) {
        self.height = height
        self.width = width
        self.channels = channels
    }

    package var count: Int { height * width * channels }
}

/// A convolution over square windows with stride 1 that keeps the image's size (zeros beyond the edge), a ReLU, and a
/// max pooling over windows that do not overlap.
package struct ConvolutionSpec: Sendable, Equatable, Codable {
    /// Channels that come out.
    package var channels: Int
    /// Side of the window; odd.
    package var kernel: Int
    /// Side of the pooling's window; 1: no pooling. Rows and columns that fill no window are left out.
    package var pool: Int

    package init(channels: Int, kernel: Int = 3, pool: Int = 1) {
        self.channels = channels
        self.kernel = kernel
        self.pool = pool
    }

    package func output(of image: ImageShape) -> ImageShape {
        ImageShape(height: image.height / max(1, pool), width: image.width / max(1, pool), channels: channels)
    }
}

extension ModelSpec {
    /// Why the model cannot be built, and the field that says so; nil when it can.
    package var fault: (field: String, issue: String)? {
        if kind == .byteTransformer || transformer != nil { return transformerIssue }
        if let issue = convolutionIssue { return issue }
        if let issue = widthIssue { return ("layers", issue) }
        return nil
    }

    /// nil when the model can be built.
    package var problem: String? { fault?.issue }

    private var transformerIssue: (field: String, issue: String)? {
        guard kind == .byteTransformer else { return ("transformer", "belongs to kind byte_transformer") }
        guard let transformer else {
            return ("transformer", "must be given, such as {\"layers\": 4, \"width\": 128, \"heads\": 4, \"hidden\": 512, \"context\": 128}")
        }
        guard layers.isEmpty else { return ("layers", "are widths, and a byte_transformer has none: its sizes stand in transformer") }
        guard image == nil, convolutions.isEmpty else { return ("kind", "image and convolutions belong to kind cnn") }
        return transformer.fault.map { ("transformer.\($0.field)", $0.issue) }
    }

    private var widthIssue: String? {
        if kind == .softmaxRegression && layers.count != 2 { return "a softmax regression has two widths: inputs, outputs" }
        if kind == .linear && (layers.count != 2 || outputs != 1) { return "a linear regression has two widths: inputs, and 1 output" }
        if layers.count < 2 || layers.count > Limits.layers + 1 { return "layers must be 2 to \(Limits.layers + 1) widths" }
        if let bad = dense.first(where: { $0 < 1 || $0 > Limits.width }) ?? layers.first(where: { $0 < 1 || $0 > Limits.width }) {
            return "a width must be 1 to \(Limits.width), not \(bad)"
        }
        if task == .classification && !(2...Limits.labels).contains(outputs) { return "outputs must be 2 to \(Limits.labels), not \(outputs)" }
        var total = 0
        // Widths are at most 2^20, kernels and channels smaller: no overflow before the check.
        for (image, convolution) in zip(images, convolutions) {
            total += (convolution.kernel * convolution.kernel * image.channels + 1) * convolution.channels
        }
        for (a, b) in zip(dense, dense.dropFirst()) {
            total += (a + 1) * b
            if total > Limits.parameters { return "more than \(Limits.parameters) parameters" }
        }
        return nil
    }

    private var convolutionIssue: (field: String, issue: String)? {
        guard kind == .cnn else {
            if image != nil || !convolutions.isEmpty { return ("kind", "image and convolutions belong to kind cnn") }
            return nil
        }
        guard let image else { return ("image", "a cnn needs the shape of its images, such as [1, 28, 28]") }
        let sides = 1...Limits.imageSide
        guard sides.contains(image.height), sides.contains(image.width), (1...Limits.channels).contains(image.channels) else {
            return ("image", "sides must be 1 to \(Limits.imageSide), channels 1 to \(Limits.channels)")
        }
        guard image.count <= Limits.width, layers.first == image.count else {
            return ("layers", "the first width must be the number of values of an image, \(image.count)")
        }
        guard (1...Limits.convolutions).contains(convolutions.count) else {
            return ("convolutions", "must be 1 to \(Limits.convolutions)")
        }
        var here = image
        for convolution in convolutions {
            if !(1...Limits.channels).contains(convolution.channels) {
                return ("convolutions", "channels must be 1 to \(Limits.channels), not \(convolution.channels)")
            }
            if !(1...Limits.kernel).contains(convolution.kernel) || convolution.kernel % 2 == 0 {
                return ("convolutions", "kernel must be an odd number from 1 to \(Limits.kernel), not \(convolution.kernel)")
            }
            if !(1...min(here.height, here.width)).contains(convolution.pool) {
                return ("convolutions", "pool must be 1 to \(min(here.height, here.width)), the image's side there, not \(convolution.pool)")
            }
            if here.height * here.width * max(here.channels, convolution.channels) > Limits.width {
                return ("convolutions", "an image would have more than \(Limits.width) values")
            }
            here = convolution.output(of: here)
        }
        return nil
    }
}
