internal import KernelTable

/// Forward and backward pass of the convolutions of a CNN, each as a matrix product over the windows of its image.
///
/// Inside, images are [height, width, channels], so that a window's row is one run of memory; outside (rows of a data
/// set, parameters, features for the linear layers) they are [channels, height, width] as in PyTorch. The way forward
/// reads the windows from padded images, which are kept; so does the way back through a pooling, whose gradient is zero
/// but where the pooling chose: a fourth of the work for windows of two by two. Where the kernels have no such way, a few
/// images at a time have their windows laid out for a matrix product. Of a pooled image only the pooled values are kept.
final class ConvolutionStack {
    /// What one convolution keeps of a batch.
    private struct Stage {
        let spec: ConvolutionSpec
        /// What it reads, and what it has made before the pooling.
        let input: ImageShape
        let full: ImageShape
        let output: ImageShape
        let weightAt: Int
        let biasAt: Int
        /// Images that go through at once.
        let chunk: Int
        /// Whether windows are read from `padded` on the way forward, and on the way back.
        let isDirect, isScattered: Bool
        /// What comes out, and its gradient, for the whole batch.
        var y, dy: UnsafeMutablePointer<Float>
        /// Where the pooling took `y` from, counted from the first image of the chunk.
        var chosen: UnsafeMutablePointer<Int32>
        /// [window, inputs, outputs], as its gradient; and [outputs, window, inputs] for the way back.
        var weight, weightGradient, weightBack: UnsafeMutablePointer<Float>
        /// What it reads, padded, for the whole batch.
        var padded: UnsafeMutablePointer<Float>

        var reach: Int { spec.kernel / 2 }
        var paddedWidth: Int { input.width + 2 * reach }
        /// Floats of one padded image; 0 where there is none.
        var paddedCount: Int { isDirect ? (input.height + 2 * reach) * paddedWidth * input.channels : 0 }
        var pooledPlaces: Int { output.height * output.width }
        var window: Int { spec.kernel * spec.kernel * input.channels }
        var places: Int { input.height * input.width }
        var isPooled: Bool { spec.pool > 1 }
    }

    let parameterCount: Int
    private let kernels: KernelTable
    private var stages: [Stage] = []
    private var capacity = 0
    private var batch = 0
    /// `full`: images before the pooling, or their gradient.
    private var input, patches, full, scratch, arena: UnsafeMutablePointer<Float>
    /// Of one padded image.
    private var paddedGradient: UnsafeMutablePointer<Float>
    private var indices: UnsafeMutablePointer<Int32>
    /// Where the windows of one image begin.
    private var windowStarts: UnsafeMutablePointer<Int32>
    private static let patchFloats = 1 << 15

    init(spec: ModelSpec, kernels: KernelTable) {
        self.kernels = kernels
        arena = .allocate(capacity: 1)
        indices = .allocate(capacity: 1)
        (input, patches, full, scratch) = (arena, arena, arena, arena)
        (paddedGradient, windowStarts) = (arena, indices)
        var offset = 0
        for (convolution, image) in zip(spec.convolutions, spec.images) {
            let full = ImageShape(height: image.height, width: image.width, channels: convolution.channels)
            let window = convolution.kernel * convolution.kernel * image.channels
            let bias = offset + window * convolution.channels
            let isDirect = kernels.canConvolve(convolution.channels)
            let isScattered = isDirect && convolution.pool > 1 && kernels.canScatter(image.channels, convolution.kernel)
            stages.append(
                Stage(
                    spec: convolution, input: image, full: full, output: convolution.output(of: image), weightAt: offset,
                    biasAt: bias, chunk: max(1, Self.patchFloats / (window * image.height * image.width)),
                    isDirect: isDirect, isScattered: isScattered, y: arena, dy: arena, chosen: indices, weight: arena,
                    weightGradient: arena, weightBack: arena, padded: arena))
            offset = bias + convolution.channels
        }
        parameterCount = offset
    }

    deinit {
        arena.deallocate()
        indices.deallocate()
    }

    /// Makes room for batches of up to `rows`.
    func reserve(batch rows: Int) {
        guard rows > capacity, let first = stages.first else { return }
        capacity = rows
        arena.deallocate()
        indices.deallocate()
        // The gradient of a weight passes through the same room.
        let patchCount = stages.reduce(0) { max($0, $1.window * max($1.spec.channels, min($1.chunk, rows) * $1.places)) }
        let fullCount = stages.reduce(0) { max($0, min($1.chunk, rows) * $1.full.count) }
        let scratchCount = stages.reduce(1) { max($0, scratchNeeded($1, min($1.chunk, rows))) }
        let paddedGradientCount = stages.reduce(0) { max($0, $1.paddedCount) }
        let count = stages.reduce(rows * first.input.count + patchCount + fullCount + scratchCount + paddedGradientCount) {
            $0 + 2 * rows * $1.output.count + 3 * $1.window * $1.spec.channels + rows * $1.paddedCount
        }
        let startCount = stages.reduce(0) { max($0, $1.output.count) }
        let indexCount = stages.reduce(startCount) { $0 + rows * $1.output.count }
        arena = .allocate(capacity: count)
        arena.initialize(repeating: 0, count: count)
        indices = .allocate(capacity: max(1, indexCount))
        indices.initialize(repeating: 0, count: max(1, indexCount))
        var (next, nextIndex) = (arena, indices)
        func take(_ count: Int) -> UnsafeMutablePointer<Float> {
            defer { next += count }
            return next
        }
        input = take(rows * first.input.count)
        patches = take(patchCount)
        full = take(fullCount)
        scratch = take(scratchCount)
        paddedGradient = take(paddedGradientCount)
        windowStarts = nextIndex
        nextIndex += startCount
        for i in stages.indices {
            let stage = stages[i]
            stages[i].y = take(rows * stage.output.count)
            stages[i].dy = take(rows * stage.output.count)
            stages[i].weight = take(stage.window * stage.spec.channels)
            stages[i].weightGradient = take(stage.window * stage.spec.channels)
            stages[i].weightBack = take(stage.window * stage.spec.channels)
            stages[i].padded = take(rows * stage.paddedCount)
            stages[i].chosen = nextIndex
            nextIndex += rows * stage.output.count
        }
    }

    private func scratchNeeded(_ stage: Stage, _ images: Int) -> Int {
        let (rows, channels) = (images * stage.places, stage.spec.channels)
        return max(
            kernels.sgemmScratchCount(rows, channels, stage.window), kernels.sgemmScratchCount(stage.window, channels, rows),
            kernels.sgemmScratchCount(rows, stage.window, channels))
    }

    func begin(_ rows: Int) {
        precondition(rows <= capacity)
        batch = rows
    }

    /// One row of a data set, [channels, height, width].
    func load(_ row: UnsafePointer<Float>, at slot: Int) {
        guard let image = stages.first?.input else { return }
        Self.interleave(row, image, into: input + slot * image.count)
    }

    /// Writes the last images, [batch, channels, height, width], to `features`.
    func forward(parameters: UnsafePointer<Float>, into features: UnsafeMutablePointer<Float>) {
        var x = input
        for stage in stages {
            arrange(parameters + stage.weightAt, of: stage)
            let channels = stage.spec.channels
            forEachChunk(stage) { first, images in
                let y = stage.y + first * stage.output.count
                let made = stage.isPooled ? full : y
                if stage.isDirect {
                    let padded = stage.padded + first * stage.paddedCount
                    kernels.pad(
                        x + first * stage.input.count, images, stage.input.height, stage.input.width, stage.input.channels,
                        stage.reach, padded)
                    kernels.convolve(
                        padded, images, stage.input.height, stage.input.width, stage.input.channels, stage.spec.kernel,
                        stage.weight, channels, parameters + stage.biasAt, true, made)
                } else {
                    windows(x, stage, first, images)
                    kernels.linear(
                        images * stage.places, channels, stage.window, patches, stage.window, 1, stage.weight, channels, 1,
                        made, channels, parameters + stage.biasAt, true, scratch)
                }
                guard stage.isPooled else { return }
                kernels.maxPool(
                    full, images, stage.full.height, stage.full.width, channels, stage.spec.pool, y,
                    stage.chosen + first * stage.output.count)
            }
            x = stage.y
        }
        guard let last = stages.last else { return }
        for slot in 0..<batch {
            Self.separate(last.y + slot * last.output.count, last.output, into: features + slot * last.output.count)
        }
    }

    /// The way back after `forward`, from the gradient of the features.
    func backward(features: UnsafePointer<Float>, into gradient: UnsafeMutablePointer<Float>) {
        guard let last = stages.last else { return }
        for slot in 0..<batch {
            Self.interleave(features + slot * last.output.count, last.output, into: last.dy + slot * last.output.count)
        }
        for index in stages.indices.reversed() {
            let stage = stages[index]
            let channels = stage.spec.channels
            // Only what the pooling chose has a gradient: the ReLU and the bias look at that alone.
            kernels.reluBackward(stage.dy, stage.y, batch * stage.output.count)
            kernels.columnSums(stage.dy, batch * stage.output.count / channels, channels, gradient + stage.biasAt)
            let below = index > 0 ? stages[index - 1] : nil
            if stage.isScattered {
                backwardChosen(stage, below)
                collectByOutput(stage.weightGradient, of: stage, into: gradient + stage.weightAt)
                continue
            }
            forEachChunk(stage) { first, images in
                let rows = images * stage.places
                let dy = fullGradient(stage, first, images)
                windows(below?.y ?? input, stage, first, images)
                kernels.sgemm(
                    stage.window, channels, rows, patches, 1, stage.window, dy, channels, 1, stage.weightGradient, channels,
                    first > 0, scratch)
                guard let below else { return }
                kernels.sgemm(
                    rows, stage.window, channels, dy, channels, 1, stage.weightBack, stage.window, 1, patches, stage.window, false,
                    scratch)
                kernels.col2im(
                    patches, images, stage.input.height, stage.input.width, stage.input.channels, stage.spec.kernel,
                    below.dy + first * stage.input.count)
            }
            collect(stage.weightGradient, of: stage, into: gradient + stage.weightAt)
        }
    }

    /// The gradients by the windows that the pooling chose alone, image by image.
    private func backwardChosen(_ stage: Stage, _ below: Stage?) {
        let (channels, kernel, count) = (stage.spec.channels, stage.spec.kernel, stage.pooledPlaces)
        stage.weightGradient.update(repeating: 0, count: stage.window * channels)
        for image in 0..<batch {
            let at = image * stage.output.count
            // The places of a chunk are counted together.
            kernels.windowStarts(
                stage.chosen + at, count, channels, image % stage.chunk * stage.full.count, stage.input.width,
                stage.input.channels, kernel, windowStarts)
            kernels.chosenWeightGradient(
                stage.padded + image * stage.paddedCount, stage.paddedWidth, stage.input.channels, kernel, stage.dy + at,
                windowStarts, count, channels, stage.weightGradient)
            guard let below else { continue }
            paddedGradient.update(repeating: 0, count: stage.paddedCount)
            kernels.chosenInputGradient(
                stage.dy + at, windowStarts, count, channels, stage.weightBack, stage.paddedWidth, stage.input.channels, kernel,
                paddedGradient)
            let row = stage.input.width * stage.input.channels
            for y in 0..<stage.input.height {
                let from = ((y + stage.reach) * stage.paddedWidth + stage.reach) * stage.input.channels
                (below.dy + image * stage.input.count + y * row).update(from: paddedGradient + from, count: row)
            }
        }
    }

    /// The gradient of some images before the pooling.
    private func fullGradient(_ stage: Stage, _ first: Int, _ images: Int) -> UnsafeMutablePointer<Float> {
        let at = first * stage.output.count
        guard stage.isPooled else { return stage.dy + at }
        kernels.maxPoolBackward(
            stage.dy + at, stage.chosen + at, images * stage.output.count, full, images * stage.full.count)
        return full
    }

    private func forEachChunk(_ stage: Stage, _ body: (_ first: Int, _ images: Int) -> Void) {
        for first in stride(from: 0, to: batch, by: stage.chunk) { body(first, min(stage.chunk, batch - first)) }
    }

    private func windows(_ x: UnsafePointer<Float>, _ stage: Stage, _ first: Int, _ images: Int) {
        kernels.im2col(
            x + first * stage.input.count, images, stage.input.height, stage.input.width, stage.input.channels,
            stage.spec.kernel, patches)
    }

    // MARK: Orders of an image and of a weight

    /// [channels, places] → [places, channels]
    private static func interleave(_ from: UnsafePointer<Float>, _ image: ImageShape, into to: UnsafeMutablePointer<Float>) {
        transpose(from, image.channels, image.height * image.width, into: to)
    }

    /// [places, channels] → [channels, places]
    private static func separate(_ from: UnsafePointer<Float>, _ image: ImageShape, into to: UnsafeMutablePointer<Float>) {
        transpose(from, image.height * image.width, image.channels, into: to)
    }

    /// A weight [outputs, inputs, window] in the two orders the products want.
    private func arrange(_ from: UnsafePointer<Float>, of stage: Stage) {
        let (inputs, window) = (stage.input.channels, stage.spec.kernel * stage.spec.kernel)
        for output in 0..<stage.spec.channels {
            Self.transpose(from + output * stage.window, inputs, window, into: stage.weightBack + output * stage.window)
        }
        Self.transpose(stage.weightBack, stage.spec.channels, stage.window, into: stage.weight)
    }

    /// A gradient [window, inputs, outputs] in the order of the parameters. The windows are not needed any more.
    private func collect(_ from: UnsafePointer<Float>, of stage: Stage, into to: UnsafeMutablePointer<Float>) {
        let (inputs, window) = (stage.input.channels, stage.spec.kernel * stage.spec.kernel)
        Self.transpose(from, stage.window, stage.spec.channels, into: patches)
        for output in 0..<stage.spec.channels {
            Self.transpose(patches + output * stage.window, window, inputs, into: to + output * stage.window)
        }
    }

    /// The same from [outputs, window, inputs].
    private func collectByOutput(_ from: UnsafePointer<Float>, of stage: Stage, into to: UnsafeMutablePointer<Float>) {
        let (inputs, window) = (stage.input.channels, stage.spec.kernel * stage.spec.kernel)
        for output in 0..<stage.spec.channels {
            Self.transpose(from + output * stage.window, window, inputs, into: to + output * stage.window)
        }
    }

    private static func transpose(
        _ from: UnsafePointer<Float>, _ rows: Int, _ columns: Int, into to: UnsafeMutablePointer<Float>
    ) {
        if rows == 1 || columns == 1 { return to.update(from: from, count: rows * columns) }
        for row in 0..<rows {
            for column in 0..<columns { to[column * rows + row] = from[row * columns + column] }
        }
    }
}
