internal import KernelTable

/// Forward and backward pass of the convolutions of a CNN, each as a matrix product over the windows of its image.
///
/// Inside, images are [height, width, channels], so that a window's row is one run of memory; outside (rows of a data
/// set, parameters, features for the linear layers) they are [channels, height, width] as in PyTorch. Windows are laid
/// out for a few images at a time and once more on the way back: memory does not grow with the batch times the window.
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
        /// Images whose windows are laid out at once.
        let chunk: Int
        /// After the ReLU; after the pooling (the same place without one); gradient of `y`.
        var y, pooled, dy: UnsafeMutablePointer<Float>
        var chosen: UnsafeMutablePointer<Int32>
        /// [outputs, kernel, kernel, inputs]
        var weight, weightGradient: UnsafeMutablePointer<Float>

        var window: Int { spec.kernel * spec.kernel * input.channels }
        var places: Int { input.height * input.width }
    }

    let parameterCount: Int
    private let kernels: KernelTable
    private var stages: [Stage] = []
    private var capacity = 0
    private var batch = 0
    private var input, patches, scratch, arena: UnsafeMutablePointer<Float>
    private var indices: UnsafeMutablePointer<Int32>
    private static let patchFloats = 1 << 18

    init(spec: ModelSpec, kernels: KernelTable) {
        self.kernels = kernels
        arena = .allocate(capacity: 1)
        indices = .allocate(capacity: 1)
        (input, patches, scratch) = (arena, arena, arena)
        var offset = 0
        for (convolution, image) in zip(spec.convolutions, spec.images) {
            let full = ImageShape(height: image.height, width: image.width, channels: convolution.channels)
            let window = convolution.kernel * convolution.kernel * image.channels
            let bias = offset + window * convolution.channels
            stages.append(
                Stage(
                    spec: convolution, input: image, full: full, output: convolution.output(of: image), weightAt: offset,
                    biasAt: bias, chunk: max(1, Self.patchFloats / (window * image.height * image.width)), y: arena, pooled: arena,
                    dy: arena, chosen: indices, weight: arena, weightGradient: arena))
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
        let patchCount = stages.reduce(0) { max($0, min($1.chunk, rows) * $1.places * $1.window) }
        let scratchCount = stages.reduce(1) { max($0, scratchNeeded($1, min($1.chunk, rows))) }
        let count = stages.reduce(rows * first.input.count + patchCount + scratchCount) {
            $0 + rows * (2 * $1.full.count + $1.output.count) + 2 * $1.window * $1.spec.channels
        }
        let indexCount = stages.reduce(0) { $0 + rows * $1.output.count }
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
        scratch = take(scratchCount)
        for i in stages.indices {
            let stage = stages[i]
            stages[i].y = take(rows * stage.full.count)
            stages[i].dy = take(rows * stage.full.count)
            let pooled = take(rows * stage.output.count)
            stages[i].pooled = stage.spec.pool > 1 ? pooled : stages[i].y
            stages[i].weight = take(stage.window * stage.spec.channels)
            stages[i].weightGradient = take(stage.window * stage.spec.channels)
            stages[i].chosen = nextIndex
            nextIndex += rows * stage.output.count
        }
    }

    private func scratchNeeded(_ stage: Stage, _ images: Int) -> Int {
        let (rows, channels) = (images * stage.places, stage.spec.channels)
        return max(
            kernels.sgemmScratchCount(rows, channels, stage.window), kernels.sgemmScratchCount(channels, stage.window, rows),
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
            Self.toWindows(parameters + stage.weightAt, stage.spec, stage.input.channels, into: stage.weight)
            forEachChunk(stage) { first, images in
                let rows = images * stage.places
                let y = stage.y + first * stage.full.count
                windows(x, stage, first, images)
                kernels.sgemm(
                    rows, stage.spec.channels, stage.window, patches, stage.window, 1, stage.weight, 1, stage.window, y,
                    stage.spec.channels, false, scratch)
                kernels.addBiasReLU(y, parameters + stage.biasAt, rows, stage.spec.channels)
            }
            if stage.spec.pool > 1 {
                kernels.maxPool(
                    stage.y, batch, stage.full.height, stage.full.width, stage.full.channels, stage.spec.pool, stage.pooled,
                    stage.chosen)
            }
            x = stage.pooled
        }
        guard let last = stages.last else { return }
        for slot in 0..<batch {
            Self.separate(last.pooled + slot * last.output.count, last.output, into: features + slot * last.output.count)
        }
    }

    /// The way back after `forward`, from the gradient of the features.
    func backward(
        parameters: UnsafePointer<Float>, features: UnsafePointer<Float>, into gradient: UnsafeMutablePointer<Float>
    ) {
        guard let last = stages.last else { return }
        // The pooled images are not needed any more: their gradient takes their place.
        for slot in 0..<batch {
            let image = features + slot * last.output.count
            Self.interleave(image, last.output, into: (last.spec.pool > 1 ? last.pooled : last.dy) + slot * last.output.count)
        }
        for index in stages.indices.reversed() {
            let stage = stages[index]
            let channels = stage.spec.channels
            if stage.spec.pool > 1 {
                kernels.maxPoolBackward(
                    stage.pooled, stage.chosen, batch * stage.output.count, stage.dy, batch * stage.full.count)
            }
            kernels.reluBackward(stage.dy, stage.y, batch * stage.full.count)
            kernels.columnSums(stage.dy, batch * stage.places, channels, gradient + stage.biasAt)
            let before = index == 0 ? input : stages[index - 1].pooled
            forEachChunk(stage) { first, images in
                let rows = images * stage.places
                let dy = stage.dy + first * stage.full.count
                windows(before, stage, first, images)
                kernels.sgemm(
                    channels, stage.window, rows, dy, 1, channels, patches, stage.window, 1, stage.weightGradient, stage.window,
                    first > 0, scratch)
                guard index > 0 else { return }
                kernels.sgemm(
                    rows, stage.window, channels, dy, channels, 1, stage.weight, stage.window, 1, patches, stage.window, false,
                    scratch)
                let below = stages[index - 1]
                let dx = below.spec.pool > 1 ? below.pooled : below.dy
                kernels.col2im(
                    patches, images, stage.input.height, stage.input.width, stage.input.channels, stage.spec.kernel,
                    dx + first * stage.input.count)
            }
            Self.fromWindows(stage.weightGradient, stage.spec, stage.input.channels, into: gradient + stage.weightAt)
        }
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

    /// [outputs, inputs, window] → [outputs, window, inputs]
    private static func toWindows(
        _ from: UnsafePointer<Float>, _ spec: ConvolutionSpec, _ inputs: Int, into to: UnsafeMutablePointer<Float>
    ) {
        let window = spec.kernel * spec.kernel
        for output in 0..<spec.channels { transpose(from + output * inputs * window, inputs, window, into: to + output * inputs * window) }
    }

    /// [outputs, window, inputs] → [outputs, inputs, window]
    private static func fromWindows(
        _ from: UnsafePointer<Float>, _ spec: ConvolutionSpec, _ inputs: Int, into to: UnsafeMutablePointer<Float>
    ) {
        let window = spec.kernel * spec.kernel
        for output in 0..<spec.channels { transpose(from + output * inputs * window, window, inputs, into: to + output * inputs * window) }
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
